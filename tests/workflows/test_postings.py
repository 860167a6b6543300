"""Drafting, publishing, editing and ending a posting."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from access.lists.postings import PostingNoun, own_posting, own_postings, posting_history, terms_versions
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.posting import Demand
from models.recommendation import RecommendationRun
from tests.factories import (
    make_actor,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_product_line,
    make_purchase_need,
)
from vocabulary.lifecycles import OrganizationStatus, PostingStatus, RunStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows import postings
from workflows.errors import ChangedMeanwhile, NotComplete, StepNotAllowed
from workflows.financing_needs import FINANCING_NEED
from workflows.loan_products import LOAN_PRODUCT
from workflows.product_lines import PRODUCT_LINE

TODAY = date(2026, 6, 1)
NEED = {
    "title": "铜线扩产",
    "text": "采购铜杆",
    "expires_on": TODAY + timedelta(days=90),
    "amount_fen": 500 * FEN_PER_WAN,
    "term_months": 12,
    "purpose": "working_capital",
    "guarantee_methods": ["mortgage"],
    "max_annual_rate_bps": None,
}


def _draft(session: Session, actor, **values):
    return postings.create_draft(session, actor, FINANCING_NEED, NEED | values, today=TODAY)


def test_a_draft_needs_only_a_title(session: Session) -> None:
    actor = make_actor(session)
    posting = postings.create_draft(session, actor, FINANCING_NEED, {"title": "铜线扩产"}, today=TODAY)
    assert (posting.status, posting.opened_at, posting.title) == (PostingStatus.DRAFT, None, "铜线扩产")


def test_publishing_an_incomplete_need_names_every_missing_field(session: Session) -> None:
    actor = make_actor(session)
    posting = postings.create_draft(session, actor, FINANCING_NEED, {"title": "铜线扩产"}, today=TODAY)
    with pytest.raises(NotComplete) as refused:
        postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    wanted = ("amount_fen", "term_months", "purpose", "guarantee_methods", "expires_on")
    assert refused.value.problems == dict.fromkeys(wanted, "missing")
    assert posting.status is PostingStatus.DRAFT


def test_publishing_opens_and_recommends(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    run = postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    assert (posting.status, run.status, run.demand_id) == (PostingStatus.OPEN, RunStatus.FINISHED, posting.id)
    assert posting.opened_at is not None


def test_an_unverified_organization_cannot_publish(session: Session) -> None:
    actor = make_actor(session, status=OrganizationStatus.REGISTERED)
    posting = _draft(session, actor)
    with pytest.raises(NotComplete) as refused:
        postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    assert refused.value.problems == {"organization": "not_verified"}


def test_an_expiry_in_the_past_is_refused_even_for_a_draft(session: Session) -> None:
    with pytest.raises(NotComplete) as refused:
        _draft(session, make_actor(session), expires_on=TODAY - timedelta(days=1))
    assert refused.value.problems == {"expires_on": "in_past"}


def test_a_posting_may_expire_today(session: Session) -> None:
    assert _draft(session, make_actor(session), expires_on=TODAY).expires_on == TODAY


def test_a_paused_posting_keeps_the_day_it_was_first_opened(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    opened_at = posting.opened_at
    postings.pause(session, actor, FINANCING_NEED, posting, today=TODAY)
    assert posting.status is PostingStatus.PAUSED
    postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    assert (posting.status, posting.opened_at) == (PostingStatus.OPEN, opened_at)


def test_closing_needs_a_reason_and_is_final(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    with pytest.raises(NotComplete):
        postings.close(session, actor, FINANCING_NEED, posting, reason="", today=TODAY)
    postings.close(session, actor, FINANCING_NEED, posting, reason="已从他行获得贷款", today=TODAY)
    assert (posting.status, posting.closed_reason) == (PostingStatus.CLOSED, "已从他行获得贷款")
    with pytest.raises(StepNotAllowed):
        postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    with pytest.raises(StepNotAllowed):
        postings.edit(session, actor, FINANCING_NEED, posting, NEED | {"title": "新"}, version=1, today=TODAY)


def test_a_refused_step_names_who_changed_this_posting_not_one_with_the_same_id(session: Session) -> None:
    firm, bank = make_actor(session), make_actor(session, OrganizationKind.BANK)
    need = _draft(session, firm)
    product = postings.create_draft(session, bank, LOAN_PRODUCT, {"title": "流贷"}, today=TODAY)
    assert need.id == product.id
    postings.close(session, firm, FINANCING_NEED, need, reason="不再需要", today=TODAY)
    postings.close(session, bank, LOAN_PRODUCT, product, reason="停办", today=TODAY)
    with pytest.raises(StepNotAllowed) as refused:
        postings.pause(session, firm, FINANCING_NEED, need, today=TODAY)
    assert refused.value.changed_by == firm.name
    assert [entry.actor_name for entry in posting_history(session, need)] == [firm.name, firm.name]


def test_the_second_of_two_editors_is_shown_the_newer_values(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    first, second = NEED | {"term_months": 24}, NEED | {"term_months": 36}
    postings.edit(session, actor, FINANCING_NEED, posting, first, version=1, today=TODAY)
    with pytest.raises(ChangedMeanwhile) as refused:
        postings.edit(session, actor, FINANCING_NEED, posting, second, version=1, today=TODAY)
    assert (refused.value.version, refused.value.current["term_months"]) == (2, 24)
    assert session.get_one(FinancingNeed, posting.id).term_months == 24


def test_editing_an_open_posting_recommends_anew_and_a_draft_does_not(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    assert postings.edit(session, actor, FINANCING_NEED, posting, NEED | {"text": "一"}, version=1, today=TODAY) is None
    postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    before = len(session.exec(select(RecommendationRun)).all())
    run = postings.edit(session, actor, FINANCING_NEED, posting, NEED | {"text": "二"}, version=2, today=TODAY)
    assert run is not None
    assert len(session.exec(select(RecommendationRun)).all()) == before + 1


def test_an_open_posting_cannot_be_edited_into_an_incomplete_one(session: Session) -> None:
    actor = make_actor(session)
    posting = _draft(session, actor)
    postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    with pytest.raises(NotComplete) as refused:
        postings.edit(session, actor, FINANCING_NEED, posting, NEED | {"amount_fen": None}, version=1, today=TODAY)
    assert refused.value.problems == {"amount_fen": "missing"}
    assert posting.version == 1


def test_a_crash_of_the_engine_does_not_stop_publishing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:

    def _crash(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("engine")

    actor = make_actor(session)
    posting = _draft(session, actor)
    monkeypatch.setattr("matchmaking.Recommender.recommend", _crash)
    run = postings.publish(session, actor, FINANCING_NEED, posting, today=TODAY)
    assert (posting.status, run.status) == (PostingStatus.OPEN, RunStatus.FAILED)


def test_spare_capacity_above_the_yearly_capacity_is_refused(session: Session) -> None:
    values = {"title": "裸铜线", "yearly_capacity_milli": 1_000, "spare_capacity_milli": 2_000}
    with pytest.raises(NotComplete) as refused:
        postings.create_draft(session, make_actor(session), PRODUCT_LINE, values, today=TODAY)
    assert list(refused.value.problems) == ["spare_capacity_milli"]


PRODUCT = {
    "title": "流动资金贷款", "expires_on": TODAY + timedelta(days=365), "branch": "常宁支行",
    "min_amount_fen": 10 * FEN_PER_WAN, "max_amount_fen": 1_000 * FEN_PER_WAN, "min_term_months": 3,
    "max_term_months": 36, "rate_from_bps": 345, "rate_to_bps": 450, "purposes": ["working_capital"],
    "guarantee_methods": ["mortgage"], "regions": ["430400"],
}  # fmt: skip


def test_new_terms_of_a_published_product_are_a_new_version_beside_the_old_terms(session: Session) -> None:
    bank = make_actor(session, OrganizationKind.BANK)
    product = postings.create_draft(session, bank, LOAN_PRODUCT, PRODUCT, today=TODAY)
    postings.publish(session, bank, LOAN_PRODUCT, product, today=TODAY)
    later = TODAY + timedelta(days=30)
    postings.edit(session, bank, LOAN_PRODUCT, product, PRODUCT | {"rate_to_bps": 500}, version=1, today=later)
    found = [(each.version, each.valid_from, each.values["rate_to_bps"]) for each in terms_versions(session, product)]
    assert found == [(2, later, 500), (1, TODAY, 450)]
    assert session.get_one(LoanProduct, product.id).current_version == 2


def test_a_new_title_or_branch_keeps_the_version_of_the_terms(session: Session) -> None:
    bank = make_actor(session, OrganizationKind.BANK)
    product = postings.create_draft(session, bank, LOAN_PRODUCT, PRODUCT, today=TODAY)
    postings.publish(session, bank, LOAN_PRODUCT, product, today=TODAY)
    edited = PRODUCT | {"title": "铜线贷", "branch": "衡阳分行"}
    postings.edit(session, bank, LOAN_PRODUCT, product, edited, version=1, today=TODAY)
    assert [each.version for each in terms_versions(session, product)] == [1]


def test_terms_of_a_draft_product_are_replaced_in_place(session: Session) -> None:
    bank = make_actor(session, OrganizationKind.BANK)
    product = postings.create_draft(session, bank, LOAN_PRODUCT, PRODUCT, today=TODAY)
    postings.edit(session, bank, LOAN_PRODUCT, product, PRODUCT | {"rate_to_bps": 500}, version=1, today=TODAY)
    assert [each.values["rate_to_bps"] for each in terms_versions(session, product)] == [500]


def test_limits_that_cross_are_refused(session: Session) -> None:
    bank = make_actor(session, OrganizationKind.BANK)
    crossed = PRODUCT | {"max_amount_fen": 1 * FEN_PER_WAN, "rate_to_bps": 300}
    with pytest.raises(NotComplete) as refused:
        postings.create_draft(session, bank, LOAN_PRODUCT, crossed, today=TODAY)
    assert set(refused.value.problems) == {"max_amount_fen", "rate_to_bps"}


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (OrganizationKind.BANK, Role.OFFICER),
        (OrganizationKind.BUYER, Role.BUYER),
        (OrganizationKind.CHAIN_OFFICE, Role.OFFICIAL),
    ],
)
def test_only_an_enterprise_posts_financing_needs(session: Session, kind: OrganizationKind, role: Role) -> None:
    with pytest.raises(NotAllowed):
        _draft(session, make_actor(session, kind, role))
    assert session.exec(select(Demand)).all() == []


def test_a_posting_of_another_firm_or_of_the_other_market_is_not_visible(session: Session) -> None:
    actor, other = make_actor(session), make_organization(session)
    foreign = make_financing_need(session, other)
    own_organization = session.get_one(type(other), actor.organization_id)
    purchase = make_purchase_need(session, own_organization)
    for posting in (foreign, purchase):
        with pytest.raises(NotVisible):
            own_posting(session, actor, PostingNoun.FINANCING_NEED, posting.public_id)
    assert own_posting(session, actor, PostingNoun.PURCHASE_NEED, purchase.public_id) == purchase


def test_the_list_counts_statuses_and_leaves_out_other_markets_and_firms(session: Session) -> None:
    actor, other = make_actor(session), make_organization(session)
    own = session.get_one(type(other), actor.organization_id)
    make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    make_product_line(session, own)
    make_purchase_need(session, own)
    make_financing_need(session, other)
    need = make_financing_need(session, own)
    _draft(session, actor)
    found = own_postings(session, actor, PostingNoun.FINANCING_NEED)
    assert found.counts == {PostingStatus.OPEN: 1, PostingStatus.DRAFT: 1}
    only_open = own_postings(session, actor, PostingNoun.FINANCING_NEED, status=PostingStatus.OPEN)
    assert ([row.public_id for row in only_open.rows], only_open.total) == ([need.public_id], 1)
