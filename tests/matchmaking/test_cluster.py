"""Dask gives the bytes of one process, whatever happens to its workers."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matchmaking import MARKETS, Columns, MatchSettings, RankedPairs, Recommender
from matchmaking.__main__ import main
from matchmaking.cluster import connected, rank_blocks
from tests.builders import AS_OF
from tests.matchmaking.random_rows import random_market

pytestmark = pytest.mark.xdist_group("cluster")


def same_bytes(one: RankedPairs, other: RankedPairs) -> bool:
    names = ("demand_index", "supply_index", "rank", "score", "points")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


@pytest.fixture(scope="module")
def client() -> Any:
    with connected(n_workers=2) as found:
        yield found


def test_a_worker_killed_in_the_middle_changes_no_byte(client: Any) -> None:
    demands, supplies = random_market("finance", 1, 90, 60)
    engine = Recommender(MARKETS["finance"], MatchSettings(as_of=AS_OF)).fit(supplies)
    alone = engine.rank(demands, top=5)
    blocks = rank_blocks(client, engine, demands, top=5, block=10)
    first = next(blocks)
    victim = next(iter(client.run(os.getpid).values()))
    os.kill(victim, signal.SIGKILL)
    together = RankedPairs.joined([first, *blocks], len(MARKETS["finance"].components))
    assert len(together) > 100
    assert same_bytes(together, alone)


def test_columns_go_out_without_the_values_of_other_blocks(client: Any) -> None:
    demands, supplies = random_market("supply", 2, 50, 40)
    engine = Recommender(MARKETS["supply"], MatchSettings(as_of=AS_OF)).fit(supplies)
    rows = Columns.from_rows(demands)
    names = list(type(demands[0]).__dataclass_fields__)
    columns = Columns.from_columns(rows.kind, {name: rows.column(name) for name in names})
    part = columns.take(slice(0, 5)).compact()
    assert part.rows() == demands[:5]
    assert len(part.column("id").values) == 5
    blocks = list(rank_blocks(client, engine, columns, top=3, block=20))
    assert [int(block.demand_index.min()) // 20 for block in blocks] == [0, 1, 2]
    assert same_bytes(RankedPairs.joined(blocks, len(MARKETS["supply"].components)), engine.rank(demands, top=3))
    assert np.all(np.diff(RankedPairs.joined(blocks, len(MARKETS["supply"].components)).demand_index) >= 0)


def test_the_command_line_writes_the_same_file_on_a_cluster(client: Any, tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,text,amount\nd1,铜线,5000\nd2,油茶,\n", encoding="utf-8")
    (tmp_path / "S.csv").write_text("id,text,max_amount\ns1,铜线,9000\ns2,电缆,\n", encoding="utf-8")
    run = [
        "recommend", "--market", "finance", "--as-of", "2026-06-01",
        "--demands", str(tmp_path / "D.csv"), "--supplies", str(tmp_path / "S.csv"),
    ]  # fmt: skip
    assert main([*run, "--out", str(tmp_path / "alone.csv")]) == 0
    assert main([*run, "--out", str(tmp_path / "together.csv"), "--cluster", client.scheduler.address]) == 0
    assert (tmp_path / "together.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
    assert (tmp_path / "alone.csv").read_text(encoding="utf-8").count("\n") == 5


def test_the_engine_is_imported_without_its_heavy_libraries() -> None:
    code = "import sys, matchmaking; print(sorted({'numba', 'sklearn', 'pandas', 'distributed'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
