"""Rows to engine facts: the only mapping between the two.

Facts are those of open postings of organizations that are neither suspended nor merged. Confidential figures become
their published bands here and go no further. Each function takes a fixed number of queries and reads columns, not
rows, since a run reads thousands of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from access import orders, recognitions
from access.capacity import Capacity, capacities
from matchmaking import FinanceDemand, FinanceSupply, PastRefusal, SupplyDemand, SupplySupply, standing
from models.chain import Chain
from models.financing_need import FinancingNeed
from models.firm_profile import Certificate, FirmProfile
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.refusal import Refusal
from vocabulary import industries, regions
from vocabulary.bands import SCALES
from vocabulary.classifications import LoanBasis, Market
from vocabulary.lifecycles import OrganizationStatus, PostingStatus
from vocabulary.recognitions import counted_tier
from vocabulary.stuffing import counted
from workflows.calendar import SHANGHAI

Ids = Iterable[int] | None
HIDDEN = (OrganizationStatus.SUSPENDED, OrganizationStatus.MERGED)
"""Statuses of organizations whose postings the engine does not read."""
_BETTER_WHEN_LOW = frozenset({"debt_ratio"})


def finance_demands(session: Session, *, today: date, ids: Ids = None) -> list[FinanceDemand]:
    """Open financing needs and the firms behind them, with the tier valid today; `ids` limits them to some demands."""
    need, firm = FinancingNeed, FirmProfile
    confirmed = orders.of_firms().subquery()
    titles = recognitions.of_firms(today).subquery()
    statement = (
        _open(Demand, ids)
        .join(need, col(need.demand_id) == Demand.id)
        .outerjoin(firm, col(firm.organization_id) == Demand.organization_id)
        .outerjoin(confirmed, confirmed.c.firm_id == Demand.organization_id)
        .outerjoin(titles, titles.c.firm_id == Demand.organization_id)
        .add_columns(
            confirmed.c.amount_fen.label("order_fen"), confirmed.c.shortest_days, confirmed.c.longest_days,
            need.amount_fen, need.term_months, need.purpose, need.guarantee_methods, need.max_annual_rate_bps,
            firm.verified_at, firm.industry_code, firm.region_code, firm.founded_on, firm.revenue_fen, firm.employees,
            firm.debt_ratio_percent, firm.collateral_value_fen, firm.tax_grade, firm.tier, titles.c.rung,
            titles.c.had_rung, firm.main_products,
            firm.introduction, col(firm.guarantee_methods).label("firm_guarantees"),
        )
    )  # fmt: skip
    rows = [
        FinanceDemand(
            id=row.id,
            organization_id=row.organization_id,
            text=need_text(row.title, row.text, row.main_products, row.introduction),
            is_verified=_is_verified(row),
            amount_fen=row.amount_fen,
            term_months=row.term_months,
            purpose=_code(row.purpose),
            guarantee_methods=tuple(row.guarantee_methods or row.firm_guarantees or ()) or None,
            max_rate_bps=row.max_annual_rate_bps,
            industry_path=_path(industries.path, row.industry_code),
            region_path=_path(regions.path, row.region_code),
            founded_on=row.founded_on,
            revenue_band=_band("revenue", row.revenue_fen, row),
            staff_band=_band("staff", row.employees, row),
            debt_ratio_band=_band("debt_ratio", row.debt_ratio_percent, row),
            collateral_band=_band("collateral", row.collateral_value_fen, row),
            tax_grade=_code(row.tax_grade),
            tier=_code(counted_tier(row.tier, row.rung, was_verified=bool(row.had_rung))),
            order_bases=_order_bases(row.longest_days),
            order_band=SCALES["order"].level_of(row.order_fen),
            payment_band=SCALES["payment_days"].level_of(row.shortest_days),
        )
        for row in session.execute(statement)
    ]
    return _with_refusals(session, Market.FINANCE, rows)


def finance_supplies(session: Session, *, today: date, ids: Ids = None) -> list[FinanceSupply]:
    """Open loan products at their current terms, with what they can still take on.

    Where less is left of a product than its highest amount, what is left is the highest amount.
    """
    product, terms = LoanProduct, LoanProductVersion
    statement = (
        _open(Supply, ids)
        .join(product, col(product.supply_id) == Supply.id)
        .join(terms, (col(terms.supply_id) == Supply.id) & (col(terms.version) == product.current_version))
        .add_columns(
            Supply.expires_on, terms.min_amount_fen, terms.max_amount_fen, terms.min_term_months,
            terms.max_term_months, terms.rate_from_bps, terms.rate_to_bps, terms.purposes, terms.guarantee_methods,
            terms.regions, terms.target_industries, terms.excluded_industries,
            terms.tax_grades, terms.tiers, terms.size_bands, terms.min_months_in_operation, terms.min_revenue_band,
            terms.max_debt_ratio_band, terms.basis, terms.max_payment_band,
        )
    )  # fmt: skip
    lenders = capacities(session, today, supply_ids=ids)
    return [
        FinanceSupply(
            id=row.id,
            organization_id=row.organization_id,
            text=_joined(row.title, row.text, *(industries.name(code) for code in row.target_industries)),
            is_open=_is_open(row, today),
            min_amount_fen=row.min_amount_fen,
            min_term_months=row.min_term_months,
            max_term_months=row.max_term_months,
            rate_from_bps=row.rate_from_bps,
            rate_to_bps=row.rate_to_bps,
            purposes=tuple(row.purposes),
            guarantee_methods=tuple(row.guarantee_methods),
            regions=tuple(regions.prefix(code) for code in row.regions),
            target_industries=tuple(row.target_industries),
            excluded_industries=tuple(row.excluded_industries),
            tax_grades=tuple(row.tax_grades),
            tiers=tuple(row.tiers),
            size_bands=tuple(row.size_bands),
            min_months_in_operation=row.min_months_in_operation,
            min_revenue_band=row.min_revenue_band,
            max_debt_ratio_band=row.max_debt_ratio_band,
            **_capacity(lenders[row.id], row, today),
            basis=_code(row.basis),
            max_payment_band=row.max_payment_band,
        )
        for row in session.execute(statement)
    ]


def supply_demands(session: Session, *, ids: Ids = None) -> list[SupplyDemand]:
    """Open purchase needs; `ids` limits them to some demands."""
    need = PurchaseNeed
    statement = (
        _open(Demand, ids)
        .join(need, col(need.demand_id) == Demand.id)
        .outerjoin(Chain, col(Chain.id) == Demand.chain_id)
        .add_columns(
            need.category_code, need.specification, need.quantity_milli, need.unit, need.accept_partial,
            need.must_standards, need.wished_standards, need.must_certificates, need.wished_certificates,
            need.window_end, need.delivery_region_code, col(Chain.code).label("chain"),
        )
    )  # fmt: skip
    return [
        SupplyDemand(
            id=row.id,
            organization_id=row.organization_id,
            text=_joined(row.title, row.specification, row.text, industries.name(row.category_code)),
            industry_path=_path(industries.path, row.category_code),
            quantity_milli=row.quantity_milli,
            unit=row.unit,
            accept_partial=row.accept_partial,
            must_certificates=tuple(row.must_certificates),
            wished_certificates=tuple(row.wished_certificates),
            must_standards=tuple(row.must_standards),
            wished_standards=tuple(row.wished_standards),
            window_end=row.window_end,
            region_path=_path(regions.path, row.delivery_region_code),
            chain=row.chain,
        )
        for row in session.execute(statement)
    ]


def supply_supplies(session: Session, *, today: date, ids: Ids = None) -> list[SupplySupply]:
    """Open product lines and the firms behind them, with the certificates valid today."""
    line, firm = ProductLine, FirmProfile
    statement = (
        _open(Supply, ids)
        .join(line, col(line.supply_id) == Supply.id)
        .outerjoin(firm, col(firm.organization_id) == Supply.organization_id)
        .outerjoin(Chain, col(Chain.id) == func.coalesce(Supply.chain_id, firm.chain_id))
        .add_columns(
            Supply.expires_on, line.category_code, line.specification, line.standards, line.unit, line.delivers_to,
            line.yearly_capacity_milli, line.spare_capacity_milli, line.lead_time_days, firm.verified_at,
            firm.main_products, func.coalesce(Supply.region_code, firm.region_code).label("region_code"),
            col(Chain.code).label("chain"),
        )
    )  # fmt: skip
    certificates = _valid_certificates(session, today)
    rows = [
        SupplySupply(
            id=row.id,
            organization_id=row.organization_id,
            text=line_text(row.title, row.specification, row.text, row.main_products),
            is_verified=_is_verified(row),
            is_open=_is_open(row, today),
            industry_path=_path(industries.path, row.category_code),
            unit=row.unit,
            yearly_capacity_milli=row.yearly_capacity_milli,
            spare_capacity_milli=row.spare_capacity_milli,
            # A verified firm without certificates holds none; of an unverified one nothing is known.
            certificates=certificates.get(row.organization_id, () if row.verified_at else None),
            standards=tuple(row.standards) or None,
            lead_time_days=row.lead_time_days,
            delivers_to=tuple(regions.prefix(code) for code in row.delivers_to),
            region_path=_path(regions.path, row.region_code),
            chain=row.chain,
        )
        for row in session.execute(statement)
    ]
    return _with_refusals(session, Market.SUPPLY, rows)


def _with_refusals(session: Session, market: Market, rows: list[Any]) -> list[Any]:
    """The rows with the refusals that their firms have not answered yet.

    What a bank found of a firm counts for all its needs; what a buyer found counts for the refused line.
    """
    is_finance = market is Market.FINANCE
    statement = (
        select(Refusal, col(PurchaseNeed.category_code))
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == Refusal.demand_id)
        .where(col(Refusal.market) == market)
        .order_by(col(Refusal.id))
    )
    found: defaultdict[int, list[tuple[Refusal, str | None]]] = defaultdict(list)
    for refusal, category in session.execute(statement):
        found[refusal.firm_id if is_finance else refusal.supply_id].append((refusal, category))
    changed = []
    for row in rows:
        past = tuple(
            _past_refusal(refusal, category, row, is_finance=is_finance)
            for refusal, category in found.get(row.organization_id if is_finance else row.id, ())
        )
        changed.append(replace(row, refusals=standing(past, row)) if past else row)
    return changed


def _past_refusal(refusal: Refusal, category: str | None, row: Any, *, is_finance: bool) -> PastRefusal:
    own_id, other_id = refusal.demand_id, refusal.supply_id
    if not is_finance:
        own_id, other_id = other_id, own_id
    return PastRefusal(
        reason=refusal.reason.value,
        on=refusal.created_at.astimezone(SHANGHAI).date(),
        by=refusal.counterpart_id,
        other_id=other_id if own_id == row.id else None,
        category=_path(industries.path, category) or (),
        level=refusal.level,
        asked_milli=refusal.asked_milli,
    )


def _open(posting: type[Demand] | type[Supply], ids: Ids) -> Any:
    """Columns every fact row starts with, of open postings, in order of id."""
    statement: Any = (
        select(
            col(posting.id),
            col(posting.organization_id),
            col(posting.title),
            col(posting.text),
            col(Organization.status).label("organization_status"),
        )
        .select_from(posting)
        .join(Organization, col(Organization.id) == posting.organization_id)
        .where(col(posting.status) == PostingStatus.OPEN, col(Organization.status).not_in(HIDDEN))
        .order_by(col(posting.id))
    )
    return statement if ids is None else statement.where(col(posting.id).in_(tuple(ids)))


def _capacity(lender: Capacity, row: Any, today: date) -> dict[str, Any]:
    """What the lender can still take on, and where that is nothing, what binds and until when."""
    least, most, left = row.min_amount_fen, row.max_amount_fen, lender.fen_left
    visit = lender.visit(today, amount_fen=least)
    is_narrower = left is not None and visit.week is not None and (most is None or left < most)
    return {
        "max_amount_fen": left if is_narrower else most,
        "remaining_visits": lender.remaining(today, least_fen=least),
        "capacity_bound": None if visit.week or visit.bound is None else visit.bound.value,
        "capacity_from": None if visit.week else lender.opens_on(today, least_fen=least),
    }


def _order_bases(longest_days: int | None) -> tuple[str, ...]:
    """What the confirmed orders of a firm may carry: what is paid on delivery leaves nothing receivable."""
    if longest_days is None:
        return ()
    order, receivables = LoanBasis.CONFIRMED_ORDER.value, LoanBasis.RECEIVABLES.value
    return (order, receivables) if longest_days > 0 else (order,)


def _valid_certificates(session: Session, today: date) -> dict[int, tuple[str, ...]]:
    """Codes by organization, sorted; a certificate is valid on the day it expires."""
    held: defaultdict[int, set[str]] = defaultdict(set)
    statement = select(col(Certificate.organization_id), col(Certificate.code)).where(
        or_(col(Certificate.expires_on).is_(None), col(Certificate.expires_on) >= today)
    )
    for organization_id, code in session.execute(statement):
        held[organization_id].add(code)
    return {organization_id: tuple(sorted(codes)) for organization_id, codes in held.items()}


def need_text(title: str, text: str | None, products: str | None, introduction: str | None) -> str:
    """What the engine reads of a firm with a financing need; see `vocabulary.stuffing`."""
    *texts, introduced, named = counted(products, title, text, introduction)
    return _joined(*texts, named, introduced)


def line_text(title: str, specification: str | None, text: str | None, products: str | None) -> str:
    """What the engine reads of a product line and the firm behind it."""
    return _joined(*counted(products, title, specification, text))


def _joined(*parts: str | None) -> str:
    """What the row says of itself, most telling part first, since long texts are cut."""
    return "，".join(part for part in parts if part)


def _path(find: Callable[[str], tuple[str, ...]], code: str | None) -> tuple[str, ...] | None:
    return (find(code) or None) if code else None


def _code(value: StrEnum | None) -> str | None:
    return None if value is None else value.value


def _is_verified(row: Any) -> bool:
    return row.verified_at is not None and row.organization_status is OrganizationStatus.VERIFIED


def _band(code: str, figure: int | None, row: Any) -> int | None:
    """The band of a figure; one that no official verified counts in the least favourable band, whatever it claims."""
    scale = SCALES[code]
    if figure is None or _is_verified(row):
        return scale.level_of(figure)
    return scale.levels[-1 if code in _BETTER_WHEN_LOW else 0]


def _is_open(row: Any, today: date) -> bool:
    return row.expires_on is None or row.expires_on >= today
