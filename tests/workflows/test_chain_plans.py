"""The plan of a chain: nine tasks to begin with, measures counted from rows, steps with reasons, one notice if late."""

from datetime import date

import pytest
from sqlmodel import select

from access.lists import chain_plans as lists
from access.lists.plan_measures import measured
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.chain_plan import PlanTask
from models.notice import Notice
from tests.factories import make_actor, make_chain, make_link, make_organization, make_placement
from vocabulary.chains import FirmStanding
from vocabulary.plans import PlanPhase, PlanTaskKind, PlanTaskStatus, months_after, phase_days
from vocabulary.projects import TargetKind
from vocabulary.roles import OrganizationKind
from workflows import chain_plans
from workflows.chain_plans import TaskFacts
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete, StepNotAllowed

START = date(2026, 1, 1)
FACTS = TaskFacts(phase=PlanPhase.FOUNDATION, starts_on=START, due_on=date(2026, 4, 30))


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def official(session, chain):
    return make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def task(session, official, chain):
    chain_plans.begin(session, official, chain_id=chain.id, starts_on=START)
    return session.exec(select(PlanTask).order_by(PlanTask.id)).first()


def _facts(**values):
    return TaskFacts(**{name: getattr(FACTS, name) for name in TaskFacts.__dataclass_fields__} | values)


def test_months_end_on_their_last_day_and_phases_follow_each_other():
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2026, 11, 25), -12) == date(2025, 11, 25)
    assert list(phase_days(START).values()) == [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 12, 31)),
    ]


def test_a_plan_begins_with_the_nine_tasks_in_order_without_owner_or_measure(session, task):
    rows = session.exec(select(PlanTask).order_by(PlanTask.id)).all()
    assert [row.kind for row in rows] == list(PlanTaskKind)
    assert {(row.owner_id, row.measure, row.status) for row in rows} == {(None, None, PlanTaskStatus.PLANNED)}
    assert (rows[0].due_on, rows[3].starts_on, rows[8].due_on) == (
        date(2026, 4, 30), date(2027, 1, 1), date(2028, 12, 31)
    )  # fmt: skip


def test_a_chain_has_one_plan_and_another_office_cannot_begin_it(session, official, chain, task):
    with pytest.raises(AlreadyExists):
        chain_plans.begin(session, official, chain_id=chain.id, starts_on=START)
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    with pytest.raises(NotAllowed):
        chain_plans.change_task(session, stranger, task, FACTS, version=1)
    with pytest.raises(NotVisible):
        lists.chain_to_plan(session, stranger, chain.code)


@pytest.mark.parametrize("kind", [OrganizationKind.ENTERPRISE, OrganizationKind.BANK, OrganizationKind.BUYER])
def test_firms_banks_and_buyers_see_no_plan(session, chain, task, kind):
    with pytest.raises(NotAllowed):
        lists.page(session, make_actor(session, kind), chain.code, on=START)


def test_what_is_missing_or_wrong_is_said_by_field(session, official, chain, task):
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    wrong = _facts(due_on=date(2025, 1, 1), measure=TargetKind.LINKS_COVERED, target=0, owner_id=stranger.user_id)
    with pytest.raises(NotComplete) as refused:
        chain_plans.add_task(session, official, wrong, chain_id=chain.id)
    assert refused.value.problems == {
        "name": "required", "due_on": "before_start", "target": "target_zero", "owner_id": "unknown"
    }  # fmt: skip
    with pytest.raises(NotComplete) as refused:
        chain_plans.change_task(session, official, task, _facts(target=3), version=1)
    assert refused.value.problems == {"measure": "required"}


def test_of_two_people_at_once_the_second_is_told_what_the_first_saved(session, official, task):
    chain_plans.change_task(session, official, task, _facts(note="第一人"), version=1)
    with pytest.raises(ChangedMeanwhile) as newer:
        chain_plans.change_task(session, official, task, _facts(note="第二人"), version=1)
    assert newer.value.current["note"] == "第一人"
    assert task.note == "第一人"


def test_a_task_nothing_counts_is_done_by_a_persons_word_only(session, official, task):
    with pytest.raises(StepNotAllowed):
        chain_plans.move_task(session, official, task, PlanTaskStatus.DONE, reason="完成")
    chain_plans.move_task(session, official, task, PlanTaskStatus.UNDER_WAY)
    with pytest.raises(NotComplete):
        chain_plans.move_task(session, official, task, PlanTaskStatus.DONE)
    chain_plans.move_task(session, official, task, PlanTaskStatus.DONE, reason="链办已挂牌")
    assert (task.status, task.note) == (PlanTaskStatus.DONE, "链办已挂牌")


def test_giving_a_task_up_needs_a_reason(session, official, task):
    with pytest.raises(NotComplete):
        chain_plans.move_task(session, official, task, PlanTaskStatus.DROPPED, reason=" ")
    chain_plans.move_task(session, official, task, PlanTaskStatus.DROPPED, reason="并入全市行动")
    assert task.dropped_reason == "并入全市行动"


def test_each_figure_is_the_number_of_its_rows_and_a_firm_on_two_links_counts_once(session, official, chain, task):
    assert measured(session, official, chain.id, TargetKind.FIRMS_CONFIRMED) is None  # no link: nothing to count
    first, second = make_link(session, chain), make_link(session, chain)
    make_link(session, chain)
    firm = make_organization(session, legal_name="甲公司")
    make_placement(session, firm, first.id, standing=FirmStanding.BACKBONE)
    make_placement(session, firm, second.id)
    chain_plans.change_task(session, official, task, _facts(measure=TargetKind.LINKS_COVERED, target=3), version=1)
    line = lists.page(session, official, chain.code, on=START).phases[0].tasks[0]
    assert (line.done, line.task.target) == (2, 3)
    numbers = {kind: len(measured(session, official, chain.id, kind)) for kind in TargetKind}
    assert {kind: n for kind, n in numbers.items() if n} == {
        TargetKind.LINKS_COVERED: 2, TargetKind.FIRMS_CONFIRMED: 1, TargetKind.BACKBONE_FIRMS: 1
    }  # fmt: skip


def test_a_late_task_is_told_of_once_for_each_due_day(session, official, task):
    assert chain_plans.remind_due(session, date(2026, 4, 30)) == 0  # its last day
    assert chain_plans.remind_due(session, date(2026, 5, 6)) == 1
    assert chain_plans.remind_due(session, date(2026, 5, 7)) == 0
    notices = session.exec(select(Notice).where(Notice.event == "plan_task_overdue")).all()
    assert [notice.user_id for notice in notices] == [official.user_id]
    chain_plans.change_task(session, official, task, _facts(due_on=date(2026, 6, 30)), version=1)
    assert chain_plans.remind_due(session, date(2026, 7, 1)) == 1
    actions = session.exec(select(AuditEvent.action).where(AuditEvent.action == "plan_task_reminded")).all()
    assert len(actions) == 2


def test_a_chain_without_office_is_told_to_the_joint_office(session, chain):
    joint = make_actor(session, OrganizationKind.JOINT_OFFICE)
    chain_plans.begin(session, joint, chain_id=chain.id, starts_on=START)
    chain_plans.remind_due(session, date(2026, 5, 6))
    assert [row.user_id for row in session.exec(select(Notice)).all()] == [joint.user_id]
    assert not lists.page(session, joint, chain.code, on=START).has_office
