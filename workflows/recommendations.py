"""Running the engine and keeping what it says.

A run replaces the current recommendations of its scope: one demand, one supply or a whole market. What a run says
again, word for word, keeps its row and its address; what it no longer says is superseded, never deleted. A crash of
the engine is kept as a failed run, and the recommendations from before it stay.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnElement, Engine, insert, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, or_, select

import matchmaking
from access.actor import SYSTEM
from matchmaking import MARKETS, Contribution, Effect, Id, MatchSettings, PairResult
from matchmaking.cluster import recommend_batches
from models.base import new_public_id, now
from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import FactsSnapshot, Recommendation, RecommendationRun
from models.session import open_session, unit_of_work
from vocabulary.classifications import Market
from vocabulary.lifecycles import RUN, PostingStatus, RunStatus
from vocabulary.reasons import TRACK_RECORD, ComponentCode, PairState
from workflows import exposure, facts, track_records
from workflows.kept_recommendations import effects_of_supply
from workflows.track_records import TrackRecords
from workflows.transitions import advance
from workflows.weights import sound_alarm, weights_in_use

log = logging.getLogger(__name__)

_CHUNK = 500
_DEMANDS_AT_ONCE = 100
"""Demands of a whole run that are scored and written together: the database is locked for one such part at a time."""
_CONTENT = (
    "state", "score", "n_components", "n_with_data", "contributions", "gates", "changes", "first_closed_gate",
    "demand_digest", "supply_digest",
)  # fmt: skip
"""What two recommendations of a pair must share to be the same."""


@dataclass(frozen=True)
class _Scope:
    """The pairs a run speaks for: those of one demand, of one supply, or all of the market."""

    market: Market
    demand_id: int | None = None
    supply_id: int | None = None

    def rows(self) -> ColumnElement[bool]:
        """Recommendations of the scope."""
        if self.demand_id is not None:
            return col(Recommendation.demand_id) == self.demand_id
        if self.supply_id is not None:
            return col(Recommendation.supply_id) == self.supply_id
        return col(Recommendation.market) == self.market


def refresh_demand(session: Session, demand_id: int, *, today: date) -> RecommendationRun:
    """Recommend supplies for one demand anew; for a demand that is not open only the old ones are superseded.

    Never raises for a crash of the engine: the run is then FAILED and what was recommended before stays.
    """
    demand = session.get_one(Demand, demand_id)
    return _refresh(session, _Scope(demand.market, demand_id=demand_id), today)


def refresh_supply(session: Session, supply_id: int, *, today: date) -> RecommendationRun:
    """Recommend one supply to every demand anew; otherwise as `refresh_demand`.

    Afterwards every demand holds what a whole run would give it: where the supply moves others of a full list, that
    demand is recommended anew; everywhere else only the one pair is written.
    """
    supply = session.get_one(Supply, supply_id)
    return _refresh(session, _Scope(supply.market, supply_id=supply_id), today)


def refresh_for_organization(session: Session, organization_id: int, *, today: date) -> list[RecommendationRun]:
    """Recommend anew for every posting of an organization that is open or still has recommendations."""
    runs = []
    for posting, pair_column, refresh in (
        (Demand, Recommendation.demand_id, refresh_demand),
        (Supply, Recommendation.supply_id, refresh_supply),
    ):
        recommended = select(pair_column).where(col(Recommendation.superseded_at).is_(None))
        concerned = select(posting.id).where(
            posting.organization_id == organization_id,
            or_(posting.status == PostingStatus.OPEN, col(posting.id).in_(recommended)),
        )
        for posting_id in session.exec(concerned.order_by(col(posting.id))).all():
            assert posting_id is not None
            runs.append(refresh(session, posting_id, today=today))
    return runs


def refresh_all(engine: Engine, *, today: date, cluster: str = "") -> list[RecommendationRun]:
    """Recommend both markets anew, one run each; `cluster` names the Dask cluster that scores, else this process does.

    Facts are read and scored without holding the write lock. What a smaller run refreshed meanwhile is newer and is
    left alone. Never raises for a crash of the engine, or for want of the cluster.
    """
    with unit_of_work(engine) as session:
        sound_alarm(session)
    runs = [_refresh_market(engine, market, today, cluster) for market in Market]
    for run in runs:
        if run.status is RunStatus.FINISHED:
            with unit_of_work(engine) as session:
                exposure.note(session, run.market, today=today)
    return runs


def replay(session: Session, recommendation: Recommendation) -> PairResult:
    """The pair made again from its stored facts, settings and history (F58).

    Raises ValueError if the settings belong to another version of the engine.
    """
    run = session.get_one(RecommendationRun, recommendation.run_id)
    market = MARKETS[recommendation.market.value]
    stored = {
        row.digest: row.facts
        for row in session.exec(
            select(FactsSnapshot).where(
                col(FactsSnapshot.digest).in_((recommendation.demand_digest, recommendation.supply_digest))
            )
        )
    }
    records = track_records.read(session, recommendation.market, run.history_digest)
    supply = market.supply_type.from_dict(stored[recommendation.supply_digest])
    return records.recommender([supply], MatchSettings.from_dict(run.settings)).explain(
        market.demand_type.from_dict(stored[recommendation.demand_digest]), supply
    )


def _settings(session: Session, market: Market, today: date) -> MatchSettings:
    return MatchSettings(as_of=today, weights=weights_in_use(session, market, on=today))


def _refresh(session: Session, scope: _Scope, today: date) -> RecommendationRun:
    """One small run inside the caller's transaction; a savepoint undoes what a crash leaves behind."""
    started, settings = perf_counter(), _settings(session, scope.market, today)
    run = _begin(session, scope, settings, history_digest=track_records.in_use(session, scope.market))
    try:
        with session.begin_nested():
            demands, supplies = _read(session, scope, today)
            records = track_records.read(session, scope.market, run.history_digest)
            pairs = records.recommender(supplies, settings).recommend(demands)
            if scope.supply_id is None:
                _replace(session, run, scope.rows(), demands, supplies, pairs, records)
            else:
                effects = effects_of_supply(session, scope.market, scope.rows(), settings, pairs)
                anew = {row for row, found in effects.items() if found is Effect.MOVES_OTHERS}
                pairs = [pair for pair in pairs if effects[int(pair.demand_id)] is Effect.IS_KEPT]
                rows = scope.rows() & col(Recommendation.demand_id).not_in(anew)
                _replace(session, run, rows, demands, supplies, pairs, records)
                pairs += _do_anew(session, run, scope.market, anew, settings, today, records) if anew else []
    except Exception as error:  # a crash of the engine must not undo the publication that asked for it
        return _fail(session, run, started, error)
    return _finish(session, run, started, n_pairs=len(demands) * len(supplies), n_recommended=len(pairs))


def _do_anew(
    session: Session,
    run: RecommendationRun,
    market: Market,
    demand_ids: set[int],
    settings: MatchSettings,
    today: date,
    records: TrackRecords,
) -> list[PairResult]:
    """Recommend every supply of the market to some demands anew."""
    demands, supplies = _read(session, _Scope(market), today)
    kept: list[PairResult] = []
    engine = records.recommender(supplies, settings)
    for part in _batches(sorted(demand_ids), _DEMANDS_AT_ONCE):
        rows = [demand for demand in demands if demand.id in part]
        pairs = engine.recommend(rows)
        _replace(session, run, col(Recommendation.demand_id).in_(part), rows, supplies, pairs, records)
        kept += pairs
    return kept


def _refresh_market(engine: Engine, market: Market, today: date, cluster: str) -> RecommendationRun:
    """One whole run, in short transactions of its own. It writes down what happened so far, for the runs after it."""
    started, scope = perf_counter(), _Scope(market)
    with unit_of_work(engine) as session:
        settings = _settings(session, market, today)
        run = _begin(session, scope, settings)
    try:
        with unit_of_work(engine) as session:
            run = session.merge(run)
            run.history_digest = track_records.write_down(session, market)
        with open_session(engine, read_only=True) as session:
            demands, supplies = _read(session, scope, today)
            records = track_records.read(session, market, run.history_digest)
        n_recommended = 0
        parts = list(_batches(demands, _DEMANDS_AT_ONCE))
        found = recommend_batches(records.recommender(supplies, settings), parts, cluster)
        for part, pairs in zip(parts, found, strict=True):
            n_recommended += len(pairs)
            rows = col(Recommendation.demand_id).in_([demand.id for demand in part])
            with unit_of_work(engine) as session:
                _replace(session, run, rows, part, supplies, pairs, records, newer=_refreshed_since(session, run))
        with unit_of_work(engine) as session:
            _supersede_what_is_not_open(session, market)
            run = session.merge(run)
            return _finish(session, run, started, n_pairs=len(demands) * len(supplies), n_recommended=n_recommended)
    except Exception as error:  # the nightly work goes on with the other market
        with unit_of_work(engine) as session:
            return _fail(session, session.merge(run), started, error)


def _begin(
    session: Session, scope: _Scope, settings: MatchSettings, *, history_digest: str | None = None
) -> RecommendationRun:
    market = MARKETS[scope.market.value]
    run = RecommendationRun(
        market=scope.market,
        demand_id=scope.demand_id,
        supply_id=scope.supply_id,
        settings=settings.to_dict(market),
        settings_fingerprint=settings.fingerprint(market),
        history_digest=history_digest,
    )
    session.add(run)
    session.flush()
    return run


def _finish(
    session: Session, run: RecommendationRun, started: float, *, n_pairs: int, n_recommended: int
) -> RecommendationRun:
    evidence: dict[str, Any] = {
        "n_pairs": n_pairs,
        "n_recommended": n_recommended,
        "duration_ms": _milliseconds(started),
    }
    advance(session, SYSTEM, RUN, run, RunStatus.FINISHED, finished_at=now(), **evidence)
    return run


def _fail(session: Session, run: RecommendationRun, started: float, error: Exception) -> RecommendationRun:
    log.exception("recommendation run %s failed", run.public_id)
    text = f"{type(error).__name__}: {error}"[:1000]
    advance(session, SYSTEM, RUN, run, RunStatus.FAILED, error=text, duration_ms=_milliseconds(started))
    return run


def _batches(rows: Iterable[Any], size: int) -> Iterator[Sequence[Any]]:
    every = list(rows)
    return (every[start : start + size] for start in range(0, len(every), size))


def _milliseconds(started: float) -> int:
    return round((perf_counter() - started) * 1000)


def _read(session: Session, scope: _Scope, today: date) -> tuple[list[Any], list[Any]]:
    """Facts of both sides; where the posting of the scope is not open, the other side is not read."""
    demand_ids = None if scope.demand_id is None else (scope.demand_id,)
    supply_ids = None if scope.supply_id is None else (scope.supply_id,)
    read_demands: Any
    read_supplies: Any
    if scope.market is Market.FINANCE:
        read_demands = partial(facts.finance_demands, today=today)
        read_supplies = facts.finance_supplies
    else:
        read_demands, read_supplies = facts.supply_demands, facts.supply_supplies
    demands = read_demands(session, ids=demand_ids) if supply_ids is None else []
    if demand_ids is not None and not demands:
        return [], []
    supplies = read_supplies(session, today=today, ids=supply_ids)
    if supply_ids is not None and supplies:
        demands = read_demands(session)
    return demands, supplies


@dataclass(frozen=True)
class _Newer:
    """Demands and supplies refreshed since a run began: their recommendations are fresher than its own."""

    demand_ids: frozenset[int] = frozenset()
    supply_ids: frozenset[int] = frozenset()

    def holds(self, demand_id: Id, supply_id: Id) -> bool:
        return demand_id in self.demand_ids or supply_id in self.supply_ids


def _refreshed_since(session: Session, run: RecommendationRun) -> _Newer:
    later = session.exec(
        select(RecommendationRun.demand_id, RecommendationRun.supply_id).where(col(RecommendationRun.id) > run.id)
    ).all()
    return _Newer(
        frozenset(demand_id for demand_id, _ in later if demand_id is not None),
        frozenset(supply_id for _, supply_id in later if supply_id is not None),
    )


def _replace(
    session: Session,
    run: RecommendationRun,
    scope_rows: ColumnElement[bool],
    demands: Sequence[Any],
    supplies: Sequence[Any],
    pairs: Sequence[PairResult],
    records: TrackRecords,
    *,
    newer: _Newer | None = None,
) -> None:
    """Make `pairs` the current recommendations of the scope, writing only what differs from those there are."""
    newer = newer or _Newer()
    demand_of, supply_of = {row.id: row for row in demands}, {row.id: row for row in supplies}
    digest_of = {
        id(row): row.digest for pair in pairs for row in (demand_of[pair.demand_id], supply_of[pair.supply_id])
    }
    wanted = {
        (pair.demand_id, pair.supply_id): _content(
            pair,
            digest_of[id(demand_of[pair.demand_id])],
            digest_of[id(supply_of[pair.supply_id])],
            records.behind(demand_of[pair.demand_id], pair.supply_id),
        )
        for pair in pairs
        if not newer.holds(pair.demand_id, pair.supply_id)
    }
    outdated = []
    for row_id, pair, content in _current(session, scope_rows):
        if wanted.get(pair) == content:
            del wanted[pair]
        elif not newer.holds(*pair):
            outdated.append(row_id)
    _supersede(session, outdated)
    used = {digest_of[key]: row for row in (*demands, *supplies) if (key := id(row)) in digest_of}
    _keep_facts(session, used)
    rows = [_row(run, demand_id, supply_id, content) for (demand_id, supply_id), content in wanted.items()]
    for chunk in _batches(rows, _CHUNK):
        session.execute(insert(Recommendation), list(chunk))


def _current(session: Session, scope_rows: ColumnElement[bool]) -> list[tuple[int, tuple[int, int], dict[str, Any]]]:
    columns = [getattr(Recommendation, name) for name in ("id", "demand_id", "supply_id", *_CONTENT)]
    rows = session.execute(sa_select(*columns).where(scope_rows, col(Recommendation.superseded_at).is_(None)))
    return [(row[0], (row[1], row[2]), dict(zip(_CONTENT, row[3:], strict=True))) for row in rows]


def _supersede(session: Session, ids: Iterable[int]) -> None:
    for chunk in _batches(ids, _CHUNK):
        statement = update(Recommendation).where(col(Recommendation.id).in_(chunk)).values(superseded_at=now())
        session.execute(statement, execution_options={"synchronize_session": False})


def _supersede_what_is_not_open(session: Session, market: Market) -> None:
    """Recommendations of demands that closed, or whose organization was suspended, without a run of their own."""
    is_read = (
        select(Demand.id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .where(Demand.status == PostingStatus.OPEN, col(Organization.status).not_in(facts.HIDDEN))
    )
    statement = (
        update(Recommendation)
        .where(
            col(Recommendation.market) == market,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.demand_id).not_in(is_read),
        )
        .values(superseded_at=now())
    )
    session.execute(statement, execution_options={"synchronize_session": False})


def _keep_facts(session: Session, used: dict[str, Any]) -> None:
    """Store facts once per content."""
    missing = dict(used)
    for chunk in _batches(used, _CHUNK):
        for digest in session.exec(select(FactsSnapshot.digest).where(col(FactsSnapshot.digest).in_(chunk))):
            del missing[digest]
    if missing:
        rows = [{"digest": digest, "facts": row.to_dict(), "created_at": now()} for digest, row in missing.items()]
        session.execute(insert(FactsSnapshot), rows)


def _content(
    pair: PairResult,
    demand_digest: str,
    supply_digest: str,
    behind: Mapping[ComponentCode, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What a row says of a pair, JSON-ready, in the shape the database gives back.

    A supply that did nothing yet has no track record; that is no gap in its facts and not kept as one.
    `behind` are the firms behind each aspect of the record.
    """
    parts = [part for part in pair.contributions if part.code not in TRACK_RECORD or _counts(part)]
    return {
        "state": PairState(pair.state),
        "score": pair.score,
        "n_components": len(parts),
        "n_with_data": sum(part.value is not None for part in parts),
        "contributions": [_plain(asdict(part)) | (behind or {}).get(part.code, {}) for part in parts],
        "gates": [_plain(asdict(gate)) for gate in pair.gates],
        "changes": [_plain(asdict(change)) for change in pair.changes],
        "first_closed_gate": pair.first_closed,
        "demand_digest": demand_digest,
        "supply_digest": supply_digest,
    }


def _counts(part: Contribution) -> bool:
    return part.value is not None and part.weight > 0


def _plain(value: Any) -> Any:
    """Enums as their codes, dates as ISO text, tuples as lists."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _row(run: RecommendationRun, demand_id: Id, supply_id: Id, content: dict[str, Any]) -> dict[str, Any]:
    ids = {"run_id": run.id, "market": run.market, "demand_id": demand_id, "supply_id": supply_id}
    return {"public_id": new_public_id(), "created_at": now(), **ids, **content}


def warm_up() -> None:
    """Load what the engine needs and fit its weights, so that the first published need does not wait for it."""
    matchmaking.warm_up(MARKETS.values())
