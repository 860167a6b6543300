"""A release: what is frozen into it, who reads it until when, and the line each reading leaves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, delete, select

from access.lookups import NotVisible
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from models.firm_profile import FirmProfile
from models.stored_file import StoredFile
from tests import factories
from tests.release_worlds import PLANTED, ReleaseWorld, pdf
from vocabulary.classifications import Market, Tier
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus, RecognitionStatus
from vocabulary.recognitions import RecognitionKind
from vocabulary.roles import OrganizationKind, Role
from workflows import releases


@pytest.fixture
def other(session):
    """Another firm with another reader, released before."""
    found = ReleaseWorld(session)
    found.release(documents=(found.shown,))
    return found


@pytest.fixture
def world(session, other):
    return ReleaseWorld(session)


def _file(session, row) -> StoredFile:
    return session.get_one(StoredFile, row.file_id)


def _lines(session, world) -> list[AuditEvent]:
    of_firm = col(AuditEvent.visible_to_organization_id) == world.firm.id
    lines = select(AuditEvent).where(AuditEvent.subject_kind == "release", of_firm).order_by(AuditEvent.id)
    return list(session.exec(lines).all())


def test_what_is_frozen_is_the_consented_part_of_this_firm_on_this_day(session, world):
    began = now()
    consent = world.consent(("basic", "scale"), (world.shown,))
    release = releases.freeze(session, world.pairing, consent)
    assert (release.pairing_id, release.consent_id, release.recipient_id) == (
        world.pairing.id, consent.id, world.reader.id,
    )  # fmt: skip
    assert began <= release.frozen_at <= now()
    assert set(release.snapshot) == {"basic", "scale", "contacts"}
    basic, scale = release.snapshot["basic"], release.snapshot["scale"]
    assert basic["founded_on"] == "2015-06-01"
    assert (basic["tier"], basic["is_high_tech"]) == (Tier.SRDI.value, True)
    assert (scale["tax_paid_fen"], scale["employees"], scale["profit_fen"]) == (PLANTED["tax_paid_fen"], 80, None)
    assert release.documents == [
        {
            "file": _file(session, world.shown).public_id, "kind": "srdi", "issued_on": "2024-06-01",
            "expires_on": "2027-05-31",
        }
    ]  # fmt: skip
    assert releases.field_names(release) == [name for values in release.snapshot.values() for name in values]
    assert set(releases.field_names(release)) == set(consent.field_names)


def test_the_next_version_freezes_the_same_row_anew(session, world):
    release = world.release(("basic",), (world.shown,))
    release.frozen_at = release.contacts_removed_at = before = now() - timedelta(days=2)
    session.flush()
    number = release.id
    again = releases.freeze(session, world.pairing, second := world.consent(("scale",)))
    session.refresh(again)
    assert (again.id, again.consent_id, again.contacts_removed_at, again.documents) == (number, second.id, None, [])
    assert again.frozen_at > before
    assert set(again.snapshot) == {"scale", "contacts"}


def test_a_firm_without_a_profile_releases_nothing(session, world):
    session.exec(delete(FirmProfile).where(col(FirmProfile.organization_id) == world.firm.id))
    assert world.release().snapshot == {}


def test_only_standing_titles_of_the_own_firm_go_along_in_their_order(session, world, other):
    decided = {"decided_at": now(), "decided_by_id": world.official.id, "ground": "核对"}
    rows = {
        status: factories.make_recognition(
            session, world.firm, kind=kind, status=status, revoked_reason="撤销", file_id=world.shown.file_id, **decided
        )
        for status, kind in zip(
            RecognitionStatus,
            (RecognitionKind.INNOVATIVE, RecognitionKind.CHAMPION, RecognitionKind.ABOVE_SCALE,
             RecognitionKind.LITTLE_GIANT, RecognitionKind.INNOVATIVE),
            strict=True,
        )
    }  # fmt: skip
    wanted = [row.public_id for row in (*reversed(rows.values()), world.shown, other.shown)]
    found = releases._certificates(session, world.firm.id, wanted)
    of_shown = _file(session, world.shown).public_id
    assert [(row.id, file) for row, file in found] == [
        (row.id, of_shown)
        for row in (world.shown, rows[RecognitionStatus.FILED], rows[RecognitionStatus.VERIFIED])
    ]  # fmt: skip


def test_what_is_wrong_with_documents_is_told_before_the_consent(session, world, other):
    shown, kept_back = world.shown.public_id, world.kept_back.public_id
    for wanted, problem in (
        ([], None), ([shown], None), ([shown, kept_back, shown], None), ([shown, "nothing"], "unknown"),
        ([other.shown.public_id], "unknown"),
    ):  # fmt: skip
        assert releases.documents_problem(session, world.firm.id, wanted) == problem
    _file(session, world.kept_back).content = pdf(password="secret")
    session.flush()
    assert releases.documents_problem(session, world.firm.id, [shown]) is None
    problem = releases.documents_problem(session, world.firm.id, [shown, kept_back])
    assert problem == "cannot_be_marked:high_tech"


@pytest.mark.parametrize("market", list(Market))
def test_a_reading_gives_what_was_frozen_and_leaves_a_line(session, other, market):
    world = ReleaseWorld(session, market)
    release = world.release(("basic",), (world.shown,))
    consent = world.consent(("scale",), (world.shown,))
    dossier = releases.read(session, world.person_actor, world.pairing)
    assert (dossier.firm_name, dossier.is_refused, dossier.purpose) == ("隆源铜业有限公司", False, world.purpose)
    assert (dossier.consent_version, dossier.consent_ends_on) == (2, consent.ends_on)
    assert (dossier.frozen_at, dossier.sections, dossier.documents) == (
        release.frozen_at, release.snapshot, release.documents,
    )  # fmt: skip
    assert dossier.sections
    assert dossier.documents
    (line,) = _lines(session, world)
    assert (line.action, line.subject_id, line.chain_id) == ("dossier_read", release.id, world.chain.id)
    assert line.actor_user_id == world.person.id
    assert line.new == {
        "receipt": dossier.receipt, "purpose": world.purpose.value, "version": 2,
        "fields": releases.field_names(release),
    }  # fmt: skip


def test_a_refused_reading_gives_nothing_but_its_number(session, world):
    release = world.release(("basic",), (world.shown,))
    world.pairing.status, world.pairing.verdict_note = PairingStatus.REVOKED, "情况有变"
    dossier = releases.read(session, world.person_actor, world.pairing)
    assert (dossier.is_refused, dossier.sections, dossier.documents) == (True, {}, [])
    (line,) = _lines(session, world)
    assert (line.action, line.subject_id) == ("dossier_read_refused", release.id)
    assert line.new == {"receipt": dossier.receipt, "purpose": world.purpose.value, "version": 1}
    assert releases.read(session, world.person_actor, world.pairing).receipt != dossier.receipt


def test_nobody_but_the_recipient_reads(session, world, other):
    with pytest.raises(NotVisible):
        releases.read(session, world.person_actor, world.pairing)  # nothing was released yet
    world.release(documents=(world.shown,))
    file = _file(session, world.shown).public_id
    bank = factories.make_actor(session, OrganizationKind.BANK)
    firm = factories.actor_of(world.signatory, world.firm, Role.SIGNATORY)
    for actor in (bank, other.person_actor, firm, replace(world.person_actor, user_id=None)):
        for deed in (
            lambda a: releases.read(session, a, world.pairing),
            lambda a: releases.document(session, a, world.pairing, file),
            lambda a: releases.record_download(session, a, world.pairing, file, "number"),
        ):
            with pytest.raises(NotVisible):
                deed(actor)
    official = factories.actor_of(world.official, world.reader, Role.OFFICIAL)
    with pytest.raises(NotAllowed) as refused:
        releases.read(session, official, world.pairing)
    assert refused.value.what == "read_released_dossier"
    assert _lines(session, world) == []


def test_a_document_is_given_while_it_is_there_and_may_be_read(session, world, other):
    world.release(documents=(world.shown,))
    file = _file(session, world.shown)
    given = releases.document(session, world.person_actor, world.pairing, file.public_id)
    assert (given.kind, given.media_type, given.content) == ("srdi", "application/pdf", file.content)
    assert given.receipt
    kept_back, others = _file(session, world.kept_back).public_id, _file(session, other.shown).public_id
    for asked in ("nothing", kept_back, others):
        with pytest.raises(NotVisible):
            releases.document(session, world.person_actor, world.pairing, asked)
    file.emptied_at = now()
    with pytest.raises(NotVisible):
        releases.document(session, world.person_actor, world.pairing, file.public_id)
    file.emptied_at = None
    world.pairing.status, world.pairing.verdict_note = PairingStatus.REVOKED, "情况有变"
    with pytest.raises(NotVisible):
        releases.document(session, world.person_actor, world.pairing, file.public_id)


def test_of_two_documents_the_one_asked_for_is_given(session, world):
    world.release(documents=(world.shown, world.kept_back))
    for row, kind in ((world.shown, "srdi"), (world.kept_back, "high_tech")):
        given = releases.document(session, world.person_actor, world.pairing, _file(session, row).public_id)
        assert (given.kind, given.content) == (kind, _file(session, row).content)


def test_a_download_and_a_reading_by_themselves_leave_their_lines(engine, session, world):
    release = world.release(documents=(world.shown,))
    file, pairing, actor = _file(session, world.shown).public_id, world.pairing.public_id, world.person_actor
    session.commit()
    dossier = releases.read_at_once(engine, actor, pairing)
    releases.hand_out(engine, actor, pairing, file, "number")
    with pytest.raises(NotVisible):
        releases.hand_out(engine, actor, pairing, "nothing", "number")
    with pytest.raises(NotVisible):
        releases.read_at_once(engine, actor, "nothing")
    read, downloaded = _lines(session, world)
    assert (read.action, read.new["receipt"]) == ("dossier_read", dossier.receipt)
    assert (downloaded.action, downloaded.subject_id, downloaded.actor_user_id, downloaded.chain_id) == (
        "document_read", release.id, world.person.id, world.chain.id,
    )  # fmt: skip
    assert downloaded.new == {
        "receipt": "number", "purpose": world.purpose.value, "version": 1, "document": "srdi",
    }  # fmt: skip


def test_a_release_is_open_while_the_case_lives_and_the_consent_is_in_force(session, world):
    consent, day = world.consent(), date(2026, 11, 25)
    for status in PairingStatus:
        world.pairing.status = status
        consent.ends_on = day
        assert releases.can_be_read(world.pairing, consent, day) is (status in RELEASED_PAIRING)
    world.pairing.status = PairingStatus.INTRODUCED
    assert not releases.can_be_read(world.pairing, consent, day + timedelta(days=1))
    consent.withdrawn_at = now()
    assert not releases.can_be_read(world.pairing, consent, day)
    session.rollback()
