"""The list of research results that chains could make products of."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import five_lists as lists
from access.lists import profiles
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import RESEARCH_RESULT
from vocabulary.office_reports import ResearchReadiness, ResearchStatus
from web.common.chain_map_words import named
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.reports.forms import ResearchForm, show_problems
from workflows import research
from workflows.errors import NotComplete
from workflows.research import ResearchFacts

blueprint = Blueprint("reports_research", __name__, url_prefix="/research")


@blueprint.get("/")
@requires(Permission.MAKE_REPORTS)
def index() -> ResponseReturnValue:
    """Results of the office's chains, and the form for another."""
    return _page(ResearchForm(formdata=None, chain_id=current_actor().chain_id))


@blueprint.post("/")
@requires(Permission.MAKE_REPORTS)
def add() -> ResponseReturnValue:
    form = _offered(ResearchForm())
    if form.validate():
        facts = ResearchFacts(
            title=form.title.data or "", holder=form.holder.data or "",
            readiness=ResearchReadiness(form.readiness.data),
            chain_link_id=form.chain_link_id.data, wanted=form.wanted.data or "", source=form.source.data or "",
        )  # fmt: skip
        try:
            research.add(db(), current_actor(), facts, chain_id=form.chain_id.data)
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已列入科研成果清单。"), "success")
            return redirect(url_for(".index"), 303)
    return _page(form)


@blueprint.post("/<public_id>/<step>")
@requires(Permission.MAKE_REPORTS)
def end(public_id: str, step: str) -> ResponseReturnValue:
    """Take a result up, withdraw it or list it again."""
    row = lists.research_result(db(), current_actor(), public_id)
    if step not in set(ResearchStatus):
        raise NotVisible
    try:
        research.move(db(), current_actor(), row, ResearchStatus(step), note=request.form.get("note", ""))
    except NotComplete:
        flash(_("请写明由谁转化，或撤下的原因。"), "warning")
    else:
        flash(_("已更新。"), "success")
    return redirect(url_for(".index"), 303)


def _page(form: ResearchForm) -> ResponseReturnValue:
    rows = lists.research(db(), current_actor())
    page = render_template(
        "reports/research.html",
        form=_offered(form),
        rows=[
            (
                line.result, named(line.chain), named(line.link) if line.link else "",
                RESEARCH_RESULT.next_steps(line.result.status),
            )
            for line in rows
        ],
        may_choose_chain=current_actor().chain_id is None,
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _offered(form: ResearchForm) -> ResearchForm:
    actor = current_actor()
    chains = [row for row in profiles.chain_choices(db()) if actor.chain_id in (None, row.id)]
    return form.offer(chains, profiles.link_choices(db()))
