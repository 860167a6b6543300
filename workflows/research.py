"""Research results that a chain could make a product of: listed, taken up, withdrawn, listed again."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.chain import ChainLink
from models.research_result import ResearchResult
from vocabulary.lifecycles import RESEARCH_RESULT
from vocabulary.office_reports import ResearchReadiness, ResearchStatus
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.transitions import advance


@dataclass(frozen=True)
class ResearchFacts:
    """What an office says of a result."""

    title: str
    holder: str
    readiness: ResearchReadiness
    chain_link_id: int | None = None
    wanted: str = ""
    source: str = ""


def add(session: Session, actor: Actor, facts: ResearchFacts, *, chain_id: int) -> ResearchResult:
    """A result in the list of a chain. Raises NotAllowed for another chain's office, NotComplete by field."""
    require(actor, Permission.MAKE_REPORTS)
    row = ResearchResult(chain_id=chain_id, listed_by_id=actor.user_id, **asdict(facts))
    require_rule(actor, is_of_own_chain | is_city_level, row, "add_research")
    if facts.chain_link_id is not None:
        of_chain = select(ChainLink.id).where(ChainLink.id == facts.chain_link_id, ChainLink.chain_id == chain_id)
        if session.exec(of_chain).first() is None:
            raise NotComplete({"chain_link_id": "unknown"})
    session.add(row)
    session.flush()
    record(
        session, actor, "research_result_added", subject_kind="research_result", subject_id=row.id or 0,
        new={"status": row.status.value}, chain_id=chain_id,
    )  # fmt: skip
    return row


def move(session: Session, actor: Actor, row: ResearchResult, target: ResearchStatus, *, note: str) -> None:
    """Take it up, withdraw it or list it again. Raises NotComplete without a word of who took it up or why."""
    require(actor, Permission.MAKE_REPORTS)
    require_rule(actor, is_of_own_chain | is_city_level, row, "move_research")
    note = note.strip()[:500]
    if target is not ResearchStatus.LISTED and not note:
        raise NotComplete({"note": "required"})
    evidence: dict[str, Any] = {} if target is ResearchStatus.LISTED else {"ended_note": note}
    advance(session, actor, RESEARCH_RESULT, row, target, reason=note, chain_id=row.chain_id, **evidence)
