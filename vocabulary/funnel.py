"""How far a firm's posting got on its way to money or to an order, and where it stands now."""

from enum import StrEnum

from vocabulary.classifications import CaseStepKind, Market

_K = CaseStepKind


class FunnelLevel(StrEnum):
    """The furthest a posting ever got, from the first to the last."""

    FILED = "filed"
    ELIGIBLE = "eligible"
    RECOMMENDED = "recommended"
    CONFIRMED = "confirmed"
    VISITED = "visited"
    DONE = "done"


class FunnelStanding(StrEnum):
    """Why a posting is no further. Each has exactly one, so a level is the next level and those that stay on it."""

    WAITING = "waiting"
    SILENT = "silent"
    UNDECIDED = "undecided"
    BLOCKED = "blocked"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class ExposureCause(StrEnum):
    """Why a posting that is eligible has not been shown to anybody."""

    BELOW_CUT = "below_cut"
    LENDER_FULL = "lender_full"
    LENDER_PAUSED = "lender_paused"
    QUOTA_USED = "quota_used"
    POSTING_PAUSED = "posting_paused"
    NO_RUN = "no_run"


LEVELS = tuple(FunnelLevel)
STAYING = tuple(standing for standing in FunnelStanding if standing is not FunnelStanding.DONE)

SHOWN_TOP = 50
"""Places of a list that count as shown: its first page."""
SILENT_DAYS = 14
"""A posting on a list that nobody reacts to for longer than this is silent."""
MIN_SAMPLE = 5
"""An average or a share of fewer is not shown: 样本不足."""

MET: dict[Market, frozenset[CaseStepKind]] = {
    Market.FINANCE: frozenset({_K.VISIT, _K.DUE_DILIGENCE, _K.CREDIT_GRANTED}),
    Market.SUPPLY: frozenset({_K.NEGOTIATION, _K.SAMPLE}),
}
"""Steps that show that the two sides met; a later step without one of these counts as well."""
CLOSING: dict[Market, frozenset[CaseStepKind]] = {
    Market.FINANCE: frozenset({_K.DISBURSED, _K.RENEWED}),
    Market.SUPPLY: frozenset({_K.TRIAL_ORDER, _K.FRAME_AGREEMENT, _K.VOLUME_ORDER}),
}
"""Steps by which money was lent or something was ordered."""
SUMS: dict[Market, tuple[CaseStepKind, ...]] = {
    Market.FINANCE: (_K.CREDIT_GRANTED, _K.DISBURSED),
    Market.SUPPLY: (_K.TRIAL_ORDER, _K.FRAME_AGREEMENT, _K.VOLUME_ORDER),
}
"""Steps whose amounts are summed, each kind by itself. Volume orders are the new output (新增产出)."""
