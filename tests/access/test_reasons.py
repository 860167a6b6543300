"""A stated reason opens what is confidential of one firm to one person for a day."""

from datetime import timedelta

import pytest

from access import reasons
from access.reasons import VALID, StatedReason
from access.rules import NotAllowed
from models.base import now
from tests import factories
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind
from workflows.audit import dated, record


def _state(session, actor, firm, text, at, action=AuditAction.PROFILE_REASON_STATED) -> None:
    with dated(session, at):
        record(
            session, actor, action, subject_kind="firm_profile", subject_id=firm.id, reason=text,
            visible_to_organization_id=firm.id,
        )  # fmt: skip
        session.flush()


def test_a_reason_holds_for_one_person_one_firm_and_a_day(session):
    joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    colleague = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    stated, other, late, unread = (factories.make_organization(session) for _ in range(4))
    at = now() - VALID + timedelta(minutes=5)
    _state(session, joint, stated, "先", at - timedelta(minutes=1))
    _state(session, joint, stated, "核对", at)
    _state(session, joint, other, "另一家", now())
    _state(session, colleague, unread, "同事", now())
    _state(session, joint, late, "过期", now() - VALID - timedelta(seconds=1))
    _state(session, joint, unread, "别的", now(), AuditAction.PROFILE_READ)
    assert reasons.stated_reason(session, joint, stated.id) == StatedReason("核对", at, at + VALID)
    assert reasons.firms_with_reason(session, joint) == {stated.id, other.id}
    for firm, may in ((stated, True), (other, True), (late, False), (unread, False)):
        assert reasons.may_read_confidential(session, joint, firm.id) is may
    reasons.require_reason(session, joint, stated.id)
    with pytest.raises(NotAllowed) as refused:
        reasons.require_reason(session, joint, late.id)
    assert refused.value.what == "stated_reason"


def test_who_is_the_firms_own_office_states_none(session):
    office = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE)
    joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    assert (reasons.must_state_reason(joint), reasons.must_state_reason(office)) == (True, False)
    assert reasons.may_read_confidential(session, office, factories.make_organization(session).id)
