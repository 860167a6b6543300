"""The five lists and the map, and the ledger of cases, of a whole city: `python -m benchmarks.reports`.

20,000 firms, 5,000 pairings and 500 projects on seven chains, drawn up as the server does it: facts, frozen content in
two languages, spreadsheet and PDF, each step saying that it begins. Goal: under 10 s each. Baselines of the same run:
the same PDF as one document with one tagged table per list, set in the server's own process; the sheets by pandas.
"""

import json
import random
import resource
import tempfile
import threading
import time
from datetime import date, timedelta
from io import BytesIO
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pandas as pd
from pypdf import PdfReader
from sqlalchemy import Engine, insert
from sqlmodel import col, select, update

from access.lists.office_reports import kept
from app import create_app, report_composer
from benchmarks.world import build
from config import Settings
from jobs.reports import draw_up
from models.base import now
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.office_report import OfficeReport, OfficeReportFile
from models.organization import Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.project import Project
from models.session import open_session, unit_of_work
from vocabulary.classifications import (
    CaseStepKind,
    ChainPlacement,
    LinkPosition,
    Market,
    PairingOrigin,
)
from vocabulary.lifecycles import OrganizationStatus, PairingStatus, ProjectStatus
from vocabulary.money import FEN_PER_WAN, FEN_PER_YI
from vocabulary.office_reports import OfficeReportKind, ReportForm
from vocabulary.projects import ProjectKind
from vocabulary.roles import OrganizationKind
from web.common.frozen_papers import thaw
from web.common.papers import _for_typst, plain
from web.common.typesetting import typeset
from workflows.calendar import today

_FIRMS, _PAIRINGS, _PROJECTS, _CHAINS, _LINKS = 20_000, 5_000, 500, 7, 10
_STATUSES = (PairingStatus.INTRODUCED, PairingStatus.IN_PROGRESS, PairingStatus.AGREED, PairingStatus.FULFILLED)


def world(path: Path) -> tuple[Engine, int]:
    """A city of the wanted size; gives the id of its joint office."""
    engine = build(path, n_firms=_FIRMS, n_needs=120)
    dice = random.Random(11)
    with unit_of_work(engine) as session:
        chains = [session.exec(select(Chain)).one()]
        chains += [Chain(code=f"bench{n}", name_zh=f"测试链{n}", name_en=f"Bench {n}") for n in range(1, _CHAINS)]
        session.add_all(chains)
        session.flush()
        links = _add_links(session, chains)
        _spread_firms(session, dice, links)
        joint = Organization(
            kind=OrganizationKind.JOINT_OFFICE, legal_name="联席办", name_core="联席办",
            status=OrganizationStatus.VERIFIED, verified_at=now(),
        )  # fmt: skip
        official = User(email="bench@example.org", password_hash="!", full_name="经办人")  # noqa: S106 -- no password
        session.add_all((joint, official))
        session.flush()
        _add_projects(session, dice, links)
        _add_pairings(session, dice, official.id or 0)
        return engine, joint.id or 0


def _add_links(session: Any, chains: list[Chain]) -> dict[int, list[int]]:
    """Ten links for each chain, named apart; chain id -> link ids."""
    found: dict[int, list[int]] = {}
    positions = list(LinkPosition)
    for chain in chains:
        rows = [
            ChainLink(
                chain_id=chain.id or 0, code=f"link{n}", name_zh=f"环节{n}", name_en=f"Link {n}",
                position=positions[n % 3], sort_order=n,
            )
            for n in range(_LINKS)
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        found[chain.id or 0] = [row.id or 0 for row in rows]
    return found


def _spread_firms(session: Any, dice: random.Random, links: dict[int, list[int]]) -> None:
    """Each firm on a chain and a link of it."""
    ids = session.exec(select(FirmProfile.organization_id).order_by(col(FirmProfile.organization_id))).all()
    chain_ids, placements = list(links), []
    for place, chain_id in enumerate(chain_ids):
        own = ids[place :: len(chain_ids)]
        for start in range(0, len(own), 500):
            some = own[start : start + 500]
            session.execute(
                update(FirmProfile).where(col(FirmProfile.organization_id).in_(some)).values(chain_id=chain_id)
            )
        placements += [
            {
                "organization_id": firm, "chain_link_id": dice.choice(links[chain_id]), "created_at": now(),
                "kind": dice.choice((ChainPlacement.CONFIRMED, ChainPlacement.FILED)), "standing": "ordinary",
                "reasons": [],
            }
            for firm in own
        ]  # fmt: skip
    session.execute(insert(FirmPlacement), placements)


def _add_projects(session: Any, dice: random.Random, links: dict[int, list[int]]) -> None:
    for n in range(_PROJECTS):
        chain_id = dice.choice(list(links))
        is_begun = n % 3 != 0
        session.add(
            Project(
                chain_id=chain_id, chain_link_id=dice.choice(links[chain_id]), name=f"重点项目{n}",
                kind=ProjectKind.FILL,
                status=ProjectStatus.STARTED if is_begun else ProjectStatus.RESERVE, investor=f"投资方{n}",
                region_code="430406", investment_fen=dice.randrange(1, 40) * FEN_PER_YI // 4,
                started_on=date(2026, 3, 1) if is_begun else None, planned_start_on=date(2026, 3, 1),
                planned_finish_on=date(2027, 12, 31),
            )
        )  # fmt: skip
    session.flush()


def _add_pairings(session: Any, dice: random.Random, official_id: int) -> None:
    """Half of each market, with two steps each."""
    made = now() - timedelta(days=20)
    for market, kinds in (
        (Market.FINANCE, (CaseStepKind.VISIT, CaseStepKind.CREDIT_GRANTED)),
        (Market.SUPPLY, (CaseStepKind.NEGOTIATION, CaseStepKind.TRIAL_ORDER)),
    ):
        demands = session.exec(select(Demand).where(Demand.market == market).order_by(col(Demand.id))).all()
        supplies = session.exec(select(Supply).where(Supply.market == market).order_by(col(Supply.id)).limit(40)).all()
        sides = list(product(demands, supplies))[: _PAIRINGS // 2]
        assert len(sides) == _PAIRINGS // 2
        for demand, supply in sides:
            pairing = Pairing(
                market=market, demand_id=demand.id, supply_id=supply.id,
                demand_organization_id=demand.organization_id, supply_organization_id=supply.organization_id,
                chain_id=demand.chain_id or supply.chain_id, origin=PairingOrigin.BY_HAND, proposed_at=made,
                status=dice.choice(_STATUSES), decided_by_id=official_id, decided_at=made, introduced_at=made,
                followed_by_id=official_id,
            )  # fmt: skip
            session.add(pairing)
            session.flush()
            session.add_all(
                CaseStep(
                    pairing_id=pairing.id or 0, kind=kind, happened_on=today() - timedelta(days=5),
                    amount_fen=None if nth == 0 else dice.randrange(10, 900) * FEN_PER_WAN, recorded_by_id=official_id,
                )
                for nth, kind in enumerate(kinds)
            )  # fmt: skip


def measure(app: Any, engine: Engine, office_id: int, kind: OfficeReportKind) -> bytes:
    """Draw one report up as the server does, print its steps and sizes; gives its content."""
    with unit_of_work(engine) as session:
        report = OfficeReport(
            kind=kind, organization_id=office_id, starts_on=today().replace(day=1), ends_on=today(),
            asked_by_name="Bench",
        )  # fmt: skip
        session.add(report)
        session.flush()
        report_id = report.id or 0
    marks: list[tuple[str, float]] = []
    compose = report_composer(app)

    def timed(session: Any, row: Any, say: Any) -> Any:
        def mark(step: Any) -> None:
            say(step)
            marks.append((step.value, time.perf_counter()))

        return compose(session, row, mark)

    longest = _LongestWait(engine)
    start = time.perf_counter()
    with longest:
        draw_up(engine, report_id, timed)
    end = time.perf_counter()
    marks.append(("end", end))
    with open_session(engine, read_only=True) as session:
        row = session.get_one(OfficeReport, report_id)
        assert row.status.value == "done", row.failure
        files = {
            file.form: file.content
            for file in session.exec(select(OfficeReportFile).where(OfficeReportFile.report_id == report_id)).all()
        }
        content = kept(session, row, ReportForm.CONTENT)
    pages = len(PdfReader(BytesIO(files[ReportForm.PDF])).pages)
    print(f"{kind.value}: {end - start:.2f} s, {pages} pages")
    for (step, at), (_next, until) in pairwise(marks):
        print(f"  {step:<12}{until - at:>7.2f} s")
    for form, data in files.items():
        print(f"  {form.value:<12}{len(data) / 1024:>9,.0f} KB")
    print(f"  longest wait of a page meanwhile {longest.seconds * 1000:.0f} ms")
    return content


class _LongestWait:
    """How long a small reading took at most while something else ran: what somebody at a page would have felt."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.seconds, self._stop = engine, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            start = time.perf_counter()
            with open_session(self.engine, read_only=True) as session:
                session.exec(select(Organization.id).limit(20)).all()
            self.seconds = max(self.seconds, time.perf_counter() - start)

    def __enter__(self) -> "_LongestWait":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()


def baselines(app: Any, content: bytes) -> None:
    """The same paper by the plain ways."""
    with app.test_request_context():
        paper = thaw(content, "zh")
        start = time.perf_counter()
        with pd.ExcelWriter(BytesIO(), engine="xlsxwriter") as book:
            for section in paper.sections:
                rows = [[plain(cell) for cell in row] for row in section.rows]
                frame = pd.DataFrame(rows, columns=[column.heading for column in section.columns])
                frame.to_excel(book, sheet_name=section.heading.replace("：", " ")[:31], index=False)
        print(f"  baseline: sheets by pandas {time.perf_counter() - start:.2f} s")
        start = time.perf_counter()
        document = typeset("report.typ", json.dumps(_for_typst(paper), ensure_ascii=False))
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  baseline: one tagged document {seconds:.2f} s, {len(document) / 1024:,.0f} KB, peak {peak:,.0f} MB")


def main() -> None:
    """Build the city, draw both reports up, then compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine, office_id = world(folder / "city.sqlite3")
        app = create_app(
            Settings(environment="test", data_dir=folder, secret_key="bench"),  # noqa: S106 -- a throwaway
            database_engine=engine,
        )
        contents = [measure(app, engine, office_id, kind) for kind in OfficeReportKind]
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak of this process {own:,.0f} MB, of a child {children:,.0f} MB")
        for kind, content in zip(OfficeReportKind, contents, strict=True):
            print(kind.value)
            baselines(app, content)
        engine.dispose()


if __name__ == "__main__":
    main()
