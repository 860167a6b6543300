"""Whom else a firm may ask after a case ended: its best recommendations that were never before the office."""

from sqlalchemy import select
from sqlmodel import Session, col

from access import parties
from access.actor import Actor
from access.lists.recommendations import Filters, Line, for_firm
from access.permissions import Permission
from access.rules import may
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.classifications import FIRM_SIDE, Side
from vocabulary.lifecycles import PairingStatus, PostingStatus
from vocabulary.reasons import PairState

ENDED = (PairingStatus.DECLINED, PairingStatus.EXPIRED)
"""Cases that the other side ended, by a word or by silence."""
_LOOKED_AT = 50


def next_best(session: Session, actor: Actor, pairing: Pairing, *, size: int = 2) -> list[Line]:
    """The best pairs of the same need or line that fit, without those anybody proposed before; best first."""
    is_firm = parties.firm_id(pairing) == actor.organization_id
    if not is_firm or pairing.status not in ENDED or not may(actor, Permission.SEE_OWN_RECOMMENDATIONS):
        return []
    is_demand = FIRM_SIDE[pairing.market] is Side.DEMAND
    own: Demand | Supply = (
        session.get_one(Demand, pairing.demand_id) if is_demand else session.get_one(Supply, pairing.supply_id)
    )
    if own.status is not PostingStatus.OPEN:
        return []
    other, other_id = (Supply, Pairing.supply_id) if is_demand else (Demand, Pairing.demand_id)
    own_id = Pairing.demand_id if is_demand else Pairing.supply_id
    proposed = set(
        session.scalars(
            select(col(other.public_id)).join(Pairing, col(other_id) == other.id).where(col(own_id) == own.id)
        )
    )
    found = for_firm(session, actor, own.public_id, filters=Filters(), size=_LOOKED_AT)
    return [
        line
        for line in found.lines
        if line.state is not PairState.CLOSED
        and not line.is_interested
        and (line.supply_public_id if is_demand else line.demand_public_id) not in proposed
    ][:size]
