"""Similarity of Chinese texts that depends on the two texts alone.

Character 1- and 2-grams, since Chinese has no spaces and default word tokens make whole clauses one word. Grams are
hashed, so no word is unknown, and weighted by how rare they are in the shipped GB/T 4754 names and notes, so a
pair's value does not change when other rows come or go.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from vocabulary import industries

MAX_CHARACTERS = 600
"""Longer texts are cut: naming every product of the catalogue must not pay."""
_BUCKETS = 2**18
_PAPERWORK = re.compile(
    r"(股份|有限|责任|集团|分)*公司|第?[一二三四五六七八九十0-9]+次|20\d\d(年|-)|采购|项目|公告|公示|招标|投标|询比|比选|中标|事前|直接|集中"
)
"""Words of notices and legal forms: they stand in every text and say nothing of the good."""
_CLAUSES = re.compile(r"[，,。;；、\n]+")


def normalize(text: str) -> str:
    """Half-width, lower case, without spaces and paperwork; each clause once, at most `MAX_CHARACTERS` characters."""
    plain = _PAPERWORK.sub(" ", unicodedata.normalize("NFKC", text).lower())
    clauses = dict.fromkeys("".join(clause.split()) for clause in _CLAUSES.split(plain))
    return " ".join(filter(None, clauses))[:MAX_CHARACTERS]


class TextModel:
    """Texts as unit-length sparse rows; fitted once on the shipped vocabulary of the trade."""

    def fit(self, texts: Sequence[str] = ()) -> "TextModel":
        """Weights of grams by how rare they are in the names and notes of GB/T 4754."""
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        self._hashing = HashingVectorizer(
            analyzer="char", ngram_range=(1, 2), n_features=_BUCKETS, alternate_sign=False, norm=None
        )
        corpus = [normalize(f"{item.name_zh} {item.note}") for item in industries.by_code().values()]
        self.weights_ = TfidfTransformer(sublinear_tf=True).fit(self._hashing.transform(corpus))
        return self

    def vectors(self, texts: Sequence[str]) -> Any:
        """Sparse rows of shape (n_texts, 2**18); an empty text is a row of zeros."""
        if not texts:
            from scipy.sparse import csr_matrix

            return csr_matrix((0, _BUCKETS), dtype=np.float64)
        rows = self.weights_.transform(self._hashing.transform([normalize(text) for text in texts]))
        rows.sort_indices()
        return rows


@cache
def shipped() -> TextModel:
    """The model of the shipped vocabulary alone: with it a pair's value depends on the two texts only."""
    return TextModel().fit()
