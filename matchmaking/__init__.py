"""The engine: pure and deterministic. It knows neither the web nor the database.

recommend(MARKETS["finance"], demands, supplies, MatchSettings(as_of=date.today()))
"""

from matchmaking.facts import BadFacts, FinanceDemand, FinanceSupply, SupplyDemand, SupplySupply
from matchmaking.markets.base import Market
from matchmaking.markets.finance import FINANCE
from matchmaking.markets.supply import SUPPLY
from matchmaking.ranking import explain, recommend, warm_up
from matchmaking.reference import Contribution, PairResult
from matchmaking.settings import MatchSettings

MARKETS: dict[str, Market] = {market.code: market for market in (FINANCE, SUPPLY)}

__all__ = [
    "MARKETS",
    "BadFacts",
    "Contribution",
    "FinanceDemand",
    "FinanceSupply",
    "Market",
    "MatchSettings",
    "PairResult",
    "SupplyDemand",
    "SupplySupply",
    "explain",
    "recommend",
    "warm_up",
]
