"""The supply market: purchase needs and product lines."""

from matchmaking.components import supplying, text, track_record
from matchmaking.facts import SupplyDemand, SupplySupply
from matchmaking.gates import common, refusals
from matchmaking.gates import supplying as rules
from matchmaking.markets.base import Market
from vocabulary.reasons import Reach

SUPPLY = Market(
    code="supply",
    demand_type=SupplyDemand,
    supply_type=SupplySupply,
    gates=(
        common.firm_verified("supply"),
        common.supply_open(Reach.FIRM),
        common.NOT_OWN,
        common.NOT_BLOCKED,
        rules.CATEGORY,
        rules.UNIT,
        rules.CAPACITY,
        rules.CERTIFICATES,
        rules.STANDARDS,
        rules.WINDOW,
        rules.DELIVERY_REGION,
        # Last: where it is the first that is closed, it is the only one.
        refusals.OF_LINE,
    ),
    components=(
        (text.TEXT, 0.35),
        (supplying.CATEGORY_FIT, 0.20),
        (supplying.CAPACITY_FIT, 0.15),
        (supplying.DISTANCE, 0.10),
        (supplying.CHAIN_FIT, 0.10),
        (supplying.WISHES, 0.10),
        (track_record.TEXT, 1.00),
        (track_record.ACTIVITY, 0.10),
        (track_record.REGION, 0.20),
        (track_record.KIND, 0.80),
        (track_record.INDUSTRY, 0.20),
        (track_record.SIZE, 0.10),
    ),
    demand_order=("industry_path", "region_path"),
    supply_order=("industry_path", "delivers_to"),
)
