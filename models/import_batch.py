"""The staging table: a spreadsheet as it was sent, with what was found wrong in it, until it is loaded or dropped."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.imports import IMPORT_BATCH, ImportNoun, ImportStatus

_S = ImportStatus


class ImportBatch(Row, table=True):
    """One file. Cells are texts; the first row of a sheet is its heading."""

    __tablename__ = "import_batch"
    __table_args__ = (
        status_check(ImportStatus),
        evidence_check("checked_has_counts", (_S.CHECKED, _S.LOADED), "counts"),
        evidence_check("loaded_has_moment", (_S.LOADED,), "loaded_at"),
    )

    public_id: str = public_id_column()
    noun: ImportNoun = required_code(ImportNoun)
    organization_id: int = foreign_key("organization.id", nullable=False)
    chain_id: int | None = foreign_key("chain.id")
    file_name: str = Field(max_length=120)
    sheets: list[dict[str, Any]] = json_column(list)
    """{"name": …, "rows": [[cell, …], …]}; emptied of rows when the batch is dropped."""
    sheet: int = 0
    """Place of the chosen one, from 0."""
    mapping: dict[str, str] = json_column(dict)
    """Our name of a column -> the heading it is read from."""
    counts: dict[str, int] | None = json_column()
    """Rows by `RowKind`, as found in the last check, or as loaded."""
    problems: list[dict[str, Any]] = json_column(list)
    """{"row": as a spreadsheet numbers it, "column": …, "reason": …, "text": the cell}."""
    is_partial: bool = False
    """Loaded without its bad rows."""
    created_by_name: str = Field(default="", max_length=80)
    loaded_at: datetime | None = time_column()
    status: ImportStatus = status_column(IMPORT_BATCH.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False
