"""The city's chains, the map of one, its links, and what it was before."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import chain_history, chain_leaders, chain_links, chain_map, chain_offices, chains, gaps, projects
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import keeps_chain, may
from access.small_counts import LEAST
from vocabulary.chains import MIN_SHARE_BASE, LinkState
from vocabulary.lifecycles import PairingStatus
from web.chains.words import past_name, target_words
from web.common.chain_drawing import Drawing, draw
from web.common.chain_map_words import headings, named, share_words, texts
from web.common.database import db
from web.common.gap_words import gap_name
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.outcome_bars import outcome_bars
from workflows.calendar import today

blueprint = Blueprint("chains", __name__, url_prefix="/chains")


@blueprint.get("/")
@requires(Permission.READ_CHAIN_PAGE)
def index() -> ResponseReturnValue:
    actor = current_actor()
    return render_template(
        "chains/index.html",
        rows=chains.summaries(db(), actor),
        merged=chains.merged(db(), actor),
        states=list(LinkState),
        may_run=may(actor, Permission.RUN_CHAINS),
        least_count=LEAST,
    )


@blueprint.get("/<code>")
@requires(Permission.READ_CHAIN_PAGE)
def show(code: str) -> ResponseReturnValue:
    """The map, the office, the same figures as a table, and what was achieved."""
    actor = current_actor()
    found = chain_map.chain_map(db(), actor, code)
    if found.merged_into:
        return redirect(url_for(".history", code=code), 303)
    chain = chain_map.visible_chain(db(), code)
    may_keep = may(actor, Permission.KEEP_CHAINS) and keeps_chain(actor, chain)
    return render_template(
        "chains/show.html",
        chain=found,
        name=named(found),
        drawings=_drawings(found.boxes, found.flows),
        office=chain_offices.office(db(), actor, chain, today()),
        leaders=chain_leaders.leaders(db(), actor, chain, year=today().year),
        target_words=target_words,
        share_words=share_words,
        least=MIN_SHARE_BASE,
        states=list(LinkState),
        today=today(),
        summary=(summary := chains.summary_of(db(), actor, code)),
        outcomes=outcome_bars(summary.outcomes),
        is_open=summary.is_open,
        least_count=LEAST,
        may_keep=may_keep,
        may_run=may(actor, Permission.RUN_CHAINS),
        n_waiting=sum(box.n_filed + box.n_guessed for box in found.boxes),
        retired=chain_links.retired_links(db(), actor, chain) if may_keep else [],
    )


@blueprint.get("/<code>/links/<link>")
@requires(Permission.READ_CHAIN_PAGE)
def link(code: str, link: str) -> ResponseReturnValue:
    """One link: firms by how they are known, needs, pairings, loans, gaps and key projects."""
    actor = current_actor()
    page = chain_links.link_page(db(), actor, code, link)
    return render_template(
        "chains/link.html",
        page=page,
        name=named(page.box),
        chain_name=named(page.chain),
        share_words=share_words,
        statuses=list(PairingStatus),
        gap_lines=gaps.of_link(db(), actor, page.box.id, on=today()),
        gap_name=gap_name,
        project_lines=projects.of_link(db(), actor, page.box.id),
    )


@blueprint.get("/<code>/versions")
@requires(Permission.READ_CHAIN_PAGE)
def history(code: str) -> ResponseReturnValue:
    """All versions; with `on`, straight to the one that stood on that day."""
    actor = current_actor()
    chain, lines = chain_history.versions(db(), actor, code)
    asked, error = request.args.get("on", ""), ""
    if asked:
        on = _day(asked)
        if on is None:
            error = _("请填写日期，例如 2026-06-30。")
        elif (number := chain_history.version_on(db(), actor, code, on)) is None:
            error = _("这一天之前没有留存版本。")
        else:
            return redirect(url_for(".version", code=code, number=number, on=on.isoformat()), 303)
    page = render_template("chains/history.html", chain=chain, name=named(chain), lines=lines, asked=asked, error=error)
    return page, 422 if error else 200


@blueprint.get("/<code>/versions/<number>")
@requires(Permission.READ_CHAIN_PAGE)
def version(code: str, number: str) -> ResponseReturnValue:
    """The map as a version kept it."""
    if not number.isdecimal() or len(number) > 9:
        raise NotVisible
    on = _day(request.args.get("on", ""))
    past = chain_history.past_map(db(), current_actor(), code, int(number), on)
    return render_template(
        "chains/version.html",
        past=past,
        name=past_name(past),
        on=on,
        states=list(LinkState),
        drawings=_drawings(past.boxes, past.flows, is_past=True),
    )


def _drawings(boxes: list[Any], flows: list[tuple[int, int]], *, is_past: bool = False) -> list[tuple[str, Drawing]]:
    """The same map for a wide and for a narrow page."""
    words, titles = texts(boxes, is_past=is_past), headings(boxes)
    return [(name, draw(boxes, flows, words, titles, columns=n)) for name, n in (("wide", 3), ("narrow", 1))]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
