"""Submitted profiles before an official."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import profiles as lists
from access.lists.recognitions import firm_recognitions
from access.permissions import Permission
from access.reasons import may_read_confidential, must_state_reason, require_reason, stated_reason
from access.sizes import size_of_values
from access.ties import recusal
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import SizeClass
from vocabulary.lifecycles import SubmissionStatus
from vocabulary.profile_fields import BY_NAME, Section, Visibility, of_section
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from web.common.profile_values import named, names_for, value_text
from web.common.receipts import leave_receipt
from web.common.size_words import size_note
from workflows import profiles
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("officials_profiles", __name__, url_prefix="/profiles")


@blueprint.get("/")
@requires(Permission.VERIFY_PROFILES)
def index() -> ResponseReturnValue:
    asked = request.args.get("status", "")
    status = SubmissionStatus(asked) if asked in set(SubmissionStatus) else SubmissionStatus.SUBMITTED
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    found = lists.queue(db(), current_actor(), status=status, q=q, page=number, size=SIZE)
    return render_template(
        "officials/profiles/index.html",
        page=Page(found.items, number, found.total),
        counts=found.counts,
        statuses=list(SubmissionStatus),
        status=status,
        q=q,
    )


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def show(public_id: str) -> ResponseReturnValue:
    """Submitted values beside the last verified ones; verify, or return with notes per section."""
    actor = current_actor()
    submission, firm = lists.submission_to_check(db(), actor, public_id)
    notes = {section: request.form.get(f"note_{section.value}", "") for section in Section}
    error = ""
    firm_id = firm.id or 0
    stated = stated_reason(db(), actor, firm_id) if must_state_reason(actor) else None
    is_open = may_read_confidential(db(), actor, firm_id)
    if request.method == "POST":
        require_reason(db(), actor, firm_id)
        try:
            if request.form.get("step") == "verify":
                profiles.verify(db(), actor, submission)
                flash(_("已核验：%(name)s。", name=firm.legal_name), "success")
            else:
                profiles.return_with_notes(db(), actor, submission, notes)
                flash(_("已退回：%(name)s。", name=firm.legal_name), "success")
        except NotComplete:
            error = _("请至少在一个部分写明要补正什么。")
        else:
            return redirect(url_for(".index"), 303)
    if is_open:
        leave_receipt(
            AuditAction.PROFILE_READ, subject_kind="profile_submission", subject_id=submission.id or 0,
            firm_id=firm_id, chain_id=firm.chain_id, reason=stated.text if stated else "",
        )  # fmt: skip
    chains, links = named(lists.chain_choices(db())), named(lists.link_choices(db()))
    before = lists.profile_of(db(), submission)
    has_before = before is not None and before.verified_at is not None
    old = profiles.stored({name: getattr(before, name) for name in BY_NAME}) if has_before else {}
    sections = []
    for section in Section:
        rows = []
        for field in of_section(section):
            if not is_open and field.visibility is not Visibility.PUBLIC:
                continue
            name, names = field.name, names_for(field.name, chains, links)
            new_text = value_text(name, submission.values.get(name), names)
            old_text = value_text(name, old.get(name), names)
            rows.append((label(name), new_text, old_text, has_before and new_text != old_text))
        if rows:
            sections.append((section, rows))
    claimed = submission.values.get("size_class")
    page = render_template(
        "officials/profiles/show.html",
        submission=submission,
        firm=firm,
        sections=sections,
        n_changed=sum(is_changed for _section, rows in sections for *_texts, is_changed in rows),
        has_before=has_before,
        findings=profiles.open_findings(submission.values) if is_open else [],
        size=size_note(SizeClass(claimed) if claimed else None, size_of_values(submission.values)),
        is_open=is_open,
        stated=stated,
        titles=firm_recognitions(db(), actor, submission.organization_id, on=today()),
        claimed_tier=submission.values.get("tier"),
        notes=notes,
        error=error,
        recusal=recusal(db(), actor, (submission.organization_id,), chain_id=submission.chain_id),
    )
    return page, 422 if error else 200
