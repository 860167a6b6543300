"""The engine as one estimator: fitted on supplies and history, asked with demands."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from matchmaking import text
from matchmaking.columns import Columns, as_columns
from matchmaking.compiled import ELIGIBLE, NOT_CLOSED, CompiledMarket, Shortlist, Wanted
from matchmaking.components.base import Fitting
from matchmaking.facts import BadFacts
from matchmaking.history import History
from matchmaking.markets.base import Market
from matchmaking.ranking import RankedPairs, kept_pairs, ranked_plainly, shortlisted_pairs
from matchmaking.reference import PairResult, score_pair, with_changes
from matchmaking.settings import MatchSettings

Rows = Columns | Iterable[Any]


class EngineNotReady(RuntimeError):
    """The engine was asked before `fit`."""


class Recommender:
    """Recommends supplies to demands and says why, in scikit-learn's manner.

    Parameters
    ----------
    market : Market
    settings : MatchSettings

    Attributes
    ----------
    components_ : tuple of FittedComponent, in the market's order
    text_model_ : TextModel
    supplies_ : Columns, in the order given to `fit`
    """

    def __init__(self, market: Market, settings: MatchSettings) -> None:
        self.market = market
        self.settings = settings

    def __getstate__(self) -> dict[str, Any]:
        """What was fitted; what was compiled from it is made again where it is needed."""
        return self.__dict__ | {"_compiled": None}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"market": self.market, "settings": self.settings}

    def set_params(self, **params: Any) -> "Recommender":
        """Set parameters by name. Raises ValueError on an unknown name."""
        if strange := set(params) - set(self.get_params()):
            raise ValueError(f"unknown parameters: {sorted(strange)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(
        self,
        supplies: Rows,
        *,
        demands: Rows = (),
        history: History | None = None,
        text_model: text.TextModel | None = None,
    ) -> "Recommender":
        """Learn text weights and track records, and take the supplies that will be recommended.

        Parameters
        ----------
        supplies : rows or Columns of the market's supply type
        demands : rows or Columns to learn text weights from; they are not recommended anything yet
        history : what really happened before
        text_model : a model fitted before, so that texts are weighed as they were then; by default one is fitted on
            the shipped vocabulary and the texts of supplies, demands and history

        Raises
        ------
        BadFacts : two supplies share an id.
        """
        self.supplies_ = as_columns(supplies, self.market.supply_type)
        _refuse_shared_ids(self.supplies_)
        learned_from = as_columns(demands, self.market.demand_type)
        self._compiled: CompiledMarket | None = None
        happened = history or History()
        if text_model is None:
            texts = [*self.supplies_.texts, *learned_from.texts, *(event.demand.text for event in happened.events)]
            text_model = text.TextModel(
                share=self.settings.text_latent_share,
                n_dimensions=self.settings.text_dimensions,
                embedding=self.settings.text_embedding,
            ).fit(texts)
        self.text_model_ = text_model
        fitting = Fitting(self.supplies_, learned_from, happened, text_model)
        self._fitting = fitting
        self.components_ = tuple(part.fit(fitting) for part, _ in self.market.components)
        return self

    def with_supplies(self, supplies: Rows) -> "Recommender":
        """The same fitted engine over other supplies.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        BadFacts : two supplies share an id.
        """
        self.asked(())
        other = copy(self)
        other.supplies_ = as_columns(supplies, self.market.supply_type)
        _refuse_shared_ids(other.supplies_)
        other._compiled = None
        return other

    def with_history(self, history: History) -> "Recommender":
        """The same engine with its text weights, and what it learns from history learned anew.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        """
        self.asked(())
        other = copy(self)
        other._fitting = replace(self._fitting, history=history)
        other.components_ = tuple(part.fit(other._fitting) for part, _ in self.market.components)
        other._compiled = None
        return other

    def rank(self, demands: Rows, *, top: int = 20) -> RankedPairs:
        """The `top` pairs of each demand that no gate closes, by score; ties in order of supply id.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        """
        return RankedPairs.joined(list(self.rank_blocks(demands, top=top)), len(self.market.components))

    def rank_blocks(self, demands: Rows, *, top: int = 20, n_threads: int | None = None) -> Iterator[RankedPairs]:
        """`rank` by blocks of demands in their order, for lists that do not fit into memory at once."""
        asked = self.asked(demands)
        if not len(asked) or not len(self.supplies_):
            return
        if self.settings.path == "reference":
            yield ranked_plainly(self.market, self.settings, self.components_, asked, self.supplies_, top)
            return
        wanted = [Wanted(NOT_CLOSED, top)]
        for _, (found,) in self.compiled().shortlists(asked, wanted, n_threads=n_threads):
            yield _ranked(found)

    def rank_eligible(self, demands: Rows) -> RankedPairs:
        """The eligible pairs that `recommend` keeps of each demand, as columns: thousands of lists in a second.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        """
        asked = self.asked(demands)
        n_components = len(self.market.components)
        if not len(asked) or not len(self.supplies_):
            return RankedPairs.joined([], n_components)
        if self.settings.path == "reference":
            top, parts = self.settings.per_demand, self.components_
            return ranked_plainly(self.market, self.settings, parts, asked, self.supplies_, top, states=("eligible",))
        wanted = [Wanted(ELIGIBLE, self.settings.per_demand)]
        lists = [found for _, (found,) in self.compiled().shortlists(asked, wanted)]
        return RankedPairs.joined([_ranked(found) for found in lists], n_components)

    def compiled(self) -> CompiledMarket:
        """The fast path against the fitted supplies, made when first needed."""
        if self._compiled is None or self._compiled.settings is not self.settings:
            self._compiled = CompiledMarket(self.market, self.settings, self.components_, self.supplies_)
        return self._compiled

    def recommend(self, demands: Rows) -> list[PairResult]:
        """The kept pairs of every demand, by demand id: eligible by score, then undecided, then near misses.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        BadFacts : two demands share an id.
        """
        asked = self.asked(demands)
        _refuse_shared_ids(asked)
        asked = asked.take(np.argsort(asked.id_order))
        if not len(asked) or not len(self.supplies_):
            return []
        if self.settings.path == "reference":
            return kept_pairs(self.market, self.settings, self.components_, asked, self.supplies_)
        return shortlisted_pairs(self.market, self.settings, self.compiled(), asked, self.supplies_)

    def explain(self, demand: Any, supply: Any) -> PairResult:
        """One pair in full, whatever its gates say; neither row need be among those fitted.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        """
        self.asked(())
        everything = replace(self.settings, max_closed=len(self.market.gates))
        values = [part.value(demand, supply) for part in self.components_]
        pair = score_pair(self.market, everything, demand, supply, values)
        assert pair is not None
        return with_changes(self.market, everything, demand, supply, pair)

    def asked(self, demands: Rows) -> Columns:
        """Demands as columns.

        Raises
        ------
        EngineNotReady : `fit` has not been called.
        """
        if not hasattr(self, "components_"):
            raise EngineNotReady("call fit first")
        return as_columns(demands, self.market.demand_type)


def _ranked(found: Shortlist) -> RankedPairs:
    ranks = np.arange(len(found.rows)) - np.searchsorted(found.rows, found.rows) + 1
    return RankedPairs(found.rows, found.supplies.astype(np.int32), ranks.astype(np.int32), found.score, found.points)


def _refuse_shared_ids(rows: Columns) -> None:
    seen: set[Any] = set()
    for row_id in rows.ids:
        if row_id in seen:
            raise BadFacts(f"two rows have the id {row_id!r}")
        seen.add(row_id)


def _shipped_text(settings: MatchSettings) -> text.TextModel:
    return text.shipped(settings.text_latent_share, settings.text_dimensions, settings.text_embedding)


def ready(market: Market, supplies: Rows, settings: MatchSettings, history: History | None = None) -> Recommender:
    """The engine as `recommend` uses it, for those that ask it more than once about the same supplies."""
    return Recommender(market, settings).fit(supplies, history=history, text_model=_shipped_text(settings))


def recommend(
    market: Market, demands: Rows, supplies: Rows, settings: MatchSettings, history: History | None = None
) -> list[PairResult]:
    """`Recommender.recommend` in one call.

    A pair's result depends on its two rows, the history and the settings only, so a run over part of the rows gives
    the same pairs as a whole run.
    """
    return ready(market, supplies, settings, history).recommend(demands)


def explain(
    market: Market, demand: Any, supply: Any, settings: MatchSettings, history: History | None = None
) -> PairResult:
    """`Recommender.explain` in one call."""
    return ready(market, [supply], settings, history).explain(demand, supply)


def warm_up(markets: Iterable[Market]) -> None:
    """Load scikit-learn, fit the vectoriser and load the machine code, so that the first need does not wait for it.

    Where the machine code was never made on this computer, making it takes some ten seconds; it is kept beside the
    source, or in the user's cache where that cannot be written.
    """
    for market in markets:
        supplies = [market.supply_type(id=number) for number in range(2)]
        demands = [market.demand_type(id=number, text="铜") for number in range(20)]
        ready(market, supplies, MatchSettings(as_of=date(2026, 1, 1))).recommend(demands)
