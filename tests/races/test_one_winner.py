"""Of people who act at the same moment one wins, and everybody else is told; nothing is given twice, nothing lost.

The short runs are in every run of the tests, the long ones (`-m slow`) have the promised numbers of rounds. Each
harness is also run over a deed that reads first and writes afterwards, in two transactions: it must fail there.
"""

import re
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest
from flask import Response, abort
from sqlalchemy import delete, update
from sqlmodel import col, func, select

from models.audit_event import AuditEvent
from models.base import now
from models.capacity import VisitSlot
from models.loan_product import LoanProduct
from models.organization import Organization, User, UserSession
from models.pairing import Pairing, Release
from models.posting import Supply
from models.roadshow import Roadshow, RoadshowBooking, RoadshowMeeting, RoadshowParticipant
from models.session import open_session, unit_of_work
from tests import factories
from tests.races.harness import AT_ONCE, Crowd, Person, Reply, require_load, serving, signed_in, were_together
from tests.workflows.test_verdicts import World
from vocabulary.lifecycles import PairingStatus, ParticipantStatus, PostingStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import verdicts
from workflows.audit import record

pytestmark = pytest.mark.timeout(900)
_TIME = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d")


@pytest.fixture
def races(app, engine, monkeypatch):
    """A served app, officials without a daily limit, and a crowd."""
    settings = app.config["SETTINGS"].model_copy(update={"releases_per_day": 1_000_000})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with serving(app) as port, Crowd() as crowd, ExitStack() as leaving:
        yield Races(app, engine, port, crowd, leaving)


class Races:
    def __init__(self, app, engine, port: int, crowd: Crowd, leaving: ExitStack) -> None:
        self.app, self.engine, self.port, self.crowd, self._leaving = app, engine, port, crowd, leaving

    def person(self, session, user: User) -> Person:
        person = signed_in(self.app, session, user, self.port)
        self._leaving.callback(person.close)
        return person

    def officials(self, session, n: int = AT_ONCE) -> list[Person]:
        office = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
        return [self.person(session, factories.make_user(session, office, Role.COORDINATOR)) for _ in range(n)]

    def reading(self):
        return open_session(self.engine, read_only=True)


def confirm(person: Person, pairing_id: str) -> Reply:
    return person.post(f"/pairings/{pairing_id}", verdict="confirm", reason="facts_verified")


def refuse(person: Person, pairing_id: str) -> Reply:
    return person.post(f"/pairings/{pairing_id}", verdict="refuse", reason="facts_verified", note="不符合")


def with_consent(session) -> tuple[World, str]:
    """A bank's and a firm's people, and the public id of their pairing, ready to be confirmed."""
    world = World(session)
    world.consent()
    return world, world.pairing().public_id


def events(session, action: str, subject_id: int) -> list[AuditEvent]:
    return list(
        session.exec(select(AuditEvent).where(AuditEvent.action == action, AuditEvent.subject_id == subject_id)).all()
    )


def read_then_write(session, actor, pairing, *, reason, **_rest):
    """The plain way to confirm: look, and write what was decided in a transaction of its own."""
    seen = session.get_one(Pairing, pairing.id, populate_existing=True)
    session.commit()
    if seen.status is not PairingStatus.PROPOSED:
        verdicts.require_step(session, verdicts.PAIRING, seen, PairingStatus.CONFIRMED)
    time.sleep(0.05)
    evidence = {"decided_by_id": actor.user_id, "decided_at": now(), "hold_until": now()}
    values = {"status": PairingStatus.CONFIRMED, **evidence}
    session.connection().execute(update(Pairing).where(col(Pairing.id) == pairing.id).values(values))
    record(session, actor, "pairing_confirmed", subject_kind="pairing", subject_id=pairing.id)
    return verdicts.Confirmation.DONE


# One pairing, thirty-two officials.


def run_confirmations(races: Races, rounds: int) -> None:
    with unit_of_work(races.engine) as session:
        pairings = [with_consent(session)[1] for _ in range(rounds)]
        officials = races.officials(session)
    for public_id in pairings:
        replies = races.crowd.together(*(partial(confirm, one, public_id) for one in officials))
        assert Counter(reply.status for reply in replies) == {303: 1, 409: AT_ONCE - 1}, "winners"
        winner = officials[next(n for n, reply in enumerate(replies) if reply.status == 303)]
        for reply in replies:
            if reply.status == 409:
                assert winner.name in reply.text
                assert _TIME.search(reply.text)
        with races.reading() as session:
            pairing = session.exec(select(Pairing).where(Pairing.public_id == public_id)).one()
            assert pairing.status is PairingStatus.CONFIRMED
            assert session.get_one(User, pairing.decided_by_id).full_name == winner.name
            assert [event.actor_name for event in events(session, "pairing_confirmed", pairing.id)] == [winner.name]
            slots = session.exec(select(VisitSlot).where(VisitSlot.pairing_id == pairing.id)).all()
            assert len(slots) == 1
    with unit_of_work(races.engine) as session:
        assert verdicts.introduce_due(session, now() + timedelta(hours=1)) == rounds
    with races.reading() as session:
        released = Counter(session.exec(select(Release.pairing_id)).all())
        assert list(released.values()) == [1] * rounds


def test_of_thirty_two_confirmations_one_is_done_and_the_rest_name_it(races):
    run_confirmations(races, 3)


@pytest.mark.slow
def test_three_hundred_pairings_confirmed_by_thirty_two_at_once(races):
    run_confirmations(races, 300)


def test_the_harness_finds_a_confirmation_that_reads_first(races, monkeypatch):
    monkeypatch.setattr("web.officials.pairings.verdicts.confirm", read_then_write)
    with pytest.raises(AssertionError, match="winners"):
        run_confirmations(races, 2)


def test_a_race_that_nobody_ran_is_void():
    one_after_the_other = [Reply(303, "", "", n, n + 0.5) for n in range(AT_ONCE)]
    assert not were_together(one_after_the_other)
    assert were_together([Reply(303, "", "", 0, n) for n in range(1, AT_ONCE)])
    with pytest.raises(AssertionError, match="void"):
        require_load([True, False, False])


# A confirmation against what would forbid it.


def run_against_refusal(races: Races, rounds: int) -> None:
    """Two confirm, two refuse."""
    with unit_of_work(races.engine) as session:
        pairings = [with_consent(session)[1] for _ in range(rounds)]
        officials = races.officials(session, 4)
    for public_id in pairings:
        deeds = [partial(confirm if n % 2 else refuse, officials[n], public_id) for n in range(4)]
        replies = races.crowd.together(*deeds)
        assert Counter(reply.status for reply in replies) == {303: 1, 409: 3}, "winners"
        is_confirmed = next(n for n, reply in enumerate(replies) if reply.status == 303) % 2
        with races.reading() as session:
            pairing = session.exec(select(Pairing).where(Pairing.public_id == public_id)).one()
            assert pairing.status is (PairingStatus.CONFIRMED if is_confirmed else PairingStatus.REFUSED)
            assert len(events(session, "pairing_confirmed", pairing.id)) == is_confirmed
            assert len(events(session, "pairing_refused", pairing.id)) == 1 - is_confirmed


def run_against_withdrawal(races: Races, rounds: int) -> None:
    """An official confirms, the bank closes the product: never confirmed after the closing."""
    with unit_of_work(races.engine) as session:
        worlds = [with_consent(session) for _ in range(rounds)]
        products = [world.supply.public_id for world, _pairing in worlds]
        bankers = [
            races.person(session, factories.make_user(session, world.counterpart_row)) for world, _pairing in worlds
        ]
        official = races.officials(session, 1)[0]
    outcomes: Counter[str] = Counter()
    for (_world, public_id), product, banker in zip(worlds, products, bankers, strict=True):
        confirmed, closed = races.crowd.together(
            partial(confirm, official, public_id),
            partial(banker.post, f"/loan-products/{product}/close", reason="停办"),
        )
        assert closed.status == 303
        assert confirmed.status in (303, 422), confirmed.status
        with races.reading() as session:
            pairing = session.exec(select(Pairing).where(Pairing.public_id == public_id)).one()
            supply = session.exec(select(Supply).where(Supply.public_id == product)).one()
            assert supply.status is PostingStatus.CLOSED
            assert (pairing.status is PairingStatus.CONFIRMED) is (confirmed.status == 303)
            if confirmed.status == 303:
                [first], [second] = (
                    events(session, "pairing_confirmed", pairing.id), events(session, "posting_closed", supply.id)
                )  # fmt: skip
                assert first.id < second.id, "confirmed after it was withdrawn"
            else:
                assert pairing.status is PairingStatus.PROPOSED
        outcomes[str(confirmed.status)] += 1
        assert confirm(official, public_id).status == (409 if confirmed.status == 303 else 422)


def run_against_disabling(races: Races, rounds: int) -> None:
    """An official confirms while his account is disabled: nothing of his after that."""
    with unit_of_work(races.engine) as session:
        pairings = [with_consent(session)[1] for _ in range(rounds)]
        users = []
        office = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
        for _ in range(rounds):
            users.append(factories.make_user(session, office, Role.COORDINATOR))
        people = [races.person(session, user) for user in users]
        public_ids = [user.public_id for user in users]
        admin = races.person(
            session, factories.make_user(session, factories.make_organization(session, OrganizationKind.IT_OFFICE))
        )
    for public_id, person, user_id in zip(pairings, people, public_ids, strict=True):
        confirmed, disabled = races.crowd.together(
            partial(confirm, person, public_id), partial(admin.post, f"/users/{user_id}/disable")
        )
        assert disabled.status == 303, disabled.status
        assert confirmed.status in (302, 303), confirmed.status
        with races.reading() as session:
            user = session.exec(select(User).where(User.public_id == user_id)).one()
            pairing = session.exec(select(Pairing).where(Pairing.public_id == public_id)).one()
            done = events(session, "pairing_confirmed", pairing.id)
            assert user.status is UserStatus.DISABLED
            assert (pairing.status is PairingStatus.CONFIRMED) is bool(done) is ("/pairings/" in confirmed.location)
            if done:
                assert done[0].id < events(session, "user_disabled", user.id)[0].id, "confirmed after it was disabled"
            open_sessions = session.exec(
                select(UserSession).where(UserSession.user_id == user.id, col(UserSession.ended_at).is_(None))
            ).all()
            assert open_sessions == []
        assert "/sign-in" in confirm(person, public_id).location


AGAINST = [run_against_refusal, run_against_withdrawal, run_against_disabling]


@pytest.mark.parametrize("run", AGAINST)
def test_a_confirmation_races_what_forbids_it(races, run):
    run(races, 3)


@pytest.mark.slow
@pytest.mark.parametrize("run", AGAINST)
def test_three_hundred_confirmations_race_what_forbids_them(races, run):
    run(races, 300)


@pytest.mark.parametrize("run", AGAINST[:2])
def test_the_harnesses_find_a_confirmation_that_looks_at_nothing_twice(races, monkeypatch, run):
    monkeypatch.setattr("web.officials.pairings.verdicts.confirm", read_then_write)
    with pytest.raises(AssertionError):
        run(races, 10)


# Limited places: firms a product takes on, seats of a roadshow, one participant's quarter of an hour.

K = 5


class ProductRounds:
    """A product takes K firms on, thirty-two pairings want it. The same rows are put back before each round."""

    def __init__(self, races: Races) -> None:
        with unit_of_work(races.engine) as session:
            bank = World(session)
            factories.make_branch(session, bank.counterpart_row, visits_per_week=200)
            ids = []
            for _ in range(AT_ONCE):
                world = World(session)
                world.counterpart_row, world.supply = bank.counterpart_row, bank.supply
                world.consent()
                ids.append(world.pairing().public_id)
            self.ids, self.supply_id, self.people = ids, bank.supply.id, races.officials(session)

    def prepare(self, session) -> None:
        session.execute(delete(VisitSlot))
        back = {"decided_by_id": None, "decided_at": None, "verdict_reason": None, "hold_until": None}
        session.execute(update(Pairing).values(status=PairingStatus.PROPOSED, **back))
        product = update(LoanProduct).where(col(LoanProduct.supply_id) == self.supply_id)
        session.execute(product.values(quota_firms=K, quota_stated_at=now()))

    def deeds(self):
        return [partial(confirm, person, public_id) for person, public_id in zip(self.people, self.ids, strict=True)]

    def n_given(self, session) -> int:
        taken = select(func.count()).select_from(Pairing).where(Pairing.status == PairingStatus.CONFIRMED)
        slots = session.exec(select(func.count()).select_from(VisitSlot)).one()
        assert slots == session.exec(taken).one()
        return slots

    n_places, refused = K, 422


class SeatRounds:
    """A roadshow has K seats, thirty-two are asked and say yes."""

    def __init__(self, races: Races) -> None:
        with unit_of_work(races.engine) as session:
            roadshow = factories.make_roadshow(session, factories.make_chain(session), seats=K)
            self.public_id, self.people = roadshow.public_id, []
            for _ in range(AT_ONCE):
                bank = factories.make_organization(session, OrganizationKind.BANK)
                factories.make_participant(session, roadshow, bank, status=ParticipantStatus.INVITED)
                self.people.append(races.person(session, factories.make_user(session, bank)))

    def prepare(self, session) -> None:
        session.execute(update(RoadshowParticipant).values(status=ParticipantStatus.INVITED, waiting_since=None))
        session.execute(update(Roadshow).values(seats_taken=0))

    def deeds(self):
        return [partial(one.post, f"/visits/{self.public_id}/answer", comes="yes") for one in self.people]

    def n_given(self, session) -> int:
        statuses = Counter(session.exec(select(RoadshowParticipant.status)).all())
        assert session.exec(select(Roadshow.seats_taken)).one() == statuses[ParticipantStatus.ACCEPTED]
        assert statuses[ParticipantStatus.WAITING] == AT_ONCE - K
        return statuses[ParticipantStatus.ACCEPTED]

    n_places, refused = None, 303


class SlotRounds:
    """Thirty-two officials put a bank's delegation at thirty-two tables in the same quarter of an hour."""

    def __init__(self, races: Races) -> None:
        with unit_of_work(races.engine) as session:
            chain = factories.make_chain(session)
            roadshow = factories.make_roadshow(session, chain, seats=60, n_slots=1, n_tables=AT_ONCE)
            self.public_id, self.rows = roadshow.public_id, []
            bank = factories.make_organization(session, OrganizationKind.BANK)
            factories.make_loan_product(session, bank)
            self.bank = self._coming(session, roadshow, bank)
            for _ in range(AT_ONCE):
                firm = factories.make_organization(session, chain_id=chain.id)
                factories.make_financing_need(session, firm)
                self.rows.append(self._coming(session, roadshow, firm))
            self.people = races.officials(session)

    @staticmethod
    def _coming(session, roadshow: Roadshow, organization: Organization) -> str:
        return factories.make_participant(session, roadshow, organization, status=ParticipantStatus.ACCEPTED).public_id

    def prepare(self, session) -> None:
        session.execute(delete(RoadshowBooking))
        session.execute(delete(RoadshowMeeting))

    def deeds(self):
        path = f"/roadshows/{self.public_id}/meetings/add"
        return [
            partial(person.post, path, one=row, other=self.bank, slot=0, table_no=n, over_warnings="y")
            for n, (person, row) in enumerate(zip(self.people, self.rows, strict=True), start=1)
        ]

    def n_given(self, session) -> int:
        return session.exec(select(func.count()).select_from(RoadshowMeeting)).one()

    n_places, refused = 1, 422


PLACES = [ProductRounds, SeatRounds, SlotRounds]


def run_places(races: Races, kind: type, rounds: int) -> None:
    world = kind(races)
    for _ in range(rounds):
        with unit_of_work(races.engine) as session:
            world.prepare(session)
        replies = races.crowd.together(*world.deeds())
        statuses = Counter(reply.status for reply in replies)
        assert set(statuses) <= {303, world.refused}, statuses
        with races.reading() as session:
            n_given = world.n_given(session)
        assert n_given == (world.n_places or K), "places"
        assert world.n_places is None or statuses[303] == world.n_places, statuses


@pytest.mark.parametrize("kind", PLACES)
def test_no_place_is_given_twice(races, kind):
    run_places(races, kind, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLACES)
def test_no_place_is_given_twice_in_three_hundred_rounds(races, kind, monkeypatch):
    """Who is refused gets no page here, which takes most of the time; in the short run he does."""
    monkeypatch.setattr("web.officials.pairings.lists.review", lambda *_, **__: abort(Response(status=422)))
    monkeypatch.setattr("web.officials.roadshow_meetings._page", lambda *_: ("", 422))
    run_places(races, kind, 300)


def test_the_harness_finds_a_lender_that_takes_on_too_many(races, monkeypatch):
    monkeypatch.setattr("web.officials.pairings.verdicts.confirm", read_then_write)
    monkeypatch.setattr(ProductRounds, "n_given", lambda _self, session: session.exec(
        select(func.count()).select_from(Pairing).where(Pairing.status == PairingStatus.CONFIRMED)
    ).one())  # fmt: skip
    with pytest.raises(AssertionError, match="places"):
        run_places(races, ProductRounds, 1)
