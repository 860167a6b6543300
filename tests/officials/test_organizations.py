"""Organizations before an official."""

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.organization import Membership
from models.outbox import OutboxMessage
from tests.factories import make_chain, make_organization, make_user
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import OrganizationKind, Role


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


def test_merging_moves_the_people_and_needs_a_choice(session, sign_in_as, official, newcomer, chain):
    newcomer.name_core = "新线缆"
    kept = make_organization(session, chain_id=chain.id, name_core="新线缆")
    person = session.exec(select(Membership).where(Membership.organization_id == newcomer.id)).one()
    client = sign_in_as(official)
    assert client.post(f"/organizations/{newcomer.public_id}", data={"step": "merge"}).status_code == 422
    client.post(f"/organizations/{newcomer.public_id}", data={"step": "merge", "into": kept.public_id})
    session.refresh(person)
    assert (person.organization_id, person.ended_at) == (kept.id, None)


def test_a_double_of_another_chain_is_shown_but_cannot_be_kept(session, sign_in_as, official, newcomer):
    newcomer.name_core = "新线缆"
    other = make_organization(session, chain_id=make_chain(session).id, name_core="新线缆", legal_name="外链新线缆公司")
    client = sign_in_as(official)
    page = client.get(f"/organizations/{newcomer.public_id}").text
    assert "外链新线缆公司" in page
    assert "由其他办公室核验" in page
    answer = client.post(f"/organizations/{newcomer.public_id}", data={"step": "merge", "into": other.public_id})
    assert answer.status_code == 404
    session.refresh(newcomer)
    assert newcomer.status is OrganizationStatus.REGISTERED


def test_suspending_needs_a_reason_and_can_be_undone(session, sign_in_as, official, newcomer):
    client = sign_in_as(official)
    path = f"/organizations/{newcomer.public_id}"
    client.post(path, data={"step": "verify"})
    assert client.post(path, data={"step": "suspend"}).status_code == 422
    client.post(path, data={"step": "suspend", "note": "营业执照被吊销"})
    session.refresh(newcomer)
    assert (newcomer.status, newcomer.review_note) == (OrganizationStatus.SUSPENDED, "营业执照被吊销")
    session.rollback()
    client.post(path, data={"step": "restore"})
    session.refresh(newcomer)
    assert newcomer.status is OrganizationStatus.VERIFIED


def test_the_queue_is_filtered_by_kind_status_and_pinyin(session, sign_in_as):
    make_organization(session, legal_name="甲企业")
    make_organization(session, OrganizationKind.BANK, legal_name="乙银行")
    coordinator = make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE))
    client = sign_in_as(coordinator)

    def shown(query: str) -> list[str]:
        page = client.get(f"/organizations/?{query}").text
        return [name for name in ("甲企业", "乙银行") if name in page]

    assert shown("") == ["甲企业", "乙银行"]
    assert shown("kind=bank") == ["乙银行"]
    assert shown("q=jiaqi") == ["甲企业"]
    assert shown("status=suspended") == []
    assert shown("kind=nonsense&status=nonsense&page=-1") == ["甲企业", "乙银行"]


def test_the_page_of_a_merged_organization_leads_to_the_one_that_stays(session, sign_in_as, official, newcomer, chain):
    newcomer.name_core = "新线缆"
    kept = make_organization(session, chain_id=chain.id, name_core="新线缆")
    client = sign_in_as(official)
    client.post(f"/organizations/{newcomer.public_id}", data={"step": "merge", "into": kept.public_id})
    assert f"/organizations/{kept.public_id}" in client.get(f"/organizations/{newcomer.public_id}").text


def test_a_returned_organization_corrects_itself_and_waits_again(session, sign_in_as, official, newcomer):
    taken = make_organization(session, uscc="91430400MA4L16JQ9B")
    founder = make_user(session, newcomer, Role.SIGNATORY)
    sign_in_as(official).post(f"/organizations/{newcomer.public_id}", data={"step": "return", "note": "名称不一致"})
    client = sign_in_as(founder)
    assert "名称不一致" in client.get("/account").text
    client.post("/account/organization", data={"uscc": taken.uscc, "legal_name": "衡阳正名有限公司"})
    session.refresh(newcomer)
    assert (newcomer.status, newcomer.legal_name) == (OrganizationStatus.RETURNED, "衡阳新线缆有限公司")
    session.rollback()
    answer = client.post("/account/organization", data={"uscc": "91350100M000100Y43", "legal_name": "衡阳正名有限公司"})
    assert answer.status_code == 303, answer.text
    session.refresh(newcomer)
    assert (newcomer.status, newcomer.legal_name, newcomer.name_core) == (
        OrganizationStatus.REGISTERED,
        "衡阳正名有限公司",
        "正名",
    )
