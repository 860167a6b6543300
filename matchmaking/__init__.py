"""The engine: pure and deterministic. It knows neither the web nor the database.

settings = MatchSettings(as_of=date.today())
recommend(MARKETS["finance"], demands, supplies, settings)
Recommender(MARKETS["finance"], settings).fit(supplies, history=history).rank(demands, top=20)
"""

from matchmaking.columns import Column, Columns
from matchmaking.components.track_record import RecordBase
from matchmaking.facts import (
    BadFacts,
    Facts,
    FinanceDemand,
    FinanceSupply,
    Id,
    PastRefusal,
    SupplyDemand,
    SupplySupply,
)
from matchmaking.gates.refusals import level_of, standing
from matchmaking.history import Event, History
from matchmaking.incremental import Effect, HeldList, HeldPair, LiveLists, effect
from matchmaking.markets.base import Market
from matchmaking.markets.finance import FINANCE
from matchmaking.markets.supply import SUPPLY
from matchmaking.recommender import EngineNotReady, RankedPairs, Recommender, explain, ready, recommend, warm_up
from matchmaking.reference import Contribution, PairResult
from matchmaking.settings import MatchSettings

MARKETS: dict[str, Market] = {market.code: market for market in (FINANCE, SUPPLY)}

__all__ = [
    "MARKETS",
    "BadFacts",
    "Column",
    "Columns",
    "Contribution",
    "Effect",
    "EngineNotReady",
    "Event",
    "Facts",
    "FinanceDemand",
    "FinanceSupply",
    "HeldList",
    "HeldPair",
    "History",
    "Id",
    "LiveLists",
    "Market",
    "MatchSettings",
    "PairResult",
    "PastRefusal",
    "RankedPairs",
    "Recommender",
    "RecordBase",
    "SupplyDemand",
    "SupplySupply",
    "effect",
    "explain",
    "level_of",
    "ready",
    "recommend",
    "standing",
    "warm_up",
]
