"""An official confirms while the firm withdraws its consent: what was withdrawn first is never released."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import true
from sqlmodel import select

from models.audit_event import AuditEvent
from models.pairing import Consent, Pairing, Release
from models.session import open_session, unit_of_work
from tests.workflows.test_verdicts import REASON, World
from workflows import consents, verdicts
from workflows.errors import NotComplete

_JITTER_S = 0.02


@dataclass
class Outcome:
    """What came of the rounds. `broken` names rounds in which something was done after the withdrawal."""

    n_confirmed_first: int = 0
    n_withdrawn_first: int = 0
    broken: list[str] = field(default_factory=list)

    def require_load(self, n_rounds: int) -> None:
        """Void unless both orders really happened."""
        assert self.n_confirmed_first + self.n_withdrawn_first == n_rounds
        assert min(self.n_confirmed_first, self.n_withdrawn_first) >= n_rounds // 10, "the race did not happen"


def race(engine, n_rounds: int) -> Outcome:
    """Each round: a pairing and its consent as a page showed them, then both people at once."""
    outcome, random = Outcome(), Random(7)
    for n in range(n_rounds):
        with unit_of_work(engine) as session:
            world = World(session)
            pairing_id, consent_id = world.pairing().id, world.consent().id
        _round(engine, world, pairing_id, consent_id, (random.uniform(0, _JITTER_S), random.uniform(0, _JITTER_S)))
        _judge(engine, pairing_id, consent_id, outcome, n)
    return outcome


def _round(engine, world, pairing_id, consent_id, delays) -> None:
    start = Barrier(2)

    def confirm_and_introduce():
        with open_session(engine, read_only=True) as reading:
            seen, _SEEN[pairing_id] = reading.get_one(Pairing, pairing_id), reading.get_one(Consent, consent_id)
            reading.expunge_all()
        start.wait()
        time.sleep(delays[0])
        try:
            with unit_of_work(engine) as session:
                session.add(seen)
                verdicts.confirm(session, world.office, seen, reason=REASON, hold_minutes=30)
            time.sleep(delays[1] / 4)
            with unit_of_work(engine) as session:
                verdicts.introduce(session, world.office, session.get_one(Pairing, pairing_id))
        except NotComplete:  # the consent was withdrawn first
            return

    def withdraw():
        start.wait()
        time.sleep(delays[1])
        with unit_of_work(engine) as session:
            consents.withdraw(session, world.firm, session.get_one(Consent, consent_id))

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(confirm_and_introduce), pool.submit(withdraw)):
            done.result()


_SEEN: dict[int, Consent] = {}


def _judge(engine, pairing_id, consent_id, outcome: Outcome, n: int) -> None:
    """The ledger says in which order things were committed."""
    with open_session(engine, read_only=True) as session:
        kinds = {"pairing": pairing_id, "consent": consent_id}
        order = [
            event.action
            for event in session.exec(select(AuditEvent).order_by(AuditEvent.id)).all()
            if kinds.get(event.subject_kind) == event.subject_id and event.action != "consent_given"
        ]
        release = session.exec(select(Release).where(Release.pairing_id == pairing_id)).first()
    assert order.count("consent_withdrawn") == 1
    before = order[: order.index("consent_withdrawn")]
    after = [action for action in order if action not in before and action != "consent_withdrawn"]
    if "pairing_confirmed" in before:
        outcome.n_confirmed_first += 1
    else:
        outcome.n_withdrawn_first += 1
    outcome.broken += [f"round {n}: {action} after the withdrawal" for action in after]
    if (release is not None) != ("pairing_introduced" in order):
        outcome.broken.append(f"round {n}: introduced and released came apart")


def _held(engine, n_rounds: int) -> None:
    outcome = race(engine, n_rounds)
    outcome.require_load(n_rounds)
    assert outcome.broken == []


def test_nothing_is_confirmed_or_released_after_a_withdrawal(engine):
    _held(engine, 20)


@pytest.mark.slow
def test_nothing_is_confirmed_or_released_after_a_withdrawal_in_300_rounds(engine):
    _held(engine, 300)


def _read_consent_from_the_page(monkeypatch) -> None:
    """As if the consent had been looked at before the transaction, and nobody had looked again."""
    monkeypatch.setattr(consents, "required_for", lambda _session, pairing: _SEEN[pairing.id])


def test_the_condition_of_the_update_alone_holds(engine, monkeypatch):
    _read_consent_from_the_page(monkeypatch)
    _held(engine, 20)


def test_a_confirmation_that_does_not_name_its_consent_is_caught(engine, monkeypatch):
    @contextmanager
    def without_consent(_pairing, _consent):
        yield true()

    _read_consent_from_the_page(monkeypatch)
    monkeypatch.setattr(consents, "resting_on", without_consent)
    outcome = race(engine, 20)
    outcome.require_load(20)
    assert outcome.broken != []


def test_a_confirmation_names_the_version_it_rests_on(session):
    world = World(session)
    pairing = world.pairing()
    first = world.consent()
    world.confirm(pairing)
    assert pairing.consent_id == first.id
    second = world.consent(("basic",))
    verdicts.introduce(session, world.office, pairing)
    assert pairing.consent_id == second.id == session.exec(select(Release)).one().consent_id


def test_a_version_replaced_meanwhile_is_not_confirmed(session):
    world = World(session)
    pairing, first = world.pairing(), world.consent()
    world.consent(("basic",))
    with pytest.raises(NotComplete), consents.resting_on(pairing, first) as in_force:
        verdicts.advance(session, world.office, verdicts.PAIRING, pairing, verdicts.PairingStatus.ON_HOLD,
                         provided=in_force)  # fmt: skip
    session.refresh(pairing)
    assert pairing.status is verdicts.PairingStatus.PROPOSED
