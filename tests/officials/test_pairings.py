"""The official's queue, review and verdicts."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from models.base import now
from models.outbox import OutboxMessage
from models.pairing import Consent, Pairing
from models.posting import Supply
from models.session import open_session, unit_of_work
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_user,
)
from vocabulary.classifications import ConsentPurpose
from vocabulary.lifecycles import OutboxStatus, PairingStatus
from vocabulary.roles import OrganizationKind


@pytest.fixture
def world(session):
    """A firm, a bank, their pairing with the firm's consent, and two officials of the chain."""
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司")
    make_profile(session, firm)
    signatory = make_user(session, firm)
    bank = make_organization(session, OrganizationKind.BANK, legal_name="衡阳银行")
    make_user(session, bank)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    pairing = make_pairing(session, make_financing_need(session, firm), make_loan_product(session, bank), chain)
    session.add(
        Consent(
            organization_id=firm.id, counterpart_id=bank.id, purpose=ConsentPurpose.CREDIT_REVIEW,
            sections=["basic"], given_by_id=signatory.id, ends_on=date.today() + timedelta(days=90),  # noqa: DTZ011
        )
    )  # fmt: skip
    names = {"first": make_user(session, office, full_name="王芳"), "second": make_user(session, office)}
    return {"chain": chain, "firm": firm, "bank": bank, "pairing": pairing, **names}


def stored(engine, pairing):
    with open_session(engine, read_only=True) as session:
        return session.get_one(Pairing, pairing.id)


def verdict(verdict="confirm", **values):
    return {"verdict": verdict, "reason": "facts_verified", "note": ""} | values


def test_confirming_waits_for_the_hold_time_and_can_be_taken_back(engine, sign_in_as, world):
    client = sign_in_as(world["first"])
    url = f"/pairings/{world['pairing'].public_id}"
    assert "常宁铜线有限公司" in client.get("/pairings/").text
    assert client.post(url, data=verdict()).status_code == 303
    assert stored(engine, world["pairing"]).status is PairingStatus.CONFIRMED
    page = client.get(url).text
    assert "王芳 已同意推荐" in page
    assert "撤回" in page
    client.post(f"{url}/take-back")
    assert stored(engine, world["pairing"]).status is PairingStatus.PROPOSED
    with open_session(engine, read_only=True) as session:
        statuses = {message.status for message in session.exec(select(OutboxMessage)).all()}
    assert statuses == {OutboxStatus.CANCELLED}


def test_of_two_officials_the_second_reads_who_was_first_and_when(sign_in_as, world):
    one, other = sign_in_as(world["first"]), sign_in_as(world["second"])
    url = f"/pairings/{world['pairing'].public_id}"
    one.post(url, data=verdict())
    answer = other.post(url, data=verdict("refuse", note="不合适"))
    assert answer.status_code == 409
    assert "王芳 已于" in answer.text
    assert "同意推荐" in answer.text


@pytest.mark.parametrize("step", ["return", "refuse"])
def test_a_verdict_against_needs_a_note_and_keeps_what_was_chosen(engine, sign_in_as, world, step):
    client = sign_in_as(world["first"])
    answer = client.post(f"/pairings/{world['pairing'].public_id}", data=verdict(step, reason="risk_found"))
    assert answer.status_code == 422
    assert "请写明原因" in answer.text
    assert (
        'value="risk_found" selected' in answer.text.replace("selected value", "value") or "risk_found" in answer.text
    )
    assert stored(engine, world["pairing"]).status is PairingStatus.PROPOSED


def test_without_consent_nothing_is_confirmed_and_the_page_says_why(engine, sign_in_as, session, world):
    session.commit()
    with unit_of_work(engine) as other:
        other.exec(select(Consent)).one().withdrawn_at = now()
    client = sign_in_as(world["first"])
    answer = client.post(f"/pairings/{world['pairing'].public_id}", data=verdict())
    assert answer.status_code == 422
    assert "企业尚未授权" in answer.text


def test_an_office_of_another_chain_finds_nothing(sign_in_as, session, world):
    other = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    client = sign_in_as(make_user(session, other))
    assert client.get(f"/pairings/{world['pairing'].public_id}").status_code == 404
    assert "常宁铜线有限公司" not in client.get("/pairings/").text


def test_the_bulk_preview_names_what_is_left_out_and_confirms_the_rest(engine, sign_in_as, session, world):
    stranger = make_organization(session, chain_id=world["chain"].id, legal_name="无授权有限公司")
    left_out = make_pairing(
        session, make_financing_need(session, stranger), make_loan_product(session, world["bank"]), world["chain"]
    )
    client = sign_in_as(world["first"])
    ids = [world["pairing"].public_id, left_out.public_id]
    preview = client.post("/pairings/bulk/preview", data={"ids": ids}).text
    assert "无授权有限公司" in preview
    assert "企业尚未授权" in preview
    assert "同意推荐这 1 条" in preview
    done = client.post("/pairings/bulk/confirm", data={"ids": ids, "reason": "facts_verified"}).text
    assert "已同意推荐 1 条" in done
    assert "没有办理 1 条" in done
    assert stored(engine, world["pairing"]).status is PairingStatus.CONFIRMED
    assert stored(engine, left_out).status is PairingStatus.PROPOSED


def test_mutual_interest_stands_first_then_the_oldest(sign_in_as, session, world):
    old = make_organization(session, chain_id=world["chain"].id, legal_name="等得最久有限公司")
    mutual = make_organization(session, chain_id=world["chain"].id, legal_name="双方有意有限公司")
    for firm, values in ((old, {"proposed_at": now() - timedelta(days=30)}), (mutual, {"is_mutual": True})):
        need = make_financing_need(session, firm)
        make_pairing(session, need, make_loan_product(session, world["bank"]), world["chain"], **values)
    page = sign_in_as(world["first"]).get("/pairings/").text
    assert page.index("双方有意有限公司") < page.index("等得最久有限公司") < page.index("常宁铜线有限公司")
    only_mutual = sign_in_as(world["first"]).get("/pairings/?mutual=1").text
    assert "等得最久有限公司" not in only_mutual


def test_the_queue_takes_the_same_number_of_queries_for_three_rows_and_for_forty(engine, sign_in_as, session, world):
    from sqlalchemy import event

    client = sign_in_as(world["first"])

    def queries() -> int:
        seen = []
        listen = lambda *_args: seen.append(1)  # noqa: E731
        event.listen(engine, "before_cursor_execute", listen)
        client.get("/pairings/")
        event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    few = queries()
    for n in range(40):
        firm = make_organization(session, chain_id=world["chain"].id, legal_name=f"企业{n}有限公司")
        need = make_financing_need(session, firm)
        make_pairing(session, need, make_loan_product(session, world["bank"]), world["chain"])
    session.commit()
    assert queries() == few <= 12


def test_the_desk_counts_what_waits(sign_in_as, world):
    page = sign_in_as(world["first"]).get("/desk/").text
    assert "待审定对接" in page
    assert "常宁铜线有限公司" in page


def test_a_pairing_of_another_chain_is_counted_among_the_conflicts_but_not_named(session, sign_in_as, world):
    elsewhere = make_chain(session, code="elsewhere")
    other = make_organization(session, chain_id=elsewhere.id, legal_name="外链企业有限公司")
    make_profile(session, other)
    product = session.get_one(Supply, world["pairing"].supply_id)
    make_pairing(session, make_financing_need(session, other), product, elsewhere)
    page = sign_in_as(world["first"]).get(f"/pairings/{world['pairing'].public_id}").text
    assert "另有 1 条由其他链办审定" in page
    assert "外链企业有限公司" not in page
