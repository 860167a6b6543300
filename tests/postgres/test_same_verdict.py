"""Whatever is written into a column: both databases keep it and give back the equal value, or both refuse it."""

import enum
import math
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, MetaData, String, Table, Time, insert
from sqlalchemy import select as sa_select
from sqlalchemy.exc import DBAPIError, StatementError

from models.base import CodeType, UtcDateTime
from models.strict_types import make_strict
from tests.databases import Sqlite
from vocabulary.roles import OrganizationKind

pytestmark = pytest.mark.xdist_group("postgresql")
PROBE = MetaData()
make_strict(PROBE)
TABLE = Table(
    "probe", PROBE, Column("id", Integer, primary_key=True), Column("text", String(20)), Column("long_text", String()),
    Column("number", Integer), Column("fen", BigInteger), Column("score", Float), Column("day", Date),
    Column("moment", UtcDateTime), Column("clock", Time), Column("is_so", Boolean), Column("values", JSON),
    Column("code", CodeType(OrganizationKind)),
)  # fmt: skip
_ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-12)), None])
_EARLY, _LATE = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001 -- the strategy adds zones
_NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-100, 100),
    st.sampled_from([2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63)]),
)
_ODD = st.sampled_from([True, "7", "x", 1.5, b"x", math.nan, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), 3])
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), _ANY_TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_ANY_TEXT, inner, max_size=3)),
    max_leaves=5,
)
VALUES = {
    "text": st.one_of(_ANY_TEXT, st.text("链融abc \0", min_size=18, max_size=22), _ODD),
    "long_text": st.one_of(_ANY_TEXT, _ODD),
    "number": st.one_of(_NUMBERS, _ODD),
    "fen": st.one_of(_NUMBERS, st.integers(-(10**18), 10**18), _ODD),
    "score": st.one_of(st.floats(), st.integers(-(2**60), 2**60), _ODD),
    "day": st.one_of(st.dates(), st.datetimes(), _ODD),
    "moment": st.one_of(st.datetimes(_EARLY, _LATE, timezones=_ZONES), _ODD),
    "clock": st.one_of(st.times(), st.sampled_from([time(23, 59, 59, 999999), time(0)])),
    "is_so": st.one_of(st.booleans(), st.sampled_from([0, 1, 2, "x", "true"])),
    "values": st.one_of(st.lists(_JSON, max_size=3), st.dictionaries(_ANY_TEXT, _JSON, max_size=3)),
    "code": st.one_of(st.sampled_from(list(OrganizationKind)), st.sampled_from(["bank", "nobody", "", 3])),
}


class _Refused(enum.Enum):
    REFUSED = enum.auto()


def _kept(connection, name, value):
    """The value that comes back; REFUSED if it could not be written."""
    written = insert(TABLE).values({name: value}).returning(TABLE.c.id)
    step = connection.begin_nested()
    try:
        row_id = connection.execute(written).scalar_one()
        return connection.execute(sa_select(TABLE.c[name]).where(TABLE.c.id == row_id)).scalar_one()
    except (StatementError, ValueError, TypeError, OverflowError):
        return _Refused.REFUSED
    finally:
        step.rollback()


@pytest.fixture(scope="module")
def pair(databases, tmp_path_factory):
    """A connection to each database with the probing table; nothing is committed."""
    engines = (Sqlite(tmp_path_factory.mktemp("probe")).fresh(), databases.fresh())
    connections = []
    for engine in engines:
        PROBE.create_all(engine)
        connections.append(engine.connect())
    yield connections
    for connection, engine in zip(connections, engines, strict=True):
        connection.close()
        engine.dispose()


@pytest.mark.parametrize("n_values", [40, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", VALUES)
def test_both_databases_keep_or_refuse_the_same(pair, name, n_values):
    kept = []

    @settings(max_examples=n_values, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(VALUES[name])
    def compare(value):
        on_sqlite, on_postgresql = (_kept(connection, name, value) for connection in pair)
        assert (type(on_sqlite), on_sqlite) == (type(on_postgresql), on_postgresql)
        if on_sqlite is not _Refused.REFUSED:
            kept.append(value)
            assert on_sqlite == value

    compare()
    assert len(kept) >= 4, "nearly everything was refused: nothing was compared"


def test_money_is_exact_to_the_fen_up_to_ten_thousand_million_million_yuan(pair):
    for fen in (10**18, 10**18 - 1, 10**16 + 1, 1, -(10**18) + 1):
        assert [_kept(connection, "fen", fen) for connection in pair] == [fen, fen]


def test_without_strict_columns_the_databases_disagree(databases, tmp_path):
    """The test of the test: with plain types the comparison above sees differences."""
    plain = MetaData()
    table = Table("plain", plain, Column("id", Integer, primary_key=True), Column("text", String(3)))
    verdicts = []
    for engine in (Sqlite(tmp_path).fresh(), databases.fresh()):
        plain.create_all(engine)
        try:
            with engine.begin() as connection:
                connection.execute(insert(table).values(text="abcd"))
            verdicts.append("kept")
        except DBAPIError:
            verdicts.append("refused")
        engine.dispose()
    assert verdicts == ["kept", "refused"]
