"""The smallest valid rows. A test states what it depends on; everything else is plain."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, select

from access.actor import Actor
from access.capacity import first_week
from models.base import now
from models.capacity import BranchCapacity, VisitSlot
from models.chain import Chain, ChainLink
from models.financing_need import FinancingNeed
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.recognition import Recognition
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowVersion
from vocabulary.classifications import (
    ChainPlacement,
    LinkPosition,
    LoanPurpose,
    Market,
    PairingOrigin,
    ParticipantOrigin,
)
from vocabulary.lifecycles import (
    OrganizationStatus,
    PairingStatus,
    ParticipantStatus,
    PostingStatus,
    RecognitionStatus,
    RoadshowStatus,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.recognitions import RecognitionKind
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role
from workflows.calendar import today

_numbers = count(1)


def _add(session: Session, row: Any, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return row


def make_chain(session: Session, **values: Any) -> Chain:
    n = next(_numbers)
    return _add(session, Chain(code=f"chain{n}", name_zh=f"产业链{n}", name_en=f"Chain {n}"), values)


def make_link(session: Session, chain: Chain, **values: Any) -> ChainLink:
    n = next(_numbers)
    row = ChainLink(
        chain_id=chain.id, code=f"link{n}", name_zh=f"环节{n}", name_en=f"Link {n}", position=LinkPosition.MIDSTREAM
    )
    return _add(session, row, values)


def make_organization(
    session: Session, kind: OrganizationKind = OrganizationKind.ENTERPRISE, **values: Any
) -> Organization:
    """A verified organization; pass `status` for another."""
    n = next(_numbers)
    row = Organization(
        kind=kind,
        legal_name=f"衡阳测试{n}有限公司",
        name_core=f"测试{n}",
        status=OrganizationStatus.VERIFIED,
        verified_at=now(),
    )
    return _add(session, row, values)


def make_user(
    session: Session, organization: Organization | None = None, role: Role | None = None, **values: Any
) -> User:
    """A user; with an organization also a membership, by default in the first role of its kind."""
    n = next(_numbers)
    user = _add(session, User(email=f"user{n}@example.org", password_hash="!", full_name=f"用户{n}"), values)
    if organization is not None:
        role = role or ROLES_OF_KIND[organization.kind][0]
        session.add(Membership(user_id=user.id, organization_id=organization.id, role=role))
        session.flush()
    return user


def actor_of(user: User, organization: Organization, role: Role | None = None) -> Actor:
    """The Actor the web would build for this user."""
    return Actor(
        user_id=user.id,
        name=user.full_name,
        organization_id=organization.id,
        organization_kind=organization.kind,
        organization_name=organization.legal_name,
        is_verified=organization.status is OrganizationStatus.VERIFIED,
        role=role or ROLES_OF_KIND[organization.kind][0],
        chain_id=organization.chain_id,
    )


def make_actor(
    session: Session, kind: OrganizationKind = OrganizationKind.ENTERPRISE, role: Role | None = None, **values: Any
) -> Actor:
    """An actor with a new organization (given `values`) and a new user behind it."""
    organization = make_organization(session, kind, **values)
    return actor_of(make_user(session, organization, role), organization, role)


def make_profile(session: Session, organization: Organization, **values: Any) -> FirmProfile:
    """A verified profile of a small copper firm; with `chain_link_id` it is confirmed there."""
    row = FirmProfile(
        organization_id=organization.id,
        region_code="430482",
        founded_on=date(2015, 6, 1),
        industry_code="3251",
        chain_id=organization.chain_id,
        introduction="生产裸铜线、镀锡铜线",
        main_products="裸铜线、镀锡铜线",
        revenue_fen=3_000 * FEN_PER_WAN,
        employees=80,
        debt_ratio_percent=45,
        tax_grade="A",
        guarantee_methods=["mortgage"],
        verified_at=now(),
    )
    profile: FirmProfile = _add(session, row, values)
    if profile.chain_link_id is not None:
        make_placement(session, organization, profile.chain_link_id)
    return profile


def make_recognition(session: Session, organization: Organization, **values: Any) -> Recognition:
    """A verified title of a firm, specialised SME from 2024 to 2027."""
    row = Recognition(
        organization_id=organization.id or 0, kind=RecognitionKind.SRDI, issuer="湖南省工业和信息化厅",
        issued_on=date(2024, 6, 1), expires_on=date(2027, 5, 31), status=RecognitionStatus.VERIFIED,
        decided_at=now() - timedelta(days=400), ground="与公布的名单核对",
    )  # fmt: skip
    if values.get("status", row.status) in (RecognitionStatus.VERIFIED, RecognitionStatus.REFUSED):
        row.decided_by_id = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE)).id
    found: Recognition = _add(session, row, values)
    return found


def make_placement(session: Session, organization: Organization, link_id: int, **values: Any) -> FirmPlacement:
    """A firm confirmed on a link."""
    row = FirmPlacement(organization_id=organization.id, chain_link_id=link_id, kind=ChainPlacement.CONFIRMED)
    return _add(session, row, values)


def _posting(organization: Organization, market: Market, title: str) -> dict[str, Any]:
    return {
        "market": market,
        "organization_id": organization.id,
        "title": title,
        "chain_id": organization.chain_id,
        "status": PostingStatus.OPEN,
        "opened_at": now(),
    }


def make_financing_need(session: Session, organization: Organization, **values: Any) -> Demand:
    """An open need of 500 万元 for 12 months; `values` go to the need's terms."""
    demand = _add(session, Demand(**_posting(organization, Market.FINANCE, "流动资金")), {})
    need = FinancingNeed(
        demand_id=demand.id,
        amount_fen=500 * FEN_PER_WAN,
        term_months=12,
        purpose=LoanPurpose.WORKING_CAPITAL,
        guarantee_methods=["mortgage"],
    )
    _add(session, need, values)
    return demand


def make_loan_product(session: Session, bank: Organization, **values: Any) -> Supply:
    """An open product of 10 to 1,000 万元; `values` go to version 1 of its terms."""
    supply = _add(session, Supply(**_posting(bank, Market.FINANCE, "流动资金贷款")), {})
    session.add(LoanProduct(supply_id=supply.id))
    terms = LoanProductVersion(
        supply_id=supply.id,
        version=1,
        valid_from=date(2026, 1, 1),
        min_amount_fen=10 * FEN_PER_WAN,
        max_amount_fen=1_000 * FEN_PER_WAN,
        min_term_months=3,
        max_term_months=36,
        rate_from_bps=345,
        rate_to_bps=450,
    )
    _add(session, terms, values)
    return supply


def make_branch(session: Session, bank: Organization, **values: Any) -> BranchCapacity:
    """The branch without a name, which the products of `make_loan_product` belong to."""
    return _add(session, BranchCapacity(organization_id=bank.id), values)


def book_week(
    session: Session, supply: Supply, day: date, *, status: PairingStatus = PairingStatus.INTRODUCED, **values: Any
) -> Pairing:
    """A pairing of the product with a new firm, whose visit is in the week of a day."""
    chain = make_chain(session)
    demand = make_financing_need(session, make_organization(session, chain_id=chain.id))
    official = make_user(session)
    pairing = make_pairing(
        session, demand, supply, chain,
        **{"status": status, "decided_by_id": official.id, "decided_at": now(), "hold_until": now(),
           "introduced_at": now(), **values},
    )  # fmt: skip
    branch = session.exec(select(BranchCapacity).where(BranchCapacity.organization_id == supply.organization_id)).one()
    week = first_week(day)
    taken = session.exec(select(VisitSlot).where(VisitSlot.branch_id == branch.id, VisitSlot.week == week)).all()
    slot = VisitSlot(branch_id=branch.id, week=week, number=len(taken) + 1, pairing_id=pairing.id)
    _add(session, slot, {})
    return pairing


def make_purchase_need(session: Session, organization: Organization, **values: Any) -> Demand:
    demand = _add(session, Demand(**_posting(organization, Market.SUPPLY, "采购电工圆铜线")), {})
    need = PurchaseNeed(
        demand_id=demand.id,
        category_code="3251",
        specification="电工圆铜线 2.6mm",
        quantity_milli=2_500_000,
        unit="tonne",
    )
    _add(session, need, values)
    return demand


def make_product_line(session: Session, organization: Organization, **values: Any) -> Supply:
    supply = _add(session, Supply(**_posting(organization, Market.SUPPLY, "裸铜线")), {})
    line = ProductLine(
        supply_id=supply.id,
        category_code="3251",
        specification="裸铜线 2.6mm",
        standards=["GB/T 3953"],
        unit="tonne",
        yearly_capacity_milli=18_000_000,
        spare_capacity_milli=3_000_000,
    )
    _add(session, line, values)
    return supply


def make_pairing(session: Session, demand: Demand, supply: Supply, chain: Chain, **values: Any) -> Pairing:
    """A proposed pairing, opened by hand."""
    row = Pairing(
        market=demand.market,
        demand_id=demand.id,
        supply_id=supply.id,
        demand_organization_id=demand.organization_id,
        supply_organization_id=supply.organization_id,
        chain_id=chain.id,
        origin=PairingOrigin.BY_HAND,
    )
    return _add(session, row, values)


def make_roadshow(session: Session, chain: Chain | None = None, **values: Any) -> Roadshow:
    """An announced roadshow next month, with its first published version."""
    row = Roadshow(
        name="电力装备路演",
        venue="企业服务中心",
        held_on=today() + timedelta(days=30),
        chain_id=chain.id if chain else None,
        status=RoadshowStatus.ANNOUNCED,
        version=1,
    )
    _add(session, row, values)
    if row.version:
        facts = {
            "name": row.name, "held_on": row.held_on.isoformat(), "starts_at": "09:00", "ends_at": "17:00",
            "venue": row.venue, "notice": row.notice, "chain_codes": [], "seats": row.seats,
            "meetings_from": "14:00", "slot_minutes": row.slot_minutes, "n_slots": row.n_slots, "sessions": [],
        }  # fmt: skip
        _add(session, RoadshowVersion(roadshow_id=row.id, version=row.version, facts=facts), {})
    return row


def make_participant(session: Session, roadshow: Roadshow, organization: Organization, **values: Any) -> Any:
    """An invited organization; with status accepted it has one of the seats."""
    row = RoadshowParticipant(
        roadshow_id=roadshow.id, organization_id=organization.id, origin=ParticipantOrigin.INVITED
    )
    _add(session, row, values)
    if row.status is ParticipantStatus.ACCEPTED:
        roadshow.seats_taken += 1
        session.flush()
    return row
