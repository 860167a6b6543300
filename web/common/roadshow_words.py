"""What the published facts of a roadshow are called, and how a change reads."""

from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from workflows.roadshows import as_words

FACTS: dict[str, LazyString] = {
    "name": _l("名称"),
    "held_on": _l("日期"),
    "starts_at": _l("开始时间"),
    "ends_at": _l("结束时间"),
    "venue": _l("地点"),
    "notice": _l("公告正文"),
    "chain_codes": _l("面向的产业链"),
    "seats": _l("席位（家）"),
    "meetings_from": _l("一对一洽谈开始"),
    "slot_minutes": _l("每场洽谈分钟数"),
    "n_slots": _l("洽谈场次"),
    "sessions": _l("议程"),
}


def change_lines(version: Any, older: Any) -> list[tuple[str, str, str]]:
    """(fact, before, after) of each fact that a version changed."""
    if older is None:
        return []
    return [
        (str(FACTS[name]), _shown(older.facts.get(name)), _shown(version.facts.get(name)))
        for name in version.changes
        if name in FACTS
    ]


def _shown(value: Any) -> str:
    return as_words(value) or _("（无）")
