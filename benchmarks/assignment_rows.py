"""The office's own path over rows, on a temporary database: `python -m benchmarks.assignment_rows`.

2,000 needs with the best 20 of 300 products each, in 60 branches of 10 visits a week; recommendations are seeded rows,
since this measures reading, solving, keeping and adopting, not the engine that made them.
"""

import random
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import SQLModel

import models
from models.base import new_public_id, now
from models.capacity import BranchCapacity
from models.recommendation import Recommendation, RecommendationRun
from models.session import make_engine, open_session, unit_of_work
from tests import factories
from vocabulary.classifications import Market
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows import assignments
from workflows.assignment_run import AssignmentSettings, compute
from workflows.calendar import today

assert models  # every table is known before it is made
N_FIRMS, N_PRODUCTS, PER_BRANCH, TOP, VISITS = 2_000, 300, 5, 20, 10


def main() -> None:
    """Build the rows, then time computing, keeping and adopting."""
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'rows.sqlite3'}")
        SQLModel.metadata.create_all(engine)
        with unit_of_work(engine) as session:
            chain = factories.make_chain(session)
            office = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
            needs = []
            for _ in range(N_FIRMS):
                firm = factories.make_organization(session, chain_id=chain.id)
                factories.make_profile(session, firm)
                needs.append(factories.make_financing_need(session, firm).id)
            products = []
            for n in range(N_PRODUCTS):
                if n % PER_BRANCH == 0:
                    bank = factories.make_organization(session, OrganizationKind.BANK)
                    session.add(BranchCapacity(organization_id=bank.id, visits_per_week=VISITS))
                products.append(factories.make_loan_product(session, bank).id)
            run = RecommendationRun(market=Market.FINANCE, settings={}, settings_fingerprint="")
            session.add(run)
            session.flush()
            appeal = {product: dice.random() for product in products}
            rows = []
            for need in needs:
                fits = {product: 0.5 * appeal[product] + 0.5 * dice.random() for product in products}
                rows += [
                    {
                        "created_at": now(), "public_id": new_public_id(), "run_id": run.id, "market": Market.FINANCE,
                        "demand_id": need, "supply_id": product, "state": PairState.ELIGIBLE, "score": fits[product],
                        "n_components": 7, "n_with_data": 7, "contributions": [], "gates": [], "changes": [],
                        "demand_digest": "", "supply_digest": "",
                    }
                    for product in sorted(fits, key=lambda one: -fits[one])[:TOP]
                ]  # fmt: skip
            session.execute(insert(Recommendation), rows)
        started = time.perf_counter()
        with open_session(engine, read_only=True) as session:
            found = compute(session, office, AssignmentSettings(), on=today())
        computed = time.perf_counter()
        with unit_of_work(engine) as session:
            proposal_id = assignments.keep(session, office, found).id
        kept = time.perf_counter()
        with unit_of_work(engine) as session:
            proposal = session.get_one(assignments.AssignmentProposal, proposal_id)
            counts = assignments.adopt(session, office, proposal, on=today())
        adopted = time.perf_counter()
        print(f"{len(rows):,} recommendations: compute {computed - started:.2f} s, keep {kept - computed:.2f} s, "
              f"adopt {adopted - kept:.2f} s")  # fmt: skip
        for name, way in found.figures["ways"].items():
            print(f"  {name:<12} served {way['served']:>5}  total {way['total']:>9.3f}  over {way['over']:>4}  "
                  f"busiest bank {way['highest']:>4}")  # fmt: skip
        print("  adopted: " + ", ".join(f"{outcome.value} {count}" for outcome, count in counts.items()))
        engine.dispose()


if __name__ == "__main__":
    main()
