"""Forms of the profile, made from the table of its fields."""

from collections.abc import Mapping
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.validators import Email, Length, Optional

from vocabulary import classifications
from vocabulary.profile_fields import FieldKind, ProfileField
from vocabulary.standards import Certificate
from web.common.fields import ChecksField, CodeField, CountField, Form, MoneyField, PickerField, SignedMoneyField
from web.common.labels import FIELD_LABELS

_LONGEST = {"address": 200, "website": 200, "main_products": 500, "existing_lenders": 500, "contact_email": 254}

_CLAIMS = {
    "tier": _l("自填，供核对；在“梯度认定”里申报并经核验的才计入推荐"),
    "size_class": _l("自填，供核对；系统按统计办法另行计算"),
}
"""What a claim is worth."""


class PercentField(CountField):
    suffix = "%"
    highest = 100


class ChoiceField(SelectField):
    """An id out of rows; the empty choice gives None."""

    def __init__(self, text: Any, rows: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(text, coerce=lambda value: int(value) if value else None, **kwargs)
        self.choices = [("", _("请选择")), *rows.items()]


class FlagField(SelectField):
    """Yes, no, or not said."""

    def __init__(self, text: Any, **kwargs: Any) -> None:
        super().__init__(text, coerce=self._flag, **kwargs)

    @staticmethod
    def _flag(value: Any) -> Any:
        return {"yes": True, "no": False, "True": True, "False": False}.get(str(value))

    def iter_choices(self) -> Any:
        chosen = {True: "yes", False: "no", None: ""}[self.data]
        for value, text in (("", _("请选择")), ("yes", _("是")), ("no", _("否"))):
            yield Choice(value, text, value == chosen, {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        """Every posted text means one of the three."""


def _is_telephone(_form: Any, field: Any) -> None:
    try:
        number = phonenumbers.parse(field.data, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(_("电话号码不正确，例如 0734-8123456 或 13800000000。"))


def _strip(text: str | None) -> str | None:
    return text.strip() if text else text


def _field(field: ProfileField, chains: Mapping[int, str], links: Mapping[int, str]) -> Field:
    text = FIELD_LABELS[field.name]
    kind = FieldKind
    length = Length(max=_LONGEST.get(field.name, 80), message=_l("太长了，最多 %(max)d 个字。"))
    match field.kind:
        case kind.LONG_TEXT:
            return TextAreaField(text, [Length(max=2000)], filters=[_strip], render_kw={"rows": 4})
        case kind.MONEY:
            return (SignedMoneyField if field.name == "profit_fen" else MoneyField)(text)
        case kind.COUNT | kind.YEAR:
            return CountField(text)
        case kind.PERCENT:
            return PercentField(text)
        case kind.DATE:
            return DateField(text, [Optional()])
        case kind.FLAG:
            return FlagField(text)
        case kind.INDUSTRY:
            return PickerField(text, picker="industries", description=_l("可输入汉字、拼音首字母或代码"))
        case kind.REGION:
            return PickerField(text, picker="regions", description=_l("可输入汉字、拼音或代码"))
        case kind.CHAIN:
            rows = links if field.name == "chain_link_id" else chains
            return ChoiceField(text, rows)
        case kind.CODE:
            return CodeField(text, getattr(classifications, field.codes or ""), description=_CLAIMS.get(field.name, ""))
        case kind.CODES:
            return ChecksField(text, getattr(classifications, field.codes or ""))
        case kind.PHONE:
            return StringField(text, [Optional(), _is_telephone], filters=[_strip], render_kw={"autocomplete": "tel"})
        case kind.EMAIL:
            return StringField(text, [Optional(), Email(_l("邮箱格式不正确。")), length], filters=[_strip])
        case _:
            return StringField(text, [length], filters=[_strip])


class ProfileForm(Form):
    """A part of the profile; `version` is the draft it was opened from."""

    version = HiddenField()

    def parts(self) -> tuple[dict[str, Any], dict[str, str]]:
        """(values that could be read, texts that could not) by field, after validation."""
        values: dict[str, Any] = {}
        unparsed: dict[str, str] = {}
        for name, field in self._fields.items():
            if name in ("csrf_token", "version"):
                continue
            if field.errors:
                unparsed[name] = str(field.raw_data[0]) if field.raw_data else ""
            else:
                values[name] = field.data
        return values, unparsed


def profile_form(
    fields: tuple[ProfileField, ...], chains: Mapping[int, str], links: Mapping[int, str]
) -> type[ProfileForm]:
    """A form with one field for each of the given fields of the profile."""
    return type("ProfilePart", (ProfileForm,), {field.name: _field(field, chains, links) for field in fields})


class CertificateForm(Form):
    code = CodeField(_l("证书"), Certificate)
    number = StringField(_l("证书编号"), [Length(max=80)])
    expires_on = DateField(_l("有效期至"), [Optional()])

    def validate_code(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("请从列表中选择。"))
