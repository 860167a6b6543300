"""What fills the pages of one firm, one bank, one buyer and their offices: n rows for every list."""

from datetime import date, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from access.actor import SYSTEM
from models.audit_event import AuditEvent
from models.base import new_public_id, now
from models.chain import Chain, ChainFlow, ChainLink
from models.chain_office import DeclaredTie, OfficeTerm
from models.financing_need import FinancingNeed
from models.firm_placement import FirmPlacement
from models.firm_profile import Certificate, ProfileSubmission
from models.loan_product import LoanProduct, LoanProductVersion
from models.notice import Notice
from models.organization import Invitation, Membership, Organization, User
from models.outbox import OutboxMessage
from models.pairing import CaseStep, Consent, Pairing, Release
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.recommendation import PairSignal
from models.roadshow import Roadshow, RoadshowMeeting
from models.session import unit_of_work
from models.supplier_group import SupplierGroup, SupplierShare
from vocabulary.chains import ChainChange, OfficePost, TieKind
from vocabulary.classifications import (
    PURPOSE_OF_MARKET,
    CaseStepKind,
    ChainPlacement,
    LinkPosition,
    LoanPurpose,
    Market,
    MeetingOrigin,
    PairingOrigin,
    Side,
    SignalKind,
    VerdictReason,
)
from vocabulary.events import Frequency
from vocabulary.lifecycles import (
    MeetingStatus,
    OrganizationStatus,
    OutboxStatus,
    PairingStatus,
    PostingStatus,
    RoadshowStatus,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows.chain_versions import keep_version
from workflows.clocks import set_due

_S = PairingStatus
_STATUSES = (_S.PROPOSED, _S.IN_PROGRESS, _S.AGREED)
_DAY = date(2026, 6, 1)


def add_life(engine: Engine, n: int) -> None:
    """Give the first firm, bank and buyer n postings, pairings in three statuses, consents and what belongs to them."""
    with unit_of_work(engine) as session:
        chain = session.exec(select(Chain)).one()
        firm, bank, buyer = (_first(session, kind) for kind in ("enterprise", "bank", "buyer"))
        roles = (Role.SIGNATORY, Role.OFFICER, Role.BUYER)
        people = [_person(session, owner, role) for owner, role in zip((firm, bank, buyer), roles, strict=True)]
        _links(session, chain, firm, people[0], bank, n)
        for k in range(n):
            loan, product = _loan(session, firm, k), _product(session, bank, k)
            need, line = _need(session, buyer, k), _line(session, firm, k)
            for demand, supply, handler in ((loan, product, people[1]), (need, line, people[2])):
                for status in _STATUSES:
                    _pairing(session, chain, demand, supply, status, handler, people[0], k)
            _papers(session, chain, firm, k, people[0])
            _roadshow(session, chain, need, line, k)
            _group(session, chain, need, line, people[2])
            _news(session, people, k)


def _group(session: Session, chain: Chain, need: Demand, line: Supply, asker: User) -> None:
    """A supplier group of one, which waits for the answer."""
    group = SupplierGroup(
        demand_id=need.id or 0, quantity_milli=50_000, unit="tonne", fit=0.5, asked_by_id=asker.id or 0,
        expires_on=date(2099, 1, 1),
    )  # fmt: skip
    session.add(group)
    session.flush()
    session.add(
        SupplierShare(
            group_id=group.id or 0, number=1, supply_id=line.id or 0, organization_id=line.organization_id,
            chain_id=chain.id or 0, quantity_milli=50_000, line_milli=50_000, score=0.5,
        )
    )  # fmt: skip


def _news(session: Session, people: list[User], k: int) -> None:
    """A line in each inbox, and a mail that failed."""
    values = {"demand": f"流动资金贷款{k}", "supply": f"抵押贷{k}"}
    for person in people:
        session.add(Notice(user_id=person.id or 0, event="pairing_refused", values=values, frequency=Frequency.AT_ONCE))
    session.add(
        OutboxMessage(
            recipient=people[0].email, template="pairing_refused", values=values, status=OutboxStatus.FAILED,
            attempts=1, last_error="OSError: no route",
        )
    )  # fmt: skip


def _links(session: Session, chain: Chain, firm: Organization, person: User, bank: Organization, n: int) -> None:
    """n links with flows between them and a firm on each, n people in posts, n ties, n versions of the chain."""
    links = [
        ChainLink(
            chain_id=chain.id or 0, code=f"link{k}", name_zh=f"环节{k}", name_en=f"Link {k}",
            position=LinkPosition.MIDSTREAM, industry_prefixes="32", sort_order=k,
        )
        for k in range(n)
    ]  # fmt: skip
    session.add_all(links)
    session.flush()
    for k, link in enumerate(links):
        kind = ChainPlacement.CONFIRMED if k % 2 else ChainPlacement.FILED
        session.add_all(
            (
                FirmPlacement(organization_id=firm.id or 0, chain_link_id=link.id or 0, kind=kind),
                OfficeTerm(chain_id=chain.id or 0, post=OfficePost.STAFF, name=f"工作人员{k}", starts_on=_DAY),
                DeclaredTie(
                    user_id=person.id or 0, organization_id=bank.id or 0, kind=list(TieKind)[k % len(TieKind)],
                    declared_by_id=person.id or 0, ended_at=now(), ended_by_id=person.id,
                ),
            )
        )  # fmt: skip
        if k:
            session.add(ChainFlow(from_link_id=links[0].id or 0, to_link_id=link.id or 0))
        keep_version(session, SYSTEM, chain, ChainChange.LINK_ADDED, what=link.name_zh)


def _first(session: Session, kind: str) -> Organization:
    statement = select(Organization).where(Organization.kind == OrganizationKind(kind))
    return session.exec(statement.order_by(col(Organization.id)).limit(1)).one()


def _person(session: Session, owner: Organization, role: Role) -> User:
    user = User(
        email=f"first-{role}@example.org",
        password_hash="!",  # noqa: S106 -- no password
        full_name="Bench",
        phone="1",
    )
    session.add(user)
    session.flush()
    session.add(Membership(user_id=user.id or 0, organization_id=owner.id or 0, role=role))
    return user


def _open(model: type, market: Market, owner: Organization, title: str) -> dict[str, object]:
    return {
        "market": market, "organization_id": owner.id, "title": title, "text": title, "chain_id": owner.chain_id,
        "status": PostingStatus.OPEN, "opened_at": now(),
    }  # fmt: skip


def _loan(session: Session, firm: Organization, k: int) -> Demand:
    demand = Demand(**_open(Demand, Market.FINANCE, firm, f"流动资金贷款{k}"))
    session.add(demand)
    session.flush()
    session.add(
        FinancingNeed(
            demand_id=demand.id or 0, amount_fen=300 * FEN_PER_WAN, term_months=12,
            purpose=LoanPurpose.WORKING_CAPITAL, guarantee_methods=["mortgage"],
        )
    )  # fmt: skip
    return demand


def _product(session: Session, bank: Organization, k: int) -> Supply:
    supply = Supply(**_open(Supply, Market.FINANCE, bank, f"抵押贷{k}"))
    session.add(supply)
    session.flush()
    session.add(LoanProduct(supply_id=supply.id or 0))
    session.add(
        LoanProductVersion(
            supply_id=supply.id or 0, version=1, valid_from=date(2026, 1, 1), min_amount_fen=10 * FEN_PER_WAN,
            max_amount_fen=1_000 * FEN_PER_WAN, min_term_months=3, max_term_months=36, rate_from_bps=345,
            rate_to_bps=450,
        )
    )  # fmt: skip
    return supply


def _need(session: Session, buyer: Organization, k: int) -> Demand:
    demand = Demand(**_open(Demand, Market.SUPPLY, buyer, f"采购裸铜线第{k}批"))
    session.add(demand)
    session.flush()
    session.add(PurchaseNeed(demand_id=demand.id or 0, category_code="3251", quantity_milli=50_000, unit="tonne"))
    return demand


def _line(session: Session, firm: Organization, k: int) -> Supply:
    supply = Supply(**_open(Supply, Market.SUPPLY, firm, f"裸铜线{k}号"))
    session.add(supply)
    session.flush()
    session.add(
        ProductLine(
            supply_id=supply.id or 0, category_code="3251", specification="裸铜线", unit="tonne",
            yearly_capacity_milli=900_000, spare_capacity_milli=100_000,
        )
    )  # fmt: skip
    return supply


def _pairing(
    session: Session,
    chain: Chain,
    demand: Demand,
    supply: Supply,
    status: PairingStatus,
    handler: User,
    filer: User,
    k: int,
) -> None:
    """One pairing. Only one of a pair may live, so those that go on belong to a demand of their own."""
    if status is not _S.PROPOSED:
        owner = session.get_one(Organization, demand.organization_id)
        make = _loan if demand.market is Market.FINANCE else _need
        demand = make(session, owner, 10_000 + k)
    is_introduced = status is not _S.PROPOSED
    pairing = Pairing(
        market=demand.market, demand_id=demand.id or 0, supply_id=supply.id or 0,
        demand_organization_id=demand.organization_id, supply_organization_id=supply.organization_id,
        chain_id=chain.id or 0, origin=PairingOrigin.BY_HAND, is_mutual=k % 2 == 0, status=status,
        decided_by_id=handler.id if is_introduced else None, decided_at=now() if is_introduced else None,
        verdict_reason=VerdictReason.FACTS_VERIFIED if is_introduced else None,
        introduced_at=now() if is_introduced else None, handled_by_id=handler.id if is_introduced else None,
        followed_by_id=handler.id if is_introduced else None,
    )  # fmt: skip
    session.add(pairing)
    session.flush()
    session.add(
        PairSignal(
            demand_id=demand.id or 0, supply_id=supply.id or 0, side=Side.DEMAND, kind=SignalKind.INTEREST,
            by_user_id=filer.id or 0, by_organization_id=demand.organization_id,
        )
    )  # fmt: skip
    if is_introduced:
        _release(session, pairing, handler, filer)
        session.flush()
        set_due(session, pairing)


def _release(session: Session, pairing: Pairing, handler: User, filer: User) -> None:
    """The consent of the firm, one for all pairings with a counterpart, the frozen papers and a step of the case."""
    is_loan = pairing.market is Market.FINANCE
    sides = (pairing.demand_organization_id, pairing.supply_organization_id)
    firm_id, counterpart_id = sides if is_loan else sides[::-1]
    purpose = PURPOSE_OF_MARKET[pairing.market]
    consent = session.exec(
        select(Consent).where(Consent.organization_id == firm_id, Consent.counterpart_id == counterpart_id)
    ).first()
    if consent is None:
        consent = Consent(
            organization_id=firm_id, counterpart_id=counterpart_id, purpose=purpose, sections=["basic"],
            given_by_id=filer.id or 0, ends_on=date(2099, 1, 1),
        )  # fmt: skip
        session.add(consent)
        session.flush()
    release = Release(
        pairing_id=pairing.id or 0, consent_id=consent.id or 0, recipient_id=counterpart_id,
        snapshot={"basic": {}, "contacts": {}},
    )  # fmt: skip
    session.add(release)
    session.flush()
    session.add_all(
        (
            AuditEvent(
                action="dossier_read", subject_kind="release", subject_id=release.id or 0, actor_name="Bench",
                actor_user_id=handler.id, actor_organization_id=counterpart_id, visible_to_organization_id=firm_id,
                new={"receipt": new_public_id(), "purpose": consent.purpose.value, "version": 1},
            ),
            CaseStep(
                pairing_id=pairing.id or 0, kind=CaseStepKind.VISIT if is_loan else CaseStepKind.SAMPLE,
                happened_on=_DAY, recorded_by_id=handler.id or 0, next_step_due_on=_DAY + timedelta(days=20),
            ),
        )
    )  # fmt: skip


def _papers(session: Session, chain: Chain, firm: Organization, k: int, filer: User) -> None:
    """A firm and a profile that wait to be verified, a colleague, an invitation, a certificate, a ledger entry."""
    newcomer = Organization(
        kind=OrganizationKind.ENTERPRISE, legal_name=f"新登记企业{k}", name_core=f"新登记{k}", chain_id=chain.id,
        status=OrganizationStatus.REGISTERED,
    )  # fmt: skip
    colleague = User(email=f"colleague{k}@example.org", password_hash="!", full_name="Bench")  # noqa: S106 -- no password
    bank = Organization(
        kind=OrganizationKind.BANK, legal_name=f"往来银行{k}", name_core=f"往来银行{k}", verified_at=now(),
        status=OrganizationStatus.VERIFIED,
    )  # fmt: skip
    session.add_all((newcomer, colleague, bank))
    session.flush()
    session.add_all(
        (
            ProfileSubmission(
                organization_id=newcomer.id or 0, chain_id=chain.id or 0, values={"employees": 20},
                submitted_by_id=filer.id or 0,
            ),
            Consent(
                organization_id=firm.id or 0, counterpart_id=bank.id or 0,
                purpose=PURPOSE_OF_MARKET[Market.FINANCE], sections=["basic"], given_by_id=filer.id or 0,
                ends_on=date(2099, 1, 1),
            ),
            Membership(user_id=colleague.id or 0, organization_id=firm.id or 0, role=Role.FILER),
            Invitation(
                organization_id=firm.id or 0, email=f"invited{k}@example.org", role=Role.FILER,
                token_digest=f"bench-{k}", invited_by_id=filer.id or 0, expires_at=now() + timedelta(days=5),
            ),
            Certificate(organization_id=firm.id or 0, code="iso9001", number=str(k)),
            AuditEvent(action="pairing_proposed", subject_kind="pairing", subject_id=k, chain_id=chain.id),
        )
    )  # fmt: skip


def _roadshow(session: Session, chain: Chain, demand: Demand, supply: Supply, k: int) -> None:
    roadshow = Roadshow(name=f"路演{k}", held_on=_DAY, chain_id=chain.id, status=RoadshowStatus.HELD)
    session.add(roadshow)
    session.flush()
    first = session.exec(select(Roadshow).order_by(col(Roadshow.id)).limit(1)).one()
    session.add(
        RoadshowMeeting(
            roadshow_id=first.id or 0,
            demand_id=demand.id or 0,
            supply_id=supply.id or 0,
            origin=MeetingOrigin.BY_HAND,
            status=MeetingStatus.NOTED,
        )
    )
