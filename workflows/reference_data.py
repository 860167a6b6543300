"""Reference data as versions: what holds on a day, and adding a version."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.reference_version import ReferenceVersion
from vocabulary.reference import CODES, ReferenceKind, is_known, read
from workflows.audit import record
from workflows.calendar import WorkingDays, today
from workflows.errors import ChangedMeanwhile, NotComplete

_K = ReferenceKind
_Code = TypeVar("_Code", bound=StrEnum)


def in_force(session: Session, kind: ReferenceKind, on: date) -> dict[str, ReferenceVersion]:
    """Key -> the version that holds on a day: the newest of those whose first day has come."""
    rows = session.exec(
        select(ReferenceVersion)
        .where(ReferenceVersion.kind == kind, ReferenceVersion.valid_from <= on)
        .order_by(col(ReferenceVersion.number))
    ).all()
    return {row.key: row for row in rows}


def working_days(session: Session, on: date | None = None) -> WorkingDays:
    """The calendar by which due days are counted: years entered by hand, then those the program knows."""
    found = in_force(session, _K.WORKING_DAYS, on or today())
    return WorkingDays({int(key): read(_K.WORKING_DAYS, row.body) for key, row in found.items()})


def dated(session: Session, kind: ReferenceKind) -> list[tuple[date, dict[str, Any]]]:
    """(first day, body) of every version of a kind without keys, the newest first: of a day the first that began."""
    rows = session.exec(
        select(ReferenceVersion).where(ReferenceVersion.kind == kind).order_by(col(ReferenceVersion.number).desc())
    ).all()
    return [(row.valid_from, row.body) for row in rows]


def offered(session: Session, codes: Iterable[_Code]) -> tuple[_Code, ...]:
    """Those of the codes that forms offer today; all of them before the first version."""
    codes = tuple(codes)
    kind = next(kind for kind, enum in CODES.items() if isinstance(codes[0], enum))
    version = in_force(session, kind, today()).get("")
    return codes if version is None else tuple(code for code in codes if code in version.body["offered"])


def add(
    session: Session,
    actor: Actor,
    kind: ReferenceKind,
    key: str,
    body: Mapping[str, Any],
    *,
    valid_from: date | None,
    note: str,
    seen: int,
) -> ReferenceVersion:
    """Let something else hold from a day on, today at the earliest, so that what was counted before stays.

    Rows written: a `reference_version`. `seen` is the number of the newest version the editor saw, 0 for none; raises
    ChangedMeanwhile if there is a newer one, and NotComplete with a code for each field that is missing or wrong.
    """
    require(actor, Permission.KEEP_REFERENCE_DATA)
    if not is_known(kind, key):
        raise NotComplete({"key": "unknown"})
    value, problems = None, {}
    try:
        value = read(kind, body)
    except ValidationError as refused:
        problems = {str((*found["loc"], "body")[0]): found["type"] for found in refused.errors()}
    if not note.strip():
        problems["note"] = "required"
    if valid_from is None or valid_from < today():
        problems["valid_from"] = "in_past" if valid_from else "required"
    if problems or value is None or valid_from is None:
        raise NotComplete(problems)
    newest = session.exec(
        select(ReferenceVersion)
        .where(ReferenceVersion.kind == kind, ReferenceVersion.key == key)
        .order_by(col(ReferenceVersion.number).desc())
    ).first()
    if (number := newest.number if newest else 0) != seen:
        raise ChangedMeanwhile(newest.body if newest else {}, number)
    row = ReferenceVersion(
        kind=kind, key=key, number=seen + 1, body=value.model_dump(mode="json"), valid_from=valid_from,
        note=note.strip(), made_by_id=actor.user_id or 0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(
        session, actor, "reference_version_added", subject_kind="reference_version", subject_id=row.id or 0,
        new={"kind": kind.value, "key": key, "number": row.number, "valid_from": valid_from.isoformat()},
        reason=row.note,
    )  # fmt: skip
    return row
