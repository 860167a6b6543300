"""Supplier groups on the pages of the buyer, the office and the suppliers."""

import pytest
from sqlmodel import Session, select

from models.pairing import Pairing
from models.posting import Demand
from models.supplier_group import SupplierShare
from tests.factories import (
    make_chain,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.lifecycles import SupplierShareStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.recommendations import refresh_demand

TONNE = 1000


@pytest.fixture
def asked(session: Session, sign_in_as):
    """Clients of the buyer, the office and two suppliers of 3,000 and 2,200 t for a need of 5,000 t, and the need."""
    chain = make_chain(session)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id, legal_name="恒飞电缆测试公司")
    need = make_purchase_need(session, buyer, quantity_milli=5_000 * TONNE, hide_name=True)
    users = []
    for name, spare in (("隆源测试铜业", 3_000), ("金源测试铜业", 2_200)):
        firm = make_organization(session, chain_id=chain.id, legal_name=name)
        make_profile(session, firm)
        make_product_line(session, firm, spare_capacity_milli=spare * TONNE, lead_time_days=20)
        users.append(make_user(session, firm))
    people = [make_user(session, buyer), make_user(session, office), *users]
    refresh_demand(session, need.id, today=today())
    session.commit()
    return [sign_in_as(person) for person in people], need


def _fingerprint(html: str) -> str:
    return html.split('name="fingerprint" value="')[1].split('"')[0]


def _ask(client, need: Demand) -> None:
    page = client.get(f"/purchase-needs/{need.public_id}").text
    assert client.post(
        f"/purchase-needs/{need.public_id}/supplier-groups", data={"fingerprint": _fingerprint(page)}
    ).status_code == 303  # fmt: skip


def _share(session: Session, n: int) -> str:
    """Address of the share of the n-th supplier; the commit lets the next request write."""
    found = session.exec(select(SupplierShare.public_id).order_by(SupplierShare.supply_id)).all()[n]  # type: ignore[arg-type]
    session.commit()
    return found


def test_the_buyer_reads_the_group_with_reasons_and_asks_it(asked, session):
    (buyer, _office, _one, _two), need = asked
    page = buyer.get(f"/purchase-needs/{need.public_id}").text
    for words in ("隆源测试铜业", "金源测试铜业", "3,000 吨", "2,000 吨", "5,000 吨", "可供 2,200 吨"):
        assert words in page
    _ask(buyer, need)
    assert "2 家中已有 0 家接受" in buyer.get(f"/purchase-needs/{need.public_id}").text
    assert [share.status for share in session.exec(select(SupplierShare))] == [SupplierShareStatus.ASKED] * 2


def test_a_supplier_reads_its_share_and_the_window_and_no_names(asked, session):
    (buyer, _office, one, two), need = asked
    _ask(buyer, need)
    mine, theirs = _share(session, 0), _share(session, 1)
    page = one.get(f"/supplier-shares/{mine}").text
    assert "3,000 吨" in page
    assert "供应商 2" in page
    assert "金源测试铜业" not in page
    assert "恒飞电缆测试公司" not in page
    assert one.get(f"/supplier-shares/{theirs}").status_code == 404
    assert one.post(f"/supplier-shares/{theirs}/accept").status_code == 404
    assert two.get(f"/supplier-shares/{theirs}").status_code == 200
    assert "供应商" not in two.get("/supplier-shares/").text.partition("<tbody>")[2].partition("</tbody>")[0]


def test_when_both_accept_the_office_decides_the_pairs_as_usual(asked, session):
    (buyer, office, one, two), need = asked
    _ask(buyer, need)
    first, second = _share(session, 0), _share(session, 1)
    assert "还在等其他供应商答复" in one.post(f"/supplier-shares/{first}/accept", follow_redirects=True).text
    assert "已提请链办审定" in two.post(f"/supplier-shares/{second}/accept", follow_redirects=True).text
    pairings = session.exec(select(Pairing.public_id).order_by(Pairing.supply_id)).all()  # type: ignore[arg-type]
    session.commit()
    assert len(pairings) == 2
    for public_id in pairings:
        assert "提出对接" in office.get(f"/pairings/{public_id}").text
        assert buyer.get(f"/cases/{public_id}").status_code == 200
    assert one.get(f"/cases/{pairings[0]}").status_code == 200


def test_one_no_is_shown_to_the_buyer_with_its_reason(asked, session):
    (buyer, office, one, two), need = asked
    _ask(buyer, need)
    one.post(f"/supplier-shares/{_share(session, 0)}/accept")
    two.post(f"/supplier-shares/{_share(session, 1)}/decline", data={"note": "产线检修"})
    for page in (
        buyer.get(f"/purchase-needs/{need.public_id}").text,
        office.get(f"/supplier-groups/{need.public_id}").text,
    ):
        assert "有供应商不承担其份额" in page
        assert "产线检修" in page
        assert "还差 2,000 吨" in page
    freed = one.get(f"/supplier-shares/{_share(session, 0)}").text
    assert "您不再承担这一份额" in freed
    assert "产线检修" not in freed


def test_the_office_lists_what_could_be_pooled_and_asks(asked, session, sign_in_as):
    (_buyer, office, _one, _two), need = asked
    assert need.title in office.get("/supplier-groups/").text
    page = office.get(f"/supplier-groups/{need.public_id}").text
    office.post(f"/supplier-groups/{need.public_id}/ask", data={"fingerprint": _fingerprint(page)})
    assert "0 / 2" in office.get("/supplier-groups/").text
    other = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    stranger = sign_in_as(make_user(session, other))
    assert stranger.get(f"/supplier-groups/{need.public_id}").status_code == 404
    assert need.title not in stranger.get("/supplier-groups/").text


def test_what_changed_meanwhile_is_told_on_the_page(asked, session):
    (buyer, _office, one, _two), need = asked
    answer = buyer.post(
        f"/purchase-needs/{need.public_id}/supplier-groups", data={"fingerprint": "old"}, follow_redirects=True
    )
    assert "方案已重新计算" in answer.text
    _ask(buyer, need)
    buyer.post(f"/purchase-needs/{need.public_id}/close", data={"reason": "已采购"})
    late = one.post(f"/supplier-shares/{_share(session, 0)}/accept")
    assert late.status_code == 409
    assert "采购需求已暂停或关闭" in one.get(f"/supplier-shares/{_share(session, 0)}").text
