"""Sixteen officials at once: exactly one confirms, each other one learns who was first and when."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import select

from models.audit_event import AuditEvent
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from workflows import verdicts
from workflows.errors import StepNotAllowed

N_OFFICIALS = 16
N_PAIRINGS = 5


def race(engine, pairing_id, officials):
    """What each official got from confirming a pairing that all had read as proposed."""
    start = Barrier(len(officials))

    def attempt(actor):
        with open_session(engine, read_only=True) as reading:
            seen = reading.get_one(Pairing, pairing_id)
            reading.expunge(seen)
        start.wait()
        try:
            with unit_of_work(engine) as session:
                session.add(seen)
                verdicts.confirm(session, actor, seen, reason=REASON, hold_minutes=30)
        except StepNotAllowed as overtaken:
            return overtaken
        return actor

    with ThreadPoolExecutor(len(officials)) as pool:
        return list(pool.map(attempt, officials))


def test_exactly_one_official_wins_and_the_others_learn_who(engine):
    with unit_of_work(engine) as session:
        ids = []
        for _ in range(N_PAIRINGS):
            world = World(session)
            world.consent()
            ids.append(world.pairing().id)
        office = OrganizationKind.JOINT_OFFICE
        officials = [factories.make_actor(session, office) for _ in range(N_OFFICIALS)]
    for pairing_id in ids:
        answers = race(engine, pairing_id, officials)
        winners = [answer for answer in answers if not isinstance(answer, StepNotAllowed)]
        losers = [answer for answer in answers if isinstance(answer, StepNotAllowed)]
        assert len(winners) == 1
        assert {loser.changed_by for loser in losers} == {winners[0].name}
        assert all(loser.changed_at and loser.current is PairingStatus.CONFIRMED for loser in losers)
        with open_session(engine, read_only=True) as session:
            events = session.exec(
                select(AuditEvent).where(AuditEvent.action == "pairing_confirmed", AuditEvent.subject_id == pairing_id)
            ).all()
        assert [event.actor_user_id for event in events] == [winners[0].user_id]
