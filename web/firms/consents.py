"""Consents: whom the firm lets read what exactly, for which purpose and until when; each change is a new version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from access.lists import consents as lists
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import ConsentPurpose
from vocabulary.consents import LONGEST_DAYS, USUAL_DAYS, ConsentState, consented_sections, fields_of
from vocabulary.profile_fields import BY_NAME, Section
from web.common.database import db
from web.common.fields import ChecksField, Form
from web.common.filters import day
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from workflows import consents
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("firms_consents", __name__, url_prefix="/consents")
_USUAL = (Section.BASIC, Section.BUSINESS, Section.SCALE, Section.CONTACTS)


class DocumentsField(SelectMultipleField):
    """Documents to tick; the view offers them."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
    rows: Sequence[lists.Certificate] = ()

    def iter_choices(self) -> Any:
        chosen = set(self.data or ())
        for row in self.rows:
            yield Choice(row.public_id, certificate_words(row), row.public_id in chosen, {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        """What is not the firm's own the workflow refuses."""


class ConsentForm(Form):
    """One reader with its purpose, the sections and documents it may read, and the last day."""

    reader = SelectField(_l("授权对象与用途"))
    sections = ChecksField(_l("可查阅的部分"), Section, description=_l("联系方式总会一并提供：对方要能联系到您。"))
    documents = DocumentsField(_l("一并提供的文件"))
    ends_on = DateField(
        _l("有效期至"),
        [InputRequired(_l("请填写日期。"))],
        description=_l("最长 %(n)s 天，到期自动失效", n=LONGEST_DAYS),
    )

    def offer(self, readers: list[lists.Reader], certificates: Sequence[lists.Certificate]) -> "ConsentForm":
        self.reader.choices = [
            (f"{row.public_id}:{row.purpose}", _("%(name)s（%(purpose)s）", name=row.name, purpose=label(row.purpose)))
            for row in readers
        ]
        self.documents.rows = certificates
        return self


@dataclass(frozen=True)
class Deed:
    """A consent in plain words: to whom, for what, which fields and documents exactly, until when."""

    counterpart: str
    purpose: ConsentPurpose
    sections: list[tuple[str, list[str]]]
    documents: list[str]
    ends_on: date

    @property
    def n_fields(self) -> int:
        return sum(len(fields) for _section, fields in self.sections)

    @property
    def is_for_buyer(self) -> bool:
        return self.purpose is ConsentPurpose.SUPPLIER_REVIEW


@blueprint.get("/")
@requires(Permission.FOLLOW_OWN_CASES)
def index() -> ResponseReturnValue:
    """What was granted, and a form for the signatory; it begins from the version in force."""
    wanted = request.args.get("counterpart", "")
    readers = lists.readers(db(), current_actor()) if wanted else []
    chosen = next((row for row in readers if row.public_id == wanted), None)
    return _page(_form(_present_values(chosen)))


def _present_values(reader: lists.Reader | None) -> MultiDict[str, str]:
    """What the form begins with: the version in force, else what is usual."""
    values: MultiDict[str, str] = MultiDict()
    grants = lists.grants(db(), current_actor(), on=today()) if reader else []
    present = next(
        (
            grant
            for grant in grants
            if reader is not None
            and (grant.counterpart_public_id, grant.purpose) == (reader.public_id, reader.purpose)
            and grant.state is ConsentState.IN_FORCE
        ),
        None,
    )
    if reader is not None:
        values["reader"] = f"{reader.public_id}:{reader.purpose}"
    values.setlist("sections", present.sections if present else [section.value for section in _USUAL])
    values["ends_on"] = (today() + timedelta(days=USUAL_DAYS)).isoformat()
    return values


def _form(values: MultiDict[str, str] | None = None) -> ConsentForm:
    form = ConsentForm(formdata=values) if values is not None else ConsentForm()
    actor = current_actor()
    return form.offer(lists.readers(db(), actor), lists.certificates(db(), actor))


def _page(form: ConsentForm) -> str:
    return render_template(
        "firms/consents/index.html",
        grants=lists.grants(db(), current_actor(), on=today()),
        form=form,
        may_give=may(current_actor(), Permission.GIVE_CONSENT),
    )


@blueprint.get("/review")
@requires(Permission.GIVE_CONSENT)
def review() -> ResponseReturnValue:
    """The consent in plain words before it is given: whom it lets read which fields exactly, and until when."""
    if not request.args:
        return redirect(url_for(".index"))
    form = _form(request.args)
    reader = _reader(form)
    if reader is not None and form.ends_on.data is not None:
        try:
            consents.check(db(), current_actor(), **_terms(form, reader))
        except NotComplete as error:
            _refuse(form, error.problems)
        else:
            return render_template("firms/consents/review.html", deed=_deed_of(form, reader), form=form)
    form.ends_on.errors = form.ends_on.errors or ([] if form.ends_on.data else [_("请填写日期。")])
    return _page(form), 422


@blueprint.post("/")
@requires(Permission.GIVE_CONSENT)
def give() -> ResponseReturnValue:
    form = _form()
    reader = _reader(form)
    if form.validate() and reader is not None:
        try:
            consent = consents.give(db(), current_actor(), **_terms(form, reader))
        except NotComplete as error:
            _refuse(form, error.problems)
        except AlreadyExists:
            form.reader.errors = [_("刚刚已有人授权，请刷新页面。")]
        else:
            flash(_("已授权 %(name)s。", name=reader.name), "success")
            return redirect(url_for(".show", public_id=consent.public_id), 303)
    return _page(form), 422


@blueprint.get("/<public_id>")
@requires(Permission.FOLLOW_OWN_CASES)
def show(public_id: str) -> ResponseReturnValue:
    """One version: what it says, who gave it and when, the other versions, and one button to withdraw."""
    grant, versions = lists.versions(db(), current_actor(), public_id, on=today())
    return render_template(
        "firms/consents/show.html",
        grant=grant,
        versions=versions,
        deed=Deed(
            grant.counterpart, grant.purpose, _by_section(grant.field_names),
            [label(kind) for kind in grant.documents], grant.ends_on,
        ),
        may_withdraw=grant.state is ConsentState.IN_FORCE and may(current_actor(), Permission.GIVE_CONSENT),
    )  # fmt: skip


@blueprint.post("/<public_id>/withdraw")
@requires(Permission.GIVE_CONSENT)
def withdraw(public_id: str) -> ResponseReturnValue:
    consents.withdraw(db(), current_actor(), lists.own_consent(db(), current_actor(), public_id))
    flash(_("已撤回授权，对方从现在起不能再查阅。"), "success")
    return redirect(url_for(".index"), 303)


def certificate_words(row: lists.Certificate) -> str:
    return _("%(title)s（有效期至 %(day)s）", title=label(row.kind), day=day(row.expires_on))


def _reader(form: ConsentForm) -> lists.Reader | None:
    readers = lists.readers(db(), current_actor())
    return next((row for row in readers if f"{row.public_id}:{row.purpose}" == form.reader.data), None)


def _terms(form: ConsentForm, reader: lists.Reader) -> dict[str, Any]:
    return {
        "counterpart_id": reader.id,
        "purpose": reader.purpose,
        "sections": form.sections.data or [],
        "documents": form.documents.data or [],
        "ends_on": form.ends_on.data,
    }


def _deed_of(form: ConsentForm, reader: lists.Reader) -> Deed:
    names = [
        name
        for section in consented_sections(reader.purpose, form.sections.data or [])
        for name in fields_of(reader.purpose, section)
    ]
    chosen = set(form.documents.data or ())
    documents = [certificate_words(row) for row in form.documents.rows if row.public_id in chosen]
    assert form.ends_on.data is not None
    return Deed(reader.name, reader.purpose, _by_section(names), documents, form.ends_on.data)


def _by_section(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    found: dict[Section, list[str]] = {}
    for name in names:
        found.setdefault(BY_NAME[name].section, []).append(label(name))
    return [(label(section), words) for section, words in found.items()]


def _refuse(form: ConsentForm, problems: dict[str, str]) -> None:
    fields: dict[str, Any] = {
        "counterpart_id": form.reader, "sections": form.sections, "ends_on": form.ends_on,
        "documents": form.documents,
    }  # fmt: skip
    for name, code in problems.items():
        reason, _colon, about = code.partition(":")
        words = {
            "in_past": _("不能早于今天。"),
            "too_late": _("最长 %(n)s 天。", n=LONGEST_DAYS),
            "required": _("请至少选择一个部分。"),
            "cannot_be_marked": _(
                "“%(title)s”的文件加密、破损或超过页数，无法逐页加印水印，不能提供；请换一份未加密的 PDF 或图片。",
                title=label(about, "RecognitionKind") if about else "",
            ),
        }
        fields[name].errors = [words.get(reason, _("这个值不正确。"))]
