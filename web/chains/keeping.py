"""Keeping a chain's map: the chain itself and its links, each change with its reason."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import chain_links as lists
from access.lists import chain_map
from access.permissions import Permission
from vocabulary.lifecycles import LinkStatus
from web.chains.forms import ChainForm, LinkForm, show_problems
from web.chains.words import problem_words
from web.common.chain_map_words import named
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import chain_links, chains
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete

blueprint = Blueprint("chains_keeping", __name__, url_prefix="/chains")


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.RUN_CHAINS)
def found() -> ResponseReturnValue:
    form = ChainForm()
    if form.validate_on_submit():
        try:
            chain = chains.found_chain(
                db(), current_actor(), (form.code.data or "").strip(), form.facts(), why=form.why.data or ""
            )
        except NotComplete as refused:
            show_problems(form, refused)
        except AlreadyExists:
            form.code.errors = [problem_words("taken")]
        else:
            flash(_("已设立：%(name)s。", name=named(chain)), "success")
            return redirect(url_for("chains.show", code=chain.code), 303)
    page = render_template("chains/edit.html", form=form, chain=None, title=_("新设产业链"), conflict=None)
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def edit(code: str) -> ResponseReturnValue:
    """Names, host and source; a change by somebody else meanwhile is shown beside what was typed."""
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    form, conflict = ChainForm(obj=chain), None
    if form.validate_on_submit():
        try:
            chains.change_chain(
                db(), actor, chain, form.facts(), version=form.version.data or 0, why=form.why.data or ""
            )
        except NotComplete as refused:
            show_problems(form, refused)
        except ChangedMeanwhile as overtaken:
            conflict = conflicts(form, overtaken.current, ChainForm)
            _take_version(form, overtaken.version)
        else:
            flash(_("已保存为第 %(n)s 版。", n=chain.version), "success")
            return redirect(url_for("chains.show", code=code), 303)
    page = render_template(
        "chains/edit.html", form=form, chain=chain, title=_("修改名称和承载地"), name=named(chain), conflict=conflict
    )
    return page, 409 if conflict else 422 if form.errors else 200


@blueprint.route("/<code>/add-link", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def add(code: str) -> ResponseReturnValue:
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    boxes = chain_map.present_boxes(db(), chain.id or 0)
    form = _offer(LinkForm(version=chain.version), boxes, None)
    if form.validate_on_submit():
        try:
            link = chain_links.add_link(db(), actor, chain, form.facts(), why=form.why.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已增设：%(name)s。", name=named(link)), "success")
            return redirect(url_for("chains.link", code=code, link=link.code), 303)
    page = render_template(
        "chains/edit_link.html",
        form=form,
        chain=chain,
        link=None,
        title=_("增加环节"),
        name=named(chain),
        conflict=None,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/links/<link>/edit", methods=["GET", "POST"])
@requires(Permission.KEEP_CHAINS)
def change(code: str, link: str) -> ResponseReturnValue:
    """Change, retire or restore a link."""
    actor = current_actor()
    chain = lists.kept_chain(db(), actor, code)
    row = lists.kept_link(db(), actor, chain, link)
    boxes = chain_map.present_boxes(db(), chain.id or 0)
    found_map = chain_map.chain_map(db(), actor, code)
    feeds = [other for one, other in found_map.flows if one == row.id]
    form = LinkForm(
        name_zh=row.name_zh, name_en=row.name_en, position=row.position, parent_id=row.parent_id,
        products=list(row.products), industries=list(row.industries), feeds=feeds, version=chain.version,
    )  # fmt: skip
    _offer(form, boxes, row.id)
    conflict: Conflicts | None = None
    if form.validate_on_submit():
        step, why = request.form.get("step", "save"), form.why.data or ""
        try:
            if step == "retire":
                chain_links.retire_link(db(), actor, chain, row, why=why)
            elif step == "restore":
                chain_links.restore_link(db(), actor, chain, row, why=why)
            else:
                chain_links.change_link(db(), actor, chain, row, form.facts(), version=form.version.data or 0, why=why)
        except NotComplete as refused:
            show_problems(form, refused)
        except ChangedMeanwhile as overtaken:
            conflict = _link_conflict(form, overtaken.current, boxes, row.id)
            _take_version(form, overtaken.version)
        else:
            flash(_("已保存为第 %(n)s 版。", n=chain.version), "success")
            return redirect(url_for("chains.show", code=code), 303)
    page = render_template(
        "chains/edit_link.html", form=form, chain=chain, link=row, title=_("编辑环节"), name=named(row),
        conflict=conflict, is_retired=row.status is LinkStatus.RETIRED,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _offer(form: LinkForm, boxes: list[Any], link_id: int | None) -> LinkForm:
    others = [(box.id, named(box)) for box in boxes if box.id != link_id]
    form.parent_id.offer(others)
    form.feeds.choices = others
    return form


def _take_version(form: Any, version: int) -> None:
    """The next save is against what the editor has now seen."""
    form.version.data = version
    form.version.raw_data = [str(version)]


def _link_conflict(form: LinkForm, theirs: dict[str, Any], boxes: list[Any], link_id: int | None) -> Conflicts:
    if "name_zh" not in theirs:
        return [(str(form.name_zh.label.text), _("这个环节已停用。"), form.name_zh.data or "")]
    return conflicts(form, theirs, lambda **values: _offer(LinkForm(**values), boxes, link_id))
