"""Money as an integer count of fen, rates as basis points."""

from decimal import ROUND_HALF_UP, Decimal

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
FEN_PER_YI = 10_000_000_000
MAX_FEN = 10**17
"""Upper limit of any stored amount: one quadrillion fen, far above a city's economy and inside 64 bits."""


def fen_from_wan(wan: Decimal) -> int:
    """Fen for an amount typed in 万元; more than two decimals of a yuan are rounded half up."""
    return int((wan * FEN_PER_WAN).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def wan_from_fen(fen: int) -> Decimal:
    """Exact amount in 万元."""
    return Decimal(fen) / FEN_PER_WAN


def bps_from_percent(percent: Decimal) -> int:
    """Basis points for a rate typed in percent, rounded half up."""
    return int((percent * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent_from_bps(bps: int) -> Decimal:
    """Exact rate in percent."""
    return Decimal(bps) / 100
