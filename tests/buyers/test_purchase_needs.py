"""The pages of purchase needs."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from models.posting import Demand
from models.purchase_need import PurchaseNeed
from tests.factories import make_organization, make_purchase_need, make_user
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


def _filled(**values: object) -> dict[str, object]:
    return {
        "title": "采购电工圆铜线", "category_code": "3251", "specification": "2.6mm", "must_standards": "gb/t 3953",
        "wished_standards": "IEC60228", "must_certificates": ["iso9001"], "wished_certificates": ["iso14001"],
        "quantity_milli": "2500.5", "unit": "tonne", "accept_partial": "y", "delivery_region_code": "430406",
        "window_start": (today() + timedelta(days=20)).isoformat(),
        "window_end": (today() + timedelta(days=60)).isoformat(), "payment_days": "60", "budget_fen": "18000",
        "expires_on": (today() + timedelta(days=90)).isoformat(), "action": "publish",
    } | values  # fmt: skip


@pytest.fixture
def buyer(session: Session, sign_in_as) -> FlaskClient:
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.BUYER)))


def test_a_need_is_published_with_its_terms(buyer: FlaskClient, session: Session) -> None:
    answer = buyer.post("/purchase-needs/new", data=_filled())
    assert answer.status_code == 303
    demand, need = session.exec(select(Demand)).one(), session.exec(select(PurchaseNeed)).one()
    assert (demand.status, demand.region_code) == (PostingStatus.OPEN, "430406")
    assert (need.must_standards, need.wished_standards) == (["GB/T 3953"], ["IEC 60228"])
    assert (need.must_certificates, need.wished_certificates) == (["iso9001"], ["iso14001"])
    assert (need.quantity_milli, need.unit, need.accept_partial, need.hide_name) == (2_500_500, "tonne", True, False)
    assert "2,500.5 吨" in buyer.get(answer.location).text


def test_a_standard_nobody_knows_is_named_and_the_text_stays(buyer: FlaskClient, session: Session) -> None:
    answer = buyer.post("/purchase-needs/new", data=_filled(must_standards="GB/T 3953、国标一级"))
    assert answer.status_code == 422
    assert "不是已知的标准编号：国标一级。" in answer.text
    assert 'value="GB/T 3953、国标一级"' in answer.text
    assert session.exec(select(Demand)).all() == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"unit": ""}, "unit"),
        ({"quantity_milli": ""}, "quantity_milli"),
        ({"window_end": (today() + timedelta(days=5)).isoformat()}, "window_end"),
        ({"category_code": "9999"}, "category_code"),
        ({"must_certificates": ["made_up"]}, "must_certificates"),
    ],
)
def test_values_that_do_not_fit_are_refused_even_in_a_draft(
    buyer: FlaskClient, session: Session, values: dict[str, object], field: str
) -> None:
    answer = buyer.post("/purchase-needs/new", data=_filled(action="save", **values))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert session.exec(select(Demand)).all() == []


def test_an_unticked_box_is_no(buyer: FlaskClient, session: Session) -> None:
    values = {name: value for name, value in _filled(hide_name="y").items() if name != "accept_partial"}
    buyer.post("/purchase-needs/new", data=values)
    need = session.exec(select(PurchaseNeed)).one()
    assert (need.accept_partial, need.hide_name) == (False, True)


def test_an_enterprise_buys_too_and_sees_its_own_needs_only(buyer: FlaskClient, session: Session, sign_in_as) -> None:
    maker = sign_in_as(make_user(session, make_organization(session)))
    foreign = make_purchase_need(session, make_organization(session, OrganizationKind.BUYER)).public_id
    session.commit()
    assert maker.post("/purchase-needs/new", data=_filled(title="采购铜杆")).status_code == 303
    assert "采购铜杆" in maker.get("/purchase-needs").text
    assert "采购铜杆" not in buyer.get("/purchase-needs").text
    assert maker.get(f"/purchase-needs/{foreign}").status_code == 404


def test_a_bank_posts_no_purchase_needs(session: Session, sign_in_as) -> None:
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))
    assert client.get("/purchase-needs").status_code == 403
