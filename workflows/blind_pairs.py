"""The announced share of pairs that officials decide without seeing the score, so that their judgement stays their own.

Drawn once, when a recommended pair is put before the office; nobody chooses which. What share, an operator sets
(`LIANRONG_BLIND_PERCENT`); without a setting none.
"""

import secrets

_share = 0.0


def set_share(share: float) -> None:
    """Draw this share, in [0, 1], of the pairs proposed from now on."""
    global _share
    _share = share


def draw() -> bool:
    """Whether the pair at hand is one of them."""
    return secrets.SystemRandom().random() < _share
