"""Model versions: what learning may find, how a version is judged, and how it lives."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class Verdict(StrEnum):
    """What came of learning or of the comparison on held-out decisions, and why."""

    LEARNED = "learned"
    TOO_FEW_DECISIONS = "too_few_decisions"
    ONE_LABEL_ONLY = "one_label_only"
    NOTHING_TELLS_THEM_APART = "nothing_tells_them_apart"
    PROMOTED = "promoted"
    """Surely better on held-out decisions: it may be put to use, by people."""
    TOO_FEW_HELD_OUT = "too_few_held_out"
    NOT_BETTER = "not_better"
    TIES_WITHIN_THE_INTERVAL = "ties_within_the_interval"


class Earned(StrEnum):
    """Whether a probability may be shown, and if not, why."""

    EARNED = "earned"
    TOO_FEW_DECISIONS = "too_few_decisions"
    TOO_FEW_OF_ONE_LABEL = "too_few_of_one_label"
    SAYS_NOTHING = "says_nothing"
    NOT_CALIBRATED = "not_calibrated"


class LabelKind(StrEnum):
    """What decisions say."""

    CAME_TO_SOMETHING = "came_to_something"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class RankOrder(StrEnum):
    """Orders of the same pairs that are compared."""

    CANDIDATE = "candidate"
    CURRENT = "current"
    RULES_ONLY = "rules_only"
    """All conditions met first, possible pairs after them; nothing else."""
    NEWEST = "newest"
    POPULAR = "popular"


class HeldOut(StrEnum):
    """Later decisions by whether the firm was known when the weights were learned."""

    ALL = "all"
    KNOWN_FIRMS = "known_firms"
    NEW_FIRMS = "new_firms"


class ModelStatus(StrEnum):
    """A version is trained, runs in the shadow of the one in use, and is put to use or refused by people."""

    TRAINED = "trained"
    SHADOW = "shadow"
    PROMOTED = "promoted"
    RETIRED = "retired"
    REFUSED = "refused"


TOP_RANKS = 10
"""First places that a version in the shadow is compared by."""
_S = ModelStatus
MODEL_VERSION = lifecycle(
    "model_version",
    _S,
    _S.TRAINED,
    {
        _S.TRAINED: (_S.SHADOW, _S.REFUSED),
        _S.SHADOW: (_S.PROMOTED, _S.REFUSED),
        # By a newer one, or rolled back.
        _S.PROMOTED: (_S.RETIRED,),
    },
)
