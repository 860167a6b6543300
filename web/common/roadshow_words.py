"""What the published facts of a roadshow are called, and how a change reads."""

from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import WishKind
from vocabulary.planning import UnmetCause
from vocabulary.roadshows import MeetingConflict
from workflows.bulk_verdicts import Obstacle
from workflows.roadshow_bookings import slot_span
from workflows.roadshow_meetings import ConflictLine
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


def slot_words(roadshow: Any, slot: int) -> str:
    """`14:00–14:15`."""
    begins, ends = slot_span(roadshow, slot)
    return f"{begins:%H:%M}–{ends:%H:%M}"


def conflict_words(line: ConflictLine) -> str:
    """What is in the way, with the name concerned."""
    words = {
        MeetingConflict.DOUBLE_BOOKED: _("这个时间已有另一场洽谈"),
        MeetingConflict.TABLE_TAKEN: _("这张桌子在这个时间已被占用"),
        MeetingConflict.OUTSIDE: _("没有这个时间或桌号"),
        MeetingConflict.VETO: _("其中一方不愿会面"),
        MeetingConflict.NOT_COMING: _("没有确认参会"),
        MeetingConflict.NO_POSTINGS: _("双方没有可以对接的需求和供给"),
        MeetingConflict.ON_STAGE: _("这个时间正在台上路演"),
        MeetingConflict.ALREADY_MEETING: _("双方已安排了一场洽谈"),
        MeetingConflict.UNAVAILABLE: _("这个时间没空"),
        MeetingConflict.OVER_MAX: _("超过其希望的最多场次"),
        MeetingConflict.MET_BEFORE: _("双方在以前的路演上见过"),
        MeetingConflict.NOT_RECOMMENDED: _("系统没有推荐这一对，或条件不符"),
    }
    return f"{line.who}：{words[line.kind]}" if line.who else words[line.kind]


def cause_words(cause: str) -> str:
    """Why something was not met."""
    words = {
        UnmetCause.NO_ELIGIBLE: _("到会单位中没有符合条件的对象"),
        UnmetCause.VETO: _("其中一方不愿会面"),
        UnmetCause.MET_BEFORE: _("双方在以前的路演上见过"),
        UnmetCause.NO_COMMON_SLOT: _("双方没有共同的空闲时间"),
        UnmetCause.OWN_MAXIMUM: _("自己的场次已达上限"),
        UnmetCause.PARTNER_MAXIMUM: _("对方的场次已达上限"),
        UnmetCause.BOOKED: _("双方共同的空闲时间都已另有安排"),
        UnmetCause.TRAVEL: _("来不及在两个会议室之间走动"),
        UnmetCause.TABLES_FULL: _("桌子和时间已排满"),
        UnmetCause.TIME_LIMIT: _("计算时间已到，未及安排"),
    }
    return words[UnmetCause(cause)]


def wish_words(wish: str | None, partner: str, *, wanted: int, got: int) -> str:
    """What was wanted and not met."""
    if partner and wish == WishKind.MUST:
        return _("必须见 %(partner)s，未能安排", partner=partner)
    if partner:
        return _("愿意见 %(partner)s，未能安排", partner=partner)
    if wanted > 1:
        return _("希望至少 %(wanted)s 场，只排到 %(got)s 场", wanted=wanted, got=got)
    return _("没有排到洽谈")


def unmet_words(plan: dict[str, Any] | None, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """(who, what was not met, why) of each line of the last planning; a veto does not say whose it is."""
    lines = []
    for row in (plan or {}).get("unmet", ()):
        partner = names.get(row.get("partner") or "", "")
        what = wish_words(row["wish"], partner, wanted=row["wanted"], got=row["got"])
        lines.append((names.get(row["participant"], ""), what, cause_words(row["cause"])))
    return lines


def obstacle_words(why: Obstacle | None) -> str:
    """Why a pairing cannot be decided as it stands."""
    words = {
        Obstacle.NOT_DUE: _("已有结论，或不在待审定状态"),
        Obstacle.CONSENT_MISSING: _("企业尚未授权"),
        Obstacle.CONFLICT_OF_INTEREST: _("您与其中一方有关联，应当回避"),
        Obstacle.SECOND_OFFICIAL: _("金额较大，须由两位官员分别同意，请逐条审定"),
        Obstacle.LENDER_FULL: _("银行暂停受理，或近四周的名额、额度已用完"),
        Obstacle.BLIND: _("公告的盲审，须逐条独立判断"),
        Obstacle.NOT_OPEN: _("需求或产品已不再开放"),
    }
    return words[why] if why else ""
