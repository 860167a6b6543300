"""Roadshows of the demo city: one held with everything recorded, one today, one being planned, one called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from sqlmodel import col, or_, select

from access.actor import Actor
from cli.demo_base import DemoBase
from models.chain import Chain
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import (
    Roadshow,
    RoadshowFeedback,
    RoadshowMeeting,
    RoadshowParticipant,
    RoadshowQuestion,
    RoadshowSession,
    RoadshowVersion,
    RoadshowWish,
)
from vocabulary.classifications import Market, MeetingOrigin, ParticipantOrigin, Side, WishKind
from vocabulary.lifecycles import LIVE_PAIRING, MeetingStatus, OrganizationStatus, ParticipantStatus, RoadshowStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind, Role
from workflows import roadshow_day, roadshow_plan
from workflows.roadshow_bookings import book, free_meetings, slot_span
from workflows.roadshows import add_meeting, published_facts

_A, _R, _ORIGIN = ParticipantStatus, RoadshowStatus, ParticipantOrigin
_STORY = ("隆源", "恒飞", "金杯", "通用", "凤凰", "华融湘江")
_OTHERS = (_A.INVITED, _A.APPLIED, _A.WAITING, _A.DECLINED, _A.REFUSED, _A.WITHDRAWN)
_NOTICE = (
    "面向铜材、电线电缆和输变电装备企业。上午企业路演，下午银企、供需一对一洽谈。\n"
    "请参会单位提前更新企业档案和需求，洽谈安排按匹配度和各方意愿排定。"
)

_NOTES = {
    (Market.SUPPLY, Side.DEMAND): ("价格合适，先看样品。", "交期能保证，可以试单。"),
    (Market.SUPPLY, Side.SUPPLY): ("对方用量稳定，可以长期供货。", "账期 60 天可以接受。"),
    (Market.FINANCE, Side.DEMAND): ("利率合适，希望下周上门谈授信。", "手续清楚，材料本周备齐。"),
    (Market.FINANCE, Side.SUPPLY): ("经营正常，安排考察。", "抵押物足值，报支行立项。"),
}
_QUESTIONS = (
    ("镀锡铜线能否做到 0.15 mm？", "可以，月产 60 吨以内。"),
    ("铜价波动时怎样定价？", "按上海有色网当日均价加加工费，月结。"),
    ("现有贷款的抵押物是什么？", None),
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
    _Plan("船山论坛·铜材与线缆专场", -85, _R.HELD, "船山书院会议中心", 10, 8),
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
        if wanted.status in (_R.HELD, _R.ANNOUNCED):
            _add_day(base, roadshow)
    _add_forum(base)


_FORUM_DAYS = 62
"""Days since the city's forum: after most firms were verified, before most of what is recorded came of pairings."""


def _add_forum(base: DemoBase) -> None:
    """The joint office's forum over all chains: every second firm was on stage, enough to compare with the others."""
    held_on = base.today - timedelta(days=_FORUM_DAYS)
    came = select(RoadshowParticipant.organization_id)
    firms = base.session.exec(
        select(Organization)
        .where(
            Organization.status == OrganizationStatus.VERIFIED,
            Organization.kind == OrganizationKind.ENTERPRISE,
            col(Organization.verified_at) < base.days_ago(_FORUM_DAYS + 1),
            col(Organization.id).not_in(came),
        )
        .order_by(col(Organization.chain_id).nulls_first(), col(Organization.id))
    ).all()[::2]
    forum = Roadshow(
        name="全市产业链产融对接大会", venue="市会展中心", held_on=held_on, notice="七条产业链的企业集中路演。",
        chain_codes=[chain.code for chain in base.chains.values()], seats=len(firms) + 5, seats_taken=len(firms),
        n_slots=0, n_tables=0, status=_R.HELD, version=1, is_demo=True,
    )  # fmt: skip
    base.session.add(forum)
    base.session.flush()
    stage = RoadshowSession(
        roadshow_id=forum.id or 0, title="企业路演", room="主会场", starts_at=time(9, 30), minutes=420,
        pitch_places=len(firms),
    )  # fmt: skip
    base.session.add(stage)
    base.session.flush()
    facts = published_facts(base.session, forum)
    base.session.add(RoadshowVersion(roadshow_id=forum.id or 0, version=1, facts=facts))
    door = base.session.exec(
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Organization.kind == OrganizationKind.JOINT_OFFICE)
        .order_by(col(User.id))
    ).first()
    assert door is not None
    for n, firm in enumerate(firms):
        row = _add_participant(base, forum, firm, _A.ACCEPTED)
        row.pitch_session_id = stage.id
        if n % 12 != 11:
            row.checked_in_by_id = door.id
            row.checked_in_at = slot_span(forum, 0)[0] - timedelta(hours=5, minutes=n)
    base.session.flush()


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
        n_tables=6 if wanted.status is not _R.HELD else 8,
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
        .order_by((col(Organization.chain_id) == chain.id).desc().nulls_last(), col(Organization.id))
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


def _add_day(base: DemoBase, roadshow: Roadshow) -> None:
    """Check-ins, meetings, what both sides said, decks and questions; a day that is over has all of it."""
    rows = base.session.exec(
        select(RoadshowParticipant)
        .where(RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == _A.ACCEPTED)
        .order_by(col(RoadshowParticipant.id))
    ).all()
    door = base.session.exec(
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Organization.chain_id == roadshow.chain_id, Organization.kind == OrganizationKind.CHAIN_OFFICE)
        .order_by(col(User.id))
    ).first()
    assert door is not None
    is_over = roadshow.status is _R.HELD
    for n, row in enumerate(rows):
        if n % 9 == 8 or (not is_over and n % 3 == 2):
            continue  # did not come, or has not come yet
        row.checked_in_by_id = door.id
        row.checked_in_at = (
            slot_span(roadshow, 0)[0] - timedelta(hours=5, minutes=n) if is_over else base.days_ago(0.01)
        )
    people = dict(
        reversed(
            base.session.exec(
                select(Membership.organization_id, col(Membership.user_id)).order_by(col(Membership.id))
            ).all()
        )
    )
    _add_wishes(base, rows)
    met = _add_meetings(base, roadshow, rows) if is_over else _plan_meetings(base, roadshow, door)
    for n, (meeting, pairing) in enumerate(met):
        _add_feedback(base, meeting, pairing, people, n, {row.id: row for row in rows})
    if is_over:
        _note_found_there(base, roadshow, door, [meeting for meeting, _ in met])
    _add_materials(base, roadshow, rows)
    base.session.flush()


def _plan_meetings(base: DemoBase, roadshow: Roadshow, door: User) -> list[tuple[RoadshowMeeting, Pairing | None]]:
    """The engine's plan, published but for the last slots; returns the meetings of the first two slots, which are over.

    Published here without telling anybody: the demo's people are not to find a day's mail from the first minute.
    """
    actor = _official(base, roadshow, door)
    roadshow_plan.keep(base.session, actor, roadshow, roadshow_plan.prepare(base.session, actor, roadshow))
    pairings = {
        (row.demand_id, row.supply_id): row
        for row in base.session.exec(select(Pairing).where(col(Pairing.status).in_(LIVE_PAIRING))).all()
    }
    over: list[tuple[RoadshowMeeting, Pairing | None]] = []
    for meeting in base.session.exec(
        select(RoadshowMeeting)
        .where(RoadshowMeeting.roadshow_id == roadshow.id)
        .order_by(col(RoadshowMeeting.slot).nulls_first(), col(RoadshowMeeting.table_no).nulls_first())
    ).all():
        if (meeting.slot or 0) < roadshow.n_slots - 2:
            meeting.status = MeetingStatus.PUBLISHED
        pairing = pairings.get((meeting.demand_id, meeting.supply_id))
        meeting.pairing_id = pairing.id if pairing else None
        if (meeting.slot or 0) < 2:
            if pairing is None and len(over) % 2 and roadshow_day.open_pairing(base.session, actor, meeting):
                opened = base.session.get_one(Pairing, meeting.pairing_id)
                opened.is_mutual = len(over) % 4 == 1
                pairing = opened
            over.append((meeting, pairing))
    base.session.flush()
    last = (RoadshowMeeting.slot == roadshow.n_slots - 3, RoadshowMeeting.table_no == 1)
    free_meetings(base.session, actor, roadshow, *last, reason="企业临时有事，改期再谈。")
    return over


def _official(base: DemoBase, roadshow: Roadshow, door: User) -> Actor:
    """The official who runs the roadshow of the chain."""
    office = base.session.exec(
        select(Organization).where(
            Organization.chain_id == roadshow.chain_id, Organization.kind == OrganizationKind.CHAIN_OFFICE
        )
    ).one()
    return Actor(
        user_id=door.id, name=door.full_name, organization_id=office.id, organization_kind=office.kind,
        organization_name=office.legal_name, is_verified=True, role=Role.OFFICIAL, chain_id=office.chain_id,
    )  # fmt: skip


def _note_found_there(base: DemoBase, roadshow: Roadshow, door: User, met: Sequence[RoadshowMeeting]) -> None:
    """Two sides that met in the break, without a table in the plan."""
    sides = {meeting.demand_participant_id for meeting in met} | {meeting.supply_participant_id for meeting in met}
    present = select(RoadshowParticipant.organization_id).where(col(RoadshowParticipant.id).in_(sides))
    planned = {(meeting.demand_id, meeting.supply_id) for meeting in met}
    pairs = base.session.exec(
        select(Recommendation.demand_id, Recommendation.supply_id)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            col(Recommendation.superseded_at).is_(None),
            col(Demand.organization_id).in_(present),
            col(Supply.organization_id).in_(present),
        )
        .order_by(
            col(Recommendation.state) == PairState.CLOSED, col(Recommendation.score).desc(), col(Recommendation.id)
        )
    ).all()
    demand_id, supply_id = next(pair for pair in pairs if tuple(pair) not in planned)
    note = "茶歇时相识，约定会后看样品。"
    actor = _official(base, roadshow, door)
    add_meeting(base.session, actor, roadshow, demand_id=demand_id, supply_id=supply_id, note=note)


def _add_meetings(
    base: DemoBase, roadshow: Roadshow, rows: Sequence[RoadshowParticipant]
) -> list[tuple[RoadshowMeeting, Pairing | None]]:
    """The best recommended pair of each two present, at the first slot and table free for both."""
    present = {row.organization_id: row for row in rows}
    story = select(Organization.id).where(col(Organization.legal_name).contains(_STORY[0]))
    found = base.session.exec(
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
    story_id = base.session.exec(story).first()
    busy: set[tuple[int, int | None]] = set()
    met: set[frozenset[int]] = set()
    tables = dict.fromkeys(range(roadshow.n_slots), 0)
    meetings = []
    for recommended, demander, supplier in sorted(
        found, key=lambda row: ((row[0].demand_id, row[0].supply_id) not in pairings, story_id not in row[1:])
    ):
        sides = present[demander], present[supplier]
        free = [
            slot for slot, taken in tables.items()
            if taken < roadshow.n_tables and all((slot, side.id) not in busy for side in sides)
        ]  # fmt: skip
        if frozenset((demander, supplier)) in met or not free:
            continue
        met.add(frozenset((demander, supplier)))
        slot = free[0]
        tables[slot] += 1
        busy |= {(slot, side.id) for side in sides}
        pairing = pairings.get((recommended.demand_id, recommended.supply_id))
        meeting = RoadshowMeeting(
            roadshow_id=roadshow.id or 0,
            demand_id=recommended.demand_id,
            supply_id=recommended.supply_id,
            demand_participant_id=sides[0].id,
            supply_participant_id=sides[1].id,
            origin=MeetingOrigin.PLANNED,
            fit=recommended.score,
            pairing_id=pairing.id if pairing else None,
            status=MeetingStatus.PUBLISHED,
        )
        book(base.session, meeting, slot=slot, table_no=tables[slot])
        if pairing is not None and roadshow.status is _R.HELD:
            pairing.roadshow_id = roadshow.id
        meetings.append((meeting, pairing))
    return meetings


def _add_feedback(
    base: DemoBase,
    meeting: RoadshowMeeting,
    pairing: Pairing | None,
    people: dict[int, int],
    n: int,
    rows: dict[int | None, RoadshowParticipant],
) -> None:
    """Both sides go on where a pairing came of it; of the others one in five says nothing, as who did not come."""
    for side, row in (
        (Side.DEMAND, rows[meeting.demand_participant_id]), (Side.SUPPLY, rows[meeting.supply_participant_id]),
    ):  # fmt: skip
        user_id = people.get(row.organization_id)
        if user_id is None or row.checked_in_at is None or (pairing is None and n % 5 == 0):
            continue
        goes_on = pairing is not None and (pairing.is_mutual or side is Side.DEMAND)
        base.session.add(
            RoadshowFeedback(
                meeting_id=meeting.id or 0,
                side=side,
                rating=5 - n % 2 if goes_on else 2 + n % 2,
                goes_on=goes_on,
                note=_NOTES[pairing.market, side][n % 2] if goes_on and pairing else "",
                by_user_id=user_id,
                key=f"demo-{meeting.public_id}-{side.value}",
                typed_at=row.checked_in_at + timedelta(hours=6),
            )
        )


def _add_wishes(base: DemoBase, rows: Sequence[RoadshowParticipant]) -> None:
    kinds = (WishKind.MUST, WishKind.WOULD, WishKind.WOULD, WishKind.VETO)
    for n, kind in enumerate(kinds):
        base.session.add(RoadshowWish(from_id=rows[0].id or 0, to_id=rows[n + 1 if n < 3 else -1].id or 0, kind=kind))
    for row in rows[1:4]:
        base.session.add(RoadshowWish(from_id=row.id or 0, to_id=rows[0].id or 0, kind=WishKind.WOULD))


def _add_materials(base: DemoBase, roadshow: Roadshow, rows: Sequence[RoadshowParticipant]) -> None:
    """The story's firm stands on stage, with a deck and questions it answered."""
    stage = base.session.exec(
        select(RoadshowSession).where(RoadshowSession.roadshow_id == roadshow.id, RoadshowSession.pitch_places > 0)
    ).one()
    firm = rows[0]
    for row in rows[:5]:
        row.pitch_session_id = stage.id
    firm.deck_url = "https://example.org/longyuan-copper.pdf"
    firm.deck_text = "裸铜线、镀锡铜线，年产 18,000 吨，富余产能 3,000 吨；拟扩产，需流动资金。"
    if roadshow.status is not _R.HELD:
        return
    for n, (text, answer) in enumerate(_QUESTIONS):
        base.session.add(
            RoadshowQuestion(
                participant_id=firm.id or 0, asked_by_organization_id=rows[n + 1].organization_id, text=text,
                answer=answer, key=f"demo-{roadshow.public_id}-{n}",
            )
        )  # fmt: skip
