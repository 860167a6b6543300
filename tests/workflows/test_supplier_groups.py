"""Several suppliers for one need (F21): the smallest group, its answers, and what changes meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists import supplier_groups as lists
from access.rules import NotAllowed
from jobs.clock import night
from models.organization import Organization
from models.outbox import OutboxMessage
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.supplier_group import SupplierGroup, SupplierShare
from tests.factories import (
    actor_of,
    make_actor,
    make_chain,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.classifications import GroupEnd, PairingOrigin
from vocabulary.lifecycles import PairingStatus, SupplierGroupStatus, SupplierShareStatus
from vocabulary.roles import OrganizationKind
from workflows import postings
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.purchase_needs import PURCHASE_NEED
from workflows.recommendations import refresh_demand
from workflows.supplier_groups import ANSWER_DAYS, ask, proposal
from workflows.supplier_shares import Acceptance, accept, decline, expire_due, take_back

_H = SupplierShareStatus
TONNE = 1000


@dataclass
class World:
    """A buyer with a need of 5,000 t and suppliers with some spare tonnes each."""

    session: Session
    buyer: Actor
    official: Actor
    need: Demand
    lines: list[Supply]
    firms: list[Actor]

    def proposal(self) -> Any:
        return proposal(self.session, self.need, today=today())

    def ask(self, by: Actor | None = None) -> SupplierGroup:
        found = self.proposal()
        assert found is not None
        return ask(self.session, by or self.buyer, self.need, fingerprint=found.fingerprint, today=today())

    def share_of(self, n: int) -> SupplierShare:
        """The latest share of the n-th firm."""
        statement = select(SupplierShare).where(SupplierShare.supply_id == self.lines[n].id)
        return self.session.exec(statement.order_by(col(SupplierShare.id).desc())).first()  # type: ignore[return-value]

    def accept(self, n: int) -> Acceptance:
        return accept(self.session, self.firms[n], self.share_of(n), today=today())

    def decline(self, n: int, note: str = "") -> None:
        decline(self.session, self.firms[n], self.share_of(n), note=note)

    def set_spare(self, n: int, tonnes: int) -> None:
        line = self.session.get_one(ProductLine, self.lines[n].id)
        line.spare_capacity_milli = tonnes * TONNE
        self.session.add(line)
        self.session.flush()

    def mails(self) -> list[tuple[str, str | None]]:
        """(event, reason) of every message about a group, oldest first."""
        messages = self.session.exec(
            select(OutboxMessage).where(OutboxMessage.template == "supplier_group").order_by(col(OutboxMessage.id))
        )
        return [(message.values["event"], message.values["reason"]) for message in messages]


@pytest.fixture
def world_of(session: Session) -> Callable[..., World]:
    def build(*spare_tonnes: int, quantity: int = 5_000, **terms: Any) -> World:
        chain = make_chain(session)
        office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
        buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id)
        need = make_purchase_need(session, buyer, quantity_milli=quantity * TONNE, **terms)
        lines, firms = [], []
        for spare in spare_tonnes:
            firm = make_organization(session, chain_id=chain.id)
            make_profile(session, firm)
            lines.append(make_product_line(session, firm, spare_capacity_milli=spare * TONNE, lead_time_days=20))
            firms.append(actor_of(make_user(session, firm), firm))
        refresh_demand(session, need.id or 0, today=today())
        return World(
            session, actor_of(make_user(session, buyer), buyer), actor_of(make_user(session, office), office),
            need, lines, firms,
        )  # fmt: skip

    return build


def tonnes(found: Any) -> list[int]:
    return [member.quantity_milli // TONNE for member in found.members]


def test_three_thousand_and_two_thousand_two_hundred_serve_five_thousand(world_of):
    found = world_of(3_000, 2_200).proposal()
    assert sum(member.quantity_milli for member in found.members) == 5_000 * TONNE
    assert sorted(tonnes(found)) in ([2_000, 3_000], [2_200, 2_800])
    assert all(member.quantity_milli <= member.free_milli for member in found.members)


def test_one_supplier_that_covers_it_needs_no_group(world_of):
    assert world_of(3_000, 2_200, 5_000).proposal() is None


def test_a_need_for_one_supplier_only_gets_no_group(world_of):
    assert world_of(3_000, 2_200, accept_partial=False).proposal() is None


def test_what_all_together_lack_is_said(world_of):
    found = world_of(3_000, 1_500).proposal()
    assert (found.members, found.shortfall_milli) == ((), 500 * TONNE)


def test_who_cannot_deliver_in_the_window_is_not_in_the_group(world_of):
    world = world_of(3_000, 2_200, 2_100, window_end=today() + timedelta(days=30))
    world.session.get_one(ProductLine, world.lines[1].id).lead_time_days = 60
    world.session.flush()
    refresh_demand(world.session, world.need.id or 0, today=today())
    assert {member.supply_id for member in world.proposal().members} == {world.lines[0].id, world.lines[2].id}


def test_a_line_in_kilograms_gives_a_share_in_tonnes(world_of):
    world = world_of(3_000, 2_200)
    line = world.session.get_one(ProductLine, world.lines[1].id)
    line.unit, line.spare_capacity_milli, line.yearly_capacity_milli = "kilogram", 2_200_000_000, 9_000_000_000
    world.session.flush()
    refresh_demand(world.session, world.need.id or 0, today=today())
    member = next(each for each in world.proposal().members if each.supply_id == line.supply_id)
    assert member.line_milli == member.quantity_milli * 1000


def test_every_firm_must_accept_before_anything_goes_to_the_office(world_of, session):
    world = world_of(3_000, 2_200)
    world.ask()
    assert world.accept(0) is Acceptance.WAITING
    assert session.exec(select(Pairing)).all() == []
    assert world.accept(1) is Acceptance.COMPLETE
    pairings = session.exec(select(Pairing)).all()
    assert {pairing.supply_id for pairing in pairings} == {line.id for line in world.lines}
    assert {(pairing.status, pairing.origin, pairing.is_mutual) for pairing in pairings} == {
        (PairingStatus.PROPOSED, PairingOrigin.SUPPLIER_GROUP, True)
    }
    assert world.mails() == [("asked", None)] * 2 + [("complete", None)] * 3
    assert world.proposal() is None


def test_one_no_frees_the_others_and_the_next_smallest_group_is_proposed_without_it(world_of, session):
    world = world_of(3_000, 2_200, 2_100)
    first = world.ask()
    asked = {share.supply_id for share in session.exec(select(SupplierShare))}
    refuser = next(n for n in (1, 2) if world.lines[n].id in asked)
    world.accept(0)
    world.decline(refuser, note="产线检修")
    assert (first.status, first.end_reason) == (SupplierGroupStatus.ENDED, GroupEnd.SHARE_DECLINED)
    assert (world.share_of(0).status, world.share_of(refuser).status) == (_H.RELEASED, _H.DECLINED)
    found = world.proposal()
    assert {member.supply_id for member in found.members} == {world.lines[0].id, world.lines[3 - refuser].id}
    assert sum(member.quantity_milli for member in found.members) == 5_000 * TONNE
    assert found.n_left_out == 1
    world.ask()
    history = lists.groups_of_need(session, world.need)
    assert [group.status for group in history] == [SupplierGroupStatus.ASKED, SupplierGroupStatus.ENDED]
    assert "产线检修" in {share.note for share in history[1].shares}
    assert ("ended", "share_declined") in world.mails()


def test_the_office_of_the_need_may_ask_and_another_office_may_not(world_of, session):
    world = world_of(3_000, 2_200)
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    with pytest.raises(NotAllowed):
        world.ask(stranger)
    assert world.ask(world.official).status is SupplierGroupStatus.ASKED


def test_who_asks_after_another_is_told(world_of, session):
    world = world_of(3_000, 2_200)
    seen = world.proposal()
    world.ask()
    with pytest.raises(NotComplete) as refused:
        ask(session, world.official, world.need, fingerprint=seen.fingerprint, today=today())
    assert refused.value.problems == {"group": "none"}


def test_of_two_that_ask_at_the_same_moment_one_wins(world_of, session, monkeypatch):
    world = world_of(3_000, 2_200)
    world.ask()
    monkeypatch.setattr("workflows.supplier_groups._has_group", lambda *_: False)  # the other is not committed yet
    with pytest.raises(AlreadyExists):
        world.ask(world.official)
    assert len(session.exec(select(SupplierGroup)).all()) == 1


def test_what_is_asked_is_what_was_read(world_of, session):
    world = world_of(3_000, 2_200)
    seen = world.proposal()
    world.set_spare(1, 2_100)
    world.set_spare(0, 2_950)
    with pytest.raises(NotComplete) as refused:
        ask(session, world.buyer, world.need, fingerprint=seen.fingerprint, today=today())
    assert refused.value.problems == {"group": "changed"}


def test_a_line_that_lost_its_capacity_cannot_accept_and_is_told(world_of):
    world = world_of(3_000, 2_200)
    world.ask()
    world.set_spare(1, 100)
    with pytest.raises(NotComplete) as refused:
        world.accept(1)
    assert refused.value.problems == {"share": "capacity"}


def test_a_member_that_lost_its_capacity_after_accepting_breaks_the_group(world_of, session):
    world = world_of(3_000, 2_200)
    group = world.ask()
    world.accept(0)
    world.set_spare(0, 100)
    assert world.accept(1) is Acceptance.BROKEN
    assert (group.status, group.end_reason) == (SupplierGroupStatus.ENDED, GroupEnd.CAPACITY_CHANGED)
    assert session.exec(select(Pairing)).all() == []
    assert ("ended", "capacity_changed") in world.mails()


def test_spare_tonnes_are_promised_once(world_of, session):
    world = world_of(3_000, 2_200)
    other = make_purchase_need(
        session, session.get_one(Organization, world.buyer.organization_id), quantity_milli=5_000 * TONNE
    )
    refresh_demand(session, other.id or 0, today=today())
    world.ask()
    found = proposal(session, other, today=today())
    assert found is not None
    ask(session, world.buyer, other, fingerprint=found.fingerprint, today=today())
    first, second = session.exec(
        select(SupplierShare).where(SupplierShare.supply_id == world.lines[0].id).order_by(col(SupplierShare.id))
    ).all()
    accept(session, world.firms[0], first, today=today())
    with pytest.raises(NotComplete) as refused:
        accept(session, world.firms[0], second, today=today())
    assert refused.value.problems == {"share": "capacity"}


def test_a_closed_need_ends_the_group_and_everybody_is_told(world_of, session):
    world = world_of(3_000, 2_200)
    group = world.ask()
    world.accept(0)
    postings.close(session, world.buyer, PURCHASE_NEED, world.need, reason="已采购", today=today())
    assert (group.status, group.end_reason) == (SupplierGroupStatus.ENDED, GroupEnd.NEED_CLOSED)
    assert world.mails().count(("ended", "need_closed")) == 2
    with pytest.raises(StepNotAllowed):
        world.accept(1)


def test_another_quantity_ends_the_group(world_of, session):
    world = world_of(3_000, 2_200)
    group = world.ask()
    values = postings.posting_values(session, PURCHASE_NEED.noun, world.need)
    values |= {"quantity_milli": 5_100 * TONNE, "expires_on": today() + timedelta(days=30)}
    values |= {"window_start": today(), "window_end": today() + timedelta(days=40), "delivery_region_code": "430400"}
    postings.edit(session, world.buyer, PURCHASE_NEED, world.need, values, version=world.need.version, today=today())
    assert group.end_reason is GroupEnd.NEED_CHANGED
    assert sum(member.quantity_milli for member in world.proposal().members) == 5_100 * TONNE


def test_silence_is_an_outcome_and_the_next_group_is_without_the_silent(world_of, session):
    world = world_of(3_000, 2_200, 2_200)
    group = world.ask()
    asked = {share.supply_id for share in session.exec(select(SupplierShare))}
    silent = next(n for n in (1, 2) if world.lines[n].id in asked)
    world.accept(0)
    assert expire_due(session, today() + timedelta(days=ANSWER_DAYS)) == 0
    assert expire_due(session, today() + timedelta(days=ANSWER_DAYS + 1)) == 1
    assert (group.end_reason, world.share_of(silent).status) == (GroupEnd.NO_ANSWER, _H.LAPSED)
    assert world.share_of(0).status is _H.RELEASED
    assert {member.supply_id for member in world.proposal().members} == {world.lines[0].id, world.lines[3 - silent].id}


def test_the_nightly_work_ends_what_is_over(world_of, session, engine):
    world = world_of(3_000, 2_200)
    group = world.ask()
    group.expires_on = today() - timedelta(days=1)
    session.commit()
    night(engine)
    session.refresh(group)
    assert group.end_reason is GroupEnd.NO_ANSWER


def test_the_buyer_may_stop_asking_and_an_answer_comes_too_late(world_of):
    world = world_of(3_000, 2_200)
    group = world.ask()
    take_back(world.session, world.buyer, group)
    assert world.mails().count(("ended", "taken_back")) == 2
    with pytest.raises(StepNotAllowed):
        world.accept(0)


def test_a_member_knows_the_others_by_number_until_both_are_introduced(world_of, session):
    world = world_of(3_000, 2_200)
    world.ask()
    mine = lists.own_share(session, world.firms[0], world.share_of(0).public_id)
    assert [other.name for other in mine.others] == [None]
    world.accept(0)
    world.accept(1)
    for pairing in session.exec(select(Pairing)):
        pairing.status, pairing.decided_by_id = PairingStatus.INTRODUCED, world.official.user_id
        pairing.introduced_at = pairing.decided_at = pairing.proposed_at
    session.flush()
    mine = lists.own_share(session, world.firms[0], world.share_of(0).public_id)
    assert [other.name for other in mine.others] == [world.firms[1].organization_name]
