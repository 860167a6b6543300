"""Chains: founded, described anew, merged and split. Old versions stay as they were."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, delete, func, select

from access import parties
from access.actor import Actor
from access.permissions import Permission
from access.rules import keeps_chain, require, require_rule
from models.chain import Chain, ChainFlow, ChainLink
from models.chain_office import OfficeTerm
from models.firm_profile import FirmProfile, ProfileDraft, ProfileSubmission
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.problem import Problem
from models.project import Project
from models.roadshow import Roadshow
from models.supplier_group import SupplierShare
from vocabulary import regions
from vocabulary.chains import ChainChange
from vocabulary.lifecycles import (
    CHAIN,
    LIVE_PAIRING,
    ChainStatus,
    LinkStatus,
    ProblemStatus,
    RoadshowStatus,
    SubmissionStatus,
)
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.chain_versions import (
    Contents,
    active_links,
    contents_of,
    keep_version,
    require_reason,
    require_unchanged,
)
from workflows.errors import AlreadyExists, NotComplete
from workflows.transitions import advance

_COMING = (RoadshowStatus.PLANNED, RoadshowStatus.ANNOUNCED)
_RESERVED = frozenset({"new", *OrganizationKind})
"""Words that stand in addresses and in files of offices where a chain's code would."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class ChainFacts:
    """What the joint office says of a chain."""

    name_zh: str
    name_en: str
    host_region_code: str | None = None
    source: str = ""


@dataclass(frozen=True)
class Moved:
    """What a merge or a split would move, or moved."""

    links: int
    firms: int
    postings: int
    live_pairings: int
    cut_flows: int


def found_chain(session: Session, actor: Actor, code: str, facts: ChainFacts, *, why: str) -> Chain:
    """A new chain without links and office. Raises NotComplete by field, AlreadyExists with field `code`."""
    require(actor, Permission.RUN_CHAINS)
    chain = _new_chain(session, code, facts, why)
    keep_version(session, actor, chain, ChainChange.FOUNDED, what=chain.name_zh, why=why)
    return chain


def change_chain(session: Session, actor: Actor, chain: Chain, facts: ChainFacts, *, version: int, why: str) -> None:
    """New names, host or source. Raises NotComplete by field; ChangedMeanwhile if somebody changed these first."""
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    require_unchanged(session, chain, version, details_part)
    _require_sound(session, facts, why, chain.id)
    _fill(chain, facts)
    session.add(chain)
    keep_version(session, actor, chain, ChainChange.DETAILS, what=chain.name_zh, why=why)


def details_part(contents: Contents) -> Contents:
    """The part of a chain that `change_chain` changes."""
    return {name: contents[name] for name in ("name_zh", "name_en", "host_region_code", "source")}


def preview_merge(session: Session, chain: Chain) -> Moved:
    """What merging the chain into another would move."""
    return _moved(session, chain.id or 0, [link.id or 0 for link in _all_links(session, chain.id or 0)], whole=True)


def merge_chains(session: Session, actor: Actor, chain: Chain, *, into: Chain, why: str) -> Moved:
    """active -> merged: links with firms, postings, live pairings, projects, open problems, coming roadshows and the
    office go to the other chain.

    Ended pairings, closed problems and targets stay with the old chain, whose versions and reports read as they
    did. Terms of its office end today. Rows written: both chains with a version each and everything moved. Raises
    NotComplete, StepNotAllowed.
    """
    require(actor, Permission.RUN_CHAINS)
    require_reason(why)
    if into.id == chain.id or into.status is not ChainStatus.ACTIVE:
        raise NotComplete({"into": "unknown"})
    old = contents_of(session, chain)
    links = _all_links(session, chain.id or 0)
    moved = _moved(session, chain.id or 0, [link.id or 0 for link in links], whole=True)
    _require_names_free(session, links, into)
    advance(session, actor, CHAIN, chain, ChainStatus.MERGED, reason=why, chain_id=chain.id, merged_into_id=into.id)
    _move_links(session, links, into)
    for model in (FirmProfile, Organization, Demand, Supply):
        column = col(model.chain_id)
        session.exec(update(model).where(column == chain.id).values(chain_id=into.id))
    _move_submissions(session, ProfileSubmission.chain_id == chain.id, into)
    _move_drafts(session, chain.id or 0, None, into)
    session.exec(
        update(Pairing)
        .where(col(Pairing.chain_id) == chain.id, col(Pairing.status).in_(LIVE_PAIRING))
        .values(chain_id=into.id)
    )
    everything = (Project.chain_id == chain.id, Problem.chain_id == chain.id, SupplierShare.chain_id == chain.id)
    _move_work(session, *everything, into)
    session.exec(
        update(Roadshow)
        .where(col(Roadshow.chain_id) == chain.id, col(Roadshow.status).in_(_COMING))
        .values(chain_id=into.id)
    )
    session.exec(
        update(OfficeTerm)
        .where(col(OfficeTerm.chain_id) == chain.id, col(OfficeTerm.starts_on) <= today())
        .where(col(OfficeTerm.ends_on).is_(None) | (col(OfficeTerm.ends_on) > today()))
        .values(ends_on=today())
    )
    session.expire_all()
    version = keep_version(session, actor, chain, ChainChange.MERGED, what=into.name_zh, why=why)
    # The last version of a merged chain shows what it was when it went, not the empty shell that is left.
    version.contents = old | {"status": ChainStatus.MERGED.value, "merged_into": into.code}
    session.add(version)
    keep_version(session, actor, into, ChainChange.MERGED, what=chain.name_zh, why=why)
    return moved


def preview_split(session: Session, chain: Chain, link_ids: Sequence[int]) -> Moved:
    """What splitting these links off would move, and how many flows it would cut."""
    return _moved(session, chain.id or 0, list(link_ids), whole=False)


def split_chain(
    session: Session,
    actor: Actor,
    chain: Chain,
    link_ids: Sequence[int],
    code: str,
    facts: ChainFacts,
    *,
    why: str,
) -> tuple[Chain, Moved]:
    """Found a chain with some of another's links. Firms, with their postings, live pairings, projects and open
    problems, go with their main link; flows across are cut.

    A link goes with all that stands below it. The new chain has no office: its work falls to the joint office.
    Raises NotComplete (field `links`: none, all, or half of a tree), AlreadyExists with field `code`.
    """
    require(actor, Permission.RUN_CHAINS)
    links = active_links(session, chain.id or 0)
    chosen = [link for link in links if link.id in set(link_ids)]
    if not chosen or len(chosen) == len(links):
        raise NotComplete({"links": "required" if not chosen else "all"})
    if any((link.parent_id in link_ids) != (link.id in link_ids) for link in links if link.parent_id):
        raise NotComplete({"links": "half_tree"})
    ids = [link.id or 0 for link in chosen]
    moved = _moved(session, chain.id or 0, ids, whole=False)
    new = _new_chain(session, code, facts, why)
    session.exec(
        delete(ChainFlow).where(col(ChainFlow.from_link_id).in_(ids) != col(ChainFlow.to_link_id).in_(ids))
        .where(col(ChainFlow.from_link_id).in_(ids) | col(ChainFlow.to_link_id).in_(ids))
    )  # fmt: skip
    _move_links(session, chosen, new)
    firms = list(session.exec(select(FirmProfile.organization_id).where(col(FirmProfile.chain_link_id).in_(ids))).all())
    session.exec(update(FirmProfile).where(col(FirmProfile.organization_id).in_(firms)).values(chain_id=new.id))
    session.exec(update(Organization).where(col(Organization.id).in_(firms)).values(chain_id=new.id))
    for model in (Demand, Supply):
        follows = col(model.chain_link_id).in_(ids) | (
            col(model.organization_id).in_(firms) & col(model.chain_link_id).is_(None) & (model.chain_id == chain.id)
        )
        session.exec(update(model).where(follows).values(chain_id=new.id))
    session.exec(
        update(Pairing)
        .where(parties.firm_column().in_(firms), col(Pairing.status).in_(LIVE_PAIRING))
        .values(chain_id=new.id)
        .execution_options(synchronize_session=False)
    )
    of_firms = col(Project.organization_id).in_(firms) & col(Project.chain_link_id).is_(None)
    mine = col(Project.chain_link_id).in_(ids) | of_firms
    projects = list(session.exec(select(Project.id).where(mine, Project.chain_id == chain.id)).all())
    _move_work(
        session,
        col(Project.id).in_(projects),
        col(Problem.project_id).in_(projects)
        | (col(Problem.organization_id).in_(firms) & col(Problem.project_id).is_(None)),
        col(SupplierShare.organization_id).in_(firms),
        new,
    )
    _move_submissions(session, col(ProfileSubmission.organization_id).in_(firms), new)
    _move_drafts(session, chain.id or 0, ids, new)
    session.expire_all()
    keep_version(session, actor, chain, ChainChange.SPLIT, what=new.name_zh, why=why)
    keep_version(session, actor, new, ChainChange.SPLIT, what=chain.name_zh, why=why)
    return new, moved


def _new_chain(session: Session, code: str, facts: ChainFacts, why: str) -> Chain:
    if not _CODE.fullmatch(code) or code in _RESERVED:
        raise NotComplete({"code": "not_a_code"})
    _require_sound(session, facts, why, None)
    if session.exec(select(Chain.id).where(Chain.code == code)).first() is not None:
        raise AlreadyExists("code", code)
    last = session.exec(select(func.max(Chain.sort_order))).one()
    chain = Chain(code=code, name_zh="", name_en="", sort_order=(last if last is not None else -1) + 1)
    _fill(chain, facts)
    session.add(chain)
    session.flush()
    return chain


def _require_sound(session: Session, facts: ChainFacts, why: str, chain_id: int | None) -> None:
    problems = {name: "required" for name in ("name_zh", "name_en") if not getattr(facts, name).strip()}
    taken = session.exec(
        select(Chain.id).where(
            Chain.name_zh == facts.name_zh.strip(), Chain.status == ChainStatus.ACTIVE, Chain.id != (chain_id or 0)
        )
    ).first()
    if taken is not None:
        problems["name_zh"] = "taken"
    if facts.host_region_code and not regions.path(facts.host_region_code):
        problems["host_region_code"] = "unknown"
    if not why.strip():
        problems["why"] = "required"
    if problems:
        raise NotComplete(problems)


def _fill(chain: Chain, facts: ChainFacts) -> None:
    chain.name_zh, chain.name_en = facts.name_zh.strip(), facts.name_en.strip()
    chain.host_region_code, chain.source = facts.host_region_code or None, facts.source.strip()[:300]


def _all_links(session: Session, chain_id: int) -> list[ChainLink]:
    return list(session.exec(select(ChainLink).where(ChainLink.chain_id == chain_id).order_by(col(ChainLink.id))).all())


def _require_names_free(session: Session, links: Sequence[ChainLink], into: Chain) -> None:
    """Two links of one name in one chain would be mistaken for each other: rename one first."""
    theirs = {link.name_zh for link in active_links(session, into.id or 0)}
    if any(link.name_zh in theirs for link in links if link.status is LinkStatus.ACTIVE):
        raise NotComplete({"into": "link_names"})


def _move_links(session: Session, links: Sequence[ChainLink], into: Chain) -> None:
    """Links keep their ids; a code that the other chain has already gets the id behind it."""
    codes = set(session.exec(select(ChainLink.code).where(ChainLink.chain_id == into.id)).all())
    last = session.exec(select(func.max(ChainLink.sort_order)).where(ChainLink.chain_id == into.id)).one() or 0
    for place, link in enumerate(sorted(links, key=lambda row: (row.sort_order, row.id or 0)), start=1):
        link.chain_id, link.sort_order = into.id or 0, last + place
        if link.code in codes:
            link.code = f"{link.code[:36]}-{link.id}"
        session.add(link)
    session.flush()


def _move_work(session: Session, projects: Any, problems: Any, shares: Any, into: Chain) -> None:
    """Projects, open problems and shares of supplier groups; closed problems stay with the chain that closed them."""
    rows: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (Project, (projects,)),
        (Problem, (problems, Problem.status != ProblemStatus.CLOSED)),
        (SupplierShare, (shares,)),
    )
    for model, conditions in rows:
        session.exec(update(model).where(*conditions).values(chain_id=into.id))


def _move_submissions(session: Session, condition: Any, into: Chain) -> None:
    """Waiting submissions go to the other chain's office; decided ones stay what they were."""
    for row in session.exec(
        select(ProfileSubmission).where(condition, ProfileSubmission.status == SubmissionStatus.SUBMITTED)
    ).all():
        row.chain_id, row.values = into.id or 0, row.values | {"chain_id": into.id}
        session.add(row)
    session.flush()


def _move_drafts(session: Session, chain_id: int, link_ids: list[int] | None, into: Chain) -> None:
    """Working copies name the chain too: all of the chain's, or those on the links that moved."""
    for draft in session.exec(select(ProfileDraft)).all():
        if draft.values.get("chain_id") != chain_id:
            continue
        if link_ids is None or draft.values.get("chain_link_id") in link_ids:
            draft.values = draft.values | {"chain_id": into.id}
            session.add(draft)
    session.flush()


def _moved(session: Session, chain_id: int, link_ids: list[int], *, whole: bool) -> Moved:
    """Counts of what goes; `whole` for all of the chain, otherwise what belongs to the links."""

    def count(column: Any, *conditions: Any) -> int:
        return int(session.exec(select(func.count()).select_from(column).where(*conditions)).one())

    profile, pairing = FirmProfile, col(Pairing.status).in_(LIVE_PAIRING)
    firms = select(profile.organization_id).where(
        profile.chain_id == chain_id if whole else col(profile.chain_link_id).in_(link_ids)
    )
    inside, outside = col(ChainFlow.from_link_id).in_(link_ids), col(ChainFlow.to_link_id).in_(link_ids)
    postings = [
        count(
            model,
            model.chain_id == chain_id
            if whole
            else col(model.chain_link_id).in_(link_ids)
            | (
                col(model.organization_id).in_(firms)
                & col(model.chain_link_id).is_(None)
                & (col(model.chain_id) == chain_id)
            ),
        )
        for model in (Demand, Supply)
    ]
    return Moved(
        links=len(link_ids),
        firms=count(firms.subquery()),
        postings=sum(postings),
        live_pairings=count(
            Pairing, Pairing.chain_id == chain_id if whole else parties.firm_column().in_(firms), pairing
        ),
        cut_flows=0 if whole else count(ChainFlow, inside != outside, inside | outside),
    )
