"""What each verdict writes into its pairing and the ledger, and whom it tells when."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from access.rules import NotAllowed, Recused
from models.approval import Approval
from models.audit_event import AuditEvent
from models.base import now
from models.capacity import VisitSlot
from models.chain_office import DeclaredTie
from models.financing_need import FinancingNeed
from models.notice import Notice
from models.organization import Organization
from models.outbox import OutboxMessage
from models.pairing import Pairing, Release
from models.recommendation import PairSignal
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.approvals import ApprovalStatus
from vocabulary.chains import TieKind
from vocabulary.classifications import Market, Side, SignalKind, VerdictReason
from vocabulary.lifecycles import OutboxStatus, PairingStatus
from vocabulary.roles import OrganizationKind
from workflows import consents, verdicts
from workflows.errors import NotComplete, StepNotAllowed
from workflows.verdicts import Confirmation

_S = PairingStatus
_EMPTY = {
    "decided_by_id": None, "decided_at": None, "verdict_reason": None, "verdict_note": None, "hold_until": None,
    "consent_id": None,
}  # fmt: skip


@pytest.fixture
def world(session):
    """Beside the pair, another of the same two, which nothing here is about."""
    world = World(session)
    need = factories.make_financing_need(session, world.firm_row)
    world.beside = factories.make_pairing(session, need, world.supply, world.chain)
    return world


@pytest.fixture
def pairing(world):
    return world.pairing()


def _last_line(session: Session, pairing: Pairing) -> AuditEvent:
    lines = select(AuditEvent).where(AuditEvent.subject_kind == "pairing", AuditEvent.subject_id == pairing.id)
    return session.exec(lines.order_by(AuditEvent.id.desc())).first()


def _evidence(pairing: Pairing) -> dict:
    return {name: getattr(pairing, name) for name in _EMPTY}


def _told(session: Session, world: World, pairing: Pairing, event: str):
    """When the two sides see it; nobody else is told."""
    notices = session.exec(select(Notice).where(Notice.event == event)).all()
    assert {notice.user_id for notice in notices} == {world.firm.user_id, world.counterpart.user_id}
    titles = {"demand": world.demand.title, "supply": world.supply.title}
    assert all((notice.values, notice.pairing_id) == (titles, pairing.id) for notice in notices)
    moments = {notice.visible_from for notice in notices}
    assert max(moments) - min(moments) < timedelta(seconds=30)
    return max(moments)


def _is_now(moment) -> bool:
    return abs(now() - moment) < timedelta(seconds=30)


def test_a_confirmation_writes_its_evidence_and_speaks_after_the_hold_time(session, world, pairing):
    consent = world.consent()
    assert world.confirm(pairing, note="同" * 1001) is Confirmation.DONE
    assert pairing.status is _S.CONFIRMED
    assert _is_now(pairing.decided_at)
    assert _evidence(pairing) == {
        "decided_by_id": world.office.user_id, "decided_at": pairing.decided_at, "verdict_reason": REASON,
        "verdict_note": "同" * 1000, "hold_until": pairing.decided_at + timedelta(minutes=30), "consent_id": consent.id,
    }  # fmt: skip
    line = _last_line(session, pairing)
    assert (line.action, line.reason, line.chain_id) == ("pairing_confirmed", REASON.value, world.chain.id)
    assert line.actor_user_id == world.office.user_id
    assert _told(session, world, pairing, "pairing_confirmed") == pairing.hold_until
    assert [slot.pairing_id for slot in session.exec(select(VisitSlot))] == [pairing.id]
    assert world.beside.status is _S.PROPOSED


def test_no_note_is_no_text_and_a_purchase_has_no_visit(session):
    world = World(session, Market.SUPPLY)
    world.consent()
    pairing = world.pairing()
    assert world.confirm(pairing, second_official_above_fen=0) is Confirmation.DONE
    assert pairing.verdict_note is None
    assert session.exec(select(VisitSlot)).all() == []


def test_a_need_without_an_amount_passes_no_limit(session, world, pairing):
    world.consent()
    session.get_one(FinancingNeed, pairing.demand_id).amount_fen = None
    assert world.confirm(pairing, second_official_above_fen=0) is Confirmation.DONE


def test_what_stands_in_the_way_of_a_confirmation(session, world, pairing):
    world.consent()
    session.get_one(FinancingNeed, pairing.demand_id).amount_fen = 1
    assert world.confirm(pairing, second_official_above_fen=0, note="请复核") is Confirmation.NEEDS_SECOND
    assert session.exec(select(Approval)).one().note == "请复核"
    assert _evidence(pairing) == _EMPTY
    assert session.exec(select(VisitSlot)).all() == []
    pairing.status, pairing.ended_note = _S.WITHDRAWN, "不需要了"
    with pytest.raises(StepNotAllowed) as refused:
        world.confirm(pairing)
    assert (refused.value.current, refused.value.wanted) == (_S.WITHDRAWN, _S.CONFIRMED)


def test_a_return_says_what_is_missing(session, world, pairing):
    for note in ("", "  "):
        with pytest.raises(NotComplete) as refused:
            verdicts.return_for_completion(session, world.office, pairing, reason=REASON, note=note)
        assert refused.value.problems == {"note": "required"}
    reason = VerdictReason.INFORMATION_MISSING
    verdicts.return_for_completion(session, world.office, pairing, reason=reason, note="请补正")
    assert (pairing.status, pairing.verdict_reason, pairing.verdict_note) == (_S.RETURNED, reason, "请补正")
    assert (pairing.decided_by_id, _is_now(pairing.decided_at)) == (world.office.user_id, True)
    line = _last_line(session, pairing)
    assert (line.action, line.reason, line.chain_id) == ("pairing_returned", reason.value, world.chain.id)
    assert _is_now(_told(session, world, pairing, "pairing_returned"))


def test_a_refusal_is_told_at_once(session, world, pairing):
    reason = VerdictReason.NOT_SUITABLE
    verdicts.refuse(session, world.office, pairing, reason=reason, note="不合适")
    assert (pairing.status, pairing.verdict_reason, pairing.verdict_note) == (_S.REFUSED, reason, "不合适")
    assert _last_line(session, pairing).action == "pairing_refused"
    assert _is_now(_told(session, world, pairing, "pairing_refused"))
    verdicts.refuse(session, world.office, world.beside, reason=reason)
    assert world.beside.verdict_note is None


def test_on_hold_and_back_nobody_is_told(session, world, pairing):
    world.consent()
    world.confirm(pairing, second_official_above_fen=0)
    reason = VerdictReason.WAITING_FOR_FIRM
    verdicts.put_on_hold(session, world.office, pairing, reason=reason, note="等资料")
    assert (pairing.status, pairing.verdict_reason, pairing.verdict_note) == (_S.ON_HOLD, reason, "等资料")
    assert _last_line(session, pairing).reason == reason.value
    assert session.exec(select(Approval.status)).all() == [ApprovalStatus.REQUESTED], "a hold answers nobody"
    assert session.exec(select(Notice).where(Notice.event.startswith("pairing_"))).all() == []
    verdicts.resume(session, world.office, pairing)
    assert (pairing.status, _evidence(pairing)) == (_S.PROPOSED, _EMPTY)
    line = _last_line(session, pairing)
    assert (line.action, line.actor_user_id, line.chain_id) == (
        "pairing_proposed",
        world.office.user_id,
        world.chain.id,
    )
    verdicts.put_on_hold(session, world.office, pairing, reason=reason)
    assert pairing.verdict_note is None


def test_only_what_is_on_hold_is_resumed_and_a_decided_one_says_who_decided(session, world, pairing):
    with pytest.raises(StepNotAllowed) as refused:
        verdicts.resume(session, world.office, pairing)
    told = refused.value
    assert (told.noun, told.current, told.wanted, told.changed_by) == ("pairing", _S.PROPOSED, _S.PROPOSED, "")
    verdicts.refuse(session, world.office, pairing, reason=REASON)
    with pytest.raises(StepNotAllowed) as refused:
        verdicts.resume(session, world.office, pairing)
    told = refused.value
    assert (told.current, told.wanted, told.changed_by) == (_S.REFUSED, _S.ON_HOLD, world.office.name)


def test_what_was_taken_back_is_as_before_and_its_mail_is_cancelled(session, world, pairing):
    world.consent()
    world.confirm(pairing)
    verdicts.take_back(session, world.office, pairing, note="看错了")
    assert (pairing.status, _evidence(pairing)) == (_S.PROPOSED, _EMPTY)
    line = _last_line(session, pairing)
    assert (line.action, line.reason, line.chain_id) == ("pairing_proposed", "看错了", world.chain.id)
    assert line.actor_user_id == world.office.user_id
    assert session.exec(select(Notice).where(Notice.event == "pairing_confirmed")).all() == []
    cancelled = select(AuditEvent.actor_user_id).where(AuditEvent.action == "outbox_message_cancelled")
    assert set(session.exec(cancelled)) == {world.office.user_id}
    world.confirm(pairing)
    verdicts.take_back(session, world.office, pairing)
    assert _last_line(session, pairing).reason == ""


def test_only_a_confirmation_within_its_hold_time_is_taken_back(session, world, pairing, monkeypatch):
    world.consent()
    world.confirm(pairing)
    until = pairing.hold_until
    monkeypatch.setattr(verdicts, "now", lambda: until)
    with pytest.raises(StepNotAllowed) as refused:
        verdicts.take_back(session, world.office, pairing)
    told = refused.value
    assert (told.noun, told.current, told.wanted, told.changed_at) == (
        "pairing", _S.CONFIRMED, _S.PROPOSED, pairing.status_changed_at,
    )  # fmt: skip
    monkeypatch.setattr(verdicts, "now", lambda: until - timedelta(seconds=1))
    verdicts.introduce(session, world.office, pairing)
    pairing.hold_until = until
    for row in (pairing, world.beside):
        with pytest.raises(StepNotAllowed) as refused:
            verdicts.take_back(session, world.office, row)
        assert refused.value.current is row.status


def _interest(session: Session, demand, supply, side: Side, actor, kind: SignalKind = SignalKind.INTEREST) -> None:
    session.add(
        PairSignal(
            demand_id=demand.id, supply_id=supply.id, side=side, kind=kind, by_user_id=actor.user_id,
            by_organization_id=actor.organization_id,
        )
    )  # fmt: skip
    session.flush()


def test_an_early_introduction_opens_everything_now(session, world, pairing):
    consent = world.consent()
    colleague, stranger = factories.make_actor(session), factories.make_actor(session)
    _interest(session, world.demand, world.supply, Side.SUPPLY, world.counterpart)
    _interest(session, world.demand, world.supply, Side.SUPPLY, colleague, SignalKind.SHORTLIST)
    _interest(session, world.demand, world.supply, Side.DEMAND, world.firm)
    other_need = factories.make_financing_need(session, world.firm_row)
    other_product = factories.make_loan_product(session, world.counterpart_row)
    _interest(session, other_need, world.supply, Side.SUPPLY, stranger)
    _interest(session, world.demand, other_product, Side.SUPPLY, stranger)
    world.confirm(pairing)
    with pytest.raises(StepNotAllowed):
        verdicts.introduce(session, world.office, world.beside)
    verdicts.introduce(session, world.office, pairing)
    assert (pairing.status, pairing.consent_id) == (_S.INTRODUCED, consent.id)
    assert _is_now(pairing.introduced_at)
    assert pairing.hold_until == pairing.introduced_at
    assert (pairing.handled_by_id, pairing.followed_by_id) == (world.counterpart.user_id, world.office.user_id)
    line = _last_line(session, pairing)
    assert (line.action, line.chain_id, line.visible_to_organization_id, line.actor_user_id) == (
        "pairing_introduced", world.chain.id, world.firm_row.id, world.office.user_id,
    )  # fmt: skip
    assert _told(session, world, pairing, "pairing_confirmed") == pairing.introduced_at
    waiting = select(OutboxMessage.send_after).where(OutboxMessage.template == "pairing_confirmed")
    assert set(session.exec(waiting)) == {pairing.introduced_at}
    release = session.exec(select(Release)).one()
    assert (release.pairing_id, release.consent_id) == (pairing.id, consent.id)
    assert pairing.due_on is not None


def test_who_handles_and_follows_a_case_already_stays(session, world, pairing):
    consent = world.consent()
    _interest(session, world.demand, world.supply, Side.SUPPLY, world.counterpart)
    world.confirm(pairing)
    until = pairing.hold_until
    pairing.handled_by_id, pairing.followed_by_id = world.firm.user_id, world.counterpart.user_id
    assert verdicts.introduce_due(session, until + timedelta(minutes=1)) == 1
    assert (pairing.handled_by_id, pairing.followed_by_id) == (world.firm.user_id, world.counterpart.user_id)
    assert (pairing.hold_until, pairing.consent_id) == (until, consent.id)


def test_without_its_consent_nothing_is_introduced(session, world, pairing):
    consent = world.consent()
    world.confirm(pairing)
    consents.withdraw(session, world.firm, consent)
    with pytest.raises(NotComplete):
        verdicts.introduce(session, world.office, pairing)
    assert verdicts.introduce_due(session, pairing.hold_until) == 0
    assert (pairing.status, _evidence(pairing)) == (_S.PROPOSED, _EMPTY)
    line = _last_line(session, pairing)
    assert (line.action, line.reason, line.actor_name) == ("pairing_proposed", "consent_missing", "system")
    assert line.chain_id == world.chain.id
    assert set(session.exec(select(OutboxMessage.status))) == {OutboxStatus.CANCELLED}


def test_the_update_itself_asks_for_the_consent(session, world, pairing, monkeypatch):
    """As if it were withdrawn between the look at it and the step."""
    consent = world.consent()
    consents.withdraw(session, world.firm, consent)
    real = consents.required_for
    monkeypatch.setattr(consents, "required_for", lambda *_arguments: consent)
    with pytest.raises(NotComplete):
        world.confirm(pairing)
    monkeypatch.setattr(consents, "required_for", real)
    world.consent()
    world.confirm(pairing)
    monkeypatch.setattr(consents, "required_for", lambda *_arguments: consent)
    with pytest.raises(NotComplete):
        verdicts.introduce(session, world.office, pairing)
    assert session.exec(select(Release)).all() == []


def test_an_introduction_rests_on_the_version_in_force_then(session, world, pairing):
    world.consent()
    world.confirm(pairing)
    second = world.consent(("basic",))
    verdicts.introduce(session, world.office, pairing)
    assert pairing.consent_id == second.id


def test_all_that_is_due_is_introduced_and_what_was_overtaken_is_passed_over(session, world, pairing, monkeypatch):
    world.consent()
    late = factories.make_pairing(
        session, factories.make_financing_need(session, world.firm_row), world.supply, world.chain
    )
    for row in (world.beside, pairing, late):
        world.confirm(row)
    late.hold_until += timedelta(minutes=5)
    session.flush()
    real = verdicts._introduce

    def _overtaken_once(session, actor, row, consent, at):
        if row is world.beside:
            raise StepNotAllowed(noun="pairing", current=_S.WITHDRAWN, wanted=_S.INTRODUCED)
        real(session, actor, row, consent, at)

    monkeypatch.setattr(verdicts, "_introduce", _overtaken_once)
    due = pairing.hold_until
    assert verdicts.introduce_due(session, due) == 1
    assert [row.status for row in (world.beside, pairing, late)] == [_S.CONFIRMED, _S.INTRODUCED, _S.CONFIRMED]
    assert pairing.introduced_at == due
    assert _last_line(session, pairing).actor_name == "system"
    monkeypatch.setattr(verdicts, "_introduce", real)
    assert verdicts.introduce_due(session, due + timedelta(minutes=9)) == 2


@pytest.mark.parametrize("deed", ["confirm", "return", "hold", "resume", "refuse", "take_back", "introduce"])
def test_no_verdict_without_the_right_the_chain_and_freedom(session, world, pairing, deed):
    verdict = {
        "confirm": lambda actor: verdicts.confirm(session, actor, pairing, reason=REASON, hold_minutes=0),
        "return": lambda actor: verdicts.return_for_completion(session, actor, pairing, reason=REASON, note="x"),
        "hold": lambda actor: verdicts.put_on_hold(session, actor, pairing, reason=REASON),
        "resume": lambda actor: verdicts.resume(session, actor, pairing),
        "refuse": lambda actor: verdicts.refuse(session, actor, pairing, reason=REASON),
        "take_back": lambda actor: verdicts.take_back(session, actor, pairing),
        "introduce": lambda actor: verdicts.introduce(session, actor, pairing),
    }[deed]
    elsewhere = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    for actor, what in (
        (replace(world.office, role=world.counterpart.role), "decide_pairings"), (elsewhere, "decide_for_chain"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed) as refused:
            verdict(actor)
        assert refused.value.what == what
    joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    office = session.get_one(Organization, world.office.organization_id)
    colleague = factories.make_user(session, office)
    for side in (world.firm_row, world.counterpart_row):
        step = session.begin_nested()
        session.add(
            DeclaredTie(
                user_id=world.office.user_id, organization_id=side.id, kind=TieKind.RELATIVE,
                declared_by_id=world.office.user_id,
            )
        )  # fmt: skip
        session.flush()
        with pytest.raises(Recused) as recused:
            verdict(world.office)
        assert recused.value.organization == side.legal_name
        assert recused.value.deciders == [
            f"{colleague.full_name}（{office.legal_name}）", f"{joint.name}（{joint.organization_name}）",
        ]  # fmt: skip
        step.rollback()
    assert pairing.status is _S.PROPOSED
