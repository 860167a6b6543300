"""Words and grams weighed by rarity, as a scikit-learn transformer.

It passes scikit-learn's `check_estimator`, of which only the checks that feed no data apply: the others give rows of
numbers, and this transformer takes texts and says so in its tags.
"""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from matchmaking.grams import grams, is_coarse, normalize


class GramTfidf(TransformerMixin, BaseEstimator):
    """Texts as unit-length rows of weighted words and grams.

    Parameters
    ----------
    fine_weight : weight of pairs and of letter quadruples against single characters and whole words, which are 1.
        Two thirds of a short Chinese name are pairs of characters already counted once.
    max_share : terms in more than this share of the texts are left out; 1.0 keeps all.

    Attributes
    ----------
    vocabulary_ : dict of term to column
    idf_ : float64 (n_terms,)
    n_features_in_ is not set: a text is one object, not a row of features.
    """

    def __init__(self, *, fine_weight: float = 0.6, max_share: float = 1.0) -> None:
        self.fine_weight = fine_weight
        self.max_share = max_share

    def fit(self, X: Iterable[str], y: Any = None) -> Self:  # noqa: N803 -- scikit-learn's name
        """Learn terms and how rare each is. Raises ValueError where no text has a term."""
        self._tfidf = TfidfVectorizer(analyzer=_terms, sublinear_tf=True, norm=None, max_df=self.max_share)
        self._tfidf.fit(X)
        self.vocabulary_ = self._tfidf.vocabulary_
        self.idf_ = self._tfidf.idf_
        names = self._tfidf.get_feature_names_out()
        self._weights = self.idf_ * np.where([is_coarse(name) for name in names], 1.0, self.fine_weight)
        self._counts = CountVectorizer(analyzer=_terms, vocabulary=self.vocabulary_, dtype=np.float64)
        return self

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:  # noqa: N803 -- scikit-learn's name
        """Rows of shape (n_texts, n_terms) with sorted indices; a text without known terms is a row of zeros."""
        check_is_fitted(self, "vocabulary_")
        # Counted by scikit-learn, weighed here: its checks of matrices take longer than one text does.
        rows = sparse.csr_matrix(self._counts.transform(X))
        rows.sort_indices()
        rows.data = (1 + np.log(rows.data)) * self._weights[rows.indices]
        row_of = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        rows.data /= np.sqrt(np.bincount(row_of, rows.data**2, rows.shape[0]))[row_of]
        return rows

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _terms(text: str) -> list[str]:
    return list(grams(normalize(text)))
