"""The versions of a chain, and its map as it was on a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lists.chain_map import Box, in_tree_order, place, short_name, visible_chain
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.chain import Chain, ChainVersion
from models.firm_placement import FirmPlacement
from models.organization import Organization
from vocabulary.chains import ChainChange, FirmStanding, OfficePost
from vocabulary.classifications import ChainPlacement, LinkPosition


@dataclass(frozen=True)
class VersionLine:
    number: int
    change: ChainChange
    what: str
    why: str
    by_name: str
    kept_at: datetime


@dataclass(frozen=True)
class PastMap:
    """A chain as a version kept it, with the firms that were on its links at `at`."""

    chain: Chain
    line: VersionLine
    at: datetime
    name_zh: str
    name_en: str
    host_region_code: str | None
    office: dict[str, Any]
    boxes: list[Box]
    flows: list[tuple[int, int]]
    merged_into: str | None
    until: datetime | None
    """When the next version was kept; None for the newest."""

    @property
    def terms(self) -> list[dict[str, Any]]:
        """The posts of the office held on that day, from the top."""
        on = self.at.date().isoformat()
        order = list(OfficePost)
        held = [row for row in self.office["terms"] if row["starts_on"] <= on and (row["ends_on"] or on) >= on]
        return sorted(held, key=lambda row: order.index(OfficePost(row["post"])))


def versions(session: Session, actor: Actor, code: str) -> tuple[Chain, list[VersionLine]]:
    """All versions of a chain, the newest first. Raises NotVisible."""
    require(actor, Permission.READ_CHAIN_PAGE)
    chain = visible_chain(session, code)
    rows = session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id).order_by(col(ChainVersion.number).desc())
    ).all()
    return chain, [_line(row) for row in rows]


def version_on(session: Session, actor: Actor, code: str, on: date) -> int | None:
    """Number of the version that stood at the end of a day; None before the first."""
    require(actor, Permission.READ_CHAIN_PAGE)
    chain = visible_chain(session, code)
    return session.exec(
        select(ChainVersion.number)
        .where(ChainVersion.chain_id == chain.id, ChainVersion.created_at <= _end_of(on))
        .order_by(col(ChainVersion.number).desc())
        .limit(1)
    ).first()


def past_map(session: Session, actor: Actor, code: str, number: int, on: date | None = None) -> PastMap:
    """A version with its firms: at the end of the day `on`, else when the version ended (now for the newest).

    Raises NotVisible for an unknown version, and for a day on which it did not stand.
    """
    require(actor, Permission.READ_CHAIN_PAGE)
    chain = visible_chain(session, code)
    rows = session.exec(
        select(ChainVersion)
        .where(ChainVersion.chain_id == chain.id, col(ChainVersion.number).in_((number, number + 1)))
        .order_by(col(ChainVersion.number))
    ).all()
    if not rows or rows[0].number != number:
        raise NotVisible
    row, until = rows[0], rows[1].created_at if len(rows) > 1 else None
    at = _end_of(on) if on else (until or datetime.now(UTC))
    if at < row.created_at or (on and until is not None and at >= until):
        raise NotVisible
    contents = row.contents
    boxes = in_tree_order(
        Box(
            link["id"], link["code"], link["name_zh"], link["name_en"], LinkPosition(link["position"]),
            link["parent_id"], link["products"], tuple(link["industries"]),
        )
        for link in contents["links"]
    )  # fmt: skip
    by_id = {box.id: box for box in boxes}
    rows_then = session.exec(
        select(FirmPlacement.chain_link_id, FirmPlacement.kind, FirmPlacement.standing, short_name())
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .where(
            col(FirmPlacement.chain_link_id).in_(by_id),
            FirmPlacement.created_at < at,
            # What the version's own change ended was still there while the version before stood.
            or_(col(FirmPlacement.ended_at).is_(None), col(FirmPlacement.ended_at) >= at),
        )
        .order_by(col(FirmPlacement.id))
    ).all()
    place(by_id, [(link, ChainPlacement(kind), FirmStanding(rank), name) for link, kind, rank, name in rows_then])
    return PastMap(
        chain, _line(row), at, contents["name_zh"], contents["name_en"], contents["host_region_code"],
        contents["office"], boxes, [(one, other) for one, other in contents["flows"]], contents["merged_into"], until,
    )  # fmt: skip


def _end_of(on: date) -> datetime:
    """The last moment of a day in Beijing, in UTC."""
    return datetime.combine(on + timedelta(days=1), time.min, UTC) - timedelta(hours=8)


def _line(row: ChainVersion) -> VersionLine:
    return VersionLine(row.number, row.change, row.what, row.why, row.by_name, row.created_at)
