"""What the page of one recommendation adds: the posted terms of both sides, the consent in force, who will call."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from access import parties
from access.actor import Actor
from access.lookups import own_pair
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization, User
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from vocabulary.classifications import FIRM_SIDE, PURPOSE_OF_MARKET, ConsentPurpose, Market, Side
from vocabulary.lifecycles import RELEASED_PAIRING


@dataclass(frozen=True)
class Terms:
    """`counterpart_public_id` names the side that would read the firm's dossier."""

    demand: dict[str, Any]
    supply: dict[str, Any]
    counterpart_public_id: str
    purpose: ConsentPurpose
    consent_ends_on: date | None
    """None without a consent in force."""
    contact: str | None
    """Who of the counterpart will call; None before the introduction."""


_COLUMNS: dict[tuple[Market, Side], tuple[Any, tuple[str, ...]]] = {
    (Market.FINANCE, Side.DEMAND): (FinancingNeed, ("amount_fen", "term_months", "purpose", "guarantee_methods")),
    (Market.FINANCE, Side.SUPPLY): (
        LoanProductVersion,
        ("min_amount_fen", "max_amount_fen", "min_term_months", "max_term_months", "rate_from_bps", "rate_to_bps",
         "guarantee_methods", "repayment", "basis", "max_payment_band", "documents"),
    ),
    (Market.SUPPLY, Side.DEMAND): (
        PurchaseNeed,
        ("specification", "quantity_milli", "unit", "window_end", "must_certificates", "must_standards",
         "payment_days"),
    ),
    (Market.SUPPLY, Side.SUPPLY): (
        ProductLine,
        ("specification", "yearly_capacity_milli", "spare_capacity_milli", "unit", "lead_time_days", "standards"),
    ),
}  # fmt: skip
"""Columns the other side may read: neither a buyer's budget nor a seller's price is among them."""


def for_pair(session: Session, actor: Actor, public_id: str, *, on: date) -> Terms:
    """The terms behind a recommendation of the actor's own posting; consent as of the day `on`."""
    row, demand, supply, _side = own_pair(session, actor, public_id)
    is_demand = FIRM_SIDE[row.market] is Side.DEMAND
    firm, counterpart = (demand, supply) if is_demand else (supply, demand)
    return Terms(
        demand=posted(session, demand, Side.DEMAND),
        supply=posted(session, supply, Side.SUPPLY),
        counterpart_public_id=session.get_one(Organization, counterpart.organization_id).public_id,
        purpose=PURPOSE_OF_MARKET[row.market],
        consent_ends_on=session.execute(
            select(col(Consent.ends_on)).where(
                col(Consent.organization_id) == firm.organization_id,
                col(Consent.counterpart_id) == counterpart.organization_id,
                col(Consent.purpose) == PURPOSE_OF_MARKET[row.market],
                parties.consent_in_force(on),
            )
        ).scalar_one_or_none(),
        contact=session.execute(
            select(col(User.full_name))
            .join(Pairing, col(Pairing.handled_by_id) == User.id)
            .where(
                col(Pairing.demand_id) == row.demand_id,
                col(Pairing.supply_id) == row.supply_id,
                col(Pairing.status).in_(RELEASED_PAIRING),
            )
        )
        .scalars()
        .first(),
    )


def posted(session: Session, posting: Demand | Supply, side: Side) -> dict[str, Any]:
    """The posted terms that the other side may read."""
    model, columns = _COLUMNS[posting.market, side]
    key = model.supply_id if side is Side.SUPPLY else model.demand_id
    statement = select(*(getattr(model, name) for name in columns)).where(key == posting.id)
    if model is LoanProductVersion:
        current = select(col(LoanProduct.current_version)).where(col(LoanProduct.supply_id) == posting.id)
        statement = statement.where(col(LoanProductVersion.version) == current.scalar_subquery())
    row = session.execute(statement).first()
    return dict(row._mapping) if row else {}
