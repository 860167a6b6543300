"""Tables brought in from spreadsheets: what they are of and how one lives."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class ImportNoun(StrEnum):
    """What the rows of a table are."""

    FIRMS = "firms"
    PURCHASE_NEEDS = "purchase_needs"
    FINANCING_NEEDS = "financing_needs"
    LOAN_PRODUCTS = "loan_products"
    OUTCOMES = "outcomes"


class ImportStatus(StrEnum):
    """A table is put beside the rows, read and counted; then its good rows are taken over, or it is dropped."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    LOADED = "loaded"
    DROPPED = "dropped"


_S = ImportStatus
IMPORT_BATCH = lifecycle(
    "import_batch", _S, _S.UPLOADED, {_S.UPLOADED: (_S.CHECKED, _S.DROPPED), _S.CHECKED: (_S.LOADED, _S.DROPPED)}
)


class RowKind(StrEnum):
    """What a row of a table does to the product's rows."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BAD = "bad"
