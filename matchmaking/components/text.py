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
        lexical = float(left.multiply(right).sum())
        if not self.model.share:
            return lexical
        latent = _asked(self.model, [demand.text], left)[0] @ _offered(self.model, [supply.text], right)[0]
        return (1 - self.model.share) * lexical + float(latent)

    def values(self, demands: Columns, supplies: Columns) -> NDArray[np.float64]:
        left, right = self.model.vectors(demands.texts), self.model.vectors(supplies.texts)
        values: NDArray[np.float64] = (left @ right.T).toarray()
        if self.model.share:
            latent = _asked(self.model, demands.texts, left) @ _offered(self.model, supplies.texts, right).T
            values = (1 - self.model.share) * values + latent
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
        self._meanings = _offered(model, supplies.texts, self._right).astype(np.float32) if model.share else None
        self._has = np.diff(self._right.indptr) > 0

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        left, share = self._model.vectors(demands.texts), self._model.share
        has_left = np.diff(left.indptr) > 0
        if self._meanings is None:
            return (Postings(left, self._right, has_left, self._has),)
        return (
            Postings(left * (1 - share), self._right, has_left, self._has),
            Factors(_asked(self._model, demands.texts, left).astype(np.float32), self._meanings, has_left, self._has),
        )


def _asked(model: TextModel, texts: list[str], rows: Any) -> NDArray[np.float64]:
    """The demands' side of the latent part, with its weight: a product with `_offered` is share (1 + cosine) / 2.

    Rounded to float32 as a whole, so that both paths multiply the same numbers and break ties alike.
    """
    weighted = _with_one(model.meanings(texts, rows)) * (model.share / 2)
    rounded: NDArray[np.float64] = weighted.astype(np.float32).astype(np.float64)
    return rounded


def _offered(model: TextModel, texts: list[str], rows: Any) -> NDArray[np.float64]:
    return _with_one(model.meanings(texts, rows))


def _with_one(meanings: NDArray[np.float64]) -> NDArray[np.float64]:
    """A further column of ones, so that a product of two rows is one plus their cosine."""
    return np.column_stack([meanings, np.ones(len(meanings))])


TEXT = TextComponent()
