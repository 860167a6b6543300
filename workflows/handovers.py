"""Who has a case: an official follows it for the office, a person of the counterpart handles it. Both can hand over."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lists.handovers import colleagues, is_office, own_side, owner_column
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require, require_rule
from models.organization import User
from models.pairing import Pairing
from vocabulary.lifecycles import PAIRING, RELEASED_PAIRING, PairingStatus
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.pairings import decides_for_chain
from workflows.transitions import require_step
from workflows.turns import take_turn


def hand_over(
    session: Session, actor: Actor, *, owner: User | None, successor_id: str, public_ids: Sequence[str], note: str = ""
) -> list[Pairing]:
    """Give cases of one person (or of nobody) to a present colleague of the actor, all in one act.

    An official hands over who follows, a manager of a bank or buyer who handles. A case that is no longer the
    owner's is left as it is. Rows written: an audit event for each case, naming old and new; the firm reads that of
    a new handler. Returns what was handed over. Raises NotComplete without a successor or without cases, NotVisible
    for a successor who is no colleague.
    """
    require(actor, Permission.MANAGE_COLLEAGUES)
    require(actor, Permission.DECIDE_PAIRINGS if is_office(actor) else Permission.RECORD_CASE_STEPS)
    if not successor_id:
        raise NotComplete({"successor": "required"})
    successor = next((user for user in colleagues(session, actor, on=today()) if user.public_id == successor_id), None)
    if successor is None:
        raise NotVisible
    if owner is not None and owner.id == successor.id:
        raise NotComplete({"successor": "same"})
    if not public_ids:
        raise NotComplete({"cases": "required"})
    owned = owner_column(actor).is_(None) if owner is None else owner_column(actor) == owner.id
    cases = session.exec(
        select(Pairing)
        .where(own_side(actor), owned, col(Pairing.public_id).in_(public_ids))
        .order_by(col(Pairing.id))
        .with_for_update()
    ).all()
    for pairing in cases:
        _give(session, actor, pairing, owner, successor, "case_handed_over", note)
    session.flush()
    return list(cases)


def follow(session: Session, actor: Actor, pairing: Pairing) -> None:
    """An official of the chain's office, or of the joint office, follows an introduced case from now on."""
    require(actor, Permission.DECIDE_PAIRINGS)
    require_rule(actor, decides_for_chain, pairing, "follow")
    take_turn(session, Pairing, pairing.id)
    if pairing.status not in RELEASED_PAIRING:
        require_step(session, PAIRING, pairing, PairingStatus.FULFILLED)
    owner = session.get(User, pairing.followed_by_id) if pairing.followed_by_id else None
    _give(session, actor, pairing, owner, session.get_one(User, actor.user_id), "case_followed", "")
    session.flush()


def _give(
    session: Session, actor: Actor, pairing: Pairing, old: User | None, new: User, action: str, note: str
) -> None:
    column = "followed_by_id" if is_office(actor) else "handled_by_id"
    setattr(pairing, column, new.id)
    session.add(pairing)
    names = f"{old.full_name if old else '—'} → {new.full_name}"
    record(
        session,
        actor,
        action,
        subject_kind=PAIRING.noun,
        subject_id=pairing.id or 0,
        old={column: old.id if old else None},
        new={column: new.id},
        reason=f"{names}：{note.strip()}" if note.strip() else names,
        chain_id=pairing.chain_id,
        visible_to_organization_id=None if is_office(actor) else parties.firm_id(pairing),
    )
