"""What an office fills in about its plan."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from vocabulary.plans import PlanPhase
from vocabulary.projects import TargetKind
from web.common.fields import CodeField, CountField, Form
from workflows.calendar import today
from workflows.chain_plans import TaskFacts
from workflows.errors import NotComplete

_REQUIRED = _l("请填写。")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _id(value: Any) -> int | None:
    return int(value) if value not in (None, "") else None


class BeginForm(Form):
    starts_on = DateField(_l("计划开始日期"), [InputRequired(_REQUIRED)], default=today)


class TaskForm(Form):
    name = StringField(_l("任务名称"), [Length(max=80)], filters=[_stripped])
    phase = CodeField(_l("阶段"), PlanPhase, blank=False)
    starts_on = DateField(_l("开始日期"), [InputRequired(_REQUIRED)])
    due_on = DateField(_l("完成期限"), [InputRequired(_REQUIRED)])
    owner_id = SelectField(_l("责任人"), coerce=_id)
    measure = CodeField(_l("系统计数的指标"), TargetKind)
    target = CountField(_l("任务目标数"), [Optional()])
    note = TextAreaField(_l("进展说明（人工填报）"), [Length(max=500)], filters=[_stripped], render_kw={"rows": 3})

    def offer(self, owners: list[tuple[int, str]]) -> "TaskForm":
        """The people of the office, and whoever owned it so far."""
        choices: list[tuple[Any, str]] = [("", _("未定")), *owners]
        if self.owner_id.data is not None and self.owner_id.data not in dict(owners):
            choices.append((self.owner_id.data, _("已离开本链办的人员")))
        self.owner_id.choices = choices
        return self

    def facts(self) -> TaskFacts:
        values = self.values()
        return TaskFacts(**{**values, "phase": PlanPhase(values["phase"]), "measure": _measure(values["measure"])})


class StepForm(Form):
    reason = StringField(_l("原因或完成情况"), [Length(max=500)], filters=[_stripped])


class YearTargetForm(Form):
    year = SelectField(_l("年度"), coerce=int)
    kind = CodeField(_l("指标"), TargetKind, blank=False)
    at_least = CountField(_l("目标数"), [InputRequired(_REQUIRED)])


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem beside its field."""
    words = {
        "required": _("请填写。"),
        "before_start": _("不能早于开始日期。"),
        "unknown": _("请从列表中选择。"),
        "target_zero": zero_words(),
    }
    for name, code in refused.problems.items():
        form._fields[name].errors = [words[code]]


def zero_words() -> str:
    return _("目标为 0 无法衡量进度，请填写 1 以上的数。")


def _measure(code: Any) -> TargetKind | None:
    return TargetKind(code) if code else None
