"""What the joint office does with chains: offices, merging, splitting."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import chain_map, chain_offices, organizations
from access.permissions import Permission
from web.chains.forms import BackingForm, MergeForm, SplitForm, TermForm, show_problems
from web.chains.words import problem_words
from web.common.chain_map_words import named
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import chain_offices as offices
from workflows import chains
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete

blueprint = Blueprint("chains_running", __name__, url_prefix="/chains")


@blueprint.route("/<code>/office", methods=["GET", "POST"])
@requires(Permission.RUN_CHAINS)
def office(code: str) -> ResponseReturnValue:
    """Backing bureau and lead bank, and a new person in a post; both forms on one page."""
    actor = current_actor()
    chain = chain_map.visible_chain(db(), code)
    found = chain_offices.office(db(), actor, chain, today())
    step = request.form.get("step", "")
    backing = BackingForm(
        None if step != "backing" and request.method == "POST" else request.form or None,
        bureau=found.bureau, lead_bank_id=found.lead_bank_id, version=chain.version,
    )  # fmt: skip
    term = TermForm(None if step != "term" and request.method == "POST" else request.form or None)
    banks = [(row.id, row.text) for row in chain_offices.bank_choices(db(), actor)]
    _offered(backing, banks)
    people = [(row.id, row.text) for row in chain_offices.official_choices(db(), actor)]
    term.user_id.offer(people)
    conflict: Conflicts | None = None
    if step == "backing" and backing.validate():
        try:
            offices.set_backing(
                db(), actor, chain, bureau=backing.bureau.data or "", lead_bank_id=backing.lead_bank_id.data,
                version=backing.version.data or 0, why=backing.why.data or "",
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(backing, refused)
        except ChangedMeanwhile as overtaken:
            found = chain_offices.office(db(), actor, chain, today())
            saved = {"bureau": found.bureau, "lead_bank_id": found.lead_bank_id}
            conflict = conflicts(backing, saved, lambda **values: _offered(BackingForm(**values), banks))
            backing.version.data, backing.version.raw_data = overtaken.version, [str(overtaken.version)]
        else:
            return _saved(chain.version, code)
    elif step == "term" and term.validate() and _appoint(chain, term):
        return _saved(chain.version, code)
    failed = bool(backing.errors or term.errors)
    page = render_template(
        "chains/office.html", chain=chain, name=named(chain), office=found, backing=backing, term=term,
        conflict=conflict, today=today(),
    )  # fmt: skip
    return page, 409 if conflict else 422 if failed else 200


@blueprint.post("/<code>/office/<public_id>")
@requires(Permission.RUN_CHAINS)
def end_term(code: str, public_id: str) -> ResponseReturnValue:
    """The last day of a term."""
    actor = current_actor()
    chain = chain_map.visible_chain(db(), code)
    row = chain_offices.term_of(db(), actor, chain, public_id)
    form = TermForm(request.form)
    try:
        offices.end_term(db(), actor, chain, row, ends_on=form.ends_on.data, why=form.why.data or "")
    except NotComplete as refused:
        fields = {"ends_on": form.ends_on, "why": form.why}
        for name, word in refused.problems.items():
            flash(f"{row.name}：{fields[name].label.text}，{problem_words(word)}", "danger")
        return redirect(url_for(".office", code=code), 303)
    return _saved(chain.version, code)


@blueprint.route("/<code>/merge", methods=["GET", "POST"])
@requires(Permission.RUN_CHAINS)
def merge(code: str) -> ResponseReturnValue:
    """First what would move, then the deed."""
    actor = current_actor()
    chain = chain_map.visible_chain(db(), code)
    others = [row for row in organizations.chains(db()) if row.code != code]
    form = MergeForm()
    if form.validate_on_submit():
        try:
            target = next((row for row in others if row.code == form.into.data), None)
            if target is None:
                raise NotComplete({"into": "unknown"})
            into = chain_map.visible_chain(db(), target.code)
            chains.merge_chains(db(), actor, chain, into=into, why=form.why.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已并入：%(name)s。", name=named(target)), "success")
            return redirect(url_for("chains.show", code=target.code), 303)
    page = render_template(
        "chains/merge.html", chain=chain, name=named(chain), form=form, moved=chains.preview_merge(db(), chain),
        others=[(row.code, named(row)) for row in others],
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.route("/<code>/split", methods=["GET", "POST"])
@requires(Permission.RUN_CHAINS)
def split(code: str) -> ResponseReturnValue:
    """Choose links and name the new chain; a preview counts what goes before anything is done."""
    actor = current_actor()
    chain = chain_map.visible_chain(db(), code)
    form = SplitForm()
    form.links.choices = [(box.id, named(box)) for box in chain_map.present_boxes(db(), chain.id or 0)]
    moved = None
    if form.validate_on_submit():
        ids = form.links.data or []
        moved = chains.preview_split(db(), chain, ids)
        if request.form.get("step") == "split":
            try:
                new, moved = chains.split_chain(
                    db(), actor, chain, ids, (form.code.data or "").strip(), form.facts(), why=form.why.data or ""
                )
            except NotComplete as refused:
                show_problems(form, refused)
            except AlreadyExists:
                form.code.errors = [problem_words("taken")]
            else:
                flash(_("已拆出：%(name)s。", name=named(new)), "success")
                return redirect(url_for("chains.show", code=new.code), 303)
    page = render_template("chains/split.html", chain=chain, name=named(chain), form=form, moved=moved)
    return page, 422 if form.errors else 200


def _appoint(chain: object, term: TermForm) -> bool:
    """Whether the appointment went through; if not, the form says why."""
    text = (term.seconded_from.data or "").strip()
    firm_id = chain_offices.organization_named(db(), current_actor(), text) if text else None
    if text and firm_id is None:
        term.seconded_from.errors = [problem_words("several")]
        return False
    try:
        offices.appoint(db(), current_actor(), chain, term.facts(firm_id), why=term.why.data or "")  # type: ignore[arg-type]
    except NotComplete as refused:
        show_problems(term, refused)
        return False
    return True


def _saved(version: int, code: str) -> ResponseReturnValue:
    flash(_("已保存为第 %(n)s 版。", n=version), "success")
    return redirect(url_for(".office", code=code), 303)


def _offered(form: BackingForm, banks: list[tuple[int, str]]) -> BackingForm:
    form.lead_bank_id.offer(banks)
    return form
