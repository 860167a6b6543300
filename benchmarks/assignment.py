"""Assignment under capacities, beside first-come and lists by score: `python -m benchmarks.assignment`.

Three problems, each seeded: 90 firms and 12 lenders of 10 visits; 2,000 firms' top 20 of 300 products of 8 places, in
branches of 10 products and 60 visits; and the same with every pair. A firm's fit with a lender is half the lender's
general appeal and half chance, so that lists by score crowd at the same doors.
"""

import random
import time

from matchmaking.assignment import Assignment, Edge, Group, assign


def edges(*, n_firms: int, n_lenders: int, top: int) -> list[Edge]:
    """The best `top` lenders of every firm."""
    dice = random.Random(7)
    appeal = [dice.random() for _ in range(n_lenders)]
    chosen = []
    for firm in range(n_firms):
        fits = [Edge(firm, lender, round(0.5 * appeal[lender] + 0.5 * dice.random(), 6)) for lender in range(n_lenders)]
        chosen += sorted(fits, key=lambda edge: -edge.value)[:top]
    return chosen


def report(name: str, found: Assignment, seconds: float) -> None:
    """Plan, first-come and lists by score in three lines."""
    print(f"{name}: {seconds:.2f} s")
    for plan, figures in (
        ("assignment", found.figures),
        ("first-come", found.first_come),
        ("by score, no limits", found.by_score),
    ):
        print(f"  {plan:<20} served {figures.served:>5} of could {found.could_serve:>5}  total {figures.total:>10.3f}  "
              f"mean {figures.mean or 0:.4f}  highest load {max(figures.load.values()):>4}  over {figures.over:>4}"
              f"  total / first-come {figures.total / found.first_come.total:.4f}")  # fmt: skip
    dearest = sorted(found.prices, key=lambda price: (-price.served, -price.value))[:3]
    print("  dearest limits: " + ", ".join(f"{price.kind} {price.id} +{price.served} served {price.value:+.3f}"
                                            for price in dearest))  # fmt: skip


def main() -> None:
    """Solve the three problems."""
    started = time.perf_counter()
    assign([])
    print(f"loading the solver: {time.perf_counter() - started:.2f} s")
    cases = [
        ("90 firms x 12 lenders, 10 visits each", edges(n_firms=90, n_lenders=12, top=12), 10, []),
    ]
    branches = [Group(id=f"branch {n}", supplies=frozenset(range(10 * n, 10 * n + 10)), limit=60) for n in range(30)]
    for top in (20, 300):
        name = f"2,000 firms x 300 products, top {top}, 8 places each, 30 branches of 60 visits"
        cases.append((name, edges(n_firms=2_000, n_lenders=300, top=top), 8, branches))
    for name, pairs, places, groups in cases:
        lenders = {edge.supply for edge in pairs}
        started = time.perf_counter()
        found = assign(pairs, supply_limits=dict.fromkeys(lenders, places), groups=groups)
        report(name, found, time.perf_counter() - started)


if __name__ == "__main__":
    main()
