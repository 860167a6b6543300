"""Runs of the engine and what they leave behind."""

from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from matchmaking import MatchSettings, Recommender
from models.organization import Organization
from models.posting import Demand
from models.recommendation import FactsSnapshot, Recommendation, RecommendationRun
from tests.factories import (
    make_financing_need,
    make_loan_product,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
)
from vocabulary.classifications import Market
from vocabulary.lifecycles import OrganizationStatus, PostingStatus, RunStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows import recommendations
from workflows.recommendations import (
    refresh_all,
    refresh_demand,
    refresh_for_organization,
    refresh_supply,
    replay,
)

TODAY = date(2026, 6, 15)


def current(session: Session) -> list[Recommendation]:
    statement = select(Recommendation).where(col(Recommendation.superseded_at).is_(None))
    return list(session.exec(statement.order_by(col(Recommendation.id))))


@pytest.fixture
def need(session: Session) -> Demand:
    firm = make_organization(session)
    make_profile(session, firm)
    return make_financing_need(session, firm)


@pytest.fixture
def bank(session: Session) -> Any:
    return make_organization(session, OrganizationKind.BANK)


def test_a_need_is_recommended_every_product_with_the_reasons(session: Session, need: Demand, bank: Any) -> None:
    open_product = make_loan_product(session, bank)
    small = make_loan_product(session, bank, max_amount_fen=100_000_000)
    run = refresh_demand(session, need.id, today=TODAY)
    rows = {row.supply_id: row for row in current(session)}
    assert (run.status, run.n_pairs, run.n_recommended) == (RunStatus.FINISHED, 2, 2)
    assert rows[open_product.id].state is PairState.ELIGIBLE
    assert sum(part["points"] for part in rows[open_product.id].contributions) == pytest.approx(
        rows[open_product.id].score, abs=1e-9
    )
    assert (rows[small.id].state, rows[small.id].first_closed_gate) == (PairState.CLOSED, "amount")
    assert [(change["field"], change["value"]) for change in rows[small.id].changes] == [("amount_fen", 100_000_000)]


def test_a_run_that_says_the_same_keeps_the_rows(session: Session, need: Demand, bank: Any) -> None:
    make_loan_product(session, bank)
    make_loan_product(session, bank, max_amount_fen=100_000_000)
    refresh_demand(session, need.id, today=TODAY)
    first = [row.public_id for row in current(session)]
    refresh_demand(session, need.id, today=TODAY)
    assert [row.public_id for row in current(session)] == first
    assert len(session.exec(select(FactsSnapshot)).all()) == 3


def test_changed_terms_supersede_what_was_recommended_before(session: Session, need: Demand, bank: Any) -> None:
    product = make_loan_product(session, bank)
    refresh_demand(session, need.id, today=TODAY)
    (before,) = current(session)
    product.title = "铜线贷"
    session.flush()
    refresh_supply(session, product.id, today=TODAY)
    (after,) = current(session)
    session.refresh(before)
    assert after.public_id != before.public_id
    assert before.superseded_at is not None


def test_a_closed_need_loses_its_recommendations(session: Session, need: Demand, bank: Any) -> None:
    make_loan_product(session, bank)
    refresh_demand(session, need.id, today=TODAY)
    need.status = PostingStatus.CLOSED
    session.flush()
    (run,) = refresh_for_organization(session, need.organization_id, today=TODAY)
    assert current(session) == []
    assert (run.status, run.n_pairs) == (RunStatus.FINISHED, 0)


def test_a_crash_of_the_engine_keeps_the_old_recommendations(
    session: Session, need: Demand, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_loan_product(session, bank)
    refresh_demand(session, need.id, today=TODAY)
    before = [row.public_id for row in current(session)]

    def crash(*_arguments: object) -> None:
        raise ZeroDivisionError("no mass")

    monkeypatch.setattr(Recommender, "recommend", crash)
    run = refresh_demand(session, need.id, today=TODAY)
    assert (run.status, run.error) == (RunStatus.FAILED, "ZeroDivisionError: no mass")
    assert [row.public_id for row in current(session)] == before


def test_a_past_recommendation_is_made_again_after_the_rows_changed(session: Session, need: Demand, bank: Any) -> None:
    product = make_loan_product(session, bank, max_amount_fen=100_000_000, min_months_in_operation=24)
    refresh_demand(session, need.id, today=TODAY)
    (row,) = current(session)
    product.title = need.title = "改了"
    session.flush()
    again = replay(session, row)
    assert (again.score, again.state) == (row.score, row.state.value)
    assert recommendations._content(again, row.demand_digest, row.supply_digest)["gates"] == row.gates


def test_a_whole_run_equals_the_small_runs(engine: Engine, session: Session) -> None:
    for trade in ("裸铜线", "镀锡铜线", "电缆"):
        firm = make_organization(session)
        make_profile(session, firm, main_products=trade)
        make_product_line(session, firm)
    buyer = make_organization(session, OrganizationKind.BUYER)
    needs = [make_purchase_need(session, buyer).id for _ in range(2)]
    session.commit()
    runs = refresh_all(engine, today=TODAY)
    assert [(run.market, run.status) for run in runs] == [(market, RunStatus.FINISHED) for market in Market]
    whole = [row.public_id for row in current(session)]
    for need_id in needs:
        refresh_demand(session, need_id, today=TODAY)
    assert [row.public_id for row in current(session)] == whole
    assert len(whole) == 6


def test_a_whole_run_leaves_alone_what_was_refreshed_meanwhile(
    engine: Engine, session: Session, need: Demand, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_loan_product(session, bank)
    session.commit()
    plain = Recommender.recommend

    def recommend_while_the_need_is_closed(*arguments: Any) -> Any:
        monkeypatch.setattr(Recommender, "recommend", plain)
        pairs = plain(*arguments)
        need.status = PostingStatus.CLOSED
        session.add(need)
        session.flush()
        refresh_demand(session, need.id, today=TODAY)
        session.commit()
        return pairs

    monkeypatch.setattr(Recommender, "recommend", recommend_while_the_need_is_closed)
    refresh_all(engine, today=TODAY)
    assert current(session) == []
    assert len(session.exec(select(RecommendationRun)).all()) == 3


def test_a_whole_run_takes_back_what_a_suspended_firm_was_recommended(
    engine: Engine, session: Session, need: Demand, bank: Any
) -> None:
    make_loan_product(session, bank)
    refresh_demand(session, need.id, today=TODAY)
    session.get_one(Organization, need.organization_id).status = OrganizationStatus.SUSPENDED
    session.commit()
    refresh_all(engine, today=TODAY)
    assert current(session) == []


def test_a_crash_in_one_market_leaves_the_other_to_its_run(
    engine: Engine, session: Session, need: Demand, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_loan_product(session, bank)
    refresh_demand(session, need.id, today=TODAY)
    session.commit()

    def crash(*_arguments: object) -> None:
        raise ZeroDivisionError("no mass")

    monkeypatch.setattr(Recommender, "recommend", crash)
    finance, supply = refresh_all(engine, today=TODAY)
    assert (finance.status, supply.status) == (RunStatus.FAILED, RunStatus.FINISHED)
    assert finance.error == "ZeroDivisionError: no mass"
    assert len(current(session)) == 1


def test_a_new_product_reaches_every_need_without_touching_other_pairs(
    session: Session, need: Demand, bank: Any
) -> None:
    make_loan_product(session, bank)
    other = make_organization(session)
    make_profile(session, other)
    make_financing_need(session, other)
    refresh_demand(session, need.id, today=TODAY)
    (before,) = current(session)
    product = make_loan_product(session, bank)
    run = refresh_supply(session, product.id, today=TODAY)
    rows = current(session)
    assert (run.n_pairs, len(rows)) == (2, 3)
    assert rows[0].public_id == before.public_id
    assert {row.supply_id for row in rows[1:]} == {product.id}


def test_single_refreshes_leave_what_a_whole_run_would(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists are full: a new line pushes one out, a closed one lets the next in."""
    small = partial(MatchSettings, per_demand=2, possible=1, near=1)
    monkeypatch.setattr(recommendations, "MatchSettings", small)
    buyer = make_organization(session, OrganizationKind.BUYER)
    for _ in range(3):
        make_purchase_need(session, buyer)
    lines = []
    for trade in ("电缆", "油茶", "裸铜线", "铜线", "镀锡铜线"):
        firm = make_organization(session)
        make_profile(session, firm, main_products=trade)
        lines.append(make_product_line(session, firm))
    for line in lines[3:]:
        line.status = PostingStatus.PAUSED
    session.commit()
    refresh_all(engine, today=TODAY)
    for line, status in (
        (lines[4], PostingStatus.OPEN),
        (lines[2], PostingStatus.CLOSED),
        (lines[3], PostingStatus.OPEN),
    ):
        line.status = status
        session.flush()
        refresh_supply(session, line.id, today=TODAY)
        session.commit()
        small_run = {(row.demand_id, row.supply_id): (row.state, row.score) for row in current(session)}
        session.commit()
        refresh_all(engine, today=TODAY)
        session.expire_all()
        assert {(row.demand_id, row.supply_id): (row.state, row.score) for row in current(session)} == small_run
        session.commit()
        assert len(small_run) == 6
