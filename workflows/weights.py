"""How much each aspect weighs in the product's lists: the market's own weights, but for the track record.

The markets declare their track records for tables whose supplies are known by their history alone; there they outweigh
everything. On screen both sides file facts, and a record is to refine these: together at most a fifth of the score
where all facts are there (0.25 against 1.00). Past texts do not count here: in a likeness one could recognise
the need of another firm.
"""

from datetime import date

from matchmaking import MARKETS, MatchSettings
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD, ComponentCode

_C = ComponentCode
_TRACK_WEIGHTS: dict[Market, dict[ComponentCode, float]] = {
    Market.FINANCE: {_C.TRACK_ACTIVITY: 0.08, _C.TRACK_INDUSTRY: 0.07, _C.TRACK_REGION: 0.05, _C.TRACK_SIZE: 0.05},
    Market.SUPPLY: {_C.TRACK_ACTIVITY: 0.10, _C.TRACK_INDUSTRY: 0.10, _C.TRACK_REGION: 0.05},
}


def weights_in_use(market: Market) -> dict[str, float]:
    """Weight by component code, in the market's order."""
    tracked = {code.value: _TRACK_WEIGHTS[market].get(code, 0.0) for code in TRACK_RECORD}
    return MatchSettings(as_of=date.min, weights=tracked).weight(MARKETS[market.value])
