"""Server time and queries of the dashboard and the lists behind it: `python -m benchmarks.dashboard`.

World: 20,000 firms with a profile and a product line each, 8,000 financing needs, what runs noted of each,
5,000 pairings with their steps, 500 projects, in SQLite. Baseline: a page of the same application that
only counts the organizations, in the same run. Goal for the city dashboard: a median under 300 ms and at
most 25 queries.
"""

import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event, func, insert, select
from sqlmodel import Session, SQLModel

import models
from app import create_app
from benchmarks.world import sign_in
from config import Settings
from models.base import now
from models.chain import Chain
from models.exposure import Exposure
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.project import Project
from models.session import make_engine, unit_of_work
from vocabulary.classifications import (
    LADDERS,
    DeclineReason,
    Market,
    Ownership,
    PairingOrigin,
    SizeClass,
    Tier,
    VerdictReason,
)
from vocabulary.funnel import ExposureCause
from vocabulary.lifecycles import OrganizationStatus, PairingStatus, PostingStatus, ProjectStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.projects import ProjectKind
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today

assert models
SIZES = {"n_firms": 20_000, "n_needs": 8_000, "n_pairings": 5_000, "n_projects": 500}
PAGES = (
    "/dashboard/", "/dashboard/?market=supply", "/dashboard/exposure", "/dashboard/rows/postings?level=filed",
)  # fmt: skip
_BASELINE = "/bench/count"
_ROUNDS = 15
_REGIONS = ("430405", "430406", "430407", "430408", "430424", "430426", "430481", "430482")
_S = PairingStatus


def build(path: Path, *, n_firms: int, n_needs: int, n_pairings: int, n_projects: int) -> Engine:
    """A seeded world written in bulk; ids follow the order of insertion."""
    engine = make_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine)
    dice = random.Random(7)
    with unit_of_work(engine) as session:
        _insert(session, Chain, [{"code": f"c{n}", "name_zh": f"链{n}", "name_en": f"Chain {n}"} for n in range(1, 8)])
        _insert(session, User, [{"email": "official@example.org", "password_hash": "!", "full_name": "官员"}])
        kinds = [OrganizationKind.ENTERPRISE] * n_firms + [OrganizationKind.BANK] * 30 + [OrganizationKind.JOINT_OFFICE]
        _insert(session, Organization, [_organization(n, kind) for n, kind in enumerate(kinds, start=1)])
        _insert(session, FirmProfile, [_profile(dice, n) for n in range(1, n_firms + 1)])
        owners = [dice.randrange(1, n_firms + 1) for _ in range(n_needs)]
        _insert(session, Demand, [_posting(dice, Market.FINANCE, owner) for owner in owners])
        _insert(session, FinancingNeed, [{"demand_id": n, "amount_fen": 500 * FEN_PER_WAN, "term_months": 12}
                                         for n in range(1, n_needs + 1)])  # fmt: skip
        banks = range(n_firms + 1, n_firms + 31)
        _insert(session, Supply, [_posting(dice, Market.FINANCE, bank) for bank in banks])
        _insert(session, LoanProduct, [{"supply_id": n} for n in range(1, 31)])
        _insert(
            session, LoanProductVersion, [{"supply_id": n, "version": 1, "valid_from": today()} for n in range(1, 31)]
        )
        _insert(session, Supply, [_posting(dice, Market.SUPPLY, n) for n in range(1, n_firms + 1)])
        _insert(session, Exposure, [_exposure(dice, Market.FINANCE, demand_id=n) for n in range(1, n_needs + 1)])
        _insert(session, Exposure, [_exposure(dice, Market.SUPPLY, supply_id=n) for n in range(31, n_firms + 31)])
        pairs = dice.sample([(need, product) for need in range(1, n_needs + 1) for product in range(1, 4)], n_pairings)
        pairings = [_pairing(dice, need, product, owners[need - 1], n_firms + product) for need, product in pairs]
        _insert(session, Pairing, pairings)
        _insert(session, CaseStep, [step for n, row in enumerate(pairings, start=1) for step in _steps(dice, n, row)])
        _insert(session, Project, [_project(dice, n) for n in range(n_projects)])
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return engine


def _insert(session: Session, model: type[SQLModel], rows: list[dict[str, object]]) -> None:
    """Rows with the defaults that the model gives in Python."""
    columns = {column.name for column in model.__table__.columns}  # type: ignore[attr-defined]
    whole = [{name: value for name, value in model(**row).model_dump().items() if name in columns} for row in rows]
    for row in whole:
        if row.get("id") is None:
            row.pop("id", None)
    if whole:
        session.execute(insert(model), whole)


def _organization(n: int, kind: OrganizationKind) -> dict[str, object]:
    return {
        "kind": kind, "legal_name": f"衡阳单位{n}", "name_core": f"单位{n}", "status": OrganizationStatus.VERIFIED,
        "verified_at": now(), "chain_id": n % 7 + 1 if kind is OrganizationKind.ENTERPRISE else None,
    }  # fmt: skip


def _profile(dice: random.Random, n: int) -> dict[str, object]:
    return {
        "organization_id": n, "region_code": dice.choice(_REGIONS), "chain_id": n % 7 + 1,
        "tier": dice.choice(list(Tier)), "size_class": dice.choice(list(SizeClass)),
        "ownership": dice.choice(list(Ownership)), "is_first_time_borrower": dice.random() < 0.3, "verified_at": now(),
    }  # fmt: skip


def _posting(dice: random.Random, market: Market, owner: int) -> dict[str, object]:
    return {
        "market": market, "organization_id": owner, "title": "测试", "status": PostingStatus.OPEN,
        "opened_at": now() - timedelta(days=dice.randrange(90)),
    }  # fmt: skip


def _exposure(dice: random.Random, market: Market, **ids: int) -> dict[str, object]:
    state = dice.choices(list(PairState), weights=(8, 1, 2))[0]
    at = now() if state is PairState.ELIGIBLE else None
    shown = at if dice.random() < 0.9 else None
    cause = ExposureCause.BELOW_CUT if at and not shown else None
    return {"market": market, "state": state, "eligible_at": at, "shown_at": shown, "cause": cause, **ids}


def _pairing(dice: random.Random, need: int, product: int, firm: int, bank: int) -> dict[str, object]:
    status = dice.choice(list(PairingStatus))
    was_introduced = status in (_S.INTRODUCED, _S.IN_PROGRESS, _S.AGREED, _S.FULFILLED, _S.DECLINED)
    return {
        "market": Market.FINANCE, "demand_id": need, "supply_id": product, "demand_organization_id": firm,
        "supply_organization_id": bank, "chain_id": firm % 7 + 1, "origin": PairingOrigin.RECOMMENDATION,
        "status": status, "decided_by_id": 1, "decided_at": now(), "hold_until": now(),
        "verdict_reason": VerdictReason.OTHER,
        "verdict_note": "…", "decline_reason": DeclineReason.OTHER, "introduced_at": now() if was_introduced else None,
    }  # fmt: skip


def _steps(dice: random.Random, pairing_id: int, pairing: dict[str, object]) -> list[dict[str, object]]:
    if pairing["introduced_at"] is None:
        return []
    kinds = LADDERS[Market.FINANCE][: dice.randrange(6)]
    return [
        {"pairing_id": pairing_id, "kind": kind, "happened_on": today(), "amount_fen": 100 * FEN_PER_WAN,
         "recorded_by_id": 1}
        for kind in kinds
    ]  # fmt: skip


def _project(dice: random.Random, n: int) -> dict[str, object]:
    status = dice.choice((ProjectStatus.RESERVE, ProjectStatus.STARTED))
    return {
        "chain_id": n % 7 + 1, "name": f"项目{n}", "kind": ProjectKind.FILL, "investment_fen": 10_000 * FEN_PER_WAN,
        "status": status, "started_on": today(), "planned_start_on": today(), "planned_finish_on": today(),
    }  # fmt: skip


def measure(engine: Engine, folder: Path, *, rounds: int = _ROUNDS) -> dict[str, tuple[float, int]]:
    """Path -> median milliseconds and number of queries, for the joint office; the baseline first."""
    app = create_app(
        Settings(environment="test", data_dir=folder, secret_key="bench"),  # noqa: S106 -- a throwaway
        database_engine=engine,
    )

    def count() -> str:
        with engine.connect() as connection:
            return str(connection.execute(select(func.count()).select_from(Organization)).scalar_one())

    count.is_public = True  # type: ignore[attr-defined]
    app.add_url_rule(_BASELINE, "bench_count", count)
    with unit_of_work(engine) as session:
        statement = select(Organization.id).where(Organization.kind == OrganizationKind.JOINT_OFFICE)  # type: ignore[call-overload]
        office = session.execute(statement).scalar_one()
    client = app.test_client()
    token = sign_in(engine, office, Role.COORDINATOR)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    statements: list[str] = []

    def noted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", noted)
    found = {}
    for path in (_BASELINE, *PAGES):
        times = []
        for _ in range(rounds):
            statements.clear()
            start = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - start) * 1_000)
            assert answer.status_code == 200, (path, answer.status_code)
        found[path] = statistics.median(times), len(statements)
    event.remove(engine, "before_cursor_execute", noted)
    return found


def main() -> None:
    """Build the world, print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = build(folder / "bench.sqlite3", **SIZES)
        print(", ".join(f"{n:,} {key.removeprefix('n_')}" for key, n in SIZES.items()), "·", sys.version.split()[0])
        for path, (milliseconds, n) in measure(engine, folder).items():
            print(f"{path:<42}{milliseconds:>9.1f} ms{n:>5} queries")
        engine.dispose()


if __name__ == "__main__":
    main()
