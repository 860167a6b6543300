"""Cases of the own organization: steps, contacts, the released dossier."""

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from access import lookups
from access.lists import case_progress as progress
from access.lists import cases as lists
from access.lists import joint_cases
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import COUNTERPART_REASONS, FIRM_SIDE, ORDER_STEPS, Market
from vocabulary.lifecycles import PAIRING, OrderStatus, PairingStatus
from vocabulary.units import Unit
from web.common.audit_words import action_words
from web.common.capacity_words import booked_words
from web.common.database import db
from web.common.documents import DOCUMENT_POLICY
from web.common.fields import CodeField, Form, MoneyField, QuantityField
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from web.common.recommended import row
from web.common.refusal_words import advice
from web.common.step_words import problem_words
from web.common.uploads import MAX_MB, attributes, received
from workflows import cases, file_content, files, pairings, refusals
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.reference_data import offered

blueprint = Blueprint("cases", __name__, url_prefix="/cases")


class CorrectionForm(Form):
    """The values of a step."""

    happened_on = DateField(_l("日期"), [InputRequired(_l("请填写日期。"))])
    amount_fen = MoneyField(_l("金额"))
    quantity_milli = QuantityField(_l("数量"))
    unit = CodeField(_l("计量单位"), Unit)
    note = TextAreaField(_l("说明"), [Length(max=1000)], render_kw={"rows": 2})
    next_step_due_on = DateField(_l("下一步最迟"), [Optional()], description=_l("不填则按规定的工作日计算"))
    documents = MultipleFileField(
        _l("证明材料"),
        description=_l(
            "PDF、Word、Excel、PNG 或 JPEG，每个不超过 %(n)s MB，最多 %(most)s 个", n=MAX_MB, most=files.MAX_FILES
        ),
        render_kw=attributes(),
    )

    def uploads(self) -> list[files.Upload]:
        return received(self.documents.data or ())

    def ask_for_documents_again(self) -> None:
        """A browser empties the field of a page that comes back; whoever chose files is told so."""
        if any(file and file.filename for file in self.documents.data or ()):
            self.documents.errors = [*self.documents.errors, _("请重新选择文件，其余内容都还在。")]

    def terms(self) -> dict[str, Any]:
        names = ("happened_on", "amount_fen", "quantity_milli", "unit", "next_step_due_on")
        return {name: self[name].data for name in names} | {"note": (self.note.data or "").strip()}

    def refuse(self, problems: dict[str, str]) -> None:
        """Show each problem beside its field."""
        for name, code in problems.items():
            self._fields.get(name, self.happened_on).errors = [problem_words(code)]


class StepForm(CorrectionForm):
    kind = SelectField(_l("步骤"))
    skipped_reason = StringField(_l("跳过前面步骤的原因"), [Length(max=300)], description=_l("只在跳过时填写"))

    def for_market(self, kinds: tuple[Any, ...]) -> "StepForm":
        self.kind.choices = [(kind.value, label(kind)) for kind in kinds]
        return self

    def for_next(self, found: lists.Case) -> "StepForm":
        """An empty form with the step that comes next chosen."""
        reached = [found.kinds.index(step.kind) for step in found.progress.steps if step.counts]
        self.kind.data = found.kinds[min(max(reached, default=-1) + 1, len(found.kinds) - 1)].value
        return self.for_market(found.kinds)


class WithdrawStepForm(CorrectionForm):
    is_void = BooleanField(_l("这一步没有发生，作废"))


@blueprint.get("/")
@requires(Permission.HAVE_ACCOUNT)
def index() -> ResponseReturnValue:
    asked = request.args.get("status", "")
    status = PairingStatus(asked) if asked in set(PairingStatus) else None
    number = requested_page()
    q = request.args.get("q", "").strip()[:80]
    lines, total, counts = lists.own_cases(
        db(), current_actor(), on=today(), status=status, q=q, page=number, size=SIZE
    )
    return render_template(
        "cases/index.html",
        page=Page(lines, number, total),
        counts=counts,
        statuses=[known for known in PairingStatus if counts.get(known)],
        status=status,
        q=q,
    )


@blueprint.get("/<public_id>")
@requires(Permission.HAVE_ACCOUNT)
def detail(public_id: str) -> ResponseReturnValue:
    return _case_page(public_id, None)


def _case_page(public_id: str, form: StepForm | None, *, lacks_reason: bool = False) -> str:
    if form is not None:
        form.ask_for_documents_again()
    found = lists.case(db(), current_actor(), public_id, on=today())
    orders = joint_cases.orders_of(db(), found.pairing)
    may_record = not found.is_firm and found.is_released
    return render_template(
        "cases/detail.html",
        found=found,
        line=found.line,
        form=form or StepForm(formdata=None).for_next(found),
        contact_rows=[(label(name), text) for name, text in found.firm_contact.items()],
        has_amounts=found.pairing.market is Market.FINANCE,
        visit_text=booked_words(found.visit) if found.visit else "",
        may_record=may_record,
        orders=orders,
        joint=joint_cases.cases_of(db(), current_actor(), found.pairing),
        to_confirm=_to_confirm(found, orders) if may_record else set(),
        may_withdraw=PAIRING.allows(found.pairing.status, PairingStatus.WITHDRAWN),
        reasons=offered(db(), COUNTERPART_REASONS[found.pairing.market]),
        lacks_reason=lacks_reason,
        typed=request.form if lacks_reason else {},
        advice=advice(found.refusal.reason, found.pairing.market, found.firm_posting_public_id)
        if found.refusal
        else None,
        offers=[row(line, found.pairing.market, FIRM_SIDE[found.pairing.market]) for line in found.next_best],
        action_words=action_words,
        may_hand_over=may(current_actor(), Permission.MANAGE_COLLEAGUES),
    )


def _to_confirm(found: lists.Case, orders: list[joint_cases.OrderLine]) -> set[str]:
    """Steps that the buyer may confirm as orders."""
    confirmed = {order.step_public_id for order in orders if order.status is OrderStatus.CONFIRMED}
    return {
        step.public_id
        for step in found.progress.steps
        if step.kind in ORDER_STEPS and step.amount_fen and step.counts and step.public_id not in confirmed
    }


@blueprint.post("/<public_id>/steps")
@requires(Permission.RECORD_CASE_STEPS)
def record_step(public_id: str) -> ResponseReturnValue:
    """A new step up the ladder."""
    found = lists.case(db(), current_actor(), public_id, on=today())
    form = StepForm().for_market(found.kinds)
    if form.validate():
        try:
            cases.record_step(
                db(),
                current_actor(),
                found.pairing,
                kind=next(kind for kind in found.kinds if kind.value == form.kind.data),
                skipped_reason=form.skipped_reason.data or "",
                documents=form.uploads(),
                **form.terms(),
            )
        except NotComplete as error:
            form.refuse(error.problems)
        else:
            flash(_("已记录。"), "success")
            return redirect(url_for(".detail", public_id=public_id), 303)
    return _case_page(public_id, form), 422


@blueprint.route("/<public_id>/steps/<step_id>", methods=["GET", "POST"])
@requires(Permission.RECORD_CASE_STEPS)
def correct_step(public_id: str, step_id: str) -> ResponseReturnValue:
    """A correction is a new version; the old one stays, struck through."""
    found = lists.case(db(), current_actor(), public_id, on=today())
    step = lists.step_to_correct(db(), current_actor(), found.pairing, step_id)
    form, dropped = WithdrawStepForm(obj=step), request.form.getlist("dropped")
    if form.validate_on_submit():
        try:
            cases.correct_step(
                db(),
                current_actor(),
                step,
                is_void=bool(form.is_void.data),
                documents=form.uploads(),
                dropped=dropped,
                **form.terms(),
            )
        except NotComplete as error:
            form.refuse(error.problems)
        except AlreadyExists:
            flash(_("这一步已被更正过，请更正最新的一条。"), "warning")
            return redirect(url_for(".detail", public_id=public_id), 303)
        else:
            flash(_("已更正，原记录保留。"), "success")
            return redirect(url_for(".detail", public_id=public_id), 303)
    has_errors = bool(form.errors)
    form.ask_for_documents_again()
    documents = next(line.documents for line in found.progress.steps if line.public_id == step_id)
    page = render_template(
        "cases/correct.html", found=found, step=step, form=form, documents=documents, dropped=dropped
    )
    return page, 422 if has_errors else 200


@blueprint.get("/documents/<file_id>")
@requires(Permission.HAVE_ACCOUNT)
def document(file_id: str) -> ResponseReturnValue:
    """A document of a step, to be saved and never shown inside our pages; under a name of our own."""
    found = progress.document(db(), current_actor(), file_id)
    name = f"{label(found.kind)}-{found.happened_on}-{file_id}.{file_content.EXTENSIONS[found.line.media_type]}"
    response = send_file(BytesIO(found.content), mimetype=found.line.media_type, as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    return response


@blueprint.post("/<public_id>/take-charge")
@requires(Permission.RECORD_CASE_STEPS)
def take_charge(public_id: str) -> ResponseReturnValue:
    """The reader is named to the firm as the one who will call."""
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    pairings.take_charge(db(), current_actor(), pairing)
    flash(_("企业会看到由您联系。"), "success")
    return redirect(url_for(".detail", public_id=public_id), 303)


@blueprint.post("/<public_id>/decline")
@requires(Permission.RECORD_CASE_STEPS)
def decline(public_id: str) -> ResponseReturnValue:
    """The case ends with a code of its market; without one the page says so beside the field and keeps the notes."""
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    try:
        refusals.decline_case(
            db(),
            current_actor(),
            pairing,
            reason=request.form.get("reason", ""),
            message=request.form.get("message", ""),
            note=request.form.get("note", "")[:500],
            today=today(),
        )
    except NotComplete:
        return _case_page(public_id, None, lacks_reason=True), 422
    flash(_("已婉拒，案件结束。"), "success")
    return redirect(url_for(".detail", public_id=public_id), 303)


@blueprint.post("/<public_id>/ask-next")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def ask_next(public_id: str) -> ResponseReturnValue:
    """The firm's own click, and nothing before it, lets the next counterpart be asked."""
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    recommendation_id = request.form.get("recommendation", "")
    opened = refusals.ask_next(db(), current_actor(), pairing, recommendation_public_id=recommendation_id)
    flash(_("意向已记录，并提交链办审定。"), "success")
    return redirect(url_for(".detail", public_id=opened.public_id), 303)


@blueprint.post("/<public_id>/resubmit")
@requires(Permission.HAVE_ACCOUNT)
def resubmit(public_id: str) -> ResponseReturnValue:
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    pairings.resubmit(db(), current_actor(), pairing, note=request.form.get("note", "")[:500])
    flash(_("已重新提交链办。"), "success")
    return redirect(url_for(".detail", public_id=public_id), 303)


@blueprint.post("/<public_id>/withdraw")
@requires(Permission.HAVE_ACCOUNT)
def withdraw(public_id: str) -> ResponseReturnValue:
    pairing = lookups.own_pairing(db(), current_actor(), public_id)
    pairings.withdraw(db(), current_actor(), pairing, note=request.form.get("note", "")[:500])
    flash(_("已撤回。"), "success")
    return redirect(url_for(".index"), 303)
