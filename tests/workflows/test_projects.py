"""The library of key projects: stages, months, slippage, lights."""

from datetime import date

import pytest
from sqlmodel import select

from access.lists import projects as lists
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.project import ProjectSchedule
from tests.factories import make_actor, make_chain, make_link
from vocabulary.lifecycles import ProjectStatus, ReportStatus
from vocabulary.money import FEN_PER_YI
from vocabulary.projects import Light, ProjectKind, TargetKind, light_of, scheduled_percent
from vocabulary.roles import OrganizationKind
from workflows import projects
from workflows.errors import ChangedMeanwhile, NotComplete, StepNotAllowed
from workflows.projects import ProjectFacts

ON = date(2026, 11, 25)
FACTS = ProjectFacts(
    name="镀锡铜线扩产", kind=ProjectKind.FILL, investment_fen=2 * FEN_PER_YI,
    planned_start_on=date(2026, 1, 1), planned_finish_on=date(2026, 12, 31),
)  # fmt: skip


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def official(session, chain):
    return make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def project(session, official, chain, monkeypatch):
    monkeypatch.setattr(projects, "today", lambda: ON)
    return projects.add(session, official, FACTS, chain_id=chain.id)


@pytest.fixture
def started(session, official, project):
    projects.move(session, official, project, ProjectStatus.STARTED, on=date(2026, 1, 5))
    return project


@pytest.mark.parametrize(
    ("behind", "light"),
    [(-5, Light.GREEN), (9, Light.GREEN), (10, Light.YELLOW), (30, Light.YELLOW), (31, Light.RED)],
)
def test_the_light_follows_the_printed_rule(behind, light):
    assert light_of(behind) is light


def test_scheduled_progress_counts_days_and_stays_within_bounds():
    start, finish = date(2026, 1, 1), date(2026, 4, 10)  # 100 days
    assert [scheduled_percent(start, finish, day) for day in (date(2025, 1, 1), start, finish, date(2027, 1, 1))] == [
        0, 1, 100, 100,
    ]  # fmt: skip


def test_a_project_walks_its_stages_with_dated_evidence(session, official, started):
    projects.move(session, official, started, ProjectStatus.UNDER_CONSTRUCTION, on=date(2026, 3, 1))
    projects.move(session, official, started, ProjectStatus.IN_PRODUCTION, on=date(2026, 11, 1))
    assert (started.started_on, started.construction_on, started.in_production_on) == (
        date(2026, 1, 5), date(2026, 3, 1), date(2026, 11, 1),
    )  # fmt: skip
    actions = session.exec(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["project_filed", "project_started", "project_under_construction", "project_in_production"]
    with pytest.raises(StepNotAllowed):
        projects.move(session, official, started, ProjectStatus.STARTED, on=ON)


@pytest.mark.parametrize(("on", "code"), [(date(2026, 1, 1), "before_last_step"), (date(2026, 12, 1), "in_future")])
def test_a_stage_out_of_time_is_refused(session, official, started, on, code):
    with pytest.raises(NotComplete) as refused:
        projects.move(session, official, started, ProjectStatus.UNDER_CONSTRUCTION, on=on)
    assert refused.value.problems == {"on": code}


def test_starting_needs_a_schedule_and_giving_up_a_reason(session, official, chain):
    bare = projects.add(session, official, ProjectFacts(name="意向项目", kind=ProjectKind.BUILD), chain_id=chain.id)
    with pytest.raises(NotComplete) as refused:
        projects.move(session, official, bare, ProjectStatus.STARTED, on=date(2026, 1, 1))
    assert refused.value.problems == {"on": "no_schedule"}
    with pytest.raises(NotComplete):
        projects.move(session, official, bare, ProjectStatus.DROPPED, on=date(2026, 1, 1))
    projects.move(session, official, bare, ProjectStatus.DROPPED, on=date(2026, 1, 1), reason="投资方退出")
    assert bare.dropped_reason == "投资方退出"


def test_wrong_facts_are_refused_by_field(session, official, chain):
    elsewhere = make_link(session, make_chain(session))
    wrong = ProjectFacts(
        name=" ", kind=ProjectKind.FILL, chain_link_id=elsewhere.id, investment_fen=0,
        planned_start_on=date(2026, 5, 1), planned_finish_on=date(2026, 4, 1),
    )  # fmt: skip
    with pytest.raises(NotComplete) as refused:
        projects.add(session, official, wrong, chain_id=chain.id)
    assert refused.value.problems == {
        "name": "required", "planned_finish_on": "before_start", "investment_fen": "not_positive",
        "chain_link_id": "unknown",
    }  # fmt: skip


def _save(session, actor, project, month, yi, **values):
    return projects.save_report(
        session, actor, project, month=month, invested_fen=int(yi * FEN_PER_YI), progress="按计划", **values
    )


def test_a_reported_month_is_locked_until_it_is_returned(session, official, started):
    row = _save(session, official, started, date(2026, 10, 1), 1.0)
    projects.report(session, official, started, row)
    assert (row.status, row.scheduled_percent, row.done_percent) == (ReportStatus.REPORTED, 83, 50)
    with pytest.raises(StepNotAllowed):
        _save(session, official, started, date(2026, 10, 1), 1.2)
    projects.return_report(session, official, started, row, note="数字不符")
    _save(session, official, started, date(2026, 10, 1), 1.4)
    projects.report(session, official, started, row)
    assert row.done_percent == 70


def test_the_library_lights_a_project_by_its_last_reported_month(session, official, started):
    for month, yi in ((9, 1.4), (10, 1.0 + 0.46)):
        projects.report(session, official, started, _save(session, official, started, date(2026, month, 1), yi))
    _save(session, official, started, date(2026, 11, 1), 1.5)  # a draft counts nowhere
    (line,) = lists.library(session, official, lists.Filters(), on=ON).lines
    assert (line.behind, line.light, line.is_report_due) == (10, Light.YELLOW, False)
    due = lists.library(session, official, lists.Filters(), on=date(2026, 12, 2)).lines[0]
    assert due.is_report_due


def test_without_a_total_there_is_no_light(session, official, started):
    facts = ProjectFacts(**{**FACTS.__dict__, "investment_fen": None})
    projects.change(session, official, started, facts, version=1)
    projects.report(session, official, started, _save(session, official, started, date(2026, 10, 1), 1.0))
    (line,) = lists.library(session, official, lists.Filters(), on=ON).lines
    assert (line.light, line.report.done_percent) == (Light.NO_AMOUNT, None)


@pytest.mark.parametrize(
    ("month", "yi", "problem"),
    [
        (date(2026, 12, 1), 1.5, {"month": "in_future"}),
        (date(2025, 12, 1), 1.5, {"month": "before_start"}),
        (date(2026, 11, 1), 0.9, {"invested_fen": "below_earlier"}),
    ],
)
def test_a_month_out_of_order_is_refused(session, official, started, month, yi, problem):
    projects.report(session, official, started, _save(session, official, started, date(2026, 10, 1), 1.0))
    with pytest.raises(NotComplete) as refused:
        _save(session, official, started, month, yi)
    assert refused.value.problems == problem


def test_moving_dates_after_the_start_needs_a_reason_and_is_kept(session, official, started):
    later = ProjectFacts(**{**FACTS.__dict__, "planned_finish_on": date(2027, 3, 31)})
    with pytest.raises(NotComplete) as refused:
        projects.change(session, official, started, later, version=1)
    assert refused.value.problems == {"reason": "required"}
    projects.change(session, official, started, later, version=1, reason="环评延后")
    rows = session.exec(select(ProjectSchedule).order_by(ProjectSchedule.id)).all()
    assert [(row.planned_finish_on, row.reason) for row in rows] == [
        (date(2026, 12, 31), ""), (date(2027, 3, 31), "环评延后"),
    ]  # fmt: skip


def test_the_second_editor_sees_what_the_first_saved(session, official, project):
    projects.change(session, official, project, ProjectFacts(**{**FACTS.__dict__, "land": "已供地"}), version=1)
    with pytest.raises(ChangedMeanwhile) as newer:
        projects.change(session, official, project, ProjectFacts(**{**FACTS.__dict__, "land": "未供地"}), version=1)
    assert (newer.value.current["land"], newer.value.version) == ("已供地", 2)


def test_another_chains_office_neither_reads_nor_runs_it(session, project):
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    assert lists.library(session, stranger, lists.Filters(), on=ON).lines == []
    with pytest.raises(NotAllowed):
        projects.move(session, stranger, project, ProjectStatus.STARTED, on=ON)
    auditor = make_actor(session, OrganizationKind.AUDIT_OFFICE)
    assert len(lists.library(session, auditor, lists.Filters(), on=ON).lines) == 1
    with pytest.raises(NotAllowed):
        projects.move(session, auditor, project, ProjectStatus.STARTED, on=ON)


def test_a_target_of_zero_is_no_target_and_small_or_dropped_projects_do_not_count(session, official, chain, project):
    small = ProjectFacts(**{**FACTS.__dict__, "name": "小项目", "investment_fen": FEN_PER_YI - 1})
    projects.add(session, official, small, chain_id=chain.id)
    gone = projects.add(session, official, ProjectFacts(**{**FACTS.__dict__, "name": "已退"}), chain_id=chain.id)
    projects.move(session, official, gone, ProjectStatus.DROPPED, on=ON, reason="退出")

    def target(at_least, at_most):
        projects.set_target(
            session, official, chain_id=chain.id, year=2026, kind=TargetKind.LARGE_PROJECTS, at_least=at_least,
            at_most=at_most,
        )  # fmt: skip
        (line,) = lists.targets(session, official, year=2026)
        return line.at_least, line.at_most, line.n_projects

    assert target(5, 10) == (5, 10, 1)
    assert target(0, None) == (None, None, 1)
    with pytest.raises(NotComplete):
        target(5, 3)
