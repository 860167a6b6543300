"""The own firm's profile: filling in, submitting, what came back."""

from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import profiles as lists
from access.lists.recognitions import own_recognitions
from access.permissions import Permission
from access.rules import may
from access.sizes import size_of_values
from vocabulary.classifications import SizeClass
from vocabulary.plausibility import PlausibilityRule
from vocabulary.profile_fields import BY_NAME, FIRST_FORM, ProfileField, Section, of_section
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.filters import moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_number
from web.common.profile_values import named, section_rows
from web.common.size_words import size_note
from web.firms.profile_forms import CertificateForm, ProfileForm, profile_form
from workflows import profiles
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete

blueprint = Blueprint("firms_profile", __name__, url_prefix="/profile")
FIRST = "first"


def _fields_of(part: str) -> tuple[ProfileField, ...]:
    if part == FIRST:
        return FIRST_FORM
    if part not in set(Section):
        abort(404)
    return of_section(Section(part))


def _names() -> tuple[dict[int, str], dict[int, str]]:
    return named(lists.chain_choices(db())), named(lists.link_choices(db()))


@blueprint.get("/")
@requires(Permission.FILE_PROFILE)
def index() -> ResponseReturnValue:
    """Where the profile stands, section by section."""
    actor = current_actor()
    assert actor.organization_id is not None
    draft = profiles.draft_of(db(), actor.organization_id)
    filled, total = profiles.progress(draft.values)
    history = lists.own_history(db(), actor)
    chains, links = _names()
    profile = lists.own_profile(db(), actor)
    sections = [(section, *_section_state(section, draft.values)) for section in Section]
    is_verified = profile is not None and profile.verified_at is not None
    claimed = draft.values.get("size_class")
    verified = {field: getattr(profile, field) for field in BY_NAME} if is_verified else {}
    return render_template(
        "firms/profile/index.html",
        draft=draft,
        filled=filled,
        total=total,
        bar_width=100 * filled / total,
        sections=sections,
        n_missing=sum(missing for _section, _filled, _all, missing in sections),
        history=history,
        returned=history[0].notes if history and history[0].status == "returned" else {},
        pending=next((row for row in history if row.status == "submitted"), None),
        profile=profile,
        verified=[(section, section_rows(section, verified, chains, links)) for section in Section] if verified else [],
        certificates=lists.own_certificates(db(), actor),
        titles=[row for row in own_recognitions(db(), actor, on=today()) if row.days_left is not None],
        size=size_note(SizeClass(claimed) if claimed else None, size_of_values(draft.values)),
        may_submit=may(actor, Permission.SUBMIT_PROFILE),
    )


def _section_state(section: Section, values: dict[str, Any]) -> tuple[int, int, int]:
    """(filled, all, required ones missing)."""
    names = [field.name for field in of_section(section)]
    wanting = [name for name in profiles.missing(values) if name in names]
    return sum(values.get(name) not in (None, "", []) for name in names), len(names), len(wanting)


@blueprint.route("/<part>", methods=["GET", "POST"])
@requires(Permission.FILE_PROFILE)
def edit(part: str) -> ResponseReturnValue:
    """The first form or one section. What cannot be read is kept as it was typed."""
    fields = _fields_of(part)
    actor = current_actor()
    assert actor.organization_id is not None
    chains, links = _names()
    form_type = profile_form(fields, chains, links)
    draft = profiles.draft_of(db(), actor.organization_id)
    conflict: Conflicts | None = None
    if request.method == "POST":
        form = form_type()
        form.validate()
        _check_link(form)
        values, unparsed = form.parts()
        try:
            draft = profiles.save(db(), actor, values, unparsed, version=_version(form))
        except ChangedMeanwhile as error:
            conflict = conflicts(
                form, dict.fromkeys(field.name for field in fields) | profiles.typed(error.current), form_type
            )
            form.version.data = str(error.version)
        else:
            if not unparsed:
                flash(_("草稿已保存。"), "success")
                return redirect(_next_url(part), 303)
            form.version.data = str(draft.version)
    else:
        form = _filled_form(form_type, draft.values)
        form.version.data = str(draft.version)
    history = lists.own_history(db(), actor)
    notes = history[0].notes if history and history[0].status == "returned" else {}
    page = render_template(
        "firms/profile/edit.html",
        form=form,
        part=part,
        groups=_groups(part, fields),
        sections=list(Section),
        draft=draft,
        conflict=conflict,
        notes={section: text for section, text in notes.items() if part in (FIRST, section)},
        fields=BY_NAME,
    )
    return page, 409 if conflict else 422 if request.method == "POST" else 200


def _version(form: ProfileForm) -> int:
    return row_number(form.version.data or "") or 0


def _check_link(form: ProfileForm) -> None:
    """A link of another chain is refused beside its field."""
    if "chain_link_id" in form and not profiles.link_fits_chain(
        db(), form["chain_id"].data, form["chain_link_id"].data
    ):
        form["chain_link_id"].errors = [_("这个环节不属于所选的产业链。")]


def _filled_form(form_type: type[ProfileForm], values: dict[str, Any]) -> ProfileForm:
    """The form with the draft's values, and the texts that could not be read shown again with their fault."""
    form = form_type(formdata=None, data=profiles.typed(values))
    for name, text in values.get(profiles.UNPARSED, {}).items():
        if name in form:
            form[name].raw_data = [text]
            form[name].errors = [_("上次填写的内容无法识别，请更正。")]
    return form


def _groups(part: str, fields: tuple[ProfileField, ...]) -> list[tuple[Section, list[ProfileField]]]:
    wanted = list(Section) if part == FIRST else [Section(part)]
    return [(section, [field for field in fields if field.section is section]) for section in wanted]


def _next_url(part: str) -> str:
    order = list(Section)
    if request.form.get("then") == "next" and part != FIRST and part != order[-1]:
        return url_for(".edit", part=order[order.index(Section(part)) + 1].value)
    return url_for(".index")


@blueprint.post("/<part>/autosave")
@requires(Permission.FILE_PROFILE)
def autosave(part: str) -> ResponseReturnValue:
    """Keep what stands in the form; answers with the new version, or 409 if somebody else saved meanwhile."""
    chains, links = _names()
    form = profile_form(_fields_of(part), chains, links)()
    form.validate()
    values, unparsed = form.parts()
    try:
        draft = profiles.save(db(), current_actor(), values, unparsed, version=_version(form))
    except ChangedMeanwhile:
        return jsonify(message=_("其他人刚刚保存了新版本，请手动保存以比较。")), 409
    return jsonify(version=draft.version, message=_("已自动保存 %(time)s", time=moment(draft.updated_at)))


@blueprint.get("/submit")
@requires(Permission.FILE_PROFILE)
def check() -> ResponseReturnValue:
    """What is missing, what looks wrong, and the button of the signatory."""
    return _check_page({}, {})


@blueprint.post("/submit")
@requires(Permission.SUBMIT_PROFILE)
def submit() -> ResponseReturnValue:
    reasons = {rule.value: request.form.get(f"reason_{rule.value}", "").strip()[:300] for rule in PlausibilityRule}
    try:
        profiles.submit(db(), current_actor(), reasons)
    except NotComplete as error:
        return _check_page(reasons, error.problems), 422
    except AlreadyExists:
        flash(_("已有一份档案正在核验。"), "warning")
    else:
        flash(_("已提交，等待链办核验。"), "success")
    return redirect(url_for(".index"), 303)


def _check_page(reasons: dict[str, str], problems: dict[str, str]) -> str:
    actor = current_actor()
    assert actor.organization_id is not None
    draft = profiles.draft_of(db(), actor.organization_id)
    return render_template(
        "firms/profile/submit.html",
        missing=[BY_NAME[name] for name in profiles.missing(draft.values)],
        unparsed=[BY_NAME[name] for name in draft.values.get(profiles.UNPARSED, {}) if name in BY_NAME],
        findings=profiles.open_findings(draft.values),
        reasons=reasons,
        sections={name: field.section for name, field in BY_NAME.items()},
        problems=problems,
        may_submit=may(actor, Permission.SUBMIT_PROFILE),
    )


@blueprint.post("/withdraw")
@requires(Permission.SUBMIT_PROFILE)
def withdraw() -> ResponseReturnValue:
    actor = current_actor()
    submission = profiles.pending(db(), actor.organization_id or 0)
    if submission is not None:
        profiles.withdraw(db(), actor, submission)
        flash(_("已撤回，可以继续修改。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/confirm-current")
@requires(Permission.FILE_PROFILE)
def confirm_current() -> ResponseReturnValue:
    try:
        profiles.confirm_current(db(), current_actor())
    except NotComplete:
        flash(_("档案还没有通过核验。"), "warning")
    else:
        flash(_("谢谢，已记录信息仍然准确。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.route("/certificates", methods=["GET", "POST"])
@requires(Permission.FILE_PROFILE)
def certificates() -> ResponseReturnValue:
    """Certificates with their last day."""
    form = CertificateForm()
    if form.validate_on_submit():
        profiles.add_certificate(
            db(),
            current_actor(),
            code=form.code.data,
            number=form.number.data or "",
            expires_on=form.expires_on.data,
        )
        flash(_("证书已添加。"), "success")
        return redirect(url_for(".certificates"), 303)
    page = render_template(
        "firms/profile/certificates.html",
        form=form,
        rows=[(row, _expiry(row.expires_on)) for row in lists.own_certificates(db(), current_actor())],
    )
    return page, 422 if form.errors else 200


def _expiry(last_day: Any) -> str:
    if last_day is None:
        return _("长期")
    days = (last_day - today()).days
    if days < 0:
        return _("已过期")
    return _("%(n)s 天后到期", n=days) if days <= 60 else _("有效")


@blueprint.post("/certificates/<public_id>/remove")
@requires(Permission.FILE_PROFILE)
def remove_certificate(public_id: str) -> ResponseReturnValue:
    actor = current_actor()
    profiles.remove_certificate(db(), actor, lists.own_certificate(db(), actor, public_id))
    flash(_("证书已移除。"), "success")
    return redirect(url_for(".certificates"), 303)
