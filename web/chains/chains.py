"""The city's chains and one chain with its links, gaps and outcomes."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import chains
from access.permissions import Permission
from vocabulary.classifications import AMOUNT_REQUIRED
from web.common.charts import bars
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label

blueprint = Blueprint("chains", __name__, url_prefix="/chains")


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
        steps=bars([(label(row.kind), row.count) for row in page.summary.outcomes]),
        amounts=[row for row in page.summary.outcomes if row.kind in AMOUNT_REQUIRED],
    )
