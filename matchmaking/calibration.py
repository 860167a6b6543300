"""A probability beside the score, only where the decisions have earned it.

Held-out decisions are predicted by a curve fitted on the decisions of other firms. The probability is shown only if
there are enough of them, if it says more than the plain share of good pairs, and if in every bin of equal size the
mean prediction lies within the interval of what was observed (Wilson 1927, at a level that holds for all bins together,
Bonferroni). The curve is a sigmoid (Platt 1999), or isotonic (Zadrozny and Elkan 2002) from 1,000 decisions on: below
that, isotonic steps follow chance (Niculescu-Mizil and Caruana 2005).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from matchmaking.evaluation import CONFIDENCE
from matchmaking.learning import Decisions, influence
from matchmaking.weights import Floats, scores
from vocabulary.model_versions import Earned

MIN_DECISIONS = 200
MIN_PER_LABEL = 30
MIN_ISOTONIC = 1_000
N_FOLDS = 5
N_BINS = 5


@dataclass(frozen=True)
class Bin:
    """Decisions of similar prediction: how many, the mean prediction, the share of good pairs and its interval."""

    n: int
    predicted: float
    observed: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.predicted <= self.high


@dataclass(frozen=True)
class Curve:
    """Probability by score: straight lines between knots, level beyond them. Both tuples ascend."""

    method: str
    at: tuple[float, ...]
    probability: tuple[float, ...]

    def __call__(self, score: Floats) -> Floats:
        """Probabilities of the same shape as the scores."""
        return np.interp(score, self.at, self.probability)


@dataclass(frozen=True)
class Calibration:
    """What the held-out decisions say of a probability. `curve` is None unless it is earned."""

    earned: Earned
    n_decisions: int
    bins: tuple[Bin, ...] = ()
    brier: float | None = None
    brier_of_the_share: float | None = None
    """What the plain share of good pairs would reach; lower is better."""
    curve: Curve | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def calibrate(weights: Mapping[str, float], held_out: Decisions) -> Calibration:
    """Fit and judge a probability for the scores of these weights on decisions they were not learned from."""
    by_label = [int((held_out.labels == label).sum()) for label in (0.0, 1.0)]
    if len(held_out) < MIN_DECISIONS:
        return Calibration(Earned.TOO_FEW_DECISIONS, len(held_out))
    if min(by_label) < MIN_PER_LABEL:
        return Calibration(Earned.TOO_FEW_OF_ONE_LABEL, len(held_out))
    score = scores(held_out.values, np.array([weights[code] for code in held_out.codes]))
    weight = influence(held_out)
    predicted = _cross_fitted(score, held_out, weight)
    share = float(np.average(held_out.labels, weights=weight))
    brier, plain = (float(np.mean((p - held_out.labels) ** 2)) for p in (predicted, np.full_like(predicted, share)))
    bins = reliability(predicted, held_out.labels)
    earned = Earned.EARNED
    if brier >= plain:
        earned = Earned.SAYS_NOTHING
    elif not all(part.holds for part in bins):
        earned = Earned.NOT_CALIBRATED
    curve = fit_curve(score, held_out.labels, weight) if earned is Earned.EARNED else None
    return Calibration(earned, len(held_out), bins, brier, plain, curve)


def _cross_fitted(score: Floats, decisions: Decisions, weight: Floats) -> Floats:
    """Prediction for each decision from a curve that has not seen its firm."""
    from sklearn.model_selection import GroupKFold

    firms = np.array([str(firm) for firm in decisions.firms])
    predicted = np.full(len(score), float(np.average(decisions.labels, weights=weight)))
    n_folds = min(N_FOLDS, len(set(firms)))
    if n_folds < 2:
        return predicted
    for others, fold in GroupKFold(n_folds).split(score, groups=firms):
        if len(set(decisions.labels[others])) == 2:
            predicted[fold] = fit_curve(score[others], decisions.labels[others], weight[others])(score[fold])
    return predicted


def fit_curve(score: Floats, labels: Floats, weight: Floats) -> Curve:
    """Rising curve from score to probability: isotonic from `MIN_ISOTONIC` decisions on, a sigmoid below."""
    if len(score) >= MIN_ISOTONIC:
        from sklearn.isotonic import IsotonicRegression

        fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(score, labels, sample_weight=weight)
        return Curve("isotonic", _floats(fitted.X_thresholds_), _floats(fitted.y_thresholds_))
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0).fit(score.reshape(-1, 1), labels, sample_weight=weight)
    at = np.linspace(0.0, 1.0, 201)
    probability = model.predict_proba(at.reshape(-1, 1))[:, 1]
    if model.coef_[0, 0] <= 0:
        probability = np.full_like(at, np.average(labels, weights=weight))
    return Curve("sigmoid", _floats(at), _floats(probability))


def reliability(predicted: Floats, labels: Floats, n_bins: int = N_BINS) -> tuple[Bin, ...]:
    """Bins of equal size by prediction; the intervals hold for all of them together with 95 % confidence."""
    level = 1 - (1 - CONFIDENCE) / n_bins
    order = np.argsort(predicted, kind="stable")
    return tuple(_bin(predicted[rows], labels[rows], level) for rows in np.array_split(order, n_bins) if len(rows))


def _bin(predicted: Floats, labels: Floats, level: float) -> Bin:
    low, high = wilson(float(labels.sum()), len(labels), level)
    return Bin(len(labels), float(predicted.mean()), float(labels.mean()), low, high)


def wilson(n_good: float, n: int, level: float) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927)."""
    z = float(norm.ppf((1 + level) / 2))
    share = n_good / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
