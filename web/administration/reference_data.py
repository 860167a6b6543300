"""Reference data on screen: what is in force, who changed it when and why, and a form for the next version."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from access.lists import reference_data as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.bands import SCALES, VERSION
from vocabulary.classifications import DeclineReason, VerdictReason
from vocabulary.reference import CODES, FIRST_YEAR, LAST_YEAR, CaseClocks, ReferenceKind, is_known
from web.common.database import db
from web.common.fields import ChecksField, CountField, Form
from web.common.filters import band
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.numbers import row_number
from web.common.reference_labels import SCALE_NAMES
from workflows import clocks, reference_data
from workflows.calendar import today, years_with_holidays
from workflows.errors import ChangedMeanwhile, NotComplete

blueprint = Blueprint("administration_reference", __name__, url_prefix="/reference-data")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_MOST_DAYS = 366
_REQUIRED = InputRequired(_l("请填写。"))
_WORDS = {
    "required": _l("请填写。"),
    "in_past": _l("不能早于今天。"),
    "not_weekend": _l("调休上班日应是周六或周日。"),
    "other_year": _l("有不属于这一年的日期。"),
    "both": _l("同一天不能既放假又上班。"),
    "without_other": _l("“其他”必须保留。"),
    "greater_than_equal": _l("请填写 1 至 250。"),
    "less_than_equal": _l("请填写 1 至 250。"),
    "out_of_order": _l("告知联席办不能早于告知链办。"),
    "unreadable": _l("日期写作 2027-02-05，一段日期写作 2027-02-05 至 2027-02-11，每行一个。"),
}


class _VersionForm(Form):
    valid_from = DateField(_l("自何日起"), [Optional()], description=_l("不早于今天；此前的计算不变"))
    note = TextAreaField(_l("依据和原因"), [Length(max=500)], render_kw={"rows": 2})
    seen = HiddenField()


class CalendarForm(_VersionForm):
    holidays = TextAreaField(
        _l("放假日"), description=_l("每行一天或一段，如 2027-02-05 至 2027-02-11；含其中的周末"), render_kw={"rows": 9}
    )
    make_up_days = TextAreaField(_l("调休上班日"), description=_l("周六或周日，每行一天"), render_kw={"rows": 5})

    def body(self, key: str) -> dict[str, Any]:
        """Raises NotComplete where a line is no day and no range of days."""
        return {"year": int(key), **{name: _days(name, self[name].data or "") for name in ("holidays", "make_up_days")}}

    def show(self, body: Mapping[str, Any]) -> None:
        for name in ("holidays", "make_up_days"):
            self[name].data = "\n".join(_ranges(body.get(name, ())))


class DeclineReasonsForm(_VersionForm):
    offered = ChecksField(_l("供选择的理由"), DeclineReason)

    def body(self, _key: str) -> dict[str, Any]:
        return {"offered": self.offered.data or []}

    def show(self, body: Mapping[str, Any]) -> None:
        self["offered"].data = list(body.get("offered", [code.value for code in self["offered"].codes]))


class CaseClocksForm(_VersionForm):
    contact_days = CountField(_l("引荐后首次联系的工作日数"), [_REQUIRED])
    visit_days = CountField(_l("首次联系后走访或送样的工作日数"), [_REQUIRED])
    decision_days = CountField(_l("走访或送样后作出决定的工作日数"), [_REQUIRED])
    silence_days = CountField(_l("引荐后一直没有进展，多少个工作日后过期"), [_REQUIRED])
    chain_office_after_days = CountField(_l("逾期多少个工作日后告知链办"), [_REQUIRED])
    joint_office_after_days = CountField(_l("逾期多少个工作日后告知联席办"), [_REQUIRED])

    def body(self, _key: str) -> dict[str, Any]:
        return {name: self[name].data for name in CaseClocks.model_fields}

    def show(self, body: Mapping[str, Any]) -> None:
        for name in CaseClocks.model_fields:
            self[name].data = body[name] if body else getattr(clocks.limits(), name)


class VerdictReasonsForm(DeclineReasonsForm):
    offered = ChecksField(_l("供选择的理由"), VerdictReason)


_FORMS: dict[ReferenceKind, Callable[..., Any]] = {
    ReferenceKind.WORKING_DAYS: CalendarForm,
    ReferenceKind.DECLINE_REASONS: DeclineReasonsForm,
    ReferenceKind.VERDICT_REASONS: VerdictReasonsForm,
    ReferenceKind.CASE_CLOCKS: CaseClocksForm,
}


@blueprint.get("/")
@requires(Permission.KEEP_REFERENCE_DATA)
def index() -> ResponseReturnValue:
    """Each kind with what holds today."""
    return render_template(
        "administration/reference_data.html",
        lines=lists.newest(db(), current_actor(), on=today()),
        kinds=list(CODES),
        known=years_with_holidays(),
        bands=[
            (SCALE_NAMES[scale.code], [band(level, scale.code) for level in scale.levels]) for scale in SCALES.values()
        ],
        bands_version=VERSION,
        next_year=today().year + 1,
    )


@blueprint.get("/year")
@requires(Permission.KEEP_REFERENCE_DATA)
def year() -> ResponseReturnValue:
    """The page of a year that was typed."""
    asked = request.args.get("year", 0, type=int)
    if not FIRST_YEAR <= asked <= LAST_YEAR:
        flash(_("请填写 %(first)s 至 %(last)s 之间的年度。", first=FIRST_YEAR, last=LAST_YEAR), "warning")
        return redirect(url_for(".index"), 303)
    return redirect(url_for(".show", kind=ReferenceKind.WORKING_DAYS, key=asked), 303)


@blueprint.route("/<kind>/", methods=["GET", "POST"], defaults={"key": ""})
@blueprint.route("/<kind>/<key>", methods=["GET", "POST"])
@requires(Permission.KEEP_REFERENCE_DATA)
def show(kind: str, key: str) -> ResponseReturnValue:
    """What holds, all versions, and the form for the next."""
    if kind not in set(ReferenceKind) or not is_known(ReferenceKind(kind), key):
        raise NotVisible
    of = ReferenceKind(kind)
    versions = lists.versions(db(), current_actor(), of, key, on=today())
    newest = versions[0] if versions else None
    form = _FORMS[of]()
    if not form.is_submitted():
        form.show(newest.body if newest else {})
        form.valid_from.data, form.seen.data = today(), str(newest.number if newest else 0)
    elif form.validate() and _add(of, key, form):
        flash(_("已保存为新版本。"), "success")
        return redirect(url_for(".index"), 303)
    page = render_template(
        "administration/reference_versions.html",
        kind=of,
        key=key,
        title=title(of, key),
        versions=versions,
        form=form,
        shown=lambda version: _shown(of, version.body),
        is_announced=of is ReferenceKind.WORKING_DAYS and int(key) in years_with_holidays(),
    )
    return page, 422 if form.errors else 200


def title(kind: ReferenceKind, key: str) -> str:
    return _("%(year)s 年工作日历", year=key) if key else str(label(kind))


def _add(kind: ReferenceKind, key: str, form: Any) -> bool:
    try:
        reference_data.add(
            db(), current_actor(), kind, key, form.body(key), valid_from=form.valid_from.data,
            note=form.note.data or "", seen=row_number(str(form.seen.data or "")) or 0,
        )  # fmt: skip
    except NotComplete as refused:
        for name, code in refused.problems.items():
            field = form[name if name in form else next(iter(form)).name]
            field.errors = [_WORDS.get(code, _WORDS["unreadable"])]
    except ChangedMeanwhile as newer:
        form.seen.data = str(newer.version)
        form.note.errors = [_("您打开之后，有人保存了第 %(n)s 版，见下表。再次保存将以您的为准。", n=newer.version)]
    else:
        return True
    return False


def _days(name: str, text: str) -> list[date]:
    """The days of some lines. Raises NotComplete."""
    days: list[date] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        ends = _DAY.findall(line)
        try:
            first, *last = (date(*map(int, end.split("-"))) for end in ends)
        except ValueError:
            raise NotComplete({name: "unreadable"}) from None
        span = (last[0] - first).days if last else 0
        if len(ends) > 2 or not 0 <= span < _MOST_DAYS:
            raise NotComplete({name: "unreadable"})
        days += [first + timedelta(days=n) for n in range(span + 1)]
    return days


def _ranges(days: Any) -> list[str]:
    """Consecutive days in one line each."""
    spans: list[list[date]] = []
    for day in sorted(map(date.fromisoformat, days)):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return [str(day) if day == last else _("%(first)s 至 %(last)s", first=day, last=last) for day, last in spans]


def _shown(kind: ReferenceKind, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, text) of what a version says; of a list what is left out is what matters."""
    if kind is ReferenceKind.WORKING_DAYS:
        return [
            (_("放假"), _("；").join(_ranges(body["holidays"]))),
            (_("调休上班"), _("；").join(_ranges(body["make_up_days"])) or _("无")),
        ]
    if kind is ReferenceKind.CASE_CLOCKS:
        return [(str(field.label.text), str(body[field.name])) for field in CaseClocksForm(None) if field.name in body]
    hidden = [str(label(code)) for code in CODES[kind] if code not in body["offered"]]
    return [(_("不再提供"), _("、").join(hidden) or _("无"))]
