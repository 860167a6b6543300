"""Titles of firms before their office, and the size classes that firms claim beside those that are computed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from access.lists import recognitions as lists
from access.lists.sizes import SizeLine, size_comparison
from access.permissions import Permission
from access.reasons import may_read_confidential, stated_reason
from access.ties import recusal
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import RecognitionStatus
from vocabulary.recognitions import EXPIRES_SOON_DAYS, RecognitionKind, RecognitionState
from vocabulary.size_class import SizeMatch
from web.common.database import db
from web.common.documents import stored_document
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.receipts import leave_receipt
from web.common.recognition_forms import EnterRecognitionForm, show_problems
from web.common.size_words import size_reason, size_words
from workflows import recognitions
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("officials_recognitions", __name__, url_prefix="/recognitions")
_S = RecognitionState
_REASON = _l("请写明原因。")


class DecideForm(Form):
    ground = TextAreaField(
        _l("核对依据或不通过的原因"), [DataRequired(_l("请写明核对了什么。")), Length(max=500)], render_kw={"rows": 2},
        description=_l("如：与省工信厅公布的名单核对，第 12 号"),
    )  # fmt: skip


class RevokeForm(Form):
    reason = StringField(_l("撤销原因"), [DataRequired(_REASON), Length(max=500)])


@blueprint.get("/")
@requires(Permission.VERIFY_PROFILES)
def index() -> ResponseReturnValue:
    """Titles by state, what ends first above."""
    asked, kind = request.args.get("state", ""), request.args.get("kind", "")
    state = _S(asked) if asked in set(_S) else _S.WAITING
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    found = lists.recognitions(
        db(), current_actor(), on=today(), state=state, q=q,
        kind=RecognitionKind(kind) if kind in set(RecognitionKind) else None, page=number, size=SIZE,
    )  # fmt: skip
    return render_template(
        "officials/recognitions/index.html",
        page=Page(found.lines, number, found.total),
        by_state=found.by_state,
        states=list(_S),
        state=state,
        kinds=list(RecognitionKind),
        kind=kind,
        q=q,
        soon_days=EXPIRES_SOON_DAYS,
    )


@blueprint.get("/sizes")
@requires(Permission.VERIFY_PROFILES)
def sizes() -> ResponseReturnValue:
    """Claimed and computed size classes of the office's firms."""
    asked, number = request.args.get("match", ""), requested_page()
    match = SizeMatch(asked) if asked in set(SizeMatch) else SizeMatch.DIFFERS
    found = size_comparison(db(), current_actor(), match=match, page=number, size=SIZE)
    return render_template(
        "officials/recognitions/sizes.html",
        page=Page([_in_words(row) for row in found.lines], number, found.total),
        by_match=found.by_match,
        matches=list(SizeMatch),
        match=match,
    )


def _in_words(row: SizeLine) -> tuple[SizeLine, str, str]:
    return row, size_words(row.finding), size_reason(row.finding)


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def show(public_id: str) -> ResponseReturnValue:
    """One title: compare it with the published list, verify or refuse; revoke a verified one."""
    actor = current_actor()
    row, line = lists.recognition_to_check(db(), actor, public_id, on=today())
    form, revoking = DecideForm(), RevokeForm()
    step = request.form.get("step", "")
    is_revoking = step == "revoke"
    if (revoking if is_revoking else form).validate_on_submit():
        if is_revoking:
            recognitions.revoke(db(), actor, row, reason=revoking.reason.data or "")
        else:
            decide = recognitions.verify if step == "verify" else recognitions.refuse
            decide(db(), actor, row, ground=form.ground.data or "")
        flash(_("已处理：%(name)s。", name=line.firm), "success")
        return redirect(url_for(".index"), 303)
    page = render_template(
        "officials/recognitions/show.html",
        line=line,
        others=[other for other in lists.firm_recognitions(db(), actor, line.firm_id, on=today()) if other != line],
        form=form,
        revoking=revoking,
        is_waiting=row.status is RecognitionStatus.FILED,
        is_verified=row.status is RecognitionStatus.VERIFIED,
        recusal=recusal(db(), actor, (line.firm_id,), chain_id=line.chain_id),
    )
    return page, 422 if form.errors or revoking.errors else 200


@blueprint.route("/of-firm/<firm_id>/new", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def enter(firm_id: str) -> ResponseReturnValue:
    """Enter a title from a published list, verified at once."""
    actor = current_actor()
    firm = lists.firm_to_enter(db(), actor, firm_id)
    form = EnterRecognitionForm()
    if form.validate_on_submit():
        try:
            recognitions.enter(db(), actor, firm, form.facts(), ground=form.ground.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        except AlreadyExists:
            form.kind.errors = [_("企业自己申报的同类认定正等待核验，请先处理。")]
        else:
            flash(_("已登记并核验：%(name)s。", name=firm.legal_name), "success")
            return redirect(url_for(".index", state=_S.VALID), 303)
    page = render_template(
        "officials/recognitions/enter.html", form=form, firm=firm,
        recusal=recusal(db(), actor, (firm.id or 0,), chain_id=firm.chain_id),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.get("/<public_id>/document")
@requires(Permission.VERIFY_PROFILES)
def document(public_id: str) -> ResponseReturnValue:
    """What the firm handed in: for the joint office only with a stated reason; each download leaves its line."""
    actor = current_actor()
    found = lists.certificate_file(db(), actor, public_id)
    row, line = lists.recognition_to_check(db(), actor, public_id, on=today())
    if not may_read_confidential(db(), actor, line.firm_id):
        back = url_for(".show", public_id=public_id)
        return redirect(url_for("officials_reasons.state", firm_id=line.firm_public_id, next=back))
    stated = stated_reason(db(), actor, line.firm_id)
    leave_receipt(
        AuditAction.DOCUMENT_READ, subject_kind="recognition", subject_id=row.id or 0, firm_id=line.firm_id,
        chain_id=line.chain_id, reason=stated.text if stated else "",
    )  # fmt: skip
    return stored_document(found, public_id)
