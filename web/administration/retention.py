"""What is past its time and would be minimised or deleted tonight: numbers only."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from access.permissions import Permission
from jobs import registry
from vocabulary.jobs import JobKind
from vocabulary.retention import KEPT, RetentionRule
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import retention
from workflows.calendar import city_now

blueprint = Blueprint("administration_retention", __name__, url_prefix="/retention")
_R = RetentionRule
_WORDS: dict[RetentionRule, tuple[LazyString, LazyString]] = {
    _R.RELEASED_CONTACTS: (
        _l("对接未成或授权已止的联系人"),
        _l("从授权资料中清除联系人；对接、审定和授权记录保留"),
    ),
    _R.FIRM_CONTACTS: (
        _l("已停用或已合并单位的联系人"),
        _l("从档案、草稿和历次提交中清除联系人和电话；其他内容保留"),
    ),
    _R.STAGED_IMPORTS: (_l("没有载入的导入表格"), _l("清空表格内容，标为已放弃")),
    _R.NOTICES: (_l("已读的消息"), _l("删除")),
    _R.MAILS: (_l("已发送或已取消的邮件"), _l("删除")),
    _R.SESSIONS: (_l("久未使用的登录会话"), _l("删除")),
    _R.ATTEMPTS: (_l("登录和验证码失败记录"), _l("删除")),
    _R.RESETS: (_l("过期的重设密码链接"), _l("删除")),
    _R.DEVICES: (_l("过期的浏览器记号"), _l("删除")),
}


@blueprint.get("/")
@requires(Permission.FOLLOW_JOBS)
def index() -> ResponseReturnValue:
    """A dry run: nothing is written."""
    counts = retention.preview(db(), current_actor(), city_now())
    rows = [(*_WORDS[rule], KEPT[rule].days, counts[rule]) for rule in RetentionRule]
    hour = registry.daily(current_app.config["SETTINGS"].digest_hour)[JobKind.RETENTION]
    return render_template(
        "administration/retention.html", rows=rows, n_due=sum(counts.values()), hour=hour.strftime("%H:%M")
    )
