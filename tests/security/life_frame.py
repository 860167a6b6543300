"""What a life is made of: a step is chosen, somebody tries it in one transaction, and the invariants are looked at."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import Engine
from sqlmodel import Session

from access.actor import SYSTEM, Actor
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.organization import User
from models.pairing import Pairing
from models.posting import Demand, Supply
from tests.security import life_invariants
from tests.security.life_world import World, actor_now
from vocabulary.classifications import FIRM_SIDE, Side
from vocabulary.lifecycles import PairingStatus
from workflows import accounts, colleagues, ledger_check, postings, verdicts
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete, StepNotAllowed
from workflows.financing_needs import FINANCING_NEED
from workflows.ledger_anchors import Seal
from workflows.loan_products import LOAN_PRODUCT

REFUSALS = (
    StepNotAllowed,
    NotComplete,
    NotAllowed,
    NotVisible,
    AlreadyExists,
    ChangedMeanwhile,
    colleagues.LastManager,
)
done: Counter[str] = Counter()
"""How often each step was done, over all sequences of the process: a step never done was never tried."""
refused: Counter[str] = Counter()


@dataclass(frozen=True)
class Step:
    """A method of the machine, what it takes, when it makes sense and how often it is chosen against others."""

    method: Callable[..., None]
    arguments: Any
    when: Callable[[Any], object]
    times: int


STEPS: list[Step] = []
_STOPPED = {"pairing": "on_hold", "demand": "paused", "supply": "paused", "user": "disabled"}


def step(*, when: Callable[[Any], object] = lambda _: True, times: int = 1, **arguments: Any) -> Callable[..., Any]:
    """A step of a life. Not hypothesis's `rule`: that leaves most rules out of each sequence, and no life gets far."""

    def add(method: Callable[..., None]) -> Callable[..., None]:
        STEPS.append(Step(method, st.fixed_dictionaries(arguments), when, times))
        return method

    return add


class LifeFrame(RuleBasedStateMachine):
    """One life: its world, who tries what, and what becomes of it. The steps themselves are its subclass's."""

    def __init__(self, world: World, engine: Engine, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.world, self.engine, self.connection = world, engine, connection
        self.names = list(world.users)
        self.begin(0)

    @initialize(moment=st.sampled_from((0, 1, 1, 2, 2)))
    def begin(self, moment: int) -> None:
        """Lives begin at three moments, so that fifty steps reach the end of some."""
        self.world.templates[moment].backup(self.connection)
        self.seen = life_invariants.look(self.connection)

    @rule(data=st.data())
    def go_on(self, data: Any) -> None:
        """One step of those that make sense now."""
        able = [step for step in STEPS if step.when(self) for _ in range(step.times)]
        chosen = able[data.draw(st.integers(0, len(able) - 1))]
        chosen.method(self, **data.draw(chosen.arguments, label=chosen.method.__name__))

    def teardown(self) -> None:
        report = ledger_check.verify(self.engine, Seal(Path("/nonexistent/anchors"), "key"))
        assert report.is_whole, report.findings

    # Choosing

    def _who(self, n: int, able: Iterable[str]) -> int:
        """Mostly somebody who may; else somebody of another office, firm or bank; else anybody at all."""
        able = list(able)
        alike = [name for name in self.names if name not in able and any(name[:5] == other[:5] for other in able)]
        names = (able if n < 60 else alike if n < 85 else self.names) or self.names
        return self.world.users[names[n % len(names)]]

    def _pairing(self, n: int, statuses: Iterable[PairingStatus]) -> int:
        """Mostly one in a status in which the step makes sense."""
        wanted = {status.value for status in statuses}
        known = {row_id: status for (table, row_id), status in self.seen.statuses.items() if table == "pairing"}
        fitting = [row_id for row_id, status in known.items() if status in wanted]
        ids = fitting if fitting and n < 85 else list(known)
        return ids[n % len(ids)]

    def _officials(self, pairing_id: int) -> list[str]:
        (chain_id,) = self._row("SELECT chain_id FROM pairing WHERE id = ?", pairing_id)
        own = ["official_a", "official_a2"] if chain_id == self.world.chains["copper"] else ["official_b"]
        return [*own, "coordinator", "coordinator_2"]

    def _people_of(self, organization_id: int) -> list[str]:
        rows = self.connection.execute(
            "SELECT user_id FROM membership WHERE organization_id = ? AND ended_at IS NULL", (organization_id,)
        )
        ids = {user_id for (user_id,) in rows}
        return [name for name, user_id in self.world.users.items() if user_id in ids]

    def _sides(self, pairing_id: int) -> tuple[int, int]:
        """Organizations of the firm and of its counterpart."""
        market, demand, supply = self._row(
            "SELECT market, demand_organization_id, supply_organization_id FROM pairing WHERE id = ?", pairing_id
        )
        is_demand = FIRM_SIDE[market] is Side.DEMAND
        return (demand, supply) if is_demand else (supply, demand)

    def _row(self, statement: str, *values: Any) -> Any:
        return self.connection.execute(statement, values).fetchone()

    # Acting

    def act(self, step: str, user_id: int | None, deed: Callable[[Session, Actor], object]) -> bool:
        """One transaction. True if it was done and broke nothing; False if it was refused and changed nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                deed(session, SYSTEM if user_id is None else actor_now(session, user_id))
                session.commit()
            except REFUSALS:
                session.rollback()
                refused[step] += 1
                assert life_invariants.look(self.connection) == self.seen, f"{step} was refused and changed something"
                return False
        after = life_invariants.look(self.connection)
        broken = life_invariants.broken(self.connection, self.engine, self.seen, after)
        self.seen = after
        done[step] += 1
        assert not broken, f"{step} by user {user_id}: {broken}"
        return True

    def _on_pairing(
        self, step: str, pairing_id: int, user_id: int, deed: Callable[[Session, Actor, Pairing], object]
    ) -> bool:
        return self.act(step, user_id, lambda s, actor: deed(s, actor, s.get_one(Pairing, pairing_id)))

    def stopped(self) -> list[tuple[str, int]]:
        """Tables and ids of what was put on hold, paused or disabled."""
        return [row for row, status in self.seen.statuses.items() if status == _STOPPED.get(row[0])]

    def start_again(self, n: int, who: int) -> None:
        """One of those comes back."""
        stopped = self.stopped()
        table, row_id = stopped[n % len(stopped)]
        if table == "pairing":
            self._on_pairing("resume", row_id, self._who(who, self._officials(row_id)), verdicts.resume)
            return
        if table == "user":
            user = self._who(who, ["admin"])
            self.act("people_enable", user, lambda s, a: accounts.enable_user(s, a, s.get_one(User, row_id)))
            return
        model, kind = (Supply, LOAN_PRODUCT) if table == "supply" else (Demand, FINANCING_NEED)
        (owner,) = self._row(f"SELECT organization_id FROM {table} WHERE id = ?", row_id)  # noqa: S608 -- names above
        user = self._who(who, self._people_of(owner))
        self.act(
            "posting_publish", user, lambda s, a: postings.publish(s, a, kind, s.get_one(model, row_id), today=today())
        )

    def has_pairings(self) -> bool:
        return any(table == "pairing" for table, _ in self.seen.statuses)
