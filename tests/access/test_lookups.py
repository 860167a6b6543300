"""One row for an actor: who is given it, and who gets the answer of a row that is not there."""

from dataclasses import replace
from functools import partial

import pytest
from sqlmodel import select

from access import lookups, scopes
from access.actor import ANONYMOUS
from access.lists.postings import PostingNoun, own_posting
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import (
    NotAllowed,
    Recused,
    Rule,
    is_city_level,
    is_counterpart,
    is_of_own_chain,
    is_own,
    is_own_chain,
    is_recused,
    keeps_chain,
    may,
    require,
    require_rule,
)
from models.base import now
from models.chain import Chain
from models.organization import Organization
from models.recommendation import Recommendation, RecommendationRun
from tests import factories
from tests.workflows.test_verdicts import World
from vocabulary.classifications import Market, Side
from vocabulary.lifecycles import RunStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind, Role


@pytest.fixture
def world(session):
    """A firm, a bank and their pairing in one chain, and everybody who has nothing to do with them."""
    world = World(session)
    world.proposed = world.pairing()
    world.other_chain = factories.make_chain(session)
    world.other_firm = factories.make_actor(session, chain_id=world.other_chain.id)
    world.other_bank = factories.make_actor(session, OrganizationKind.BANK)
    world.other_office = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=world.other_chain.id)
    world.joint = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    world.nowhere = replace(world.office, chain_id=None)
    return world


def _sees(ask) -> bool:
    try:
        ask()
    except NotVisible:
        return False
    return True


def _own(noun, session, actor, public_id):
    return own_posting(session, actor, noun, public_id)


def test_own_postings_are_given_to_their_owner_only(session, world):
    for actor, demand, supply in (
        (world.firm, True, False), (world.counterpart, False, True), (world.other_firm, False, False),
        (world.other_bank, False, False), (world.office, False, False), (world.joint, False, False),
        (ANONYMOUS, False, False),
    ):  # fmt: skip
        assert (
            _sees(lambda a=actor: own_posting(session, a, PostingNoun.FINANCING_NEED, world.demand.public_id)) is demand
        )
        assert (
            _sees(lambda a=actor: own_posting(session, a, PostingNoun.LOAN_PRODUCT, world.supply.public_id)) is supply
        )
    assert own_posting(session, world.firm, PostingNoun.FINANCING_NEED, world.demand.public_id) is world.demand
    assert own_posting(session, world.counterpart, PostingNoun.LOAN_PRODUCT, world.supply.public_id) is world.supply


def test_a_row_that_is_not_there_is_not_visible_either(session, world):
    for ask in (
        *(partial(_own, noun) for noun in PostingNoun),
        lookups.own_pairing,
        lookups.own_pair,
        lookups.own_recommendation,
    ):
        with pytest.raises(NotVisible):
            ask(session, world.firm, "nothing")
    for ask in (lookups.organization_to_check, lookups.pairing_to_decide):
        with pytest.raises(NotVisible):
            ask(session, world.joint, "nothing")


def test_of_two_own_rows_the_one_asked_for_is_given(session, world):
    second = factories.make_financing_need(session, world.firm_row)
    assert own_posting(session, world.firm, PostingNoun.FINANCING_NEED, second.public_id) is second
    line = factories.make_product_line(session, world.firm_row)
    assert factories.make_product_line(session, world.firm_row) is not line
    assert own_posting(session, world.firm, PostingNoun.PRODUCT_LINE, line.public_id) is line
    other = factories.make_pairing(session, second, world.supply, world.chain)
    assert lookups.own_pairing(session, world.firm, other.public_id) is other
    assert lookups.pairing_to_decide(session, world.office, other.public_id) is other
    assert lookups.organization_to_check(session, world.joint, world.counterpart_row.public_id) is world.counterpart_row


def test_a_pairing_is_given_to_its_two_sides_and_to_those_who_decide(session, world):
    public_id = world.proposed.public_id
    for actor, own, decide in (
        (world.firm, True, False), (world.counterpart, True, False), (world.other_firm, False, False),
        (world.other_bank, False, False), (world.office, False, True), (world.joint, False, True),
        (world.other_office, False, False), (world.nowhere, False, False), (ANONYMOUS, False, False),
    ):  # fmt: skip
        assert _sees(lambda a=actor: lookups.own_pairing(session, a, public_id)) is own
        assert _sees(lambda a=actor: lookups.pairing_to_decide(session, a, public_id)) is decide
    assert lookups.own_pairing(session, world.firm, public_id) is world.proposed
    assert lookups.pairing_to_decide(session, world.joint, public_id) is world.proposed


def test_enterprises_are_checked_by_their_office_and_banks_by_the_joint_office(session, world):
    another_office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=world.chain.id)
    in_chain_bank = factories.make_organization(session, OrganizationKind.BANK, chain_id=world.chain.id)
    for actor, firm, bank in (
        (world.office, True, False), (world.other_office, False, False), (world.joint, True, True),
        (world.firm, False, False), (world.nowhere, False, False), (ANONYMOUS, False, False),
    ):  # fmt: skip
        assert _sees(lambda a=actor: lookups.organization_to_check(session, a, world.firm_row.public_id)) is firm
        assert _sees(lambda a=actor: lookups.organization_to_check(session, a, in_chain_bank.public_id)) is bank
        assert not _sees(lambda a=actor: lookups.organization_to_check(session, a, another_office.public_id))
    assert scopes.is_joint_office(world.joint)
    assert not scopes.is_joint_office(world.office)


def test_who_has_no_organization_does_not_own_what_has_none_either(session, world):
    ownerless = factories.make_chain(session, merged_into_id=None)
    assert ownerless.merged_into_id is None
    assert session.exec(select(Chain).where(scopes.own(ANONYMOUS, Chain.merged_into_id))).all() == []
    of_firm = select(Organization.id).where(scopes.own(world.firm, Organization.id))
    assert session.exec(of_firm).all() == [world.firm_row.id]


def _recommend(session, demand, supply, **values) -> Recommendation:
    run = RecommendationRun(
        market=Market.FINANCE, settings_fingerprint="", status=RunStatus.FINISHED, finished_at=now()
    )
    session.add(run)
    session.flush()
    row = Recommendation(
        run_id=run.id, market=Market.FINANCE, demand_id=demand.id, supply_id=supply.id, state=PairState.ELIGIBLE,
        score=0.5, n_components=1, n_with_data=1, demand_digest="", supply_digest="", **values,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_a_recommended_pair_is_given_to_its_sides_with_the_side_they_are(session, world):
    row = _recommend(session, world.demand, world.supply)
    _recommend(session, factories.make_financing_need(session, world.firm_row), world.supply)
    assert lookups.own_pair(session, world.firm, row.public_id) == (row, world.demand, world.supply, Side.DEMAND)
    assert lookups.own_pair(session, world.counterpart, row.public_id) == (row, world.demand, world.supply, Side.SUPPLY)
    assert lookups.own_recommendation(session, world.firm, row.public_id) == (row, Side.DEMAND)
    assert lookups.own_recommendation(session, world.counterpart, row.public_id) == (row, Side.SUPPLY)
    for actor in (world.other_firm, world.other_bank, world.office, world.joint, ANONYMOUS):
        assert not _sees(lambda a=actor: lookups.own_recommendation(session, a, row.public_id))


def test_an_old_address_leads_to_the_row_that_replaced_it_and_to_none_when_there_is_none(session, world):
    old = _recommend(session, world.demand, world.supply, superseded_at=now())
    assert not _sees(lambda: lookups.own_recommendation(session, world.firm, old.public_id))
    new = _recommend(session, world.demand, world.supply)
    assert lookups.own_recommendation(session, world.firm, old.public_id)[0] is new
    # Another pair with the same demand or the same supply is not what the address named.
    other_need = factories.make_financing_need(session, world.firm_row)
    other_product = factories.make_loan_product(session, world.counterpart_row)
    stale = _recommend(session, other_need, other_product, superseded_at=now())
    _recommend(session, other_need, world.supply)
    _recommend(session, world.demand, other_product)
    assert not _sees(lambda: lookups.own_recommendation(session, world.firm, stale.public_id))


class _Row:
    def __init__(self, **values) -> None:
        self.__dict__.update(values)


def test_each_rule_holds_for_whom_it_names_and_for_nobody_else(world):
    firm_id, chain_id = world.firm_row.id, world.chain.id
    own = _Row(organization_id=firm_id)
    assert is_own(world.firm, own)
    assert not is_own(world.other_firm, own)
    assert not is_own(ANONYMOUS, _Row(organization_id=None))
    row, chain = _Row(chain_id=chain_id), _Row(id=chain_id)
    for rule, about in ((is_of_own_chain, row), (is_own_chain, chain)):
        assert rule(world.office, about)
        for actor in (world.other_office, world.joint, world.firm, world.nowhere, ANONYMOUS):
            assert not rule(actor, about)
    assert not is_of_own_chain(world.nowhere, _Row(chain_id=None))
    assert is_city_level(world.joint, None)
    assert not is_city_level(world.office, None)
    assert keeps_chain(world.office, chain)
    assert keeps_chain(world.joint, chain)
    assert not keeps_chain(world.other_office, chain)
    pairing = _Row(demand_organization_id=firm_id, supply_organization_id=world.counterpart_row.id)
    assert is_counterpart(world.firm, pairing)
    assert is_counterpart(world.counterpart, pairing)
    assert not is_counterpart(world.other_firm, pairing)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("right", [True, False])
def test_rules_join(left, right):
    seen = []

    def told(answer):
        return Rule(lambda actor, row: seen.append((actor, row)) or answer)

    assert (told(left) & told(right))(ANONYMOUS, "row") is (left and right)
    assert (told(left) | told(right))(ANONYMOUS, "row") is (left or right)
    assert set(seen) == {(ANONYMOUS, "row")}


def test_a_permission_is_the_roles_and_an_account_needs_no_membership(world):
    assert may(world.firm, Permission.GIVE_CONSENT)
    assert not may(world.firm, Permission.DECIDE_PAIRINGS)
    assert not may(ANONYMOUS, Permission.HAVE_ACCOUNT)
    signed_in = replace(world.firm, role=None)
    require(signed_in, Permission.HAVE_ACCOUNT)
    require(replace(world.firm, user_id=None), Permission.GIVE_CONSENT)
    for actor, permission in (
        (ANONYMOUS, Permission.HAVE_ACCOUNT), (signed_in, Permission.FILE_PROFILE),
        (replace(world.firm, role=Role.FILER), Permission.GIVE_CONSENT),
    ):  # fmt: skip
        with pytest.raises(NotAllowed) as refused:
            require(actor, permission)
        assert (refused.value.what, str(refused.value)) == (permission.value, permission.value)


def test_a_key_does_what_its_owner_may_and_it_was_given(world):
    key = replace(world.firm, limited_to=frozenset({Permission.GIVE_CONSENT, Permission.DECIDE_PAIRINGS}))
    assert may(key, Permission.GIVE_CONSENT)
    assert may(world.firm, Permission.FILE_PROFILE)
    for permission in (Permission.FILE_PROFILE, Permission.DECIDE_PAIRINGS, Permission.HAVE_ACCOUNT):
        assert not may(key, permission)
        with pytest.raises(NotAllowed):
            require(key, permission)


def test_a_rule_that_does_not_hold_is_told_by_name(world):
    require_rule(world.firm, is_own, _Row(organization_id=world.firm_row.id), "mine")
    with pytest.raises(NotAllowed) as refused:
        require_rule(world.other_firm, is_own, _Row(organization_id=world.firm_row.id), "mine")
    assert (refused.value.what, str(refused.value)) == ("mine", "mine")


def test_who_is_tied_is_recused_and_told_who_may(world):
    assert is_recused([1, 2], [2, 3])
    assert not is_recused([1], [2])
    refused = Recused("某银行", ["张三"])
    assert (refused.what, refused.organization, refused.deciders) == ("conflict_of_interest", "某银行", ["张三"])
