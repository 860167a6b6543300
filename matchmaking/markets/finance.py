"""The finance market: financing needs and loan products."""

from matchmaking.components import lending, text, track_record
from matchmaking.facts import FinanceDemand, FinanceSupply
from matchmaking.gates import common, refusals
from matchmaking.gates import lending as rules
from matchmaking.markets.base import Market
from vocabulary.reasons import Reach

FINANCE = Market(
    code="finance",
    demand_type=FinanceDemand,
    supply_type=FinanceSupply,
    gates=(
        common.firm_verified("demand"),
        common.supply_open(Reach.OTHER_SIDE),
        common.NOT_BLOCKED,
        rules.AMOUNT,
        rules.TERM,
        rules.PURPOSE,
        rules.GUARANTEE,
        rules.REGION_SERVED,
        rules.OPERATING_MONTHS,
        rules.REVENUE_BAND,
        rules.DEBT_RATIO_BAND,
        rules.TAX_GRADE,
        rules.INDUSTRY,
        rules.LENDER_CAPACITY,
        rules.ORDER,
        # Last: where it is the first that is closed, it is the only one.
        refusals.OF_NEED,
    ),
    components=(
        (text.TEXT, 0.20),
        (lending.INDUSTRY_FIT, 0.20),
        (lending.PRICE_FIT, 0.15),
        (lending.GUARANTEE_FIT, 0.15),
        (lending.REGION_FIT, 0.10),
        (lending.SIZE_FIT, 0.10),
        (lending.TIER_FIT, 0.10),
        (track_record.ACTIVITY, 0.30),
        (track_record.REGION, 0.30),
        (track_record.SIZE, 0.30),
        (track_record.TERM, 0.30),
        (track_record.KIND, 0.10),
        (track_record.INDUSTRY, 0.06),
        (track_record.TEXT, 0.30),
    ),
    supply_order=("regions", "target_industries"),
)
