"""A consent: who gives it to whom, version after version, and what rests on the one in force."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice
from models.organization import Organization
from models.pairing import Consent, Pairing, Release
from tests import factories
from tests.release_worlds import ReleaseWorld, pdf
from vocabulary.classifications import ConsentPurpose, Market
from vocabulary.lifecycles import PAIRING, OrganizationStatus, PairingStatus
from vocabulary.recognitions import RecognitionKind
from vocabulary.roles import OrganizationKind, Role
from workflows import consents
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.transitions import advance


@pytest.fixture
def other(session):
    """Another firm that consented to another reader before."""
    found = ReleaseWorld(session)
    found.release()
    return found


@pytest.fixture
def world(session, other):
    return ReleaseWorld(session)


def _lines(session: Session, world: ReleaseWorld, kind: str = "consent") -> list[AuditEvent]:
    lines = select(AuditEvent).where(AuditEvent.visible_to_organization_id == world.firm.id)
    return list(session.exec(lines.where(AuditEvent.subject_kind == kind).order_by(AuditEvent.id)).all())


def _told(session: Session, event: str) -> list[Notice]:
    return list(session.exec(select(Notice).where(Notice.event == event)).all())


def test_a_consent_says_what_to_whom_and_until_when(session, world):
    documents = (world.kept_back, world.shown, world.kept_back)
    consent = world.consent(("scale", "basic"), documents, days=30)
    assert (consent.organization_id, consent.counterpart_id, consent.purpose) == (
        world.firm.id, world.reader.id, ConsentPurpose.CREDIT_REVIEW,
    )  # fmt: skip
    assert (consent.version, consent.given_by_id, consent.ends_on) == (
        1, world.signatory.id, today() + timedelta(days=30),
    )  # fmt: skip
    assert consent.sections == ["basic", "scale", "contacts"]
    assert consent.documents == [world.kept_back.public_id, world.shown.public_id]
    assert (consent.withdrawn_at, consent.withdrawn_by_id, consent.replaced_by_version) == (None, None, None)
    (line,) = _lines(session, world)
    assert (line.action, line.subject_id, line.actor_user_id) == ("consent_given", consent.id, world.signatory.id)
    assert line.new == {
        "counterpart_id": world.reader.id, "purpose": "credit_review", "version": 1, "n_documents": 2,
        "sections": ["basic", "scale", "contacts"], "ends_on": consent.ends_on.isoformat(),
    }  # fmt: skip


def test_the_next_version_ends_the_one_before_and_counts_on_after_a_withdrawal(session, world):
    began = now()
    first, second = world.consent(), world.consent(("basic",))
    assert (first.version, first.replaced_by_version, first.withdrawn_by_id) == (1, 2, world.signatory.id)
    assert began <= first.withdrawn_at <= now()
    consents.withdraw(session, world.signatory_actor, second)
    third = world.consent()
    assert (second.replaced_by_version, third.version) == (None, 3)
    # Neither another purpose nor another reader is the same consent.
    bank = factories.make_organization(session, OrganizationKind.BUYER)
    for reader in (bank.id, factories.make_organization(session, OrganizationKind.ENTERPRISE).id):
        given = consents.give(
            session, world.signatory_actor, counterpart_id=reader, purpose=ConsentPurpose.SUPPLIER_REVIEW,
            sections=["basic"], ends_on=today(),
        )  # fmt: skip
        assert (given.version, given.documents) == (1, [])
    session.refresh(third)
    assert third.withdrawn_at is None


def test_consents_of_other_firms_and_for_other_readers_are_counted_apart(session, world):
    first, third_party = world.consent(), factories.make_organization(session, OrganizationKind.BANK)
    signatory = factories.make_user(session, neighbour := factories.make_organization(session), Role.SIGNATORY)
    terms = {"purpose": world.purpose, "sections": ["basic"], "ends_on": today()}
    for actor, reader in (
        (world.signatory_actor, third_party.id),
        (factories.actor_of(signatory, neighbour, Role.SIGNATORY), world.reader.id),
    ):
        assert consents.give(session, actor, counterpart_id=reader, **terms).version == 1
    session.refresh(first)
    assert first.withdrawn_at is None
    with pytest.raises(NotComplete):
        consents.give(session, world.signatory_actor, counterpart_id=world.reader.id, documents=["nothing"], **terms)


def test_a_buyer_is_given_no_section_that_holds_nothing_for_it(session):
    assert ReleaseWorld(session, Market.SUPPLY).consent(("basic", "credit")).sections == ["basic", "contacts"]


def test_who_comes_second_with_the_same_version_is_told_so(session, world, monkeypatch):
    consents.withdraw(session, world.signatory_actor, world.consent())
    monkeypatch.setattr(consents, "_last_version", lambda *_arguments: 0)
    with pytest.raises(AlreadyExists) as refused:
        world.consent()
    assert refused.value.field == "counterpart_id"


def test_a_new_version_releases_anew_only_cases_that_are_open_to_its_reader(session, world):
    release = world.release(("basic",))
    need = factories.make_financing_need(session, world.firm)
    product = factories.make_loan_product(session, world.reader)
    waiting = factories.make_pairing(session, need, product, world.chain)
    elsewhere = ReleaseWorld(session)
    elsewhere_release = elsewhere.release(("basic",))
    second = world.consent(("scale",))
    session.refresh(release)
    assert (release.consent_id, set(release.snapshot)) == (second.id, {"scale", "contacts"})
    assert set(elsewhere_release.snapshot) == {"basic", "contacts"}
    assert session.exec(select(Release).where(Release.pairing_id == waiting.id)).all() == []


def test_cases_of_the_other_market_are_not_read_under_this_purpose(session, world):
    buyer = ReleaseWorld(session, Market.SUPPLY)
    consent = buyer.consent()
    assert [row.id for row in consents._released_pairings(session, consent)] == [buyer.pairing.id]
    consent.purpose = ConsentPurpose.CREDIT_REVIEW
    assert consents._released_pairings(session, consent) == []
    session.rollback()


def test_a_withdrawal_tells_a_reader_that_could_read_and_is_done_once(session, world):
    consent = world.consent()
    consents.withdraw(session, world.signatory_actor, consent)
    assert consent.withdrawn_by_id == world.signatory.id
    assert len(_told(session, "consent_withdrawn")) == 1
    consents.withdraw(session, world.signatory_actor, consent)
    (told,) = _told(session, "consent_withdrawn")
    assert (told.user_id, told.values) == (world.person.id, {"firm": world.firm.legal_name})
    assert [line.action for line in _lines(session, world)] == ["consent_given", "consent_withdrawn"]
    assert _lines(session, world)[-1].subject_id == consent.id


def test_a_reader_that_could_not_read_is_not_told(session, world):
    world.pairing.status = PairingStatus.CONFIRMED
    world.pairing.hold_until = now()
    consents.withdraw(session, world.signatory_actor, world.consent())
    assert _told(session, "consent_withdrawn") == []


def test_only_the_own_firm_withdraws_by_the_hand_of_who_may(session, world, other):
    consent = world.consent()
    filer = factories.actor_of(factories.make_user(session, world.firm), world.firm)
    for actor, what in ((other.signatory_actor, "withdraw_consent"), (filer, "give_consent")):
        with pytest.raises(NotAllowed) as refused:
            consents.withdraw(session, actor, consent)
        assert refused.value.what == what
    with pytest.raises(NotAllowed) as refused:
        consents.give(session, filer, counterpart_id=0, purpose=world.purpose, sections=[], ends_on=today())
    assert refused.value.what == "give_consent"
    with pytest.raises(NotAllowed) as refused:
        consents.check(
            session, world.person_actor, counterpart_id=0, purpose=world.purpose, sections=[], ends_on=today()
        )
    assert refused.value.what == "give_consent"
    assert consent.withdrawn_at is None


def test_a_side_or_the_office_asks_the_firm(session, world, other):
    joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    office = factories.actor_of(world.official, session.get_one(Organization, _office(session, world)))
    for actor in (world.person_actor, joint, office):
        consents.request(session, actor, world.pairing)
        line = _lines(session, world, "pairing")[-1]
        assert (line.action, line.subject_id, line.chain_id) == (
            "consent_requested", world.pairing.id, world.chain.id,
        )  # fmt: skip
        assert line.actor_user_id == actor.user_id
    told = _told(session, "consent_requested")
    assert {notice.user_id for notice in told} == {world.signatory.id}
    assert [(notice.values, notice.pairing_id) for notice in told] == [
        ({"counterpart": "衡阳读者单位"}, world.pairing.id)
    ] * 3
    stranger = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=other.chain.id)
    for actor, what in ((stranger, "request_consent"), (other.person_actor, "decide_pairings")):
        with pytest.raises(NotAllowed) as refused:
            consents.request(session, actor, world.pairing)
        assert refused.value.what == what


def _office(session: Session, world: ReleaseWorld) -> int:
    kind, chain = OrganizationKind.CHAIN_OFFICE, world.chain.id
    return session.exec(select(Organization.id).where(Organization.kind == kind, Organization.chain_id == chain)).one()


def test_the_consent_of_a_pairing_is_that_of_its_two_sides_its_purpose_and_its_days(session, world):
    assert consents.for_pairing(session, world.pairing, today()) is None
    with pytest.raises(NotComplete) as refused:
        consents.required_for(session, world.pairing)
    assert refused.value.problems == {"consent": "missing"}
    consent = world.consent(days=1)
    assert consents.for_pairing(session, world.pairing, today() + timedelta(days=1)) is consent
    assert consents.for_pairing(session, world.pairing, today() + timedelta(days=2)) is None
    assert consents.required_for(session, world.pairing) is consent
    stranger = factories.make_organization(session).id
    for column, value in (
        ("organization_id", stranger), ("counterpart_id", stranger), ("purpose", ConsentPurpose.SUPPLIER_REVIEW),
        ("ends_on", today() - timedelta(days=1)), ("withdrawn_at", now()),
    ):  # fmt: skip
        step = session.begin_nested()
        setattr(consent, column, value)
        session.flush()
        assert consents.for_pairing(session, world.pairing, today()) is None, column
        with pytest.raises(NotComplete):
            consents.required_for(session, world.pairing)
        step.rollback()


def test_what_the_consent_says_now_counts_and_not_what_was_read_earlier(session, world):
    consent = world.consent(days=1)
    session.connection().exec_driver_sql("UPDATE consent SET sections = '[\"credit\"]'")
    assert consents.required_for(session, world.pairing).sections == ["credit"]
    assert consent.sections == ["credit"]


def _hold(session: Session, pairing: Pairing, actor, **values) -> None:
    advance(session, actor, PAIRING, pairing, PairingStatus.WITHDRAWN, **values)


def test_a_step_rests_on_this_version_of_the_consent_while_it_is_in_force(session, world):
    world.pairing.status = PairingStatus.PROPOSED
    actor = world.person_actor
    consent = world.consent()
    world.consent(("basic",))
    with pytest.raises(NotComplete) as refused, consents.resting_on(world.pairing, consent) as in_force:
        _hold(session, world.pairing, actor, provided=in_force)
    assert refused.value.problems == {"consent": "missing"}
    current = consents.required_for(session, world.pairing)
    # Somebody else's step is told as what it is.
    with pytest.raises(StepNotAllowed), consents.resting_on(world.pairing, current):
        raise StepNotAllowed(noun="pairing", current=PairingStatus.CONFIRMED, wanted=PairingStatus.WITHDRAWN)
    with consents.resting_on(world.pairing, current) as in_force:
        _hold(session, world.pairing, actor, provided=in_force)
    assert world.pairing.status is PairingStatus.WITHDRAWN


def test_everything_wrong_is_named_at_once(session, world, other):
    pending = factories.make_organization(session, OrganizationKind.BANK, status=OrganizationStatus.REGISTERED)
    certificate = world.certificate(RecognitionKind.CHAMPION, pdf())
    last = today() + timedelta(days=365)
    right = {
        "counterpart_id": world.reader.id, "purpose": world.purpose, "sections": ["basic", "credit"],
        "ends_on": today(), "documents": [certificate.public_id],
    }  # fmt: skip
    reader, in_past, too_late = {"counterpart_id": "not_a_reader"}, {"ends_on": "in_past"}, {"ends_on": "too_late"}
    supply = ConsentPurpose.SUPPLIER_REVIEW
    buyer = factories.make_organization(session, OrganizationKind.BUYER).id
    for values, problems in (
        ({}, {}), ({"ends_on": last}, {}), ({"documents": []}, {}),
        ({"ends_on": today() - timedelta(days=1)}, in_past), ({"ends_on": last + timedelta(days=1)}, too_late),
        ({"counterpart_id": -1}, reader), ({"counterpart_id": pending.id}, reader),
        ({"counterpart_id": buyer}, reader), ({"purpose": supply}, reader),
        ({"purpose": supply, "counterpart_id": world.firm.id}, reader),
        ({"purpose": supply, "counterpart_id": other.firm.id}, {}), ({"purpose": supply, "counterpart_id": buyer}, {}),
        ({"sections": []}, {"sections": "required"}), ({"sections": ["basic", "all"]}, {"sections": "unknown"}),
        ({"documents": ["nothing"]}, {"documents": "unknown"}),
        (
            {"counterpart_id": -1, "sections": [], "documents": [other.shown.public_id]},
            reader | {"sections": "required", "documents": "unknown"},
        ),
    ):  # fmt: skip
        asked = right | values
        if not problems:
            consents.check(session, world.signatory_actor, **asked)
            continue
        with pytest.raises(NotComplete) as refused:
            consents.check(session, world.signatory_actor, **asked)
        assert refused.value.problems == problems
    nobody = replace(world.signatory_actor, organization_id=None)
    with pytest.raises(NotComplete) as refused:
        consents.check(session, nobody, **right)
    assert refused.value.problems == {"documents": "unknown"}
    consents.check(session, world.signatory_actor, **{key: right[key] for key in right if key != "documents"})
    assert session.exec(select(Consent).where(Consent.organization_id == world.firm.id)).all() == []
