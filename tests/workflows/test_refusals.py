"""Refusals that teach (F37): codes by market, lists that follow, and nothing for other banks to see."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists import recommendations
from access.lists.next_best import next_best
from access.lookups import NotVisible
from matchmaking import MARKETS, MatchSettings, PastRefusal, explain, standing
from models.base import now
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Supply
from models.recommendation import Recommendation
from models.refusal import Refusal
from tests.builders import AS_OF, financing_need, loan_product
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_user,
)
from vocabulary.classifications import DeclineReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.reasons import GateAnswer, GateCode
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.recommendations import refresh_demand, refresh_for_organization
from workflows.refusals import ask_next, decline_case

_SECURED = ["mortgage", "pledge"]


class World:
    """A firm with one need; the first bank asks for collateral, so does the second, the third lends without."""

    def __init__(self, session: Session) -> None:
        self.session = session
        chain = make_chain(session)
        self.firm_row = make_organization(session, chain_id=chain.id)
        self.profile = make_profile(session, self.firm_row, collateral_value_fen=100 * FEN_PER_WAN)
        self.signatory = make_user(session, self.firm_row, Role.SIGNATORY)
        self.firm = actor_of(self.signatory, self.firm_row, Role.SIGNATORY)
        self.need = make_financing_need(session, self.firm_row)
        self.banks: list[Organization] = [make_organization(session, OrganizationKind.BANK) for _ in range(3)]
        methods = (_SECURED, _SECURED, ["mortgage", "unsecured"])
        self.products: list[Supply] = [
            make_loan_product(session, bank, guarantee_methods=accepted)
            for bank, accepted in zip(self.banks, methods, strict=True)
        ]
        self.officers = [make_user(session, bank) for bank in self.banks]
        introduced = now() - timedelta(days=3)
        self.pairing = make_pairing(
            session, self.need, self.products[0], chain,
            status=PairingStatus.INTRODUCED, decided_by_id=self.signatory.id, decided_at=introduced,
            introduced_at=introduced,
        )  # fmt: skip
        refresh_demand(session, self.need.id or 0, today=today())

    def officer(self, n: int) -> Actor:
        return actor_of(self.officers[n], self.banks[n])

    def refuse(self, reason: str = DeclineReason.COLLATERAL_INSUFFICIENT, **words: str) -> Refusal:
        return decline_case(self.session, self.officer(0), self.pairing, reason=reason, today=today(), **words)

    def states(self) -> list[str]:
        """What the firm's list says of each product."""
        rows = self.session.exec(select(Recommendation).where(col(Recommendation.superseded_at).is_(None))).all()
        state_of = {row.supply_id: row.state.value for row in rows}
        return [state_of[product.id or 0] for product in self.products]


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_refused_for_collateral_the_next_list_drops_products_that_need_it(world: World) -> None:
    assert world.states() == ["eligible", "eligible", "eligible"]
    world.refuse()
    assert world.states() == ["closed", "closed", "eligible"]
    row = world.session.exec(
        select(Recommendation).where(
            Recommendation.supply_id == world.products[1].id, col(Recommendation.superseded_at).is_(None)
        )
    ).one()
    gate = next(gate for gate in row.gates if gate["code"] == GateCode.REFUSED_BEFORE)
    assert gate["value"] == [{"reason": "collateral_insufficient", "on": today().isoformat()}]
    assert row.changes[0]["on"] == (today() + timedelta(days=180)).isoformat()


def test_new_collateral_after_the_refusal_opens_the_list_again(world: World) -> None:
    world.refuse()
    world.profile.collateral_value_fen = 50_000 * FEN_PER_WAN
    world.session.flush()
    refresh_for_organization(world.session, world.firm_row.id or 0, today=today())
    assert world.states() == ["eligible", "eligible", "eligible"]


@pytest.mark.parametrize("reason", ["", "capacity_insufficient", "nonsense"])
def test_a_bank_must_choose_a_code_of_its_market(world: World, reason: str) -> None:
    with pytest.raises(NotComplete):
        world.refuse(reason)
    assert world.pairing.status is PairingStatus.INTRODUCED
    assert world.session.exec(select(Refusal)).all() == []


def test_a_rule_the_product_does_not_state_is_kept_as_such(world: World) -> None:
    refusal = world.refuse(DeclineReason.DEBT_TOO_HIGH)
    assert (refusal.gate, refusal.gate_answer, refusal.is_stated) == (
        GateCode.DEBT_RATIO_BAND, GateAnswer.OPEN, False,
    )  # fmt: skip


def test_other_banks_see_nothing_of_a_refusal(world: World) -> None:
    product = world.products[1].public_id
    before = recommendations.for_counterpart(world.session, world.officer(1), product, size=10)
    assert [line.state.value for line in before.lines] == ["eligible"]
    world.refuse()
    after = recommendations.for_counterpart(world.session, world.officer(1), product, size=10)
    assert (after.lines, after.total) == ((), 0)
    assert recommendations.counts(world.session, world.officer(1), product) == {}
    assert [summary.counts for summary in recommendations.overview(world.session, world.officer(1))] == [{}]
    with pytest.raises(NotVisible):
        recommendations.detail(world.session, world.officer(1), before.lines[0].public_id)


def test_a_pair_closed_for_another_cause_too_tells_the_bank_of_that_cause_only(world: World) -> None:
    world.profile.revenue_fen = None
    world.session.flush()
    closed = make_loan_product(
        world.session, world.banks[1], guarantee_methods=_SECURED, max_amount_fen=100 * FEN_PER_WAN
    )
    world.refuse()
    (line,) = recommendations.for_counterpart(world.session, world.officer(1), closed.public_id, size=10).lines
    assert {gate["code"] for gate in line.gates if gate["answer"] == "closed"} == {"amount"}
    assert line.changes == ()


def test_only_the_firms_click_asks_the_next_one(world: World) -> None:
    world.refuse()
    (offer,) = next_best(world.session, world.firm, world.pairing)
    assert offer.supply_public_id == world.products[2].public_id
    assert len(world.session.exec(select(Pairing)).all()) == 1
    opened = ask_next(world.session, world.firm, world.pairing, recommendation_public_id=offer.public_id)
    assert (opened.supply_id, opened.status) == (world.products[2].id, PairingStatus.PROPOSED)
    assert next_best(world.session, world.firm, world.pairing) == []


def test_nobody_else_is_offered_the_next_one(world: World) -> None:
    offered = recommendations.for_firm(world.session, world.firm, world.need.public_id, size=10).lines
    world.refuse()
    assert next_best(world.session, world.officer(0), world.pairing) == []
    with pytest.raises(NotVisible):
        ask_next(world.session, world.officer(2), world.pairing, recommendation_public_id=offered[0].public_id)


def test_the_firm_reads_words_and_what_to_do_but_no_internal_note(sign_in_as: Any, world: World) -> None:
    world.refuse(message="厂房已抵押在他行", note="内部：风控不同意")
    page = sign_in_as(world.signatory).get(f"/cases/{world.pairing.public_id}").get_data(as_text=True)
    assert "厂房已抵押在他行" in page
    assert "打开企业档案" in page
    assert "询问下一家" in page
    assert "风控" not in page


def test_without_a_code_the_page_says_so_beside_the_field_and_keeps_the_words(sign_in_as: Any, world: World) -> None:
    client = sign_in_as(world.officers[0])
    url = f"/cases/{world.pairing.public_id}"
    answer = client.post(f"{url}/decline", data={"message": "厂房已抵押", "note": "风控"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请选择婉拒的原因" in page
    assert (page.count("厂房已抵押"), page.count("风控")) == (1, 1)
    assert "产能不足" not in page


def _refusal(reason: str, on: date = AS_OF, **values: Any) -> PastRefusal:
    return PastRefusal(reason=reason, on=on, by=20, **values)


@pytest.mark.parametrize(
    ("refusal", "product", "is_closed"),
    [
        (_refusal("collateral_insufficient", level=3), {"organization_id": 9}, True),
        (_refusal("collateral_insufficient", level=3), {"guarantee_methods": ("mortgage", "receivables")}, False),
        (_refusal("debt_too_high", level=3), {"organization_id": 9, "max_debt_ratio_band": 3}, True),
        (_refusal("debt_too_high", level=3), {"organization_id": 9, "max_debt_ratio_band": 4}, False),
        (_refusal("debt_too_high", level=3), {"max_debt_ratio_band": 7}, True),
        (_refusal("credit_record"), {}, True),
        (_refusal("credit_record"), {"organization_id": 9}, False),
        (_refusal("other", other_id=1), {}, True),
        (_refusal("other", other_id=2), {}, False),
        (_refusal("collateral_insufficient", AS_OF - timedelta(days=179), level=3), {}, True),
        (_refusal("collateral_insufficient", AS_OF - timedelta(days=180), level=3), {}, False),
    ],
)
def test_each_code_closes_what_the_table_of_lessons_says(
    refusal: PastRefusal, product: dict[str, Any], is_closed: bool
) -> None:
    need = financing_need(refusals=(refusal,))
    pair = explain(MARKETS["finance"], need, loan_product(**product), MatchSettings(as_of=AS_OF))
    assert (pair.first_closed == GateCode.REFUSED_BEFORE) == is_closed


def test_a_better_fact_answers_a_refusal_and_a_worse_one_does_not() -> None:
    refusal = _refusal("debt_too_high", level=3)
    assert standing((refusal,), financing_need(debt_ratio_band=2)) == ()
    assert standing((refusal,), financing_need(debt_ratio_band=3)) == (refusal,)
    assert standing((refusal,), financing_need(debt_ratio_band=None)) == (refusal,)


def test_facts_with_refusals_survive_storage() -> None:
    need = financing_need(refusals=(_refusal("other", other_id=1, category=("C",)),))
    assert type(need).from_dict(need.to_dict()) == need
