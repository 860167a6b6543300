"""Model versions of the demo world, in every status, from decisions imagined over its recommendations."""

from datetime import timedelta

import numpy as np
import pandas as pd
from sqlmodel import Session, col, select

from access.actor import Actor
from cli.demo_base import actors_of
from matchmaking.weights import scores
from models.base import now
from models.financing_need import FinancingNeed
from models.model_version import ModelVersion
from models.posting import Demand
from models.recommendation import Recommendation
from vocabulary.classifications import LoanPurpose, Market
from vocabulary.lifecycles import PostingStatus
from vocabulary.reasons import ComponentCode, PairState
from vocabulary.roles import Role
from workflows import drift, learning, model_versions, shadow_runs
from workflows.calendar import today
from workflows.weights import latest_weights

_YEARS_OF_DAYS = 700
_N_OFFICIALS = 24
_N_SLIPPED = 12
_TAUGHT = {Market.FINANCE: ComponentCode.GUARANTEE_FIT, Market.SUPPLY: ComponentCode.CAPACITY_FIT}
_MOVED, _SHARPNESS = 0.8, 14
"""Weight that one aspect gains in what the decisions follow, and how surely they follow it."""
_TRUSTS = (1.0, 0.25)


def add_models(session: Session) -> None:
    """One version with too few decisions, one that learned nothing, and one in every other status."""
    admin, lead = actors_of(session, Role.ADMIN)[0], actors_of(session, Role.COORDINATOR)[0]
    _train(session, admin, Market.FINANCE, n=60, seed=1)
    _train(session, admin, Market.FINANCE, n=500, seed=2, says_something=False)
    _use(session, admin, lead, _train(session, admin, Market.SUPPLY, n=1_400, seed=3))
    rolled_back = _train(session, admin, Market.FINANCE, n=1_400, seed=4)
    _use(session, admin, lead, rolled_back)
    model_versions.roll_back(session, lead, rolled_back, reason="三家银行反映名单不如从前，先退回再查原因。")
    _in_shadow(session, admin, _train(session, admin, Market.FINANCE, n=1_400, seed=5))
    _train(session, admin, Market.FINANCE, n=1_400, seed=15)


def add_drift(session: Session) -> None:
    """Needs brought in with 万元 taken for 元, beside those of the quarter before, and what a night finds."""
    needs = session.exec(select(Demand).where(Demand.market == Market.FINANCE).order_by(col(Demand.id))).all()
    for number, need in enumerate(needs):
        need.created_at = now() - timedelta(days=10 + number % 60)
        session.add(need)
    firm_id, chain_id = needs[-1].organization_id, needs[-1].chain_id
    for number in range(_N_SLIPPED):
        draft = Demand(
            market=Market.FINANCE, organization_id=firm_id, chain_id=chain_id, status=PostingStatus.DRAFT,
            title=f"补充流动资金（导入第 {number + 1} 行）",
        )  # fmt: skip
        session.add(draft)
        session.flush()
        session.add(
            FinancingNeed(
                demand_id=draft.id or 0, amount_fen=(200 + 50 * number) * 100, term_months=12,
                purpose=LoanPurpose.WORKING_CAPITAL, max_annual_rate_bps=450,
            )
        )  # fmt: skip
    session.flush()
    drift.keep(session, drift.find(session, on=today()), on=today())


def _use(session: Session, admin: Actor, lead: Actor, version: ModelVersion) -> None:
    _in_shadow(session, admin, version)
    model_versions.promote(session, lead, version, reason="影子运行一周，变动的名单经各链办看过。")


def _in_shadow(session: Session, admin: Actor, version: ModelVersion) -> None:
    model_versions.propose(session, admin, version)
    shadow_runs.keep(session, version, shadow_runs.compare(session, version, on=today()))


def _train(
    session: Session, admin: Actor, market: Market, *, n: int, seed: int, says_something: bool = True
) -> ModelVersion:
    current = latest_weights(session, market)
    table = imagined(session, market, current, n=n, seed=seed, says_something=says_something)
    return model_versions.keep(session, admin, learning.examine(table, market, current=current))


def imagined(
    session: Session, market: Market, current: dict[str, float], *, n: int, seed: int, says_something: bool = True
) -> pd.DataFrame:
    """Decisions about current recommendations, as `learning.collect_decisions` gives real ones.

    What comes of a pair follows other weights than those in use, some of them moved to one aspect, so that there is
    something to learn. Otherwise it is a coin.
    """
    rng = np.random.default_rng(seed)
    rows = session.exec(
        select(Recommendation)
        .where(
            Recommendation.market == market,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state).in_((PairState.ELIGIBLE, PairState.POSSIBLE)),
        )
        .order_by(col(Recommendation.id))
    ).all()
    chosen = [rows[place] for place in rng.integers(len(rows), size=n)]
    parts = [{part["code"]: part["value"] for part in row.contributions} for row in chosen]
    values = pd.DataFrame(parts, columns=list(current)).astype(float)
    taught = {code: weight + (_MOVED if code == _TAUGHT[market] else 0) for code, weight in current.items()}
    said = scores(values.to_numpy(), np.array(list(taught.values())))
    odds = _SHARPNESS * (said - np.median(said)) if says_something else np.zeros(n)
    firms = rng.integers(n // 4, size=n)
    days = rng.integers(_YEARS_OF_DAYS, size=n // 4)[firms] // 2 + rng.integers(_YEARS_OF_DAYS // 2, size=n)
    return values.assign(
        demand_id=[row.demand_id for row in chosen],
        supply_id=[row.supply_id for row in chosen],
        label=(rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int),
        official=rng.integers(_N_OFFICIALS, size=n).astype(object),
        firm=firms.astype(object),
        on=[today() - timedelta(days=int(day)) for day in days],
        trust=rng.choice(_TRUSTS, size=n, p=(0.6, 0.4)),
        state=[row.state for row in chosen],
        supply_since=[today() - timedelta(days=int(row.supply_id) % 300) for row in chosen],
    )
