"""Pairings of the demo world: one in every status, a queue that waits, and stories told to their end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlmodel import Session, col, select

from models.audit_event import AuditEvent
from models.base import now
from models.financing_need import FinancingNeed
from models.organization import Membership, Organization, User
from models.pairing import CaseStep, Consent, Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import PairSignal, Recommendation
from models.refusal import Refusal
from vocabulary.classifications import (
    LADDERS,
    PURPOSE_OF_MARKET,
    CaseStepKind,
    DeclineReason,
    Market,
    PairingOrigin,
    Side,
    SignalKind,
    VerdictReason,
)
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import Section
from vocabulary.reasons import PairState
from vocabulary.roles import Role
from workflows import refusals, releases
from workflows.calendar import ANNOUNCED
from workflows.recommendations import refresh_for_organization

_S, _K = PairingStatus, CaseStepKind
_DECIDED = (_S.RETURNED, _S.ON_HOLD, _S.CONFIRMED, _S.REFUSED, _S.REVOKED, _S.DECLINED)
_INTRODUCED = (_S.INTRODUCED, _S.IN_PROGRESS, _S.AGREED, _S.FULFILLED, _S.DECLINED, _S.REVOKED)
_N_STEPS = {
    Market.FINANCE: {_S.IN_PROGRESS: (2, 1, 3), _S.AGREED: (4,), _S.FULFILLED: (5, 6, 5)},
    Market.SUPPLY: {_S.IN_PROGRESS: (2, 1), _S.AGREED: (4, 3), _S.FULFILLED: (5,)},
}
"""How far up the ladder cases of a status are, one after the other."""
_DUE = (-2, 1, -6, 9, None, 20)
"""The working day that the counterpart stated with its last step, seen from today, chain by chain; None: no day."""
_EVERY_BLIND = 9
"""Of so many pairs one is decided without the score; more than the usual share, so that it is seen."""
_INTRODUCED_DAYS_AGO = (0, 1, 9)
_STORY_FIRM = "隆源"
_STORY = (_S.FULFILLED, _S.AGREED, _S.IN_PROGRESS, _S.INTRODUCED)
"""Where the copper-wire maker stands with each of its four cable makers."""
_EXTRA = (_S.PROPOSED, _S.PROPOSED, _S.FULFILLED, _S.AGREED, _S.IN_PROGRESS, _S.PROPOSED)
"""More of what an office sees most, chain after chain."""


@dataclass(frozen=True)
class Pair:
    """A recommended pair, and which of its sides is the firm."""

    found: Recommendation
    demand: Demand
    supply: Supply

    @property
    def firm_id(self) -> int:
        return self.demand.organization_id if self.found.market is Market.FINANCE else self.supply.organization_id

    @property
    def counterpart_id(self) -> int:
        return self.supply.organization_id if self.found.market is Market.FINANCE else self.demand.organization_id


class DemoCases:
    """Writes pairings with all that belongs to them; times lie in the last three months."""

    def __init__(self, session: Session, today: date) -> None:
        self.session = session
        self.today = today
        self.random = Random(20200929)
        officials = session.exec(
            select(Organization.chain_id, User)
            .select_from(Membership)
            .join(Organization, col(Organization.id) == Membership.organization_id)
            .join(User, col(User.id) == Membership.user_id)
            .where(Membership.role == Role.OFFICIAL)
            .order_by(col(User.id))
        ).all()
        self.officials = dict(reversed(officials))
        self.people: dict[int, User] = {}
        for organization_id, user in session.exec(
            select(Membership.organization_id, User)
            .join(User, col(User.id) == Membership.user_id)
            .order_by(col(User.id))
        ).all():
            self.people.setdefault(organization_id, user)
        self.organizations = {row.id: row for row in session.exec(select(Organization)).all()}
        self.used: set[int] = set()
        self.turns: Counter[Any] = Counter()

    def turn(self, of: Any, choices: Sequence[Any]) -> Any:
        """The next of some choices, again from the first after the last."""
        self.turns[of] += 1
        return choices[(self.turns[of] - 1) % len(choices)]

    def add(
        self,
        pair: Pair,
        status: PairingStatus,
        *,
        is_mutual: bool = True,
        has_consent: bool = True,
        reason: DeclineReason | None = None,
    ) -> None:
        """One pairing in a status, with signals, consent, release, readings, steps and ledger."""
        chain_id = self.organizations[pair.firm_id].chain_id
        if chain_id not in self.officials or pair.demand.id in self.used:
            return
        self.used.add(pair.demand.id or 0)
        official, handler = self.officials[chain_id], self.people.get(pair.counterpart_id)
        is_introduced = status in _INTRODUCED
        is_decided = is_introduced or status in _DECIDED
        proposed_at = now() - timedelta(days=self.random.randrange(46, 80) if is_decided else self.random.randrange(34))
        if status is _S.INTRODUCED:
            proposed_at = now() - timedelta(days=2 + self.turn(status, _INTRODUCED_DAYS_AGO), hours=1)
        decided_at = None if not is_decided else proposed_at + timedelta(days=2)
        if status is _S.CONFIRMED:
            decided_at = now() - timedelta(minutes=10)
        pairing = Pairing(
            market=pair.found.market,
            demand_id=pair.found.demand_id,
            supply_id=pair.found.supply_id,
            demand_organization_id=pair.demand.organization_id,
            supply_organization_id=pair.supply.organization_id,
            chain_id=chain_id or 0,
            recommendation_id=pair.found.id,
            origin=PairingOrigin.RECOMMENDATION,
            is_mutual=is_mutual or is_introduced,
            is_blind=len(self.used) % _EVERY_BLIND == 0,
            proposed_at=proposed_at,
            status=status,
            status_changed_at=decided_at or proposed_at,
            decided_by_id=official.id if is_decided else None,
            decided_at=decided_at,
            verdict_reason=_REASONS.get(status, VerdictReason.FACTS_VERIFIED) if is_decided else None,
            verdict_note=_NOTES.get(status),
            hold_until=now() + timedelta(hours=4) if status is _S.CONFIRMED else None,
            introduced_at=decided_at + timedelta(minutes=30) if is_introduced and decided_at else None,
            handled_by_id=handler.id if handler and is_introduced else None,
            followed_by_id=official.id if is_introduced else None,
            decline_reason=(reason or _USUAL_REASON[pair.found.market]) if status is _S.DECLINED else None,
        )
        self.session.add(pairing)
        self.session.flush()
        self.signal(pair, Side.DEMAND, SignalKind.INTEREST)
        if pairing.is_mutual:
            self.signal(pair, Side.SUPPLY, SignalKind.INTEREST)
        consent = self._consent(pair) if has_consent or is_introduced else None
        if is_introduced and consent is not None:
            release = releases.freeze(self.session, pairing, consent)
            release.frozen_at = pairing.introduced_at or release.frozen_at
            pairing.consent_id = consent.id
            self.session.add_all((release, pairing))
        self._record(pairing, official, handler)
        if pairing.decline_reason is not None:
            refusal = refusals.keep_refusal(
                self.session, pairing, reason=pairing.decline_reason, message=_MESSAGES.get(pairing.decline_reason, ""),
                today=self.today,
            )  # fmt: skip
            refusal.created_at = now() - timedelta(days=3)
        if handler is not None:
            choices = _N_STEPS[pairing.market].get(status, (0,))
            self._steps(pairing, pair, handler, self.turn((pairing.market, status), choices))

    def signal(self, pair: Pair, side: Side, kind: SignalKind, reason: DeclineReason | None = None) -> None:
        posting = pair.demand if side is Side.DEMAND else pair.supply
        person = self.people.get(posting.organization_id)
        if person is None:
            return
        self.session.add(
            PairSignal(
                demand_id=pair.found.demand_id,
                supply_id=pair.found.supply_id,
                side=side,
                kind=kind,
                reason=reason,
                by_user_id=person.id or 0,
                by_organization_id=posting.organization_id,
            )
        )

    def _consent(self, pair: Pair) -> Consent | None:
        """The firm's consent to this counterpart; one for all pairings of the two."""
        person = self.people.get(pair.firm_id)
        purpose = PURPOSE_OF_MARKET[pair.found.market]
        present = self.session.exec(
            select(Consent).where(
                Consent.organization_id == pair.firm_id,
                Consent.counterpart_id == pair.counterpart_id,
                Consent.purpose == purpose,
            )
        ).first()
        if present is not None or person is None:
            return present
        sections = [Section.BASIC, Section.BUSINESS, Section.SCALE, Section.CONTACTS]
        if pair.found.market is Market.FINANCE:
            sections.insert(3, Section.CREDIT)
        consent = Consent(
            organization_id=pair.firm_id,
            counterpart_id=pair.counterpart_id,
            purpose=purpose,
            sections=[section.value for section in sections],
            given_by_id=person.id or 0,
            ends_on=self.today + timedelta(days=200),
            created_at=now() - timedelta(days=81),
        )
        self.session.add(consent)
        self.session.flush()
        return consent

    def _record(self, pairing: Pairing, official: User, handler: User | None) -> None:
        """The ledger of the steps taken so far."""
        self._event(pairing, "pairing_proposed", self.people.get(pairing.demand_organization_id), pairing.proposed_at)
        if pairing.decided_at is not None:
            verdict = pairing.status if pairing.status in (_S.RETURNED, _S.ON_HOLD, _S.REFUSED) else _S.CONFIRMED
            self._event(pairing, f"pairing_{verdict.value}", official, pairing.decided_at, pairing.verdict_note or "")
        if pairing.introduced_at is not None:
            self._event(pairing, "pairing_introduced", None, pairing.introduced_at)
        if pairing.status in (_S.DECLINED, _S.REVOKED):
            who = handler if pairing.status is _S.DECLINED else official
            self._event(pairing, f"pairing_{pairing.status.value}", who, now() - timedelta(days=3))

    def _event(self, pairing: Pairing, action: str, who: User | None, at: datetime, reason: str = "") -> None:
        self.session.add(
            AuditEvent(
                action=action,
                subject_kind="pairing",
                subject_id=pairing.id or 0,
                actor_user_id=who.id if who else None,
                actor_name=who.full_name if who else "system",
                chain_id=pairing.chain_id,
                reason=reason,
                occurred_at=at,
            )
        )

    def _steps(self, pairing: Pairing, pair: Pair, handler: User, n: int) -> None:
        if pairing.introduced_at is None:
            return
        first = pairing.introduced_at.date() + timedelta(days=3)
        kinds = LADDERS[pairing.market][:n]
        for index, kind in enumerate(kinds):
            is_last = index == len(kinds) - 1 and pairing.status is not _S.FULFILLED
            due = working_day(self.today, self.turn(("due", pairing.chain_id), _DUE)) if is_last else None
            self.session.add(
                CaseStep(
                    pairing_id=pairing.id or 0,
                    kind=kind,
                    happened_on=min(first + timedelta(days=7 * index), self.today),
                    amount_fen=self._amount(pair, kind),
                    note=_STEP_NOTES[kind],
                    recorded_by_id=handler.id or 0,
                    next_step_due_on=due,
                )
            )

    def _amount(self, pair: Pair, kind: CaseStepKind) -> int | None:
        """Amounts that fit together: less is disbursed than granted, a trial order is a fraction of the volume."""
        low, high = _SHARES.get(kind, (0, 0))
        if not high:
            return None
        whole = self._asked(pair) * self.random.uniform(low, high)
        step = (10 if whole >= 100 * FEN_PER_WAN else 1) * FEN_PER_WAN
        return max(step, round(whole / step) * step)

    def _asked(self, pair: Pair) -> int:
        """What the need is worth, in fen: the loan asked for, or the buyer's budget."""
        if pair.found.market is Market.FINANCE:
            amount = select(FinancingNeed.amount_fen).where(FinancingNeed.demand_id == pair.demand.id)
        else:
            amount = select(PurchaseNeed.budget_fen).where(PurchaseNeed.demand_id == pair.demand.id)
        return self.session.exec(amount).one() or 100 * FEN_PER_WAN


_USUAL_REASON = {
    Market.FINANCE: DeclineReason.AMOUNT_NOT_SUITABLE,
    Market.SUPPLY: DeclineReason.SPECIFICATION_MISMATCH,
}
_REFUSED = {
    Market.FINANCE: (
        DeclineReason.COLLATERAL_INSUFFICIENT, DeclineReason.DEBT_TOO_HIGH, DeclineReason.OPERATING_HISTORY_SHORT,
        DeclineReason.OTHER,
    ),
    Market.SUPPLY: (DeclineReason.CAPACITY_INSUFFICIENT, DeclineReason.QUALITY_NOT_PROVEN),
}  # fmt: skip
"""More refusals, so that an office has something to learn from."""
_MESSAGES = {
    DeclineReason.COLLATERAL_INSUFFICIENT: "厂房已抵押在他行，设备评估值不够覆盖本次金额。",
    DeclineReason.DEBT_TOO_HIGH: "建议先归还部分短期借款，明年一季度再谈。",
    DeclineReason.CAPACITY_INSUFFICIENT: "实地看过，旺季排产已满。",
}
_REASONS = {
    _S.REFUSED: VerdictReason.RISK_FOUND,
    _S.RETURNED: VerdictReason.INFORMATION_MISSING,
    _S.ON_HOLD: VerdictReason.WAITING_FOR_FIRM,
}
_NOTES = {
    _S.REFUSED: "涉及未结诉讼，待办结后再议。",
    _S.RETURNED: "请补充近两年财务报表，并更新富余产能。",
    _S.ON_HOLD: "企业搬迁中，下月投产后再推荐。",
    _S.REVOKED: "经核实，情况有变，终止对接。",
}
_STEP_NOTES = {
    _K.CONTACT: "电话联系，约定上门时间。",
    _K.VISIT: "实地走访厂区和仓库。",
    _K.DUE_DILIGENCE: "核对订单、流水和纳税记录。",
    _K.CREDIT_GRANTED: "贷审会通过。",
    _K.DISBURSED: "首笔放款到账。",
    _K.RENEWED: "到期续贷。",
    _K.NEGOTIATION: "确认规格、账期和交货方式。",
    _K.SAMPLE: "样品检测合格。",
    _K.TRIAL_ORDER: "试单按期交付。",
    _K.FRAME_AGREEMENT: "签订年度框架协议。",
    _K.VOLUME_ORDER: "首批批量订单下达。",
}
_SHARES = {
    _K.CREDIT_GRANTED: (0.8, 1.0),
    _K.DISBURSED: (0.4, 0.7),
    _K.RENEWED: (0.3, 0.5),
    _K.TRIAL_ORDER: (0.03, 0.06),
    _K.FRAME_AGREEMENT: (0.7, 1.0),
    _K.VOLUME_ORDER: (0.25, 0.5),
}
"""Of what was asked for: less is disbursed than granted, a trial order is a fraction of the volume."""


def add_cases(session: Session, today: date) -> None:
    """The story firm first, then one pairing per status and market, then a queue for every chain."""
    cases = DemoCases(session, today)
    pairs = {market: list(_pairs(session, market)) for market in Market}
    for market in Market:
        own = [pair for pair in pairs[market] if _STORY_FIRM in cases.organizations[pair.firm_id].legal_name]
        for pair, status in zip(_one_per_counterpart(own), _STORY, strict=False):
            cases.add(pair, status)
    for market in Market:
        free = [pair for pair in pairs[market] if pair.demand.id not in cases.used]
        for pair, status in zip(_one_per_demand(free), reversed(PairingStatus), strict=False):
            cases.add(pair, status, is_mutual=status is not _S.PROPOSED)
    for n, pair in enumerate(_alternating(cases, pairs)):
        status = _EXTRA[n % len(_EXTRA)]
        cases.add(pair, status, is_mutual=n % 5 != 1, has_consent=n % 4 != 3)
        if n >= 45:
            break
    _add_refusals(cases, pairs)
    _add_opinions(cases, pairs)


def _add_refusals(cases: DemoCases, pairs: dict[Market, list[Pair]]) -> None:
    """Cases that ended with different codes; afterwards the lists of those firms say so."""
    for market, reasons in _REFUSED.items():
        free = [pair for pair in pairs[market] if pair.demand.id not in cases.used]
        for pair, reason in zip(_one_per_demand(free), reasons, strict=False):
            cases.add(pair, _S.DECLINED, reason=reason)
    for firm_id in sorted(set(cases.session.exec(select(Refusal.firm_id)).all())):
        refresh_for_organization(cases.session, firm_id, today=cases.today)


def working_day(since: date, n: int | None) -> date | None:
    """The working day that lies n before (below zero) or after a day."""
    if n is None:
        return None
    if n > 0:
        return ANNOUNCED.after(since, n).on
    for _ in range(-n):
        since = ANNOUNCED.before(since)
    return since


def _pairs(session: Session, market: Market) -> Iterator[Pair]:
    """Eligible pairs, best first."""
    statement = (
        select(Recommendation, Demand, Supply)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            Recommendation.market == market,
            Recommendation.state == PairState.ELIGIBLE,
            col(Recommendation.superseded_at).is_(None),
        )
        .order_by(col(Recommendation.score).desc(), col(Recommendation.demand_id), col(Recommendation.supply_id))
    )
    for found, demand, supply in session.exec(statement).all():
        yield Pair(found, demand, supply)


def _one_per_counterpart(pairs: list[Pair]) -> list[Pair]:
    return list({pair.counterpart_id: pair for pair in reversed(pairs)}.values())[::-1]


def _one_per_demand(pairs: list[Pair]) -> list[Pair]:
    return list({pair.demand.id: pair for pair in reversed(pairs)}.values())[::-1]


def _alternating(cases: DemoCases, pairs: dict[Market, list[Pair]]) -> Iterator[Pair]:
    """Unused pairs, one chain after the other, so that every office has something to do."""
    by_chain: dict[int | None, list[Pair]] = {}
    for pair in (*_one_per_demand(pairs[Market.FINANCE]), *_one_per_demand(pairs[Market.SUPPLY])):
        if pair.demand.id not in cases.used:
            by_chain.setdefault(cases.organizations[pair.firm_id].chain_id, []).append(pair)
    while by_chain:
        for chain_id in list(by_chain):
            yield by_chain[chain_id].pop(0)
            if not by_chain[chain_id]:
                del by_chain[chain_id]


def _add_opinions(cases: DemoCases, pairs: dict[Market, list[Pair]]) -> None:
    """Shortlists and dismissals of both sides among the pairs nobody proposed."""
    reasons = (DeclineReason.ALREADY_SUPPLIED, DeclineReason.PRICE_NOT_SUITABLE, DeclineReason.INDUSTRY_NOT_SERVED)
    for market in Market:
        free = [pair for pair in pairs[market] if pair.demand.id not in cases.used]
        for n, pair in enumerate(free[:60:3]):
            side = Side.SUPPLY if n % 2 else Side.DEMAND
            if n % 3 == 2:
                cases.signal(pair, side, SignalKind.DISMISS, reasons[n % len(reasons)])
            else:
                cases.signal(pair, side, SignalKind.SHORTLIST)
    cases.session.flush()
