"""Two people edited the same thing from one version: the second sees both values, field by field, and his are kept."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField

from web.common.fields import (
    BandField,
    BandsField,
    ChecksField,
    CodeField,
    Form,
    MoneyField,
    PickerListField,
    QuantityField,
    RateField,
)
from web.common.filters import MISSING, band, money, percent_bps, quantity
from web.common.labels import label

Conflicts = list[tuple[str, str, str]]
"""(field, what is saved now, what was typed), in the order of the form."""


def conflicts(mine: Form, current: Mapping[str, Any], make: Callable[..., Form]) -> Conflicts:
    """Where the form that was sent differs from the values saved meanwhile; `make` builds the form they stand in.

    Never empty: somebody who happens to have typed the same is told that too.
    """
    theirs = make(formdata=None, data=dict(current))
    return [
        (str(field.label.text), saved, typed)
        for name, field in mine._fields.items()
        if name in current and (saved := shown(theirs[name], theirs)) != (typed := shown(field, mine))
    ] or [(_("全部内容"), _("与您填写的相同"), _("与对方保存的相同"))]


def shown(field: Any, form: Any) -> str:
    """A field's value as a reader wants it; what could not be read, as it was typed."""
    value = field.data
    if field.errors and field.raw_data and str(field.raw_data[0]).strip():
        return str(field.raw_data[0])
    if isinstance(field, BooleanField):
        return _("是") if value else _("否")
    if value is None or value == "" or value == []:
        return MISSING
    if isinstance(field, MoneyField):
        return money(value)
    if isinstance(field, RateField):
        return percent_bps(value)
    if isinstance(field, QuantityField):
        return quantity(value, form["unit"].data)
    if isinstance(field, CodeField):
        return label(value, field.codes.__name__)
    if isinstance(field, ChecksField):
        return _("、").join(label(code, field.codes.__name__) for code in value)
    if isinstance(field, BandField):
        return band(value, field.scale)
    if isinstance(field, BandsField):
        return _("、").join(band(level, field.scale) for level in value)
    if isinstance(field, PickerListField) or not hasattr(field, "iter_choices"):
        return str(field._value())
    return _("、").join(str(choice[1]) for choice in field.iter_choices() if choice[2]) or MISSING
