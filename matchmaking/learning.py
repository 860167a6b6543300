"""Component weights from decisions: learned, tested on firms held out, and promoted only if they are better.

What is learned is the weights only, so every explanation stays an exact sum. A boosted model would rank by something
that does not add up; it is fitted for comparison and never used: `Study.boosted_auc` says what it would have gained.

Nobody's decisions weigh more than 5 % of all: what is taken from an official or a firm beyond that is given to what the
declared weights would have said of the same pairs. An official whose decisions contradict those of all the others is
set aside and named.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from threadpoolctl import threadpool_limits

from matchmaking.evaluation import CONFIDENCE
from matchmaking.weights import Floats, fit_logistic, scores
from vocabulary.model_versions import Verdict

MIN_DECISIONS = 100
"""Below this many decisions, by trust and after the cap, the declared weights stay."""
MIN_PER_LABEL = 10
MIN_HELD_OUT = 30
MAX_INFLUENCE = 0.05
HELD_OUT_SHARE = 0.25
MIN_TO_CONTRADICT = 20
"""With fewer decisions nobody is held to contradict the others."""
CONTRADICTION_RATIO, CONTRADICTION_ERRORS = 2.0, 5.0
"""An official contradicts the others whose mean log loss is so many times theirs, and above it by so many errors."""
MAX_SET_ASIDE = 0.2
"""Share of the officials that can be set aside: where more contradict each other, nobody can say who is right."""
N_RESAMPLES = 1_000


@dataclass(frozen=True)
class Decisions:
    """Decided pairs, one row each.

    Attributes
    ----------
    codes : component codes, in the order of the columns of `values`.
    values : float array (n, n_components) in [0, 1]; NaN where a component abstained.
    labels : float array (n,); 1 for a good pair, 0 for a bad one.
    officials, firms : object arrays (n,) of ids; None where nobody is named, which counts as one person.
    on : datetime64[D] array (n,).
    trust : float array (n,) in [0, 1]; how much a decision proves: 1 for what came of a pair, less for a bare verdict.
    """

    codes: tuple[str, ...]
    values: Floats
    labels: Floats
    officials: NDArray[np.object_]
    firms: NDArray[np.object_]
    on: NDArray[np.datetime64]
    trust: Floats

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def from_frame(cls, table: pd.DataFrame, codes: Sequence[str]) -> Self:
        """From columns label, official, firm, on, trust (1 without it) and values by component code.

        A component without a column abstained. Raises ValueError on a label that is not 0 or 1, a value or trust
        outside [0, 1] and a day that is none.
        """
        values = np.column_stack(
            [table[code].to_numpy(dtype=float) if code in table else np.full(len(table), np.nan) for code in codes]
        )
        labels = table["label"].to_numpy(dtype=float)
        on = pd.to_datetime(table["on"]).to_numpy(dtype="datetime64[D]")
        if not np.isin(labels, (0.0, 1.0)).all():
            raise ValueError("a label is neither 0 nor 1")
        trust = table["trust"].to_numpy(dtype=float) if "trust" in table else np.ones(len(table))
        if any(((part < 0) | (part > 1)).any() for part in (values, trust)) or np.isnan(trust).any():
            raise ValueError("a component value or a trust lies outside [0, 1]")
        if np.isnat(on).any():
            raise ValueError("a decision has no day")
        officials, firms = (table[name].astype(object).to_numpy(dtype=object) for name in ("official", "firm"))
        return cls(tuple(codes), values, labels, officials, firms, on, trust)

    def without(self, officials: Iterable[Any]) -> Self:
        """The decisions of everybody else."""
        unwanted = set(officials)
        return self.only(np.array([official not in unwanted for official in self.officials], dtype=bool))

    def only(self, mask: NDArray[np.bool_]) -> Self:
        """The rows where the mask holds."""
        return type(self)(
            self.codes,
            self.values[mask],
            self.labels[mask],
            self.officials[mask],
            self.firms[mask],
            self.on[mask],
            self.trust[mask],
        )


@dataclass(frozen=True)
class Learned:
    """Weights that add up to 1 and where they come from. `verdict` is LEARNED, or why the declared ones stay."""

    weights: dict[str, float]
    verdict: Verdict
    n_decisions: int
    n_effective: float
    """What is left of them by trust and after the cap on officials and firms."""
    set_aside: tuple[Any, ...] = ()
    """Officials whose decisions contradict those of all the others; nothing was learned from them."""

    @property
    def is_learned(self) -> bool:
        return self.verdict is Verdict.LEARNED


@dataclass(frozen=True)
class Promotion:
    """Whether a candidate takes the place of the current weights.

    The measure is the area under the ROC curve on held-out decisions (how often a good pair stands above a bad one);
    `low` and `high` bound the difference, candidate less current.
    """

    verdict: Verdict
    n_held_out: int
    current: float | None = None
    candidate: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_promoted(self) -> bool:
        return self.verdict is Verdict.PROMOTED


@dataclass(frozen=True)
class Study:
    """Everything one look at the decisions found. It changes nothing by itself."""

    learned: Learned
    promotion: Promotion
    boosted_auc: float | None
    """What gradient boosting reaches on the same held-out decisions; never used to rank."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def influence(decisions: Decisions) -> Floats:
    """Weight of each decision (n,), at most its trust: those of one official or one firm add up to 5 % of all trust."""
    weight = decisions.trust
    most = MAX_INFLUENCE * weight.sum()
    for names in (decisions.officials, decisions.firms):
        groups = pd.factorize(pd.Series(names, dtype=object), use_na_sentinel=False)[0]
        sums = np.bincount(groups, weights=weight) if len(groups) else np.ones(1)
        weight = weight * np.minimum(1.0, most / np.maximum(sums, 1e-12))[groups]
    return weight


def learn_weights(decisions: Decisions, declared: Mapping[str, float]) -> Learned:
    """Weights under which the decisions are most likely, or the declared ones where there is too little to learn from.

    Parameters
    ----------
    decisions : those to learn from.
    declared : weight by component code, in use now.
    """
    prior = _as_vector(declared, decisions.codes)
    aside = contradicting(decisions, declared)
    kept = decisions.without(aside)
    weight = influence(kept)
    verdict = _too_little(kept, weight)
    weights = prior
    if verdict is None:
        coefficients, _ = _fitted(kept, prior, weight)
        verdict = Verdict.LEARNED if coefficients.sum() > 0 else Verdict.NOTHING_TELLS_THEM_APART
        weights = _shares(coefficients, kept, prior) if coefficients.sum() > 0 else prior
    return Learned(_as_mapping(weights, kept.codes), verdict, len(kept), float(weight.sum()), aside)


def contradicting(decisions: Decisions, declared: Mapping[str, float]) -> tuple[Any, ...]:
    """Officials whose decisions are far less likely than those of the others, under what all of them together teach.

    They are looked for one by one, the worst first, since one who contradicts blurs the view of the others.
    """
    prior = _as_vector(declared, decisions.codes)
    aside: list[Any] = []
    n_officials = pd.Series(decisions.officials, dtype=object).nunique(dropna=False)
    while len(aside) < MAX_SET_ASIDE * n_officials:
        kept = decisions.without(aside)
        worst = _worst(kept, prior)
        if worst is None:
            break
        aside.append(worst[0])
    return tuple(aside)


def _worst(decisions: Decisions, prior: Floats) -> tuple[Any] | None:
    """The official who contradicts the others most, in a tuple since the id may be None, or None if nobody does."""
    weight = influence(decisions)
    if _too_little(decisions, weight):
        return None
    coefficients, intercept = _fitted(decisions, prior, weight)
    logits = intercept + coefficients.sum() * scores(decisions.values, coefficients)
    loss = np.logaddexp(0.0, logits) - decisions.labels * logits
    groups, names = pd.factorize(pd.Series(decisions.officials, dtype=object), use_na_sentinel=False)
    found: list[tuple[float, Any]] = []
    for group, name in enumerate(names):
        own, others = loss[groups == group], loss[groups != group]
        if len(own) < MIN_TO_CONTRADICT or len(others) < MIN_TO_CONTRADICT:
            continue
        errors = (own.mean() - others.mean()) / max(1e-9, others.std() / np.sqrt(len(own)))
        if own.mean() > CONTRADICTION_RATIO * others.mean() and errors > CONTRADICTION_ERRORS:
            found.append((float(errors), None if pd.isna(name) else name))
    return (max(found, key=lambda one: one[0])[1],) if found else None


def _fitted(decisions: Decisions, prior: Floats, weight: Floats) -> tuple[Floats, float]:
    """Coefficients and intercept; what the cap takes from a label goes to what the declared weights say of the pair.

    A component that had no data in any decision gets 0: the decisions say nothing of it, and its coefficient would be
    a mere scale of all others.
    """
    said = _declared_probability(decisions, prior, weight)
    own = np.divide(weight, decisions.trust, out=np.zeros_like(weight), where=decisions.trust > 0)
    targets = own * decisions.labels + (1 - own) * said
    seen = ~np.isnan(decisions.values).all(axis=0)
    coefficients = np.zeros(len(prior))
    if prior[seen].sum() == 0:
        return coefficients, 0.0
    declared = prior[seen] / prior[seen].sum()
    coefficients[seen], intercept = fit_logistic(decisions.values[:, seen], targets, declared, decisions.trust)
    return coefficients, intercept


def _shares(coefficients: Floats, decisions: Decisions, prior: Floats) -> Floats:
    """Weights that add up to 1; a component without any data keeps its declared share."""
    unseen = np.isnan(decisions.values).all(axis=0)
    kept = np.where(unseen, prior, 0.0)
    return kept + (1 - kept.sum()) * coefficients / coefficients.sum()


def _too_little(decisions: Decisions, weight: Floats) -> Verdict | None:
    by_label = [float(weight[decisions.labels == label].sum()) for label in (0.0, 1.0)]
    if min(by_label) == 0 and len(decisions):
        return Verdict.ONE_LABEL_ONLY
    if sum(by_label) < MIN_DECISIONS or min(by_label) < MIN_PER_LABEL:
        return Verdict.TOO_FEW_DECISIONS
    return None


def _declared_probability(decisions: Decisions, prior: Floats, weight: Floats) -> Floats:
    """What the declared weights say of each pair, put on the scale of the decisions that count."""
    from sklearn.linear_model import LogisticRegression

    score = scores(decisions.values, prior).reshape(-1, 1)
    model = LogisticRegression(C=100.0).fit(score, decisions.labels, sample_weight=weight)
    slope, intercept = max(0.0, float(model.coef_[0, 0])), float(model.intercept_[0])
    if slope == 0.0:
        intercept = float(np.log(np.average(decisions.labels, weights=weight) or 1e-12))
    return np.asarray(expit(slope * score[:, 0] + intercept))


def _as_vector(weights: Mapping[str, float], codes: Sequence[str]) -> Floats:
    vector = np.array([weights[code] for code in codes], dtype=float)
    if vector.sum() <= 0:
        raise ValueError("no component has a weight above 0")
    return vector / vector.sum()


def _as_mapping(weights: Floats, codes: Sequence[str]) -> dict[str, float]:
    return {code: round(float(weight), 6) for code, weight in zip(codes, weights, strict=True)}


def split(decisions: Decisions) -> tuple[Decisions, Decisions]:
    """Decisions to learn from and decisions held out: no firm is in both, and what is held out came later."""
    past, new, _ = split_masks(decisions)
    return decisions.only(past), decisions.only(new)


def split_masks(decisions: Decisions) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are learned from, which are held out, and which are later ones of firms that were learned from.

    The firms first seen last are held out, until they make a quarter of the decisions; of the other firms only what was
    decided before is learned from. Firms first seen on the same day stand in an order drawn from their names.
    """
    firms = pd.Series(decisions.firms, dtype=object).map(str).to_numpy()
    first = pd.Series(decisions.on).groupby(firms).min()
    order = sorted(first.index, key=lambda firm: (first[firm], hashlib.sha256(firm.encode()).digest()), reverse=True)
    sizes = pd.Series(firms).value_counts()
    taken = np.cumsum([sizes[firm] for firm in order])
    n_held_out = int(np.searchsorted(taken, HELD_OUT_SHARE * len(decisions))) + 1
    held_out = set(order[:n_held_out]) if len(order) > 1 else set()
    is_held_out = np.array([firm in held_out for firm in firms], dtype=bool)
    before = first[order[n_held_out - 1]] if held_out else np.datetime64("9999-12-31")
    is_past = ~is_held_out & (decisions.on <= before)
    return is_past, is_held_out, ~is_past & ~is_held_out


def promote(
    current: Mapping[str, float], candidate: Mapping[str, float], held_out: Decisions, *, seed: int = 0
) -> Promotion:
    """Compare two sets of weights on held-out decisions; only a candidate that is surely better is promoted.

    Firms are drawn again together with all their decisions (cluster bootstrap), and the cap on influence holds here
    too, so that nobody can vote a model through the gate.
    """
    weight = influence(held_out)
    if too_few_held_out(held_out, weight):
        return Promotion(Verdict.TOO_FEW_HELD_OUT, len(held_out))
    both = [levels(scores(held_out.values, _as_vector(part, held_out.codes))) for part in (current, candidate)]
    now, then = (auc(held_out.labels, order, weight) for order in both)
    low, high = _difference(held_out, both[0], both[1], weight, seed)
    verdict = Verdict.PROMOTED
    if then <= now:
        verdict = Verdict.NOT_BETTER
    elif low <= 0:
        verdict = Verdict.TIES_WITHIN_THE_INTERVAL
    return Promotion(verdict, len(held_out), now, then, low, high)


def too_few_held_out(held_out: Decisions, weight: Floats) -> bool:
    """Whether there is too little to judge an order by."""
    by_label = [float(weight[held_out.labels == label].sum()) for label in (0.0, 1.0)]
    return sum(by_label) < MIN_HELD_OUT or min(by_label) < MIN_PER_LABEL / 2


def _difference(
    held_out: Decisions, one: NDArray[np.int64], other: NDArray[np.int64], weight: Floats, seed: int
) -> tuple[float, float]:
    """Bootstrap interval of the gain of the other order over the one."""
    differences = [
        auc(held_out.labels, other, drawn) - auc(held_out.labels, one, drawn) for drawn in draws(held_out, weight, seed)
    ]
    low, high = np.quantile(differences, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def draws(held_out: Decisions, weight: Floats, seed: int) -> Iterator[Floats]:
    """Weights (n,) of seeded draws of the firms, each with all its decisions; draws of one label only are left out."""
    generator = np.random.default_rng(seed)
    firms = pd.factorize(pd.Series(held_out.firms, dtype=object), use_na_sentinel=False)[0]
    n_firms = int(firms.max()) + 1
    for _ in range(N_RESAMPLES):
        drawn = np.bincount(generator.integers(n_firms, size=n_firms), minlength=n_firms)[firms] * weight
        if all(drawn[held_out.labels == label].sum() > 0 for label in (0.0, 1.0)):
            yield drawn


def levels(score: Floats) -> NDArray[np.int64]:
    """Place of each score among the distinct ones, from below."""
    return np.unique(score, return_inverse=True)[1]


def auc(labels: Floats, levels: NDArray[np.int64], weight: Floats) -> float:
    """Weighted share of (good, bad) pairs in order, ties counting half; scikit-learn's figure, by counting."""
    good, bad = (np.bincount(levels, weights=weight * part) for part in (labels, 1 - labels))
    below = np.cumsum(bad) - bad / 2
    return float(good @ below / (good.sum() * bad.sum()))


@threadpool_limits.wrap(limits=1)  # threads wait for each other longer than so few decisions take
def study(decisions: Decisions, current: Mapping[str, float], *, seed: int = 0) -> Study:
    """Learn on the earlier firms and judge on the later ones. Nothing is promoted by this."""
    aside = contradicting(decisions, current)
    past, held_out = split(decisions.without(aside))
    learned = learn_weights(past, current)
    learned = replace(learned, set_aside=(*aside, *learned.set_aside))
    if not learned.is_learned:
        return Study(learned, Promotion(learned.verdict, len(held_out)), None)
    promotion = promote(current, learned.weights, held_out, seed=seed)
    return Study(learned, promotion, _boosted_auc(past, held_out, seed) if promotion.current is not None else None)


def _boosted_auc(past: Decisions, held_out: Decisions, seed: int) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier

    varies = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in past.values.T])
    if not varies.any():
        return 0.5
    model = HistGradientBoostingClassifier(max_iter=100, max_bins=32, random_state=seed)
    model.fit(past.values[:, varies], past.labels, sample_weight=influence(past))
    order = levels(model.predict_proba(held_out.values[:, varies])[:, 1])
    return auc(held_out.labels, order, influence(held_out))
