"""谁看过我的资料: every reading of the firm's confidential data by somebody else, newest first."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import receipts as lists
from access.permissions import Permission
from vocabulary.audit_actions import READINGS, AuditAction
from vocabulary.recognitions import RecognitionKind
from web.common.audit_words import action_words
from web.common.database import db
from web.common.days import asked_days
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page

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
    )


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
    since, until = asked_days(asked)
    return lists.ReceiptFilters(who=asked["q"], action=asked["action"], since=since, until=until)


def _asked() -> dict[str, str]:
    """What was asked for; what makes no sense is left out."""
    values = {name: request.args.get(name, "").strip()[:80] for name in _NAMES}
    values["action"] = values["action"] if values["action"] in set(READINGS) else ""
    return values
