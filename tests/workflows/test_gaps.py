"""The life of a gap: found at night, closed by itself or by a project, its history kept."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from access.lists import gaps as lists
from access.lists.gaps import GapFilters
from access.lookups import NotVisible
from access.rules import NotAllowed, Recused
from models.firm_profile import Certificate
from models.gap import Gap, GapEvent, GapMonth
from models.notice import Notice
from models.organization import Organization
from tests.factories import (
    make_actor,
    make_chain,
    make_link,
    make_organization,
    make_placement,
    make_product_line,
    make_profile,
    make_purchase_need,
)
from vocabulary.chains import TieKind
from vocabulary.gaps import (
    PROJECT_GRACE_DAYS,
    GapCause,
    GapEventKind,
    GapKind,
    GapStatus,
    GapTaskEnding,
    GapTaskStatus,
)
from vocabulary.lifecycles import PostingStatus, ProjectStatus
from vocabulary.roles import OrganizationKind
from workflows import gaps, projects, recusals
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.gap_keeping import refresh_gaps
from workflows.recommendations import refresh_demand

DUE = today() + timedelta(days=30)


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def office(session, chain):
    return make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def needs(session, chain):
    """Three buyers ask for the same bar, whose certificate nobody has."""
    rows = []
    for tonnes in (20, 35, 45):
        buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id)
        need = make_purchase_need(
            session, buyer, specification="TMY 10×100", quantity_milli=tonnes * 1000, budget_fen=tonnes * 8_000_000,
            must_certificates=["iso14001"],
        )  # fmt: skip
        need.title = f"采购镀锡铜排{tonnes}吨"
        rows.append(need)
    session.flush()
    return rows


@pytest.fixture
def firm(session, chain):
    """A firm that could deliver but for the certificate."""
    row = make_organization(session, chain_id=chain.id, region_code="430482")
    make_profile(session, row)
    make_product_line(session, row)
    return row


def _night(session, needs, on=None):
    for need in needs:
        refresh_demand(session, need.id, today=today())
    refresh_gaps(session, on or today())


def _gap(session, kind=GapKind.UNMET_PURCHASE):
    return session.exec(select(Gap).where(Gap.kind == kind)).one()


def _supplier(session, chain):
    row = make_organization(session, chain_id=chain.id, region_code="430482")
    make_profile(session, row)
    session.add(Certificate(organization_id=row.id, code="iso14001"))
    return make_product_line(session, row)


def _project_in_production(session, office, project):
    facts = projects.ProjectFacts(
        **{**projects.facts_of(project).__dict__, "planned_start_on": today(), "planned_finish_on": DUE}
    )
    projects.change(session, office, project, facts, version=project.version)
    for status in (ProjectStatus.STARTED, ProjectStatus.UNDER_CONSTRUCTION, ProjectStatus.IN_PRODUCTION):
        projects.move(session, office, project, status, on=today())


def test_three_unmet_needs_are_one_gap_on_top_with_the_quantity_summed(session, chain, office, needs):
    make_link(session, chain)
    _night(session, needs)
    found = lists.gaps(session, office, on=today())
    top = found.lines[0].gap
    assert (top.kind, top.product, top.n_needs, top.n_buyers) == (GapKind.UNMET_PURCHASE, "镀锡铜排", 3, 3)
    assert (top.quantities, top.value_fen) == ({"tonne": 100_000}, 800_000_000)
    assert [line.gap.kind for line in found.lines[1:]] == [GapKind.MISSING_LINK]
    page = lists.gap_page(session, office, top.public_id, on=today())
    assert len(page.evidence) == 3


def test_a_supplier_closes_the_gap_at_night_and_its_history_stays(session, chain, office, needs):
    _night(session, needs, on=today() - timedelta(days=40))
    supplier = _supplier(session, chain)
    _night(session, needs)
    gap = _gap(session)
    name = session.get(Organization, supplier.organization_id).legal_name
    assert (gap.status, gap.cause, gap.cause_note) == (GapStatus.CLOSED, GapCause.SUPPLIER_CAME, name)
    page = lists.gap_page(session, office, gap.public_id, on=today())
    assert [event.kind for event, _project in page.events] == [GapEventKind.CLOSED, GapEventKind.FOUND]
    assert [(month.value_fen, month.n_needs) for month in page.months] == [(800_000_000, 3)]
    assert len(page.evidence) == 3
    supplier.status = PostingStatus.PAUSED
    session.flush()
    _night(session, needs)
    assert (gap.status, gap.cause, gap.closed_on) == (GapStatus.OPEN, None, None)
    kinds = session.exec(select(GapEvent.kind).where(GapEvent.gap_id == gap.id).order_by(GapEvent.id)).all()
    assert kinds == [GapEventKind.FOUND, GapEventKind.CLOSED, GapEventKind.REOPENED]
    assert len(session.exec(select(GapMonth).where(GapMonth.gap_id == gap.id)).all()) == 2


def test_needs_that_end_close_the_gap_with_that_cause(session, needs):
    _night(session, needs)
    for need in needs:
        need.status = PostingStatus.CLOSED
    session.flush()
    _night(session, needs)
    assert _gap(session).cause is GapCause.NEEDS_ENDED


def test_a_second_run_of_the_same_night_changes_nothing(session, needs):
    _night(session, needs)
    before = session.exec(select(GapEvent.id)).all()
    _night(session, needs)
    assert session.exec(select(GapEvent.id)).all() == before


def test_a_firm_on_two_links_counts_on_each_and_one_on_none_on_neither(session, chain):
    one, other = make_link(session, chain), make_link(session, chain)
    firm, stray = make_organization(session, chain_id=chain.id), make_organization(session, chain_id=chain.id)
    make_profile(session, firm), make_profile(session, stray)
    make_placement(session, firm, one.id), make_placement(session, firm, other.id)
    refresh_gaps(session, today())
    assert session.exec(select(Gap.kind)).all() == [GapKind.THIN_LINK, GapKind.THIN_LINK]
    make_placement(session, stray, one.id)
    refresh_gaps(session, today())
    closed = session.exec(select(Gap.chain_link_id, Gap.cause).where(Gap.status == GapStatus.CLOSED)).all()
    assert closed == [(one.id, GapCause.FIRM_CONFIRMED)]


def test_a_project_from_a_lead_closes_the_gap_when_it_reaches_production(session, office, needs):
    _night(session, needs)
    gap = _gap(session)
    lead = gaps.add_lead(session, office, gap, title="引进铜排企业", note="", owner_id=office.user_id, due_on=DUE)
    project = gaps.make_project(session, office, lead, gap, name="铜排项目", investor="甲", investment_fen=10**10)
    assert (lead.status, gap.status) == (GapTaskStatus.IN_PROJECT, GapStatus.OPEN)
    _project_in_production(session, office, project)
    assert (lead.status, lead.ending) == (GapTaskStatus.DONE, GapTaskEnding.PROJECT_IN_PRODUCTION)
    page = lists.gap_page(session, office, gap.public_id, on=today())
    assert (page.line.gap.cause, page.line.closed_by) == (GapCause.PROJECT_IN_PRODUCTION, "铜排项目")
    _night(session, needs)
    assert gap.status is GapStatus.CLOSED  # the plant needs time to file
    _night(session, needs, on=today() + timedelta(days=PROJECT_GRACE_DAYS + 1))
    assert gap.status is GapStatus.OPEN


def test_a_project_given_up_gives_its_lead_back(session, office, needs):
    _night(session, needs)
    gap = _gap(session)
    lead = gaps.add_lead(session, office, gap, title="引进", note="", owner_id=office.user_id, due_on=DUE)
    project = gaps.make_project(session, office, lead, gap, name="铜排项目", investor="", investment_fen=None)
    projects.move(session, office, project, ProjectStatus.DROPPED, on=today(), reason="投资方退出")
    assert (lead.status, lead.project_id) == (GapTaskStatus.OPEN, None)


def test_a_near_miss_gets_an_upgrade_task_that_names_what_it_lacks_and_ends_when_it_passes(
    session, office, firm, needs
):
    _night(session, needs)
    gap = _gap(session)
    page = lists.gap_page(session, office, gap.public_id, on=today())
    (miss,) = page.near_misses
    assert (miss.firm_id, [gate["code"] for gate in miss.closed]) == (firm.id, ["certificates"])
    stranger = make_actor(session)
    task = gaps.add_upgrade(
        session, office, gap, near_miss=miss.recommendation, firm_id=miss.firm_id, title="取得认证", note="",
        owner_id=office.user_id, due_on=DUE,
    )  # fmt: skip
    assert [gate["code"] for gate in task.lacks] == ["certificates"]
    assert lists.upgrades(session, stranger, on=today()) == []
    session.add(Certificate(organization_id=firm.id, code="iso14001"))
    session.flush()
    _night(session, needs)
    assert (task.status, task.ending) == (GapTaskStatus.DONE, GapTaskEnding.FIRM_PASSES)
    assert gap.cause is GapCause.SUPPLIER_CAME


def test_a_tied_official_sets_no_upgrade_task(session, office, firm, needs):
    _night(session, needs)
    gap = _gap(session)
    (miss,) = lists.gap_page(session, office, gap.public_id, on=today()).near_misses
    recusals.declare_tie(session, office, organization_id=firm.id, kind=TieKind.RELATIVE)
    with pytest.raises(Recused):
        gaps.add_upgrade(
            session, office, gap, near_miss=miss.recommendation, firm_id=firm.id, title="取得认证", note="",
            owner_id=office.user_id, due_on=DUE,
        )  # fmt: skip


def test_owner_and_day_are_refused_by_field(session, office, firm, needs):
    _night(session, needs)
    outsider = make_actor(session, OrganizationKind.BANK)
    with pytest.raises(NotComplete) as refused:
        gaps.add_lead(
            session, office, _gap(session), title=" ", note="", owner_id=outsider.user_id, due_on=date(2020, 1, 1)
        )
    assert refused.value.problems == {"title": "required", "due_on": "in_past", "owner_id": "unknown"}


def test_a_closed_gap_takes_no_new_lead(session, office, needs):
    _night(session, needs)
    for need in needs:
        need.status = PostingStatus.CLOSED
    session.flush()
    gap = _gap(session)
    lead = gaps.add_lead(session, office, gap, title="引进", note="", owner_id=office.user_id, due_on=DUE)
    _night(session, needs)
    assert (lead.status, lead.ending) == (GapTaskStatus.DROPPED, GapTaskEnding.GAP_CLOSED)
    with pytest.raises(StepNotAllowed):
        gaps.add_lead(session, office, gap, title="引进", note="", owner_id=office.user_id, due_on=DUE)


def test_overdue_and_idle_gaps_are_counted_as_they_are_listed(session, chain, office, needs):
    make_link(session, chain)
    _night(session, needs)
    gap = _gap(session)
    gaps.add_lead(session, office, gap, title="引进", note="", owner_id=office.user_id, due_on=DUE)
    late = DUE + timedelta(days=1)
    found = lists.gaps(session, office, on=late)
    assert (found.n_overdue, found.n_idle) == (1, 1)
    assert lists.gaps(session, office, GapFilters(is_overdue=True), on=late).total == 1
    assert lists.gaps(session, office, GapFilters(is_idle=True), on=late).lines[0].gap.kind is GapKind.MISSING_LINK
    assert lists.gaps(session, office, on=DUE).n_overdue == 0


def test_another_chains_office_a_bank_and_a_buyer_see_no_gap(session, office, needs):
    _night(session, needs)
    gap = _gap(session)
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    assert lists.gaps(session, stranger, on=today()).lines == []
    with pytest.raises(NotVisible):
        lists.gap_page(session, stranger, gap.public_id, on=today())
    with pytest.raises(NotAllowed):
        gaps.add_lead(session, stranger, gap, title="引进", note="", owner_id=stranger.user_id, due_on=DUE)
    for kind in (OrganizationKind.BANK, OrganizationKind.BUYER, OrganizationKind.ENTERPRISE):
        with pytest.raises(NotAllowed):
            lists.gaps(session, make_actor(session, kind), on=today())
    joint = make_actor(session, OrganizationKind.JOINT_OFFICE)
    assert lists.gaps(session, joint, on=today()).total == 1


def test_the_firm_of_an_upgrade_task_is_told(session, office, chain, needs):
    boss = make_actor(session, chain_id=chain.id)
    row = session.get(Organization, boss.organization_id)
    make_profile(session, row)
    make_product_line(session, row)
    _night(session, needs)
    gap = _gap(session)
    (miss,) = lists.gap_page(session, office, gap.public_id, on=today()).near_misses
    gaps.add_upgrade(
        session, office, gap, near_miss=miss.recommendation, firm_id=miss.firm_id, title="取得认证", note="",
        owner_id=office.user_id, due_on=DUE,
    )  # fmt: skip
    assert session.exec(select(Notice.event).where(Notice.user_id == boss.user_id)).all() == ["upgrade_task_set"]
    assert [line.task.title for line in lists.upgrades(session, boss, on=today())] == ["取得认证"]
