"""A buyer's confirmed order opens order finance, and firm, buyer and bank meet in one case (F20)."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from models.base import now
from models.confirmed_order import ConfirmedOrder, JointCase
from models.notice import Notice
from models.pairing import CaseStep, Pairing
from models.recommendation import Recommendation
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.classifications import CaseStepKind, LoanBasis
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.reasons import GateCode, PairState
from vocabulary.roles import OrganizationKind, Role
from workflows import cases, orders, pairings
from workflows.calendar import today
from workflows.recommendations import refresh_demand, replay
from workflows.signals import express_interest

_CONFIRM = {"payment_days": "90", "buyer_agrees": "y"}


class World:
    """A firm with a financing need, a bank whose product rests on orders, and a buyer that recorded an order."""

    def __init__(self, session: Session, sign_in_as) -> None:
        self.session, self._sign_in_as = session, sign_in_as
        self.chain = make_chain(session)
        self.firm = make_organization(session, chain_id=self.chain.id, legal_name="隆源测试铜业")
        make_profile(session, self.firm)
        self.bank = make_organization(session, OrganizationKind.BANK, legal_name="湘江测试银行")
        self.buyer = make_organization(session, OrganizationKind.BUYER, legal_name="恒飞测试电缆")
        self.office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        self.signatory = make_user(session, self.firm, Role.SIGNATORY)
        self.officer = make_user(session, self.bank, full_name="赵客户经理")
        self.purchaser = make_user(session, self.buyer, full_name="尹采购")
        self.official = make_user(session, self.office)
        self.need = make_financing_need(session, self.firm)
        self.product = make_loan_product(session, self.bank, basis=LoanBasis.CONFIRMED_ORDER)
        self.supply_pairing = self.introduced(
            make_purchase_need(session, self.buyer), make_product_line(session, self.firm)
        )
        self.order_step = cases.record_step(
            session, actor_of(self.purchaser, self.buyer), self.supply_pairing, kind=CaseStepKind.FRAME_AGREEMENT,
            happened_on=today(), amount_fen=300 * FEN_PER_WAN, skipped_reason="老客户",
        )  # fmt: skip
        refresh_demand(session, self.need.id or 0, today=today())
        session.commit()

    def introduced(self, demand, supply) -> Pairing:
        at = now() - timedelta(days=3)
        return make_pairing(
            self.session, demand, supply, self.chain, status=PairingStatus.INTRODUCED,
            decided_by_id=self.official.id, decided_at=at, introduced_at=at,
        )  # fmt: skip

    def client(self, person):
        return self._sign_in_as(person)

    def recommendation(self, product=None) -> Recommendation:
        self.session.expire_all()
        product = product or self.product
        return self.session.exec(
            select(Recommendation).where(
                Recommendation.supply_id == product.id,
                Recommendation.superseded_at.is_(None),  # type: ignore[union-attr]
            )
        ).one()

    def confirm(self, **values: str):
        """The buyer confirms the order on its page."""
        url = f"/orders/confirm/{self.supply_pairing.public_id}/{self.order_step.public_id}"
        self.session.commit()
        answer = self.client(self.purchaser).post(url, data=_CONFIRM | values)
        self.session.expire_all()
        return answer

    def order(self) -> ConfirmedOrder:
        return self.session.exec(select(ConfirmedOrder)).one()

    def agree(self) -> None:
        public_id = self.order().public_id
        self.session.commit()
        self.client(self.signatory).post(f"/orders/{public_id}/agree")
        self.session.expire_all()

    def finance(self) -> Pairing:
        """The firm shows interest in the product, and the pairing is introduced."""
        signatory = actor_of(self.signatory, self.firm, Role.SIGNATORY)
        return express_interest(self.session, signatory, recommendation_public_id=self.recommendation().public_id)

    def introduce(self, pairing: Pairing) -> None:
        pairing.status, pairing.decided_by_id = PairingStatus.INTRODUCED, self.official.id
        pairing.decided_at = pairing.introduced_at = now()
        self.session.flush()

    def joint_url(self) -> str:
        public_id = self.session.exec(select(JointCase.public_id)).one()
        self.session.commit()
        return f"/orders/joint-cases/{public_id}"


@pytest.fixture
def world(session, sign_in_as) -> World:
    return World(session, sign_in_as)


def eligible_on_the_firms_list(world: World) -> str:
    return world.client(world.signatory).get(f"/recommendations/for/{world.need.public_id}?state=eligible").text


def column(page: str, part: str) -> str:
    """The words of one party's column."""
    return re.sub(r"<[^>]+>", " ", page.split(f'id="joint-{part}"')[1].split("</section>")[0])


def test_before_no_such_product_and_after_the_buyers_confirmation_it_appears_with_its_reason(world):
    before = world.recommendation()
    assert (before.state, before.first_closed_gate) == (PairState.CLOSED, "order")
    assert "湘江测试银行" not in eligible_on_the_firms_list(world)
    detail = world.client(world.signatory).get(f"/recommendations/{before.public_id}").text
    assert "没有买方确认的订单" in detail
    assert "取得买方确认的订单" in detail
    assert world.confirm().status_code == 303
    after = world.recommendation()
    assert after.state is PairState.ELIGIBLE
    assert "湘江测试银行" in eligible_on_the_firms_list(world)
    assert "订单 300 万元，账期 90 天" in world.client(world.signatory).get(f"/recommendations/{after.public_id}").text


def test_the_engine_reads_bands_and_the_recommendation_can_be_made_again(world, session):
    world.confirm()
    row = world.recommendation()
    (gate,) = (gate for gate in row.gates if gate["code"] == GateCode.ORDER)
    assert gate["value"] == {"order_band": 4, "payment_band": 3}
    assert "30000000" not in str(row.gates)
    assert replay(session, row).score == row.score


def test_the_confirmation_says_that_it_guarantees_nothing(world):
    page = world.client(world.purchaser).get(
        f"/orders/confirm/{world.supply_pairing.public_id}/{world.order_step.public_id}"
    )
    assert "确认不构成担保、保证或付款承诺" in page.text


def test_recording_an_order_is_not_confirming_it(world, session):
    assert session.exec(select(ConfirmedOrder)).all() == []
    page = world.client(world.purchaser).get(f"/cases/{world.supply_pairing.public_id}").text
    assert "确认订单" in page
    firm = world.client(world.signatory)
    url = f"/orders/confirm/{world.supply_pairing.public_id}/{world.order_step.public_id}"
    assert "确认订单" not in firm.get(f"/cases/{world.supply_pairing.public_id}").text
    assert firm.post(url, data=_CONFIRM).status_code == 403
    assert world.client(world.officer).post(url, data=_CONFIRM).status_code == 404


def test_the_bank_reads_the_amount_only_when_buyer_and_firm_both_agree(world, session):
    def bank_reads() -> str:
        public_id = world.recommendation().public_id
        session.commit()
        return world.client(world.officer).get(f"/recommended-firms/{public_id}").text

    world.confirm(buyer_agrees="")
    world.agree()
    assert "300 万元 – 500 万元" in bank_reads()
    assert "订单 300 万元，" not in bank_reads()
    first = world.order().public_id
    session.commit()
    assert world.client(world.purchaser).post(f"/orders/{first}/withdraw").status_code == 303
    world.confirm()
    latest = session.exec(select(ConfirmedOrder).order_by(ConfirmedOrder.id.desc())).first()  # type: ignore[union-attr]
    public_id = latest.public_id
    session.commit()
    assert "订单 300 万元，" not in bank_reads(), "the firm has not agreed to the new one"
    world.client(world.signatory).post(f"/orders/{public_id}/agree")
    assert "订单 300 万元，账期 90 天" in bank_reads()


def test_a_product_on_receivables_needs_an_order_that_is_paid_later(world, session):
    receivables = make_loan_product(session, world.bank, basis=LoanBasis.RECEIVABLES)
    refresh_demand(session, world.need.id, today=today())
    session.commit()
    world.confirm(payment_days="0")
    assert world.recommendation().state is PairState.ELIGIBLE
    assert world.recommendation(receivables).state is PairState.CLOSED


def test_a_product_may_limit_the_time_to_pay_at_a_band(world, session):
    short = make_loan_product(session, world.bank, basis=LoanBasis.CONFIRMED_ORDER, max_payment_band=2)
    refresh_demand(session, world.need.id, today=today())
    session.commit()
    world.confirm()
    row = world.recommendation(short)
    assert row.state is PairState.CLOSED
    assert [(change["field"], change["value"]) for change in row.changes] == [("payment_band", 2)]


@pytest.mark.parametrize("how", ["withdrawn", "fulfilled", "corrected", "ended", "financed"])
def test_an_order_that_no_longer_stands_closes_the_product_again(world, session, how):
    world.confirm()
    assert world.recommendation().state is PairState.ELIGIBLE
    purchaser, order = actor_of(world.purchaser, world.buyer), world.order()
    if how == "withdrawn":
        orders.withdraw_order(session, purchaser, order, today=today())
    elif how == "fulfilled":
        orders.fulfil_order(session, purchaser, order, today=today())
    elif how == "corrected":
        step = session.get_one(CaseStep, world.order_step.id)
        cases.correct_step(session, purchaser, step, happened_on=today(), amount_fen=200 * FEN_PER_WAN)
    elif how == "ended":
        pairings.withdraw(session, purchaser, session.get_one(Pairing, world.supply_pairing.id))
    else:
        pairing = world.finance()
        world.introduce(pairing)
        officer = actor_of(world.officer, world.bank)
        cases.record_step(
            session, officer, pairing, kind=CaseStepKind.CREDIT_GRANTED, happened_on=today(),
            amount_fen=100 * FEN_PER_WAN, skipped_reason="老客户",
        )  # fmt: skip
    refresh_demand(session, world.need.id, today=today())
    assert world.recommendation().state is PairState.CLOSED


def test_firm_buyer_bank_and_office_open_one_case_and_each_reads_what_it_may(world, session, sign_in_as):
    world.confirm()
    world.agree()
    other_buyer = make_organization(session, OrganizationKind.BUYER, legal_name="金杯测试电缆")
    other_pairing = world.introduced(make_purchase_need(session, other_buyer), make_product_line(session, world.firm))
    other_step = cases.record_step(
        session, actor_of(make_user(session, other_buyer), other_buyer), other_pairing,
        kind=CaseStepKind.VOLUME_ORDER, happened_on=today(), amount_fen=77 * FEN_PER_WAN, skipped_reason="老客户",
    )  # fmt: skip
    assert other_step.id
    pairing = world.finance()
    firm = world.client(world.signatory)
    url = world.joint_url()
    assert firm.get(url).status_code == 200
    assert world.client(world.official).get(url).status_code == 200
    for person in (world.officer, world.purchaser):
        assert world.client(person).get(url).status_code == 404, "the loan is not introduced yet"
    world.introduce(pairing)
    cases.record_step(
        session, actor_of(world.officer, world.bank), pairing, kind=CaseStepKind.CREDIT_GRANTED,
        happened_on=today(), amount_fen=123 * FEN_PER_WAN, skipped_reason="老客户", note="内部意见",
    )  # fmt: skip
    session.commit()
    pages = {
        "firm": world.client(world.signatory).get(url).text,
        "buyer": world.client(world.purchaser).get(url).text,
        "bank": world.client(world.officer).get(url).text,
        "office": world.client(world.official).get(url).text,
    }
    for page in pages.values():
        for name in ("隆源测试铜业", "恒飞测试电缆", "湘江测试银行", "批量订单", "授信", "300 万元", "90 天"):
            assert name in page
        assert "金杯测试电缆" not in page
        assert "内部意见" not in page
        for guaranteeing in ("担保", "保证", "保函", "连带"):
            assert guaranteeing not in column(page, "buyer")
    assert "123 万元" in pages["firm"]
    assert "123 万元" in pages["bank"]
    assert "123 万元" in pages["office"]
    assert "123 万元" not in pages["buyer"], "the loan's amount is not the buyer's business"
    assert "流动资金贷款" not in pages["buyer"]
    assert "采购电工圆铜线" not in pages["bank"]
    stranger = make_organization(session, OrganizationKind.BANK)
    person = make_user(session, stranger)
    elsewhere = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    official = make_user(session, elsewhere)
    for outsider in (person, official):
        assert world.client(outsider).get(url).status_code == 404


def test_what_is_due_next_on_either_ladder_is_shown_to_all(world, session):
    world.confirm()
    world.agree()
    pairing = world.finance()
    world.introduce(pairing)
    due_on = today() + timedelta(days=5)
    cases.record_step(
        session, actor_of(world.officer, world.bank), pairing, kind=CaseStepKind.CONTACT, happened_on=today(),
        next_step_due_on=due_on,
    )  # fmt: skip
    url = world.joint_url()
    for person in (world.signatory, world.purchaser, world.officer, world.official):
        page = world.client(person).get(url)
        assert page.status_code == 200
        assert due_on.isoformat() in column(page.text, "bank")


def test_the_case_is_reached_from_both_pairings(world, session):
    world.confirm()
    world.agree()
    pairing = world.finance()
    world.introduce(pairing)
    public_id = pairing.public_id
    url = world.joint_url()
    assert url in world.client(world.officer).get(f"/cases/{public_id}").text
    assert url in world.client(world.purchaser).get(f"/cases/{world.supply_pairing.public_id}").text
    assert url in world.client(world.official).get(f"/pairings/{public_id}").text


def _told(session: Session, *people) -> set[tuple[str, str]]:
    ids = {person.id: person.full_name for person in people}
    return {
        (ids[notice.user_id], notice.values["event"])
        for notice in session.exec(select(Notice).where(Notice.event == "joint_case"))
        if notice.user_id in ids
    }


def test_the_withdrawal_of_either_part_is_told_to_the_others(world, session):
    world.confirm()
    world.agree()
    pairing = world.finance()
    world.introduce(pairing)
    url = world.joint_url()
    people = (world.signatory, world.purchaser, world.officer)
    pairings.withdraw(session, actor_of(world.signatory, world.firm, Role.SIGNATORY), pairing)
    assert {(world.purchaser.full_name, "loan_ended"), (world.officer.full_name, "loan_ended")} <= _told(
        session, *people
    )
    orders.withdraw_order(session, actor_of(world.purchaser, world.buyer), world.order(), today=today())
    told = _told(session, *people)
    assert {(world.signatory.full_name, "order_withdrawn"), (world.officer.full_name, "order_withdrawn")} <= told
    assert (world.purchaser.full_name, "order_withdrawn") not in told
    session.commit()
    assert "买方已撤回对订单的确认" in world.client(world.signatory).get(url).text


def test_when_the_firm_no_longer_shows_the_order_bank_and_buyer_lose_the_case(world, session):
    world.confirm()
    world.agree()
    world.introduce(world.finance())
    url = world.joint_url()
    order = world.order().public_id
    session.commit()
    assert world.client(world.officer).get(url).status_code == 200
    world.client(world.signatory).post(f"/orders/{order}/take-back")
    assert world.client(world.officer).get(url).status_code == 404
    assert world.client(world.purchaser).get(url).status_code == 404
    assert {(world.officer.full_name, "order_hidden"), (world.purchaser.full_name, "order_hidden")} <= _told(
        session, world.officer, world.purchaser
    )


def test_an_order_confirmed_later_joins_the_finance_case_that_is_there(world, session):
    pairing = make_pairing(session, world.need, world.product, world.chain)
    session.commit()
    world.confirm()
    assert session.exec(select(JointCase.finance_pairing_id)).all() == [pairing.id]


def test_what_is_no_order_cannot_be_confirmed_and_one_order_is_confirmed_once(world, session):
    world.confirm()
    url = f"/orders/confirm/{world.supply_pairing.public_id}/{world.order_step.public_id}"
    session.commit()
    again = world.client(world.purchaser).post(url, data=_CONFIRM, follow_redirects=True)
    assert "已经确认过" in again.text
    step = session.get_one(CaseStep, world.order_step.id)
    cases.correct_step(session, actor_of(world.purchaser, world.buyer), step, happened_on=today(), amount_fen=1)
    session.commit()
    assert world.confirm().status_code == 422
    assert world.confirm(payment_days="9999").status_code == 422


def test_a_bank_states_on_its_form_what_a_product_rests_on(world, session):
    bank = world.client(world.officer)
    page = bank.get(f"/loan-products/{world.product.public_id}").text
    assert "买方确认的订单（订单融资）" in page
    assert "应收账款" in bank.get("/loan-products/new").text
