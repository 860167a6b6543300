"""What the engine answers to input that is wrong, empty or extreme. Warnings are errors here, numpy's too."""

import json
from pathlib import Path

import pandas as pd
import pytest

from matchmaking import MARKETS
from matchmaking.__main__ import main

FILES = {"D.csv": "id,text\nd1,铜线\n", "S.csv": "id,text\ns1,铜线\ns2,油茶\n"}
TABLES = {"--demands": "D.csv", "--supplies": "S.csv"}


def run(tmp_path: Path, files: dict[str, str | bytes], market: str = "finance") -> int:
    """Write the files and recommend; tables that are not given are plain ones."""
    for name, content in (FILES | files).items():
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(raw)
    given = dict(TABLES)
    given |= {"--history": "H.csv"} if "H.csv" in files else {}
    given |= {"--settings": "settings.toml"} if "settings.toml" in files else {}
    options = [part for option, name in given.items() for part in (option, str(tmp_path / name))]
    return main(["recommend", "--market", market, "--as-of", "2026-06-01", *options, "--out", str(tmp_path / "R.csv")])


def result(tmp_path: Path) -> pd.DataFrame:
    return pd.read_csv(tmp_path / "R.csv")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"D.csv": "id,amount\nd1,NaN\n"}, "D.csv: row 2, column amount: not a finite number: NaN"),
        ({"D.csv": "id,amount\nd1,inf\n"}, "D.csv: row 2, column amount: not a finite number: inf"),
        ({"D.csv": "id,amount\nd1,-1\n"}, "D.csv: row 2, column amount: below zero: -1"),
        (
            {"D.csv": "id,revenue_band\nd1,9\n"},
            "D.csv: row 2, column revenue_band: unknown band; bands are 0 to 7: 9",
        ),
        (
            {"D.csv": "id,tax_grade\nd1,Z\n"},
            "D.csv: row 2, column tax_grade: unknown code; known are A, B, M, C, D: Z",
        ),
        ({"D.csv": "id\nd1\nd1\n"}, "D.csv: row 3, column id: d1 stands in row 2 already"),
        ({"S.csv": "id\ns1\ns1\n"}, "S.csv: row 3, column id: s1 stands in row 2 already"),
        ({"D.csv": "text\n铜线\n"}, "D.csv: row 1, column id: no such column"),
        ({"D.csv": ""}, "D.csv: an empty file has no heading"),
        (
            {"D.csv": "id,text\nd1,有色\n".encode("gb18030")},
            "D.csv: row 2: not UTF-8; save the table as",
        ),
        (
            {"H.csv": "demand_id,supply_id,date\nd9,s1,2026-01-01\n"},
            "H.csv: row 2, column demand_id: no demand has the id d9",
        ),
        (
            {"H.csv": "demand_id,supply_id,date\nd1,s1,yesterday\n"},
            "H.csv: row 2, column date: not a day (YYYY-MM-DD): yesterday",
        ),
        ({"H.csv": "demand_id,supply_id,date\nd1,s1,\n"}, "H.csv: row 2, column date: missing"),
        ({"settings.toml": "text_latent_share = 'much'\n"}, "settings.toml: text_latent_share: 'much' is no number"),
        ({"settings.toml": "text_latent_share = 1.5\n"}, "settings.toml: text_latent_share lies in [0, 1]"),
        ({"settings.toml": "topp = 5\n"}, "settings.toml: unknown key topp; keys are as_of, "),
        ({"settings.toml": "[weights]\ntaste = 1\n"}, "settings.toml: unknown key weights.taste; keys are "),
        ({"settings.toml": "[weights]\ntext = -1\n"}, "settings.toml: weights.text: -1 is no finite number from 0 up"),
        (
            {"settings.toml": "[weights]\ntext = nan\n"},
            "settings.toml: weights.text: nan is no finite number",
        ),
        ({"settings.toml": "near = 'ten'\n"}, "settings.toml: near: 'ten' is no whole number"),
        ({"settings.toml": "near = -1\n"}, "settings.toml: counts are not negative"),
        ({"settings.toml": "market = 'supply'\n"}, "settings.toml: market: the file is for supply, the run is for"),
        ({"settings.toml": "near ==\n"}, "settings.toml: cannot be read: "),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    tmp_path: Path, files: dict[str, str | bytes], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, files) == 2
    problem, summary = capsys.readouterr().err.splitlines()
    assert problem.startswith(f"{tmp_path}/{expected}")
    assert summary == "nothing was written: 1 problem"
    assert not (tmp_path / "R.csv").exists()


def test_every_bad_cell_is_named_before_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, {"D.csv": "id,amount\n,x\nd2,inf\n"}) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path}/D.csv: row 2, column id: missing",
        f"{tmp_path}/D.csv: row 2, column amount: not a number: x",
        f"{tmp_path}/D.csv: row 3, column amount: not a finite number: inf",
        "nothing was written: 3 problems",
    ]


@pytest.mark.parametrize("name", ["missing.csv", "table.xlsx"])
def test_a_missing_table_or_another_kind_of_file(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tables = ["--demands", str(tmp_path / name), "--supplies", str(tmp_path / name)]
    assert main(["recommend", "--market", "finance", *tables, "--out", str(tmp_path / "R.csv")]) == 2
    assert str(tmp_path / name) in capsys.readouterr().err


@pytest.mark.parametrize("out", ["nowhere/R.csv", "R.xlsx"])
def test_a_result_that_cannot_be_written(tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, {})
    tables = ["--demands", str(tmp_path / "D.csv"), "--supplies", str(tmp_path / "S.csv")]
    assert main(["recommend", "--market", "finance", *tables, "--out", str(tmp_path / out)]) == 2
    assert str(tmp_path / out) in capsys.readouterr().err


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("files", [{"D.csv": "id\n"}, {"S.csv": "id\n"}, {"D.csv": "id\n", "S.csv": "id\n"}])
def test_zero_demands_or_supplies_give_an_empty_table_with_its_columns(
    tmp_path: Path, market: str, files: dict[str, str | bytes]
) -> None:
    assert run(tmp_path, files, market) == 0
    codes = [part.code.value for part, _ in MARKETS[market].components]
    assert list(result(tmp_path).columns) == ["demand_id", "supply_id", "rank", "score", *codes]
    assert result(tmp_path).empty


@pytest.mark.parametrize("market", MARKETS)
def test_rows_without_any_data_are_ranked_by_id_with_score_zero(tmp_path: Path, market: str) -> None:
    assert run(tmp_path, {"D.csv": "id\nd1\n", "S.csv": "id\nb\na\nc\n"}, market) == 0
    assert result(tmp_path)["supply_id"].tolist() == ["a", "b", "c"]
    assert result(tmp_path)["score"].eq(0).all()


@pytest.mark.parametrize("market", MARKETS)
def test_a_text_of_a_hundred_thousand_characters_is_survived(tmp_path: Path, market: str) -> None:
    long = "铜线、电缆，" * 20_000
    assert run(tmp_path, {"D.csv": f"id,text\nd1,{long[:100_000]}\nd2,铜线\n"}, market) == 0
    assert set(result(tmp_path)["demand_id"]) == {"d1", "d2"}


@pytest.mark.parametrize("market", MARKETS)
def test_long_texts_of_supplies_and_of_the_past_are_survived(tmp_path: Path, market: str) -> None:
    long = ("铜线、电缆，" * 20_000)[:100_000]
    files: dict[str, str | bytes] = {
        "D.csv": f"id,text\nd1,{long}\nd2,铜线\n",
        "S.csv": f"id,text\ns1,{long}\ns2,油茶\n",
        "H.csv": "demand_id,supply_id,date\nd1,s1,2026-01-01\n",
    }
    assert run(tmp_path, files, market) == 0
    assert result(tmp_path)["score"].between(0, 1).all()


@pytest.mark.parametrize("text", ["", "?!", "。" * 50, "\x00\x01", "a", "铜"])
def test_texts_that_say_little_are_survived(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, {"D.csv": f'id,text\nd1,"{text}"\n', "S.csv": f'id,text\ns1,"{text}"\ns2,铜线\n'}) == 0
    assert len(result(tmp_path)) == 2
    assert result(tmp_path)["score"].between(0, 1).all()


def test_all_gates_closed_gives_no_recommendations(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"D.csv": "id,amount\nd1,5\n", "S.csv": "id,is_open,min_amount\ns1,false,10\n"}
    assert run(tmp_path, files) == 0
    assert result(tmp_path).empty


def test_one_supply_with_all_the_history_is_survived(tmp_path: Path) -> None:
    events = "".join(f"d1,s2,2026-01-{day:02d}\n" for day in range(1, 29))
    assert run(tmp_path, {"H.csv": f"demand_id,supply_id,date\n{events}"}) == 0
    assert set(result(tmp_path)["supply_id"]) == {"s1", "s2"}
    assert result(tmp_path)["score"].between(0, 1).all()


def test_all_weights_zero_score_zero(tmp_path: Path) -> None:
    weights = "".join(f"{part.code.value} = 0\n" for part, _ in MARKETS["finance"].components)
    assert run(tmp_path, {"settings.toml": f"[weights]\n{weights}"}) == 0
    assert result(tmp_path)["score"].eq(0).all()


def test_ids_that_need_quotes_survive(tmp_path: Path) -> None:
    assert run(tmp_path, {"D.csv": 'id,text\n"a,""b""",铜线\n007,铜\n'}) == 0
    assert set(pd.read_csv(tmp_path / "R.csv", dtype=str)["demand_id"]) == {'a,"b"', "007"}


def test_an_unknown_id_cannot_be_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, {})
    tables = ["--demands", str(tmp_path / "D.csv"), "--supplies", str(tmp_path / "S.csv")]
    assert main(["explain", "--market", "finance", *tables, "--demand", "d1", "--supply", "s9"]) == 2
    assert "S.csv: column id: no row has the id s9" in capsys.readouterr().err


def test_bad_recommendations_are_not_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "R.csv").write_text("demand_id,supply_id,score\nd,a,nan\nd,a,1\n")
    (tmp_path / "T.csv").write_text("demand_id,supply_id\nd,a\n")
    names = ["--recommendations", str(tmp_path / "R.csv"), "--truth", str(tmp_path / "T.csv")]
    assert main(["evaluate", *names]) == 2
    told = capsys.readouterr()
    assert (told.out, "column score: not a finite number: nan" in told.err) == ("", True)


def test_an_empty_truth_evaluates_to_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "R.csv").write_text("demand_id,supply_id,score\n")
    (tmp_path / "T.csv").write_text("demand_id,supply_id\n")
    names = ["--recommendations", str(tmp_path / "R.csv"), "--truth", str(tmp_path / "T.csv")]
    assert main(["evaluate", *names]) == 0
    assert json.loads(capsys.readouterr().out)["MRR"] == {"value": None, "low": None, "high": None}
