"""A person's own inbox, and how often the person gets mail."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import RadioField

from access.lists import notices as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.events import EVENTS, SWITCHABLE, EventCategory, Frequency, codes_of
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_account, current_actor
from web.common.labels import label, labels_of
from web.common.pagination import SIZE, Page, requested_page
from web.inbox.places import address_of
from web.inbox.words import ABOUT, ALWAYS, line_of
from workflows import notices

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


@blueprint.get("/")
@requires(Permission.HAVE_ACCOUNT)
def index() -> ResponseReturnValue:
    """Unread first; of one kind if asked."""
    number, category = requested_page(), _category(request.args)
    rows, total = lists.inbox(db(), current_actor(), category=category, page=number, size=SIZE)
    return render_template(
        "inbox/index.html",
        page=Page([line_of(row) for row in rows], number, total),
        categories=list(EventCategory),
        category=category,
    )


@blueprint.post("/<public_id>/open")
@requires(Permission.HAVE_ACCOUNT)
def open_notice(public_id: str) -> ResponseReturnValue:
    """Read a notice and go to what it is about; what may no longer be seen is said here."""
    notice = lists.own_notice(db(), current_actor(), public_id)
    notices.mark_read(db(), notice)
    try:
        address = address_of(notice)
    except NotVisible:
        flash(_("这条消息所说的内容已变化或不再对您开放，因此不能打开。消息已标为已读。"), "warning")
        address = None
    return redirect(address or _back(), 303)


@blueprint.post("/<public_id>/read")
@requires(Permission.HAVE_ACCOUNT)
def read(public_id: str) -> ResponseReturnValue:
    """Read without going anywhere."""
    notices.mark_read(db(), lists.own_notice(db(), current_actor(), public_id))
    return redirect(_back(), 303)


@blueprint.post("/read")
@requires(Permission.HAVE_ACCOUNT)
def read_all() -> ResponseReturnValue:
    """Everything is read, or everything of the kind that is shown."""
    n = notices.mark_all_read(db(), current_actor(), category=_category(request.form))
    flash(_("%(n)s 条消息已标为已读。", n=n), "success")
    return redirect(_back(), 303)


def _category(source: MultiDict[str, str]) -> EventCategory | None:
    asked = source.get("category", "")
    return EventCategory(asked) if asked in set(EventCategory) else None


def _back() -> str:
    """The list as it was: its kind and its page."""
    return url_for("inbox.index", category=_category(request.form), page=request.form.get("page", type=int) or None)


class SettingsForm(Form):
    """One choice for each category that leaves one."""


for _each in SWITCHABLE:
    setattr(SettingsForm, _each.value, RadioField(validate_choice=True))


@blueprint.route("/settings", methods=["GET", "POST"])
@requires(Permission.HAVE_ACCOUNT)
def settings() -> ResponseReturnValue:
    """How often mail comes; a saved choice is answered with what will come."""
    form = SettingsForm(
        data={key.value: value for key, value in lists.chosen_frequencies(db(), current_actor()).items()}
    )
    for category in SWITCHABLE:
        form[category.value].choices = list(labels_of(Frequency))
    if form.validate_on_submit():
        wanted = {category: Frequency(form[category.value].data) for category in SWITCHABLE}
        notices.choose_frequencies(db(), current_actor(), wanted)
        flash(_promise(wanted), "success")
        return redirect(url_for("inbox.settings"), 303)
    page = render_template(
        "inbox/settings.html",
        form=form,
        rows=[(category, ABOUT[category], _always(category)) for category in EventCategory],
        switchable=SWITCHABLE,
        email=_email(),
        hour=_hour(),
    )
    return page, 422 if form.errors else 200


def _always(category: EventCategory) -> list[str]:
    return [str(ALWAYS[code]) for code in codes_of(category) if EVENTS[code].is_mandatory]


def _promise(wanted: dict[EventCategory, Frequency]) -> str:
    """What will come from now on, in one sentence."""
    named = {
        frequency: _("、").join(label(category) for category, chosen in wanted.items() if chosen is frequency)
        for frequency in Frequency
    }
    parts = []
    if named[Frequency.AT_ONCE]:
        parts.append(_("有新消息即发邮件：%(names)s", names=named[Frequency.AT_ONCE]))
    if named[Frequency.DAILY]:
        parts.append(_("每天 %(hour)s:00 汇总一封：%(names)s", hour=_hour(), names=named[Frequency.DAILY]))
    if named[Frequency.OFF]:
        parts.append(_("只在站内显示：%(names)s", names=named[Frequency.OFF]))
    return _("已保存。邮件发往 %(email)s。", email=_email()) + _("；").join(parts) + _("。")


def _email() -> str:
    account = current_account()
    return account.email if account else ""


def _hour() -> int:
    hour: int = current_app.config["SETTINGS"].digest_hour
    return hour
