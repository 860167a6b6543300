"""Links of a chain: added, changed, retired, restored. Each deed says why and makes a version of the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from sqlmodel import Session, col, delete, func, select, update

from access.actor import Actor
from access.permissions import Permission
from access.rules import keeps_chain, require, require_rule
from models.chain import Chain, ChainFlow, ChainLink
from models.firm_profile import FirmProfile
from vocabulary import industries
from vocabulary.chains import ChainChange
from vocabulary.classifications import LinkPosition
from vocabulary.lifecycles import CHAIN_LINK, LinkStatus
from workflows import placements
from workflows.chain_versions import active_links, keep_version, link_part, require_reason, require_unchanged
from workflows.errors import NotComplete
from workflows.transitions import advance

_ORDER = list(LinkPosition)


@dataclass(frozen=True)
class LinkFacts:
    """What an editor says of a link. `feeds` are the ids of the links that take what it makes."""

    name_zh: str
    name_en: str
    position: LinkPosition | None
    parent_id: int | None = None
    products: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    feeds: tuple[int, ...] = ()


def add_link(session: Session, actor: Actor, chain: Chain, facts: LinkFacts, *, why: str) -> ChainLink:
    """A new link at the end of the chain's list. Raises NotComplete by field."""
    _require_may_keep(actor, chain)
    links = active_links(session, chain.id or 0)
    _require_sound(session, facts, links, why, link_id=None)
    number = session.exec(select(func.count()).where(ChainLink.chain_id == chain.id)).one() + 1
    codes = set(session.exec(select(ChainLink.code).where(ChainLink.chain_id == chain.id)).all())
    while f"link-{number}" in codes:
        number += 1
    link = ChainLink(
        chain_id=chain.id or 0, code=f"link-{number}", name_zh="", name_en="", position=facts.position or _ORDER[0],
        sort_order=max((row.sort_order for row in links), default=0) + 1,
    )  # fmt: skip
    _fill(session, link, facts)
    keep_version(session, actor, chain, ChainChange.LINK_ADDED, what=link.name_zh, why=why)
    placements.propose_for_chain(session, chain.id or 0)
    return link


def change_link(
    session: Session, actor: Actor, chain: Chain, link: ChainLink, facts: LinkFacts, *, version: int, why: str
) -> None:
    """New values of a link. `version` is that of the chain when the editor opened the form.

    Raises NotComplete by field; ChangedMeanwhile, with the link's present values, if somebody changed this link.
    """
    _require_may_keep(actor, chain)
    require_unchanged(session, chain, version, link_part(link.id or 0))
    _require_active(link)
    _require_sound(session, facts, active_links(session, chain.id or 0), why, link_id=link.id)
    _fill(session, link, facts)
    keep_version(session, actor, chain, ChainChange.LINK_CHANGED, what=link.name_zh, why=why)
    placements.propose_for_chain(session, chain.id or 0)


def retire_link(session: Session, actor: Actor, chain: Chain, link: ChainLink, *, why: str) -> None:
    """active -> retired: its flows go, its firms sit on no link until they are placed anew.

    Old versions keep it. Raises NotComplete (field `why`) without a reason or while other links stand below it.
    """
    _require_may_keep(actor, chain)
    require_reason(why)
    if any(row.parent_id == link.id for row in active_links(session, chain.id or 0)):
        raise NotComplete({"why": "has_children"})
    advance(session, actor, CHAIN_LINK, link, LinkStatus.RETIRED, reason=why, chain_id=chain.id)
    session.exec(
        delete(ChainFlow).where((col(ChainFlow.from_link_id) == link.id) | (col(ChainFlow.to_link_id) == link.id))
    )
    keep_version(session, actor, chain, ChainChange.LINK_RETIRED, what=link.name_zh, why=why)
    # Only now, so that the version before still finds them on their link.
    placements.clear_link(session, actor, link.id or 0)
    session.exec(update(FirmProfile).where(col(FirmProfile.chain_link_id) == link.id).values(chain_link_id=None))
    placements.propose_for_chain(session, chain.id or 0)


def restore_link(session: Session, actor: Actor, chain: Chain, link: ChainLink, *, why: str) -> None:
    """retired -> active, without flows and firms; at the top of its position if what it stood below is retired."""
    _require_may_keep(actor, chain)
    require_reason(why)
    advance(session, actor, CHAIN_LINK, link, LinkStatus.ACTIVE, reason=why, chain_id=chain.id)
    standing = {row.id: row for row in active_links(session, chain.id or 0)}
    parent = standing.get(link.parent_id)
    if parent is None or parent.position is not link.position:
        link.parent_id = None
        session.add(link)
    keep_version(session, actor, chain, ChainChange.LINK_RESTORED, what=link.name_zh, why=why)
    placements.propose_for_chain(session, chain.id or 0)


def _require_may_keep(actor: Actor, chain: Chain) -> None:
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")


def _require_active(link: ChainLink) -> None:
    if link.status is not LinkStatus.ACTIVE:
        raise NotComplete({"name_zh": "retired"})


def _fill(session: Session, link: ChainLink, facts: LinkFacts) -> None:
    assert facts.position is not None
    link.name_zh, link.name_en = facts.name_zh.strip(), facts.name_en.strip()
    link.position, link.parent_id = facts.position, facts.parent_id
    link.products = list(dict.fromkeys(product.strip() for product in facts.products if product.strip()))
    link.industry_prefixes = ",".join(dict.fromkeys(facts.industries))
    session.add(link)
    session.flush()
    session.exec(delete(ChainFlow).where(col(ChainFlow.from_link_id) == link.id))
    session.add_all(ChainFlow(from_link_id=link.id or 0, to_link_id=other) for other in dict.fromkeys(facts.feeds))
    session.flush()


def _require_sound(
    session: Session, facts: LinkFacts, links: list[ChainLink], why: str, *, link_id: int | None
) -> None:
    """Every problem of the facts by field, or nothing."""
    others = {row.id: row for row in links if row.id != link_id}
    problems: dict[str, str] = {} if why.strip() else {"why": "required"}
    for name, text in (("name_zh", facts.name_zh), ("name_en", facts.name_en)):
        if not text.strip():
            problems[name] = "required"
        elif any(getattr(row, name).casefold() == text.strip().casefold() for row in others.values()):
            problems[name] = "taken"
    if facts.position is None:
        problems["position"] = "required"
    elif any(row.parent_id == link_id and row.position is not facts.position for row in links if link_id):
        problems["position"] = "children_elsewhere"
    if parent_problem := _parent_problem(facts, links, others, link_id):
        problems["parent_id"] = parent_problem
    if any(code not in industries.by_code() for code in facts.industries):
        problems["industries"] = "unknown"
    elif len(",".join(facts.industries)) > 200:
        problems["industries"] = "too_many"
    if any(len(product) > 60 for product in facts.products) or len(facts.products) > 40:
        problems["products"] = "too_long"
    if flow_problem := _flow_problem(session, facts, links, others, link_id):
        problems["feeds"] = flow_problem
    if problems:
        raise NotComplete(problems)


def _parent_problem(
    facts: LinkFacts, links: list[ChainLink], others: dict[int | None, ChainLink], link_id: int | None
) -> str | None:
    if facts.parent_id is None:
        return None
    if facts.parent_id == link_id:
        return "cycle"
    if facts.parent_id not in others:
        return "unknown"
    if facts.position is not None and others[facts.parent_id].position is not facts.position:
        return "other_position"
    edges = [(row.parent_id, row.id) for row in links if row.parent_id and row.id != link_id]
    return "cycle" if has_cycle([*edges, (facts.parent_id, link_id)]) else None


def _flow_problem(
    session: Session,
    facts: LinkFacts,
    links: list[ChainLink],
    others: dict[int | None, ChainLink],
    link_id: int | None,
) -> str | None:
    """Flows run from upstream to downstream and never back to where they came from."""
    flows = session.exec(
        select(ChainFlow.from_link_id, ChainFlow.to_link_id).where(
            col(ChainFlow.from_link_id).in_([row.id for row in links])
        )
    ).all()
    if link_id in facts.feeds:
        return "cycle"
    if any(other not in others for other in facts.feeds):
        return "unknown"
    if facts.position is not None:
        here = _ORDER.index(facts.position)
        sources = [others[one] for one, other in flows if other == link_id and one in others]
        if any(_ORDER.index(others[other].position) < here for other in facts.feeds) or any(
            _ORDER.index(source.position) > here for source in sources
        ):
            return "backwards"
    edges = [(one, other) for one, other in flows if one != link_id]
    return "cycle" if has_cycle([*edges, *((link_id, other) for other in facts.feeds)]) else None


def has_cycle(edges: Iterable[tuple[int | None, int | None]]) -> bool:
    """Whether following the edges leads back to where one began. None stands for a link that has no id yet."""
    graph: TopologicalSorter[int | None] = TopologicalSorter()
    for one, other in edges:
        graph.add(other, one)
    try:
        graph.prepare()
    except CycleError:
        return True
    return False
