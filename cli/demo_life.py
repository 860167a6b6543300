"""What makes the demo city look lived in: every other status of every noun, drafts, returns, mail, roadshows."""

from datetime import timedelta

from sqlmodel import col, select

from cli.demo_approvals import add_approvals
from cli.demo_base import DOMAIN, DemoBase, password_hash
from cli.demo_notices import add_notices
from cli.demo_organizations import plain_values
from cli.demo_roadshows import add_roadshows
from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import FirmProfile, ProfileDraft, ProfileSubmission
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Invitation, Organization, User
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import RecommendationRun
from vocabulary.classifications import Market
from vocabulary.lifecycles import (
    InvitationStatus,
    OrganizationStatus,
    PostingStatus,
    RunStatus,
    SubmissionStatus,
    UserStatus,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.plausibility import PlausibilityRule
from vocabulary.profile_fields import Section
from vocabulary.roles import OrganizationKind, Role

_NEWCOMERS = (
    ("衡阳市珠晖区兴旺铜材加工厂", OrganizationStatus.REGISTERED, None),
    ("衡阳南岳绿源食品有限公司", OrganizationStatus.REGISTERED, None),
    ("衡阳常胜汽车配件有限公司", OrganizationStatus.REGISTERED, None),
    ("衡阳耒水纺织品有限公司", OrganizationStatus.RETURNED, "营业执照上的名称与填报不一致，请更正。"),
    ("衡阳石鼓精密模具有限公司", OrganizationStatus.SUSPENDED, "列入经营异常名录，移出后恢复。"),
)
_UNSUPPLIED = (
    ("采购聚酰亚胺漆包扁线", "3831", "聚酰亚胺漆包扁铜线 2.0×6.0mm，耐温 220 级"),
    ("采购交联聚乙烯绝缘料", "2651", "10kV 可交联聚乙烯绝缘料，年用量约 800 吨"),
)


def add_life(base: DemoBase) -> None:
    """Rows that need no recommendation."""
    _add_newcomers(base)
    _add_people(base)
    _add_submissions(base)
    _add_posting_statuses(base)
    _add_unsupplied_needs(base)
    _add_runs_that_went_wrong(base)


def add_life_of_pairings(base: DemoBase) -> None:
    """Rows that refer to pairings."""
    add_roadshows(base)
    add_notices(base)
    add_approvals(base)


def _add_newcomers(base: DemoBase) -> None:
    chains = list(base.chains.values())
    for n, (name, status, note) in enumerate(_NEWCOMERS):
        firm = base.add_organization(
            OrganizationKind.ENTERPRISE, name, region="430400", chain=chains[n % len(chains)], status=status
        )
        firm.review_note = note
        if status is OrganizationStatus.REGISTERED:
            firm.verified_at = None
            firm.created_at = base.days_ago(3 - n)
    verified = base.session.exec(
        select(Organization).where(
            Organization.kind == OrganizationKind.ENTERPRISE, Organization.status == OrganizationStatus.VERIFIED
        )
    ).all()
    double = base.add_organization(
        OrganizationKind.ENTERPRISE, f"{verified[40].legal_name}（旧）", region="430400", chain=chains[0],
        status=OrganizationStatus.REGISTERED,
    )  # fmt: skip
    double.status, double.merged_into_id = OrganizationStatus.MERGED, verified[40].id
    base.session.flush()


def _add_people(base: DemoBase) -> None:
    """A disabled account and invitations in every status."""
    bank = base.session.exec(select(Organization).where(Organization.kind == OrganizationKind.BANK)).first()
    assert bank is not None
    inviter = base.people[bank.id or 0]
    former = User(
        email=f"former@{DOMAIN}",
        password_hash=password_hash(),
        full_name=base.person_name(),
        is_demo=True,
        status=UserStatus.DISABLED,
    )
    base.session.add(former)
    base.session.flush()
    for n, status in enumerate(InvitationStatus):
        is_accepted = status is InvitationStatus.ACCEPTED
        base.session.add(
            Invitation(
                organization_id=bank.id or 0,
                email=f"colleague{n}@{DOMAIN}",
                role=Role.OFFICER,
                branch="蒸湘支行",
                token_digest=f"demo-{n}",
                invited_by_id=inviter.id or 0,
                expires_at=now() + timedelta(days=6 if status is InvitationStatus.SENT else -20),
                status=status,
                accepted_by_id=former.id if is_accepted else None,
                accepted_at=base.days_ago(25) if is_accepted else None,
            )
        )


_EVERYTHING = ("铜线", "铝线", "齿轮", "轴承", "涂料", "油漆", "变压器", "电缆", "螺栓", "法兰", "阀门", "水泵")
"""What a firm adds to its products that would like to be found by everybody."""


def _add_submissions(base: DemoBase) -> None:
    """Updates of verified profiles that wait, were returned, verified or withdrawn; one with an override."""
    rows = base.session.exec(
        select(FirmProfile, Organization)
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .where(col(FirmProfile.verified_at).is_not(None), col(FirmProfile.chain_id).is_not(None))
        .order_by(col(FirmProfile.id))
    ).all()
    wanted = [row for row in rows if row[1].id in base.people][::9]
    statuses = (
        SubmissionStatus.SUBMITTED, SubmissionStatus.SUBMITTED, SubmissionStatus.RETURNED, SubmissionStatus.SUBMITTED,
        SubmissionStatus.VERIFIED, SubmissionStatus.SUBMITTED, SubmissionStatus.WITHDRAWN,
    )  # fmt: skip
    for n, (profile, firm) in enumerate(wanted):
        status = statuses[n % len(statuses)]
        is_decided = status in (SubmissionStatus.RETURNED, SubmissionStatus.VERIFIED)
        values = plain_values(profile)
        values["employees"] = max(5, int((values.get("employees") or 40) * 1.1))
        overrides = {}
        if n == 0:
            values["revenue_fen"] = values["employees"] * 2_500 * FEN_PER_WAN
            overrides[PlausibilityRule.REVENUE_PER_HEAD.value] = "含集团内贸易收入，按合并口径填报。"
        if n == 1:
            values["main_products"] = "、".join((values["main_products"], *_EVERYTHING))
            overrides[PlausibilityRule.STUFFING.value] = "均为本公司可以生产的产品。"
        official = base.officials[profile.chain_id or 0]
        submission = ProfileSubmission(
            organization_id=firm.id or 0,
            chain_id=profile.chain_id or 0,
            values=values,
            overrides=overrides,
            notes={Section.SCALE.value: "请补充 2025 年审计后的营业收入和纳税额。"} if is_decided else None,
            status=status,
            created_at=base.days_ago(1 + n),
            submitted_by_id=base.people[firm.id or 0].id or 0,
            decided_at=base.days_ago(n / 2) if is_decided else None,
            decided_by_id=official.id if is_decided else None,
        )
        base.session.add_all((submission, ProfileDraft(organization_id=firm.id or 0, values=values)))
        base.session.flush()
        base.session.add(
            AuditEvent(
                action="profile_submission_submitted", subject_kind="profile_submission",
                subject_id=submission.id or 0, actor_name=base.people[firm.id or 0].full_name,
                chain_id=profile.chain_id, occurred_at=submission.created_at,
            )
        )  # fmt: skip


def _add_posting_statuses(base: DemoBase) -> None:
    """Some supplies rest, ended or were never published; two products have newer terms."""
    for market in Market:
        rows = base.session.exec(select(Supply).where(Supply.market == market).order_by(col(Supply.id).desc())).all()
        for row, status in zip(rows[3:], (PostingStatus.DRAFT, PostingStatus.PAUSED, PostingStatus.CLOSED,
                                          PostingStatus.EXPIRED), strict=False):  # fmt: skip
            row.status = status
            row.opened_at = None if status is PostingStatus.DRAFT else row.opened_at
            row.closed_reason = "本年额度已用完" if status is PostingStatus.CLOSED else None
            if status is PostingStatus.EXPIRED:
                row.expires_on = base.today - timedelta(days=5)
            base.session.add(row)
    for product in base.session.exec(select(LoanProduct).order_by(col(LoanProduct.supply_id)).limit(2)).all():
        terms = base.session.exec(
            select(LoanProductVersion).where(LoanProductVersion.supply_id == product.supply_id)
        ).one()
        newer = LoanProductVersion(**terms.model_dump(exclude={"id", "created_at", "version", "valid_from"}),
                                   version=2, valid_from=base.today - timedelta(days=12))  # fmt: skip
        if newer.rate_from_bps is not None:
            newer.rate_from_bps -= 15
        product.current_version = 2
        base.session.add_all((newer, product))


def _add_unsupplied_needs(base: DemoBase) -> None:
    """Needs nobody in the city can meet: the gaps of the chain map."""
    buyer = base.session.exec(select(Organization).where(Organization.kind == OrganizationKind.BUYER)).first()
    assert buyer is not None
    chain = next(iter(base.chains.values()))
    chain = next((row for row in base.chains.values() if "电力" in row.name_zh), chain)
    for title, category, specification in _UNSUPPLIED:
        demand = Demand(
            market=Market.SUPPLY, organization_id=buyer.id or 0, title=title, text=specification, chain_id=chain.id,
            region_code="430406", status=PostingStatus.OPEN, opened_at=base.days_ago(20),
            expires_on=base.today + timedelta(days=70), is_demo=True,
        )  # fmt: skip
        base.session.add(demand)
        base.session.flush()
        base.session.add(
            PurchaseNeed(
                demand_id=demand.id or 0, category_code=category, specification=specification,
                quantity_milli=800_000, unit="tonne", must_certificates=["iso9001", "ul"],
                must_standards=["GB/T 7095.6"],
                window_end=base.today + timedelta(days=120), delivery_region_code="430406", accept_partial=False,
            )
        )  # fmt: skip


def _add_runs_that_went_wrong(base: DemoBase) -> None:
    """A run that crashed long ago and one the machine was switched off under; later runs went well."""
    for status, days, error in (
        (RunStatus.FAILED, 40, "MemoryError: not enough memory for the vectors of 130 lines"),
        (RunStatus.RUNNING, 39, None),
    ):
        base.session.add(
            RecommendationRun(
                market=Market.SUPPLY,
                settings_fingerprint="demo",
                status=status,
                status_changed_at=base.days_ago(days),
                created_at=base.days_ago(days),
                error=error,
            )
        )
