"""Our exceptions as pages. A row that may not be seen and one that does not exist get the same page."""

import errno
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from access.lists.office_reports import ContentChanged
from access.lookups import NotVisible
from access.rules import NotAllowed, Recused
from models.session import is_out_of_reach, is_unique_violation
from web.common.crowding import COME_BACK_IN, Crowded
from web.common.database import db, engine
from web.common.filters import moment
from web.common.identity import current_actor, forget_person
from web.common.labels import label
from web.common.problems import API_BYTES, is_machine, problem
from workflows.audit import attempt_denied
from workflows.errors import ChangedMeanwhile, StepNotAllowed

Answer = tuple[str | Response, int]
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_DISK_FULL = "53100"
"""PostgreSQL's code."""
_RETRY_AFTER_S = 5


def error_page(status: int, title: str, text: str, hint: str = "") -> Answer:
    """One page for every error, or what a machine gets; the request's transaction is rolled back by its status."""
    if is_machine():
        return problem(status, title, text), status
    return render_template("errors/error.html", status=status, title=title, text=text, hint=hint), status


def _note_denied(status: int) -> None:
    """A refused form leaves a line in the ledger, whatever became of the request's own transaction."""
    actor = current_actor()
    if request.method in ("GET", "HEAD", "OPTIONS") or not actor.is_signed_in:
        return
    db().rollback()
    db().close()  # gives back the turn to write
    attempt_denied(engine(), actor, route=request.endpoint or "", status=status)


def _not_visible(error: Exception) -> Answer:
    _note_denied(404)
    return _missing(error)


def _not_allowed(error: Exception) -> Answer:
    _note_denied(403)
    return _forbidden(error)


def _missing(_error: Exception) -> Answer:
    return error_page(
        404, _("没有找到"), _("这个页面或记录不存在，或者您无权查看。"), _("请检查链接，或从导航重新进入。")
    )


def _forbidden(_error: Exception) -> Answer:
    return error_page(403, _("没有权限"), _("您的角色不能进行这项操作。"), _("如需开通，请联系本单位的管理人员。"))


def _recused(error: Recused) -> Answer:
    _note_denied(403)
    hint = (
        _("可由这些人办理：%(names)s。", names="、".join(error.deciders))
        if error.deciders
        else _("现在没有其他人可以办理，请联系联席会议办公室。")
    )
    return error_page(
        403, _("须回避"), _("您与%(name)s有利益关联，不能决定与它有关的事项。", name=error.organization), hint
    )


def _overtaken(error: StepNotAllowed) -> Answer:
    status = label(error.current)
    if error.changed_by and error.changed_at:
        text = _(
            "%(who)s 已于 %(when)s 将其改为“%(status)s”。",
            who=error.changed_by, when=moment(error.changed_at), status=status,
        )  # fmt: skip
    else:
        text = _("当前状态是“%(status)s”，不能进行这一步。", status=status)
    return error_page(409, _("状态已变化"), text, _("请返回并刷新页面，查看最新情况。"))


def _changed_meanwhile(_error: Exception) -> Answer:
    """Two did the same thing at one moment, where no page shows both: the second is told, nothing of his is kept."""
    return error_page(
        409, _("内容刚刚被修改"), _("有人同时做了修改，您的操作没有生效。"), _("请返回并刷新页面，查看最新情况。")
    )


def _not_unique(error: IntegrityError) -> Answer:
    """A UNIQUE constraint let one of two through. Anything else that a constraint refuses is a fault of ours."""
    if not is_unique_violation(error):
        raise error
    current_app.logger.warning("two at once: %s", error.orig)
    return _changed_meanwhile(error)


def _content_changed(_error: Exception) -> Answer:
    current_app.logger.error("what is kept of a report is not what was kept when it was made")
    return error_page(
        500, _("报告内容与定稿时不一致"), _("保存的内容核对不符，不能显示。"), _("请联系系统管理员，用备份核对。")
    )


def _too_large(_error: Exception) -> Answer:
    if is_machine():
        return error_page(413, _("内容太大"), _("请求体不能超过 %(n)s KB。", n=API_BYTES // 1024))
    limit = current_app.config["SETTINGS"].max_upload_mb
    return error_page(413, _("内容太大"), _("上传或提交的内容不能超过 %(n)s MB。", n=limit), _("请压缩或拆分后再试。"))


def _stale_form(_error: Exception) -> Answer:
    return error_page(
        400, _("表单已过期"), _("为了安全，这次提交没有被接受。"), _("请返回上一页，内容仍在，重新提交即可。")
    )


def _foreign_host(_error: SecurityError) -> Answer:
    """A forged Host: no page, since every link on it would need the very name that is not trusted."""
    return "400\n", 400


def _crowded(_error: Exception) -> tuple[str | Response, int, dict[str, str]]:
    text = _("同时登录或注册的人太多，这一次没有处理。请 %(n)s 秒后再试。", n=COME_BACK_IN)
    page, status = error_page(429, _("请稍等片刻"), text, _("返回上一页，内容仍在，重新提交即可。"))
    return page, status, {"Retry-After": str(COME_BACK_IN)}


def _http(error: HTTPException) -> Answer:
    code = error.code or 500
    if is_machine() and isinstance(error, MethodNotAllowed):
        return problem(code, _("请求没有成功"), headers={"Allow": ", ".join(sorted(error.valid_methods or ()))}), code
    return error_page(code, _("请求没有成功"), _("服务器不能处理这个请求（%(code)s）。", code=code))


def _refused_by_database(error: Exception) -> Response:
    """Out of reach: the page says so, without reading a row itself. Anything else is a crash."""
    if not is_out_of_reach(error):
        raise error
    current_app.logger.warning("the database is out of reach: %s", str(error).splitlines()[0])
    g.has_crashed = True
    session = g.pop("db_session", None)
    if session is not None:
        session.close()
    forget_person()
    page = error_page(
        503,
        _("系统正忙，请稍后再试"),
        _("数据库暂时没有应答。"),
        _("请等几秒后重新打开本页；如果刚才提交了内容，请先查看是否已经生效。"),
    )
    answer = make_response(page)
    answer.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return answer


def _crashed(error: Exception) -> Answer | Response:
    cause = getattr(error, "original_exception", None)
    if cause is not None and is_out_of_reach(cause):  # while the answer was being finished no other handler is asked
        return _refused_by_database(cause)
    g.has_crashed = True
    session = g.pop("db_session", None)
    if session is not None:
        session.rollback()
        session.close()
    if is_out_of_space(cause):
        return error_page(
            507, _("存储空间已满"), _("服务器没有空间保存，您的操作没有生效；查看不受影响。"),
            _("请联系系统管理员，腾出空间后再提交一次。"),
        )  # fmt: skip
    hint = _("请稍后再试。如需帮助，请提供编号 %(id)s。", id=g.get("request_id", "")[:12])
    return error_page(500, _("系统出错"), _("系统出现错误，已记录。您的操作没有生效。"), hint)


def is_out_of_space(error: BaseException | None) -> bool:
    """Whether something failed because a disk is full: the database's, or that of an upload on its way in."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    if isinstance(error, DBAPIError):
        return "disk is full" in str(error.orig) or getattr(error.orig, "sqlstate", None) == _DISK_FULL
    return False


def init_errors(app: Flask) -> None:
    """Register the pages. That the database is out of reach is told in one line each, not with a trace."""
    log_exception = app.log_exception

    def log_crash(exc_info: Any) -> None:
        if not is_out_of_reach(exc_info[1]):
            log_exception(exc_info)

    app.log_exception = log_crash  # type: ignore[method-assign]
    app.register_error_handler(NotVisible, _not_visible)
    app.register_error_handler(404, _missing)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(Recused, _recused)
    app.register_error_handler(403, _forbidden)
    app.register_error_handler(StepNotAllowed, _overtaken)
    app.register_error_handler(ChangedMeanwhile, _changed_meanwhile)
    app.register_error_handler(IntegrityError, _not_unique)
    app.register_error_handler(ContentChanged, _content_changed)
    app.register_error_handler(413, _too_large)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(Crowded, _crowded)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _refused_by_database)
    app.register_error_handler(500, _crashed)
