"""Which link of a chain a firm sits on, proposed from its industry and the words of its products.

A proposal is a guess for an official to confirm. Pure: firms and links in, proposals out, ties broken by id. Texts
are compared by the shipped model only, so a firm's proposal does not depend on which other firms there are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

import numpy as np

from matchmaking.grams import normalize
from matchmaking.text import TextModel, shipped
from vocabulary import industries

_SAME_CLASS = (0.0, 0.0, 0.3, 0.7, 0.9)
"""Closeness of two codes by the number of levels they share: section, division, group, class."""
_TERMS = 4
_CLAUSES = re.compile(r"[，,。；;、\n]+")
_FULL_WORDS = 0.35
"""A cosine of the shipped model from which two texts are as good as the same: short names share few terms."""


class ReasonCode(StrEnum):
    """What speaks for a link."""

    INDUSTRY = "industry"
    WORDS = "words"


@dataclass(frozen=True)
class FirmToPlace:
    """A firm without a confirmed link: what it makes in words, and its code of GB/T 4754 if known."""

    id: int
    text: str
    industry: str | None = None


@dataclass(frozen=True)
class LinkToFill:
    """A link: its name and products in words, and the codes of GB/T 4754 that belong to it."""

    id: int
    text: str
    industries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One part of the score. `value` in [0, 1]; `matched` is the code of the link, or the words both texts share."""

    code: ReasonCode
    value: float
    points: float
    matched: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """A firm and the link it fits best. `score` in [0, 1] is the sum of the reasons' points."""

    firm_id: int
    link_id: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class PlacementSettings:
    """How much each reason counts, and the least score that is worth an official's time."""

    industry_weight: float = 0.55
    words_weight: float = 0.45
    least_score: float = 0.35

    def __post_init__(self) -> None:
        if min(self.industry_weight, self.words_weight) < 0 or self.industry_weight + self.words_weight <= 0:
            raise ValueError("weights are not negative and not both zero")


def propose_links(
    firms: Sequence[FirmToPlace],
    links: Sequence[LinkToFill],
    *,
    settings: PlacementSettings | None = None,
    model: TextModel | None = None,
) -> list[Proposal]:
    """The best link of each firm that has one worth proposing, in the order of the firms.

    A reason without data (no code on one side, no known word in a text) abstains and leaves its weight to the other.
    """
    settings = settings or PlacementSettings()
    if not firms or not links:
        return []
    model = model or shipped()
    links = sorted(links, key=lambda link: link.id)
    of_firms, of_links = model.vectors([firm.text for firm in firms]), model.vectors([link.text for link in links])
    cosines = np.asarray((of_firms @ of_links.T).todense())
    has_words = of_firms.getnnz(axis=1)[:, None] * of_links.getnnz(axis=1)[None, :] > 0
    found = []
    for row, firm in enumerate(firms):
        options = [
            _proposal(firm, link, cosines[row, column] if has_words[row, column] else None, settings)
            for column, link in enumerate(links)
        ]
        best = max(options, key=lambda option: (option.score, -option.link_id))
        if best.score >= settings.least_score:
            link = next(link for link in links if link.id == best.link_id)
            found.append(_with_terms(best, shared_words(firm.text, link.text)))
    return found


def _proposal(firm: FirmToPlace, link: LinkToFill, cosine: float | None, settings: PlacementSettings) -> Proposal:
    closeness, code = closest(firm.industry, link.industries)
    parts: list[tuple[ReasonCode, float | None, float, tuple[str, ...]]] = [
        (ReasonCode.INDUSTRY, closeness, settings.industry_weight, (code,) if code else ()),
        (ReasonCode.WORDS, None if cosine is None else min(1.0, cosine / _FULL_WORDS), settings.words_weight, ()),
    ]
    known = sum(weight for _code, value, weight, _matched in parts if value is not None)
    reasons = tuple(
        Reason(reason, value, value * weight / known, matched)
        for reason, value, weight, matched in parts
        if value is not None and known
    )
    return Proposal(firm.id, link.id, sum(reason.points for reason in reasons), reasons)


def closest(code: str | None, prefixes: Sequence[str]) -> tuple[float | None, str]:
    """How close a firm's code is to the nearest of a link's codes, in [0, 1], and that code; None without data.

    1.0 below one of the link's codes; else by the levels of the tree that both share.
    """
    line = industries.path(code or "")
    lines = {prefix: industries.path(prefix) for prefix in prefixes}
    if not line or not any(lines.values()):
        return None, ""
    best, nearest = -1.0, ""
    for prefix, other in lines.items():
        shared = sum(1 for a, b in zip(line, other, strict=False) if a == b)
        value = 1.0 if other and line[: len(other)] == other else _SAME_CLASS[shared]
        if value > best:
            best, nearest = value, prefix
    return best, nearest


def shared_words(firm: str, link: str) -> tuple[str, ...]:
    """What the firm's text has of each clause of the link's, two characters or more, the longest first.

    For readers only: the score comes from the weighed terms of the whole texts.
    """
    text = normalize(firm)
    found: list[str] = []
    for clause in _CLAUSES.split(link):
        plain = normalize(clause)
        match = SequenceMatcher(None, plain, text, autojunk=False).find_longest_match()
        words = plain[match.a : match.a + match.size].strip()
        if len(words) > 1 and not any(words in other for other in found):
            found = [other for other in found if other not in words] + [words]
    return tuple(sorted(found, key=lambda words: (-len(words), words))[:_TERMS])


def _with_terms(proposal: Proposal, terms: tuple[str, ...]) -> Proposal:
    reasons = tuple(
        Reason(reason.code, reason.value, reason.points, terms) if reason.code is ReasonCode.WORDS else reason
        for reason in proposal.reasons
    )
    return Proposal(proposal.firm_id, proposal.link_id, proposal.score, reasons)
