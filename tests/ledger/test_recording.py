"""What a line of the ledger holds: the deed as it was told, who did it, and when."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.session import unit_of_work
from tests import factories
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind
from workflows.audit import attempt_denied, dated, receipt, record


@pytest.fixture
def people(engine):
    """An official, and the firm that is read."""
    with unit_of_work(engine) as session:
        chain = factories.make_chain(session)
        firm = factories.make_organization(session, chain_id=chain.id)
        actor = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
        return actor, firm.id


def _line(engine) -> dict:
    with unit_of_work(engine) as session:
        return session.exec(select(AuditEvent)).one().model_dump()


def test_a_line_holds_what_was_told_and_who_did_it(engine, people):
    actor, firm_id = people
    told = {
        "action": AuditAction.POSTING_EDITED, "subject_kind": "demand", "subject_id": 7, "old": {"status": "open"},
        "new": {"fields": ["title"]}, "chain_id": actor.chain_id, "visible_to_organization_id": firm_id,
    }  # fmt: skip
    began = now()
    with unit_of_work(engine) as session:
        record(session, actor, **told, reason="因" * 501)
    line = _line(engine)
    assert {name: line[name] for name in told} == told
    assert line["reason"] == "因" * 500
    assert (line["actor_user_id"], line["actor_organization_id"], line["actor_name"]) == (
        actor.user_id, actor.organization_id, actor.name,
    )  # fmt: skip
    assert began <= line["occurred_at"] <= now()


def test_what_is_not_told_stays_empty(engine, people):
    with unit_of_work(engine) as session:
        record(session, people[0], AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=7)
    line = _line(engine)
    unsaid = ("old", "new", "reason", "chain_id", "visible_to_organization_id")
    assert [line[name] for name in unsaid] == [None, None, "", None, None]


def test_a_receipt_is_kept_by_itself_for_the_firm_that_was_read(engine, people):
    actor, firm_id = people
    receipt(
        engine, actor, AuditAction.PROFILE_READ, subject_kind="firm_profile", subject_id=3,
        firm_id=firm_id, chain_id=actor.chain_id, reason="核对",
    )  # fmt: skip
    line = _line(engine)
    assert (line["action"], line["subject_kind"], line["subject_id"], line["reason"]) == (
        AuditAction.PROFILE_READ, "firm_profile", 3, "核对",
    )  # fmt: skip
    assert (line["visible_to_organization_id"], line["chain_id"]) == (firm_id, actor.chain_id)
    assert line["actor_user_id"] == actor.user_id


def test_a_receipt_may_name_neither_chain_nor_reason(engine, people):
    actor, firm_id = people
    receipt(engine, actor, AuditAction.DOCUMENT_READ, subject_kind="file", subject_id=3, firm_id=firm_id)
    assert (_line(engine)["reason"], _line(engine)["chain_id"]) == ("", None)


def test_a_denied_attempt_names_the_route_and_the_answer(engine, people):
    attempt_denied(engine, people[0], route="cases.read", status=403)
    line = _line(engine)
    assert (line["action"], line["subject_kind"], line["subject_id"], line["new"]) == (
        AuditAction.ATTEMPT_DENIED, "route", 0, {"route": "cases.read", "answer": 403},
    )  # fmt: skip
    assert line["actor_user_id"] == people[0].user_id


def test_only_what_is_recorded_meanwhile_is_dated(engine, people):
    earlier, earliest = now() - timedelta(days=30), now() - timedelta(days=60)
    with unit_of_work(engine) as session:

        def happened_at():
            return record(
                session, people[0], AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=1
            ).occurred_at

        def fail():
            with dated(session, earliest):
                assert happened_at() == earliest
                raise ZeroDivisionError

        with dated(session, earlier):
            with pytest.raises(ZeroDivisionError):
                fail()
            assert happened_at() == earlier
        assert happened_at() > now() - timedelta(minutes=1)
