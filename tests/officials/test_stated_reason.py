"""The joint office reads what is confidential only with a reason, which the firm reads; a chain's office as before."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import ProfileSubmission
from models.session import open_session
from models.stored_file import StoredFile
from tests import factories
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import SubmissionStatus
from vocabulary.roles import OrganizationKind
from workflows import profiles
from workflows.audit import dated, record

KIND = OrganizationKind
REASON = "核查 3 月 5 日的举报"
PHONE = "13800009999"


@pytest.fixture
def world(session):
    class World:
        chain = factories.make_chain(session)
        firm = factories.make_organization(session, KIND.ENTERPRISE, chain_id=chain.id)
        office = factories.make_organization(session, KIND.CHAIN_OFFICE, chain_id=chain.id)
        official = factories.make_user(session, office)
        joint = factories.make_organization(session, KIND.JOINT_OFFICE)
        coordinator, colleague = factories.make_user(session, joint), factories.make_user(session, joint)
        profile = factories.make_profile(session, firm, contact_phone=PHONE)

        def submission(self, firm) -> ProfileSubmission:
            values = profiles.stored({name: getattr(self.profile, name) for name in profiles.BY_NAME})
            row = ProfileSubmission(
                organization_id=firm.id, chain_id=self.chain.id, values=values,
                submitted_by_id=factories.make_user(session, firm).id,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row

    world = World()
    world.row = world.submission(world.firm)
    world.url, world.reason_url = f"/profiles/{world.row.public_id}", f"/reasons/{world.firm.public_id}"
    return world


def _events(engine, *actions):
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(AuditEvent).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id)).all()
        return [(row.action, row.actor_user_id, row.visible_to_organization_id, row.reason) for row in rows]


def _status(engine, row) -> SubmissionStatus:
    with open_session(engine, read_only=True) as session:
        return session.get_one(ProfileSubmission, row.id).status


def test_without_a_reason_it_sees_the_public_part_and_does_not_decide(session, engine, world, sign_in_as):
    client = sign_in_as(world.coordinator)
    page = client.get(world.url)
    assert (page.status_code, PHONE in page.text, world.firm.legal_name in page.text) == (200, False, True)
    assert 'name="step"' not in page.text
    assert _events(engine, AuditAction.PROFILE_READ) == []
    for step in ("verify", "return"):
        assert client.post(world.url, data={"step": step, "note_scale": "x"}).status_code == 403
    assert _status(engine, world.row) is SubmissionStatus.SUBMITTED
    assert len(_events(engine, AuditAction.ATTEMPT_DENIED)) == 2


@pytest.mark.parametrize("reason", ["", "   ", "查看"])
def test_an_empty_reason_opens_nothing(session, engine, world, sign_in_as, reason):
    client = sign_in_as(world.coordinator)
    answer = client.post(world.reason_url, data={"reason": reason})
    assert answer.status_code == 422
    assert "is-invalid" in answer.text
    assert _events(engine, AuditAction.PROFILE_REASON_STATED) == []
    assert PHONE not in client.get(world.url).text


def test_with_a_reason_it_reads_and_decides_and_the_firm_is_told_why(session, engine, world, sign_in_as):
    client = sign_in_as(world.coordinator)
    answer = client.post(f"{world.reason_url}?next={world.url}", data={"reason": REASON})
    assert (answer.status_code, answer.location) == (303, world.url)
    page = client.get(world.url)
    assert PHONE in page.text
    assert REASON in page.text
    who, firm = world.coordinator.id, world.firm.id
    assert _events(engine, AuditAction.PROFILE_REASON_STATED, AuditAction.PROFILE_READ) == [
        (AuditAction.PROFILE_REASON_STATED, who, firm, REASON), (AuditAction.PROFILE_READ, who, firm, REASON),
    ]  # fmt: skip
    assert client.post(world.url, data={"step": "verify"}).status_code == 303


def test_a_reason_is_for_one_person_one_firm_and_a_day(session, engine, world, sign_in_as):
    other = world.submission(factories.make_organization(session, KIND.ENTERPRISE, chain_id=world.chain.id))
    client = sign_in_as(world.coordinator)
    assert client.post(world.reason_url, data={"reason": REASON}).status_code == 303
    assert PHONE in client.get(world.url).text
    assert PHONE not in client.get(f"/profiles/{other.public_id}").text
    assert PHONE not in sign_in_as(world.colleague).get(world.url).text
    with open_session(engine) as elsewhere, dated(elsewhere, now() - timedelta(hours=25)):
        record(
            elsewhere, factories.actor_of(world.colleague, world.joint), AuditAction.PROFILE_REASON_STATED,
            subject_kind="organization", subject_id=world.firm.id, visible_to_organization_id=world.firm.id,
            reason="旧的理由",
        )  # fmt: skip
        elsewhere.commit()
    assert PHONE not in sign_in_as(world.colleague).get(world.url).text


def test_documents_ask_for_the_reason_too_and_leave_a_line(session, engine, world, sign_in_as):
    title = factories.make_recognition(session, world.firm)
    content = b"%PDF-1.4"
    file = StoredFile(
        organization_id=world.firm.id, name="证书.pdf", media_type="application/pdf", content=content,
        n_bytes=len(content), sha256="0" * 64,
    )  # fmt: skip
    session.add(file)
    session.flush()
    title.file_id = file.id
    session.add(title)
    url = f"/recognitions/{title.public_id}/document"
    client = sign_in_as(world.coordinator)
    answer = client.get(url)
    assert answer.status_code == 302
    assert answer.location.startswith(world.reason_url)
    assert client.post(answer.location, data={"reason": REASON}).status_code == 303
    assert client.get(url).data == b"%PDF-1.4"
    assert [row[3] for row in _events(engine, AuditAction.DOCUMENT_READ)] == [REASON]


def test_the_chains_own_office_needs_no_reason(session, engine, world, sign_in_as):
    client = sign_in_as(world.official)
    assert PHONE in client.get(world.url).text
    assert client.post(world.reason_url, data={"reason": REASON}).status_code == 403
    assert [row[3] for row in _events(engine, AuditAction.PROFILE_READ)] == [""]


def test_the_lists_of_needs_name_no_contact_without_a_reason(session, world, sign_in_as):
    need = factories.make_financing_need(session, world.firm)
    url = f"/funding-lists/{need.public_id}"
    assert PHONE in sign_in_as(world.official).get(url).text
    client = sign_in_as(world.coordinator)
    for page in ("/funding-lists/", url):
        assert (client.get(page).status_code, PHONE in client.get(page).text) == (200, False)
    assert client.post(world.reason_url, data={"reason": REASON}).status_code == 303
    assert PHONE in client.get(url).text
