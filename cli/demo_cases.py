"""Pairings of the demo world in every status, and two cases told to their end."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from models.base import now
from models.organization import Membership, Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import (
    CaseStepKind,
    DeclineReason,
    Market,
    PairingOrigin,
    VerdictReason,
)
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.reasons import PairState
from vocabulary.roles import Role

_S, _K = PairingStatus, CaseStepKind
_DECIDED = (_S.RETURNED, _S.ON_HOLD, _S.CONFIRMED, _S.REFUSED, _S.REVOKED, _S.DECLINED)
_INTRODUCED = (_S.INTRODUCED, _S.IN_PROGRESS, _S.AGREED, _S.FULFILLED, _S.DECLINED, _S.REVOKED)
_TOLD = {
    Market.FINANCE: ((_K.CONTACT, None), (_K.VISIT, None), (_K.CREDIT_GRANTED, 500), (_K.DISBURSED, 200)),
    Market.SUPPLY: ((_K.NEGOTIATION, None), (_K.SAMPLE, None), (_K.TRIAL_ORDER, 35), (_K.VOLUME_ORDER, 420)),
}


def add_cases(session: Session, today: date) -> None:
    """One pairing per status and market; the fulfilled ones carry the steps of their ladder."""
    for market in Market:
        statement = (
            select(Recommendation, Demand, Supply)
            .join(Demand, col(Demand.id) == Recommendation.demand_id)
            .join(Supply, col(Supply.id) == Recommendation.supply_id)
            .where(Recommendation.market == market, Recommendation.state == PairState.ELIGIBLE)
            .order_by(col(Recommendation.score).desc(), col(Recommendation.id))
        )
        best: dict[int, tuple[Recommendation, Demand, Supply]] = {}
        for found in session.exec(statement):
            best.setdefault(found[0].demand_id, found)
        for status, (recommendation, demand, supply) in zip(reversed(PairingStatus), best.values(), strict=False):
            _add_pairing(session, today, status, recommendation, demand, supply)


def _add_pairing(
    session: Session, today: date, status: PairingStatus, found: Recommendation, demand: Demand, supply: Supply
) -> None:
    firm_id = demand.organization_id if found.market is Market.FINANCE else supply.organization_id
    counterpart_id = supply.organization_id if found.market is Market.FINANCE else demand.organization_id
    chain_id = session.get_one(Organization, firm_id).chain_id or 0
    official = session.exec(
        select(User).join(Membership).join(Organization)
        .where(Membership.role == Role.OFFICIAL, Organization.chain_id == chain_id)
    ).one()  # fmt: skip
    handler = session.exec(select(User).join(Membership).where(Membership.organization_id == counterpart_id)).first()
    is_introduced = status in _INTRODUCED
    is_decided = is_introduced or status in _DECIDED
    pairing = Pairing(
        market=found.market,
        demand_id=found.demand_id,
        supply_id=found.supply_id,
        demand_organization_id=demand.organization_id,
        supply_organization_id=supply.organization_id,
        chain_id=chain_id,
        recommendation_id=found.id,
        origin=PairingOrigin.RECOMMENDATION,
        is_mutual=is_introduced,
        proposed_at=now() - timedelta(days=50),
        status=status,
        decided_by_id=official.id if is_decided else None,
        decided_at=now() - timedelta(days=1 if status is _S.CONFIRMED else 45) if is_decided else None,
        verdict_reason=VerdictReason.RISK_FOUND
        if status is _S.REFUSED
        else VerdictReason.FACTS_VERIFIED
        if is_decided
        else None,
        verdict_note="经核实，情况有变，终止对接。" if status is _S.REVOKED else None,
        hold_until=now() + timedelta(hours=4) if status is _S.CONFIRMED else None,
        introduced_at=now() - timedelta(days=44) if is_introduced else None,
        handled_by_id=handler.id if handler and is_introduced else None,
        decline_reason=DeclineReason.AMOUNT_NOT_SUITABLE if status is _S.DECLINED else None,
    )
    session.add(pairing)
    session.flush()
    if status is _S.FULFILLED and handler is not None:
        for n, (kind, amount_wan) in enumerate(_TOLD[found.market]):
            session.add(
                CaseStep(
                    pairing_id=pairing.id or 0,
                    kind=kind,
                    happened_on=today - timedelta(days=40 - 10 * n),
                    amount_fen=amount_wan * FEN_PER_WAN if amount_wan else None,
                    recorded_by_id=handler.id or 0,
                )
            )
