"""The engine on tables, from the outside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from matchmaking import MARKETS
from matchmaking.__main__ import main
from matchmaking.cells import markdown

ROOT = Path(__file__).parents[2]
DEMANDS = """id,text,amount,term_months,guarantee_methods,industry_path,region_path
d1,铜线扩产流动资金,5000000,12,mortgage,C/32/325/3251,43/4304/430482
d2,油茶加工设备,800000,24,pledge|receivables,C/13/133/1331,43/4304/430421
d3,,,,,,
"""
SUPPLIES = """id,text,min_amount,max_amount,rate_from_bps,rate_to_bps,regions,target_industries,guarantee_methods
s1,支持有色金属加工企业的流动资金贷款,100000,10000000,345,450,4304,32,mortgage
s2,农产品加工贷,50000,1000000,385,500,43,13,pledge
s3,,,,,,,,
"""


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    """Arguments of a run over three needs and three products."""
    (tmp_path / "D.csv").write_text(DEMANDS, encoding="utf-8")
    (tmp_path / "S.csv").write_text(SUPPLIES, encoding="utf-8")
    names = ["--market", "finance", "--demands", str(tmp_path / "D.csv"), "--supplies", str(tmp_path / "S.csv")]
    return [*names, "--as-of", "2026-06-01"]


def recommended(tmp_path: Path, tables: list[str], *more: str, name: str = "R.csv") -> pd.DataFrame:
    assert main(["recommend", *tables, "--out", str(tmp_path / name), *more]) == 0
    return pd.read_parquet(tmp_path / name) if name.endswith("parquet") else pd.read_csv(tmp_path / name)


def test_lists_are_written_best_first_with_parts_that_add_up(tmp_path: Path, tables: list[str]) -> None:
    found = recommended(tmp_path, tables)
    codes = [part.code.value for part, _ in MARKETS["finance"].components]
    assert list(found.columns) == ["demand_id", "supply_id", "rank", "score", *codes]
    assert (found[codes].sum(axis=1) - found["score"]).abs().max() < 1e-6
    assert found["score"].between(0, 1).all()
    for _, of_demand in found.groupby("demand_id"):
        assert of_demand["rank"].tolist() == list(range(1, len(of_demand) + 1))
        assert of_demand["score"].is_monotonic_decreasing
    assert found.groupby("demand_id").size().to_dict() == {"d1": 2, "d2": 2, "d3": 3}


def test_closed_pairs_are_not_recommended(tmp_path: Path, tables: list[str]) -> None:
    found = recommended(tmp_path, tables)
    assert ("d1", "s2") not in set(zip(found["demand_id"], found["supply_id"], strict=True))


def test_top_cuts_the_lists(tmp_path: Path, tables: list[str]) -> None:
    assert recommended(tmp_path, tables, "--top", "1")["rank"].tolist() == [1, 1, 1]


def test_csv_and_parquet_say_the_same(tmp_path: Path, tables: list[str]) -> None:
    from_csv = recommended(tmp_path, tables)
    from_parquet = recommended(tmp_path, tables, name="R.parquet")
    pd.testing.assert_frame_equal(from_csv, from_parquet, check_dtype=False, rtol=0, atol=0)


def test_the_same_run_writes_the_same_bytes(tmp_path: Path, tables: list[str]) -> None:
    recommended(tmp_path, tables, name="one.csv")
    recommended(tmp_path, tables, name="two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_both_paths_write_the_same_lists(tmp_path: Path, tables: list[str]) -> None:
    (tmp_path / "settings.toml").write_text('path = "reference"\n')
    plainly = recommended(tmp_path, tables, "--settings", str(tmp_path / "settings.toml"), name="plain.csv")
    pd.testing.assert_frame_equal(plainly, recommended(tmp_path, tables), rtol=0, atol=1e-6)


def test_a_list_that_was_written_can_be_evaluated(
    tmp_path: Path, tables: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    recommended(tmp_path, tables)
    (tmp_path / "T.csv").write_text("demand_id,supply_id\nd1,s1\nd2,s2\nunknown,s3\n")
    names = ["--recommendations", str(tmp_path / "R.csv"), "--truth", str(tmp_path / "T.csv")]
    assert main(["evaluate", *names, "--k", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["n_demands", "k", "hit@1", "hit@5", "MRR", "NDCG@5", "coverage"]
    assert found["n_demands"] == 3
    assert found["hit@5"]["value"] == pytest.approx(2 / 3)


def test_an_explanation_adds_up_and_names_every_gate(tables: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *tables, "--demand", "d1", "--supply", "s2", "--json"]) == 0
    pair = json.loads(capsys.readouterr().out)
    assert pair["score"] == pytest.approx(sum(part["points"] for part in pair["contributions"]), abs=1e-6)
    assert {gate["code"] for gate in pair["gates"]} == {gate.code.value for gate in MARKETS["finance"].gates}
    amount = next(gate for gate in pair["gates"] if gate["code"] == "amount")
    assert (amount["answer"], amount["value"], amount["limit"]) == ("closed", 500_000_000, [5_000_000, 100_000_000])
    assert {change["field"] for change in pair["changes"]} == {"amount_fen", "guarantee_methods"}


def test_an_explanation_agrees_with_the_list(
    tmp_path: Path, tables: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = recommended(tmp_path, tables).set_index(["demand_id", "supply_id"]).loc[("d1", "s1")]
    assert main(["explain", *tables, "--demand", "d1", "--supply", "s1", "--json"]) == 0
    pair = json.loads(capsys.readouterr().out)
    assert pair["score"] == pytest.approx(found["score"], abs=1e-6)
    for part in pair["contributions"]:
        assert part["points"] == pytest.approx(found[part["code"]], abs=1e-6)


def test_an_explanation_can_be_read(tables: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *tables, "--demand", "d1", "--supply", "s2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("demand d1, supply s2: closed, score 0.")
    assert "amount                closed   500000000  [5000000, 100000000]" in told
    assert "demand.amount_fen = 100000000" in told


def test_settings_change_the_weights(tmp_path: Path, tables: list[str]) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('market = "finance"\nas_of = 2026-01-01\n[weights]\ntext = 1\nregion_fit = 0\nprice_fit = 0\n')
    found = recommended(tmp_path, tables, "--settings", str(settings))
    assert found["region_fit"].eq(0).all()


def test_unknown_columns_are_named_and_do_not_stop(
    tmp_path: Path, tables: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "D.csv").write_text("id,zip,amount\nd1,53703,5\n")
    recommended(tmp_path, tables)
    assert capsys.readouterr().err == (
        f"{tmp_path / 'D.csv'}: column zip is no fact of the finance market and is not read\n"
    )


def test_the_columns_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["columns", "--market", "supply"]) == 0
    assert "| `quantity` |" in capsys.readouterr().out


@pytest.mark.parametrize("market", MARKETS)
def test_the_documentation_names_the_columns_that_are_read(market: str) -> None:
    told = (ROOT / "docs" / "engine-tables.md").read_text(encoding="utf-8")
    assert markdown(MARKETS[market].demand_type) in told
    assert markdown(MARKETS[market].supply_type) in told


def history(tmp_path: Path, n: int = 400) -> list[str]:
    """Past loans: who is in a place borrows from the lender of the place, whatever the texts say."""
    places = ["4301", "4302", "4303", "4304"]
    rows = [(f"p{k}", places[k % 4], f"b{k % 4}", f"2026-{1 + k * 12 // n:02d}-{1 + k % 28:02d}") for k in range(n)]
    texts = ["铜线加工", "油茶加工", "电缆制造", "陶瓷制造", "齿轮制造"]
    demands = [f"{demand},{texts[k % 5]},43/{place}" for k, (demand, place, _, _) in enumerate(rows)]
    (tmp_path / "P.csv").write_text("id,text,region_path\n" + "\n".join(demands) + "\n", encoding="utf-8")
    supplies = [f"b{k},{texts[(k + 3) % 5]},{place}" for k, place in enumerate(places)]
    supplies += [f"x{k},{texts[k % 5]},43" for k in range(20)]
    (tmp_path / "S.csv").write_text("id,text,regions\n" + "\n".join(supplies) + "\n", encoding="utf-8")
    events = [f"{demand},{supply},{day}" for demand, _, supply, day in rows]
    (tmp_path / "H.csv").write_text("demand_id,supply_id,date\n" + "\n".join(events) + "\n")
    (tmp_path / "D.csv").write_text("id,text,region_path\nnew,铜线加工,43/4301\n", encoding="utf-8")
    names = {"--demands": "D.csv", "--supplies": "S.csv", "--history": "H.csv", "--history-demands": "P.csv"}
    return ["--market", "finance", *(part for key, name in names.items() for part in (key, str(tmp_path / name)))]


def test_weights_learned_from_the_history_rank_later_choices_better(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = history(tmp_path)
    plain = tmp_path / "plain.toml"
    weights = {part.code.value: 0.0 for part, _ in MARKETS["finance"].components} | {"text": 0.9, "region_fit": 0.1}
    plain.write_text("[weights]\n" + "\n".join(f"{code} = {weight}" for code, weight in weights.items()))
    learned = tmp_path / "settings.toml"
    assert main(["learn", *arguments, "--settings", str(plain), "--out", str(learned)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "promoted"
    assert found["learned"] > found["current"] + 0.1
    assert recommended(tmp_path, arguments, "--settings", str(learned))["supply_id"][0] == "b0"


def test_weights_that_are_not_better_are_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = history(tmp_path, n=60)
    assert main_exit(["learn", *arguments, "--out", str(tmp_path / "settings.toml")]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "too_few_decisions"
    assert not (tmp_path / "settings.toml").exists()


def main_exit(arguments: list[str]) -> Any:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return stopped.value.code


@pytest.mark.parametrize(
    "arguments",
    [[], ["recommend"], ["recommend", "--market", "barter"], ["evaluate", "--k", "0"], ["unknown"]],
)
def test_a_command_that_is_none_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main_exit(arguments) == 2
    assert "usage: python -m matchmaking" in capsys.readouterr().err


def test_it_runs_as_a_program_without_the_product(tmp_path: Path, tables: list[str]) -> None:
    program = [sys.executable, "-W", "error", "-m", "matchmaking", "recommend", *tables, "--out"]
    done = subprocess.run(
        [*program, str(tmp_path / "R.csv")], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "R.csv").exists()
