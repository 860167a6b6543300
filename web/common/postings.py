"""The pages of a posting: list, form, page and steps. The four nouns differ in their form and their words only."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import Length

from access.lists import postings as lists
from vocabulary.lifecycles import POSTING, PostingStatus, RunStatus
from vocabulary.roles import OrganizationKind
from web.common.conflicts import Conflicts, conflicts, shown
from web.common.database import db
from web.common.fields import (
    Form,
)
from web.common.filters import day, moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from workflows import postings as workflow
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete
from workflows.postings import PostingKind

Answer = Any
Section = tuple[LazyString, tuple[str, ...]]

REASONS: dict[str, LazyString] = {
    "missing": _l("发布前须填写。"),
    "in_past": _l("不能早于今天。"),
    "too_small": _l("数值太小。"),
    "too_large": _l("数值太大。"),
    "too_often": _l("今天已修改 3 次；条件明天才能再改，以免借修改试探企业的数据。"),
    "not_verified": _l("本单位尚未通过官方核验，暂不能发布；可以先保存草稿。"),
    "window_start_above_window_end": _l("不能早于最早交货日期。"),
    "spare_capacity_milli_above_yearly_capacity_milli": _l("不能大于年产能。"),
    "min_amount_fen_above_max_amount_fen": _l("不能小于最低金额。"),
    "min_term_months_above_max_term_months": _l("不能短于最短期限。"),
    "rate_from_bps_above_rate_to_bps": _l("不能低于最低利率。"),
}
"""Why values of a posting are refused, by code."""
_ACTIONS: dict[str, LazyString] = {
    "posting_created": _l("创建草稿"),
    "posting_edited": _l("修改内容"),
    "capacity_stated": _l("调整受理能力"),
}


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def text_field(text: LazyString, *, longest: int, area: bool = False, **kwargs: Any) -> Any:
    """A line or an area of text, without the blanks around it."""
    field = TextAreaField if area else StringField
    message = _l("最多 %(max)d 个字。")
    return field(text, filters=[_stripped], validators=[Length(max=longest, message=message)], **kwargs)


class DayField(DateField):
    """A day; an unreadable one gets a sentence in the reader's language."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        try:
            super().process_formdata([text])
        except ValueError:
            raise ValueError(_("请填写日期，例如 2026-11-23。")) from None


class PostingForm(Form):
    """Title, text and expiry; subclasses add the terms."""

    title = text_field(_l("标题"), longest=120)
    text = text_field(_l("说明"), longest=4000, area=True, render_kw={"rows": 4})
    expires_on = DayField(_l("有效期至"))


@dataclass(frozen=True)
class Words:
    """What one noun is called on its pages."""

    index: LazyString
    lead: LazyString
    new: LazyString
    edit: LazyString
    empty: LazyString
    empty_text: LazyString


@dataclass(frozen=True)
class PostingPages:
    """One noun's pages; `folder` holds its index.html, form.html and page.html."""

    kind: PostingKind
    form: type[PostingForm]
    folder: str
    words: Words
    sections: tuple[Section, ...]
    """Headings and fields of the form, in order; the page shows its facts in the same order."""
    days_open: int
    """Days from today that the form suggests as validity."""
    hints: Mapping[str, LazyString]
    more: Callable[[Any], dict[str, Any]] = lambda _posting: {}
    """What the page of this noun shows besides, for a posting."""

    def own(self, public_id: str) -> Any:
        return lists.own_posting(db(), current_actor(), self.kind.noun, public_id)

    def new_form(self) -> PostingForm:
        return self._prepared(self.form(data={"expires_on": today() + timedelta(days=self.days_open)}))

    def filled_form(self, posting: Any) -> PostingForm:
        """The form with the stored values, whatever the request carries."""
        return self._prepared(self.form(formdata=None, data=self.stored(posting)))

    def stored(self, posting: Any) -> dict[str, Any]:
        return lists.posting_values(db(), self.kind.noun, posting)

    def sent_form(self) -> PostingForm:
        return self._prepared(self.form())

    def _prepared(self, form: PostingForm) -> PostingForm:
        for name in ("title", *self.kind.required, "expires_on"):
            form[name].flags.required = True
        return form


def posting_blueprint(name: str, import_name: str, pages: PostingPages, *, url_prefix: str) -> Blueprint:
    """A blueprint with all pages and steps of one noun, each guarded by the permission to post it."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    guard = requires(pages.kind.permission)

    def add(rule: str, endpoint: str, view: Callable[..., Answer], *methods: str) -> None:
        def bound(**arguments: Any) -> Answer:
            return view(pages, **arguments)

        bound.__name__ = endpoint
        blueprint.add_url_rule(rule, endpoint, guard(bound), methods=list(methods))

    add("", "index", _index, "GET")
    add("/new", "new", _new, "GET", "POST")
    add("/<public_id>", "page", _page, "GET")
    add("/<public_id>/edit", "edit", _edit, "GET", "POST")
    add("/<public_id>/publish", "publish", _publish, "POST")
    add("/<public_id>/pause", "pause", _pause, "POST")
    add("/<public_id>/close", "close", _close, "POST")
    return blueprint


def _index(pages: PostingPages) -> Answer:
    wanted = request.args.get("status", "")
    status = PostingStatus(wanted) if wanted in set(PostingStatus) else None
    number = requested_page()
    found = lists.own_postings(
        db(), current_actor(), pages.kind.noun, status=status, offset=(number - 1) * SIZE, limit=SIZE
    )
    tabs = [(_("全部 %(n)s", n=sum(found.counts.values())), url_for(".index"), status is None)]
    tabs += [
        (f"{label(each)} {found.counts[each]}", url_for(".index", status=each.value), each is status)
        for each in PostingStatus
        if found.counts.get(each) or each is status
    ]
    return render_template(
        f"{pages.folder}/index.html", words=pages.words, page=Page(found.rows, number, found.total), tabs=tabs
    )


def _new(pages: PostingPages) -> Answer:
    if request.method == "GET":
        return _form_page(pages, pages.new_form(), title=pages.words.new)
    form, actor, kind = pages.sent_form(), current_actor(), pages.kind
    if not _is_readable(pages, form):
        return _form_page(pages, form, title=pages.words.new), 422
    try:
        if _wants_publication():
            workflow.require_publishable(actor, kind, form.values(), today=today())
        posting = workflow.create_draft(db(), actor, kind, form.values(), today=today())
        run = workflow.publish(db(), actor, kind, posting, today=today()) if _wants_publication() else None
    except NotComplete as error:
        _complain(form, error.problems)
        return _form_page(pages, form, title=pages.words.new), 422
    flash(_("已保存并发布。") if run else _("草稿已保存。"), "success")
    return _to_page(posting, run)


def _edit(pages: PostingPages, public_id: str) -> Answer:
    posting = pages.own(public_id)
    if request.method == "GET":
        return _form_page(pages, pages.filled_form(posting), title=pages.words.edit, posting=posting)
    form, actor, kind = pages.sent_form(), current_actor(), pages.kind
    version = request.form.get("version", 0, type=int)
    if not _is_readable(pages, form):
        return _form_page(pages, form, title=pages.words.edit, posting=posting, version=version), 422
    try:
        if _wants_publication():
            workflow.require_publishable(actor, kind, form.values(), today=today())
        run = workflow.edit(db(), actor, kind, posting, form.values(), version=version, today=today())
        if _wants_publication():
            run = workflow.publish(db(), actor, kind, posting, today=today())
    except NotComplete as error:
        _complain(form, error.problems)
        return _form_page(pages, form, title=pages.words.edit, posting=posting, version=version), 422
    except ChangedMeanwhile as error:
        different = conflicts(form, error.current, pages.form)
        return _form_page(
            pages, form, title=pages.words.edit, posting=posting, version=error.version, conflict=different
        ), 409
    flash(_("已保存并发布。") if _wants_publication() else _("修改已保存。"), "success")
    return _to_page(posting, run)


def _page(pages: PostingPages, public_id: str) -> Answer:
    return _posting_page(pages, pages.own(public_id))


def _publish(pages: PostingPages, public_id: str) -> Answer:
    posting = pages.own(public_id)
    try:
        run = workflow.publish(db(), current_actor(), pages.kind, posting, today=today())
    except NotComplete as error:
        form = pages.filled_form(posting)
        _complain(form, error.problems)
        return _form_page(pages, form, title=pages.words.edit, posting=posting), 422
    flash(_("已发布，系统会据此推荐。"), "success")
    return _to_page(posting, run)


def _pause(pages: PostingPages, public_id: str) -> Answer:
    posting = pages.own(public_id)
    run = workflow.pause(db(), current_actor(), pages.kind, posting, today=today())
    flash(_("已暂停，期间不再被推荐。"), "success")
    return _to_page(posting, run)


def _close(pages: PostingPages, public_id: str) -> Answer:
    posting = pages.own(public_id)
    reason = request.form.get("reason", "").strip()[:200]
    try:
        run = workflow.close(db(), current_actor(), pages.kind, posting, reason=reason, today=today())
    except NotComplete:
        return _posting_page(pages, posting, close_error=_("请填写关闭原因。")), 422
    flash(_("已关闭。"), "success")
    return _to_page(posting, run)


def _form_page(
    pages: PostingPages,
    form: PostingForm,
    *,
    title: LazyString,
    posting: Any = None,
    version: int | None = None,
    conflict: Conflicts | None = None,
) -> str:
    sections = [
        (heading, [(form[name], pages.hints.get(name, "")) for name in names]) for heading, names in pages.sections
    ]
    return render_template(
        f"{pages.folder}/form.html",
        title=title,
        form=form,
        sections=sections,
        posting=posting,
        version=version if version is not None or posting is None else posting.version,
        conflict=conflict,
        can_publish=posting is None or posting.status is PostingStatus.DRAFT,
        action_url=url_for(".edit", public_id=posting.public_id) if posting else url_for(".new"),
        back_url=url_for(".page", public_id=posting.public_id) if posting else url_for(".index"),
        back_text=posting.title if posting else pages.words.index,
    )


def _posting_page(pages: PostingPages, posting: Any, *, close_error: str = "") -> str:
    form = pages.filled_form(posting)
    steps = POSTING.next_steps(posting.status)
    return render_template(
        f"{pages.folder}/page.html",
        words=pages.words,
        posting=posting,
        text=posting.text,
        sections=shown_sections(pages, form),
        lead=_lead(posting),
        history=[_history_line(entry) for entry in lists.posting_history(db(), posting)],
        n_recommended=lists.n_recommended(db(), pages.kind.noun, posting),
        publish_text=_publish_text(posting.status) if PostingStatus.OPEN in steps else "",
        can_pause=PostingStatus.PAUSED in steps,
        can_close=PostingStatus.CLOSED in steps,
        close_error=close_error,
        recommendations_url=_recommendations_url(posting) if posting.status is PostingStatus.OPEN else "",
        **pages.more(posting),
    )


def _recommendations_url(posting: Any) -> str:
    """An enterprise reads all its recommendations in one place, banks and buyers on the desk of their own."""
    is_firm = current_actor().organization_kind is OrganizationKind.ENTERPRISE
    room = "firms" if is_firm else "counterparts"
    return url_for(f"{room}_recommendations.listing", posting_id=posting.public_id)


def _publish_text(status: PostingStatus) -> str:
    return _("发布") if status is PostingStatus.DRAFT else _("恢复")


def _lead(posting: Any) -> str:
    opened = _("%(day)s 发布", day=day(posting.opened_at)) if posting.opened_at else _("尚未发布")
    return _("%(opened)s，有效期至 %(expires)s", opened=opened, expires=day(posting.expires_on))


def _history_line(entry: lists.HistoryEntry) -> tuple[str, str, str]:
    title = str(_ACTIONS[entry.action]) if entry.action in _ACTIONS else label(entry.status)
    text = entry.actor_name if not entry.reason else _("%(who)s：%(reason)s", who=entry.actor_name, reason=entry.reason)
    return moment(entry.occurred_at), title, text


def shown_sections(
    pages: PostingPages, form: PostingForm, *, without: Iterable[str] = ()
) -> list[tuple[LazyString, list[tuple[str, str]]]]:
    """Headings with (field label, value in words); the title, the text and the unit of a quantity stand elsewhere."""
    elsewhere = {"title", "text", "unit", "expires_on", *without}
    found = [
        (heading, [(str(form[name].label.text), shown(form[name], form)) for name in names if name not in elsewhere])
        for heading, names in pages.sections
    ]
    return [(heading, rows) for heading, rows in found if rows]


def _wants_publication() -> bool:
    return request.form.get("action") == "publish"


def _is_readable(pages: PostingPages, form: PostingForm) -> bool:
    """Whether every field could be read; if not, what else is wrong is said in the same breath."""
    if form.validate():
        return True
    found = workflow.problems(pages.kind, form.values(), today=today(), is_published=_wants_publication())
    _complain(form, found)
    return False


def _complain(form: PostingForm, problems: Mapping[str, str]) -> None:
    for name, reason in problems.items():
        text = str(REASONS[reason])
        if name not in form:
            form.form_errors.append(text)
        elif not form[name].errors:
            form[name].errors = [text]


def _to_page(posting: Any, run: Any) -> Answer:
    if run is not None and run.status is RunStatus.FAILED:
        flash(_("推荐暂未更新，原有推荐保留。"), "warning")
    return redirect(url_for(".page", public_id=posting.public_id), 303)
