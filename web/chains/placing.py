"""Firms on links: what the engine proposes and firms filed, confirmed one by one or several at once."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import chain_links as lists
from access.permissions import Permission
from access.ties import tied_organizations
from vocabulary import industries
from vocabulary.chains import FirmStanding
from web.chains.forms import FirmForm, PlaceForm, show_problems
from web.common.chain_map_words import named
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import language
from web.common.numbers import row_number, row_numbers
from workflows import placements
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete

blueprint = Blueprint("chains_placing", __name__, url_prefix="/chains")


@blueprint.route("/<code>/placements", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def waiting(code: str) -> ResponseReturnValue:
    """Tick, look at what will be done, confirm."""
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    if request.method == "POST" and request.form.get("step") == "propose":
        n = placements.propose_again(db(), actor, chain)
        flash(_("已重新推测：%(n)s 家企业有推测的环节。", n=n), "success")
        return redirect(url_for(".waiting", code=code), 303)
    ids = row_numbers(request.form.getlist("placement"))
    if request.method == "POST" and ids and request.form.get("step") == "confirm":
        done = placements.confirm_placements(db(), actor, chain, lists.placements(db(), actor, chain, ids))
        if done.confirmed:
            flash(
                _("已确认 %(n)s 家：%(names)s。", n=len(done.confirmed), names="、".join(done.confirmed[:8])), "success"
            )
        for name, why in done.refused.items():
            flash(_("%(name)s 没有确认：%(why)s", name=name, why=_refusal(why)), "warning")
        return redirect(url_for(".waiting", code=code), 303)
    rows = lists.waiting_placements(db(), actor, chain)
    chosen = [row for row in rows if row.placement_id in ids]
    tied = tied_organizations(db(), actor)
    free = {row.id for row in lists.placements(db(), actor, chain, ids) if row.organization_id not in tied}
    return render_template(
        "chains/waiting.html",
        chain=chain,
        name=named(chain),
        rows=[(row, reasons(row.reasons)) for row in rows],
        preview=[(row, row.placement_id in free) for row in chosen],
        is_empty_choice=request.method == "POST" and not chosen,
    )


@blueprint.route("/<code>/links/<link>/place", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def place(code: str, link: str) -> ResponseReturnValue:
    """Put a firm of the chain on a link by hand, also beside another one."""
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    row = lists.kept_link(db(), actor, chain, link)
    form = PlaceForm()
    if form.validate_on_submit():
        try:
            if not form.organization.data:
                raise NotComplete({"organization": "required"})
            firm = lists.firm_of_chain(db(), actor, form.organization.data)
            placements.place_by_hand(db(), actor, chain, row, firm)
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已放到“%(link)s”：%(firm)s。", link=named(row), firm=firm.legal_name), "success")
            return redirect(url_for("chains.link", code=code, link=link), 303)
    page = render_template(
        "chains/place.html", chain=chain, link=row, name=named(row), form=form,
        firms=lists.unplaced_firms(db(), actor, chain),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/placements/<placement>", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def firm(code: str, placement: str) -> ResponseReturnValue:
    """A confirmed firm's standing, or taking it off its link."""
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    row = lists.placement(db(), actor, chain, row_number(placement) or 0)
    line = lists.line_of(db(), row)
    form = FirmForm(standing=row.standing, on=today())
    if form.validate_on_submit():
        back = redirect(url_for("chains.link", code=code, link=line.link_code), 303)
        try:
            if request.form.get("step") == "off":
                placements.take_off(db(), actor, chain, row, why=form.off_why.data or "")
            else:
                placements.set_standing(
                    db(), actor, chain, row, FirmStanding(form.standing.data), on=form.on.data or today(),
                    why=form.why.data or "",
                )  # fmt: skip
        except NotComplete as refused:
            is_off = request.form.get("step") == "off"
            show_problems(form, NotComplete({"off_why": "required"}) if is_off else refused)
        except ChangedMeanwhile:
            flash(_("位置刚刚变了，请重新查看。"), "warning")
            return back
        else:
            flash(_("已处理：%(name)s。", name=line.name), "success")
            return back
    page = render_template(
        "chains/firm.html", chain=chain, line=line, link_name=line.link_en if _is_english() else line.link_zh, form=form
    )
    return page, 422 if form.errors else 200


def reasons(rows: list[dict[str, Any]]) -> list[str]:
    """The reasons of a guess in words, with their share of the 100 points; they add up to the fit."""
    words = []
    for row in rows:
        points = f"{row['points'] * 100:.0f}"
        if row["code"] == "industry":
            names = "、".join(industries.name(code) for code in row["matched"])
            words.append(_("行业接近“%(name)s”，%(points)s 分", name=names, points=points))
        elif row["matched"]:
            words.append(_("产品都提到“%(words)s”，%(points)s 分", words="、".join(row["matched"]), points=points))
        else:
            words.append(_("产品用词相近，%(points)s 分", points=points))
    return words


def _refusal(why: str) -> str:
    return {
        "conflict_of_interest": _("您与它有利益关联，须回避，由同事或联席办确认。"),
        "confirmed_already": _("已经确认过。"),
        "ended": _("位置刚刚变了，请重新查看。"),
    }[why]


def _is_english() -> bool:
    return language() == "en"
