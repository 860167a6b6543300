"""How long a backup of a city of 100,000 firms takes, and bringing it back: `python -m benchmarks.restore [firms]`.

Baseline: copying the file of the database. Goal: restored, with every check, within 60 s.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from alembic import command
from alembic.config import Config

from benchmarks import ledger, world
from models.session import make_engine
from startup import MIGRATIONS
from workflows import backups
from workflows.ledger_anchors import Seal, drop_anchor

N_FIRMS, N_EVENTS, KEY, GOAL_S = 100_000, 100_000, "0123456789abcdef" * 4, 60


def main() -> None:
    """Print the figures; ends with 1 if the goal is missed."""
    n_firms = int(sys.argv[1]) if len(sys.argv) > 1 else N_FIRMS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = world.build(folder / "city.sqlite3", n_firms=n_firms, n_needs=n_firms)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["engine"] = engine
        command.stamp(config, "head")
        ledger.fill(engine, N_EVENTS)
        seal = Seal(folder / "ledger-anchors.jsonl", "a key")
        drop_anchor(engine, seal)
        start = perf_counter()
        backup = backups.back_up(engine, seal, folder / "backups", key=KEY)
        backed_up = perf_counter()
        shutil.copyfile(backup / backups.DATABASE, folder / "copy")
        copied = perf_counter()
        schema = backups.check(backup, key=KEY, anchor_key=seal.key).schema
        checked = perf_counter()
        place = folder / "elsewhere"
        restored = make_engine(f"sqlite:///{place / 'city.sqlite3'}")
        its_seal = Seal(place / "ledger-anchors.jsonl", seal.key)
        backups.restore(backup, restored, its_seal, key=KEY, known_schemas={schema}, new_key=False)
        seconds = perf_counter() - checked
        size = (backup / backups.DATABASE).stat().st_size / 1e6
        engine.dispose()
        restored.dispose()
    print(f"{n_firms} firms, {n_firms} needs, {N_EVENTS} lines of the ledger: {size:.0f} MB")
    print(f"backup {backed_up - start:.1f} s, plain copy {copied - backed_up:.1f} s, check {checked - copied:.1f} s")
    print(f"restore with all checks {seconds:.1f} s; goal {GOAL_S} s")
    raise SystemExit(seconds > GOAL_S)


if __name__ == "__main__":
    main()
