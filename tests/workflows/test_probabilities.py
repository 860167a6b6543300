"""A probability is shown only when it is earned, with its interval; before that no page has a percent sign for it."""

import re

import numpy as np
import pytest
from sqlmodel import select

from matchmaking.calibration import wilson
from models.model_version import ModelVersion
from models.posting import Demand
from models.recommendation import Recommendation, RecommendationRun
from tests.factories import (
    make_actor,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_user,
)
from tests.model_worlds import planted, train
from vocabulary.classifications import Market
from vocabulary.model_versions import Earned, ModelStatus, Verdict
from vocabulary.roles import OrganizationKind
from workflows import learning, model_versions, probabilities
from workflows.calendar import today
from workflows.recommendations import refresh_demand
from workflows.weights import declared_weights

_FIT = re.compile(r'(?s)<p class="score">.*?</p>|<span class="fit[^"]*">.*?</span>|<h1>重算核对.*?</main>')
"""Where a page says how well a pair fits. Rates and debt ratios elsewhere have percent signs of their own."""


@pytest.fixture(scope="module")
def report():
    weights = declared_weights(Market.FINANCE)
    return learning.examine(planted(1_600, weights), Market.FINANCE, current=weights)


@pytest.fixture
def version(session, report) -> ModelVersion:
    """A version with an earned probability, in use."""
    admin, lead = (make_actor(session, kind) for kind in (OrganizationKind.IT_OFFICE, OrganizationKind.JOINT_OFFICE))
    row = model_versions.keep(session, admin, report)
    model_versions.propose(session, admin, row)
    row.shadow_on = today()
    model_versions.promote(session, lead, row, reason="确实更好")
    return row


@pytest.fixture
def world(session):
    """An official and a recommended pair of the chain, and the firm's signatory."""
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_id=chain.id)
    need = make_financing_need(session, firm)
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    refresh_demand(session, need.id, today=today())
    row = session.exec(select(Recommendation)).one()
    pairing = make_pairing(session, need, product, chain, recommendation_id=row.id)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    return make_user(session, office), make_user(session, firm), pairing, row


def _said_of_fit(page):
    return [re.sub(r"<[^>]*>", " ", found) for found in _FIT.findall(page)]


def test_planted_decisions_earn_a_probability_and_every_bin_lies_within_its_interval(report):
    calibration = report.calibration
    assert calibration.earned is Earned.EARNED
    assert sum(one.n for one in calibration.bins) == calibration.n_decisions >= 200
    for one in calibration.bins:
        assert one.low <= one.predicted <= one.high
        assert (one.low, one.high) == pytest.approx(wilson(one.observed * one.n, one.n, 0.99))


def test_an_earned_probability_rises_with_the_score_and_lies_in_its_interval(version):
    found = [probabilities.predicted(version, score) for score in np.linspace(0, 1, 11)]
    values = [one.value for one in found]
    assert values == sorted(values)
    assert {one.n_judged for one in found} == {version.calibration["n_decisions"]}


def test_only_a_recommendation_under_the_weights_of_the_version_has_one(session, version, world):
    *_, row = world
    assert probabilities.of(session, row) is None
    run = session.get_one(RecommendationRun, row.run_id)
    run.settings = run.settings | {"weights": version.weights}
    session.flush()
    assert probabilities.of(session, row) == probabilities.predicted(version, row.score)


def test_the_official_reads_it_with_its_number_and_interval(sign_in_as, session, version, world):
    official, _signatory, pairing, row = world
    run = session.get_one(RecommendationRun, row.run_id)
    run.settings = run.settings | {"weights": version.weights}
    found = probabilities.of(session, row)
    text = sign_in_as(official).get(f"/pairings/{pairing.public_id}").text
    assert f"成功可能性约 {found.value * 100:.0f}%" in text
    assert f"预测相近的 {found.n} 个对接里" in text


def test_before_it_is_earned_no_page_has_a_percent_sign_for_a_pair(sign_in_as, session, world):
    official, signatory, pairing, row = world
    need = session.get_one(Demand, row.demand_id)
    pages = (
        (official, ("/pairings/", f"/pairings/{pairing.public_id}", f"/pairings/{pairing.public_id}/replay")),
        (signatory, (f"/recommendations/for/{need.public_id}", f"/recommendations/{row.public_id}")),
    )
    for person, addresses in pages:
        client = sign_in_as(person)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            said = _said_of_fit(answer.text)
            assert said, address
            assert [text for text in said if "%" in text] == [], address
            assert "成功可能性" not in answer.text


def test_too_few_decisions_and_constant_labels_earn_nothing_and_break_nothing(session):
    admin = make_actor(session, OrganizationKind.IT_OFFICE)
    few = train(session, admin, n=120)
    assert probabilities.predicted(few, 0.9) is None
    weights = declared_weights(Market.FINANCE)
    for label in (0, 1):
        table = planted(600, weights).assign(label=label)
        row = model_versions.keep(session, admin, learning.examine(table, Market.FINANCE, current=weights))
        assert (row.status, row.verdict) == (ModelStatus.REFUSED, Verdict.ONE_LABEL_ONLY)
        assert probabilities.predicted(row, 0.9) is None
