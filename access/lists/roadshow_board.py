"""The confirmation board of a roadshow: every pair that met, the engine's fit and what both sides said."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lists.pairings import is_blind
from access.permissions import Permission
from access.rules import require
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import Roadshow, RoadshowFeedback, RoadshowMeeting
from vocabulary.classifications import Market, MeetingOrigin, Side
from vocabulary.lifecycles import DECIDABLE_PAIRING, LIVE_PAIRING, MeetingStatus, PairingStatus
from vocabulary.reasons import PairState


@dataclass(frozen=True)
class BoardLine:
    """One pair. `fit` is None where the engine knows nothing of the two, or the pair is to be decided without it;
    `n_wishes` counts sides that go on."""

    meeting_public_id: str
    market: Market
    origin: MeetingOrigin
    note: str
    demand_name: str
    demand_title: str
    supply_name: str
    supply_title: str
    fit: float | None
    state: PairState | None
    demand_said: RoadshowFeedback | None
    supply_said: RoadshowFeedback | None
    pairing: Pairing | None
    has_consent: bool

    @property
    def n_wishes(self) -> int:
        return sum(said is not None and said.goes_on for said in (self.demand_said, self.supply_said))

    @property
    def is_silent(self) -> bool:
        """Neither side has said anything."""
        return self.demand_said is None and self.supply_said is None

    @property
    def is_blind(self) -> bool:
        return self.pairing is not None and is_blind(self.pairing)

    @property
    def is_due(self) -> bool:
        return self.pairing is not None and self.pairing.status in DECIDABLE_PAIRING

    @property
    def was_recommended(self) -> bool:
        """Whether the engine proposed the pair: found at the roadshow otherwise."""
        return self.state in (PairState.ELIGIBLE, PairState.POSSIBLE)


@dataclass(frozen=True)
class Board:
    lines: list[BoardLine]
    counts: dict[PairingStatus, int]
    n_mutual: int
    n_due: int


def board(session: Session, actor: Actor, roadshow: Roadshow, *, on: date) -> Board:
    """Mutual wishes first, then one-sided ones, then by fit."""
    require(actor, Permission.DECIDE_PAIRINGS)
    demander, supplier = aliased(Organization), aliased(Organization)
    live = and_(
        col(Pairing.demand_id) == col(RoadshowMeeting.demand_id),
        col(Pairing.supply_id) == col(RoadshowMeeting.supply_id),
        col(Pairing.status).in_(LIVE_PAIRING),
    )
    rows = session.execute(
        select_columns(
            RoadshowMeeting,
            Demand,
            col(demander.legal_name),
            col(Supply.title),
            col(supplier.legal_name),
            col(Recommendation.score),
            col(Recommendation.state),
            Pairing,
            parties.consent_exists(on),
        )
        .join(Demand, col(Demand.id) == col(RoadshowMeeting.demand_id))
        .join(Supply, col(Supply.id) == col(RoadshowMeeting.supply_id))
        .join(demander, col(demander.id) == col(Demand.organization_id))
        .join(supplier, col(supplier.id) == col(Supply.organization_id))
        .outerjoin(
            Recommendation,
            and_(
                col(Recommendation.demand_id) == col(RoadshowMeeting.demand_id),
                col(Recommendation.supply_id) == col(RoadshowMeeting.supply_id),
                col(Recommendation.superseded_at).is_(None),
            ),
        )
        .outerjoin(Pairing, or_(col(Pairing.id) == col(RoadshowMeeting.pairing_id), live))
        .where(
            col(RoadshowMeeting.roadshow_id) == roadshow.id,
            col(RoadshowMeeting.status).in_((MeetingStatus.NOTED, MeetingStatus.PUBLISHED)),
        )
        .order_by(col(RoadshowMeeting.id), col(Pairing.id))
    ).all()
    said = _said(session, roadshow)
    lines: dict[int | None, BoardLine] = {}
    for meeting, demand, demand_name, supply_title, supply_name, score, state, pairing, has_consent in rows:
        lines[meeting.id] = BoardLine(  # of an ended and a live pairing of the same pair the live one, which is later
            meeting_public_id=meeting.public_id,
            market=demand.market,
            origin=meeting.origin,
            note=meeting.note,
            demand_name=demand_name,
            demand_title=demand.title,
            supply_name=supply_name,
            supply_title=supply_title,
            fit=None if pairing is not None and is_blind(pairing) else score,
            state=state,
            demand_said=said.get((meeting.id, Side.DEMAND)),
            supply_said=said.get((meeting.id, Side.SUPPLY)),
            pairing=pairing,
            has_consent=bool(pairing is not None and has_consent),
        )
    ordered = sorted(lines.values(), key=lambda line: (-line.n_wishes, -(line.fit or 0), line.meeting_public_id))
    counts: dict[PairingStatus, int] = {}
    for line in ordered:
        if line.pairing is not None:
            counts[line.pairing.status] = counts.get(line.pairing.status, 0) + 1
    return Board(ordered, counts, sum(line.n_wishes == 2 for line in ordered), sum(line.is_due for line in ordered))


def _said(session: Session, roadshow: Roadshow) -> dict[tuple[int | None, Side], RoadshowFeedback]:
    rows = session.exec(
        select(RoadshowFeedback)
        .join(RoadshowMeeting, col(RoadshowMeeting.id) == RoadshowFeedback.meeting_id)
        .where(RoadshowMeeting.roadshow_id == roadshow.id)
    ).all()
    return {(row.meeting_id, row.side): row for row in rows}
