"""What can be set about a run, frozen and named by a fingerprint."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from matchmaking.markets.base import Market

ENGINE_VERSION = "3"
"""Another version gives other scores; stored runs of an older one cannot be made again."""
PATHS = ("compiled", "reference")


@dataclass(frozen=True)
class MatchSettings:
    """Settings of one run; the day is part of them, since the engine reads no clock.

    `weights` overrides the market's by component code. `per_demand`, `possible` and `near` say how many eligible,
    undecided and closed pairs are kept for each demand.
    """

    as_of: date
    weights: dict[str, float] = field(default_factory=dict)
    per_demand: int = 200
    possible: int = 20
    near: int = 10
    max_closed: int = 3
    """A pair with more closed gates than this is no near miss."""
    text_latent_share: float = 0.0
    """Weight of latent meaning in the similarity of texts, in [0, 1]; the rest is exact words and grams."""
    text_dimensions: int = 64
    """Dimensions of the latent part."""
    text_embedding: str = ""
    """`package.module:function` from a list of texts to an array (n_texts, d), instead of the latent part. It is
    imported where the settings are used, so a settings file is as trusted as a program."""
    path: str = "compiled"
    """How lists are made, not what is in them: `compiled` or, to check it, `reference`. Not part of the fingerprint."""

    def __post_init__(self) -> None:
        if any(not 0 <= weight < float("inf") for weight in self.weights.values()):
            raise ValueError("weights are finite and not negative")
        if min(self.per_demand, self.possible, self.near, self.max_closed) < 0:
            raise ValueError("counts are not negative")
        if not 0 <= self.text_latent_share <= 1 or self.text_dimensions < 1:
            raise ValueError("text_latent_share lies in [0, 1], text_dimensions is at least 1")
        if self.path not in PATHS:
            raise ValueError(f"path is one of {PATHS}")

    def weight(self, market: Market) -> dict[str, float]:
        """Weight of each component of the market, in its order."""
        return {part.code.value: self.weights.get(part.code.value, default) for part, default in market.components}

    def to_dict(self, market: Market) -> dict[str, Any]:
        """JSON-ready values, with the market's weights spelled out."""
        values = asdict(self) | {"as_of": self.as_of.isoformat(), "weights": self.weight(market)}
        del values["path"]
        return values | {"market": market.code, "engine": ENGINE_VERSION}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "MatchSettings":
        """Settings from what `to_dict` gave. Raises ValueError if they belong to another engine version."""
        if values.get("engine") != ENGINE_VERSION:
            raise ValueError(f"settings of engine {values.get('engine')}, this is {ENGINE_VERSION}")
        kept = {name: value for name, value in values.items() if name not in ("market", "engine")}
        return cls(**kept | {"as_of": date.fromisoformat(kept["as_of"])})

    def fingerprint(self, market: Market) -> str:
        """SHA-256 of the canonical JSON."""
        content = json.dumps(self.to_dict(market), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()
