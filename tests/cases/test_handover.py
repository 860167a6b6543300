"""A whole caseload changes hands in one act; the history keeps who had it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership
from models.pairing import Pairing
from models.session import open_session
from tests import factories
from tests.case_worlds import make_case_world
from vocabulary.classifications import CaseStepKind
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows import cases
from workflows.calendar import today


@pytest.fixture
def world(session):
    """A bank's officer with three cases, one of them fulfilled, and a colleague with none."""
    found = make_case_world(session, introduced_at=now() - timedelta(days=9))
    found.firm.legal_name = "常宁铜线有限公司"
    for status in (PairingStatus.IN_PROGRESS, PairingStatus.FULFILLED):
        need = factories.make_financing_need(session, found.firm)
        product = factories.make_loan_product(session, found.counterpart)
        factories.make_pairing(
            session, need, product, _chain(found), status=status, decided_by_id=found.official.id, decided_at=now(),
            introduced_at=now() - timedelta(days=9), handled_by_id=found.handler.id, followed_by_id=found.official.id,
        )  # fmt: skip
    session.commit()
    return found


def _chain(world):
    class Chain:
        id = world.firm.chain_id

    return Chain


def handlers(engine) -> list[int | None]:
    with open_session(engine, read_only=True) as session:
        return list(session.exec(select(Pairing.handled_by_id).order_by(Pairing.id)))


def ids(engine) -> list[str]:
    with open_session(engine, read_only=True) as session:
        return list(session.exec(select(Pairing.public_id).order_by(Pairing.id)))


def end_membership(session, user):
    membership = session.exec(select(Membership).where(Membership.user_id == user.id)).one()
    membership.ended_at = now()
    session.add(membership)
    session.commit()


def test_a_bank_hands_over_everything_of_one_person_after_a_preview(engine, session, sign_in_as, world):
    colleague = factories.make_user(session, world.counterpart, full_name="钱丽")
    client = sign_in_as(colleague)
    page = client.get(f"/handover/{world.handler.public_id}").text
    assert page.count('name="ids"') == 3
    assert page.count("checked") == 3
    values = {"ids": ids(engine), "successor": colleague.public_id, "note": "轮岗"}
    preview = client.post(f"/handover/{world.handler.public_id}/preview", data=values)
    assert f"3 条从 {world.handler.full_name} 交给 钱丽" in preview.text
    assert handlers(engine) == [world.handler.id] * 3, "a preview changes nothing"
    assert client.post(f"/handover/{world.handler.public_id}", data=values).status_code == 303
    assert handlers(engine) == [colleague.id] * 3
    firm_page = sign_in_as(world.signatory).get(f"/cases/{world.pairing.public_id}").text
    assert f"{world.handler.full_name} → 钱丽：轮岗" in firm_page, "the history keeps the old one"
    with open_session(engine, read_only=True) as reader:
        events = reader.exec(select(AuditEvent).where(AuditEvent.action == "case_handed_over")).all()
        assert [event.old for event in events] == [{"handled_by_id": world.handler.id}] * 3


def test_a_chosen_case_moves_alone_and_the_office_hands_over_who_follows(engine, session, sign_in_as, world):
    deputy = factories.make_user(session, world.office, full_name="孙平")
    client, first = sign_in_as(world.official), ids(engine)[0]
    assert client.get(f"/handover/{world.official.public_id}?case={first}").text.count("checked") == 1
    client.post(
        f"/handover/{world.official.public_id}", data={"ids": [first], "successor": deputy.public_id, "note": ""}
    )
    with open_session(engine, read_only=True) as reader:
        followers = list(reader.exec(select(Pairing.followed_by_id).order_by(Pairing.id)))
    assert followers == [deputy.id, world.official.id, world.official.id]
    assert handlers(engine) == [world.handler.id] * 3, "the bank's person is the bank's affair"


def test_a_case_that_is_no_longer_the_persons_is_left_alone_and_told(engine, session, sign_in_as, world):
    colleague = factories.make_user(session, world.counterpart)
    client, values = sign_in_as(colleague), {"ids": ids(engine), "successor": colleague.public_id}
    client.post(f"/cases/{world.pairing.public_id}/take-charge")
    answer = client.post(f"/handover/{world.handler.public_id}", data=values, follow_redirects=True)
    assert "已交接 2 条" in answer.text
    assert "有 1 条已不在其名下" in answer.text


def test_without_a_successor_or_a_case_the_page_says_so_and_keeps_what_was_typed(engine, sign_in_as, world):
    client = sign_in_as(world.handler)
    answer = client.post(f"/handover/{world.handler.public_id}/preview", data={"ids": ids(engine)[:1], "note": "轮岗"})
    assert answer.status_code == 422
    assert "请选择由谁接手" in answer.text
    assert "轮岗" in answer.text
    assert answer.text.count("checked") == 1


def test_cases_go_to_present_colleagues_only(engine, session, sign_in_as, world):
    stranger = factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK))
    gone = factories.make_user(session, world.counterpart)
    session.commit()
    end_membership(session, gone)
    client = sign_in_as(world.handler)
    for nobody in (stranger, gone, world.official):
        values = {"ids": ids(engine), "successor": nobody.public_id}
        assert client.post(f"/handover/{world.handler.public_id}", data=values).status_code == 404
    assert handlers(engine) == [world.handler.id] * 3


def test_whoever_left_with_running_cases_is_shown_first_and_counted_in_the_menu(session, sign_in_as, world):
    colleague = factories.make_user(session, world.counterpart)
    session.commit()
    end_membership(session, world.handler)
    page = sign_in_as(colleague).get("/handover/").text
    assert "已离任，需要交接" in page
    assert 'class="waiting" title="待办">2<' in page, "the fulfilled one does not wait"


def test_removing_a_colleague_with_running_cases_leads_to_the_hand_over(session, sign_in_as, world):
    manager, idle = (factories.make_user(session, world.counterpart) for _ in range(2))
    client = sign_in_as(manager)
    answer = client.post(f"/people/{world.handler.public_id}/end", follow_redirects=True)
    assert answer.request.path == f"/handover/{world.handler.public_id}"
    assert "其名下还有 2 条进行中的对接" in answer.text
    assert client.post(f"/people/{idle.public_id}/end").location == "/people"


def test_people_of_other_organizations_see_nothing_of_it(engine, session, sign_in_as, world):
    other = sign_in_as(factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK)))
    assert world.handler.full_name not in other.get("/handover/").text
    for address in (
        f"/handover/{world.handler.public_id}", f"/handover/{world.handler.public_id}/briefs",
        f"/handover/cases/{world.pairing.public_id}",
    ):  # fmt: skip
        assert other.get(address).status_code == 404, address
    values = {"ids": ids(engine), "successor": "x"}
    assert other.post(f"/handover/{world.handler.public_id}", data=values).status_code == 404
    firm = sign_in_as(world.signatory)
    assert firm.get(f"/handover/cases/{world.pairing.public_id}").status_code == 404


def test_a_filer_hands_nothing_over(session, sign_in_as, world):
    filer = factories.make_user(session, world.firm, Role.FILER)
    assert sign_in_as(filer).get("/handover/").status_code == 403


def test_the_brief_says_on_one_page_where_the_case_stands_and_what_is_open(session, sign_in_as, world):
    day = today() - timedelta(days=5)
    for kind, wan in (
        (CaseStepKind.CONTACT, None), (CaseStepKind.VISIT, None), (CaseStepKind.DUE_DILIGENCE, None),
        (CaseStepKind.CREDIT_GRANTED, 500), (CaseStepKind.DISBURSED, 200),
    ):  # fmt: skip
        cases.record_step(
            session, world.by_handler, world.pairing, kind=kind, happened_on=day, note=f"{kind.value} 的说明",
            amount_fen=wan * FEN_PER_WAN if wan else None,
        )  # fmt: skip
    session.commit()
    page = sign_in_as(world.official).get(f"/handover/cases/{world.pairing.public_id}").text
    for words in ("常宁铜线有限公司", "500 万元", "200 万元", "disbursed 的说明", "有填了金额的步骤没有证明材料"):
        assert words in page, words
    assert "700 万元" not in page, "credit and disbursement are never added"


def test_all_briefs_of_a_person_are_printed_from_one_page(sign_in_as, world):
    page = sign_in_as(world.official).get(f"/handover/{world.official.public_id}/briefs").text
    assert page.count('class="brief"') == 3


def test_an_official_takes_a_case_over_and_the_history_keeps_the_other(engine, session, sign_in_as, world):
    deputy = factories.make_user(session, world.office, full_name="孙平")
    client = sign_in_as(deputy)
    assert client.post(f"/follow-up/{world.pairing.public_id}/follow").status_code == 303
    assert f"{world.official.full_name} → 孙平" in client.get(f"/pairings/{world.pairing.public_id}").text


def test_what_an_office_writes_about_its_hand_over_stays_in_the_office(engine, session, sign_in_as, world):
    deputy = factories.make_user(session, world.office, full_name="孙平")
    official = sign_in_as(world.official)
    values = {"ids": ids(engine), "successor": deputy.public_id, "note": "罗科长调离"}
    assert official.post(f"/handover/{world.official.public_id}", data=values).status_code == 303
    assert "罗科长调离" in official.get(f"/pairings/{world.pairing.public_id}").text
    for side in (world.handler, world.signatory):
        page = sign_in_as(side).get(f"/cases/{world.pairing.public_id}").text
        assert "孙平" in page, "who follows now is for both sides"
        assert "罗科长调离" not in page


def test_cases_that_nobody_has_are_given_to_somebody(engine, session, sign_in_as, world):
    world.pairing.handled_by_id = None
    session.add(world.pairing)
    session.commit()
    client = sign_in_as(world.handler)
    assert "需要指定" in client.get("/handover/").text
    values = {"ids": [world.pairing.public_id], "successor": world.handler.public_id}
    assert client.post("/handover/nobody", data=values).status_code == 303
    assert handlers(engine)[0] == world.handler.id
