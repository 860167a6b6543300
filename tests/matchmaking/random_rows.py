"""Random markets: rows of both sides with every fact missing now and then, few values so that ties are common."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from matchmaking import Event, FinanceDemand, FinanceSupply, History, PastRefusal, SupplyDemand, SupplySupply
from tests.builders import AS_OF, WAN
from vocabulary.classifications import COUNTERPART_REASONS, Market

TEXTS = ["铜线", "裸铜线 镀锡铜线", "电力电缆", "油茶加工", "copper wire", "齿轮和轴承加工", "", "?!"]
REGIONS = [("43", "4304", "430482"), ("43", "4304", "430406"), ("43", "4301"), ("44",), ("WI", "MADISON", "53703")]
INDUSTRIES = [("C", "32", "325", "3251"), ("C", "32", "324"), ("C", "38", "383", "3831"), ("C", "13"), ("44", "4451")]
GUARANTEES = ["mortgage", "pledge", "receivables", "unsecured"]
GRADES = ["A", "B", "C"]
TIERS = ["none", "srdi", "champion"]


class Draw:
    """Draws of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def maybe(self, values: Any, share: float = 0.7) -> Any:
        return self.random.choice(values) if self.random.random() < share else None

    def some(self, values: list[Any], share: float = 0.6) -> tuple[Any, ...]:
        chosen = self.random.sample(values, self.random.randint(1, min(2, len(values))))
        return tuple(chosen) if self.random.random() < share else ()

    def blocked(self) -> tuple[int, ...]:
        return self.some(list(range(1, 9)), share=0.15)

    def refusals(self, reasons: tuple[str, ...]) -> tuple[PastRefusal, ...]:
        """Mostly none; some of them over half a year old."""
        return tuple(
            PastRefusal(
                reason=self.random.choice(reasons),
                on=self.day(300),
                by=self.random.randrange(1, 9),
                other_id=self.maybe(range(1, 40), 0.4),
                category=self.random.choice(INDUSTRIES),
                level=self.maybe(range(8)),
                asked_milli=self.maybe([1, 500_000, 1_500_000]),
            )
            for _ in range(self.random.choice([0, 0, 1, 2]))
        )

    def day(self, back: int) -> date:
        return AS_OF - timedelta(days=self.random.randrange(back))


def finance_demand(draw: Draw, row_id: int) -> FinanceDemand:
    return FinanceDemand(
        id=row_id,
        organization_id=draw.maybe(range(1, 9)),
        text=draw.random.choice(TEXTS),
        blocked=draw.blocked(),
        is_verified=draw.maybe([True, True, True, False], 0.9),
        amount_fen=draw.maybe([50 * WAN, 100 * WAN, 101 * WAN, 500 * WAN]),
        term_months=draw.maybe([6, 12, 24, 36]),
        purpose=draw.maybe(["working_capital", "project"]),
        guarantee_methods=draw.maybe([("mortgage",), ("pledge", "receivables"), ()]),
        max_rate_bps=draw.maybe([300, 400, 500]),
        industry_path=draw.maybe(INDUSTRIES),
        region_path=draw.maybe(REGIONS),
        founded_on=draw.maybe([draw.day(3_000)]),
        revenue_band=draw.maybe(range(8)),
        staff_band=draw.maybe(range(8)),
        debt_ratio_band=draw.maybe(range(8)),
        tax_grade=draw.maybe(GRADES),
        tier=draw.maybe(TIERS),
        order_bases=draw.maybe([(), ("confirmed_order",), ("confirmed_order", "receivables")]),
        order_band=draw.maybe(range(8)),
        payment_band=draw.maybe(range(8)),
        refusals=draw.refusals(COUNTERPART_REASONS[Market.FINANCE]),
    )


def finance_supply(draw: Draw, row_id: int) -> FinanceSupply:
    return FinanceSupply(
        id=row_id,
        organization_id=draw.maybe(range(1, 9)),
        text=draw.random.choice(TEXTS),
        blocked=draw.blocked(),
        is_open=draw.maybe([True, True, True, False], 0.9),
        min_amount_fen=draw.maybe([50 * WAN, 100 * WAN], 0.4),
        max_amount_fen=draw.maybe([100 * WAN, 500 * WAN], 0.4),
        min_term_months=draw.maybe([6, 12], 0.3),
        max_term_months=draw.maybe([12, 24], 0.3),
        rate_from_bps=draw.maybe([300, 350]),
        rate_to_bps=draw.maybe([400, 450, 900]),
        purposes=draw.some(["working_capital", "project"], 0.3),
        guarantee_methods=draw.some(GUARANTEES),
        regions=draw.some(["43", "4304", "430482", "44", "MADISON"], 0.4),
        target_industries=draw.some(["32", "325", "3251", "C", "4451", "?"], 0.5),
        excluded_industries=draw.some(["13", "K", "383"], 0.3),
        tax_grades=draw.some(GRADES, 0.3),
        tiers=draw.some(TIERS, 0.5),
        size_bands=draw.some(list(range(8)), 0.5),
        min_months_in_operation=draw.maybe([0, 12, 36, 60], 0.4),
        min_revenue_band=draw.maybe(range(5), 0.3),
        max_debt_ratio_band=draw.maybe(range(3, 8), 0.3),
        remaining_visits=draw.maybe([0, 3], 0.3),
        basis=draw.maybe(["confirmed_order", "receivables"], 0.3),
        max_payment_band=draw.maybe(range(2, 6), 0.3),
    )


def supply_demand(draw: Draw, row_id: int) -> SupplyDemand:
    return SupplyDemand(
        id=row_id,
        organization_id=draw.maybe(range(1, 9)),
        text=draw.random.choice(TEXTS),
        blocked=draw.blocked(),
        industry_path=draw.maybe(INDUSTRIES),
        region_path=draw.maybe(REGIONS),
        quantity_milli=draw.maybe([1, 500_000, 1_500_000]),
        unit=draw.maybe(["tonne", "kilogram", "piece"], 0.8),
        accept_partial=draw.random.random() < 0.5,
        must_certificates=draw.some(["iso9001", "ccc"], 0.3),
        wished_certificates=draw.some(["iso14001", "iso9001"], 0.5),
        must_standards=draw.some(["GB/T 3953", "GB/T 3952-2008"], 0.3),
        wished_standards=draw.some(["GB/T 3953-2009"], 0.3),
        window_end=draw.maybe([AS_OF + timedelta(days=draw.random.randrange(-5, 90))], 0.6),
        chain=draw.maybe(["power", "food"]),
    )


def supply_supply(draw: Draw, row_id: int) -> SupplySupply:
    return SupplySupply(
        id=row_id,
        organization_id=draw.maybe(range(1, 9)),
        text=draw.random.choice(TEXTS),
        blocked=draw.blocked(),
        industry_path=draw.maybe(INDUSTRIES),
        region_path=draw.maybe(REGIONS),
        is_verified=draw.maybe([True, True, True, False], 0.9),
        is_open=draw.maybe([True, True, True, False], 0.9),
        unit=draw.maybe(["tonne", "kilogram"], 0.9),
        spare_capacity_milli=draw.maybe([0, 500_000, 1_000_000, 2_000_000], 0.9),
        certificates=draw.maybe([(), ("iso9001",), ("ccc", "iso14001", "iso9001")]),
        standards=draw.maybe([("GB/T 3953-2009",), ("GB/T 3952",)]),
        lead_time_days=draw.maybe([0, 30, 60]),
        delivers_to=draw.some(["43", "4304", "44"], 0.4),
        chain=draw.maybe(["power", "food"]),
        refusals=draw.refusals(COUNTERPART_REASONS[Market.SUPPLY]),
    )


MAKERS: dict[str, tuple[Any, Any]] = {
    "finance": (finance_demand, finance_supply),
    "supply": (supply_demand, supply_supply),
}


def random_market(market: str, seed: int, n_demands: int, n_supplies: int) -> tuple[list[Any], list[Any]]:
    """Rows of both sides; ids are shuffled, so that order of rows and order of ids differ."""
    draw = Draw(seed)
    make_demand, make_supply = MAKERS[market]
    demand_ids = draw.random.sample(range(1, 1 + n_demands), n_demands)
    supply_ids = draw.random.sample(range(1, 1 + n_supplies), n_supplies)
    return [make_demand(draw, i) for i in demand_ids], [make_supply(draw, i) for i in supply_ids]


def random_history(market: str, seed: int, supplies: list[Any], n_events: int = 60) -> History:
    """Past demands of two thirds of the supplies; the others have no events."""
    draw = Draw(seed)
    make_demand, _ = MAKERS[market]
    known = [row.id for row in supplies][: max(1, 2 * len(supplies) // 3)] if supplies else []
    kinds = ["construction/road", "construction/bridge", "goods", None]
    return History(
        tuple(
            Event(
                replace(
                    make_demand(draw, 10_000 + n), kind=draw.random.choice(kinds), amount_fen=draw.maybe([5, 2 * 10**8])
                ),
                draw.random.choice(known),
                AS_OF - timedelta(days=draw.random.randrange(400)),
            )
            for n in range(n_events if known else 0)
        )
    )
