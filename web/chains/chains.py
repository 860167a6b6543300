"""The city's chains and one chain with its links, gaps and outcomes."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import chains
from access.permissions import Permission
from web.common.charts import Marks, marks
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.outcome_bars import outcome_bars

blueprint = Blueprint("chains", __name__, url_prefix="/chains")


@dataclass(frozen=True)
class DrawnLink:
    """A link with one mark per verified firm and one per open purchase need, the met needs first."""

    link: chains.LinkLine
    firms: Marks
    needs: Marks
    n_met: int


@blueprint.get("/")
@requires(Permission.READ_CHAIN_PAGE)
def index() -> ResponseReturnValue:
    return render_template("chains/index.html", rows=chains.summaries(db(), current_actor()))


@blueprint.get("/<code>")
@requires(Permission.READ_CHAIN_PAGE)
def show(code: str) -> ResponseReturnValue:
    page = chains.page(db(), current_actor(), code)
    return render_template(
        "chains/show.html",
        page=page,
        columns={position: [_drawn(link) for link in links] for position, links in page.links.items()},
        outcomes=outcome_bars(page.summary.outcomes),
    )


def _drawn(link: chains.LinkLine) -> DrawnLink:
    return DrawnLink(link, marks(link.n_firms), marks(link.n_needs), link.n_needs - len(link.unmet))
