"""Where a lender has no place this week, the official may ask the next one instead."""

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import NotVisible
from models.pairing import Pairing
from models.posting import Supply
from models.recommendation import Recommendation
from vocabulary.classifications import Market, PairingOrigin, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.reasons import PairState
from workflows import verdicts
from workflows.pairings import propose


def ask_next_lender(session: Session, actor: Actor, pairing: Pairing, *, supply_public_id: str) -> Pairing:
    """Put the pairing on hold because its lender is full, and the same need with another lender before the office.

    Returns the other pairing, which may have been there already. Raises NotVisible unless the product is recommended
    and eligible for the need, StepNotAllowed if somebody decided the pairing first.
    """
    recommended = session.exec(
        select(Recommendation)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            Supply.public_id == supply_public_id,
            Supply.id != pairing.supply_id,
            Recommendation.demand_id == pairing.demand_id,
            Recommendation.market == Market.FINANCE,
            Recommendation.state == PairState.ELIGIBLE,
            col(Recommendation.superseded_at).is_(None),
        )
    ).first()
    if recommended is None:
        raise NotVisible
    if pairing.status is not PairingStatus.ON_HOLD:
        verdicts.put_on_hold(session, actor, pairing, reason=VerdictReason.LENDER_FULL)
    return propose(
        session,
        actor,
        demand_id=recommended.demand_id,
        supply_id=recommended.supply_id,
        origin=PairingOrigin.BY_HAND,
        recommendation_id=recommended.id,
    )
