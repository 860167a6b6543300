"""A model version from training to use and back: who may, what holds when, what is refused."""

from datetime import timedelta

import pytest
from sqlmodel import select

from access.actor import Actor
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.job import Job
from models.model_version import ModelVersion
from models.organization import Organization
from models.policy import WeightsVersion
from tests.factories import actor_of, make_actor, make_user
from tests.model_worlds import better, train
from vocabulary.classifications import Market
from vocabulary.jobs import JobKind
from vocabulary.model_versions import ModelStatus, Verdict
from vocabulary.roles import OrganizationKind, Role
from workflows import model_versions
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.weights import declared_weights, latest_weights, weights_in_use

_S = ModelStatus


@pytest.fixture
def admin(session) -> Actor:
    return make_actor(session, OrganizationKind.IT_OFFICE)


@pytest.fixture
def lead(session) -> Actor:
    return make_actor(session, OrganizationKind.JOINT_OFFICE)


@pytest.fixture
def in_shadow(session, admin) -> ModelVersion:
    version = better(session, admin)
    model_versions.propose(session, admin, version)
    version.shadow_on = today()
    session.flush()
    return version


def test_a_training_that_finds_nothing_better_is_refused_and_kept(session, admin):
    version = train(session, admin, n=80)
    assert (version.status, version.verdict, version.number) == (_S.REFUSED, Verdict.TOO_FEW_DECISIONS, 1)
    assert version.weights == declared_weights(Market.FINANCE)
    assert train(session, admin, n=0).number == 2
    with pytest.raises(StepNotAllowed):
        model_versions.propose(session, admin, version)


def test_promoted_weights_hold_from_tomorrow_and_a_rollback_at_once(session, lead, in_shadow):
    before = weights_in_use(session, Market.FINANCE, on=today())
    model_versions.promote(session, lead, in_shadow, reason="确实更好")
    assert in_shadow.status is _S.PROMOTED
    assert weights_in_use(session, Market.FINANCE, on=today()) == before
    tomorrow = today() + timedelta(days=1)
    assert weights_in_use(session, Market.FINANCE, on=tomorrow) == in_shadow.weights != before
    assert model_versions.with_weights(session, Market.FINANCE, in_shadow.weights) is in_shadow

    model_versions.roll_back(session, lead, in_shadow, reason="银行反映名单变差")
    assert in_shadow.status is _S.RETIRED
    for day in (today(), tomorrow):
        assert weights_in_use(session, Market.FINANCE, on=day) == before
    assert session.exec(select(Job.kind)).all() == [JobKind.NIGHT]
    said = session.exec(select(AuditEvent.action).where(AuditEvent.subject_kind == "model_version")).all()
    assert said == ["model_trained", "model_version_shadow", "model_version_promoted", "model_version_retired"]


def test_the_next_version_retires_the_one_before_it(session, admin, lead, in_shadow):
    model_versions.promote(session, lead, in_shadow, reason="确实更好")
    following = better(session, admin, seed=9, current=declared_weights(Market.FINANCE))
    following.weights_before = latest_weights(session, Market.FINANCE)
    following.digest = model_versions._digest(following)
    model_versions.propose(session, admin, following)
    following.shadow_on = today()
    model_versions.promote(session, lead, following, reason="更新")
    assert (in_shadow.status, following.status) == (_S.RETIRED, _S.PROMOTED)
    assert len(session.exec(select(WeightsVersion)).all()) == 2


def test_only_the_joint_office_decides_and_only_an_administrator_trains(session, admin, lead, in_shadow):
    for actor in (admin, make_actor(session, OrganizationKind.AUDIT_OFFICE)):
        for deed in (model_versions.promote, model_versions.refuse, model_versions.roll_back):
            with pytest.raises(NotAllowed):
                deed(session, actor, in_shadow, reason="试")
    with pytest.raises(NotAllowed):
        model_versions.ask(session, lead, Market.FINANCE)
    model_versions.refuse(session, lead, in_shadow, reason="先不换")
    assert (in_shadow.status, in_shadow.ended_reason) == (_S.REFUSED, "先不换")


def _who_proposed(session, version, lead):
    version.proposed_by_id = lead.user_id


def _other_weights(session, version, lead):
    office = session.get_one(Organization, lead.organization_id)
    other = actor_of(make_user(session, office, Role.COORDINATOR), office)
    model_versions.publish_weights(
        session, other, Market.FINANCE, declared_weights(Market.FINANCE) | {"text": 0.9}, valid_from=today(),
        reason="", created_by_id=lead.user_id,
    )  # fmt: skip


def _forged(session, version, lead):
    version.weights = version.weights | {"text": 0.9}


def _unseen(session, version, lead):
    version.shadow_on = None


@pytest.mark.parametrize(
    ("broken", "problem"),
    [(_who_proposed, "second_person"), (_other_weights, "stale"), (_forged, "changed"), (_unseen, "no_shadow_run")],
)
def test_a_version_is_not_put_to_use(session, lead, in_shadow, broken, problem):
    broken(session, in_shadow, lead)
    session.flush()
    with pytest.raises(NotComplete) as refused:
        model_versions.promote(session, lead, in_shadow, reason="确实更好")
    assert refused.value.problems == {"promote": problem}
    with pytest.raises(NotComplete):
        model_versions.promote(session, lead, in_shadow, reason=" ")


def test_one_version_of_a_market_runs_in_the_shadow_at_a_time(session, admin, in_shadow):
    with pytest.raises(NotComplete):
        model_versions.propose(session, admin, better(session, admin, seed=9))
