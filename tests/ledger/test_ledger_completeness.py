"""Deeds, readings of what is confidential and refused attempts leave a line; without the line there is no deed."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from access.actor import SYSTEM
from models.audit_event import AuditEvent
from models.organization import Membership
from models.pairing import Pairing
from models.session import open_session
from tests import factories
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import PairingStatus, SubmissionStatus
from vocabulary.roles import OrganizationKind
from workflows import profiles
from workflows.audit import record

KIND = OrganizationKind


@pytest.fixture
def world(session):
    """Two chains with an office each; a proposed pairing and a submitted profile in the first."""

    class World:
        chain, other = factories.make_chain(session), factories.make_chain(session)
        firm = factories.make_organization(session, KIND.ENTERPRISE, chain_id=chain.id)
        bank = factories.make_organization(session, KIND.BANK)
        demand = factories.make_financing_need(session, firm)
        supply = factories.make_loan_product(session, bank)
        pairing = factories.make_pairing(session, demand, supply, chain)
        office = factories.make_organization(session, KIND.CHAIN_OFFICE, chain_id=chain.id)
        official = factories.make_user(session, office)
        stranger = factories.make_user(
            session, factories.make_organization(session, KIND.CHAIN_OFFICE, chain_id=other.id)
        )
        auditor = factories.make_user(session, factories.make_organization(session, KIND.AUDIT_OFFICE))

    return World


def _events(engine, **wanted):
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(AuditEvent).order_by(AuditEvent.id)).all()
        return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def _status(engine, pairing_id: int) -> PairingStatus:
    with open_session(engine, read_only=True) as session:
        return session.get_one(Pairing, pairing_id).status


_VERDICT = {"verdict": "confirm", "reason": "facts_verified", "note": "材料齐全"}


def test_a_verdict_on_another_chains_pairing_finds_nothing_changes_nothing_and_is_recorded(
    app, session, engine, world, sign_in_as
):
    client = sign_in_as(world.stranger)
    answer = client.post(f"/pairings/{world.pairing.public_id}", data=_VERDICT)
    missing = client.post("/pairings/222222222222", data=_VERDICT)
    assert (answer.status_code, missing.status_code, len(answer.data)) == (404, 404, len(missing.data))
    assert _status(engine, world.pairing.id) is PairingStatus.PROPOSED
    first, _second = _events(engine, action=AuditAction.ATTEMPT_DENIED)
    assert (first.actor_user_id, first.new["answer"]) == (world.stranger.id, 404)
    assert first.new["route"].startswith("officials_pairings.")


def test_a_form_without_the_permission_is_recorded(session, engine, world, sign_in_as):
    client = sign_in_as(world.auditor)
    assert client.post(f"/pairings/{world.pairing.public_id}", data=_VERDICT).status_code == 403
    (denied,) = _events(engine, action=AuditAction.ATTEMPT_DENIED)
    assert denied.new["answer"] == 403


def test_reading_by_get_is_not_recorded_as_an_attempt(session, engine, world, sign_in_as):
    assert sign_in_as(world.stranger).get(f"/pairings/{world.pairing.public_id}").status_code == 404
    assert _events(engine, action=AuditAction.ATTEMPT_DENIED) == []


@pytest.fixture
def submission(session, world):
    profile = factories.make_profile(session, world.firm)
    filer = factories.make_user(session, world.firm)
    values = profiles.stored({name: getattr(profile, name) for name in profiles.BY_NAME})
    from models.firm_profile import ProfileSubmission

    row = ProfileSubmission(
        organization_id=world.firm.id, chain_id=world.chain.id, values=values, submitted_by_id=filer.id
    )
    session.add(row)
    session.flush()
    return row


def test_an_officials_reading_of_a_submission_is_recorded_for_the_firm(session, engine, world, submission, sign_in_as):
    client = sign_in_as(world.official)
    assert client.get(f"/profiles/{submission.public_id}").status_code == 200
    (read,) = _events(engine, action=AuditAction.PROFILE_READ)
    assert (read.actor_user_id, read.visible_to_organization_id) == (world.official.id, world.firm.id)
    assert (read.old, read.new, read.reason) == (None, None, "")


@pytest.fixture
def refuse_audit_rows(engine) -> Iterator[Callable[[], None]]:
    """From the call on no row of the ledger can be written."""
    on_postgresql = engine.dialect.name == "postgresql"

    def _refuse() -> None:
        with engine.begin() as connection:
            refusal = "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            if on_postgresql:
                connection.exec_driver_sql(
                    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$BEGIN RAISE EXCEPTION 'disk is full'; END$$"
                )
                refusal = "FOR EACH ROW EXECUTE FUNCTION full_disk()"
            connection.exec_driver_sql(f"CREATE TRIGGER disk_is_full BEFORE INSERT ON audit_event {refusal}")

    yield _refuse
    if on_postgresql:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION full_disk() CASCADE")


def test_without_its_line_there_is_no_page(
    app, session, engine, world, submission, sign_in_as, monkeypatch, refuse_audit_rows
):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    client = sign_in_as(world.official)
    refuse_audit_rows()
    answer = client.get(f"/profiles/{submission.public_id}")
    assert answer.status_code == 507
    assert "3000" not in answer.text


def test_without_its_line_there_is_no_deed(
    app, session, engine, world, submission, sign_in_as, monkeypatch, refuse_audit_rows
):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    client = sign_in_as(world.official)
    url = f"/profiles/{submission.public_id}"
    refuse_audit_rows()
    assert client.post(url, data={"step": "verify"}).status_code == 507
    with open_session(engine) as elsewhere:
        assert elsewhere.get_one(type(submission), submission.id).status is SubmissionStatus.SUBMITTED
        of_table = "" if engine.dialect.name == "sqlite" else " ON audit_event"
        elsewhere.connection().exec_driver_sql(f"DROP TRIGGER disk_is_full{of_table}")
        elsewhere.commit()
    assert client.post(url, data={"step": "verify"}).status_code == 303, "it was the line alone that was in the way"


def test_a_right_that_was_taken_away_is_gone_at_the_next_request(session, engine, world, sign_in_as):
    client = sign_in_as(world.official)
    url = f"/pairings/{world.pairing.public_id}"
    assert client.get(url).status_code == 200
    with open_session(engine) as elsewhere:
        elsewhere.get_one(type(world.office), world.office.id).chain_id = world.other.id
        elsewhere.commit()
    assert client.get(url).status_code == 404
    with open_session(engine) as elsewhere:
        membership = elsewhere.exec(select(Membership).where(Membership.user_id == world.official.id)).one()
        elsewhere.delete(membership)
        elsewhere.commit()
    assert client.get(url).status_code in (302, 403)


# -- search and export -----------------------------------------------------------------------------------------------


def test_an_auditor_searches_by_organization_action_subject_and_day(session, world, sign_in_as):
    actor = factories.actor_of(world.official, world.office)
    record(session, actor, "pairing_on_hold", subject_kind="pairing", subject_id=71, reason="等待材料")
    record(session, SYSTEM, "roadshow_checked_in", subject_kind="roadshow_participant", subject_id=72, reason="到场")
    client = sign_in_as(world.auditor)

    def found(query: str) -> tuple[bool, bool]:
        page = client.get(f"/ledger/?{query}").text
        return "等待材料" in page, "到场" in page

    assert found("") == (True, True)
    assert found(f"q={world.office.legal_name}") == (True, False)
    assert found("action=roadshow_checked_in") == (False, True)
    assert found("subject=71") == (True, False)
    assert found("until=2020-01-01") == (False, False)
    assert found("subject=x&action=y&since=z&until=z") == (True, True)


def test_an_export_holds_what_was_found_and_is_recorded(session, engine, world, sign_in_as):
    record(session, SYSTEM, "pairing_on_hold", subject_kind="pairing", subject_id=71, reason="=1+1")
    record(session, SYSTEM, "pairing_on_hold", subject_kind="pairing", subject_id=72, reason="另一条")
    client = sign_in_as(world.auditor)
    answer = client.post("/ledger/export", data={"subject": "71"})
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    rows = book.get_sheet_by_index(1).to_python()
    assert len(rows) == 2
    assert "=1+1" in rows[1]
    (exported,) = _events(engine, action=AuditAction.LEDGER_EXPORTED)
    assert (exported.actor_user_id, exported.new) == (world.auditor.id, {"rows": 1, "filters": {"subject_id": 71}})


def test_an_export_holds_the_own_chain_only(session, engine, world, sign_in_as):
    record(session, SYSTEM, "pairing_on_hold", subject_kind="pairing", subject_id=71, chain_id=world.other.id)
    answer = sign_in_as(world.official).post("/ledger/export")
    assert len(CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(1).to_python()) == 1
