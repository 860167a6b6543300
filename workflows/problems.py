"""The problem list: raised, handed to a bureau with a day, answered, closed when the firm agrees; escalated if late."""

from datetime import date

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, is_own, require, require_rule
from models.base import now
from models.organization import Organization
from models.problem import Problem, ProblemEntry
from models.project import Project
from vocabulary.lifecycles import PROBLEM, OrganizationStatus, ProblemStatus
from vocabulary.problems import ClosingGround, EscalationLevel, ProblemEntryKind, ProblemKind
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.calendar import today
from workflows.clocks import dated_limits
from workflows.errors import NotComplete
from workflows.notifications import queue_to_members
from workflows.recusals import require_free
from workflows.reference_data import working_days
from workflows.transitions import advance

_S, _E = ProblemStatus, ProblemEntryKind
handles = is_of_own_chain | is_city_level


def raise_by_firm(session: Session, actor: Actor, *, kind: ProblemKind, title: str, text: str) -> Problem:
    """A firm's problem, before the office of its chain; the office is told. Raises NotComplete by field."""
    require(actor, Permission.RAISE_PROBLEMS)
    firm = session.get_one(Organization, actor.organization_id)
    problems = _text_problems(title, text)
    if firm.chain_id is None:
        problems["title"] = "no_chain"
    if problems or firm.chain_id is None:
        raise NotComplete(problems)
    problem = Problem(
        chain_id=firm.chain_id, organization_id=firm.id, kind=kind, title=title.strip(), text=text.strip(),
        raised_by_id=actor.user_id or 0,
    )  # fmt: skip
    _add(session, actor, problem)
    _tell(session, _offices(session, problem), problem, "problem_raised")
    return problem


def raise_for_project(
    session: Session, actor: Actor, project: Project, *, kind: ProblemKind, title: str, text: str
) -> Problem:
    """A project's problem, raised by the office that runs the project."""
    require(actor, Permission.HANDLE_PROBLEMS)
    require_rule(actor, handles, project, "raise_problem")
    if problems := _text_problems(title, text):
        raise NotComplete(problems)
    problem = Problem(
        chain_id=project.chain_id, organization_id=project.organization_id, project_id=project.id, kind=kind,
        title=title.strip(), text=text.strip(), raised_by_id=actor.user_id or 0,
    )  # fmt: skip
    _add(session, actor, problem)
    return problem


def hand_over(session: Session, actor: Actor, problem: Problem, *, bureau: str, due_on: date, note: str = "") -> None:
    """Hand a problem to a bureau, or to another one, with the last day for its answer; the firm is told."""
    _require_handles(session, actor, problem)
    wrong = {} if bureau.strip() else {"bureau": "required"}
    if due_on < today():
        wrong["due_on"] = "in_past"
    if wrong:
        raise NotComplete(wrong)
    advance(
        session, actor, PROBLEM, problem, _S.HANDED_OVER, chain_id=problem.chain_id,
        bureau=bureau.strip(), due_on=due_on, escalation=EscalationLevel.NONE,
    )  # fmt: skip
    _write(session, actor, problem, _E.HANDED_OVER, note, bureau=bureau.strip(), due_on=due_on)
    _tell_firm(session, problem, "problem_handed_over")


def answer(session: Session, actor: Actor, problem: Problem, *, text: str) -> None:
    """Record what the bureau answered; the firm is asked whether it helps."""
    _require_handles(session, actor, problem)
    if not text.strip():
        raise NotComplete({"answer": "required"})
    advance(
        session, actor, PROBLEM, problem, _S.ANSWERED, chain_id=problem.chain_id,
        answer=text.strip(), answered_at=now(),
    )  # fmt: skip
    _write(session, actor, problem, _E.ANSWERED, text)
    _tell_firm(session, problem, "problem_answered")


def agree(session: Session, actor: Actor, problem: Problem) -> None:
    """The firm says that it is helped, or no longer needs help: the problem is closed."""
    _require_own(actor, problem)
    _close(session, actor, problem, ClosingGround.FIRM_AGREED, None)


def not_solved(session: Session, actor: Actor, problem: Problem, *, note: str) -> None:
    """The firm says that it is not helped, and what is missing: the office hands it over again."""
    _require_own(actor, problem)
    if not note.strip():
        raise NotComplete({"note": "required"})
    advance(session, actor, PROBLEM, problem, _S.RAISED, reason=note, chain_id=problem.chain_id)
    _write(session, actor, problem, _E.NOT_SOLVED, note)
    _tell(session, _offices(session, problem), problem, "problem_raised")


def close_without_firm(session: Session, actor: Actor, problem: Problem, *, note: str) -> None:
    """Close a problem though the firm did not agree, or has nobody here to ask; the office writes why."""
    _require_handles(session, actor, problem)
    if not note.strip():
        raise NotComplete({"closing_note": "required"})
    _close(session, actor, problem, ClosingGround.OFFICE_DECIDED, note.strip())
    _tell_firm(session, problem, "problem_closed")


def escalate_due(session: Session, on: date) -> int:
    """Tell the chain's office of answers that are overdue, and later the joint office; each once. Returns how many.

    The working days until either is told are those of late cases (`workflows.clocks.dated_limits`).
    """
    rules, calendar = dated_limits(session).at(on), working_days(session)
    late = session.exec(
        select(Problem).where(Problem.status == _S.HANDED_OVER, col(Problem.due_on) < on).order_by(col(Problem.id))
    ).all()
    n_told = 0
    for problem in late:
        assert problem.due_on is not None  # the CHECK handed_over_has_bureau
        level = EscalationLevel.NONE
        if calendar.after(problem.due_on, rules.chain_office_after_days).on <= on:
            level = EscalationLevel.CHAIN_OFFICE
        if calendar.after(problem.due_on, rules.joint_office_after_days).on <= on:
            level = EscalationLevel.JOINT_OFFICE
        levels = list(EscalationLevel)
        if levels.index(level) > levels.index(problem.escalation):
            n_told += _escalate(session, problem, level)
    return n_told


def _escalate(session: Session, problem: Problem, level: EscalationLevel) -> int:
    """Conditional on the level seen, so that two clocks tell once."""
    statement = (
        update(Problem)
        .where(
            col(Problem.id) == problem.id,
            col(Problem.escalation) == problem.escalation,
            col(Problem.status) == _S.HANDED_OVER,
        )
        .values(escalation=level)
    )
    if session.connection().execute(statement).rowcount != 1:
        return 0
    session.refresh(problem)
    _write(session, SYSTEM, problem, _E.ESCALATED, level.value)
    record(
        session, SYSTEM, "problem_escalated",
        subject_kind=PROBLEM.noun, subject_id=problem.id or 0, new={"level": level.value}, chain_id=problem.chain_id,
    )  # fmt: skip
    kind = OrganizationKind.CHAIN_OFFICE if level is EscalationLevel.CHAIN_OFFICE else OrganizationKind.JOINT_OFFICE
    _tell(session, _offices(session, problem, kind), problem, "problem_overdue")
    return 1


def _add(session: Session, actor: Actor, problem: Problem) -> None:
    session.add(problem)
    session.flush()
    _write(session, actor, problem, _E.RAISED, problem.text)
    record(
        session, actor, "problem_raised",
        subject_kind=PROBLEM.noun, subject_id=problem.id or 0, new={"kind": problem.kind.value},
        chain_id=problem.chain_id,
    )  # fmt: skip


def _close(session: Session, actor: Actor, problem: Problem, ground: ClosingGround, note: str | None) -> None:
    advance(
        session, actor, PROBLEM, problem, _S.CLOSED, reason=note or "", chain_id=problem.chain_id,
        closing_ground=ground, closing_note=note, closed_at=now(),
    )  # fmt: skip
    _write(session, actor, problem, _E.CLOSED, note or "")


def _write(
    session: Session,
    actor: Actor,
    problem: Problem,
    kind: ProblemEntryKind,
    text: str,
    *,
    bureau: str = "",
    due_on: date | None = None,
) -> None:
    session.add(
        ProblemEntry(
            problem_id=problem.id or 0, kind=kind, text=text.strip()[:2000], bureau=bureau, due_on=due_on,
            by_name=actor.name, by_organization=actor.organization_name or "",
        )
    )  # fmt: skip
    session.flush()


def _text_problems(title: str, text: str) -> dict[str, str]:
    return {name: "required" for name, value in (("title", title), ("text", text)) if not value.strip()}


def _require_handles(session: Session, actor: Actor, problem: Problem) -> None:
    require(actor, Permission.HANDLE_PROBLEMS)
    require_rule(actor, handles, problem, "handle_problem")
    if problem.organization_id is not None:
        require_free(session, actor, [problem.organization_id], chain_id=problem.chain_id)


def _require_own(actor: Actor, problem: Problem) -> None:
    require(actor, Permission.RAISE_PROBLEMS)
    require_rule(actor, is_own, problem, "judge_answer")


def _offices(session: Session, problem: Problem, kind: OrganizationKind = OrganizationKind.CHAIN_OFFICE) -> list[int]:
    """The chain's office; the joint office where the chain has none or where that is meant."""
    statement = select(Organization.id).where(Organization.status == OrganizationStatus.VERIFIED)
    if kind is OrganizationKind.CHAIN_OFFICE:
        found = session.exec(
            statement.where(Organization.kind == kind, Organization.chain_id == problem.chain_id)
        ).all()
        if found:
            return [row for row in found if row is not None]
    rows = session.exec(statement.where(Organization.kind == OrganizationKind.JOINT_OFFICE)).all()
    return [row for row in rows if row is not None]


def _tell_firm(session: Session, problem: Problem, template: str) -> None:
    if problem.organization_id is not None:
        _tell(session, [problem.organization_id], problem, template)


def _tell(session: Session, organization_ids: list[int], problem: Problem, template: str) -> None:
    values = {"title": problem.title, "problem": problem.public_id, "bureau": problem.bureau or ""}
    queue_to_members(session, organization_ids, template=template, values=values)
