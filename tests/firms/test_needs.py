"""The pages of financing needs, and through them what all four postings share."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from models.financing_need import FinancingNeed
from models.organization import Organization
from models.posting import Demand
from tests.factories import make_financing_need, make_organization, make_user
from vocabulary.lifecycles import OrganizationStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


def _filled(**values: object) -> dict[str, object]:
    return {
        "title": "铜线扩产", "amount_fen": "500", "term_months": "12", "purpose": "working_capital",
        "guarantee_methods": ["mortgage"], "max_annual_rate_bps": "4.5", "text": "采购铜杆",
        "expires_on": (today() + timedelta(days=90)).isoformat(), "action": "publish",
    } | values  # fmt: skip


@pytest.fixture
def firm(session: Session) -> Organization:
    return make_organization(session)


@pytest.fixture
def filer(session: Session, firm: Organization, sign_in_as) -> FlaskClient:
    return sign_in_as(make_user(session, firm))


def _only(session: Session) -> tuple[Demand, FinancingNeed]:
    """The only need there is; the write lock is given back for the next request."""
    found = session.exec(select(Demand)).one(), session.exec(select(FinancingNeed)).one()
    session.expunge_all()
    session.rollback()
    return found


def test_saving_and_publishing_stores_what_was_typed(filer: FlaskClient, session: Session) -> None:
    answer = filer.post("/financing-needs/new", data=_filled())
    demand, need = _only(session)
    assert answer.status_code == 303
    assert answer.location == f"/financing-needs/{demand.public_id}"
    assert (demand.title, demand.text, demand.status, demand.expires_on) == (
        "铜线扩产", "采购铜杆", PostingStatus.OPEN, today() + timedelta(days=90),
    )  # fmt: skip
    assert (need.amount_fen, need.term_months, need.purpose, need.guarantee_methods, need.max_annual_rate_bps) == (
        500 * FEN_PER_WAN, 12, "working_capital", ["mortgage"], 450,
    )  # fmt: skip
    page = filer.get(answer.location).text
    for text in ("500 万元", "4.50%", "抵押", "采购铜杆", "发布中", "暂停"):
        assert text in page


def test_a_title_is_enough_for_a_draft(filer: FlaskClient, session: Session) -> None:
    filer.post("/financing-needs/new", data={"title": "铜线扩产", "action": "save"})
    demand, need = _only(session)
    assert (demand.status, need.amount_fen) == (PostingStatus.DRAFT, None)


def test_an_incomplete_need_is_not_published_nor_saved_and_comes_back_as_typed(
    filer: FlaskClient, session: Session
) -> None:
    answer = filer.post("/financing-needs/new", data=_filled(amount_fen="", text="买铜杆"))
    assert answer.status_code == 422
    assert 'id="amount_fen-error"' in answer.text
    assert "买铜杆" in answer.text
    assert 'value="4.5"' in answer.text
    assert session.exec(select(Demand)).all() == []


@pytest.mark.parametrize(
    ("name", "typed"), [("amount_fen", "五百"), ("amount_fen", "0"), ("term_months", "361"), ("expires_on", "明年")]
)
def test_bad_input_is_kept_with_an_error_beside_it(filer: FlaskClient, session: Session, name: str, typed: str) -> None:
    answer = filer.post("/financing-needs/new", data=_filled(**{name: typed, "action": "save"}))
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert session.exec(select(Demand)).all() == []


def test_an_expiry_in_the_past_is_refused(filer: FlaskClient) -> None:
    answer = filer.post("/financing-needs/new", data=_filled(expires_on=(today() - timedelta(days=1)).isoformat()))
    assert answer.status_code == 422
    assert "不能早于今天" in answer.text


def test_the_form_suggests_ninety_days(filer: FlaskClient) -> None:
    assert f'value="{today() + timedelta(days=90)}"' in filer.get("/financing-needs/new").text


def test_publishing_an_incomplete_draft_from_its_page_shows_the_form_with_what_is_missing(
    filer: FlaskClient, session: Session
) -> None:
    filer.post("/financing-needs/new", data={"title": "铜线扩产", "action": "save"})
    demand, _ = _only(session)
    answer = filer.post(f"/financing-needs/{demand.public_id}/publish")
    assert answer.status_code == 422
    assert 'id="term_months-error"' in answer.text
    assert f'action="/financing-needs/{demand.public_id}/edit"' in answer.text
    assert _only(session)[0].status is PostingStatus.DRAFT


def test_pausing_resuming_and_closing_show_in_status_and_history(
    filer: FlaskClient, session: Session, firm: Organization
) -> None:
    address = f"/financing-needs/{_published(filer, session)}"
    for step, status in (("pause", "已暂停"), ("publish", "发布中")):
        assert filer.post(f"{address}/{step}").status_code == 303
        assert status in filer.get(address).text
    assert filer.post(f"{address}/close", data={"reason": " "}).status_code == 422
    assert filer.post(f"{address}/close", data={"reason": "已获得贷款"}).status_code == 303
    page = filer.get(address).text
    assert "已关闭" in page
    assert "已获得贷款" in page
    assert filer.post(f"{address}/publish").status_code == 409


def _published(filer: FlaskClient, session: Session) -> str:
    filer.post("/financing-needs/new", data=_filled())
    demand, _ = _only(session)
    return demand.public_id


def test_of_two_editors_the_second_sees_both_values_and_may_insist(filer: FlaskClient, session: Session) -> None:
    address = f"/financing-needs/{_published(filer, session)}/edit"
    assert filer.post(address, data=_filled(term_months="24", version="1", action="save")).status_code == 303
    answer = filer.post(address, data=_filled(term_months="36", version="1", action="save"))
    assert answer.status_code == 409
    assert '<td data-label="现在已保存的">24</td>' in answer.text
    assert '<td data-label="您填写的">36</td>' in answer.text
    assert _only(session)[1].term_months == 24
    assert filer.post(address, data=_filled(term_months="36", version="2", action="save")).status_code == 303
    assert _only(session)[1].term_months == 36


def test_a_failed_run_is_told_and_the_need_is_published(
    filer: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _crash(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("engine")

    monkeypatch.setattr("matchmaking.Recommender.recommend", _crash)
    answer = filer.post("/financing-needs/new", data=_filled(), follow_redirects=True)
    assert "推荐暂未更新，原有推荐保留。" in answer.text
    assert _only(session)[0].status is PostingStatus.OPEN


def test_an_unverified_firm_saves_drafts_but_cannot_publish(session: Session, sign_in_as) -> None:
    waiting = make_organization(session, status=OrganizationStatus.REGISTERED)
    client = sign_in_as(make_user(session, waiting))
    answer = client.post("/financing-needs/new", data=_filled())
    assert answer.status_code == 422
    assert "尚未通过官方核验" in answer.text
    assert client.post("/financing-needs/new", data=_filled(action="save")).status_code == 303
    assert _only(session)[0].status is PostingStatus.DRAFT


@pytest.mark.parametrize(
    ("method", "path"), [("get", ""), ("get", "/edit"), ("post", "/edit"), ("post", "/publish"), ("post", "/close")]
)
def test_a_need_of_another_firm_does_not_exist(filer: FlaskClient, session: Session, method: str, path: str) -> None:
    foreign = make_financing_need(session, make_organization(session)).public_id
    session.commit()
    foreign_answer = getattr(filer, method)(f"/financing-needs/{foreign}{path}")
    missing_answer = getattr(filer, method)(f"/financing-needs/nosuchneed22{path}")
    assert foreign_answer.status_code == missing_answer.status_code == 404
    assert _without_tokens(foreign_answer.text) == _without_tokens(missing_answer.text).replace("nosuchneed22", foreign)


def _without_tokens(page: str) -> str:
    """CSRF tokens change with the clock."""
    return re.sub(r'name="(?:csrf_token|idempotency_key)" value="[^"]+"', "", page)


@pytest.mark.parametrize("kind", [OrganizationKind.BANK, OrganizationKind.BUYER, OrganizationKind.CHAIN_OFFICE])
def test_others_may_not_open_the_pages(session: Session, sign_in_as, kind: OrganizationKind) -> None:
    client = sign_in_as(make_user(session, make_organization(session, kind)))
    assert client.get("/financing-needs").status_code == 403
    assert client.post("/financing-needs/new", data=_filled()).status_code == 403
    assert session.exec(select(Demand)).all() == []


def test_the_list_shows_own_needs_by_status(filer: FlaskClient, session: Session, firm: Organization) -> None:
    own, foreign = make_financing_need(session, firm), make_financing_need(session, make_organization(session))
    session.commit()
    filer.post("/financing-needs/new", data={"title": "还没写完", "action": "save"})
    everything = filer.get("/financing-needs").text
    assert own.public_id in everything
    assert "还没写完" in everything
    assert foreign.public_id not in everything
    drafts = filer.get("/financing-needs?status=draft").text
    assert "还没写完" in drafts
    assert own.public_id not in drafts
