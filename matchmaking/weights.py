"""Non-negative component weights by maximum likelihood, on the very score the engine gives.

With weights b >= 0, values v in [0, 1] and d = 1 where a component has data, the engine's score is
s = sum(b d v) / sum(b d), and the model says logit = a + B s with B = sum(b): a logistic regression on the component
values where all of them have data, and still exact where some abstain. Since only the weights are learned, a score
stays a sum of contributions. A quadratic prior pulls the weights towards the declared ones (a maximum a posteriori
estimate, Gelman et al. 2008), so that separable or scarce data cannot send a weight to infinity.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]

PULL = 0.1
"""Strength of the pull towards the proportions of the declared weights; a few decisions' worth."""
SHRINKAGE = 0.01
"""Strength of the pull of the whole scale towards zero; it matters only where the data are separable."""
_LEAST = 1e-3
"""Coefficients stay above this on the way, where scores are smooth in them; what ends at it counts as 0."""


def scores(values: Floats, weights: Floats) -> Floats:
    """Scores (n,) in [0, 1] of component values (n, n_components), NaN for no data; a row without data scores 0."""
    has = ~np.isnan(values)
    mass = has @ weights
    total = np.where(has, values, 0.0) @ weights
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)


def fit_logistic(values: Floats, targets: Floats, declared: Floats, sample_weight: Floats) -> tuple[Floats, float]:
    """Coefficients b >= 0 (n_components,) and intercept a of P(target) = expit(a + B s).

    `targets` (n,) lie in [0, 1]: a label, or a probability where a label counts only in part. `declared` sums to 1.
    """

    def loss(logits: Floats) -> tuple[float, Floats]:
        losses = np.logaddexp(0.0, logits) - targets * logits
        return float(sample_weight @ losses), sample_weight * (expit(logits) - targets)

    return _minimized(values, declared, loss, with_intercept=True)


def fit_choices(values: Floats, starts: NDArray[np.int64], targets: Floats, declared: Floats) -> Floats:
    """Coefficients b >= 0 of a conditional logit (McFadden 1974): P(chosen of its group) = softmax(B s).

    Rows of a group stand together and `starts` (n_groups,) says where each begins; `targets` (n,) sum to 1 in each.
    Groups that are a uniform sample of the candidates give consistent estimates (McFadden 1978).
    """
    sizes = np.diff(np.append(starts, len(values)))

    def loss(logits: Floats) -> tuple[float, Floats]:
        highest = np.repeat(np.maximum.reduceat(logits, starts), sizes)
        shares = np.exp(logits - highest)
        sums = np.add.reduceat(shares, starts)
        value = np.sum(np.log(sums)) + np.sum((highest - logits) * targets)
        return float(value), shares / np.repeat(sums, sizes) - targets

    coefficients, _ = _minimized(values, declared, loss, with_intercept=False)
    return coefficients


def _minimized(
    values: Floats, declared: Floats, loss: Callable[[Floats], tuple[float, Floats]], *, with_intercept: bool
) -> tuple[Floats, float]:
    """Minimize loss plus prior over coefficients and intercept with L-BFGS-B (Byrd et al. 1995)."""
    has = ~np.isnan(values)
    filled = np.where(has, values, 0.0)
    n_components = values.shape[1]
    projection = np.eye(n_components) - np.outer(declared, np.ones(n_components))
    pull = PULL * projection.T @ projection + SHRINKAGE * np.ones((n_components, n_components))

    def objective(parameters: Floats) -> tuple[float, Floats]:
        coefficients, intercept = parameters[:n_components], parameters[n_components]
        scale = coefficients.sum()
        mass = np.maximum(has @ coefficients, _LEAST)
        score = filled @ coefficients / mass
        value, slope = loss(intercept + scale * score)
        # d(B s)/db_c = s + (B / mass) d_c (v_c - s)
        pushed = slope * scale / mass
        gradient = slope @ score + pushed @ filled - (pushed * score) @ has + pull @ coefficients
        value += 0.5 * float(coefficients @ pull @ coefficients)
        return value, np.append(gradient, slope.sum() if with_intercept else 0.0)

    start = np.append(np.maximum(4 * declared, 10 * _LEAST), 0.0)
    bounds = [(_LEAST, None)] * n_components + [(None, None)]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    coefficients = np.asarray(found.x[:n_components])
    return np.where(coefficients > 2 * _LEAST, coefficients, 0.0), float(found.x[n_components])
