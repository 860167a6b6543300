"""A probability beside the score, only where the decisions held out from a model version have earned it.

It belongs to the score under exactly the weights of that version: recommendations made under others have none.
"""

from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from matchmaking.calibration import Bin, Curve
from models.model_version import ModelVersion
from models.recommendation import Recommendation, RecommendationRun
from vocabulary.model_versions import Earned
from workflows import model_versions


@dataclass(frozen=True)
class Probability:
    """The prediction, and what really came of `n` held-out decisions predicted alike: a share from `low` to `high`.

    All three in [0, 1]; `n_judged` held-out decisions were judged in all.
    """

    value: float
    low: float
    high: float
    n: int
    n_judged: int
    model_number: int


def of(session: Session, row: Recommendation) -> Probability | None:
    """The probability of a recommendation; None where none is earned. Reads only."""
    run = session.get_one(RecommendationRun, row.run_id)
    version = model_versions.with_weights(session, row.market, run.settings.get("weights", {}))
    return None if version is None else predicted(version, row.score)


def predicted(version: ModelVersion, score: float) -> Probability | None:
    """What a version predicts of a score in [0, 1], or None if its calibration is not earned."""
    found = version.calibration
    if found["earned"] != Earned.EARNED:
        return None
    value = float(Curve(**found["curve"])(np.array([score]))[0])
    bins = [Bin(**one) for one in found["bins"]]
    alike = min(bins, key=lambda one: abs(one.predicted - value))
    return Probability(value, alike.low, alike.high, alike.n, found["n_decisions"], version.number)
