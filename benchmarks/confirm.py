"""Sixteen officials confirm one pairing at once, fifty pairings: `python -m benchmarks.confirm`.

Baseline: one official confirming alone. Goal: exactly one winner each, every loser told who won and when.
"""

import statistics
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import select

from access.actor import Actor
from benchmarks.world import build
from models.organization import Organization, User
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.session import unit_of_work
from vocabulary.classifications import ConsentPurpose, Market, PairingOrigin, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today
from workflows.errors import StepNotAllowed
from workflows.verdicts import confirm

_PAIRINGS, _OFFICIALS = 50, 16


def _officials(engine: Engine) -> list[Actor]:
    with unit_of_work(engine) as session:
        office = Organization(kind=OrganizationKind.JOINT_OFFICE, legal_name="联席办", name_core="联席办")
        users = [
            User(email=f"o{n}@example.org", password_hash="!", full_name=f"官员{n}")  # noqa: S106 -- no password
            for n in range(_OFFICIALS)
        ]
        session.add_all([office, *users])
        session.flush()
        return [
            Actor(user.id, user.full_name, office.id, office.kind, office.legal_name, True, Role.COORDINATOR)
            for user in users
        ]


def pairings_to_confirm(engine: Engine, n: int) -> list[int]:
    """Ids of proposed pairings whose firms consented, at most one of a need."""
    with unit_of_work(engine) as session:
        needs = session.exec(select(Demand).where(Demand.market == Market.FINANCE).limit(n)).all()
        product = session.exec(select(Supply).where(Supply.market == Market.FINANCE)).first()
        giver = session.exec(select(User)).first()
        assert product is not None
        assert giver is not None
        rows = []
        firms = set()
        for need in needs:
            if need.organization_id not in firms:
                firms.add(need.organization_id)
                session.add(
                    Consent(
                        organization_id=need.organization_id, counterpart_id=product.organization_id,
                        purpose=ConsentPurpose.CREDIT_REVIEW, sections=["basic"], given_by_id=giver.id or 0,
                        ends_on=today() + timedelta(days=30),
                    )
                )  # fmt: skip
            rows.append(
                Pairing(
                    market=Market.FINANCE, demand_id=need.id or 0, supply_id=product.id or 0,
                    demand_organization_id=need.organization_id, supply_organization_id=product.organization_id,
                    chain_id=need.chain_id or 0, origin=PairingOrigin.BY_HAND,
                )
            )  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id or 0 for row in rows]


def _race(engine: Engine, actors: list[Actor], pairing_id: int) -> tuple[int, int, float]:
    """(winners, losers who were told who and when, seconds) of one pairing."""
    gate = threading.Barrier(len(actors))
    outcomes: list[str] = []

    def run(actor: Actor) -> None:
        gate.wait()
        try:
            with unit_of_work(engine) as session:
                pairing = session.get_one(Pairing, pairing_id)
                confirm(session, actor, pairing, reason=VerdictReason.FACTS_VERIFIED, hold_minutes=30)
            outcomes.append("won")
        except StepNotAllowed as overtaken:
            told = overtaken.changed_by and overtaken.changed_at and overtaken.current is PairingStatus.CONFIRMED
            outcomes.append("told" if told else "untold")

    threads = [threading.Thread(target=run, args=(actor,)) for actor in actors]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes.count("won"), outcomes.count("told"), time.perf_counter() - start


def main() -> None:
    """Race for each pairing; print winners, losers told, and the time against one official alone."""
    with tempfile.TemporaryDirectory() as name:
        engine = build(Path(name) / "race.sqlite3", n_firms=200, n_needs=2 * _PAIRINGS)
        actors, pairings = _officials(engine), pairings_to_confirm(engine, 2 * _PAIRINGS)
        alone = statistics.median(_race(engine, actors[:1], pairing)[2] for pairing in pairings[_PAIRINGS:])
        races = [_race(engine, actors, pairing) for pairing in pairings[:_PAIRINGS]]
        engine.dispose()
    together = statistics.median(race[2] for race in races)
    print(f"pairings with exactly one winner: {sum(race[0] == 1 for race in races)} of {_PAIRINGS}")
    print(f"losers told who and when: {sum(race[1] for race in races)} of {_PAIRINGS * (_OFFICIALS - 1)}")
    print(f"one official {alone * 1000:.0f} ms, sixteen at once {together * 1000:.0f} ms, ratio {together / alone:.1f}")


if __name__ == "__main__":
    main()
