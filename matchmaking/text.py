"""Similarity of texts: exact TF-IDF of words and grams and, where wanted, a small part by latent meaning.

Both are fitted by scikit-learn on the names and notes of GB/T 4754-2017, which the product ships, and on the texts at
hand. A fitted model never changes; its fingerprint names what it was fitted on.

Sources: Salton and Buckley (1988) for TF-IDF with a sublinear term count; Deerwester et al. (1990) for LSA.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matchmaking.grams import normalize
from vocabulary import industries

__all__ = ["TextModel", "normalize", "shipped", "shipped_texts"]

_LARGE = 20_000
"""From this many texts on, terms that stand in many of them are left out: they slow the search and say little."""
_MAX_SHARE = 0.02
_SEMANTIC_TEXTS = 20_000
"""Texts that the latent part is fitted on, evenly drawn, so that the fit stays within seconds."""

_SHORTER = 1 - 1e-6

Embedding = Callable[[Sequence[str]], NDArray[Any]]


class TextModel:
    """Texts as sparse lexical rows and dense rows of latent meaning.

    The similarity of two texts is (1 - share) lexical cosine + share (1 + cosine of the dense rows) / 2.

    Parameters
    ----------
    share : weight of the latent part, in [0, 1]; 0 leaves it out, which is as good on GB/T 4754 notes and faster
    n_dimensions : of the latent part
    embedding : `package.module:function` that turns a list of texts into an array (n_texts, d) and replaces the latent
        part; never required.

    Attributes
    ----------
    lexical_ : GramTfidf
    fingerprint_ : SHA-256 of the parameters and of everything the model learned
    """

    def __init__(self, *, share: float = 0.0, n_dimensions: int = 64, embedding: str = "") -> None:
        self.share = share
        self.n_dimensions = n_dimensions
        self.embedding = embedding

    def fit(self, texts: Iterable[str] = ()) -> Self:
        """Learn from the shipped vocabulary and `texts`; their order and repetitions do not matter."""
        # Imported when first fitted: scikit-learn takes seconds, and many commands never need it.
        from matchmaking.gram_tfidf import GramTfidf

        corpus = sorted({*shipped_texts(), *texts})
        self.lexical_ = GramTfidf(max_share=_MAX_SHARE if len(corpus) >= _LARGE else 1.0).fit(corpus)
        learned = [repr((self.share, self.n_dimensions, self.embedding)).encode(), self.lexical_.idf_.tobytes()]
        learned.append("\n".join(sorted(self.lexical_.vocabulary_)).encode())
        if self.embedding:
            self._embed: Embedding = _imported(self.embedding)
        elif self.share:
            from sklearn.decomposition import TruncatedSVD

            step = -(-len(corpus) // _SEMANTIC_TEXTS)
            rows = self.lexical_.transform(corpus[::step])
            self._svd = TruncatedSVD(min(self.n_dimensions, min(rows.shape) - 1), random_state=0).fit(rows)
            learned.append(str(step).encode())
        self.fingerprint_ = hashlib.sha256(b"\0".join(learned)).hexdigest()
        return self

    def vectors(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Lexical rows of shape (n_texts, n_terms), unit length; a text without known terms is a row of zeros."""
        if not texts:
            return sparse.csr_matrix((0, len(self.lexical_.vocabulary_)), dtype=np.float64)
        return self.lexical_.transform(texts)

    def meanings(self, texts: Sequence[str], rows: sparse.csr_matrix) -> NDArray[np.float64]:
        """Dense rows of shape (n_texts, d); `rows` are the same texts' `vectors`.

        Of unit length, less a hair so that rounding never makes a product above 1, or zero. Values are those of
        float32: both paths multiply the same numbers.
        """
        if not texts:
            return np.zeros((0, 1))
        dense = np.asarray(self._embed(texts), dtype=np.float64) if self.embedding else self._svd.transform(rows)
        lengths = np.linalg.norm(dense, axis=1, keepdims=True)
        unit = np.divide(dense, lengths, out=np.zeros_like(dense), where=lengths > 0)
        meanings: NDArray[np.float64] = (unit * _SHORTER).astype(np.float32).astype(np.float64)
        return meanings


def _imported(path: str) -> Embedding:
    """The function named by `package.module:function`. Raises ValueError where there is none."""
    module, _, name = path.partition(":")
    try:
        found: Embedding = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"no embedding at {path!r}: {error}") from error
    return found


@cache
def shipped_texts() -> tuple[str, ...]:
    """Names and notes of GB/T 4754, each a text of its own, so that no note is tied to its name."""
    entries = industries.by_code().values()
    return tuple(dict.fromkeys(text for entry in entries for text in (entry.name_zh, entry.note) if text))


@cache
def shipped(share: float = 0.0, n_dimensions: int = 64, embedding: str = "") -> TextModel:
    """The model of the shipped vocabulary alone: with it a pair's value depends on the two texts only."""
    return TextModel(share=share, n_dimensions=n_dimensions, embedding=embedding).fit()
