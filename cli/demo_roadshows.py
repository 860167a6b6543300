"""Roadshows of the demo city: one held with everything recorded, one today, one being planned, one called off."""

from dataclasses import dataclass
from datetime import time, timedelta

from sqlmodel import col, or_, select

from cli.demo_base import DemoBase
from models.chain import Chain
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant, RoadshowSession, RoadshowVersion
from vocabulary.classifications import MeetingOrigin, ParticipantOrigin
from vocabulary.lifecycles import OrganizationStatus, ParticipantStatus, RoadshowStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows.roadshows import published_facts

_A, _R, _ORIGIN = ParticipantStatus, RoadshowStatus, ParticipantOrigin
_STORY = ("隆源", "恒飞", "金杯", "通用", "凤凰", "华融湘江")
_OTHERS = (_A.INVITED, _A.APPLIED, _A.WAITING, _A.DECLINED, _A.REFUSED, _A.WITHDRAWN)
_NOTICE = (
    "面向铜材、电线电缆和输变电装备企业。上午企业路演，下午银企、供需一对一洽谈。\n"
    "请参会单位提前更新企业档案和需求，洽谈安排按匹配度和各方意愿排定。"
)


@dataclass(frozen=True)
class _Plan:
    name: str
    days: int
    status: RoadshowStatus
    venue: str
    n_firms: int
    n_counterparts: int


_PLANS = (
    _Plan("船山论坛·铜材与线缆专场", -35, _R.HELD, "船山书院会议中心", 10, 8),
    _Plan("电力装备产业链银企供需对接会", 0, _R.ANNOUNCED, "雁峰区企业服务中心", 14, 12),
    _Plan("储能与输变电装备路演", 40, _R.PLANNED, "", 6, 4),
    _Plan("夏季小型对接会", -10, _R.CANCELLED, "石鼓区政务中心", 4, 2),
)


def add_roadshows(base: DemoBase) -> None:
    """The roadshows of the power-equipment chain."""
    chain = next(row for row in base.chains.values() if "电力" in row.name_zh)
    for wanted in _PLANS:
        roadshow = _add_roadshow(base, chain, wanted)
        _add_participants(base, chain, roadshow, wanted)
        if wanted.status is _R.HELD:
            _add_meetings(base, roadshow)


def _add_roadshow(base: DemoBase, chain: Chain, wanted: _Plan) -> Roadshow:
    roadshow = Roadshow(
        name=wanted.name,
        venue=wanted.venue,
        held_on=base.today + timedelta(days=wanted.days),
        notice=_NOTICE,
        chain_id=chain.id,
        chain_codes=[chain.code],
        seats=wanted.n_firms + wanted.n_counterparts,
        n_slots=6,
        n_tables=6,
        status=wanted.status,
        version=0 if wanted.status is _R.PLANNED else 1,
        is_demo=True,
    )
    base.session.add(roadshow)
    base.session.flush()
    for title, room, starts_at, minutes, places in (
        ("开幕与政策介绍", "一号厅", time(9, 0), 30, 0),
        ("企业路演", "一号厅", time(9, 30), 120, 8),
        ("一对一洽谈", "二号厅", time(14, 0), 120, 0),
    ):
        base.session.add(
            RoadshowSession(
                roadshow_id=roadshow.id or 0, title=title, room=room, starts_at=starts_at, minutes=minutes,
                pitch_places=places, holds_meetings=title == "一对一洽谈",
            )
        )  # fmt: skip
    base.session.flush()
    if roadshow.version:
        facts = published_facts(base.session, roadshow)
        base.session.add(RoadshowVersion(roadshow_id=roadshow.id or 0, version=1, facts=facts))
    return roadshow


def _add_participants(base: DemoBase, chain: Chain, roadshow: Roadshow, wanted: _Plan) -> None:
    """The story's firms with their counterparts, then others of the chain; some said no, some still wait."""
    verified = base.session.exec(
        select(Organization)
        .where(Organization.status == OrganizationStatus.VERIFIED)
        .order_by((col(Organization.chain_id) == chain.id).desc(), col(Organization.id))
    ).all()
    story = [row for name in _STORY for row in verified if name in row.legal_name]
    firms = [row for row in verified if row.kind is OrganizationKind.ENTERPRISE and row not in story]
    banks = [row for row in verified if row.kind is OrganizationKind.BANK and row not in story]
    buyers = [row for row in verified if row.kind is OrganizationKind.BUYER and row not in story]
    others = [row for pair in zip(banks, buyers, strict=False) for row in pair]
    coming = story + firms[: max(0, wanted.n_firms - len(story))]
    coming += others[: wanted.n_firms + wanted.n_counterparts - len(coming)]
    is_open = wanted.status is not _R.PLANNED
    for organization in coming:
        _add_participant(base, roadshow, organization, _A.ACCEPTED if is_open else _A.INVITED)
    roadshow.seats_taken = len(coming) if is_open else 0
    rest = [row for row in firms if row not in coming]
    for organization, status in zip(rest, _OTHERS if is_open else (), strict=False):
        _add_participant(base, roadshow, organization, status)
    base.session.flush()


def _add_participant(
    base: DemoBase, roadshow: Roadshow, organization: Organization, status: ParticipantStatus
) -> RoadshowParticipant:
    person = base.people.get(organization.id or 0)
    row = RoadshowParticipant(
        roadshow_id=roadshow.id or 0,
        organization_id=organization.id or 0,
        origin=ParticipantOrigin.APPLIED
        if status in (_A.APPLIED, _A.WAITING, _A.REFUSED)
        else ParticipantOrigin.INVITED,
        represented_by=person.full_name if person else base.person_name(),
        note="本场面向铜材和线缆企业，欢迎参加下一场。" if status is _A.REFUSED else None,
        waiting_since=base.days_ago(2) if status is _A.WAITING else None,
        status=status,
        status_changed_at=base.days_ago(max(1.0, 3 + (base.today - roadshow.held_on).days)),
    )
    base.session.add(row)
    return row


def _add_meetings(base: DemoBase, roadshow: Roadshow) -> None:
    """Who met at the forum: the best recommended pair of each two present, with the pairing that came of it."""
    present = select(RoadshowParticipant.organization_id).where(
        RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == _A.ACCEPTED
    )
    story = select(Organization.id).where(col(Organization.legal_name).contains(_STORY[0]))
    rows = base.session.exec(
        select(Recommendation, Demand.organization_id, Supply.organization_id)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            col(Recommendation.superseded_at).is_(None),
            or_(Recommendation.state == PairState.ELIGIBLE, col(Supply.organization_id).in_(story)),
            col(Demand.organization_id).in_(present),
            col(Supply.organization_id).in_(present),
        )
        .order_by(col(Recommendation.score).desc(), col(Recommendation.id))
    ).all()
    pairings = {(row.demand_id, row.supply_id): row for row in base.session.exec(select(Pairing)).all()}
    met: set[tuple[int, int]] = set()
    for found, demander, supplier in sorted(rows, key=lambda row: (row[0].demand_id, row[0].supply_id) not in pairings):
        if (demander, supplier) in met or len(met) >= 24:
            continue
        met.add((demander, supplier))
        pairing = pairings.get((found.demand_id, found.supply_id))
        base.session.add(
            RoadshowMeeting(
                roadshow_id=roadshow.id or 0, demand_id=found.demand_id, supply_id=found.supply_id,
                origin=MeetingOrigin.PLANNED, fit=found.score,
                note="现场交流，双方愿意继续。" if pairing else "", pairing_id=pairing.id if pairing else None,
            )
        )  # fmt: skip
    base.session.flush()
