"""Organizations before an official."""

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.outbox import OutboxMessage
from tests.factories import make_chain, make_organization, make_user
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import OrganizationKind


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def newcomer(session, chain):
    firm = make_organization(
        session,
        chain_id=chain.id,
        status=OrganizationStatus.REGISTERED,
        verified_at=None,
        legal_name="衡阳新线缆有限公司",
    )
    make_user(session, firm)
    return firm


@pytest.fixture
def official(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


def test_verifying_is_recorded_and_told(session, sign_in_as, official, newcomer):
    client = sign_in_as(official)
    assert "衡阳新线缆有限公司" in client.get("/organizations/").text
    assert client.post(f"/organizations/{newcomer.public_id}", data={"step": "verify"}).status_code == 303
    session.refresh(newcomer)
    assert newcomer.status is OrganizationStatus.VERIFIED
    assert newcomer.verified_by_id == official.id
    assert session.exec(select(AuditEvent.action)).all() == ["organization_verified"]
    assert session.exec(select(OutboxMessage.template)).all() == ["organization_verified"]


def test_returning_needs_a_note(session, sign_in_as, official, newcomer):
    client = sign_in_as(official)
    answer = client.post(f"/organizations/{newcomer.public_id}", data={"step": "return", "note": " "})
    assert answer.status_code == 422
    assert "请写明原因" in answer.text
    client.post(f"/organizations/{newcomer.public_id}", data={"step": "return", "note": "营业执照名称不一致"})
    session.refresh(newcomer)
    assert newcomer.status is OrganizationStatus.RETURNED
    assert newcomer.review_note == "营业执照名称不一致"


def test_an_office_of_another_chain_does_not_find_it(session, sign_in_as, newcomer):
    other = make_chain(session)
    stranger = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=other.id))
    client = sign_in_as(stranger)
    assert "衡阳新线缆" not in client.get("/organizations/").text
    assert client.get(f"/organizations/{newcomer.public_id}").status_code == 404


def test_a_double_is_shown_and_can_be_merged(session, sign_in_as, official, newcomer, chain):
    newcomer.name_core = "新线缆"
    old = make_organization(session, chain_id=chain.id, name_core="新线缆", legal_name="衡阳市新线缆有限责任公司")
    client = sign_in_as(official)
    assert "衡阳市新线缆有限责任公司" in client.get(f"/organizations/{newcomer.public_id}").text
    answer = client.post(f"/organizations/{newcomer.public_id}", data={"step": "merge", "into": old.public_id})
    assert answer.status_code == 303
    session.refresh(newcomer)
    assert (newcomer.status, newcomer.merged_into_id) == (OrganizationStatus.MERGED, old.id)


def test_two_officials_at_once_the_second_reads_who_was_first(session, sign_in_as, official, newcomer):
    client = sign_in_as(official)
    client.post(f"/organizations/{newcomer.public_id}", data={"step": "verify"})
    answer = client.post(f"/organizations/{newcomer.public_id}", data={"step": "verify"})
    assert answer.status_code == 409
    assert official.full_name in answer.text
