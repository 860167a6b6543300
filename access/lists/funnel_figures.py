"""What came of the postings of a funnel: sums by kind, first-time borrowers, days to money, counterparts, news."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlmodel import Session, col

from access import parties
from access.actor import Actor
from access.case_steps import is_latest
from access.lists import funnel as funnels
from access.lists import projects
from access.lists.funnel import Filters
from access.permissions import Permission
from access.rules import require
from models.audit_event import AuditEvent
from models.chain import Chain
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.project import Project
from models.roadshow import RoadshowFeedback, RoadshowMeeting
from vocabulary.chains import FirmStanding
from vocabulary.classifications import FIRM_SIDE, CaseStepKind, Market, Side
from vocabulary.funnel import CLOSING, LEVELS, MIN_SAMPLE, SUMS, FunnelLevel
from vocabulary.lifecycles import ChainStatus, ProjectStatus

_TOLD = (
    "profile_submission", "demand", "supply", "pairing", "roadshow_participant", "problem", "project",
    "confirmed_order", "supplier_group", "supplier_share",
)  # fmt: skip
"""Nouns of the news; signals to one counterpart, consents and people are nobody else's."""


@dataclass(frozen=True)
class Sum:
    """Steps of one kind and the sum of their amounts in fen. Two kinds are never added."""

    kind: CaseStepKind
    n: int
    amount_fen: int


@dataclass
class CounterpartLine:
    """One bank or buyer: postings by level reached with it, its sums, and what firms answered about it."""

    public_id: str
    name: str
    levels: Counter[int] = field(default_factory=Counter)
    sums: dict[CaseStepKind, Sum] = field(default_factory=dict)
    n_answers: int = 0
    average: float | None = None

    @property
    def reached(self) -> dict[FunnelLevel, int]:
        return funnels.reached(self.levels)

    @property
    def rating(self) -> float | None:
        """Mean of 1 to 5, from five answers on."""
        return self.average if self.n_answers >= MIN_SAMPLE else None


@dataclass(frozen=True)
class Figures:
    sums: list[Sum]
    n_first_time: int
    """Firms that say they never borrowed before, and were lent to."""
    n_timed: int
    """Postings with money or an order."""
    days: float | None
    """Mean of days from publication to the first money or order; None below `MIN_SAMPLE`."""
    counterparts: list[CounterpartLine]


@dataclass(frozen=True)
class News:
    """What a leader or backbone firm did, or what was recorded for it."""

    on: date
    firm: str
    action: str
    noun: str
    step: CaseStepKind | None
    """What was recorded of a case; None for an act of the firm itself."""


@dataclass(frozen=True)
class ProjectFigures:
    by_status: Counter[ProjectStatus]
    planned_fen: int
    n_without_amount: int


def steps_of(actor: Actor, filters: Filters, *columns: Any, on: date) -> Any:
    """SQL: steps that count, of the postings of the funnel."""
    posting = funnels.posting_of(filters.market)
    own = Pairing.demand_id if posting is Demand else Pairing.supply_id
    return (
        select(*columns)
        .select_from(CaseStep)
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .join(posting, col(posting.id) == col(own))
        .join(Organization, col(Organization.id) == col(posting.organization_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == col(posting.organization_id))
        .where(
            *funnels.conditions(actor, filters, on=on),
            *funnels.of_counterpart(filters),
            *is_latest(),
        )
    )


def figures(session: Session, actor: Actor, filters: Filters, *, on: date) -> Figures:
    """Four queries, whatever there is."""
    require(actor, Permission.READ_DASHBOARDS)
    lines = _counterparts(session, actor, filters, on)
    totals: dict[CaseStepKind, Sum] = {kind: Sum(kind, 0, 0) for kind in SUMS[filters.market]}
    for line in lines:
        for kind, row in line.sums.items():
            before = totals[kind]
            totals[kind] = Sum(kind, before.n + row.n, before.amount_fen + row.amount_fen)
    n_timed, days = _days(session, actor, filters, on)
    return Figures(list(totals.values()), _first_time(session, actor, filters, on), n_timed, days, lines)


def _counterparts(session: Session, actor: Actor, filters: Filters, on: date) -> list[CounterpartLine]:
    """Banks or buyers that a posting was brought before, those with most money or orders first."""
    posting = funnels.posting_of(filters.market)
    other, own = parties.counterpart_column(), Pairing.demand_id if posting is Demand else Pairing.supply_id
    kind = col(CaseStep.kind)
    step = (
        select(col(CaseStep.pairing_id).label("pairing_id"), funnels.furthest(filters.market).label("furthest"))
        .where(*is_latest())
        .group_by(col(CaseStep.pairing_id))
        .subquery()
    )
    at = case((step.c.furthest == 2, 5), (step.c.furthest == 1, 4), (funnels.was_confirmed(), 3), else_=2)
    named = (
        select(other.label("other_id"), col(own).label("posting_id"), func.max(at).label("level"))
        .select_from(Pairing)
        .join(posting, col(posting.id) == col(own))
        .join(Organization, col(Organization.id) == col(posting.organization_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == col(posting.organization_id))
        .outerjoin(step, step.c.pairing_id == col(Pairing.id))
        .where(*funnels.conditions(actor, filters, on=on), *funnels.of_counterpart(filters))
        .group_by(other, col(own))
        .subquery()
    )
    found: dict[int, CounterpartLine] = {}
    for other_id, public_id, name, level, n in session.execute(
        select(named.c.other_id, col(Organization.public_id), col(Organization.legal_name), named.c.level, func.count())
        .join(Organization, col(Organization.id) == named.c.other_id)
        .group_by(named.c.other_id, col(Organization.public_id), col(Organization.legal_name), named.c.level)
    ):
        found.setdefault(other_id, CounterpartLine(public_id, name)).levels[level] += n
    sums = steps_of(actor, filters, other, kind, func.count(), func.sum(col(CaseStep.amount_fen)), on=on)
    for other_id, of_kind, n, amount in session.execute(
        sums.where(kind.in_(SUMS[filters.market])).group_by(other, kind)
    ):
        found[other_id].sums[of_kind] = Sum(of_kind, n, int(amount or 0))
    for other_id, average, n in session.execute(_answers(actor, filters, on)):
        if other_id in found:
            found[other_id].average, found[other_id].n_answers = float(average), n
    done = len(LEVELS) - 1
    return sorted(found.values(), key=lambda line: (-line.levels[done], -line.levels.total(), line.name))


def answers_of(actor: Actor, filters: Filters, *columns: Any, on: date) -> Any:
    """SQL: what firms answered after meetings about their postings of the funnel."""
    posting = funnels.posting_of(filters.market)
    own = RoadshowMeeting.demand_id if posting is Demand else RoadshowMeeting.supply_id
    other = RoadshowMeeting.supply_id if posting is Demand else RoadshowMeeting.demand_id
    theirs = Supply if posting is Demand else Demand
    return (
        select(col(theirs.organization_id), *columns)
        .select_from(RoadshowFeedback)
        .join(RoadshowMeeting, col(RoadshowMeeting.id) == col(RoadshowFeedback.meeting_id))
        .join(posting, col(posting.id) == col(own))
        .join(theirs, col(theirs.id) == col(other))
        .join(Organization, col(Organization.id) == col(posting.organization_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == col(posting.organization_id))
        .where(
            *funnels.conditions(actor, filters, on=on), col(RoadshowFeedback.side) == FIRM_SIDE[filters.market]
        )
    )  # fmt: skip


def _answers(actor: Actor, filters: Filters, on: date) -> Any:
    grouped = answers_of(actor, filters, func.avg(col(RoadshowFeedback.rating)), func.count(), on=on)
    theirs = Supply if FIRM_SIDE[filters.market] is Side.DEMAND else Demand
    return grouped.group_by(col(theirs.organization_id))


def is_first_loan() -> Any:
    """SQL: a step that lent to a firm which says it never borrowed before."""
    return and_(
        col(CaseStep.kind).in_(CLOSING[Market.FINANCE]), col(FirmProfile.is_first_time_borrower).is_(True)
    )  # fmt: skip


def _first_time(session: Session, actor: Actor, filters: Filters, on: date) -> int:
    if filters.market is not Market.FINANCE:
        return 0
    firms = func.count(col(Organization.id).distinct())
    return int(session.execute(steps_of(actor, filters, firms, on=on).where(is_first_loan())).scalar_one())


def _days(session: Session, actor: Actor, filters: Filters, on: date) -> tuple[int, float | None]:
    """Postings that came to money or an order, and the mean of days it took."""
    posting = funnels.posting_of(filters.market)
    columns = col(posting.opened_at), func.min(col(CaseStep.happened_on))
    done = session.execute(
        steps_of(actor, filters, *columns, on=on)
        .where(col(CaseStep.kind).in_(CLOSING[filters.market]))
        .group_by(col(posting.id), col(posting.opened_at))
    ).all()
    spans = [max(0, (money_on - opened_at.date()).days) for opened_at, money_on in done if opened_at and money_on]
    return len(done), sum(spans) / len(spans) if len(spans) >= MIN_SAMPLE else None


def project_figures(session: Session, actor: Actor, chain: str) -> ProjectFigures:
    """Key projects in scope by status; the planned total leaves out those given up and counts those without amount."""
    require(actor, Permission.READ_DASHBOARDS)
    wanted = [projects.visible(actor)]
    if chain:
        wanted.append(col(Project.chain_id) == (None if chain == funnels.NONE else int(chain)))
    by_status: Counter[ProjectStatus] = Counter()
    planned = without = 0
    for status, n, amount, n_without in session.execute(
        select(
            col(Project.status),
            func.count(),
            func.coalesce(func.sum(col(Project.investment_fen)), 0),
            func.sum(case((col(Project.investment_fen).is_(None), 1), else_=0)),
        )
        .where(*wanted)
        .group_by(col(Project.status))
    ):
        by_status[status] = n
        if status is not ProjectStatus.DROPPED:
            planned, without = planned + int(amount), without + n_without
    return ProjectFigures(by_status, planned, without)


def news(session: Session, actor: Actor, chain: str, *, limit: int = 12) -> list[News]:
    """What leader and backbone firms in scope did lately, newest first: nouns and steps, no values and no persons."""
    require(actor, Permission.READ_DASHBOARDS)
    leading = (
        select(col(FirmPlacement.organization_id))
        .join(Organization, col(Organization.id) == col(FirmPlacement.organization_id))
        .where(
            col(FirmPlacement.ended_at).is_(None),
            col(FirmPlacement.standing).in_((FirmStanding.LEADER, FirmStanding.BACKBONE)),
            funnels.visible(actor),
            *([col(Organization.chain_id) == int(chain)] if chain and chain != funnels.NONE else []),
        )
    )
    acts = session.execute(
        select(
            col(AuditEvent.occurred_at), col(Organization.legal_name), col(AuditEvent.action),
            col(AuditEvent.subject_kind),
        )
        .join(Organization, col(Organization.id) == col(AuditEvent.actor_organization_id))
        .where(
            col(AuditEvent.actor_organization_id).in_(leading),
            col(AuditEvent.subject_kind).in_(_TOLD),
            ~col(AuditEvent.action).endswith("_set"),
            ~col(AuditEvent.action).endswith("_unset"),
        )
        .order_by(col(AuditEvent.id).desc())
        .limit(limit)
    )  # fmt: skip
    steps = session.execute(
        select(col(CaseStep.happened_on), col(Organization.legal_name), col(CaseStep.kind))
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .join(Organization, col(Organization.id) == parties.firm_column())
        .where(col(Organization.id).in_(leading), *is_latest())
        .order_by(col(CaseStep.happened_on).desc(), col(CaseStep.id).desc())
        .limit(limit)
    )
    lines = [News(at.date(), firm, action, noun, None) for at, firm, action, noun in acts]
    lines += [News(on, firm, "", "", kind) for on, firm, kind in steps]
    return sorted(lines, key=lambda line: line.on, reverse=True)[:limit]


def chain_names(session: Session) -> dict[str, tuple[str, str]]:
    """Id -> names, in the city's order; merged chains after the others."""
    rows = session.execute(
        select(col(Chain.id), col(Chain.name_zh), col(Chain.name_en)).order_by(
            (col(Chain.status) == ChainStatus.MERGED), col(Chain.sort_order), col(Chain.id)
        )
    )
    return {str(row_id): (zh, en) for row_id, zh, en in rows}
