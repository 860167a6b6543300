"""Tables become facts, cell by cell."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from matchmaking import MARKETS, Event, FinanceDemand, FinanceSupply, SupplyDemand
from matchmaking.cells import columns_of
from matchmaking.tables import (
    BadTable,
    read_facts,
    read_history,
    read_recommendations,
    read_truth,
    write_table,
)


def csv(tmp_path: Path, *lines: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def demand(tmp_path: Path, heading: str, row: str) -> FinanceDemand:
    (found,) = read_facts(csv(tmp_path, f"id,{heading}", f"d1,{row}"), FinanceDemand).rows
    return found


def problems(path: Path, kind: Any = FinanceDemand) -> list[str]:
    with pytest.raises(BadTable) as error:
        read_facts(path, kind)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("column", "cell", "fact", "value"),
    [
        ("text", " 铜线扩产 ", "text", "铜线扩产"),
        ("amount", "20833.1", "amount_fen", 2_083_310),
        ("amount", "5e6", "amount_fen", 500_000_000),
        ("term_months", "12.0", "term_months", 12),
        ("guarantee_methods", "mortgage | pledge|mortgage", "guarantee_methods", ("mortgage", "pledge")),
        ("industry_path", "C/32/325/3251", "industry_path", ("C", "32", "325", "3251")),
        ("region_path", "WI/MADISON//", "region_path", ("WI", "MADISON")),
        ("founded_on", "2015-06-01", "founded_on", date(2015, 6, 1)),
        ("founded_on", "2015-06-01T00:00:00", "founded_on", date(2015, 6, 1)),
        ("revenue_band", "0", "revenue_band", 0),
        ("tax_grade", "M", "tax_grade", "M"),
        ("is_verified", "否", "is_verified", False),
        ("blocked", "o1|o2", "blocked", ("o1", "o2")),
        ("term_months", "", "term_months", None),
        ("text", "", "text", ""),
    ],
)
def test_a_cell_becomes_its_fact(tmp_path: Path, column: str, cell: str, fact: str, value: Any) -> None:
    assert getattr(demand(tmp_path, column, cell), fact) == value


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("amount", "NaN", "not a finite number: NaN"),
        ("amount", "-inf", "not a finite number: -inf"),
        ("amount", "-5", "below zero: -5"),
        ("amount", "1_000", "not a number: 1_000"),
        ("amount", "1e300", "too large: 1e300"),
        ("amount", "99999999999999", "too large: 99999999999999"),
        ("term_months", "1.5", "not a whole number: 1.5"),
        ("revenue_band", "8", "unknown band; bands are 0 to 7: 8"),
        ("revenue_band", "high", "unknown band; bands are 0 to 7: high"),
        ("tax_grade", "E", "unknown code; known are A, B, M, C, D: E"),
        ("founded_on", "01/06/2015", "not a day (YYYY-MM-DD): 01/06/2015"),
        ("is_verified", "maybe", "neither true nor false: maybe"),
    ],
)
def test_a_bad_cell_is_named_by_row_column_and_reason(tmp_path: Path, column: str, cell: str, reason: str) -> None:
    assert problems(csv(tmp_path, f"id,{column}", f"d1,{cell}")) == [f"row 2, column {column}: {reason}"]


def test_every_bad_cell_is_named(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,amount,term_months", "d1,x,2", ",5,y", "d3,1,1", "d4,x,")
    assert problems(path) == [
        "row 2, column amount: not a number: x",
        "row 3, column id: missing",
        "row 3, column term_months: not a number: y",
        "row 5, column amount: not a number: x",
    ]


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert problems(csv(tmp_path, "id", "a", "b", "a")) == ["row 4, column id: a stands in row 2 already"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["amount", "5"], ["row 1, column id: no such column"]),
        (["id,amount,amount", "d,5,5"], ["row 1, column amount: the column stands twice"]),
        (["id,amount", "d", "e,1,2"], ["row 2: 1 cells under 2 headings", "row 3: 3 cells under 2 headings"]),
        (['id,text', 'd,"open'], ["row 2: cannot be read: unexpected end of data"]),
    ],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused(tmp_path: Path, lines: list[str], expected: list[str]) -> None:
    assert problems(csv(tmp_path, *lines)) == expected


def test_one_fact_under_two_headings_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,category_path,industry_path", "d,C/32,C/13")
    assert problems(path, SupplyDemand) == ["row 1, column category_path: says the same as column industry_path"]


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert problems(tmp_path / "missing.csv") == ["no such file"]
    assert problems(tmp_path / "table.xlsx") == ["a table ends with .csv or .parquet"]
    (tmp_path / "empty.csv").write_bytes(b"")
    assert problems(tmp_path / "empty.csv") == ["an empty file has no heading"]
    (tmp_path / "gbk.csv").write_bytes("id,text\n1,铜线\n2,有色金属加工企业".encode("gb18030"))
    assert problems(tmp_path / "gbk.csv") == ["row 2: not UTF-8; save the table as UTF-8 CSV or as Parquet"]
    (tmp_path / "bad.parquet").write_bytes(b"PAR0")
    assert problems(tmp_path / "bad.parquet")[0].startswith("cannot be read: ")


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    assert problems(csv(tmp_path, "id,text,amount", 'd1,"two', 'lines",1', "d2,,x")) == [
        "row 3, column amount: not a number: x"
    ]


def test_unknown_columns_are_told_and_a_table_may_have_no_rows(tmp_path: Path) -> None:
    found = read_facts(csv(tmp_path, "id,zip,amount,naics"), FinanceDemand)
    assert (found.rows, found.unknown_columns) == ([], ("zip", "naics"))


def test_a_text_of_a_hundred_thousand_characters_is_read(tmp_path: Path) -> None:
    text = "铜" * 100_000
    assert demand(tmp_path, "text", text).text == text


def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("\ufeffid,amount\nd1,1\n".encode())
    assert read_facts(path, FinanceDemand).rows[0].id == "d1"


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "id": [1, 2],
            "amount": [5_000_000.0, None],
            "term_months": [12.0, None],
            "guarantee_methods": [["mortgage", "pledge"], None],
            "founded_on": [date(2015, 6, 1), None],
            "is_verified": [True, None],
            "text": ["铜线", None],
        }
    )
    table.to_parquet(tmp_path / "table.parquet")
    lines = ["1,5000000,12,mortgage|pledge,2015-06-01,true,铜线", "2,,,,,,"]
    from_csv = read_facts(csv(tmp_path, ",".join(table.columns), *lines), FinanceDemand)
    assert read_facts(tmp_path / "table.parquet", FinanceDemand) == from_csv
    assert from_csv.rows[1] == FinanceDemand(id="2")


def test_a_number_that_is_none_in_parquet_is_a_bad_cell(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": ["d1", "d2"], "amount": [float("inf"), 1.0]})
    table.to_parquet(tmp_path / "table.parquet")
    assert problems(tmp_path / "table.parquet") == ["row 2, column amount: not a finite number: inf"]


def test_a_purchase_need_may_call_industry_and_region_category_and_delivery(tmp_path: Path) -> None:
    path = csv(
        tmp_path, "id,category_path,delivery_region,quantity,unit,must_standards", "n,C/32,43/4304,2.5,吨,gb/t3953-2009"
    )
    (need,) = read_facts(path, SupplyDemand).rows
    assert (need.industry_path, need.region_path) == (("C", "32"), ("43", "4304"))
    assert (need.quantity_milli, need.unit, need.must_standards) == (2_500, "tonne", ("GB/T 3953-2009",))


@pytest.mark.parametrize("market", MARKETS)
def test_every_fact_of_a_market_has_a_column(market: str) -> None:
    for kind in (MARKETS[market].demand_type, MARKETS[market].supply_type):
        columns = columns_of(kind)
        assert [column.fact for column in columns] == [name for name in kind.__dataclass_fields__ if name != "refusals"]
        assert len({name for column in columns for name in (column.name, *column.aliases)}) >= len(columns)


def test_product_limits_are_read(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,min_amount,size_bands,purposes,remaining_visits", "p,100000,2|3,equipment,4")
    assert read_facts(path, FinanceSupply).rows == [
        FinanceSupply(
            id="p", min_amount_fen=10_000_000, size_bands=(2, 3), purposes=("equipment",),
            remaining_visits=4,
        )
    ]  # fmt: skip


def test_history_names_known_demands_and_readable_days(tmp_path: Path) -> None:
    past = FinanceDemand(id="d")
    path = csv(tmp_path, "demand_id,supply_id,date,outcome", "d,s,2020-04-03,paid", "d,s,2020-04-04,")
    assert read_history(path, {"d": past}, {"s"}).history.events == (
        Event(past, "s", date(2020, 4, 3), "paid"),
        Event(past, "s", date(2020, 4, 4)),
    )
    with pytest.raises(BadTable) as error:
        read_history(path, {}, {"s"})
    assert [str(problem) for problem in error.value.problems] == [
        "row 2, column demand_id: no demand has the id d",
        "row 3, column demand_id: no demand has the id d",
    ]


def test_what_a_departed_supply_did_is_left_out_and_counted(tmp_path: Path) -> None:
    past = FinanceDemand(id="d")
    path = csv(tmp_path, "demand_id,supply_id,date", "d,s,2020-04-03", "d,gone,2020-04-04")
    table = read_history(path, {"d": past}, {"s"})
    assert ([event.supply_id for event in table.history.events], table.n_departed) == (["s"], 1)


def test_recommendations_and_truth_keep_ids_as_text(tmp_path: Path) -> None:
    pairs = csv(tmp_path, "demand_id,supply_id,rank,score,text", "01,a,1,0.25,0.25")
    found = read_recommendations(pairs)
    assert found.to_dict("records") == [{"demand_id": "01", "supply_id": "a", "score": 0.25}]
    assert read_truth(pairs).to_dict("records") == [{"demand_id": "01", "supply_id": "a"}]


def test_a_pair_recommended_twice_and_a_score_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable) as error:
        read_recommendations(csv(tmp_path, "demand_id,supply_id,score", "d,a,1", "d,a,2"))
    assert [str(p) for p in error.value.problems] == ["row 3, column supply_id: the pair stands in row 2 already"]
    with pytest.raises(BadTable) as error:
        read_recommendations(csv(tmp_path, "demand_id,supply_id,score", "d,a,nan"))
    assert [str(p) for p in error.value.problems] == ["row 2, column score: not a finite number: nan"]


@pytest.mark.parametrize("name", ["result.csv", "result.parquet"])
def test_a_table_is_written_wholly_and_read_again(tmp_path: Path, name: str) -> None:
    table = pd.DataFrame({"demand_id": ["d"], "supply_id": ["s"], "score": [0.1 + 0.2]})
    write_table(tmp_path / name, [table, table.assign(demand_id="e")])
    assert read_recommendations(tmp_path / name).to_dict("records") == [
        {"demand_id": "d", "supply_id": "s", "score": 0.1 + 0.2},
        {"demand_id": "e", "supply_id": "s", "score": 0.1 + 0.2},
    ]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failed_writing_leaves_the_old_table_and_no_rest(tmp_path: Path) -> None:
    path = csv(tmp_path, "old")
    with pytest.raises(BadTable, match="cannot be written"):
        write_table(tmp_path / "nowhere" / "table.csv", [pd.DataFrame({"a": [1]})])

    def torn() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"a": [1]})
        raise OSError(28, "No space left on device")

    with pytest.raises(BadTable, match="No space left on device"):
        write_table(path, torn())
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("table.csv", "old\n")]
