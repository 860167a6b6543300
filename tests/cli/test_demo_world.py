"""The demo world is complete, plausible and built once."""

from collections import Counter
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from access.lists.follow_up import follower_left, handler_left
from access.lists.sizes import match_of
from access.sizes import size_of
from cli.demo_world import demo_accounts, ensure_demo_world
from models.api_key import ApiKey
from models.approval import Approval
from models.assignment import AssignmentProposal
from models.chain import Chain, ChainLink
from models.chain_plan import PlanTask
from models.confirmed_order import ConfirmedOrder, JointCase
from models.exposure import Exposure
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile, ProfileSubmission
from models.gap import Gap, GapTask
from models.import_batch import ImportBatch
from models.job import Job
from models.model_version import ModelVersion
from models.office_report import OfficeReport
from models.organization import Invitation, Organization, User
from models.outbox import OutboxMessage
from models.pairing import CaseReminder, CaseStep, Consent, Pairing, Release
from models.policy import PolicyScenario, ProductSuggestion
from models.posting import Demand, Supply
from models.problem import Problem
from models.project import Project, ProjectReport
from models.recognition import Recognition
from models.recommendation import Recommendation, RecommendationRun
from models.research_result import ResearchResult
from models.roadshow import (
    Roadshow,
    RoadshowFeedback,
    RoadshowMeeting,
    RoadshowParticipant,
    RoadshowQuestion,
)
from models.session import open_session
from models.stored_file import StoredFile
from models.supplier_group import SupplierGroup, SupplierShare
from models.webhook import Webhook, WebhookDelivery
from tests.databases import Template
from vocabulary.case_clocks import ReminderLevel
from vocabulary.chains import FirmStanding
from vocabulary.classifications import FIRM_SIDE, CaseStepKind, Market, Side
from vocabulary.funnel import ExposureCause
from vocabulary.gaps import GapStatus
from vocabulary.imports import IMPORT_BATCH
from vocabulary.integrations import API_KEY, DELIVERY, WEBHOOK
from vocabulary.lifecycles import (
    APPROVAL,
    ASSIGNMENT,
    CHAIN,
    CHAIN_LINK,
    CONFIRMED_ORDER,
    GAP,
    GAP_TASK,
    INVITATION,
    JOB,
    LIFECYCLES,
    MEETING,
    MODEL_VERSION,
    OFFICE_REPORT,
    ORGANIZATION,
    OUTBOX,
    PAIRING,
    PARTICIPANT,
    PLAN_TASK,
    POLICY_SCENARIO,
    POSTING,
    PROBLEM,
    PRODUCT_SUGGESTION,
    PROJECT,
    PROJECT_REPORT,
    RECOGNITION,
    RESEARCH_RESULT,
    ROADSHOW,
    RUN,
    SUBMISSION,
    SUPPLIER_GROUP,
    SUPPLIER_SHARE,
    USER,
    PairingStatus,
    ParticipantStatus,
    PostingStatus,
    ProjectStatus,
    RoadshowStatus,
    RunStatus,
    SupplierGroupStatus,
    SupplierShareStatus,
)
from vocabulary.recognitions import RecognitionState, state_on
from vocabulary.roles import OrganizationKind
from vocabulary.size_class import SizeMatch
from vocabulary.uscc import check_uscc
from workflows.calendar import today

pytestmark = pytest.mark.xdist_group("demo_world")


@pytest.fixture(scope="module")
def demo_engine(demo_database: Template) -> Engine:
    return demo_database.copy()


@pytest.fixture
def demo(demo_engine: Engine) -> Session:
    with open_session(demo_engine, read_only=True) as session:
        yield session


def test_every_kind_of_organization_is_there(demo: Session) -> None:
    kinds = dict(demo.exec(select(Organization.kind, func.count()).group_by(Organization.kind)).all())
    assert set(kinds) == set(OrganizationKind)
    assert kinds[OrganizationKind.ENTERPRISE] >= 120
    assert (kinds[OrganizationKind.BANK], kinds[OrganizationKind.BUYER], kinds[OrganizationKind.CHAIN_OFFICE]) == (
        12,
        30,
        7,
    )


def test_every_credit_code_is_valid(demo: Session) -> None:
    codes = [code for code in demo.exec(select(Organization.uscc)).all() if code is not None]
    assert len(codes) > 150
    assert [code for code in codes if check_uscc(code) is not None] == []


def test_demands_stand_in_every_status(demo: Session) -> None:
    assert set(demo.exec(select(Demand.status)).all()) == set(PostingStatus)


def test_the_engine_ran_over_both_markets(demo: Session) -> None:
    runs = demo.exec(select(RecommendationRun)).all()
    assert {run.market for run in runs if run.status is RunStatus.FINISHED} == set(Market)


def test_the_copper_wire_maker_is_recommended_to_all_cable_makers(demo: Session) -> None:
    line = demo.exec(
        select(Supply).join(Organization).where(Organization.short_name == "隆源铜业", Supply.title == "裸铜线")
    ).one()
    names = demo.exec(
        select(Organization.short_name)
        .join(Demand, Demand.organization_id == Organization.id)
        .join(Recommendation, Recommendation.demand_id == Demand.id)
        .where(Recommendation.supply_id == line.id)
    ).all()
    assert {"恒飞电缆", "金杯电缆", "通用电缆", "凤凰电缆"} <= set(names)


def test_each_role_has_an_account(demo: Session) -> None:
    emails = {account.email.partition("@")[0] for account in demo_accounts(demo)}
    assert {"firm", "filer", "bank", "buyer", "official", "coordinator", "auditor", "admin"} <= emails


def test_a_second_start_adds_nothing(demo_engine: Engine, demo: Session) -> None:
    before = demo.exec(select(func.count()).select_from(Organization)).one()
    demo.close()
    ensure_demo_world(demo_engine)
    with open_session(demo_engine, read_only=True) as session:
        assert session.exec(select(func.count()).select_from(Organization)).one() == before


def test_pairings_stand_in_every_status_and_two_cases_are_told_to_the_end(demo: Session) -> None:
    assert set(demo.exec(select(Pairing.status)).all()) == set(PairingStatus)
    assert {CaseStepKind.DISBURSED, CaseStepKind.VOLUME_ORDER} <= set(demo.exec(select(CaseStep.kind)).all())


_NOUNS = (
        (Organization, ORGANIZATION), (User, USER), (Invitation, INVITATION), (ProfileSubmission, SUBMISSION),
        (Demand, POSTING), (Supply, POSTING), (Pairing, PAIRING), (OutboxMessage, OUTBOX), (Roadshow, ROADSHOW),
        (RoadshowParticipant, PARTICIPANT), (RoadshowMeeting, MEETING), (RecommendationRun, RUN),
        (Chain, CHAIN), (ChainLink, CHAIN_LINK),
        (SupplierGroup, SUPPLIER_GROUP), (SupplierShare, SUPPLIER_SHARE),
        (Project, PROJECT), (ProjectReport, PROJECT_REPORT), (Problem, PROBLEM), (PlanTask, PLAN_TASK),
        (ConfirmedOrder, CONFIRMED_ORDER),
        (AssignmentProposal, ASSIGNMENT), (Recognition, RECOGNITION),
        (Gap, GAP), (GapTask, GAP_TASK),
        (OfficeReport, OFFICE_REPORT), (ResearchResult, RESEARCH_RESULT),
        (PolicyScenario, POLICY_SCENARIO), (ProductSuggestion, PRODUCT_SUGGESTION),
        (Approval, APPROVAL), (ImportBatch, IMPORT_BATCH), (Job, JOB), (ApiKey, API_KEY),
        (ModelVersion, MODEL_VERSION), (Webhook, WEBHOOK), (WebhookDelivery, DELIVERY),
)  # fmt: skip


def test_every_noun_is_looked_for() -> None:
    assert {lifecycle.noun for _, lifecycle in _NOUNS} == set(LIFECYCLES)


@pytest.mark.parametrize("market", Market)
def test_postings_of_each_market_stand_in_every_status_on_both_sides(demo: Session, market: Market) -> None:
    for model in (Demand, Supply):
        assert set(demo.exec(select(model.status).where(model.market == market)).all()) == set(PostingStatus)


@pytest.mark.parametrize(
    ("model", "lifecycle"),
    _NOUNS,
    ids=lambda value: getattr(value, "noun", None),
)
def test_every_status_is_there_to_be_seen(demo: Session, model, lifecycle) -> None:
    assert set(demo.exec(select(model.status)).all()) == set(lifecycle.statuses)


def test_a_released_dossier_holds_exactly_the_consented_sections(demo: Session) -> None:
    found = demo.exec(select(Release, Consent).join(Consent, Consent.id == Release.consent_id)).all()
    assert len(found) > 8
    for release, consent in found:
        assert set(release.snapshot) == {*consent.sections, "contacts"}


def test_every_office_has_something_to_decide_and_mutual_interest_is_consented(demo: Session) -> None:
    waiting = demo.exec(select(Pairing).where(Pairing.status == PairingStatus.PROPOSED)).all()
    assert len({pairing.chain_id for pairing in waiting}) >= 5
    mutual = [pairing for pairing in waiting if pairing.is_mutual]
    assert mutual
    consents = {(row.organization_id, row.counterpart_id) for row in demo.exec(select(Consent)).all()}

    def sides(pairing: Pairing) -> tuple[int, int]:
        two = pairing.demand_organization_id, pairing.supply_organization_id
        return two if FIRM_SIDE[pairing.market] is Side.DEMAND else two[::-1]

    assert any(sides(pairing) in consents for pairing in mutual)


def test_outcomes_of_both_markets_are_there_for_several_chains(demo: Session) -> None:
    rows = demo.exec(select(Pairing.chain_id, CaseStep.kind).join(CaseStep, CaseStep.pairing_id == Pairing.id)).all()
    assert len({chain for chain, kind in rows if kind in (CaseStepKind.DISBURSED, CaseStepKind.VOLUME_ORDER)}) >= 3


def test_building_again_adds_nothing(demo_engine: Engine, demo: Session) -> None:
    before = demo.exec(select(func.count()).select_from(Pairing)).one()
    demo.rollback()
    ensure_demo_world(demo_engine)
    assert demo.exec(select(func.count()).select_from(Pairing)).one() == before


def test_two_builds_tell_the_same_story(demo: Session, empty_database: Template) -> None:
    engine = empty_database.copy()
    ensure_demo_world(engine)

    def story(session: Session) -> list[object]:
        firms = session.exec(select(Organization.legal_name, Organization.uscc).order_by(Organization.id)).all()
        cases = session.exec(select(Pairing.demand_id, Pairing.supply_id, Pairing.status).order_by(Pairing.id)).all()
        amounts = session.exec(select(CaseStep.kind, CaseStep.amount_fen).order_by(CaseStep.id)).all()
        return [firms, cases, amounts]

    with open_session(engine, read_only=True) as session:
        assert story(session) == story(demo)
    engine.dispose()


def test_there_are_forty_loan_products_and_sixty_purchase_needs(demo: Session) -> None:
    products = demo.exec(select(func.count()).where(Supply.market == Market.FINANCE)).one()
    needs = demo.exec(select(func.count()).where(Demand.market == Market.SUPPLY)).one()
    assert products >= 40
    assert needs >= 60


def test_the_forum_tells_the_story_firms_meetings(demo: Session) -> None:
    names = demo.exec(
        select(Organization.short_name)
        .join(Demand, Demand.organization_id == Organization.id)
        .join(RoadshowMeeting, RoadshowMeeting.demand_id == Demand.id)
        .join(Roadshow, Roadshow.id == RoadshowMeeting.roadshow_id)
        .where(Roadshow.name.startswith("船山论坛"))
    ).all()
    assert {"恒飞电缆", "金杯电缆", "通用电缆", "凤凰电缆"} <= set(names)


def test_the_forum_is_over_and_everything_of_it_is_recorded(demo: Session) -> None:
    forum = demo.exec(select(Roadshow).where(Roadshow.name.startswith("船山论坛"))).one()
    rows = demo.exec(select(RoadshowParticipant).where(RoadshowParticipant.roadshow_id == forum.id)).all()
    coming = [row for row in rows if row.status is ParticipantStatus.ACCEPTED]
    assert 0 < sum(row.checked_in_at is None for row in coming) < len(coming) / 2
    said = demo.exec(
        select(RoadshowFeedback).join(RoadshowMeeting).where(RoadshowMeeting.roadshow_id == forum.id)
    ).all()
    assert {row.side for row in said if row.goes_on} == set(Side)
    assert demo.exec(select(func.count()).select_from(RoadshowQuestion)).one() == 3


def test_one_roadshow_is_today_and_one_is_planned(demo: Session) -> None:
    found = demo.exec(select(Roadshow.held_on, Roadshow.status)).all()
    assert (today(), RoadshowStatus.ANNOUNCED) in found
    assert any(status is RoadshowStatus.PLANNED and held_on > today() for held_on, status in found)


def test_one_supplier_group_is_complete_and_one_waits_for_a_single_answer(demo: Session) -> None:
    n_waiting = {}
    for group in demo.exec(select(SupplierGroup)).all():
        shares = demo.exec(select(SupplierShare).where(SupplierShare.group_id == group.id)).all()
        assert sum(share.quantity_milli for share in shares) == group.quantity_milli
        n_waiting[group.status] = sum(share.status is SupplierShareStatus.ASKED for share in shares)
    assert n_waiting == {
        SupplierGroupStatus.COMPLETE: 0, SupplierGroupStatus.ASKED: 1, SupplierGroupStatus.ENDED: 0,
    }  # fmt: skip


def test_cases_stand_on_every_step_of_both_ladders_and_some_were_renewed(demo: Session) -> None:
    reached: dict[int, CaseStepKind] = {}
    for pairing_id, kind in demo.exec(select(CaseStep.pairing_id, CaseStep.kind).order_by(CaseStep.id)):
        reached[pairing_id] = kind
    assert set(reached.values()) == set(CaseStepKind)


def test_somebody_was_reminded_one_case_went_to_the_chains_office_and_one_to_the_joint_office(demo: Session) -> None:
    told: dict[int, set[ReminderLevel]] = {}
    for reminder in demo.exec(select(CaseReminder)):
        told.setdefault(reminder.pairing_id, set()).add(reminder.level)
    assert {frozenset(levels) for levels in told.values()} == {
        frozenset({ReminderLevel.HANDLER}), frozenset({ReminderLevel.HANDLER, ReminderLevel.CHAIN_OFFICE}),
        frozenset(ReminderLevel),
    }  # fmt: skip


def test_documents_of_the_demo_are_real_ones(demo: Session) -> None:
    files = demo.exec(select(StoredFile)).all()
    assert len(files) > 5
    assert {len(PdfReader(BytesIO(file.content)).pages) for file in files} == {1}


def test_somebody_left_with_open_cases_on_both_sides(demo: Session) -> None:
    for left in (handler_left(today()), follower_left(today())):
        assert demo.exec(select(func.count()).select_from(Pairing).where(left)).one() > 0


def test_firm_cable_maker_and_bank_meet_in_one_case(demo: Session) -> None:
    (case,) = demo.exec(select(JointCase)).all()
    order, finance = demo.get_one(ConfirmedOrder, case.order_id), demo.get_one(Pairing, case.finance_pairing_id)
    names = [
        demo.get_one(Organization, each).legal_name
        for each in (order.firm_id, order.buyer_id, finance.supply_organization_id)
    ]
    assert "隆源" in names[0]
    assert "电缆" in names[1]
    assert "华融湘江" in names[2]
    assert finance.demand_organization_id == order.firm_id
    assert order.buyer_agrees
    assert order.firm_agreed_at is not None


def test_titles_are_valid_end_soon_and_have_ended_and_some_claims_of_size_are_wrong(demo: Session) -> None:
    rows = demo.exec(select(Recognition)).all()
    states = {state_on(row.status, row.issued_on, row.expires_on, today()) for row in rows}
    assert states >= set(RecognitionState) - {RecognitionState.NOT_YET}
    profiles = demo.exec(select(FirmProfile).where(FirmProfile.verified_at.is_not(None))).all()
    matches = Counter(match_of(row.size_class, size_of(row)) for row in profiles)
    assert min(matches[SizeMatch.DIFFERS], matches[SizeMatch.UNCLAIMED]) >= 5
    assert matches[SizeMatch.AGREES] > len(profiles) / 2


def test_one_chain_has_no_leader_and_the_others_have_backbone_firms(demo: Session) -> None:
    rows = demo.exec(
        select(ChainLink.chain_id, FirmPlacement.standing)
        .join(FirmPlacement, FirmPlacement.chain_link_id == ChainLink.id)
        .where(FirmPlacement.ended_at.is_(None))
    ).all()
    chains = set(demo.exec(select(Chain.id).where(Chain.status == "active")).all())
    led = {chain for chain, standing in rows if standing is FirmStanding.LEADER}
    assert len(chains - led) == 1
    assert {chain for chain, standing in rows if standing is FirmStanding.BACKBONE} == led


def test_three_needs_for_one_bar_stand_on_top_of_their_chain_summed(demo: Session) -> None:
    chain = demo.exec(select(Chain).where(Chain.code == "new_energy_power")).one()
    top = demo.exec(
        select(Gap).where(Gap.chain_id == chain.id, Gap.status == GapStatus.OPEN).order_by(Gap.value_fen.desc())
    ).first()
    assert top is not None
    assert (top.product, top.n_needs, top.quantities) == ("镀锡铜排", 3, {"tonne": 780_000})


def test_a_project_closed_one_gap_and_another_is_closing_the_missing_link(demo: Session) -> None:
    closed = demo.exec(select(Gap).where(Gap.closed_by_project_id.is_not(None))).one()
    project = demo.get(Project, closed.closed_by_project_id)
    assert (closed.status, project.status) == (GapStatus.CLOSED, ProjectStatus.IN_PRODUCTION)
    missing = demo.exec(select(Gap).where(Gap.product == "漆包线与电磁线", Gap.status == GapStatus.OPEN)).one()
    task = demo.exec(select(GapTask).where(GapTask.gap_id == missing.id)).one()
    assert task.project_id is not None


def test_one_firm_is_eligible_and_seen_by_nobody_since_its_lender_is_paused(demo):
    causes = demo.exec(
        select(Exposure.cause).where(col(Exposure.shown_at).is_(None), col(Exposure.cause).is_not(None))
    ).all()
    assert causes == [ExposureCause.LENDER_PAUSED]
