"""What an office fills in about a key project."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from vocabulary.projects import ProjectKind
from web.common.fields import CodeField, CountField, Form, MoneyField, PickerField
from web.common.languages import language
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.projects import ProjectFacts

_REQUIRED = _l("请填写。")


def _words(code: str) -> str:
    return {
        "required": _("请填写。"),
        "before_start": _("不能早于开工日期。"),
        "not_positive": _("应大于 0；尚未确定请留空。"),
        "unknown": _("请从列表中选择。"),
        "in_future": _("不能是将来的日期。"),
        "before_last_step": _("不能早于上一阶段的日期。"),
        "no_schedule": _("请先填写计划开工和计划竣工日期。"),
        "not_started": _("项目开工之后才按月调度。"),
        "below_earlier": _("累计完成投资不能少于以前月份已报的数。"),
        "below_least": _("上限不能小于下限。"),
    }[code]


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem beside its field, or above the form where it has none."""
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [_words(code)]
        else:
            form.form_errors.append(_words(code))


class _RowField(SelectField):
    """A row chosen by id; nothing chosen gives None."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=lambda value: int(value) if value not in (None, "") else None, **kwargs)


class ProjectForm(Form):
    name = StringField(_l("项目名称"), [DataRequired(_REQUIRED), Length(max=120)])
    chain_id = _RowField(_l("所属产业链"))
    chain_link_id = _RowField(_l("补强的环节"))
    kind = CodeField(_l("项目类型"), ProjectKind, blank=False)
    investor = StringField(_l("投资方"), [Length(max=120)], filters=[lambda text: (text or "").strip()])
    region_code = PickerField(_l("建设地点"), [Optional()], picker="regions")
    investment_fen = MoneyField(_l("总投资"), [Optional()])
    planned_start_on = DateField(_l("计划开工"), [Optional()])
    planned_finish_on = DateField(_l("计划竣工"), [Optional()])
    land = StringField(_l("用地情况"), [Length(max=300)], filters=[lambda text: (text or "").strip()])
    summary = TextAreaField(
        _l("建设内容"), [Length(max=2000)], filters=[lambda text: (text or "").strip()], render_kw={"rows": 4}
    )
    reason = StringField(_l("调整工期的原因"), [Length(max=500)], filters=[lambda text: (text or "").strip()])

    def offer(self, chains: list[Any], links: list[Any]) -> "ProjectForm":
        """The chains and links to choose from; a link names its chain."""
        name = "name_en" if language() == "en" else "name_zh"
        chain_names = {chain.id: getattr(chain, name) for chain in chains}
        self.chain_id.choices = [(chain.id, getattr(chain, name)) for chain in chains]
        self.chain_link_id.choices = [("", _("未定"))] + [
            (link.id, f"{chain_names[link.parent_id]} · {getattr(link, name)}")
            for link in links
            if link.parent_id in chain_names
        ]
        return self

    def facts(self) -> ProjectFacts:
        names = set(ProjectFacts.__dataclass_fields__) - {"organization_id"}
        return ProjectFacts(**{name: value for name, value in self.values().items() if name in names})


class MoveForm(Form):
    on = DateField(_l("日期"), [InputRequired(_REQUIRED)], default=today)
    reason = StringField(_l("原因"), [Length(max=500)], filters=[lambda text: (text or "").strip()])


class ReportForm(Form):
    month = StringField(_l("月份"), [DataRequired(_REQUIRED)], render_kw={"type": "month"})
    invested_fen = MoneyField(_l("开工以来累计完成投资"), [InputRequired(_REQUIRED)])
    progress = TextAreaField(_l("本月进展"), [DataRequired(_REQUIRED), Length(max=1000)], render_kw={"rows": 3})
    problems = TextAreaField(
        _l("存在的问题"), [Length(max=1000)], filters=[lambda text: text or ""], render_kw={"rows": 2}
    )

    def validate_month(self, field: Any) -> None:
        if self.month_day() is None:
            raise ValidationError(_("请按 2026-11 的格式填写。"))

    def month_day(self) -> date | None:
        """First day of the month typed; None where it is none."""
        try:
            return date.fromisoformat(f"{(self.month.data or '').strip()}-01")
        except ValueError:
            return None


class TargetForm(Form):
    chain_id = _RowField(_l("产业链"))
    at_least = CountField(_l("至少"), [InputRequired(_REQUIRED)], default=5)
    at_most = CountField(_l("至多"), [Optional()], default=10)
