"""Cases: nothing before the introduction, contacts and papers after it, every reading logged."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership
from models.pairing import CaseStep, Consent, Pairing
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
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import releases
from workflows.calendar import city_day

TODAY = date.today().isoformat()  # noqa: DTZ011


@pytest.fixture
def world(session):
    """An introduced pairing of a firm and a bank, with its release."""
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司")
    make_profile(session, firm, contact_name="李明", contact_phone="0734-8123456", collateral_note="厂房一栋")
    signatory = make_user(session, firm, Role.SIGNATORY)
    bank = make_organization(session, OrganizationKind.BANK, legal_name="衡阳银行")
    officer = make_user(session, bank, full_name="赵强", phone="0734-7000000")
    decider = make_user(session)
    introduced = now() - timedelta(days=3)
    pairing = make_pairing(
        session, make_financing_need(session, firm), make_loan_product(session, bank), chain,
        status=PairingStatus.INTRODUCED, decided_by_id=decider.id, decided_at=introduced, introduced_at=introduced,
    )  # fmt: skip
    consent = Consent(
        organization_id=firm.id, counterpart_id=bank.id, purpose=ConsentPurpose.CREDIT_REVIEW,
        sections=["scale"], given_by_id=signatory.id, ends_on=date.today() + timedelta(days=90),  # noqa: DTZ011
    )  # fmt: skip
    session.add(consent)
    session.flush()
    releases.freeze(session, pairing, consent)
    return {"chain": chain, "firm": firm, "bank": bank, "pairing": pairing, "signatory": signatory, "officer": officer}


def readings(session):
    rows = session.exec(select(AuditEvent.action).where(AuditEvent.subject_kind == "release").order_by(AuditEvent.id))
    return rows.all()


def url(world, tail=""):
    return f"/cases/{world['pairing'].public_id}{tail}"


def test_the_bank_reads_contacts_and_exactly_the_consented_sections_and_the_firm_sees_the_reading(
    engine, sign_in_as, world
):
    bank = sign_in_as(world["officer"])
    assert "0734-8123456" in bank.get(url(world)).text
    dossier = bank.post(url(world, "/dossier"))
    assert "3,000 万元" in dossier.text
    assert "厂房一栋" not in dossier.text, "the section on credit was not consented to"
    firm = sign_in_as(world["signatory"])
    assert "赵强" in firm.get(url(world)).text
    assert "赵强" in firm.get("/receipts/").text
    with open_session(engine, read_only=True) as session:
        assert readings(session) == ["dossier_read"]


def test_before_the_introduction_there_are_no_contacts_and_no_dossier(engine, sign_in_as, session, world):
    session.commit()
    with unit_of_work(engine) as other:
        row = other.get_one(Pairing, world["pairing"].id)
        row.status, row.introduced_at = PairingStatus.PROPOSED, None
        other.add(row)
    bank = sign_in_as(world["officer"])
    assert bank.get(url(world)).status_code == 404, "the bank showed no interest: it does not know of it"
    stranger = make_user(session, make_organization(session, OrganizationKind.BANK))
    assert sign_in_as(stranger).post(url(world, "/dossier")).status_code == 404


def test_after_a_withdrawn_consent_the_next_reading_is_refused_and_logged(engine, sign_in_as, session, world):
    firm = sign_in_as(world["signatory"])
    with open_session(engine, read_only=True) as reader:
        consent = reader.exec(select(Consent)).one().public_id
    assert "立即不能再查阅" in firm.get(f"/consents/{consent}").text
    firm.post(f"/consents/{consent}/withdraw")
    bank = sign_in_as(world["officer"])
    assert "0734-8123456" not in bank.get(url(world)).text
    answer = bank.post(url(world, "/dossier"))
    assert answer.status_code == 410
    assert "授权已失效" in answer.text
    assert "3,000 万元" not in answer.text
    with open_session(engine, read_only=True) as reader:
        assert readings(reader) == ["dossier_read_refused"]


def test_a_step_without_its_amount_is_refused_beside_the_field_and_nothing_typed_is_lost(sign_in_as, world):
    bank = sign_in_as(world["officer"])
    values = {"kind": "credit_granted", "happened_on": TODAY, "note": "贷审会通过", "skipped_reason": "老客户"}
    answer = bank.post(url(world, "/steps"), data=values)
    assert answer.status_code == 422
    assert "amount_fen-error" in answer.text
    assert "贷审会通过" in answer.text


def test_credit_and_disbursement_are_recorded_apart_and_close_the_case(engine, sign_in_as, world):
    bank = sign_in_as(world["officer"])
    for kind, wan in (("contact", ""), ("visit", ""), ("due_diligence", ""), ("credit_granted", "500")):
        values = {"kind": kind, "happened_on": TODAY, "amount_fen": wan}
        assert bank.post(url(world, "/steps"), data=values).status_code == 303, kind
    with open_session(engine, read_only=True) as session:
        assert session.get_one(Pairing, world["pairing"].id).status is PairingStatus.AGREED
    bank.post(url(world, "/steps"), data={"kind": "disbursed", "happened_on": TODAY, "amount_fen": "300"})
    page = sign_in_as(world["signatory"]).get(url(world)).text
    assert "500 万元" in page
    assert "300 万元" in page
    assert "已办结" in page


def test_a_correction_keeps_the_old_row_struck_through(engine, sign_in_as, world):
    bank = sign_in_as(world["officer"])
    bank.post(url(world, "/steps"), data={"kind": "contact", "happened_on": TODAY, "note": "打错了"})
    with open_session(engine, read_only=True) as session:
        step = session.exec(select(CaseStep)).one().public_id
    answer = bank.post(url(world, f"/steps/{step}"), data={"happened_on": TODAY, "note": "已电话联系"})
    assert answer.status_code == 303
    page = bank.get(url(world)).text
    assert "打错了" in page
    assert "已被更正" in page
    assert "已电话联系" in page


def test_the_firm_learns_who_will_call(sign_in_as, world):
    assert sign_in_as(world["officer"]).post(url(world, "/take-charge")).status_code == 303
    page = sign_in_as(world["signatory"]).get(url(world)).text
    assert "赵强" in page
    assert "0734-7000000" in page


def test_one_named_officer_of_one_branch_will_call_until_the_last_day(engine, sign_in_as, session, world):
    other = make_user(session, world["bank"], full_name="钱另支", phone="0734-7999999")
    for user, branch in ((world["officer"], "石鼓支行"), (other, "蒸湘支行")):
        membership = session.exec(select(Membership).where(Membership.user_id == user.id)).one()
        membership.branch, membership.ends_on = branch, city_day(now())
        session.add(membership)
    sign_in_as(world["officer"]).post(url(world, "/take-charge"))
    firm = sign_in_as(world["signatory"])
    page = firm.get(url(world)).text
    assert [
        words for words in ("衡阳银行", "石鼓支行", "赵强", "0734-7000000", "只有这一位") if words not in page
    ] == []
    assert [words for words in ("蒸湘支行", "钱另支", "0734-7999999", "已不在该单位") if words in page] == []
    with unit_of_work(engine) as writer:
        membership = writer.exec(select(Membership).where(Membership.user_id == world["officer"].id)).one()
        membership.ends_on = city_day(now()) - timedelta(days=2)
        writer.add(membership)
    assert "已不在该单位" in firm.get(url(world)).text
    assert sign_in_as(world["officer"]).get(url(world)).status_code in (302, 303, 403, 404)


def test_declining_needs_a_reason_code(engine, sign_in_as, world):
    bank = sign_in_as(world["officer"])
    bank.post(url(world, "/decline"), data={"reason": ""})
    bank.post(url(world, "/decline"), data={"reason": "debt_too_high"})
    with open_session(engine, read_only=True) as session:
        row = session.get_one(Pairing, world["pairing"].id)
        assert (row.status, row.decline_reason.value) == (PairingStatus.DECLINED, "debt_too_high")


def test_a_firm_may_not_record_the_banks_steps(sign_in_as, world):
    firm = sign_in_as(world["signatory"])
    assert firm.post(url(world, "/steps"), data={"kind": "visit", "happened_on": TODAY}).status_code == 403


def test_giving_consent_asks_for_a_section_and_a_day_to_come(engine, sign_in_as, session, world):
    other_bank = make_organization(session, OrganizationKind.BANK, legal_name="另一家银行")
    need = make_financing_need(session, world["firm"])
    make_pairing(session, need, make_loan_product(session, other_bank), world["chain"])
    firm = sign_in_as(world["signatory"])
    assert "另一家银行" in firm.get(f"/consents/?counterpart={other_bank.public_id}").text
    reader = f"{other_bank.public_id}:credit_review"
    refused = firm.post("/consents/", data={"reader": reader, "ends_on": "2020-01-01"})
    assert refused.status_code == 422
    assert "请至少选择一个部分" in refused.text
    assert "不能早于今天" in refused.text
    later = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011
    given = firm.post("/consents/", data={"reader": reader, "ends_on": later, "sections": ["basic", "scale"]})
    assert given.status_code == 303
    with open_session(engine, read_only=True) as reading:
        assert len(reading.exec(select(Consent)).all()) == 2
