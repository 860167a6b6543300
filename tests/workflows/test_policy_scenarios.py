"""What the sandbox says is what happens: its result equals the live one after publishing."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from access.actor import Actor
from models.organization import Organization
from models.policy import PolicyEffect, ProductSuggestion, WeightsVersion
from models.recommendation import Recommendation
from models.session import open_session
from tests.factories import (
    actor_of,
    make_actor,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_profile,
    make_user,
)
from vocabulary.classifications import Market
from vocabulary.money import FEN_PER_WAN
from vocabulary.policy import PolicyChange, PolicyManner, PolicyRule, PolicyStatus, SuggestionStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind, Role
from workflows import policy_scenarios, product_suggestions
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.policy_run import compute
from workflows.policy_scenarios import ScenarioValues
from workflows.recommendations import refresh_all


@pytest.fixture
def author(session) -> Actor:
    return make_actor(session, OrganizationKind.JOINT_OFFICE)


@pytest.fixture
def other(session, author) -> Actor:
    office = session.get_one(Organization, author.organization_id)
    return actor_of(make_user(session, office, Role.COORDINATOR), office)


@pytest.fixture
def bank(session) -> Actor:
    return make_actor(session, OrganizationKind.BANK)


@pytest.fixture
def world(session, engine, bank):
    """Firms of 200, 400, 800 and 2,000 of revenue (10,000 yuan); products that ask for 500, and one for 1,000."""
    for revenue in (200, 400, 800, 2000):
        firm = make_organization(session)
        make_profile(session, firm, revenue_fen=revenue * FEN_PER_WAN)
        make_financing_need(session, firm)
    organization = session.get_one(Organization, bank.organization_id)
    for band in (2, 2, 3):
        product = make_loan_product(
            session, organization, min_revenue_band=band, purposes=["working_capital"],
            guarantee_methods=["mortgage"], regions=["4304"],
        )  # fmt: skip
        product.expires_on = today() + timedelta(days=90)
    session.commit()
    refresh_all(engine, today=today())


def _eligible(session):
    return set(
        session.exec(
            select(Recommendation.demand_id, Recommendation.supply_id).where(
                Recommendation.state == PairState.ELIGIBLE, col(Recommendation.superseded_at).is_(None)
            )
        ).all()
    )


def _relaxed(value=1, **values):
    return ScenarioValues(
        "放宽营收门槛", "小微企业", PolicyRule.REVENUE_BAND, Market.FINANCE, PolicyManner.RELAX, value, **values
    )


def _weights(**weights):
    return ScenarioValues("调整权重", "看看", PolicyRule.WEIGHTS, Market.FINANCE, None, weights)


def _tried(session, actor, values):
    scenario = policy_scenarios.create(session, actor, values)
    policy_scenarios.keep(session, actor, scenario, compute(session, scenario, on=today()))
    return scenario


def _pairs(session, scenario, change):
    return set(
        session.exec(
            select(PolicyEffect.demand_id, PolicyEffect.supply_id).where(
                PolicyEffect.scenario_id == scenario.id, PolicyEffect.change == change
            )
        ).all()
    )


def test_the_gained_list_is_the_live_result_once_the_bank_accepted(session, engine, world, author, other, bank):
    before = _eligible(session)
    scenario = _tried(session, author, _relaxed())
    gained = _pairs(session, scenario, PolicyChange.GAINED)
    assert len(gained) == 4  # 400 now reaches all three products, 800 the one that asked for 1,000
    effects = session.exec(select(PolicyEffect).where(PolicyEffect.scenario_id == scenario.id)).all()
    decided = {gate["code"] for row in effects if row.change is PolicyChange.GAINED for gate in row.gates}
    assert decided == {"revenue_band"}
    assert policy_scenarios.publish(session, other, scenario) == 3
    assert _eligible(session) == before
    for suggestion in session.exec(select(ProductSuggestion)).all():
        product_suggestions.accept(session, bank, suggestion)
    session.commit()
    refresh_all(engine, today=today())
    with open_session(engine, read_only=True) as reading:
        assert _eligible(reading) - before == gained
        assert before - _eligible(reading) == _pairs(reading, scenario, PolicyChange.LOST) == set()


def test_published_weights_give_the_ranks_that_were_computed(session, engine, world, author, other):
    scenario = _tried(session, author, _weights(size_fit=1.0, text=0.0))
    policy_scenarios.publish(session, other, scenario)
    version = session.exec(select(WeightsVersion)).one()
    assert (version.version, version.valid_from) == (1, today() + timedelta(days=1))
    assert (version.created_by_id, version.approved_by_id) == (author.user_id, other.user_id)
    after = {
        (row.demand_id, row.supply_id): row.score_after
        for row in session.exec(select(PolicyEffect).where(PolicyEffect.scenario_id == scenario.id)).all()
    }
    session.commit()
    refresh_all(engine, today=today() + timedelta(days=1))
    with open_session(engine, read_only=True) as reading:
        live = {
            (row.demand_id, row.supply_id): row.score
            for row in reading.exec(select(Recommendation).where(col(Recommendation.superseded_at).is_(None))).all()
        }
    assert {pair: live[pair] for pair in after} == pytest.approx(after, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        (_relaxed(7), {"value": "no_change"}),
        (_relaxed(9), {"value": "unknown"}),
        (_relaxed(1, purpose="no such purpose"), {"scope": "no_product"}),
        (ScenarioValues(" ", "", PolicyRule.WEIGHTS, value={"text": 0.5}), {"title": "required", "reason": "required"}),
        (_weights(text=-0.1), {"text": "out_of_range"}),
        (_weights(strange=0.1), {"strange": "unknown"}),
        (_weights(), {"weights": "no_change"}),
        (ScenarioValues("贴息", "降成本", PolicyRule.INTEREST, value=0), {"value": "out_of_range"}),
    ],
)
def test_bad_input_is_told_by_field(session, world, author, values, problems):
    with pytest.raises(NotComplete) as refused:
        policy_scenarios.create(session, author, values)
    assert refused.value.problems == problems


def test_weights_may_be_zero_but_not_all(session, world, author):
    present = policy_scenarios.present_weights(session, Market.FINANCE)
    with pytest.raises(NotComplete) as refused:
        policy_scenarios.create(session, author, _weights(**dict.fromkeys(present, 0.0)))
    assert refused.value.problems == {"weights": "all_zero"}
    assert _tried(session, author, _weights(text=0.0)).status is PolicyStatus.COMPUTED


def test_the_author_does_not_publish_and_of_two_others_one_wins(session, engine, world, author, other):
    scenario = _tried(session, author, _relaxed())
    with pytest.raises(NotComplete):
        policy_scenarios.publish(session, author, scenario)
    session.commit()
    with open_session(engine) as second:
        overtaken = second.get_one(type(scenario), scenario.id)
        policy_scenarios.publish(second, other, overtaken)
        second.commit()
    with pytest.raises(StepNotAllowed):
        policy_scenarios.publish(session, other, session.get_one(type(scenario), scenario.id))
    session.rollback()
    assert len(session.exec(select(ProductSuggestion)).all()) == 3


def test_a_result_is_stale_when_a_fact_changed(session, world, author, other):
    scenario = _tried(session, author, _relaxed())
    firm = make_organization(session)
    make_profile(session, firm, revenue_fen=400 * FEN_PER_WAN)
    make_financing_need(session, firm)
    with pytest.raises(NotComplete) as refused:
        policy_scenarios.publish(session, other, scenario)
    assert refused.value.problems == {"publish": "stale"}
    policy_scenarios.keep(session, author, scenario, compute(session, scenario, on=today()))
    assert len(_pairs(session, scenario, PolicyChange.GAINED)) == 7
    policy_scenarios.publish(session, other, scenario)


def test_a_bank_declines_with_a_reason_and_nothing_changes(session, world, author, other, bank):
    before = _eligible(session)
    policy_scenarios.publish(session, other, _tried(session, author, _relaxed()))
    suggestion = session.exec(select(ProductSuggestion)).first()
    with pytest.raises(NotComplete):
        product_suggestions.decline(session, bank, suggestion, reason=" ")
    product_suggestions.decline(session, bank, suggestion, reason="总行规定")
    assert suggestion.status is SuggestionStatus.DECLINED
    with pytest.raises(StepNotAllowed):
        product_suggestions.accept(session, bank, suggestion)
    assert _eligible(session) == before
