"""What editors of chains fill in."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from vocabulary.chains import FirmStanding, OfficePost
from vocabulary.classifications import LinkPosition
from web.chains.words import problem_words
from web.common.fields import CodeField, Form, ListField, PickerField, PickerListField
from workflows.chain_links import LinkFacts
from workflows.chain_offices import TermFacts
from workflows.chains import ChainFacts
from workflows.errors import NotComplete

_WHY = _l("原因（记入历史版本）")


class IdChecksField(SelectMultipleField):
    """Rows to tick; the view sets the choices."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, validate_choice=False, choices=[], **kwargs)


class IdField(SelectField):
    """One row or none; the view offers the rows."""

    rows: list[tuple[str, str]] = []

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=self._coerce, validate_choice=False, choices=[], **kwargs)

    @staticmethod
    def _coerce(value: Any) -> int | None:
        return int(value) if str(value or "").isdecimal() else None

    def offer(self, rows: list[tuple[int, str]]) -> None:
        self.rows = [("", _("无")), *((str(row_id), text) for row_id, text in rows)]

    def iter_choices(self) -> Any:
        for value, text in self.rows:
            yield Choice(value, text, value == str(self.data or ""), {})


class ChainForm(Form):
    """`Form.version` is the chain's version when the form was opened."""

    code = StringField(
        _l("代码"), [Length(max=32)], description=_l("小写字母、数字和下划线，用在网址和导入文件里，设立后不变。")
    )
    name_zh = StringField(_l("中文名称"), [Length(max=60)])
    name_en = StringField(_l("英文名称"), [Length(max=120)])
    host_region_code = PickerField(_l("承载地"), picker="regions")
    source = StringField(_l("依据"), [Length(max=300)], description=_l("公布这条链的文件或报道。"))
    why = StringField(_WHY, [Length(max=500)])
    version = IntegerField(widget=HiddenInput(), default=0)

    def facts(self) -> ChainFacts:
        return ChainFacts(
            self.name_zh.data or "", self.name_en.data or "", self.host_region_code.data, self.source.data or ""
        )


class LinkForm(Form):
    name_zh = StringField(_l("中文名称"), [Length(max=60)])
    name_en = StringField(_l("英文名称"), [Length(max=120)])
    position = CodeField(_l("位置"), LinkPosition)
    parent_id = IdField(_l("上级环节"), description=_l("属于更大的环节时选择；两者须在同一位置。"))
    products = ListField(_l("产品"), description=_l("用顿号分开。系统按产品和行业推测企业所在的环节。"))
    industries = PickerListField(
        _l("行业"), picker="industries", description=_l("国民经济行业分类，大类、中类或小类，可填多个。")
    )
    feeds = IdChecksField(_l("供给哪些环节"))
    why = StringField(_WHY, [Length(max=500)])
    version = IntegerField(widget=HiddenInput(), default=0)

    def facts(self) -> LinkFacts:
        return LinkFacts(
            name_zh=self.name_zh.data or "",
            name_en=self.name_en.data or "",
            position=LinkPosition(self.position.data) if self.position.data else None,
            parent_id=self.parent_id.data,
            products=tuple(self.products.data or ()),
            industries=tuple(self.industries.data or ()),
            feeds=tuple(self.feeds.data or ()),
        )


class BackingForm(Form):
    bureau = StringField(_l("后盾单位"), [Length(max=60)])
    lead_bank_id = IdField(_l("主办银行"), description=_l("一主链一银行。"))
    why = StringField(_WHY, [Length(max=500)])
    version = IntegerField(widget=HiddenInput(), default=0)


class TermForm(Form):
    post = CodeField(_l("职务"), OfficePost, blank=False)
    name = StringField(_l("姓名"), [Length(max=80)])
    title = StringField(_l("身份"), [Length(max=80)])
    user_id = IdField(_l("系统账号"), description=_l("有账号的，借调关系会同时登记为利益关联。"))
    seconded_from = StringField(
        _l("借调自"), [Length(max=120)], description=_l("企业、银行或采购单位的全称、简称或统一社会信用代码。")
    )
    starts_on = DateField(_l("任期开始"), [Optional()])
    ends_on = DateField(
        _l("任期结束"), [Optional()], description=_l("不填表示在任。主任和常务副主任接任时，前任的任期到前一日结束。")
    )
    why = StringField(_WHY, [Length(max=500)])

    def facts(self, seconded_from_id: int | None) -> TermFacts:
        return TermFacts(
            post=OfficePost(self.post.data or OfficePost.STAFF),
            name=self.name.data or "",
            title=self.title.data or "",
            user_id=self.user_id.data,
            seconded_from_id=seconded_from_id,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
        )


class MergeForm(Form):
    into = StringField(_l("并入"), [Length(max=32)])
    why = StringField(_WHY, [Length(max=500)])


class SplitForm(ChainForm):
    links = IdChecksField(_l("拆出的环节"))


class PlaceForm(Form):
    organization = StringField(_l("企业"), [Length(max=12)])


class FirmForm(Form):
    standing = CodeField(
        _l("在本环节的地位"), FirmStanding, blank=False, validators=[DataRequired(_l("请从列表中选择。"))]
    )
    on = DateField(_l("自"), [Optional()], description=_l("公布或决定的日期。"))
    why = TextAreaField(_l("原因"), [Length(max=500)])
    off_why = TextAreaField(_l("移出原因"), [Length(max=500)])
    step = HiddenField()


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem of a refusal beside its field, those without a field at the top."""
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [problem_words(code)]
        else:
            form.form_errors.append(problem_words(code))
