"""Who runs a chain: the backing bureau, the lead bank, and the people in its posts with their terms."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.chain import Chain
from models.chain_office import ChainBacking, DeclaredTie, OfficeTerm
from models.organization import Organization, User
from vocabulary.chains import SINGLE_POSTS, ChainChange, OfficePost, TieKind
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from workflows.chain_versions import Contents, keep_version, require_reason, require_unchanged
from workflows.errors import NotComplete


@dataclass(frozen=True)
class TermFacts:
    """One person in one post. `user_id` is the account of the person, if there is one."""

    post: OfficePost
    name: str
    title: str = ""
    user_id: int | None = None
    seconded_from_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None


def set_backing(
    session: Session, actor: Actor, chain: Chain, *, bureau: str, lead_bank_id: int | None, version: int, why: str
) -> None:
    """Name the backing bureau and the lead bank; a bank leads as many chains as it is given.

    Raises NotComplete by field; ChangedMeanwhile if somebody changed the office meanwhile.
    """
    require(actor, Permission.RUN_CHAINS)
    require_unchanged(session, chain, version, backing_part)
    require_reason(why)
    if lead_bank_id is not None:
        bank = session.get(Organization, lead_bank_id)
        if bank is None or bank.kind is not OrganizationKind.BANK or bank.status is not OrganizationStatus.VERIFIED:
            raise NotComplete({"lead_bank_id": "not_a_bank"})
    row = session.exec(select(ChainBacking).where(ChainBacking.chain_id == chain.id)).first()
    row = row or ChainBacking(chain_id=chain.id or 0)
    row.bureau, row.lead_bank_id = bureau.strip()[:60], lead_bank_id
    session.add(row)
    keep_version(session, actor, chain, ChainChange.OFFICE, what=row.bureau, why=why)


def backing_part(contents: Contents) -> Contents:
    """The part of a chain that `set_backing` changes."""
    return {name: contents["office"][name] for name in ("bureau", "lead_bank")}


def appoint(session: Session, actor: Actor, chain: Chain, facts: TermFacts, *, why: str) -> OfficeTerm:
    """Put a person into a post from a day on. Hand-over: the open term of a post for one ends the day before.

    A seconded person with an account is recorded as tied to the firm. Rows written: office_term, declared_tie,
    chain_version. Raises NotComplete by field; `starts_on` = `overlaps` where the post is taken in that time.
    """
    require(actor, Permission.RUN_CHAINS)
    _require_sound(session, facts, why)
    assert facts.starts_on is not None
    if facts.post in SINGLE_POSTS:
        _hand_over(session, chain, facts)
    term = OfficeTerm(
        chain_id=chain.id or 0, post=facts.post, name=facts.name.strip()[:80], title=facts.title.strip()[:80],
        user_id=facts.user_id, seconded_from_id=facts.seconded_from_id, starts_on=facts.starts_on,
        ends_on=facts.ends_on,
    )  # fmt: skip
    session.add(term)
    if facts.user_id is not None and facts.seconded_from_id is not None:
        _record_secondment(session, actor, facts.user_id, facts.seconded_from_id)
    keep_version(session, actor, chain, ChainChange.OFFICE, what=term.name, why=why)
    return term


def end_term(session: Session, actor: Actor, chain: Chain, term: OfficeTerm, *, ends_on: date | None, why: str) -> None:
    """Set the last day of a term, also an earlier one than was planned. Raises NotComplete by field."""
    require(actor, Permission.RUN_CHAINS)
    problems = {} if why.strip() else {"why": "required"}
    if ends_on is None:
        problems["ends_on"] = "required"
    elif ends_on < term.starts_on:
        problems["ends_on"] = "before_start"
    if problems:
        raise NotComplete(problems)
    term.ends_on = ends_on
    session.add(term)
    keep_version(session, actor, chain, ChainChange.OFFICE, what=term.name, why=why)


def _require_sound(session: Session, facts: TermFacts, why: str) -> None:
    problems = {}
    if not facts.name.strip():
        problems["name"] = "required"
    if facts.starts_on is None:
        problems["starts_on"] = "required"
    elif facts.ends_on is not None and facts.ends_on < facts.starts_on:
        problems["ends_on"] = "before_start"
    if facts.user_id is not None and session.get(User, facts.user_id) is None:
        problems["user_id"] = "unknown"
    if facts.seconded_from_id is not None:
        firm = session.get(Organization, facts.seconded_from_id)
        if firm is None or firm.kind not in SELF_REGISTERING:
            problems["seconded_from_id"] = "unknown"
    if not why.strip():
        problems["why"] = "required"
    if problems:
        raise NotComplete(problems)


def _hand_over(session: Session, chain: Chain, facts: TermFacts) -> None:
    assert facts.starts_on is not None
    for term in session.exec(
        select(OfficeTerm).where(OfficeTerm.chain_id == chain.id, OfficeTerm.post == facts.post)
    ).all():
        if term.ends_on is None and term.starts_on < facts.starts_on:
            term.ends_on = facts.starts_on - timedelta(days=1)
            session.add(term)
        ends_before = term.ends_on is not None and term.ends_on < facts.starts_on
        starts_after = facts.ends_on is not None and term.starts_on > facts.ends_on
        if not (ends_before or starts_after):
            raise NotComplete({"starts_on": "overlaps"})


def _record_secondment(session: Session, actor: Actor, user_id: int, organization_id: int) -> None:
    known = session.exec(
        select(DeclaredTie.id).where(
            DeclaredTie.user_id == user_id,
            DeclaredTie.organization_id == organization_id,
            DeclaredTie.kind == TieKind.SECONDED_FROM,
            col(DeclaredTie.ended_at).is_(None),
        )
    ).first()
    if known is None:
        session.add(
            DeclaredTie(
                user_id=user_id, organization_id=organization_id, kind=TieKind.SECONDED_FROM,
                declared_by_id=actor.user_id or 0,
            )
        )  # fmt: skip
        session.flush()
