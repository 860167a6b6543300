"""谁看过我的资料: every reading of the firm's confidential data by somebody else, on the page and as a spreadsheet."""

from datetime import datetime, time, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import receipts as lists
from access.permissions import Permission
from vocabulary.audit_actions import READINGS, AuditAction
from vocabulary.recognitions import RecognitionKind
from web.common.audit_words import action_words
from web.common.database import db
from web.common.filters import SHANGHAI, moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import Column, Kind, Paper, Section, attachment
from web.common.spreadsheets import XLSX, spreadsheet
from workflows.calendar import today

blueprint = Blueprint("firms_receipts", __name__, url_prefix="/receipts")
_NAMES = ("q", "action", "since", "until")


@blueprint.get("/")
@requires(Permission.FOLLOW_OWN_CASES)
def index() -> ResponseReturnValue:
    number = requested_page()
    rows, total = lists.receipts(db(), current_actor(), _filters(), page=number, size=SIZE)
    return render_template(
        "firms/receipts/index.html",
        page=Page([(row, *_words(row)) for row in rows], number, total),
        actions=[(action.value, action_words(action, "")) for action in READINGS],
        action_words=action_words,
        asked=_asked(),
        most=lists.MAX_EXPORTED,
    )


@blueprint.get("/export.xlsx")
@requires(Permission.FOLLOW_OWN_CASES)
def export() -> ResponseReturnValue:
    """What the page found, the newest first, at most `MAX_EXPORTED` rows."""
    rows, _total = lists.receipts(db(), current_actor(), _filters(), size=lists.MAX_EXPORTED)
    return attachment(spreadsheet(_paper(rows)), f"{_('谁看过我的资料')}-{today().isoformat()}.xlsx", XLSX)


def _words(row: lists.Receipt) -> tuple[str, str]:
    """What was read, and on what ground."""
    if row.document:
        what = label(RecognitionKind(row.document))
    elif row.fields:
        what = _("、").join(label(name) for name in row.fields)
    else:
        what = {
            AuditAction.PROFILE_READ: _("提交核验的整份档案"),
            AuditAction.DOCUMENT_READ: _("申报认定所附的文件"),
            AuditAction.DOSSIER_READ_REFUSED: _("没有给出任何资料"),
        }.get(row.action, "—")
    ground = row.reason
    if row.purpose is not None:
        ground = _("您的授权第 %(n)s 版：%(purpose)s", n=row.version, purpose=label(row.purpose))
    return what, ground or _("链办、联席办履职查阅")


def _filters() -> lists.ReceiptFilters:
    asked = _asked()
    until = _midnight(asked["until"])
    return lists.ReceiptFilters(
        who=asked["q"], action=asked["action"], since=_midnight(asked["since"]),
        until=until + timedelta(days=1) if until else None,
    )  # fmt: skip


def _asked() -> dict[str, str]:
    """What was asked for; what makes no sense is left out."""
    values = {name: request.args.get(name, "").strip()[:80] for name in _NAMES}
    values["action"] = values["action"] if values["action"] in set(READINGS) else ""
    return values


def _midnight(text: str) -> datetime | None:
    """The beginning of a day in Shanghai; None if the text is no day."""
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time.min, SHANGHAI)
    except ValueError:
        return None


def _paper(rows: list[lists.Receipt]) -> Paper:
    actor = current_actor()
    return Paper(
        title=_("谁看过我的资料"), subtitle=actor.organization_name,
        facts=((_("导出人"), actor.name), (_("导出时间"), moment(datetime.now(SHANGHAI))), (_("条数"), str(len(rows)))),
        sections=(
            Section(
                _("查阅记录"),
                (
                    Column(_("记录号"), Kind.CODE), Column(_("时间"), width=3), Column(_("查阅人"), width=2),
                    Column(_("角色"), width=2), Column(_("单位"), width=4), Column(_("操作"), width=3),
                    Column(_("看了什么"), width=6), Column(_("依据或理由"), width=4), Column(_("回执号"), Kind.CODE),
                ),
                [
                    (
                        str(row.number), moment(row.at), row.reader, label(row.role), row.organization,
                        action_words(row.action, ""), *_words(row), row.receipt,
                    )
                    for row in rows
                ],
                is_list=True,
            ),
        ),
        file_name=f"receipts-{today().isoformat()}",
    )  # fmt: skip
