"""What is past its time goes by itself; the decisions it belonged to stay, and the ledger says how much went."""

from datetime import timedelta

from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import FirmProfile, ProfileDraft
from models.import_batch import ImportBatch
from models.notice import Notice
from models.organization import PasswordReset, SignInAttempt, UserSession
from models.outbox import OutboxMessage
from models.pairing import Consent
from models.sign_in import FactorAttempt, KnownDevice
from tests.factories import make_actor, make_organization, make_profile, make_user
from tests.release_worlds import ReleaseWorld
from vocabulary.classifications import DeclineReason
from vocabulary.events import Frequency
from vocabulary.imports import ImportNoun, ImportStatus
from vocabulary.lifecycles import OrganizationStatus, OutboxStatus, PairingStatus
from vocabulary.profile_fields import Section
from vocabulary.retention import KEPT, RetentionRule
from vocabulary.roles import OrganizationKind
from workflows import retention

_DAY = timedelta(days=1)
_R = RetentionRule


def _just_after(rule):
    return now() + KEPT[rule] + _DAY


def _just_before(rule):
    return now() + KEPT[rule] - _DAY


def _due(session, at):
    admin = make_actor(session, OrganizationKind.IT_OFFICE)
    return {rule: n for rule, n in retention.preview(session, admin, at).items() if n}


def test_contacts_leave_a_release_whose_case_came_to_nothing_and_the_decision_stays(session):
    world = ReleaseWorld(session)
    release = world.release(days=360)
    before = release.snapshot
    world.pairing.status, world.pairing.decline_reason = PairingStatus.DECLINED, DeclineReason.OTHER
    world.pairing.status_changed_at = now()
    session.add(world.pairing)
    session.flush()
    assert before[Section.CONTACTS]["contact_phone"]
    assert _due(session, _just_before(_R.RELEASED_CONTACTS)) == {}
    retention.apply(session, _just_after(_R.RELEASED_CONTACTS))
    session.refresh(release)
    assert release.snapshot == before | {"contacts": dict.fromkeys(before["contacts"])}
    assert (world.pairing.status, release.consent_id) == (
        PairingStatus.DECLINED,
        session.exec(select(Consent.id)).one(),
    )
    assert _R.RELEASED_CONTACTS not in _due(session, _just_after(_R.RELEASED_CONTACTS))


def test_contacts_leave_a_release_whose_consent_is_over(session):
    release = ReleaseWorld(session).release(days=10)
    assert _R.RELEASED_CONTACTS not in _due(session, now() + 9 * _DAY + KEPT[_R.RELEASED_CONTACTS])
    retention.apply(session, now() + 12 * _DAY + KEPT[_R.RELEASED_CONTACTS])
    session.refresh(release)
    assert set(release.snapshot["contacts"].values()) == {None}


def test_contacts_of_a_firm_that_left_go_and_its_figures_stay(session):
    firm = make_organization(session, phone="0734-7654321")
    make_profile(session, firm, contact_phone="13800000000", legal_rep="张三", revenue_fen=100)
    session.add(ProfileDraft(organization_id=firm.id, values={"contact_phone": "13800000000", "employees": 5}))
    firm.status, firm.review_note, firm.status_changed_at = OrganizationStatus.SUSPENDED, "已注销", now()
    session.add(firm)
    session.flush()
    assert _R.FIRM_CONTACTS not in _due(session, _just_before(_R.FIRM_CONTACTS))
    at = _just_after(_R.FIRM_CONTACTS)
    assert _due(session, at)[_R.FIRM_CONTACTS] == 1
    retention.apply(session, at)
    profile = session.exec(select(FirmProfile).where(FirmProfile.organization_id == firm.id)).one()
    assert (profile.contact_phone, profile.legal_rep, profile.revenue_fen, firm.phone) == (None, None, 100, "")
    assert session.exec(select(ProfileDraft)).one().values == {"employees": 5}
    assert _R.FIRM_CONTACTS not in _due(session, at + _DAY)


def test_a_firm_that_goes_on_keeps_its_contacts(session):
    firm = make_organization(session, phone="0734-7654321")
    session.flush()
    retention.apply(session, now() + 10 * 365 * _DAY)
    session.refresh(firm)
    assert firm.phone == "0734-7654321"


def test_rows_go_when_their_time_is_over_and_not_a_day_before(session):
    user = make_user(session, make_organization(session, OrganizationKind.BANK))
    session.add_all([
        UserSession(token_digest="a" * 64, user_id=user.id),
        SignInAttempt(email_digest="b" * 64),
        FactorAttempt(user_id=user.id),
        PasswordReset(user_id=user.id, token_digest="c" * 64, expires_at=now()),
        KnownDevice(user_id=user.id, token_digest="d" * 64, expires_at=now() + _DAY / 2),
        Notice(user_id=user.id, event="invitation", frequency=Frequency.OFF, read_at=now()),
        Notice(user_id=user.id, event="invitation", frequency=Frequency.OFF),
        OutboxMessage(recipient="a@example.org", template="invitation", status=OutboxStatus.SENT, sent_at=now()),
        OutboxMessage(recipient="a@example.org", template="invitation"),
    ])  # fmt: skip
    session.flush()
    expected = {_R.SESSIONS: 1, _R.ATTEMPTS: 2, _R.RESETS: 1, _R.DEVICES: 1, _R.NOTICES: 1, _R.MAILS: 1}
    for rule, n in expected.items():
        assert rule not in _due(session, _just_before(rule)), rule
        assert _due(session, _just_after(rule))[rule] == n, rule
    assert retention.apply(session, now() + 400 * _DAY) == expected
    assert [len(session.exec(select(model)).all()) for model in (UserSession, Notice, OutboxMessage)] == [0, 1, 1]
    recorded = session.exec(select(AuditEvent).where(AuditEvent.action == "retention_applied")).one()
    assert recorded.new == {rule.value: n for rule, n in expected.items()}
    assert retention.apply(session, now() + 400 * _DAY) == {}
    assert len(session.exec(select(AuditEvent).where(AuditEvent.action == "retention_applied")).all()) == 1


def test_a_table_that_was_never_loaded_is_emptied(session):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE)
    sheets = [{"name": "1", "rows": [["张三"]]}]
    batch = ImportBatch(noun=ImportNoun.FIRMS, organization_id=office.id, file_name="名单.xlsx", sheets=sheets)
    session.add(batch)
    session.flush()
    assert retention.apply(session, _just_before(_R.STAGED_IMPORTS)) == {}
    assert retention.apply(session, _just_after(_R.STAGED_IMPORTS)) == {_R.STAGED_IMPORTS: 1}
    session.refresh(batch)
    assert (batch.status, batch.sheets) == (ImportStatus.DROPPED, [])


def test_the_page_counts_and_changes_nothing(session, sign_in_as):
    user = make_user(session, make_organization(session, OrganizationKind.IT_OFFICE))
    session.add(SignInAttempt(email_digest="b" * 64, created_at=now() - 2 * _DAY))
    session.commit()
    page = sign_in_as(user).get("/retention/").text
    assert "<strong>1</strong>" in page
    assert len(session.exec(select(SignInAttempt)).all()) == 1
