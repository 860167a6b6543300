"""What is wrong with what was sent, field by field: codes, and sentences of our own that never repeat a value."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError

from access.lookups import NotVisible
from web.common.problems import problem

_WORDS: dict[str, LazyString] = {
    "missing": _l("请填写。"),
    "required": _l("请填写。"),
    "string_too_short": _l("请填写。"),
    "string_too_long": _l("文字太长。"),
    "too_long": _l("条目太多。"),
    "extra_forbidden": _l("没有这个字段。"),
    "enum": _l("请使用文档列出的代码。"),
    "unknown_code": _l("列表中没有这个代码。"),
    "date_parsing": _l("请填写日期，例如 2026-11-23。"),
    "date_type": _l("请填写日期，例如 2026-11-23。"),
    "string_pattern_mismatch": _l("含有不允许的控制字符。"),
    "greater_than_equal": _l("数值太小。"),
    "less_than_equal": _l("数值太大。"),
    "int_type": _l("请填写整数。"),
    "int_parsing": _l("请填写整数。"),
    "string_type": _l("请填写文字。"),
    "bool_type": _l("请填写 true 或 false。"),
    "list_type": _l("请填写列表。"),
}


def refuse_invalid(error: ValidationError) -> Any:
    """An address that fits no row is that of a missing row; everything else is told by its field."""
    if error.title.endswith("Path"):
        raise NotVisible
    found = error.errors(include_input=False, include_context=False, include_url=False)
    return unprocessable({_place(each["loc"], each["type"]): each["type"] for each in found})


def unprocessable(problems: Mapping[str, str], words: Mapping[str, Any] | None = None) -> Any:
    """422 with the code and the sentence of each field; `words` holds those of one resource."""
    known = {**_WORDS, **(words or {})}
    errors = [
        {"field": name, "code": code, "message": str(known.get(code, _("这个值不正确。")))}
        for name, code in problems.items()
    ]
    return problem(422, _("内容不正确"), _("请修改标出的地方。"), errors=errors)


def _place(location: tuple[int | str, ...], kind: str) -> str:
    """The names of the fields on the way. An unknown one is the sender's text: told only if it looks like a name."""
    parts = [str(part) for part in location]
    if kind == "extra_forbidden" and not (parts[-1].isascii() and parts[-1].isidentifier() and len(parts[-1]) <= 40):
        parts.pop()
    return ".".join(parts)
