"""Which rows of `case_step` count."""

from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from models.pairing import CaseStep


def is_latest() -> tuple[Any, ...]:
    """SQL: the step was neither voided nor replaced by a correction."""
    correction = aliased(CaseStep)
    replaced = select(correction.id).where(correction.corrects_id == CaseStep.id).exists()
    return (col(CaseStep.is_void).is_(False), ~replaced)
