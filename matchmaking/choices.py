"""Component weights from what was chosen before, where nobody decided about single pairs.

Each past demand chose one supply among all it could have had. The history is cut by time: the track records are fitted
on its first part, the weights on the second (an event is never in the record it is judged by), and the third decides
whether the learned weights are better. Candidates are the best by the current weights, the chosen one always among
them, since it is the head of the list that counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.evaluation import CONFIDENCE, resampled_means
from matchmaking.history import Event, History
from matchmaking.learning import Verdict
from matchmaking.markets.base import Market
from matchmaking.recommender import Recommender
from matchmaking.settings import MatchSettings
from matchmaking.weights import Floats, fit_choices, scores

MIN_EVENTS = 50
"""Below this many events to learn from the declared weights stay."""
RECORD_SHARE, LEARN_SHARE = 0.6, 0.8
"""Parts of the history by time: up to here the track record, up to here the weights, the rest judges."""
N_CANDIDATES = 200
_LEAST = 0.02
"""Weight under which a component is listed with while learning: at 0 its value would not be known."""


@dataclass(frozen=True)
class Choices:
    """Demands with their candidates, flat.

    values : float (n_rows, n_components), NaN where a component abstained; the rows of a demand stand together
    starts : int64 (n_demands,), the first row of each demand
    chosen : bool (n_rows,), exactly one of each demand
    """

    values: Floats
    starts: NDArray[np.int64]
    chosen: NDArray[np.bool_]


@dataclass(frozen=True)
class ChoiceStudy:
    """Learned weights, and how they rank the chosen supply in the part held out.

    `low` and `high` bound the difference of the mean reciprocal ranks, learned less current.
    """

    weights: dict[str, float]
    verdict: Verdict
    n_learned_from: int
    n_held_out: int
    current: float | None = None
    learned: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_promoted(self) -> bool:
        return self.verdict is Verdict.PROMOTED

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def learn_from_history(
    market: Market,
    settings: MatchSettings,
    supplies: Sequence[Any],
    history: History,
    *,
    demands: Sequence[Any] = (),
    n_events: int = 2_000,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _step: None,
) -> ChoiceStudy:
    """Weights under which what was chosen is most likely, judged on later choices.

    Parameters
    ----------
    settings : with the current weights, which are the prior and what the learned ones are compared to.
    demands : more texts to fit the text model on.
    n_events : events at most that are learned from, and held out; drawn by `seed`.
    progress : told what is done next.
    """
    current = _normalized(settings.weight(market))
    generator = np.random.default_rng(seed)
    past, *parts = _by_time(history)
    later, last = (_sample(part, generator, n_events) for part in parts)
    if len(later) < MIN_EVENTS or len(last) < MIN_EVENTS:
        return ChoiceStudy(current, Verdict.TOO_FEW_DECISIONS, len(later), len(last))
    listed = {code: max(weight, _LEAST) for code, weight in current.items()}
    progress("fitting text and track records")
    recommender = Recommender(market, replace(settings, weights=listed))
    recommender.fit(supplies, demands=demands, history=History(tuple(past)))
    progress("listing candidates to learn from")
    choices = choices_of(recommender, later)
    held_out = choices_of(recommender, last)
    if min(len(choices.starts), len(held_out.starts)) < MIN_EVENTS:
        return ChoiceStudy(current, Verdict.TOO_FEW_DECISIONS, len(choices.starts), len(held_out.starts))
    progress("learning weights")
    prior = np.array(list(current.values()))
    coefficients = fit_choices(choices.values, choices.starts, choices.chosen.astype(float), prior)
    if coefficients.sum() <= 0:
        return ChoiceStudy(current, Verdict.NOTHING_TELLS_THEM_APART, len(choices.starts), len(held_out.starts))
    learned = coefficients / coefficients.sum()
    return _judged(dict(zip(current, learned, strict=True)), prior, learned, choices, held_out, generator)


def _judged(
    weights: Mapping[str, float],
    current: Floats,
    learned: Floats,
    choices: Choices,
    held_out: Choices,
    generator: np.random.Generator,
) -> ChoiceStudy:
    now, then = (reciprocal_ranks(held_out, part) for part in (current, learned))
    low, high = np.quantile(resampled_means(then - now, generator), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    verdict = Verdict.PROMOTED
    if then.mean() <= now.mean():
        verdict = Verdict.NOT_BETTER
    elif low <= 0:
        verdict = Verdict.TIES_WITHIN_THE_INTERVAL
    rounded = {code: round(float(weight), 4) for code, weight in weights.items()}
    counts = (len(choices.starts), len(held_out.starts))
    return ChoiceStudy(rounded, verdict, *counts, float(now.mean()), float(then.mean()), float(low), float(high))


def choices_of(recommender: Recommender, events: Sequence[Event], *, n_candidates: int = N_CANDIDATES) -> Choices:
    """Each event's best candidates and the chosen one. Events whose chosen supply a gate closes are left out.

    All weights of the recommender are above 0, so that a component's value follows from its points.
    """
    market, settings = recommender.market, recommender.settings
    weights = np.array(list(settings.weight(market).values()))
    ids = recommender.supplies_.ids
    row_of = {row_id: place for place, row_id in enumerate(ids)}
    ranked = recommender.rank([event.demand for event in events], top=n_candidates)
    values = _values(ranked.points, weights)
    places = np.searchsorted(ranked.demand_index, np.arange(len(events) + 1))
    blocks, chosen = [], []
    for number, event in enumerate(events):
        rows = slice(places[number], places[number + 1])
        is_chosen = ranked.supply_index[rows] == row_of[event.supply_id]
        block = values[rows]
        if not is_chosen.any():
            pair = recommender.explain(event.demand, recommender.supplies_.row(row_of[event.supply_id]))
            if pair.state == "closed":
                continue
            own = [np.nan if part.value is None else part.value for part in pair.contributions]
            block = np.vstack([block, np.array([own], dtype=float)])
            is_chosen = np.append(is_chosen, True)
        blocks.append(block)
        chosen.append(is_chosen)
    sizes = np.array([len(block) for block in blocks], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    if not blocks:
        return Choices(np.empty((0, len(weights))), starts, np.empty(0, dtype=bool))
    return Choices(np.vstack(blocks), starts, np.concatenate(chosen))


def _values(points: Floats, weights: Floats) -> Floats:
    """Component values in [0, 1] from points: value = points * mass / weight."""
    mass = (~np.isnan(points)) @ weights
    return np.clip(points * mass[:, None] / weights, 0.0, 1.0)


def reciprocal_ranks(choices: Choices, weights: Floats) -> Floats:
    """1 / mean rank of the chosen supply of each demand (n_demands,) under these weights."""
    score = np.round(scores(choices.values, weights), 12)
    sizes = np.diff(np.append(choices.starts, len(score)))
    own = np.repeat(score[choices.chosen], sizes)
    above = np.add.reduceat((score > own).astype(float), choices.starts)
    equal = np.add.reduceat((score == own).astype(float), choices.starts)
    return 1 / (above + (equal + 1) / 2)


def _by_time(history: History) -> tuple[list[Event], list[Event], list[Event]]:
    """Three parts by day; the events of one day stay together."""
    events = sorted(history.events, key=lambda event: event.on)
    if not events:
        return [], [], []
    cuts = [events[min(len(events) - 1, int(len(events) * share))].on for share in (RECORD_SHARE, LEARN_SHARE)]
    return (
        [event for event in events if event.on < cuts[0]],
        [event for event in events if cuts[0] <= event.on < cuts[1]],
        [event for event in events if event.on >= cuts[1]],
    )


def _sample(events: Iterable[Event], generator: np.random.Generator, n_events: int) -> list[Event]:
    listed = list(events)
    if len(listed) <= n_events:
        return listed
    return [listed[place] for place in sorted(generator.choice(len(listed), n_events, replace=False))]


def _normalized(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if total <= 0:
        raise ValueError("no component has a weight above 0")
    return {code: weight / total for code, weight in weights.items()}
