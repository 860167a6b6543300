"""What a firm, a bank or an official gains by trying to steer the order: as good as nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from statistics import median

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import Session

from matchmaking import MARKETS, MatchSettings, SupplyDemand, SupplySupply, recommend
from matchmaking.text import shipped
from tests import factories
from tests.builders import AS_OF, loan_product, product_line, purchase_need
from vocabulary import industries
from vocabulary.bands import SCALES
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows import facts, postings
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.loan_products import LOAN_PRODUCT

N_LINES, N_NEEDS = 200, 50


def _classes() -> list[tuple[str, str, str]]:
    """Code, name and note of classes of manufacturing, drawn once."""
    classes = [
        (code, entry.name_zh, entry.note) for code, entry in sorted(industries.by_code().items())
        if len(code) == 4 and "13" <= code[:2] <= "43" and entry.note
    ]  # fmt: skip
    return Random(7).sample(classes, N_LINES)


def _trades() -> list[tuple[str, str]]:
    return [(name, note) for _code, name, note in _classes()]


def _path(code: str) -> tuple[str, ...]:
    return ("C", code[:2], code[:3], code)


def _honest(name: str, note: str) -> dict[str, str]:
    return {"title": name, "specification": "", "text": f"{note[:60]}，供应市内企业。", "products": name}


def _stuffed_products(honest: dict[str, str], words: list[str]) -> dict[str, str]:
    return honest | {"products": "、".join([honest["products"], *words])}


def _stuffed_texts(honest: dict[str, str], words: list[str]) -> dict[str, str]:
    everything = "、".join(words)
    return {name: f"{value}、{everything}" for name, value in honest.items()}


def _repeated(honest: dict[str, str], words: list[str]) -> dict[str, str]:
    return honest | {"text": honest["text"] + "，".join(words[:8] * 20)}


def _sentences(honest: dict[str, str], words: list[str]) -> dict[str, str]:
    """The same words as sentences, which no separator shows."""
    return honest | {"text": honest["text"] + "".join(f"我们也生产{word}。" for word in words)}


def _text(told: dict[str, str]) -> str:
    return facts.line_text(told["title"], told["specification"], told["text"], told["products"])


@pytest.mark.parametrize("stuff", [_stuffed_products, _stuffed_texts, _repeated, _sentences])
def test_stuffing_gains_at_most_one_place_among_two_hundred(
    stuff: Callable[[dict[str, str], list[str]], dict[str, str]], record_property: Callable[[str, object], None]
) -> None:
    """Ranked by the engine's text component alone, as if nothing else told the lines apart: the most words can do."""
    trades, random, model = _trades(), Random(1), shipped()
    lines = model.vectors([_text(_honest(*trade)) for trade in trades])
    gains = []
    for number, wanted in enumerate(random.sample(range(N_LINES), N_NEEDS)):
        need = model.vectors([f"采购{trades[wanted][0]}，{trades[wanted][1][:40]}"])
        firm = (wanted + 1 + number) % N_LINES
        words = [name for name, _ in random.sample(trades, N_LINES)]
        stuffed = model.vectors([_text(stuff(_honest(*trades[firm]), words))])
        others = np.delete((lines @ need.T).toarray().ravel(), firm)
        before, after = (_place(others, float((row @ need.T).toarray()[0, 0])) for row in (lines[firm], stuffed))
        gains.append(before - after)
    record_property("median_places_gained", median(gains))
    assert median(gains) <= 1, (median(gains), max(gains))


def test_eight_foreign_words_gain_at_most_one_place_in_the_real_order() -> None:
    """The whole engine with the declared weights: below all limits, by seven products of other trades."""
    trades, random = _trades(), Random(1)
    rows = [
        product_line(id=number, organization_id=1_000 + number, text=_text(_honest(name, note)), chain=None,
                     industry_path=_path(code), spare_capacity_milli=random.randrange(2_600_000, 9_000_000))
        for number, (code, name, note) in enumerate(_classes())
    ]  # fmt: skip
    gains = []
    for number, wanted in enumerate(random.sample(range(N_LINES), N_NEEDS)):
        name, note = trades[wanted]
        need = purchase_need(text=f"采购{name}，{note[:40]}", industry_path=rows[wanted].industry_path, chain=None)
        firm = (wanted + 1 + number) % N_LINES
        told = _stuffed_products(_honest(*trades[firm]), [other for other, _ in random.sample(trades, 7)])
        stuffed = [*rows[:firm], replace(rows[firm], text=_text(told)), *rows[firm + 1 :]]
        gains.append(_place_in_list(need, rows, firm) - _place_in_list(need, stuffed, firm))
    assert median(gains) <= 1, (median(gains), max(gains))


def _place_in_list(need: SupplyDemand, rows: list[SupplySupply], firm: int) -> float:
    settings = MatchSettings(as_of=AS_OF, per_demand=N_LINES)
    found = {pair.supply_id: pair.score for pair in recommend(MARKETS["supply"], [need], rows, settings)}
    listed = np.array([found.get(number, 0.0) for number in range(len(rows))])
    return _place(np.delete(listed, firm), float(listed[firm]))


def _place(others: NDArray[np.float64], own: float) -> float:
    """Place from 1 among all; equal values share their mean place."""
    return 1 + float((others > own).sum() + (others == own).sum() / 2)


def test_without_the_limits_stuffing_would_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test."""
    monkeypatch.setattr(facts, "counted", lambda products, *texts: (*texts, products))
    with pytest.raises(AssertionError):
        test_stuffing_gains_at_most_one_place_among_two_hundred(_stuffed_products, lambda *_: None)


@pytest.mark.parametrize("seed", range(20))
def test_an_unverified_figure_ten_times_as_high_changes_no_fact(session: Session, seed: int) -> None:
    """Nor, where the engine reads it all the same, any answer or score: it counts in the least favourable band."""
    random = Random(seed)
    firm = factories.make_organization(session)
    revenue = random.randrange(1, 20_000) * FEN_PER_WAN
    profile = factories.make_profile(
        session, firm, verified_at=None, revenue_fen=revenue, employees=random.randrange(1, 2_000),
        collateral_value_fen=random.randrange(0, 9_000) * FEN_PER_WAN, debt_ratio_percent=random.randrange(1, 99),
    )  # fmt: skip
    factories.make_financing_need(session, firm)
    (before,) = facts.finance_demands(session, today=today())
    profile.revenue_fen, profile.employees = revenue * 10, (profile.employees or 0) * 10
    profile.collateral_value_fen, profile.debt_ratio_percent = (profile.collateral_value_fen or 1) * 10, 1
    session.add(profile)
    session.flush()
    (after,) = facts.finance_demands(session, today=today())
    assert after == before
    lowest = SCALES["debt_ratio"].levels[-1]
    assert (after.revenue_band, after.staff_band, after.collateral_band, after.debt_ratio_band) == (0, 0, 0, lowest)


@pytest.mark.parametrize("seed", range(20))
def test_an_unverified_firm_never_stands_higher_for_claiming_more(session: Session, seed: int) -> None:
    """Even if the rule were taken away that keeps firms nobody verified out of every list."""
    random = Random(seed)
    firm = factories.make_organization(session)
    profile = factories.make_profile(session, firm, verified_at=None, revenue_fen=random.randrange(1, 900) * 1_000_000)
    factories.make_financing_need(session, firm)
    product = loan_product(min_revenue_band=random.randrange(8), size_bands=(2,))
    lists = []
    for factor in (1, 10):
        profile.revenue_fen = (profile.revenue_fen or 0) * factor
        session.flush()
        (claimed,) = facts.finance_demands(session, today=today())
        found = recommend(
            MARKETS["finance"], [replace(claimed, is_verified=True)], [product], MatchSettings(as_of=AS_OF)
        )
        lists.append([(pair.state, pair.score) for pair in found])
    assert lists[0] == lists[1]


def test_a_bank_changes_the_terms_of_a_product_three_times_a_day(session: Session) -> None:
    bank = factories.make_actor(session, OrganizationKind.BANK)
    values = {
        "title": "流动资金贷款", "text": "", "expires_on": date(2099, 1, 1), "min_amount_fen": 10 * FEN_PER_WAN,
        "max_amount_fen": 900 * FEN_PER_WAN, "min_term_months": 3, "max_term_months": 36, "rate_from_bps": 345,
        "rate_to_bps": 450, "purposes": ["working_capital"], "guarantee_methods": ["mortgage"], "regions": ["4304"],
        "target_industries": [], "excluded_industries": [], "tax_grades": [], "tiers": [], "size_bands": [],
        "min_months_in_operation": None, "min_revenue_band": 0, "max_debt_ratio_band": None,
    }  # fmt: skip
    product = postings.create_draft(session, bank, LOAN_PRODUCT, values, today=today())

    def change(version: int, **changed: object) -> None:
        postings.edit(session, bank, LOAN_PRODUCT, product, values | changed, version=version, today=today())

    change(1, min_revenue_band=1)  # a draft tells nobody anything
    postings.publish(session, bank, LOAN_PRODUCT, product, today=today())
    change(2, min_revenue_band=2)
    change(3, min_revenue_band=3)
    with pytest.raises(NotComplete) as refused:
        change(4, min_revenue_band=4)
    assert refused.value.problems == {"min_revenue_band": "too_often"}
    change(4, min_revenue_band=3, title="流动资金贷款（新）")
