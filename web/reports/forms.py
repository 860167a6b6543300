"""What an office says of a report it wants, of its schedules, and of a research result."""

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from vocabulary.classifications import Market
from vocabulary.office_reports import LAST_DAY_OF_SCHEDULE, OfficeReportKind, ResearchReadiness
from web.common.fields import CodeField, Form
from web.common.languages import language
from workflows.calendar import today
from workflows.errors import NotComplete

_REQUIRED = _l("请填写。")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _words(code: str) -> str:
    return {
        "before_start": _("截止日期不能早于起始日期。"),
        "in_future": _("起始日期不能是将来的日期。"),
        "too_long": _("报告期不超过五年。"),
        "unknown": _("请从列表中选择。"),
        "no_chain": _("本单位没有对应的产业链，不能出具报告。"),
        "not_a_day": _("请填 1 到 28 之间的日子，每个月都有。"),
        "required": _("请填写。"),
    }[code]


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem beside its field, or above the form where it has none."""
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [_words(code)]
        else:
            form.form_errors.append(_words(code))


def last_month() -> tuple[date, date]:
    """First and last day of the month before."""
    ends_on = today().replace(day=1) - timedelta(days=1)
    return ends_on.replace(day=1), ends_on


class _RowField(SelectField):
    """A row chosen by id; nothing chosen gives None."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=lambda value: int(value) if value not in (None, "") else None, **kwargs)


def _named(choices: list[Any]) -> list[tuple[Any, str]]:
    return [(row.id, row.name_en if language() == "en" else row.name_zh) for row in choices]


class AskForm(Form):
    kind = CodeField(_l("报告"), OfficeReportKind, blank=False)
    chain_id = _RowField(_l("产业链"))
    starts_on = DateField(_l("报告期自"), [InputRequired(_REQUIRED)])
    ends_on = DateField(_l("至"), [InputRequired(_REQUIRED)])
    market = CodeField(_l("市场（对接台账）"), Market)
    is_large_only = BooleanField(_l("五单只列 1 亿元及以上的项目"))

    def offer(self, chains: list[Any], *, is_city: bool) -> "AskForm":
        """The chains to choose from; the joint office may take all of them."""
        self.chain_id.choices = ([("", _("全市"))] if is_city else []) + _named(chains)
        return self

    def filters(self) -> dict[str, Any]:
        """Only those that mean something to the kind asked for."""
        if self.kind.data == OfficeReportKind.CASE_LEDGER:
            return {"market": str(self.market.data)} if self.market.data else {}
        is_five = self.kind.data == OfficeReportKind.FIVE_LISTS
        return {"is_large_only": True} if is_five and self.is_large_only.data else {}


class ScheduleForm(Form):
    kind = CodeField(_l("报告"), OfficeReportKind, blank=False)
    day = IntegerField(_l("每月几日出具"), [InputRequired(_REQUIRED), NumberRange(1, LAST_DAY_OF_SCHEDULE)], default=5)
    is_on = BooleanField(_l("按月自动出具"))


class ResearchForm(Form):
    title = StringField(_l("成果名称"), [DataRequired(_REQUIRED), Length(max=120)], filters=[_stripped])
    holder = StringField(_l("持有单位"), [DataRequired(_REQUIRED), Length(max=120)], filters=[_stripped])
    chain_id = _RowField(_l("产业链"))
    chain_link_id = _RowField(_l("相关环节"))
    readiness = CodeField(_l("成熟度"), ResearchReadiness, blank=False)
    wanted = TextAreaField(_l("转化所需"), [Length(max=500)], filters=[_stripped], render_kw={"rows": 2})
    source = StringField(_l("来源"), [Length(max=300)], filters=[_stripped])

    def offer(self, chains: list[Any], links: list[Any]) -> "ResearchForm":
        """The chains and links to choose from; a link names its chain."""
        names = dict(_named(chains))
        self.chain_id.choices = list(names.items())
        self.chain_link_id.choices = [("", _("未定"))] + [
            (link.id, f"{names[link.parent_id]} · {text}")
            for link, (_id, text) in zip(links, _named(links), strict=True)
            if link.parent_id in names
        ]
        return self
