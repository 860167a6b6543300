"""Every change of a chain makes a version: the whole chain as it was after it, with who, when and why."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import Actor
from models.chain import Chain, ChainFlow, ChainLink, ChainVersion
from models.chain_office import ChainBacking, OfficeTerm
from models.firm_placement import FirmPlacement
from models.organization import Organization
from vocabulary.chains import ChainChange, FirmStanding
from vocabulary.lifecycles import LinkStatus
from workflows.audit import record
from workflows.errors import ChangedMeanwhile, NotComplete
from workflows.turns import take_turn

Contents = dict[str, Any]


def keep_version(
    session: Session, actor: Actor, chain: Chain, change: ChainChange, *, what: str = "", why: str = ""
) -> ChainVersion:
    """Count the chain's version up and keep what it is now.

    Rows written: chain, chain_version, audit event. Raises ChangedMeanwhile if somebody kept a newer one meanwhile.
    """
    session.flush()
    number = chain.version + 1
    written = session.connection().execute(
        update(Chain).where(col(Chain.id) == chain.id, col(Chain.version) == chain.version).values(version=number)
    )
    session.refresh(chain)
    if written.rowcount != 1:
        raise ChangedMeanwhile({}, chain.version)
    version = ChainVersion(
        chain_id=chain.id or 0, number=number, change=change, what=what[:200], why=why.strip()[:500],
        by_id=actor.user_id, by_name=actor.name, contents=contents_of(session, chain),
    )  # fmt: skip
    session.add(version)
    session.flush()
    record(
        session, actor, "chain_version_kept", subject_kind="chain", subject_id=chain.id or 0,
        new={"version": number, "change": change.value, "what": what}, reason=why, chain_id=chain.id,
    )  # fmt: skip
    return version


def contents_of(session: Session, chain: Chain) -> Contents:
    """The chain as JSON: names, host, source, status, office, links that are not retired, flows, leading firms.

    Ids stand beside the names, so that a version can be compared with another and joined with placements.
    """
    links = active_links(session, chain.id or 0)
    ids = [link.id for link in links]
    flows = session.exec(
        select(ChainFlow.from_link_id, ChainFlow.to_link_id)
        .where(col(ChainFlow.from_link_id).in_(ids), col(ChainFlow.to_link_id).in_(ids))
        .order_by(col(ChainFlow.from_link_id), col(ChainFlow.to_link_id))
    ).all()
    merged_into = session.get(Chain, chain.merged_into_id) if chain.merged_into_id else None
    return {
        "name_zh": chain.name_zh,
        "name_en": chain.name_en,
        "host_region_code": chain.host_region_code,
        "source": chain.source,
        "status": chain.status.value,
        "merged_into": merged_into.code if merged_into else None,
        "office": _office(session, chain.id or 0),
        "links": [
            {
                "id": link.id, "code": link.code, "name_zh": link.name_zh, "name_en": link.name_en,
                "position": link.position.value, "parent_id": link.parent_id, "products": list(link.products),
                "industries": list(link.industries), "sort_order": link.sort_order,
            }
            for link in links
        ],
        "flows": [[one, other] for one, other in flows],
        "leaders": _leaders(session, ids),
    }  # fmt: skip


def active_links(session: Session, chain_id: int) -> list[ChainLink]:
    """Links of a chain that are not retired, in order."""
    return list(
        session.exec(
            select(ChainLink)
            .where(ChainLink.chain_id == chain_id, ChainLink.status == LinkStatus.ACTIVE)
            .order_by(col(ChainLink.sort_order), col(ChainLink.id))
        ).all()
    )


def require_unchanged(session: Session, chain: Chain, version: int, part: Callable[[Contents], Any]) -> None:
    """Raise ChangedMeanwhile if this part of the chain was changed after the version the editor saw.

    Changes of other parts do not matter: two people may work on two links at once.
    """
    take_turn(session, Chain, chain.id)
    seen = session.exec(
        select(ChainVersion).where(ChainVersion.chain_id == chain.id, ChainVersion.number == version)
    ).first()
    if seen is None or version == chain.version:
        return
    present = part(contents_of(session, chain))
    if present != part(seen.contents):
        raise ChangedMeanwhile(present if isinstance(present, dict) else {}, chain.version)


def link_part(link_id: int) -> Callable[[Contents], Any]:
    """The part of a chain that is one link with what it feeds."""

    def part(contents: Contents) -> Contents:
        found = next((dict(link) for link in contents["links"] if link["id"] == link_id), {})
        return found | {"feeds": sorted(other for one, other in contents["flows"] if one == link_id)}

    return part


def require_reason(why: str) -> None:
    """Raise NotComplete unless a change says why."""
    if not why.strip():
        raise NotComplete({"why": "required"})


def _leaders(session: Session, link_ids: Sequence[int | None]) -> list[Contents]:
    rows = session.exec(
        select(FirmPlacement, Organization.legal_name)
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .where(
            col(FirmPlacement.chain_link_id).in_(link_ids),
            col(FirmPlacement.ended_at).is_(None),
            FirmPlacement.standing != FirmStanding.ORDINARY,
        )
        .order_by(col(FirmPlacement.id))
    ).all()
    return [
        {
            "firm_id": row.organization_id, "name": name, "link_id": row.chain_link_id,
            "standing": row.standing.value, "since": row.standing_on.isoformat() if row.standing_on else None,
        }
        for row, name in rows
    ]  # fmt: skip


def _office(session: Session, chain_id: int) -> Contents:
    backing = session.exec(
        select(ChainBacking.bureau, Organization.legal_name)
        .outerjoin(Organization, col(Organization.id) == ChainBacking.lead_bank_id)
        .where(ChainBacking.chain_id == chain_id)
    ).first()
    rows = session.exec(
        select(OfficeTerm, Organization.legal_name)
        .outerjoin(Organization, col(Organization.id) == OfficeTerm.seconded_from_id)
        .where(OfficeTerm.chain_id == chain_id)
        .order_by(col(OfficeTerm.starts_on), col(OfficeTerm.id))
    ).all()
    return {
        "bureau": backing[0] if backing else "",
        "lead_bank": (backing[1] if backing else None) or "",
        "terms": [
            {
                "post": term.post.value, "name": term.name, "title": term.title, "seconded_from": seconded_from or "",
                "starts_on": term.starts_on.isoformat(),
                "ends_on": term.ends_on.isoformat() if term.ends_on else None,
            }
            for term, seconded_from in rows
        ],
    }  # fmt: skip
