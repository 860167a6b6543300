"""One verdict on several pairings in one sitting: first a preview that names what is left out, then the deed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from sqlmodel import Session

from access.actor import Actor
from vocabulary.classifications import VerdictReason
from vocabulary.lifecycles import PairingStatus
from workflows import verdicts
from workflows.errors import NotComplete, StepNotAllowed
from workflows.verdicts import BulkLine, BulkLoser, BulkResult, Obstacle

_ONLY_FOR_CONFIRMING = (Obstacle.CONSENT_MISSING, Obstacle.SECOND_OFFICIAL, Obstacle.LENDER_FULL, Obstacle.NOT_OPEN)


class Verdict(StrEnum):
    """What an official may say of a pairing."""

    CONFIRM = "confirm"
    RETURN = "return"
    HOLD = "hold"
    REFUSE = "refuse"


NEEDS_NOTE = (Verdict.RETURN, Verdict.REFUSE)


def preview(
    session: Session, actor: Actor, public_ids: Sequence[str], verdict: Verdict, *, second_official_above_fen: int
) -> list[BulkLine]:
    """What the verdict would do to each; consent and a second official matter for confirming only."""
    lines = verdicts.preview_bulk(session, actor, public_ids, second_official_above_fen=second_official_above_fen)
    if verdict is Verdict.CONFIRM:
        return lines
    return [replace(line, is_eligible=True, why=None) if line.why in _ONLY_FOR_CONFIRMING else line for line in lines]


def decide(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    verdict: Verdict,
    *,
    reason: VerdictReason,
    note: str = "",
    hold_minutes: int,
    second_official_above_fen: int,
    releases_per_day: int | None = None,
) -> BulkResult:
    """Say it of each eligible pairing in its own savepoint; losers name the obstacle, or who was first and when.

    Raises NotComplete if the verdict needs a note and there is none.
    """
    if verdict in NEEDS_NOTE and not note.strip():
        raise NotComplete({"note": "required"})
    if verdict is Verdict.CONFIRM:
        return verdicts.confirm_bulk(
            session,
            actor,
            public_ids,
            reason=reason,
            note=note,
            hold_minutes=hold_minutes,
            second_official_above_fen=second_official_above_fen,
            releases_per_day=releases_per_day,
        )
    deeds: dict[Verdict, Callable[..., None]] = {
        Verdict.RETURN: verdicts.return_for_completion,
        Verdict.HOLD: verdicts.put_on_hold,
        Verdict.REFUSE: verdicts.refuse,
    }
    deed = deeds[verdict]
    winners, losers = [], []
    for line in preview(session, actor, public_ids, verdict, second_official_above_fen=second_official_above_fen):
        pairing = line.pairing
        if line.why not in (None, Obstacle.NOT_DUE):
            losers.append(BulkLoser(pairing.public_id, line.why, pairing.status))
            continue
        try:
            with session.begin_nested():
                deed(session, actor, pairing, reason=reason, note=note)
        except StepNotAllowed as overtaken:
            losers.append(
                BulkLoser(
                    pairing.public_id,
                    Obstacle.NOT_DUE,
                    PairingStatus(overtaken.current),
                    overtaken.changed_by,
                    overtaken.changed_at,
                )
            )
        else:
            winners.append(pairing.public_id)
    return BulkResult(winners, losers)
