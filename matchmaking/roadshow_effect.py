"""Roadshow effect: outcomes of firms that took part beside those of similar firms that did not.

Each firm of the group is paired with one that did not come: of the same chain, and as near as possible in what was
known of both before the day. Nearness is Gower's coefficient (Gower 1971, Biometrics 27); the pairs are those with the
least total distance (optimal matching, Rosenbaum 1989, JASA 84), not the first found. The interval for the difference
of two shares is Newcombe's hybrid score interval (Newcombe 1998, Statistics in Medicine 17: 873-890, method 10). It
treats the two groups as independent, which for firms alike is on the wide side. A difference is a comparison at the
same time and never a proof of cause: what made a firm come may also have made it do well.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import norm

from vocabulary.roadshow_effect import Covariate, EffectOutcome, LeftOut

MIN_PAIRS = 20
"""Below this no number is given: with 20 pairs two thirds against one third is just told apart from chance."""
CALIPER = 0.25
"""Farthest two firms of a pair may be from each other, in [0, 1]: two categories of three differ and little else."""
_CATEGORIES = (Covariate.DISTRICT, Covariate.INDUSTRY, Covariate.TIER)
_NUMBERS = (Covariate.SIZE, Covariate.OPEN_POSTINGS, Covariate.EARLIER)
_SPANS = {Covariate.SIZE: 4.0, Covariate.OPEN_POSTINGS: log1p(10), Covariate.EARLIER: log1p(10)}
"""Gaps that count as wholly different: four of the seven steps of the size bands; none against ten, by logarithm.
Fixed, so that the distance of two firms does not depend on who else is there."""
_NUMBER_WEIGHT = 2.0
"""Of a number against a category: two firms seldom lie a whole span apart, and categories would decide alone
(Hennig and Liao 2013, Applied Statistics 62)."""
_FORBIDDEN = 1e6
"""Above any sum of distances, so that as many pairs as possible come before near ones."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FirmBefore:
    """A firm as it was known before the day, and what came to it within the months after.

    `size` is a level of the revenue bands; `open_postings` and `earlier` are counts. None where nothing is known.
    """

    id: int
    chain: int
    district: str | None = None
    industry: str | None = None
    size: int | None = None
    tier: str | None = None
    open_postings: int = 0
    earlier: int = 0
    outcomes: frozenset[EffectOutcome] = frozenset()


@dataclass(frozen=True)
class OutcomeDifference:
    """How many of either group reached an outcome; `difference` of the shares with its 95 % interval, in [-1, 1]."""

    outcome: EffectOutcome
    n_group: int
    n_similar: int
    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Balance:
    """Standardised difference of a covariate: of the group and all other firms, and within the pairs.

    Of a category the largest over its values. None where one of the two groups has no value.
    """

    covariate: Covariate
    all_firms: float | None
    pairs: float | None


@dataclass(frozen=True)
class Effect:
    """The comparison. `outcomes` is empty when there are fewer than `min_pairs` pairs: too few to say anything."""

    pairs: tuple[tuple[int, int], ...]
    """(firm of the group, similar firm), by id."""
    n_group: int
    n_others: int
    min_pairs: int
    outcomes: tuple[OutcomeDifference, ...]
    balance: tuple[Balance, ...]
    left_out: Mapping[int, LeftOut]

    @property
    def is_enough(self) -> bool:
        return len(self.pairs) >= self.min_pairs


def roadshow_effect(
    group: Sequence[FirmBefore],
    others: Sequence[FirmBefore],
    *,
    caliper: float = CALIPER,
    most_uses: int = 1,
    min_pairs: int = MIN_PAIRS,
) -> Effect:
    """Compare a group with similar firms among the others.

    Parameters
    ----------
    group, others : firms, disjoint; their order is irrelevant
    caliper : largest distance within a pair, in [0, 1]
    most_uses : how many firms of the group one other firm may be compared with
    min_pairs : least number of pairs for which shares are given
    """
    group, others = sorted(group, key=_by_id), sorted(others, key=_by_id)
    pairs = _pairs(group, others, caliper, most_uses)
    matched = {one.id for one, _other in pairs}
    return Effect(
        pairs=tuple((one.id, other.id) for one, other in pairs),
        n_group=len(group),
        n_others=len(others),
        min_pairs=min_pairs,
        outcomes=tuple(_difference(outcome, pairs) for outcome in EffectOutcome) if len(pairs) >= min_pairs else (),
        balance=_balance(group, others, pairs),
        left_out={firm.id: LeftOut.NOBODY_SIMILAR for firm in group if firm.id not in matched},
    )


def newcombe(n_one: float, of_one: float, n_other: float, of_other: float) -> tuple[float, float]:
    """95 % interval for the share `n_one / of_one` less `n_other / of_other`."""
    one, other = n_one / of_one, n_other / of_other
    low_one, high_one = _wilson(one, of_one)
    low_other, high_other = _wilson(other, of_other)
    difference = one - other
    low = difference - sqrt((one - low_one) ** 2 + (high_other - other) ** 2)
    high = difference + sqrt((high_one - one) ** 2 + (other - low_other) ** 2)
    return max(-1.0, low), min(1.0, high)


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval; written out because `n` need not be whole."""
    z = float(norm.ppf(0.975))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - reach, middle + reach


def _by_id(firm: FirmBefore) -> int:
    return firm.id


def _pairs(
    group: Sequence[FirmBefore], others: Sequence[FirmBefore], caliper: float, most_uses: int
) -> list[tuple[FirmBefore, FirmBefore]]:
    """Chain by chain the most pairs within the caliper, and of these the least total distance."""
    chains: dict[int, list[FirmBefore]] = defaultdict(list)
    for firm in others:
        chains[firm.chain].append(firm)
    pairs = []
    for chain in sorted({firm.chain for firm in group} & chains.keys()):
        ones = [firm for firm in group if firm.chain == chain]
        candidates = chains[chain]
        far = distances(ones, candidates)
        costs = np.tile(np.where(far <= caliper, far, _FORBIDDEN), (1, most_uses))
        for row, column in zip(*linear_sum_assignment(costs), strict=True):
            if costs[row, column] < _FORBIDDEN:
                pairs.append((ones[row], candidates[column % len(candidates)]))
    return pairs


def distances(ones: Sequence[FirmBefore], others: Sequence[FirmBefore]) -> Floats:
    """Gower's distance of every two firms, in [0, 1]: the weighted mean over what is known of both; 1 if nothing is."""
    total = np.zeros((len(ones), len(others)))
    known = np.zeros_like(total)
    for covariate in _CATEGORIES:
        left, right = (np.array([getattr(firm, covariate) or "" for firm in firms]) for firms in (ones, others))
        both = (left != "")[:, None] & (right != "")[None, :]
        total += both & (left[:, None] != right[None, :])
        known += both
    for covariate in _NUMBERS:
        left, right = _numbers(ones, covariate), _numbers(others, covariate)
        gap = np.minimum(np.abs(left[:, None] - right[None, :]) / _SPANS[covariate], 1.0)
        both = ~np.isnan(gap)
        total += _NUMBER_WEIGHT * np.where(both, gap, 0.0)
        known += _NUMBER_WEIGHT * both
    return np.where(known > 0, total / np.maximum(known, 1), 1.0)


def _numbers(firms: Sequence[FirmBefore], covariate: Covariate) -> Floats:
    """Values of a covariate, NaN where unknown; counts by their logarithm: from 0 to 1 is more than from 8 to 9."""
    raw = np.array([getattr(firm, covariate) for firm in firms], dtype=float)  # None becomes NaN
    return raw if covariate is Covariate.SIZE else np.log1p(raw)


def _difference(outcome: EffectOutcome, pairs: Sequence[tuple[FirmBefore, FirmBefore]]) -> OutcomeDifference:
    """Where firms serve in several pairs, Kish's effective number of them takes the place of the number of pairs."""
    n = len(pairs)
    n_group = sum(outcome in one.outcomes for one, _other in pairs)
    n_similar = sum(outcome in other.outcomes for _one, other in pairs)
    uses = Counter(other.id for _one, other in pairs)
    effective = n * n / sum(use * use for use in uses.values())
    low, high = newcombe(n_group, n, n_similar / n * effective, effective)
    return OutcomeDifference(outcome, n_group, n_similar, (n_group - n_similar) / n, low, high)


def _balance(
    group: Sequence[FirmBefore], others: Sequence[FirmBefore], pairs: Sequence[tuple[FirmBefore, FirmBefore]]
) -> tuple[Balance, ...]:
    ones, similar = [one for one, _other in pairs], [other for _one, other in pairs]
    return tuple(
        Balance(covariate, _standardised(group, others, covariate), _standardised(ones, similar, covariate))
        for covariate in Covariate
    )


def _standardised(ones: Sequence[FirmBefore], others: Sequence[FirmBefore], covariate: Covariate) -> float | None:
    """Difference of means over the mean standard deviation of both (Austin 2009, Statistics in Medicine 28)."""
    if covariate in _NUMBERS:
        left, right = (values[~np.isnan(values)] for values in (_numbers(ones, covariate), _numbers(others, covariate)))
        return _over_deviation(left, right)
    known = [[value for firm in firms if (value := getattr(firm, covariate))] for firms in (ones, others)]
    found = [
        _over_deviation(*(np.array([value == level for value in values], dtype=float) for values in known))
        for level in sorted({value for values in known for value in values})
    ]
    return max((each for each in found if each is not None), key=abs, default=None)


def _over_deviation(left: Floats, right: Floats) -> float | None:
    if not left.size or not right.size:
        return None
    gap = float(left.mean() - right.mean())
    deviation = sqrt((float(left.var()) + float(right.var())) / 2)
    return 0.0 if gap == 0 else gap / deviation if deviation else float(np.sign(gap))
