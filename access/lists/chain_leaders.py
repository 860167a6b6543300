"""The leading and backbone firms of a chain: now, before, and how many there are beside the year's targets."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from access.actor import Actor
from access.lists.chain_map import short_name
from access.permissions import Permission
from access.rules import keeps_chain, require
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.organization import Organization, User
from models.project import ChainTarget
from vocabulary.chains import FirmStanding
from vocabulary.classifications import ChainPlacement
from vocabulary.lifecycles import LinkStatus, OrganizationStatus
from vocabulary.projects import USUAL_TARGETS, TargetKind
from vocabulary.roles import OrganizationKind

COUNTED = {FirmStanding.LEADER: TargetKind.LEADER_FIRMS, FirmStanding.BACKBONE: TargetKind.BACKBONE_FIRMS}


@dataclass(frozen=True)
class LeaderLine:
    """A firm that leads a link, or did. `why` and `ended_why` are empty for readers outside the offices."""

    firm_id: int
    firm: str
    link_zh: str
    link_en: str
    link_code: str
    standing: FirmStanding
    since: date
    why: str
    by: str
    ended_on: date | None = None
    ended_why: str = ""


@dataclass(frozen=True)
class StandingCount:
    """Firms of one standing, each counted once, beside the target. `at_least` is None where nothing is aimed at."""

    standing: FirmStanding
    n: int
    at_least: int | None
    at_most: int | None
    is_usual: bool
    """Whether the target is the usual one, since the office set none for the year."""


@dataclass(frozen=True)
class Leaders:
    present: list[LeaderLine]
    past: list[LeaderLine]
    counts: list[StandingCount]


def leaders(session: Session, actor: Actor, chain: Chain, *, year: int) -> Leaders:
    """In a fixed number of queries; the newest first among the past ones."""
    require(actor, Permission.READ_CHAIN_PAGE)
    sees_why = keeps_chain(actor, chain) or actor.organization_kind is OrganizationKind.AUDIT_OFFICE
    rows = session.execute(
        select(
            FirmPlacement, short_name().label("firm"), col(ChainLink.name_zh), col(ChainLink.name_en),
            col(ChainLink.code), col(ChainLink.status), col(User.full_name), col(Organization.status),
        )
        .join(ChainLink, col(ChainLink.id) == FirmPlacement.chain_link_id)
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .outerjoin(User, col(User.id) == FirmPlacement.by_id)
        .where(col(ChainLink.chain_id) == chain.id, col(FirmPlacement.kind) == ChainPlacement.CONFIRMED)
        .order_by(col(FirmPlacement.id))
    ).all()  # fmt: skip
    after: dict[tuple[int, int], FirmPlacement] = {}
    present, past = [], []
    for row, firm, link_zh, link_en, code, link_status, by, firm_status in reversed(rows):
        place = row.organization_id, row.chain_link_id
        if row.standing is not FirmStanding.ORDINARY:
            line = LeaderLine(
                row.organization_id, firm, link_zh, link_en, code, row.standing,
                row.standing_on or row.created_at.date(), row.standing_why if sees_why else "", by or "",
                *_end(row, after.get(place), sees_why=sees_why),
            )  # fmt: skip
            is_here = link_status is LinkStatus.ACTIVE and firm_status is OrganizationStatus.VERIFIED
            if row.ended_at is None and is_here:
                present.append(line)
            elif row.ended_at is not None:
                past.append(line)
        after[place] = row
    order = list(FirmStanding)
    present.sort(key=lambda line: (order.index(line.standing), line.since, line.firm))
    return Leaders(present, past, _counts(session, chain, present, year))


def _end(row: FirmPlacement, after: FirmPlacement | None, *, sees_why: bool) -> tuple[date | None, str]:
    """Its last day and why: what the office wrote when it changed the standing, else when the firm left the link."""
    if row.ended_at is None:
        return None, ""
    if after is None:
        return row.ended_at.date(), ""
    return after.standing_on or row.ended_at.date(), after.standing_why if sees_why else ""


def _counts(session: Session, chain: Chain, present: list[LeaderLine], year: int) -> list[StandingCount]:
    targets = {
        target.kind: target
        for target in session.execute(
            select(ChainTarget).where(
                col(ChainTarget.chain_id) == chain.id,
                col(ChainTarget.year) == year,
                col(ChainTarget.kind).in_(tuple(COUNTED.values())),
            )
        ).scalars()
    }
    counts = []
    for standing, kind in COUNTED.items():
        target = targets.get(kind)
        least, most = (target.at_least, target.at_most) if target else USUAL_TARGETS.get(kind, (0, None))
        n = len({line.firm_id for line in present if line.standing is standing})
        counts.append(StandingCount(standing, n, least or None, most, is_usual=target is None))
    return counts
