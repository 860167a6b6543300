"""The problem list: raised, handed over, answered, closed with the firm's word, escalated if late."""

from datetime import date

import pytest
from sqlmodel import select

from access.lists import problems as lists
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.notice import Notice
from models.problem import ProblemEntry
from tests.factories import make_actor, make_chain
from vocabulary.lifecycles import ProblemStatus
from vocabulary.problems import ClosingGround, EscalationLevel, ProblemEntryKind, ProblemKind
from vocabulary.roles import OrganizationKind
from workflows import problems
from workflows.errors import NotComplete, StepNotAllowed

_E = ProblemEntryKind
ON = date(2026, 11, 25)  # a Wednesday


@pytest.fixture(autouse=True)
def _day(monkeypatch):
    monkeypatch.setattr(problems, "today", lambda: ON)


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm(session, chain):
    return make_actor(session, chain_id=chain.id)


@pytest.fixture
def office(session, chain):
    return make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def joint(session):
    return make_actor(session, OrganizationKind.JOINT_OFFICE)


@pytest.fixture
def problem(session, firm, office, joint):
    return problems.raise_by_firm(
        session, firm, kind=ProblemKind.UTILITIES, title="用电增容未批", text="申请两个月，尚未勘察"
    )


def _hand_over(session, office, problem, due_on=date(2026, 12, 9)):
    problems.hand_over(session, office, problem, bureau="国网衡阳供电公司", due_on=due_on)


def _told(session, actor):
    return session.exec(select(Notice.event).where(Notice.user_id == actor.user_id).order_by(Notice.id)).all()


def test_a_problem_goes_to_a_bureau_and_closes_with_the_firms_word(session, firm, office, problem):
    _hand_over(session, office, problem)
    problems.answer(session, office, problem, text="本周勘察")
    assert problem.status is ProblemStatus.ANSWERED
    problems.agree(session, firm, problem)
    assert (problem.status, problem.closing_ground) == (ProblemStatus.CLOSED, ClosingGround.FIRM_AGREED)
    kinds = session.exec(select(ProblemEntry.kind).order_by(ProblemEntry.id)).all()
    assert kinds == [_E.RAISED, _E.HANDED_OVER, _E.ANSWERED, _E.CLOSED]
    assert _told(session, office) == ["problem_raised"]
    assert _told(session, firm) == ["problem_handed_over", "problem_answered"]


def test_a_firm_that_is_not_helped_sends_it_back_to_be_handed_over_again(session, firm, office, problem):
    _hand_over(session, office, problem)
    problems.answer(session, office, problem, text="暂无指标")
    with pytest.raises(NotComplete):
        problems.not_solved(session, firm, problem, note=" ")
    problems.not_solved(session, firm, problem, note="指标何时有？")
    assert problem.status is ProblemStatus.RAISED
    _hand_over(session, office, problem)
    assert problem.status is ProblemStatus.HANDED_OVER


def test_the_office_closes_without_the_firm_only_with_a_reason(session, firm, office, problem):
    with pytest.raises(NotComplete) as refused:
        problems.close_without_firm(session, office, problem, note="")
    assert refused.value.problems == {"closing_note": "required"}
    problems.close_without_firm(session, office, problem, note="企业已注销")
    assert (problem.closing_ground, problem.closing_note) == (ClosingGround.OFFICE_DECIDED, "企业已注销")
    with pytest.raises(StepNotAllowed):
        problems.agree(session, firm, problem)


def test_an_answer_before_the_hand_over_is_refused(session, office, problem):
    with pytest.raises(StepNotAllowed):
        problems.answer(session, office, problem, text="已解决")


def test_a_day_in_the_past_or_no_bureau_is_refused_by_field(session, office, problem):
    with pytest.raises(NotComplete) as refused:
        problems.hand_over(session, office, problem, bureau=" ", due_on=date(2026, 11, 24))
    assert refused.value.problems == {"bureau": "required", "due_on": "in_past"}


def test_a_firm_without_a_chain_is_told_what_to_fill_in_first(session):
    stray = make_actor(session)
    with pytest.raises(NotComplete) as refused:
        problems.raise_by_firm(session, stray, kind=ProblemKind.LAND, title="用地", text="未落实")
    assert refused.value.problems == {"title": "no_chain"}


def test_an_overdue_answer_is_escalated_to_each_level_once(session, office, joint, problem):
    _hand_over(session, office, problem, due_on=date(2026, 11, 27))
    assert problems.escalate_due(session, date(2026, 11, 27)) == 0  # its last day
    assert problems.escalate_due(session, date(2026, 11, 30)) == 1  # the next working day
    assert problems.escalate_due(session, date(2026, 11, 30)) == 0
    assert problem.escalation is EscalationLevel.CHAIN_OFFICE
    assert problems.escalate_due(session, date(2026, 12, 4)) == 1
    assert problem.escalation is EscalationLevel.JOINT_OFFICE
    assert _told(session, office) == ["problem_raised", "problem_overdue"]
    assert _told(session, joint) == ["problem_overdue"]
    _hand_over(session, office, problem)  # to another bureau, with a new day
    assert problem.escalation is EscalationLevel.NONE


def test_a_chain_without_an_office_is_served_by_the_joint_office(session, firm, joint):
    row = problems.raise_by_firm(session, firm, kind=ProblemKind.LAND, title="用地", text="未落实")
    assert _told(session, joint) == ["problem_raised"]
    _hand_over(session, joint, row)
    assert row.status is ProblemStatus.HANDED_OVER


def test_nobody_else_reads_or_handles_it(session, problem, chain):
    others = (
        make_actor(session, chain_id=chain.id),
        make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id),
        make_actor(session, OrganizationKind.BANK),
    )
    for actor in others:
        with pytest.raises(NotVisible):
            lists.problem(session, actor, problem.public_id, on=ON)
        with pytest.raises(NotAllowed):
            problems.close_without_firm(session, actor, problem, note="越权")
        with pytest.raises(NotAllowed):
            problems.agree(session, actor, problem)
