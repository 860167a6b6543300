"""A recommendation made again: equal to what was stored, or the page says what differs."""

from datetime import date

import pytest
from sqlmodel import select

from models.recommendation import Recommendation, RecommendationRun
from tests.factories import make_actor, make_financing_need, make_loan_product, make_organization, make_profile
from vocabulary.roles import OrganizationKind
from workflows import replays
from workflows.recommendations import refresh_demand
from workflows.weights import publish_weights

TODAY = date(2026, 9, 1)


@pytest.fixture
def row(session) -> Recommendation:
    firm = make_organization(session)
    make_profile(session, firm)
    need = make_financing_need(session, firm)
    make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    refresh_demand(session, need.id, today=TODAY)
    return session.exec(select(Recommendation)).one()


def test_what_was_stored_is_made_again_to_the_last_digit(session, row):
    found = replays.check(session, row)
    assert found.is_equal
    assert sum(part.again or 0 for part in found.parts) == pytest.approx(found.again)
    assert (found.weights_version, found.model_number) == (None, None)


def test_what_was_forged_is_seen_and_where(session, row):
    row.contributions = [part | {"points": 0.9} if part["code"] == "text" else part for part in row.contributions]
    found = replays.check(session, row)
    assert not found.is_equal
    assert [part.code for part in found.parts if part.stored != part.again] == ["text"]


def test_a_row_of_another_engine_is_not_made_again(session, row):
    run = session.get_one(RecommendationRun, row.run_id)
    run.settings = run.settings | {"engine": "2"}
    session.flush()
    found = replays.check(session, row)
    assert (found.again, found.is_equal) == (None, False)


def test_the_weights_it_was_made_with_are_named(session, row):
    run = session.get_one(RecommendationRun, row.run_id)
    weights = run.settings["weights"] | {"text": 0.5}
    lead = make_actor(session, OrganizationKind.JOINT_OFFICE)
    version = publish_weights(
        session, lead, row.market, weights, valid_from=TODAY, reason="", created_by_id=lead.user_id
    )
    run.settings = run.settings | {"weights": weights}
    session.flush()
    assert replays.check(session, row).weights_version is version
