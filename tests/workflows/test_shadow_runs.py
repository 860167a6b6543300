"""A version in the shadow: it lists exactly the firms whose first places change, and changes nothing."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from access.lists.model_versions import shadow_changes
from access.rules import NotAllowed
from models.model_version import ModelVersion, ShadowChange
from models.recommendation import Recommendation
from tests.factories import make_actor, make_financing_need, make_loan_product, make_organization, make_profile
from tests.model_worlds import better
from vocabulary.classifications import Market
from vocabulary.model_versions import TOP_RANKS
from vocabulary.roles import OrganizationKind
from workflows import model_versions, shadow_runs
from workflows.calendar import today
from workflows.recommendations import refresh_all
from workflows.weights import declared_weights


@pytest.fixture
def version(session, engine) -> ModelVersion:
    """Twelve products for working capital, the last two cheapest, and 14 firms that ask for it; five for equipment, and
    six firms. The version in the shadow does not look at the price, so that the twelve stand by their ids."""
    bank = make_organization(session, OrganizationKind.BANK)
    purposes = ["working_capital"] * 12 + ["equipment"] * 5
    for n, purpose in enumerate(purposes):
        product = make_loan_product(
            session, bank, purposes=[purpose], guarantee_methods=["mortgage"], regions=["4304"],
            rate_from_bps=300, rate_to_bps=320 if n in (10, 11) else 900,
        )  # fmt: skip
        product.expires_on = today() + timedelta(days=90)
    for n in range(20):
        firm = make_organization(session)
        make_profile(session, firm)
        make_financing_need(
            session, firm, purpose="working_capital" if n < 14 else "equipment", max_annual_rate_bps=500
        )
    admin = make_actor(session, OrganizationKind.IT_OFFICE)
    row = better(session, admin)
    row.weights = dict.fromkeys(declared_weights(Market.FINANCE), 0.0) | {"guarantee_fit": 1.0}
    row.digest = model_versions._digest(row)
    model_versions.propose(session, admin, row)
    session.commit()
    refresh_all(engine, today=today())
    return row


def _recommended(session):
    return session.exec(
        select(Recommendation.id, Recommendation.score).where(col(Recommendation.superseded_at).is_(None))
    ).all()


def test_the_shadow_lists_the_14_firms_that_change_and_changes_no_recommendation(session, engine, version):
    before = _recommended(session)
    session.commit()
    shadow_runs.run(engine, on=today())
    session.expire_all()
    assert (version.shadow_on, version.shadow["n_lists"], version.shadow["n_firms"]) == (today(), 20, 14)
    lead = make_actor(session, OrganizationKind.JOINT_OFFICE)
    lines, counts = shadow_changes(session, lead, version, is_new=True, page=1, size=50)
    assert (len({line.firm for line in lines}), counts[True]) == (14, 14)
    assert {len(line.came) for line in lines} == {2}
    assert all(len(change.supplies_after) <= TOP_RANKS for change in session.exec(select(ShadowChange)))
    assert _recommended(session) == before
    with pytest.raises(NotAllowed):
        shadow_changes(session, make_actor(session, OrganizationKind.IT_OFFICE), version, is_new=True, page=1, size=9)


def test_a_second_night_replaces_the_first_and_a_version_decided_on_is_left_alone(session, engine, version):
    session.commit()
    shadow_runs.run(engine, on=today())
    shadow_runs.run(engine, on=today())
    session.expire_all()
    n = len(session.exec(select(ShadowChange)).all())
    assert n == version.shadow["n_changed"]
    model_versions.refuse(session, make_actor(session, OrganizationKind.JOINT_OFFICE), version, reason="先不换")
    session.commit()
    shadow_runs.run(engine, on=today() + timedelta(days=1))
    session.expire_all()
    assert version.shadow_on == today()
