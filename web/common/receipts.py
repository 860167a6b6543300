"""The line in the ledger that a page leaves which shows what is confidential to somebody who does not own it."""

from flask import request

from vocabulary.audit_actions import AuditAction
from web.common.database import db, engine
from web.common.identity import current_actor
from workflows.audit import receipt, record


def leave_receipt(
    action: AuditAction,
    *,
    subject_kind: str,
    subject_id: int,
    firm_id: int,
    chain_id: int | None = None,
    reason: str = "",
) -> None:
    """Call this before the page is made. Reading by GET has a transaction of its own, which commits first: without
    the line there is no page. A form that is shown again writes the line with the rest of its request.
    """
    actor = current_actor()
    if request.method == "GET":
        receipt(
            engine(), actor, action, subject_kind=subject_kind, subject_id=subject_id, firm_id=firm_id,
            chain_id=chain_id, reason=reason,
        )  # fmt: skip
        return
    record(
        db(), actor, action, subject_kind=subject_kind, subject_id=subject_id, visible_to_organization_id=firm_id,
        chain_id=chain_id, reason=reason,
    )  # fmt: skip
