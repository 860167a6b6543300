"""Documents that show a step of a case. Both sides and the office may open them, for as long as the step counts."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from access.actor import Actor
from models.pairing import CaseEvidence, CaseStep
from models.stored_file import StoredFile
from workflows.files import Upload, problem_of, store


def problems(session: Session, actor: Actor, documents: Sequence[Upload], n_present: int = 0) -> dict[str, str]:
    """The problem of the field `documents`, if there is one."""
    problem = problem_of(session, actor, documents, n_present=n_present)
    return {"documents": problem} if problem else {}


def attach(session: Session, actor: Actor, step: CaseStep, documents: Sequence[Upload]) -> None:
    """Keep documents with a step. Rows written: one `stored_file` and one `case_evidence` each."""
    carry_over(session, step, [store(session, actor, document).id or 0 for document in documents])


def kept(session: Session, step: CaseStep, dropped: Sequence[str]) -> list[int]:
    """Ids of the step's documents without those dropped (public ids)."""
    statement = (
        select(StoredFile.id)
        .join(CaseEvidence, col(CaseEvidence.file_id) == StoredFile.id)
        .where(CaseEvidence.step_id == step.id, col(StoredFile.public_id).not_in(dropped))
        .order_by(col(StoredFile.id))
    )
    return [file_id or 0 for file_id in session.exec(statement).all()]


def carry_over(session: Session, step: CaseStep, file_ids: Sequence[int]) -> None:
    """Documents that are kept already belong to this step too."""
    session.add_all(CaseEvidence(step_id=step.id or 0, file_id=file_id) for file_id in file_ids)
    session.flush()
