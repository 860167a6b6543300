"""A version in the shadow: the first places of every demand by its weights beside those by the weights in use.

Nothing is recommended by it. Both sides' facts, the history and everything else are those of the night's run.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, delete, insert
from sqlmodel import Session, col, select

from matchmaking import MatchSettings, Recommender
from models.base import now
from models.model_version import ModelVersion, ShadowChange
from models.session import open_session, unit_of_work
from vocabulary.model_versions import TOP_RANKS, ModelStatus
from workflows import track_records
from workflows.policy_run import read_facts
from workflows.weights import weights_in_use

log = logging.getLogger(__name__)

_CHUNK = 500


@dataclass(frozen=True)
class ShadowRun:
    """What a run found; `changes` are rows of `shadow_change` without the version."""

    on: date
    n_lists: int
    changes: list[dict[str, Any]]


def run(engine: Engine, *, on: date) -> None:
    """Run every version in the shadow once. A crash of one is logged and leaves what it found before."""
    with open_session(engine, read_only=True) as session:
        ids = session.exec(select(ModelVersion.id).where(ModelVersion.status == ModelStatus.SHADOW)).all()
    for version_id in ids:
        try:
            with open_session(engine, read_only=True) as session:
                found = compare(session, session.get_one(ModelVersion, version_id), on=on)
        except Exception:  # the lists of the night stand; what only looks on must not undo them
            log.exception("the run in the shadow of model version %s failed", version_id)
            continue
        with unit_of_work(engine) as session:
            version = session.get_one(ModelVersion, version_id)
            if version.status is ModelStatus.SHADOW:  # decided on meanwhile
                keep(session, version, found)


def compare(session: Session, version: ModelVersion, *, on: date) -> ShadowRun:
    """The eligible supplies that stand first for every open demand, under both sets of weights. Reads only."""
    present = read_facts(session, version.market, on=on)
    records = track_records.read(session, version.market, present.history_digest)
    in_use = weights_in_use(session, version.market, on=on)
    before, after = (
        _first(records.recommender(present.supplies, settings), present.demands)
        for settings in (
            MatchSettings(as_of=on, weights=weights, per_demand=TOP_RANKS) for weights in (in_use, version.weights)
        )
    )
    changes = [
        {
            "demand_id": demand.id, "organization_id": demand.organization_id,
            "supplies_before": before[demand.id], "supplies_after": after[demand.id],
            "n_new": len(set(after[demand.id]) - set(before[demand.id])),
        }
        for demand in present.demands
        if before[demand.id] != after[demand.id]
    ]  # fmt: skip
    return ShadowRun(on, len(present.demands), changes)


def keep(session: Session, version: ModelVersion, found: ShadowRun) -> None:
    """Keep what a run found in the place of the one before."""
    version.shadow_on = found.on
    version.shadow = {
        "n_lists": found.n_lists,
        "n_changed": len(found.changes),
        "n_firms": len({change["organization_id"] for change in found.changes if change["n_new"]}),
    }
    session.add(version)
    session.execute(delete(ShadowChange).where(col(ShadowChange.model_version_id) == version.id))
    made = {"model_version_id": version.id, "created_at": now()}
    for start in range(0, len(found.changes), _CHUNK):
        session.execute(insert(ShadowChange), [made | row for row in found.changes[start : start + _CHUNK]])


def _first(engine: Recommender, demands: list[Any]) -> defaultdict[int, list[int]]:
    """Supply ids of the first places by demand id."""
    ranked = engine.rank_eligible(demands)
    ids, found = engine.supplies_.ids, defaultdict[int, list[int]](list)
    for row, supply in zip(ranked.demand_index.tolist(), ranked.supply_index.tolist(), strict=True):
        found[int(demands[row].id)].append(int(ids[supply]))
    return found
