"""The ledger of who did what, when: searched on the page, taken away as a spreadsheet."""

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import ledger
from access.permissions import Permission
from vocabulary.audit_actions import ACTIONS, AuditAction
from web.common.audit_words import NOUNS, action_words, noun_words
from web.common.database import db
from web.common.days import asked_days
from web.common.filters import SHANGHAI, moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import Column, Kind, Paper, Section, attachment
from web.common.spreadsheets import XLSX, spreadsheet
from workflows import ledger_export
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("officials_ledger", __name__, url_prefix="/ledger")


@blueprint.get("/")
@requires(Permission.READ_LEDGER)
def index() -> ResponseReturnValue:
    number = requested_page()
    rows, total = ledger.events(db(), current_actor(), _filters(), page=number, size=SIZE)
    return render_template(
        "officials/ledger/index.html",
        page=Page(rows, number, total),
        organizations=ledger.organization_names(db(), rows),
        nouns=[(code, noun_words(code)) for code in NOUNS],
        actions=[(action.value, action_words(action, "")) for action in AuditAction],
        action_words=action_words,
        noun_words=noun_words,
        asked=_asked(),
    )


@blueprint.post("/export")
@requires(Permission.READ_LEDGER)
def export() -> ResponseReturnValue:
    """The rows found, as a spreadsheet. A POST, since the ledger records who took it away."""
    try:
        rows = ledger_export.export(db(), current_actor(), _filters())
    except NotComplete:
        flash(_("一次最多导出 %(n)s 条，请缩小范围。", n=ledger_export.MAX_ROWS), "warning")
        return redirect(url_for(".index"), 303)
    paper = _paper(rows)
    return attachment(spreadsheet(paper), f"{paper.file_name}.xlsx", XLSX)


def _filters() -> ledger.LedgerFilters:
    """What was asked for; what makes no sense is left out."""
    asked = _asked()
    since, until = asked_days(asked)
    return ledger.LedgerFilters(
        who=asked["q"], noun=asked["noun"], action=asked["action"],
        subject_id=int(asked["subject"]) if asked["subject"] else None,
        since=since, until=until,
    )  # fmt: skip


def _asked() -> dict[str, str]:
    values = {name: request.values.get(name, "").strip()[:80] for name in _NAMES}
    values["noun"] = values["noun"] if values["noun"] in NOUNS else ""
    values["action"] = values["action"] if values["action"] in ACTIONS else ""
    is_number = values["subject"].isascii() and values["subject"].isdigit() and len(values["subject"]) < _DIGITS
    values["subject"] = values["subject"] if is_number else ""
    return values


_NAMES = ("q", "noun", "action", "subject", "since", "until")
_DIGITS = 10


def _paper(rows: list[Any]) -> Paper:
    names = ledger.organization_names(db(), rows)
    actor = current_actor()
    return Paper(
        title=_("操作留痕"), subtitle=actor.organization_name,
        facts=(
            (_("导出人"), actor.name), (_("导出时间"), moment(datetime.now(SHANGHAI))), (_("条数"), str(len(rows))),
        ),
        sections=(
            Section(
                _("操作留痕"),
                (
                    Column(_("记录号"), Kind.CODE), Column(_("时间"), width=3), Column(_("人员")),
                    Column(_("操作人单位"), width=4), Column(_("操作"), width=3), Column(_("对象")),
                    Column(_("对象编号"), Kind.CODE), Column(_("变更前"), width=3), Column(_("变更后"), width=3),
                    Column(_("原因"), width=4), Column(_("校验值"), Kind.CODE, width=6),
                ),
                [
                    (
                        str(row.id), moment(row.occurred_at), row.actor_name,
                        names.get(row.actor_organization_id, ""), action_words(row.action, row.subject_kind),
                        noun_words(row.subject_kind), str(row.subject_id), _json(row.old), _json(row.new),
                        row.reason, row.hash,
                    )
                    for row in rows
                ],
                is_list=True,
            ),
        ),
        file_name=f"ledger-{today().isoformat()}",
    )  # fmt: skip


def _json(value: dict[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
