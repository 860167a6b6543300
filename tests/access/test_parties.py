"""Who is the firm of a pairing and who its counterpart, in Python and in SQL alike; which consent opens it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from access import parties
from models.base import now
from models.pairing import Consent, Pairing
from tests.release_worlds import ReleaseWorld
from vocabulary.classifications import ConsentPurpose, Market, Side
from workflows.calendar import today


@pytest.fixture
def worlds(session):
    return {market: ReleaseWorld(session, market) for market in Market}


def test_the_firm_and_its_counterpart_are_named_alike_in_rows_and_in_sql(session, worlds):
    for market, world in worlds.items():
        row = world.pairing
        assert (parties.firm_id(row), parties.counterpart_id(row)) == (world.firm.id, world.reader.id)
        assert parties.sides(row) == (row.demand_organization_id, row.supply_organization_id)
        assert parties.counterpart_side(market) is (Side.SUPPLY if market is Market.FINANCE else Side.DEMAND)
        in_sql = select(parties.firm_column(), parties.counterpart_column()).where(Pairing.id == row.id)
        assert session.exec(in_sql).one() == (world.firm.id, world.reader.id)


def test_a_consent_opens_the_pairings_of_its_two_sides_and_purpose_until_its_day_is_over(session, worlds):
    def opened(on: date) -> list[int]:
        return list(session.exec(select(Pairing.id).where(parties.consent_exists(on)).order_by(Pairing.id)))

    for world in worlds.values():
        assert opened(today()) == []
        consent = world.consent(days=1)
        assert opened(today() + timedelta(days=1)) == [world.pairing.id]
        assert opened(today() + timedelta(days=2)) == []
        stranger = ReleaseWorld(session).reader.id
        wrong = {purpose for purpose in ConsentPurpose if purpose is not world.purpose}.pop()
        for column, value in (
            ("organization_id", stranger), ("counterpart_id", stranger), ("purpose", wrong), ("withdrawn_at", now()),
        ):  # fmt: skip
            right = getattr(consent, column)
            setattr(consent, column, value)
            session.flush()
            assert opened(today()) == [], column
            setattr(consent, column, right)
        consent.withdrawn_at = now()
        session.flush()
    assert len(session.exec(select(Consent)).all()) == len(Market)


def test_facts_are_stale_after_a_year_and_when_nobody_verified_them():
    day = date(2026, 11, 25)
    edge = datetime(2025, 11, 25, tzinfo=UTC)
    for verified_at, is_stale in (
        (None, True), (edge - timedelta(seconds=1), True), (edge, False), (edge + timedelta(days=30), False),
    ):  # fmt: skip
        assert parties.is_stale(verified_at, day) is is_stale
