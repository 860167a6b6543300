"""The words of the inbox: a notice in the reader's language, and what each category and fixed event is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.events import EventCategory, Place, event_of
from web.common.languages import language
from web.common.mail import headline

_C = EventCategory


class Told(Protocol):
    """What a page needs of a notice."""

    public_id: str
    event: str
    values: dict[str, Any]
    pairing_id: int | None
    visible_from: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class NoticeLine:
    """One notice as the list shows it."""

    public_id: str
    title: str
    text: str
    category: EventCategory
    at: datetime
    is_read: bool
    leads_somewhere: bool


def line_of(notice: Told) -> NoticeLine:
    """Composed now, in the language of this page."""
    event = event_of(notice.event)
    title, text = headline(notice.event, language(), notice.values)
    return NoticeLine(
        public_id=notice.public_id,
        title=title,
        text=text,
        category=event.category,
        at=notice.visible_from,
        is_read=notice.read_at is not None,
        leads_somewhere=event.opens is not Place.NOWHERE,
    )


ABOUT: dict[EventCategory, LazyString] = {
    _C.ACCOUNT: _l("登录、邀请和邮箱的问题"),
    _C.VERIFICATION: _l("单位和企业档案的核验结果"),
    _C.PAIRINGS: _l("产业链办公室对您的对接作出的决定"),
    _C.CONSENTS: _l("请您授权，或对方撤回授权"),
    _C.CASES: _l("进展、到期提醒和交接"),
    _C.ROADSHOWS: _l("邀请、席位、安排变更和洽谈时间"),
    _C.CHAINS: _l("任务、问题和项目"),
}
"""What a category is about, on the page of the settings."""

ALWAYS: dict[str, LazyString] = {
    "password_reset": _l("重置密码的链接"),
    "invitation": _l("加入单位的邀请"),
    "membership_ended": _l("您或同事的成员身份被终止"),
    "role_asked": _l("有人提请授予或终止角色，等您同意"),
    "role_answered": _l("您的角色提请有了结果"),
    "consent_withdrawn": _l("对方撤回授权"),
    "joint_case": _l("作为融资依据的订单有变化"),
    "ledger_anchor": _l("操作留痕的每日存证（监督人员）"),
}
"""Events of which the mail cannot be switched off."""
