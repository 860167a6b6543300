"""What an office fills in about a roadshow."""

from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from access.lists import roadshows as lists
from access.lists.organizations import ChainChoice
from web.common.fields import CountField, Form
from web.common.languages import language
from workflows.errors import NotComplete
from workflows.roadshows import Arrangements

_REQUIRED = _l("请填写。")


def problem_words(code: str) -> str:
    """What is wrong with one arrangement."""
    words = {
        "required": _("请填写。"),
        "before_start": _("结束时间应晚于开始时间。"),
        "taken": _("与已占用的席位或会议室冲突。"),
        "outside_the_day": _("超出当天的起止时间。"),
        "unknown": _("请从列表中选择。"),
        "below_least": _("最多场次不能少于最少场次。"),
        "more_than_slots": _("最少场次多于您有空的场次，无法排定。"),
        "not_verified": _("该单位尚未核验。"),
    }
    return words.get(code, code)


class _TextChecksField(SelectMultipleField):
    """Check boxes over choices set by the view."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RoadshowForm(Form):
    name = StringField(_l("名称"), [DataRequired(_REQUIRED), Length(max=120)])
    held_on = DateField(_l("日期"), [InputRequired(_l("请填写日期。"))])
    starts_at = TimeField(_l("开始时间"), [InputRequired(_REQUIRED)], default=time(9, 0))
    ends_at = TimeField(_l("结束时间"), [InputRequired(_REQUIRED)], default=time(17, 0))
    venue = StringField(_l("地点"), [Length(max=120)])
    seats = CountField(_l("席位（家）"), [InputRequired(_REQUIRED)], default=60)
    chain_codes = _TextChecksField(_l("面向的产业链"))
    notice = TextAreaField(_l("公告正文"), [Length(max=4000)], render_kw={"rows": 5})
    meetings_from = TimeField(_l("一对一洽谈开始"), [InputRequired(_REQUIRED)], default=time(14, 0))
    slot_minutes = CountField(_l("每场洽谈分钟数"), [InputRequired(_REQUIRED)], default=15)
    buffer_minutes = CountField(_l("两场间隔分钟数"), [InputRequired(_REQUIRED)], default=5)
    n_slots = CountField(_l("洽谈场次"), [InputRequired(_REQUIRED)], default=8)
    n_tables = CountField(_l("洽谈桌数"), [InputRequired(_REQUIRED)], default=10)

    def offer(self, chains: list[ChainChoice]) -> "RoadshowForm":
        """The chains to choose from."""
        self.chain_codes.choices = [
            (chain.code, chain.name_en if language() == "en" else chain.name_zh) for chain in chains
        ]
        return self

    def arrangements(self) -> Arrangements:
        values: dict[str, Any] = {name: value for name, value in self.values().items() if value is not None}
        return Arrangements(**values | {"chain_codes": tuple(self.chain_codes.data or ())})

    def show(self, refused: NotComplete) -> None:
        """The refusal, field by field."""
        show_problems(self, refused)


class SessionForm(Form):
    title = StringField(_l("环节"), [DataRequired(_REQUIRED), Length(max=120)])
    room = StringField(_l("会议室"), [Length(max=60)], filters=[lambda text: text or ""])
    starts_at = TimeField(_l("开始时间"), [InputRequired(_REQUIRED)])
    minutes = CountField(_l("分钟"), [InputRequired(_REQUIRED)], default=60)
    pitch_places = CountField(_l("上台企业数"), [InputRequired(_REQUIRED)], default=0)
    holds_meetings = BooleanField(_l("一对一洽谈在这个环节进行"))


class MeetingForm(Form):
    """Who met whom: one demand and one supply of a market."""

    demand_id = SelectField(_l("需求方"), coerce=int)
    supply_id = SelectField(_l("供给方"), coerce=int)
    note = StringField(_l("备注"), [Length(max=1000)])

    def offer(self, choices: tuple[list[lists.PostingChoice], list[lists.PostingChoice]]) -> "MeetingForm":
        for field, rows in zip((self.demand_id, self.supply_id), choices, strict=True):
            field.choices = [(row.id, row.text) for row in rows]
        return self


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem of a refusal beside its field."""
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [problem_words(code)]
