"""Similarity of what the two sides say."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns
from matchmaking.components.base import Compiled, FittedComponent, Fitting, Form, Postings
from matchmaking.text import TextModel
from vocabulary.reasons import ComponentCode


class TextComponent:
    """Cosine of the two texts' rows; no data where either text is empty."""

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
        return float(left.multiply(right).sum()) if left.nnz and right.nnz else None

    def values(self, demands: Columns, supplies: Columns) -> NDArray[np.float64]:
        (form,) = self.against(supplies).compile(demands)
        assert isinstance(form, Postings)
        values: NDArray[np.float64] = (form.left @ form.right.T).toarray()
        values[~form.has_left] = np.nan
        values[:, ~form.has_right] = np.nan
        return values

    def against(self, supplies: Columns) -> Compiled:
        return _TextAgainst(self.model, supplies)


class _TextAgainst:
    def __init__(self, model: TextModel, supplies: Columns) -> None:
        self._model = model
        self._right = model.vectors(supplies.texts)

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        left = self._model.vectors(demands.texts)
        return (Postings(left, self._right, np.diff(left.indptr) > 0, np.diff(self._right.indptr) > 0),)


TEXT = TextComponent()
