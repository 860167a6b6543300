"""The stage: the proposal for the chain's firms, pins and bars with their price, accepting and inviting."""

from datetime import time

import pytest
from sqlmodel import select

from access.rules import NotAllowed
from models.organization import Organization, User
from models.posting import Demand
from models.roadshow import RoadshowParticipant, RoadshowStageChoice
from models.session import open_session
from tests import factories
from tests.roadshow_worlds import Recommended
from vocabulary.classifications import StageChoice
from vocabulary.lifecycles import ParticipantStatus
from vocabulary.roles import OrganizationKind
from workflows import roadshow_stage as stage
from workflows import roadshows
from workflows.errors import NotComplete


class Staged(Recommended):
    def organization(self, name):
        return self.session.get(Organization, self.rows[name].organization_id)


@pytest.fixture
def world(session):
    """Two candidates of two districts for two places."""
    world = Staged(session)
    world.item = roadshows.add_session(
        session, world.official, world.roadshow, title="路演", room="", starts_at=time(9), minutes=60, pitch_places=2
    )
    for name, region in (("firm", "430482"), ("other", "430406")):
        world.organization(name).region_code = region
    session.flush()
    return world


def propose(session, world, places=2):
    return stage.propose(session, world.official, world.roadshow, places=places)


def proposed(session, world, **values):
    return [place.id for place in propose(session, world, **values).proposal.places]


def test_each_firm_stands_for_the_counterparts_it_is_counted_with(session, world):
    found = propose(session, world).proposal
    firm, other = world.rows["firm"].organization_id, world.rows["other"].organization_id
    assert {place.id for place in found.places} == {firm, other}
    assert found.value == pytest.approx(3.0)
    reasons = {place.id: [round(fit, 1) for _other, fit in place.counted] for place in found.places}
    assert reasons == {firm: [0.9, 0.6], other: [0.8, 0.7]}


def test_a_pair_that_is_being_dealt_with_promises_nothing_new(session, world):
    demand = world.posting(Demand, "firm")
    supply = world.posting(stage.Supply, "bank")
    factories.make_pairing(session, demand, supply, world.chain)
    assert propose(session, world).proposal.value == pytest.approx(2.1)


def test_a_bar_takes_the_firm_off_and_tells_what_it_costs(session, world):
    firm = world.rows["firm"].organization_id
    stage.choose(session, world.official, world.roadshow, firm, StageChoice.BAR)
    found = propose(session, world)
    assert [place.id for place in found.proposal.places] == [world.rows["other"].organization_id]
    assert found.proposal.prices == {firm: pytest.approx(1.5)}
    stage.choose(session, world.official, world.roadshow, firm, None)
    assert session.exec(select(RoadshowStageChoice)).all() == []


def test_a_pin_keeps_the_firm_and_more_pins_than_places_are_refused(session, world):
    other = world.rows["other"].organization_id
    stage.choose(session, world.official, world.roadshow, other, StageChoice.PIN)
    assert proposed(session, world, places=1) == [other]
    stage.choose(session, world.official, world.roadshow, world.rows["firm"].organization_id, StageChoice.PIN)
    with pytest.raises(NotComplete):
        propose(session, world, places=1)


def test_accepting_puts_firms_on_stage_and_invites_who_was_not(session, world):
    newcomer = factories.make_organization(session, chain_id=world.chain.id)
    firm, bank = world.rows["firm"], world.rows["bank"]
    bank_id = bank.organization_id
    n = stage.accept(
        session, world.official, world.roadshow, firm_ids=[firm.organization_id, newcomer.id], guest_ids=[bank_id]
    )
    assert n == 1
    rows = {row.organization_id: row for row in session.exec(select(RoadshowParticipant)).all()}
    assert rows[newcomer.id].status is ParticipantStatus.INVITED
    assert rows[firm.organization_id].status is ParticipantStatus.ACCEPTED
    on_stage = {one for one, row in rows.items() if row.pitch_session_id == world.item.id}
    assert on_stage == {firm.organization_id, newcomer.id}
    stage.accept(session, world.official, world.roadshow, firm_ids=[newcomer.id])
    assert firm.pitch_session_id is None


def test_no_more_stand_on_stage_than_there_are_places(session, world):
    ids = [factories.make_organization(session).id for _ in range(3)]
    with pytest.raises(NotComplete) as refused:
        stage.accept(session, world.official, world.roadshow, firm_ids=ids)
    assert refused.value.problems == {"places": "too_many"}
    roadshows.cancel_session(session, world.official, world.roadshow, world.item.public_id)
    with pytest.raises(NotComplete):
        stage.accept(session, world.official, world.roadshow, firm_ids=ids[:1])


def test_another_office_proposes_nothing_here(session, world):
    stranger = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    with pytest.raises(NotAllowed):
        stage.propose(session, stranger, world.roadshow, places=2)


def test_the_page_pins_shows_the_price_and_accepts(session, engine, sign_in_as, world):
    firm, other = world.organization("firm"), world.rows["other"].organization_id
    client = sign_in_as(session.get(User, world.official.user_id))
    url = f"/roadshows/{world.roadshow.public_id}/stage"
    page = client.get(f"{url}/").text
    assert firm.legal_name in page
    assert "90.0" in page
    client.post(f"{url}/choose", data={"organization_id": firm.id, "kind": "bar"})
    page = client.get(f"{url}/").text
    assert "少几个好对接" in page
    assert "1.5" in page
    done = client.post(f"{url}/accept", data={"firms": [other], "guests": []}, follow_redirects=True).text
    assert "上台名单已确定" in done
    with open_session(engine, read_only=True) as reading:
        rows = reading.exec(select(RoadshowParticipant).where(RoadshowParticipant.pitch_session_id.is_not(None))).all()
    assert [row.organization_id for row in rows] == [other]
