"""What supplies really did, from the steps of their cases: loans granted and drawn, orders placed.

An event is a pairing that came to something, with the past demand as the engine read it when the pair was
recommended. What happened is written down by each whole run, once per content, and every run until the next reads that
same history: lists of one day agree with each other, and any of them can be made again (F58).

A supply that served fewer than three firms has no record: neither its score nor its words could then hide who they
were.
"""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from access.actor import SYSTEM
from access.case_steps import is_latest
from matchmaking import MARKETS, BadFacts, Event, History, Id, MatchSettings, Recommender, RecordBase, ready
from models.pairing import CaseStep, Pairing
from models.recommendation import FactsSnapshot, HistorySnapshot, Recommendation, RecommendationRun
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import LADDERS, PROOF, Market
from vocabulary.lifecycles import RunStatus
from vocabulary.reasons import ComponentCode
from workflows.audit import record

log = logging.getLogger(__name__)

MIN_FIRMS = 3
_DEEDS = {Market.FINANCE: "lent", Market.SUPPLY: "supplied"}
_CHUNK = 5_000
_KEPT_IN_MEMORY = 4

StoredEvent = list[Any]
"""Digest of the demand's facts, supply id, ISO day, furthest step."""


@dataclass(frozen=True)
class TrackRecords:
    """A history as runs use it: an engine fitted on it, and the number of firms behind each aspect."""

    market: Market
    engine: Recommender
    base: RecordBase

    def recommender(self, supplies: Any, settings: MatchSettings) -> Recommender:
        """The engine for some supplies."""
        return self.engine.with_supplies(supplies).set_params(settings=settings)

    def behind(self, demand: Any, supply_id: Id) -> dict[ComponentCode, dict[str, Any]]:
        """What words need of each aspect: the number of firms, None below three, and what was done for them."""
        return {
            code: {"deed": _DEEDS[self.market], "n_firms": n if n >= MIN_FIRMS else None}
            for code, n in self.base.n_firms(demand, supply_id).items()
        }


def write_down(session: Session, market: Market) -> str:
    """Store what happened so far, once per content; gives its digest. Two queries and at most one row written.

    Where something else is kept under this digest it is put right, and the ledger says so.
    """
    events = _happened(session, market)
    digest = _digest(market, events)
    kept = session.exec(select(HistorySnapshot).where(HistorySnapshot.digest == digest)).first()
    if kept is None:
        session.add(HistorySnapshot(digest=digest, events=events))
        session.flush()
    elif kept.events != events:
        record(session, SYSTEM, AuditAction.HISTORY_REFUSED, subject_kind="history_snapshot", subject_id=kept.id or 0,
               new={"market": market.value, "digest": digest})  # fmt: skip
        kept.events = events
        session.add(kept)
        _known.pop((market, digest), None)
        session.flush()
    return digest


def _digest(market: Market, events: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps([market.value, events], separators=(",", ":")).encode()).hexdigest()


def in_use(session: Session, market: Market) -> str | None:
    """Digest of the history that the latest whole run wrote down; None before the first."""
    run = RecommendationRun
    return session.exec(
        select(run.history_digest)
        .where(
            run.market == market,
            col(run.demand_id).is_(None),
            col(run.supply_id).is_(None),
            col(run.history_digest).is_not(None),
            run.status != RunStatus.FAILED,
        )
        .order_by(col(run.id).desc())
        .limit(1)
    ).first()


_known: dict[tuple[Market, str | None], TrackRecords] = {}


def read(session: Session, market: Market, digest: str | None) -> TrackRecords:
    """The track records of a stored history, kept in memory for the next run; None is no history."""
    found = _known.get((market, digest))
    if found is None:
        history = History(_stored_events(session, market, digest) if digest else ())
        engine = ready(MARKETS[market.value], (), MatchSettings(as_of=date.min), history)
        found = TrackRecords(market, engine, RecordBase(history))
        while len(_known) >= _KEPT_IN_MEMORY:
            _known.pop(next(iter(_known)), None)
        _known[market, digest] = found
    return found


def _happened(session: Session, market: Market) -> list[StoredEvent]:
    """One event for each pairing with proof, dated by its latest step; steps voided or corrected do not count."""
    earlier = aliased(Recommendation)
    last_before = (
        select(func.max(earlier.id))
        .where(earlier.demand_id == Pairing.demand_id, earlier.created_at <= Pairing.proposed_at)
        .scalar_subquery()
    )
    read_as = func.coalesce(Pairing.recommendation_id, last_before)
    statement: Any = (
        sa_select(
            col(Pairing.id), col(Pairing.supply_id), col(Pairing.demand_organization_id),
            col(Recommendation.demand_digest), col(CaseStep.kind), col(CaseStep.happened_on),
        )
        .select_from(Pairing)
        .join(CaseStep, col(CaseStep.pairing_id) == Pairing.id)
        .join(Recommendation, col(Recommendation.id) == read_as)
        .join(FactsSnapshot, col(FactsSnapshot.digest) == Recommendation.demand_digest)
        .where(col(Pairing.market) == market, col(CaseStep.kind).in_(PROOF), *is_latest())
    )  # fmt: skip
    steps: defaultdict[tuple[int, int, int, str], list[tuple[int, date]]] = defaultdict(list)
    for pairing_id, supply_id, firm_id, digest, kind, happened_on in session.execute(statement):
        steps[pairing_id or 0, supply_id, firm_id, digest].append((LADDERS[market].index(kind), happened_on))
    firms: defaultdict[int, set[int]] = defaultdict(set)
    for _, supply_id, firm_id, _ in steps:
        firms[supply_id].add(firm_id)
    return sorted(
        [digest, supply_id, max(day for _, day in taken).isoformat(), LADDERS[market][max(taken)[0]].value]
        for (_, supply_id, _, digest), taken in steps.items()
        if len(firms[supply_id]) >= MIN_FIRMS
    )


def _stored_events(session: Session, market: Market, digest: str) -> tuple[Event, ...]:
    """Events with their demands' facts; those whose facts this version no longer reads are left out.

    A history that is not what was written down is not used: no supply has a record then.
    """
    stored = session.exec(select(HistorySnapshot.events).where(HistorySnapshot.digest == digest)).one()
    if _digest(market, stored) != digest:
        log.error("the history %s of %s is not what was written down: not used", digest[:12], market.value)
        return ()
    wanted = sorted({event[0] for event in stored})
    kind = MARKETS[market.value].demand_type
    demands: dict[str, Any] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        for row in session.exec(select(FactsSnapshot).where(col(FactsSnapshot.digest).in_(chunk))):
            try:
                demands[row.digest] = kind.from_dict(row.facts)
            except BadFacts:
                continue
    return tuple(
        Event(demands[facts], supply_id, date.fromisoformat(on), outcome)
        for facts, supply_id, on, outcome in stored
        if facts in demands
    )
