"""Values of a firm's profile in words, by the kind of their field."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from access.lists.profiles import Choice
from vocabulary.profile_fields import BY_NAME, FieldKind, Section, of_section
from web.common.filters import MISSING, day, industry, money, region
from web.common.labels import label
from web.common.languages import language


def named(choices: list[Choice]) -> dict[int, str]:
    """Names by id, in the reader's language."""
    return {row.id: row.name_en if language() == "en" else row.name_zh for row in choices}


def value_text(name: str, value: Any, names: Mapping[int, str]) -> str:
    """The words for one value; `names` are those of chains or links. Missing values are a dash."""
    field = BY_NAME[name]
    if value is None or value == "" or value == []:
        return MISSING
    match field.kind:
        case FieldKind.MONEY:
            return money(value)
        case FieldKind.PERCENT:
            return f"{value}%"
        case FieldKind.COUNT:
            return f"{value:,}"
        case FieldKind.DATE:
            return day(value)
        case FieldKind.FLAG:
            return _("是") if value else _("否")
        case FieldKind.INDUSTRY:
            return industry(value)
        case FieldKind.REGION:
            return region(value)
        case FieldKind.CHAIN:
            return names.get(value, MISSING)
        case FieldKind.CODE:
            return label(str(value), field.codes)
        case FieldKind.CODES:
            return _("、").join(label(str(code), field.codes) for code in value)
        case _:
            return str(value)


def section_rows(
    section: Section, values: Mapping[str, Any], chains: Mapping[int, str], links: Mapping[int, str]
) -> list[tuple[str, str]]:
    """(field, value) in words for one section."""
    return [
        (label(field.name), value_text(field.name, values.get(field.name), names_for(field.name, chains, links)))
        for field in of_section(section)
    ]


def names_for(name: str, chains: Mapping[int, str], links: Mapping[int, str]) -> Mapping[int, str]:
    return links if name == "chain_link_id" else chains
