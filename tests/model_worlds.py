"""Trainings on planted decisions, by the product's own code."""

from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
from sqlmodel import Session

from access.actor import Actor
from matchmaking.weights import scores
from models.model_version import ModelVersion
from vocabulary.classifications import Market
from vocabulary.reasons import PairState
from workflows import learning, model_versions
from workflows.calendar import today
from workflows.weights import declared_weights


def planted(n: int, current: dict[str, float], *, seed: int = 0) -> pd.DataFrame:
    """Decisions of 40 officials on n / 5 firms; good ones follow the region alone, far from the declared weights."""
    rng = np.random.default_rng(seed)
    codes = list(current)
    values = rng.random((n, len(codes)))
    values[:, [weight == 0 for weight in current.values()]] = np.nan
    region = np.array([1.0 if code == "region_fit" else 0.02 for code in codes])
    good = rng.random(n) < 1 / (1 + np.exp(-12 * (scores(values, region) - 0.5)))
    return pd.DataFrame(values, columns=codes).assign(
        demand_id=rng.integers(max(1, n // 5), size=n),
        supply_id=rng.integers(30, size=n),
        label=good.astype(int),
        official=rng.integers(40, size=n).astype(object),
        firm=rng.integers(max(1, n // 5), size=n).astype(object),
        on=[today() - timedelta(days=int(day)) for day in rng.integers(300, size=n)],
        trust=1.0,
        state=PairState.ELIGIBLE,
        supply_since=today(),
    )


@cache
def _examined(n: int, seed: int, weights: tuple[tuple[str, float], ...]) -> learning.Report:
    return learning.examine(planted(n, dict(weights), seed=seed), Market.FINANCE, current=dict(weights))


def train(
    session: Session, admin: Actor, *, n: int, seed: int = 0, current: dict[str, float] | None = None
) -> ModelVersion:
    """A version trained on planted decisions of the finance market."""
    weights = current or declared_weights(Market.FINANCE)
    return model_versions.keep(session, admin, _examined(n, seed, tuple(weights.items())))


def better(session: Session, admin: Actor, *, seed: int = 0, current: dict[str, float] | None = None) -> ModelVersion:
    """A version that passed its comparison."""
    return train(session, admin, n=700, seed=seed, current=current)
