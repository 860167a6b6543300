"""Pairs judged without the score: announced, hidden until the verdict, counted; and who only stamps is seen."""

from datetime import timedelta

import pytest
from sqlmodel import select

from access.lists.decision_habits import habits
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from models.recommendation import Recommendation
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
from vocabulary.classifications import PairingOrigin
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from workflows import blind_pairs, bulk_verdicts, pairings
from workflows.calendar import today
from workflows.recommendations import refresh_demand


@pytest.fixture
def world(session):
    """An office and a recommended pair of its chain."""
    chain = make_chain(session)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, chain_id=chain.id)
    need = make_financing_need(session, firm)
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    refresh_demand(session, need.id, today=today())
    found = session.exec(select(Recommendation)).one()
    pairing = make_pairing(session, need, product, chain, recommendation_id=found.id, is_blind=True)
    return make_user(session, office), pairing, chain


def test_a_blind_pair_shows_neither_score_nor_parts_until_the_verdict(sign_in_as, session, world):
    official, pairing, _chain = world
    client, page = sign_in_as(official), f"/pairings/{pairing.public_id}"
    text = client.get(page).text
    assert "公告的盲审" in text
    assert "准入条件" in text
    for hidden in ("fit-large", "waterfall", "重算核对"):
        assert hidden not in text
    assert client.get(f"{page}/replay").status_code == 404
    queue = client.get("/pairings/").text
    assert "盲审" in queue
    assert 'class="fit"' not in queue
    client.post(page, data={"verdict": "refuse", "reason": "not_suitable", "note": "规模不合适"})
    assert "fit-large" in client.get(page).text
    assert "一致" in client.get(f"{page}/replay").text


def test_a_blind_pair_is_left_out_of_verdicts_on_many(session, world):
    _official, pairing, chain = world
    actor = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    (line,) = bulk_verdicts.preview(session, actor, [pairing.public_id], bulk_verdicts.Verdict.REFUSE)
    assert (line.is_eligible, line.why) == (False, bulk_verdicts.Obstacle.BLIND)


def test_the_share_is_drawn_of_recommended_pairs_only(session, world):
    _official, pairing, chain = world
    actor = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    blind_pairs.set_share(1.0)
    try:
        drawn = []
        for recommendation_id in (pairing.recommendation_id, None):
            product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
            made = pairings.propose(
                session, actor, demand_id=pairing.demand_id, supply_id=product.id or 0, origin=PairingOrigin.BY_HAND,
                recommendation_id=recommendation_id,
            )  # fmt: skip
            drawn.append(made.is_blind)
    finally:
        blind_pairs.set_share(0.0)
    assert drawn == [True, False]


def _verdicts(session, official, pairing, *, n, seconds, action=PairingStatus.CONFIRMED):
    for number in range(n):
        session.add(
            AuditEvent(
                action=f"pairing_{action.value}", subject_kind="pairing", subject_id=pairing.id,
                actor_user_id=official.id, actor_name=official.full_name,
                occurred_at=now() - timedelta(days=1) + timedelta(seconds=seconds * number),
            )
        )  # fmt: skip
        session.flush()


def test_confirming_all_at_two_seconds_a_pair_shows_and_the_blind_share_is_counted(session, world):
    fast, pairing, chain = world
    careful = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))
    _verdicts(session, fast, pairing, n=12, seconds=2)
    pairing.is_blind = True
    _verdicts(session, careful, pairing, n=8, seconds=240)
    _verdicts(session, careful, pairing, n=4, seconds=200, action=PairingStatus.REFUSED)
    lead = make_actor(session, OrganizationKind.JOINT_OFFICE)
    first, second = habits(session, lead, at=now())
    assert (first.name, first.n, first.looks_stamped) == (fast.full_name, 12, True)
    assert first.seconds == pytest.approx(2, abs=0.1)
    assert (second.name, second.looks_stamped) == (careful.full_name, False)
    assert (second.blind_pairs.n_confirmed, second.blind_pairs.n) == (8, 12)
    assert (first.n_ranked, first.n_first) == (12, 12)
    with pytest.raises(NotAllowed):
        habits(session, make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id), at=now())


def test_the_joint_office_reads_it_on_a_page(sign_in_as, session, world):
    official, pairing, _chain = world
    _verdicts(session, official, pairing, n=12, seconds=2)
    lead = make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE))
    text = sign_in_as(lead).get("/models/habits").text
    assert "几乎全部同意，且快得来不及看" in text
    assert official.full_name in text
