"""A roadshow whose firms the engine recommends to the banks."""

from sqlmodel import select

from models.posting import Demand, Supply
from models.recommendation import Recommendation, RecommendationRun
from tests import factories
from tests.workflows.test_roadshow_meetings import World
from vocabulary.classifications import Market
from vocabulary.reasons import PairState


class Recommended(World):
    """Both firms are eligible for both banks."""

    def __init__(self, session):
        super().__init__(session)
        self.run = factories._add(session, RecommendationRun(market=Market.FINANCE, settings_fingerprint="x"), {})
        for firm, bank, score in (
            ("firm", "bank", 0.9), ("firm", "rival", 0.6), ("other", "bank", 0.8), ("other", "rival", 0.7),
        ):  # fmt: skip
            self.recommend(self.posting(Demand, firm), self.posting(Supply, bank), score)

    def posting(self, model, name):
        return self.session.exec(
            select(model).where(model.organization_id == self.rows[name].organization_id).order_by(model.id.desc())
        ).first()

    def recommend(self, demand, supply, score, state=PairState.ELIGIBLE):
        row = Recommendation(
            run_id=self.run.id, market=demand.market, demand_id=demand.id, supply_id=supply.id, state=state,
            score=score, n_components=1, n_with_data=1, demand_digest="d", supply_digest="s",
        )  # fmt: skip
        return factories._add(self.session, row, {})
