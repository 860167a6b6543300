"""Rows for the comparison of a roadshow's firms with similar ones: only what was known before the day is matched on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select

from access import parties
from access.recognitions import titles_of
from matchmaking.gates.lending import add_months
from matchmaking.roadshow_effect import Effect, FirmBefore, roadshow_effect
from models.firm_profile import FirmProfile, ProfileSubmission
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant
from vocabulary.bands import SCALES
from vocabulary.classifications import CaseStepKind
from vocabulary.lifecycles import (
    MeetingStatus,
    OrganizationStatus,
    ParticipantStatus,
    PostingStatus,
    RoadshowStatus,
    SubmissionStatus,
)
from vocabulary.roadshow_effect import EffectGroup, EffectOutcome, LeftOut
from vocabulary.roles import OrganizationKind
from workflows.calendar import SHANGHAI
from workflows.cases import is_latest

MONTHS = 6
"""How long after the roadshow outcomes are counted."""
_KINDS = {
    CaseStepKind.CREDIT_GRANTED: EffectOutcome.CREDIT_GRANTED,
    CaseStepKind.DISBURSED: EffectOutcome.DISBURSED,
    CaseStepKind.TRIAL_ORDER: EffectOutcome.ORDERED,
    CaseStepKind.VOLUME_ORDER: EffectOutcome.ORDERED,
}
"""A frame agreement is a promise of orders, not one."""
_DIVISION = 2
"""Digits of an industry code that name the division (大类)."""


@dataclass(frozen=True)
class Window:
    """Outcomes count from the roadshow's day to the day before `ends_on`; `is_over` if that has passed."""

    starts_on: date
    ends_on: date
    is_over: bool


@dataclass(frozen=True)
class Comparison:
    """One group of a roadshow beside similar firms; `left_out` are its firms that were not compared, by id."""

    group: EffectGroup
    effect: Effect
    left_out: dict[int, LeftOut]


@dataclass(frozen=True)
class Compared:
    """Both groups of a roadshow, and the other firms of their chains, by organization id.

    `candidates` could be similar firms, `not_compared` could not; `facts` is what is known of everybody compared.
    """

    groups: tuple[Comparison, ...]
    candidates: frozenset[int]
    not_compared: dict[int, LeftOut]
    facts: dict[int, FirmBefore]


def window(roadshow: Roadshow, *, months: int, on: date) -> Window:
    """The same days for both groups; while they are not over, as many as have passed."""
    end = add_months(roadshow.held_on, months)
    return Window(roadshow.held_on, end, end <= on)


def compare(session: Session, roadshow: Roadshow, *, months: int, on: date) -> Compared:
    """Firms that presented, then firms that sat in a one-to-one meeting, each beside firms that came to no roadshow."""
    start = datetime.combine(roadshow.held_on, time.min, SHANGHAI)
    firms, first, known = _firms(session), _first_roadshows(session), _known_before(session, start)
    came = {firm for firm in _came(session, roadshow) if firm in firms}
    groups = {
        EffectGroup.PRESENTED: _on_stage(session, roadshow) & came,
        EffectGroup.MET: _in_meetings(session, roadshow) & came,
    }
    in_group = set().union(*groups.values())
    chains = {known[firm].chain_id for firm in in_group if firm in known}
    others: set[int] = set()
    not_compared: dict[int, LeftOut] = {}
    for firm, joined in firms.items():
        chain_id = known[firm].chain_id if firm in known else joined.chain_id
        if firm in in_group or chain_id not in chains:
            continue
        reason = _why_not(firm, joined.at, first, known, start)
        if reason is None:
            others.add(firm)
        else:
            not_compared[firm] = reason
    counted = window(roadshow, months=months, on=on)
    facts = _facts(session, others | (in_group & known.keys()), known, start, counted)
    compared = tuple(_comparison(kind, group, others, facts, first, roadshow) for kind, group in groups.items())
    return Compared(compared, frozenset(others), not_compared, facts)


def _comparison(
    kind: EffectGroup,
    group: set[int],
    others: set[int],
    facts: dict[int, FirmBefore],
    first: dict[int, int],
    roadshow: Roadshow,
) -> Comparison:
    left_out = {firm: LeftOut.CAME_EARLIER for firm in group if first.get(firm) != roadshow.id}
    left_out |= {firm: LeftOut.NO_FACTS for firm in group - left_out.keys() if firm not in facts}
    effect = roadshow_effect([facts[firm] for firm in group - left_out.keys()], [facts[firm] for firm in others])
    return Comparison(kind, effect, left_out | dict(effect.left_out))


def _why_not(
    firm: int, joined_at: datetime | None, first: dict[int, int], known: dict[int, Any], start: datetime
) -> LeftOut | None:
    """Why a firm is nobody to compare with; None if it is."""
    if firm in first:
        return LeftOut.CAME
    if joined_at is None or joined_at >= start:
        return LeftOut.JOINED_LATER
    return None if firm in known else LeftOut.NO_FACTS


@dataclass(frozen=True)
class _Joined:
    """When a firm was verified, and the chain it gave."""

    at: datetime | None
    chain_id: int | None


def _firms(session: Session) -> dict[int, _Joined]:
    """Enterprises that were ever verified."""
    rows = session.execute(
        select_columns(col(Organization.id), col(Organization.verified_at), col(Organization.chain_id)).where(
            col(Organization.kind) == OrganizationKind.ENTERPRISE,
            col(Organization.status).in_((OrganizationStatus.VERIFIED, OrganizationStatus.SUSPENDED)),
        )
    ).all()
    return {firm: _Joined(at, chain_id) for firm, at, chain_id in rows}


def _attendance() -> Any:
    return (
        select_columns(col(RoadshowParticipant.organization_id), col(Roadshow.id))
        .join(Roadshow, col(Roadshow.id) == col(RoadshowParticipant.roadshow_id))
        .where(
            col(RoadshowParticipant.checked_in_at).is_not(None),
            col(RoadshowParticipant.status) == ParticipantStatus.ACCEPTED,
            col(Roadshow.status) != RoadshowStatus.CANCELLED,
        )
    )


def _came(session: Session, roadshow: Roadshow) -> list[int]:
    return [row[0] for row in session.execute(_attendance().where(col(Roadshow.id) == roadshow.id)).all()]


def _first_roadshows(session: Session) -> dict[int, int]:
    """Organization -> the first roadshow it came to."""
    rows = session.execute(_attendance().order_by(col(Roadshow.held_on).desc(), col(Roadshow.id).desc())).all()
    return {firm: roadshow_id for firm, roadshow_id in rows}  # noqa: C416 -- rows are no tuples to the type checker


def _on_stage(session: Session, roadshow: Roadshow) -> set[int]:
    return set(
        session.exec(
            select(RoadshowParticipant.organization_id).where(
                RoadshowParticipant.roadshow_id == roadshow.id,
                col(RoadshowParticipant.pitch_session_id).is_not(None),
            )
        ).all()
    )


def _in_meetings(session: Session, roadshow: Roadshow) -> set[int]:
    rows = session.exec(
        select(Demand.organization_id, Supply.organization_id)
        .select_from(RoadshowMeeting)
        .join(Demand, col(Demand.id) == RoadshowMeeting.demand_id)
        .join(Supply, col(Supply.id) == RoadshowMeeting.supply_id)
        .where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            col(RoadshowMeeting.status).in_((MeetingStatus.PUBLISHED, MeetingStatus.NOTED)),
        )
    ).all()
    return {side for row in rows for side in row}


@dataclass(frozen=True)
class _Known:
    """What an official had verified of a firm before the day."""

    chain_id: int
    region_code: str | None
    industry_code: str | None
    revenue_fen: int | None


def _known_before(session: Session, start: datetime) -> dict[int, _Known]:
    """The newest verified submission before the day; where there is none, the profile if it was verified before."""
    profile, submission = FirmProfile, ProfileSubmission
    rows = session.execute(
        select_columns(
            col(profile.organization_id), col(profile.chain_id), col(profile.region_code), col(profile.industry_code),
            col(profile.revenue_fen),
        ).where(col(profile.verified_at) < start, col(profile.chain_id).is_not(None))
    )  # fmt: skip
    known = {row.organization_id: _Known(*row[1:]) for row in rows}
    earlier = session.execute(
        select_columns(col(submission.organization_id), col(submission.chain_id), col(submission.values))
        .join(profile, col(profile.organization_id) == col(submission.organization_id))
        .where(
            col(submission.status) == SubmissionStatus.VERIFIED,
            col(submission.decided_at) < start,
            col(profile.verified_at) >= start,
        )
        .order_by(col(submission.decided_at).nulls_first(), col(submission.id))
    )
    for firm, chain_id, values in earlier:
        names = ("region_code", "industry_code", "revenue_fen")
        known[firm] = _Known(chain_id, *(values.get(name) for name in names))
    return known


def _facts(
    session: Session, firms: Iterable[int], known: dict[int, _Known], start: datetime, counted: Window
) -> dict[int, FirmBefore]:
    postings = Counter[int]()
    for model in (Demand, Supply):
        postings.update(dict(session.execute(_open_before(model, start)).all()))
    earlier = Counter(session.execute(_introduced(col(Pairing.introduced_at) < start)).scalars())
    outcomes = _outcomes(session, start, counted)
    titles = titles_of(session, known, start.astimezone(SHANGHAI).date(), known_at=start)
    return {
        firm: FirmBefore(
            id=firm,
            chain=row.chain_id,
            district=row.region_code,
            industry=row.industry_code[:_DIVISION] if row.industry_code else None,
            size=SCALES["revenue"].level_of(row.revenue_fen),
            tier=titles[firm].tier,
            open_postings=postings[firm],
            earlier=earlier[firm],
            outcomes=frozenset(outcomes.get(firm, ())),
        )
        for firm in firms
        if (row := known.get(firm)) is not None
    }


def _open_before(model: type[Demand] | type[Supply], start: datetime) -> Any:
    """Postings of each firm that were open when the day began: opened before, and ended, if at all, later."""
    is_open = col(model.status).in_((PostingStatus.OPEN, PostingStatus.PAUSED))
    return (
        select_columns(col(model.organization_id), func.count())
        .where(
            col(model.opened_at) < start,
            or_(is_open, col(model.status_changed_at) >= start),
            col(model.status) != PostingStatus.DRAFT,
        )
        .group_by(col(model.organization_id))
    )


def _introduced(*conditions: ColumnElement[bool]) -> Any:
    return select_columns(parties.firm_column()).where(*conditions)


def _outcomes(session: Session, start: datetime, counted: Window) -> dict[int, set[EffectOutcome]]:
    """What came to each firm within the window, whichever way it was found."""
    end = datetime.combine(counted.ends_on, time.min, SHANGHAI)
    found: dict[int, set[EffectOutcome]] = {}
    introduced = _introduced(col(Pairing.introduced_at) >= start, col(Pairing.introduced_at) < end)
    for firm in session.execute(introduced).scalars():
        found.setdefault(firm, set()).add(EffectOutcome.INTRODUCED)
    steps = (
        select_columns(parties.firm_column(), col(CaseStep.kind))
        .select_from(CaseStep)
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .where(
            *is_latest(),
            col(CaseStep.kind).in_(tuple(_KINDS)),
            col(CaseStep.happened_on) >= counted.starts_on,
            col(CaseStep.happened_on) < counted.ends_on,
        )
    )
    for firm, kind in session.execute(steps):
        found.setdefault(firm, set()).add(_KINDS[CaseStepKind(kind)])
    return found
