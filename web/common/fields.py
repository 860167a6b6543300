"""Form fields of the trade. Each keeps what was typed, so a refused form comes back as it was sent."""

import unicodedata
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from vocabulary.bands import SCALES
from vocabulary.money import MAX_FEN, bps_from_percent, fen_from_wan, percent_from_bps, wan_from_fen
from vocabulary.search import Picker, industry_picker, region_picker
from vocabulary.standards import parse_standards
from vocabulary.units import MILLI
from vocabulary.uscc import UsccReason, check_uscc, normalize_uscc
from web.common.filters import band
from web.common.labels import labels_of


class Form(FlaskForm):
    """The base of all forms: prefix-free, with CSRF."""

    def values(self) -> dict[str, Any]:
        """Parsed values by field name, without the CSRF token."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().replace(",", "").replace("，", "").replace(" ", "")


class _NumberField(Field):
    """A decimal typed by hand, kept raw until it parses. Subclasses say how it is stored."""

    widget = TextInput()
    suffix = ""
    lowest: Decimal | None = Decimal(0)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.from_stored(self.data).normalize():f}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = _plain(valuelist[0]) if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(_("请填写数字。")) from None
        if not number.is_finite():
            raise ValueError(_("请填写数字。"))
        if self.lowest is not None and number < self.lowest:
            raise ValueError(_("不能小于 %(n)s。", n=self.lowest))
        self.data = self.to_stored(number)

    def to_stored(self, number: Decimal) -> Any:
        raise NotImplementedError

    def from_stored(self, stored: Any) -> Decimal:
        raise NotImplementedError


class MoneyField(_NumberField):
    """An amount typed in 万元, kept in fen."""

    suffix = "万元"

    def to_stored(self, number: Decimal) -> int:
        fen = fen_from_wan(number)
        if abs(fen) > MAX_FEN:
            raise ValueError(_("金额太大，请确认单位是万元。"))
        return fen

    def from_stored(self, stored: int) -> Decimal:
        return wan_from_fen(stored)


class SignedMoneyField(MoneyField):
    """An amount that may be negative, such as a loss."""

    lowest = None


class RateField(_NumberField):
    """A yearly rate typed in percent, kept in basis points."""

    suffix = "%"

    def to_stored(self, number: Decimal) -> int:
        if number > 100:
            raise ValueError(_("不能大于 %(n)s。", n=100))
        return bps_from_percent(number)

    def from_stored(self, stored: int) -> Decimal:
        return percent_from_bps(stored)


class QuantityField(_NumberField):
    """A quantity typed in its unit, kept in thousandths."""

    def to_stored(self, number: Decimal) -> int:
        if number > 10**12:
            raise ValueError(_("数量太大。"))
        return int(number * MILLI)

    def from_stored(self, stored: int) -> Decimal:
        return Decimal(stored) / MILLI


class CountField(_NumberField):
    """A whole number from zero up."""

    highest = 10_000_000

    def to_stored(self, number: Decimal) -> int:
        if number != number.to_integral_value():
            raise ValueError(_("请填写整数。"))
        if number > self.highest:
            raise ValueError(_("不能大于 %(n)s。", n=self.highest))
        return int(number)

    def from_stored(self, stored: int) -> Decimal:
        return Decimal(stored)


class UsccField(StringField):
    """统一社会信用代码, normalised and checked; the message names what is wrong."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = normalize_uscc(self.data or "")

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        problem = check_uscc(self.data)
        if problem is not None:
            messages = {
                UsccReason.LENGTH: _("应为 18 位，现在是 %(found)s 位。", found=problem.found),
                UsccReason.ALPHABET: _("含有不允许的字符：%(found)s。", found=problem.found),
                UsccReason.REGION: _("第 3 至 8 位应为数字，现在是 %(found)s。", found=problem.found),
                UsccReason.CHECK_CHARACTER: _("校验码（最后一位）不对，请核对每一位。"),
            }
            raise ValidationError(messages[problem.reason])


class PickerField(StringField):
    """An entry of a long code list. Typed as code or exact name; the script adds searching by any word or pinyin."""

    def __init__(self, *args: Any, picker: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picker = picker

    @property
    def source(self) -> Picker:
        return industry_picker() if self.picker == "industries" else region_picker()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        entry = self.source.get(self.data) if self.data else None
        return f"{entry.code} {entry.text}" if entry else (self.data or "")

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        entry = self.source.get(text) or self.source.get(text.split(" ")[0])
        if entry is None:
            raise ValueError(_("请从列表中选择，或填写准确的代码或名称。"))
        self.data = entry.code


class CodeField(SelectField):
    """One code of a classification, of those that are `offered`; `blank` adds an empty choice, which gives None."""

    def __init__(self, label: Any, codes: type[StrEnum], *, blank: bool = True, **kwargs: Any) -> None:
        super().__init__(label, coerce=self._coerce, validate_choice=False, **kwargs)
        self.codes = codes
        self.blank = blank
        self.offered: Collection[str] = tuple(codes)

    @staticmethod
    def _coerce(value: Any) -> Any:
        return str(value) if value else None

    def iter_choices(self) -> Any:
        first = [("", _("请选择"))] if self.blank else []
        chosen = str(self.data or "")
        for value, text in [*first, *((code, text) for code, text in labels_of(self.codes) if code in self.offered)]:
            yield Choice(value, text, value == chosen, {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in self.offered:
            raise ValidationError(_("请从列表中选择。"))


class ChecksField(SelectMultipleField):
    """Several codes of a classification as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
    only: frozenset[StrEnum] | None = None
    """Those that are offered; None: all."""

    def __init__(self, label: Any, codes: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)
        self.codes = codes

    def iter_choices(self) -> Any:
        chosen = set(self.data or ())
        for value, text in labels_of(self.codes):
            if self.only is None or value in self.only:
                yield Choice(value, text, value in chosen, {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - {str(code) for code in self.codes}:
            raise ValidationError(_("请从列表中选择。"))


class ListField(Field):
    """Several short entries in one line, separated by 、 ， or a new line; a list in, a list out."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "、".join(self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0] if valuelist else ""
        for separator in ("，", ",", ";", "；", "\n"):
            text = text.replace(separator, "、")
        self.data = list(dict.fromkeys(part.strip() for part in text.split("、") if part.strip()))


class PickerListField(ListField):
    """Several codes of a long list, typed as codes or exact names."""

    def __init__(self, *args: Any, picker: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picker = picker

    @property
    def source(self) -> Picker:
        return industry_picker() if self.picker == "industries" else region_picker()

    def _entry(self, text: str) -> Any:
        """The entry of a code or name; a region may stand as its prefix: `4304` is 430400."""
        is_prefix = self.picker == "regions" and text.isdigit() and len(text) < 6
        return self.source.get(text.ljust(6, "0") if is_prefix else text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        found = [(code, self._entry(code)) for code in self.data or ()]
        return "、".join(f"{entry.code} {entry.text}" if entry else code for code, entry in found)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        found: list[str] = []
        unknown: list[str] = []
        rest_of_name = ""
        for text in self.data or ():
            if text in rest_of_name:  # some official names hold the separator themselves
                continue
            entry = self._entry(text) or self._entry(text.split(" ")[0])
            if entry is None:
                unknown.append(text)
            else:
                found.append(entry.code)
                rest_of_name = entry.text if " " in text else ""
        if unknown:
            raise ValueError(_("列表中没有：%(found)s。", found="、".join(unknown)))
        self.data = list(dict.fromkeys(found))


class StandardsField(ListField):
    """Product standards, brought to one spelling; an entry that names none is refused by name."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        found = {text: parse_standards(text) for text in self.data or ()}
        if unknown := [text for text, standards in found.items() if not standards]:
            raise ValueError(_("不是已知的标准编号：%(found)s。", found="、".join(unknown)))
        self.data = list(dict.fromkeys(standard for standards in found.values() for standard in standards))


def _level(value: Any) -> int:
    """The level of a band; -1, which no scale has, for anything else."""
    return int(value) if str(value).isdecimal() else -1


class BandField(SelectField):
    """One band of a scale; nothing chosen gives None."""

    def __init__(self, label: Any, scale: str, **kwargs: Any) -> None:
        super().__init__(label, coerce=self._coerce, validate_choice=False, **kwargs)
        self.scale = scale

    @staticmethod
    def _coerce(value: Any) -> int | None:
        return None if value in (None, "") else _level(value)

    def iter_choices(self) -> Any:
        yield Choice("", _("不限"), self.data is None, {})
        for level in SCALES[self.scale].levels:
            yield Choice(str(level), band(level, self.scale), level == self.data, {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in SCALES[self.scale].levels:
            raise ValidationError(_("请从列表中选择。"))


class BandsField(SelectMultipleField):
    """Several bands of a scale as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, scale: str, **kwargs: Any) -> None:
        super().__init__(label, coerce=_level, validate_choice=False, **kwargs)
        self.scale = scale

    def iter_choices(self) -> Any:
        for level in SCALES[self.scale].levels:
            yield Choice(str(level), band(level, self.scale), level in (self.data or ()), {})

    def has_groups(self) -> bool:
        return False

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - set(SCALES[self.scale].levels):
            raise ValidationError(_("请从列表中选择。"))
