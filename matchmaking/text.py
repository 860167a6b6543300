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
from numpy.typing import NDArray

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


@cache
def _vectorizers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashing = HashingVectorizer(
        analyzer="char", ngram_range=(1, 2), n_features=_BUCKETS, alternate_sign=False, norm=None
    )
    weights = TfidfTransformer(sublinear_tf=True)
    corpus = [normalize(f"{item.name_zh} {item.note}") for item in industries.by_code().values()]
    weights.fit(hashing.transform(corpus))
    return hashing, weights


def vectors(texts: Sequence[str]) -> Any:
    """Unit-length sparse rows of shape (n_texts, 2**18); an empty text is a row of zeros."""
    hashing, weights = _vectorizers()
    return weights.transform(hashing.transform([normalize(text) for text in texts]))


def similarity(queries: Any, candidates: Any) -> NDArray[np.float64]:
    """Similarity in [0, 1] of shape (n_queries, n_candidates); NaN where either text is empty.

    The square root of the cosine: a short text against a long one rarely passes a cosine of 0.3, and the root spreads
    these values without changing their order.
    """
    from sklearn.metrics.pairwise import cosine_similarity

    values = np.sqrt(np.clip(cosine_similarity(queries, candidates, dense_output=True), 0.0, 1.0))
    empty_query = np.diff(queries.indptr) == 0
    empty_candidate = np.diff(candidates.indptr) == 0
    values[empty_query, :] = np.nan
    values[:, empty_candidate] = np.nan
    result: NDArray[np.float64] = values
    return result
