"""The office's verdicts: consent, hold time, second official, bulk."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from access.actor import Actor
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership, Organization
from models.outbox import OutboxMessage
from models.pairing import Pairing, Release
from tests import factories
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import CaseStepKind, ConsentPurpose, Market, VerdictReason
from vocabulary.lifecycles import PAIRING, OutboxStatus, PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows import bulk_verdicts, cases, consents, releases, verdicts
from workflows.calendar import ANNOUNCED, city_day, today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.transitions import advance

REASON = VerdictReason.FACTS_VERIFIED


class World:
    """A firm with a need, a bank with a product, and the office between them."""

    def __init__(self, session: Session, market: Market = Market.FINANCE) -> None:
        self.session = session
        self.chain = factories.make_chain(session)
        self.firm_row = factories.make_organization(session, chain_id=self.chain.id)
        factories.make_profile(session, self.firm_row, contact_phone="13800000000", tax_paid_fen=7)
        self.firm = factories.actor_of(*self._member(self.firm_row, "signatory"))
        self.office = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        is_finance = market is Market.FINANCE
        kind = OrganizationKind.BANK if is_finance else OrganizationKind.BUYER
        self.counterpart_row = factories.make_organization(session, kind)
        self.counterpart = factories.actor_of(*self._member(self.counterpart_row))
        if is_finance:
            self.demand = factories.make_financing_need(session, self.firm_row)
            self.supply = factories.make_loan_product(session, self.counterpart_row)
        else:
            self.demand = factories.make_purchase_need(session, self.counterpart_row)
            self.supply = factories.make_product_line(session, self.firm_row)
        self.purpose = ConsentPurpose.CREDIT_REVIEW if is_finance else ConsentPurpose.SUPPLIER_REVIEW

    def _member(self, organization: Organization, role: str | None = None) -> tuple:
        from vocabulary.roles import Role

        chosen = Role(role) if role else None
        return factories.make_user(self.session, organization, chosen), organization, chosen

    def pairing(self) -> Pairing:
        return factories.make_pairing(self.session, self.demand, self.supply, self.chain)

    def consent(self, sections: tuple[str, ...] = ("scale",)):
        return consents.give(
            self.session,
            self.firm,
            counterpart_id=self.counterpart_row.id,
            purpose=self.purpose,
            sections=sections,
            ends_on=today() + timedelta(days=90),
        )

    def confirm(self, pairing: Pairing, actor: Actor | None = None, **values):
        values = {"reason": REASON, "hold_minutes": 30, **values}
        return verdicts.confirm(self.session, actor or self.office, pairing, **values)

    def introduced(self) -> Pairing:
        pairing = self.pairing()
        self.consent()
        self.confirm(pairing)
        verdicts.introduce_due(self.session, now() + timedelta(minutes=31))
        return pairing


def statuses(session: Session) -> set[OutboxStatus]:
    return set(session.exec(select(OutboxMessage.status)))


def test_confirming_without_consent_is_refused_and_changes_nothing(session):
    world = World(session)
    pairing = world.pairing()
    with pytest.raises(NotComplete) as refused:
        world.confirm(pairing)
    assert refused.value.problems == {"consent": "missing"}
    assert pairing.status is PairingStatus.PROPOSED


def test_the_official_who_confirmed_follows_the_introduced_case_and_its_clock_runs(session):
    world = World(session)
    pairing = world.introduced()
    assert pairing.followed_by_id == world.office.user_id
    assert pairing.due_stage is ClockStage.CONTACT
    assert pairing.due_on == ANNOUNCED.after(city_day(pairing.introduced_at), 1).on


def test_taking_back_within_the_hold_time_cancels_every_message(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    world.confirm(pairing)
    assert statuses(session) == {OutboxStatus.WAITING}
    verdicts.take_back(session, world.office, pairing)
    assert pairing.status is PairingStatus.PROPOSED
    assert pairing.decided_by_id is None
    assert statuses(session) == {OutboxStatus.CANCELLED}


def test_a_verdict_cannot_be_taken_back_after_its_hold_time(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    world.confirm(pairing, hold_minutes=0)
    with pytest.raises(StepNotAllowed):
        verdicts.take_back(session, world.office, pairing)


def test_nothing_is_introduced_before_the_hold_time_is_over(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    world.confirm(pairing)
    assert verdicts.introduce_due(session, now()) == 0
    assert pairing.status is PairingStatus.CONFIRMED


def test_consent_withdrawn_in_the_hold_time_sends_the_pairing_back_and_releases_nothing(session):
    world = World(session)
    pairing = world.pairing()
    consent = world.consent()
    world.confirm(pairing)
    consents.withdraw(session, world.firm, consent)
    assert verdicts.introduce_due(session, now() + timedelta(minutes=31)) == 0
    assert pairing.status is PairingStatus.PROPOSED
    assert session.exec(select(Release)).all() == []
    assert statuses(session) == {OutboxStatus.CANCELLED}


def test_large_financing_needs_two_different_officials(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    limit = {"second_official_above_fen": 499 * FEN_PER_WAN}
    assert world.confirm(pairing, **limit) is verdicts.Confirmation.NEEDS_SECOND
    assert pairing.status is PairingStatus.PROPOSED
    with pytest.raises(NotAllowed):
        world.confirm(pairing, **limit)
    joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    assert world.confirm(pairing, joint, **limit) is verdicts.Confirmation.DONE


def test_an_official_who_once_worked_for_a_side_does_not_decide(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    row = Membership(
        user_id=world.office.user_id,
        organization_id=world.counterpart_row.id,
        role=world.counterpart.role,
        ended_at=now(),
    )
    session.add(row)
    session.flush()
    with pytest.raises(NotAllowed):
        world.confirm(pairing)


def test_an_official_of_another_chain_does_not_decide(session):
    world = World(session)
    other = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    with pytest.raises(NotAllowed):
        verdicts.refuse(session, other, world.pairing(), reason=REASON)


def test_bulk_names_the_one_that_cannot_be_confirmed(session):
    world = World(session)
    pairing = world.pairing()
    world.consent()
    other = World(session)
    lacking = factories.make_pairing(session, other.demand, other.supply, world.chain)
    ids = [lacking.public_id, pairing.public_id]
    preview = bulk_verdicts.preview(session, world.office, ids)
    assert [(line.is_eligible, line.why) for line in preview] == [(False, "consent_missing"), (True, None)]
    result = bulk_verdicts.decide(session, world.office, ids, reason=REASON, hold_minutes=30)
    assert result.winners == [pairing.public_id]
    assert [loser.why for loser in result.losers] == ["consent_missing"]
    again = bulk_verdicts.decide(session, world.office, [pairing.public_id], reason=REASON, hold_minutes=30)
    assert (again.losers[0].changed_by, again.losers[0].changed_at is not None) == (world.office.name, True)


@pytest.mark.parametrize("current", list(PairingStatus))
def test_only_the_steps_of_the_lifecycle_are_taken(session, current):
    world = World(session)
    evidence = {
        "decided_by_id": world.office.user_id, "decided_at": now(), "hold_until": now(), "introduced_at": now(),
        "verdict_reason": REASON, "verdict_note": "说明", "decline_reason": "other",
    }  # fmt: skip
    pairing = factories.make_pairing(session, world.demand, world.supply, world.chain, status=current, **evidence)
    for target in PairingStatus:
        step = session.begin_nested()
        if PAIRING.allows(current, target):
            advance(session, world.office, PAIRING, pairing, target)
            assert pairing.status is target
        else:
            with pytest.raises(StepNotAllowed) as refused:
                advance(session, world.office, PAIRING, pairing, target)
            assert refused.value.current is current
            assert pairing.status is current
        step.rollback()
        session.refresh(pairing)


def test_the_release_holds_exactly_the_consented_sections_and_the_contacts(session):
    world = World(session)
    world.introduced()
    snapshot = session.exec(select(Release)).one().snapshot
    assert set(snapshot) == {"scale", "contacts"}
    assert snapshot["scale"]["tax_paid_fen"] == 7
    assert snapshot["contacts"]["contact_phone"] == "13800000000"


def test_a_buyer_never_gets_tax_or_collateral_even_with_every_section(session):
    world = World(session, Market.SUPPLY)
    pairing = world.pairing()
    world.consent(("basic", "business", "scale", "credit"))
    world.confirm(pairing, hold_minutes=0)
    verdicts.introduce_due(session, now())
    snapshot = session.exec(select(Release)).one().snapshot
    assert "tax_paid_fen" not in snapshot["scale"]
    assert "credit" not in snapshot


def test_reading_after_withdrawal_is_refused_and_leaves_a_receipt(session):
    world = World(session)
    pairing = world.introduced()
    assert releases.read(session, world.counterpart, pairing).sections["scale"]
    consents.withdraw(session, world.firm, consents.for_pairing(session, pairing, today()))
    refused = releases.read(session, world.counterpart, pairing)
    assert refused.is_refused
    assert refused.sections == {}
    of_release = select(AuditEvent.action).where(AuditEvent.subject_kind == "release").order_by(AuditEvent.id)
    assert session.exec(of_release).all() == ["dossier_read", "dossier_read_refused"]


def record(world: World, pairing: Pairing, kind: CaseStepKind, **values):
    return cases.record_step(world.session, world.counterpart, pairing, kind=kind, happened_on=today(), **values)


def test_skipping_a_step_asks_why(session):
    world = World(session)
    pairing = world.introduced()
    pairing.introduced_at = now()
    with pytest.raises(NotComplete) as refused:
        record(world, pairing, CaseStepKind.VISIT)
    assert refused.value.problems == {"skipped_reason": "required"}


def test_credit_and_disbursement_are_counted_apart_and_corrections_replace(session):
    world = World(session)
    pairing = world.introduced()
    pairing.introduced_at = now()
    for kind in (CaseStepKind.CONTACT, CaseStepKind.VISIT, CaseStepKind.DUE_DILIGENCE):
        record(world, pairing, kind)
    assert pairing.status is PairingStatus.IN_PROGRESS
    record(world, pairing, CaseStepKind.CREDIT_GRANTED, amount_fen=500 * FEN_PER_WAN)
    assert pairing.status is PairingStatus.AGREED
    drawn = record(world, pairing, CaseStepKind.DISBURSED, amount_fen=300 * FEN_PER_WAN)
    assert pairing.status is PairingStatus.FULFILLED
    cases.correct_step(session, world.counterpart, drawn, happened_on=today(), amount_fen=200 * FEN_PER_WAN)
    totals = cases.totals(session, world.chain.id)
    assert totals[CaseStepKind.CREDIT_GRANTED].amount_fen == 500 * FEN_PER_WAN
    assert totals[CaseStepKind.DISBURSED] == cases.KindTotal(1, 200 * FEN_PER_WAN)
