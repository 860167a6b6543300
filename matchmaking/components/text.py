"""Similarity of what the two sides say."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns
from matchmaking.components.base import Compiled, Factors, FittedComponent, Fitting, Form, Postings
from matchmaking.text import TextModel
from vocabulary.reasons import ComponentCode


class TextComponent:
    """Similarity of the two texts by words and by meaning; no data where either text has no known word."""

    code = ComponentCode.TEXT

    def fit(self, fitting: Fitting) -> FittedComponent:
        return FittedText(fitting.text)


@dataclass(frozen=True)
class FittedText(FittedComponent):
    """The component with its text model."""

    model: TextModel
    code: ComponentCode = ComponentCode.TEXT

    def value(self, demand: Any, supply: Any) -> float | None:
        left, right = self.model.vectors([demand.text]), self.model.vectors([supply.text])
        if not left.nnz or not right.nnz:
            return None
        share = self.model.share
        lexical = float(left.multiply(right).sum())
        if not share:
            return lexical
        latent = float(self.model.meanings([demand.text], left)[0] @ self.model.meanings([supply.text], right)[0])
        return min(1.0, max(0.0, (1 - share) * lexical + share * (1 + latent) / 2))

    def values(self, demands: Columns, supplies: Columns) -> NDArray[np.float64]:
        left, right = self.model.vectors(demands.texts), self.model.vectors(supplies.texts)
        share = self.model.share
        values: NDArray[np.float64] = (left @ right.T).toarray()
        if share:
            latent = self.model.meanings(demands.texts, left) @ self.model.meanings(supplies.texts, right).T
            values = np.clip((1 - share) * values + share * (1 + latent) / 2, 0.0, 1.0)
        values[np.diff(left.indptr) == 0] = np.nan
        values[:, np.diff(right.indptr) == 0] = np.nan
        return values

    def against(self, supplies: Columns) -> Compiled:
        return _TextAgainst(self.model, supplies)


class _TextAgainst:
    """Rows of the supplies' texts, kept; the weights of the two parts stand on the demands' side."""

    def __init__(self, model: TextModel, supplies: Columns) -> None:
        self._model = model
        self._right = model.vectors(supplies.texts)
        self._meanings = _with_one(model.meanings(supplies.texts, self._right)) if model.share else None
        self._has = np.diff(self._right.indptr) > 0

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        left, share = self._model.vectors(demands.texts), self._model.share
        has_left = np.diff(left.indptr) > 0
        if self._meanings is None:
            return (Postings(left, self._right, has_left, self._has),)
        meanings = _with_one(self._model.meanings(demands.texts, left)) * np.float32(share / 2)
        return (
            Postings(left * (1 - share), self._right, has_left, self._has),
            Factors(meanings.astype(np.float32), self._meanings, has_left, self._has),
        )


def _with_one(meanings: NDArray[np.float64]) -> NDArray[np.float32]:
    """A further column of ones, so that a product of two rows is one plus their cosine."""
    return np.column_stack([meanings, np.ones(len(meanings))]).astype(np.float32)


TEXT = TextComponent()
