"""A step of a row's life: what it writes, what it rests on, and what a refusal says."""

from datetime import timedelta

import pytest
from sqlalchemy import exists, update
from sqlmodel import col, select

from models.audit_event import AuditEvent
from models.base import now
from models.organization import Organization
from models.pairing import Pairing
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.lifecycles import PAIRING, PairingStatus
from workflows.audit import dated, record
from workflows.errors import StepNotAllowed
from workflows.transitions import advance, require_step


@pytest.fixture
def world(session):
    return World(session)


@pytest.fixture
def pairing(world):
    """Of two proposed pairings the second."""
    need = factories.make_financing_need(world.session, world.firm_row)
    factories.make_pairing(world.session, need, world.supply, world.chain)
    return world.pairing()


def _hold(session, world, pairing, **values) -> None:
    evidence = {"decided_by_id": world.office.user_id, "decided_at": now(), "verdict_reason": REASON}
    advance(session, world.office, PAIRING, pairing, PairingStatus.ON_HOLD, **evidence, **values)


def test_a_step_changes_its_row_alone_and_leaves_one_line(session, world, pairing):
    first = session.exec(select(Pairing).where(Pairing.id != pairing.id)).one()
    before = pairing.status_changed_at = now() - timedelta(days=1)
    _hold(session, world, pairing, reason="等待补充", chain_id=world.chain.id,
          visible_to_organization_id=world.firm_row.id)  # fmt: skip
    assert (pairing.status, pairing.decided_by_id) == (PairingStatus.ON_HOLD, world.office.user_id)
    assert pairing.status_changed_at > before
    session.refresh(first)
    assert first.status is PairingStatus.PROPOSED
    line = session.exec(select(AuditEvent)).one()
    assert (line.action, line.subject_kind, line.subject_id) == ("pairing_on_hold", "pairing", pairing.id)
    assert (line.old, line.new) == ({"status": "proposed"}, {"status": "on_hold"})
    assert (line.reason, line.chain_id, line.visible_to_organization_id) == (
        "等待补充", world.chain.id, world.firm_row.id,
    )  # fmt: skip
    assert (line.actor_user_id, line.actor_name) == (world.office.user_id, world.office.name)


def test_a_line_says_nothing_it_was_not_told(session, world, pairing):
    _hold(session, world, pairing)
    line = session.exec(select(AuditEvent)).one()
    assert (line.reason, line.chain_id, line.visible_to_organization_id) == ("", None, None)


def test_a_step_rests_on_the_columns_and_the_condition_it_names(session, world, pairing):
    is_there = exists().where(col(Organization.id) == world.firm_row.id)
    for values in (
        {"only_if": {"chain_id": world.chain.id, "is_mutual": True}},
        {"only_if": {"supply_id": -1}},
        {"provided": ~is_there},
    ):
        with pytest.raises(StepNotAllowed) as refused:
            _hold(session, world, pairing, **values)
        assert (refused.value.current, pairing.status) == (PairingStatus.PROPOSED, PairingStatus.PROPOSED)
    _hold(session, world, pairing, only_if={"chain_id": world.chain.id}, provided=is_there)
    assert pairing.status is PairingStatus.ON_HOLD


def _overtake(session, pairing) -> None:
    """Somebody else withdraws the pairing; this session has not read it anew."""
    session.flush()
    session.connection().execute(
        update(Pairing.__table__).where(col(Pairing.id) == pairing.id).values(status=PairingStatus.WITHDRAWN)
    )


def test_an_overtaken_step_says_who_was_first_and_when(session, world, pairing):
    earlier = now() - timedelta(hours=2)
    for actor, at in ((world.firm, earlier - timedelta(hours=1)), (world.counterpart, earlier)):
        with dated(session, at):
            record(session, actor, "pairing_withdrawn", subject_kind="pairing", subject_id=pairing.id)
            session.flush()
    record(session, world.office, "pairing_withdrawn", subject_kind="pairing", subject_id=pairing.id + 1)
    record(session, world.office, "approval_requested", subject_kind="approval", subject_id=pairing.id)
    _overtake(session, pairing)
    with pytest.raises(StepNotAllowed) as refused:
        _hold(session, world, pairing)
    told = refused.value
    assert (told.noun, told.current, told.wanted) == ("pairing", PairingStatus.WITHDRAWN, PairingStatus.ON_HOLD)
    assert (told.changed_by, told.changed_at) == (world.counterpart.name, earlier)
    assert pairing.status is PairingStatus.WITHDRAWN
    with pytest.raises(StepNotAllowed) as refused:
        require_step(session, PAIRING, pairing, PairingStatus.CONFIRMED)
    told = refused.value
    assert (told.noun, told.current, told.wanted) == ("pairing", PairingStatus.WITHDRAWN, PairingStatus.CONFIRMED)
    assert (told.changed_by, told.changed_at) == (world.counterpart.name, earlier)


def test_a_refusal_of_what_nobody_touched_names_nobody(session, world, pairing):
    with pytest.raises(StepNotAllowed) as refused:
        advance(session, world.office, PAIRING, pairing, PairingStatus.FULFILLED)
    told = refused.value
    assert (told.noun, told.current, told.wanted) == ("pairing", PairingStatus.PROPOSED, PairingStatus.FULFILLED)
    assert (told.changed_by, told.changed_at) == ("", None)
