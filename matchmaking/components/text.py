"""Similarity of what the two sides say."""

from matchmaking.components.base import Component
from vocabulary.reasons import ComponentCode

TEXT = Component(ComponentCode.TEXT, lambda _demand, _supply, similarity: similarity)
