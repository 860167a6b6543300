"""A proposed supplier group in words, and asking it: the same on the buyer's page and on the office's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash
from flask_babel import gettext as _

from web.common import explanations
from web.common.database import db
from web.common.filters import day, quantity
from web.common.identity import current_actor
from workflows import supplier_groups
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.supplier_groups import Member, Proposal


@dataclass(frozen=True)
class MemberLine:
    """One member of a proposed group: who, with which share, and why."""

    member: Member
    reasons: list[str]


def proposal_lines(proposal: Proposal | None) -> list[MemberLine]:
    return [] if proposal is None else [_line(member, proposal) for member in proposal.members]


def ask_group(demand: Any, fingerprint: str) -> None:
    """Ask the group that the reader saw, and say what came of it."""
    try:
        group = supplier_groups.ask(db(), current_actor(), demand, fingerprint=fingerprint, today=today())
    except NotComplete as error:
        if error.problems.get("group") == "changed":
            flash(_("供应商的产能或资料刚刚有变化，方案已重新计算，请看过再征询。"), "warning")
        else:
            flash(_("目前没有可以征询的方案。"), "warning")
    except AlreadyExists:
        flash(_("刚刚已有人就这项需求发出征询。"), "warning")
    else:
        flash(_("已逐家征询，请各供应商在 %(day)s 前答复。", day=day(group.expires_on)), "success")


def _line(member: Member, proposal: Proposal) -> MemberLine:
    free = _("可供 %(quantity)s", quantity=quantity(member.free_milli, proposal.unit))
    reasons = [free, *explanations.reasons(member.contributions)]
    if member.lead_time_days is not None:
        ready = today() + timedelta(days=member.lead_time_days)
        reasons.insert(1, _("最早 %(day)s 可交货", day=day(ready)))
    return MemberLine(member, reasons)
