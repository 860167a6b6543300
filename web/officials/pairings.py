"""Pairings before an official: the queue, the review, the verdict, several at once."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, Length

from access import lookups, ties
from access.lists import approvals, joint_cases
from access.lists import capacity as capacity_lists
from access.lists import pairings as lists
from access.permissions import Permission
from vocabulary.classifications import FIRM_SIDE, Market, Side, VerdictReason
from vocabulary.lifecycles import DECIDABLE_PAIRING, RELEASED_PAIRING, PairingStatus
from vocabulary.money import FEN_PER_WAN
from web.common import explanations, recommended
from web.common.audit_words import action_words
from web.common.capacity_words import booked_words, visit_words
from web.common.database import db
from web.common.fields import CodeField, Form
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from web.common.roadshow_words import obstacle_words
from web.officials.offered_reasons import offering
from workflows import bulk_verdicts, consents, next_lender, pairings, probabilities, verdicts
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.verdicts import Confirmation

blueprint = Blueprint("officials_pairings", __name__, url_prefix="/pairings")

VERDICTS = {
    "confirm": _l("同意推荐"),
    "return": _l("退回补正"),
    "hold": _l("暂缓"),
    "refuse": _l("不予推荐"),
}
_NEEDS_NOTE = ("return", "refuse")


class VerdictForm(Form):
    verdict = RadioField(_l("结论"), [DataRequired(_l("请选择结论。"))])
    reason = CodeField(_l("理由"), VerdictReason)
    note = TextAreaField(
        _l("说明"), [Length(max=1000)], description=_l("退回补正和不予推荐时必填，双方会看到"), render_kw={"rows": 3}
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.verdict.choices = list(VERDICTS.items())

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not self.reason.data:
            self.reason.errors = [_("请选择理由。")]
        if self.verdict.data in _NEEDS_NOTE and not (self.note.data or "").strip():
            self.note.errors = [_("请写明原因。")]
        return is_valid and not self.errors


class BulkForm(Form):
    reason = CodeField(_l("理由"), VerdictReason)


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    """The queue: mutual interest first, then the oldest."""
    asked, market = request.args.get("status", ""), request.args.get("market", "")
    status = PairingStatus(asked) if asked in set(PairingStatus) else None
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    found = lists.queue(
        db(),
        current_actor(),
        status=status,
        market=Market(market) if market in set(Market) else None,
        mutual_only=request.args.get("mutual") == "1",
        q=q,
        on=today(),
        page=number,
        size=SIZE,
    )
    return render_template(
        "officials/pairings/index.html",
        page=Page(found.items, number, found.total),
        counts=found.counts,
        n_due=sum(found.counts.get(due, 0) for due in DECIDABLE_PAIRING),
        statuses=[known for known in PairingStatus if found.counts.get(known)],
        status=status,
        market=market,
        markets=list(Market),
        mutual=request.args.get("mutual") == "1",
        q=q,
    )


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.DECIDE_PAIRINGS)
@fresh
def show(public_id: str) -> ResponseReturnValue:
    """One pairing with everything to weigh, and the verdict."""
    form = offering(VerdictForm())
    if request.method == "POST" and form.validate():
        pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
        try:
            message = _decide(pairing, form)
        except NotComplete as error:
            form.verdict.errors = [_refusal(error.problems)]
        else:
            flash(message, "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    found = lists.review(db(), current_actor(), public_id, on=today())
    recommendation, market = found.recommendation, found.pairing.market
    sides = (found.pairing.demand_organization_id, found.pairing.supply_organization_id)
    recusal = ties.recusal(db(), current_actor(), sides, chain_id=found.pairing.chain_id)
    gates = found.gates
    page = render_template(
        "officials/pairings/show.html",
        found=found,
        pairing=found.pairing,
        form=form,
        is_firm_demand=FIRM_SIDE[market] is Side.DEMAND,
        demand_rows=recommended.demand_rows(found.demand_terms, market),
        supply_rows=recommended.supply_rows(found.supply_terms, market),
        demand_party=recommended.party_rows(found.demand_party),
        supply_party=recommended.party_rows(found.supply_party),
        n_open=explanations.n_open(gates),
        bars=explanations.bars(recommendation.contributions) if recommendation else [],
        gates=explanations.ordered_gates(gates, market),
        changes=explanations.change_lines(recommendation.changes, gates) if recommendation else [],
        probability=None if found.is_blind or recommendation is None else probabilities.of(db(), recommendation),
        joint=joint_cases.cases_of(db(), current_actor(), found.pairing),
        action_words=action_words,
        approval=approvals.of_pairing(db(), current_actor(), found.pairing),
        is_due=found.pairing.status in DECIDABLE_PAIRING and not recusal,
        recusal=recusal,
        is_released=found.pairing.status in RELEASED_PAIRING,
        is_late=found.pairing.due_on is not None and found.pairing.due_on < today(),
        **_visit(found.pairing),
    )
    return page, 422 if form.errors else 200


def _visit(pairing: Any) -> dict[str, Any]:
    """The lender's visit in words, and the next lenders where it is not this week; empty on the supply market."""
    found = capacity_lists.outlook(db(), pairing, on=today())
    if found is None or not (found.is_booked or pairing.status in DECIDABLE_PAIRING):
        return {"visit_text": "", "next_lenders": []}
    if found.is_booked:
        return {"visit_text": booked_words(found.visit), "next_lenders": []}
    others = found.others if found.visit.bound else []
    return {
        "visit_text": visit_words(found.capacity, found.visit, found.amount_fen),
        "is_delayed": found.visit.bound is not None,
        "next_lenders": [(other, visit_words(other.capacity, other.visit, found.amount_fen)) for other in others],
    }


def _refusal(problems: dict[str, str]) -> str:
    if "postings" in problems:
        return _("需求或产品已暂停、到期或关闭，不能同意推荐。")
    if "consent" in problems:
        return _("企业尚未授权，不能同意推荐。可先请企业授权。")
    if "capacity" in problems:
        return _(
            "银行现在不能受理（%(why)s），不能同意推荐。可改推其他银行。",
            why=label(problems["capacity"], "CapacityBound"),
        )
    return _("请写明原因。")


def _decide(pairing: Any, form: VerdictForm) -> str:
    settings = current_app.config["SETTINGS"]
    session, actor = db(), current_actor()
    reason, note = VerdictReason(form.reason.data), (form.note.data or "").strip()
    match form.verdict.data:
        case "confirm":
            done = verdicts.confirm(
                session,
                actor,
                pairing,
                reason=reason,
                note=note,
                hold_minutes=settings.hold_minutes,
                second_official_above_fen=settings.second_official_above_wan * FEN_PER_WAN,
                releases_per_day=settings.releases_per_day,
            )
            if done is Confirmation.NEEDS_SECOND:
                return _("已记录您的同意；金额或当日数量超过限额，还需另一位官员在 7 天内同意。")
            return _("已同意推荐。%(n)s 分钟内可以撤回，之后通知双方。", n=settings.hold_minutes)
        case "return":
            verdicts.return_for_completion(session, actor, pairing, reason=reason, note=note)
            return _("已退回补正，双方会看到说明。")
        case "hold":
            verdicts.put_on_hold(session, actor, pairing, reason=reason, note=note)
            return _("已暂缓，仍在队列中。")
        case _:
            verdicts.refuse(session, actor, pairing, reason=reason, note=note)
            return _("已记录不予推荐，双方会看到原因。")


@blueprint.post("/<public_id>/take-back")
@requires(Permission.DECIDE_PAIRINGS)
def take_back(public_id: str) -> ResponseReturnValue:
    """Within the hold time: back to the queue, no mail has left."""
    pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
    verdicts.take_back(db(), current_actor(), pairing)
    flash(_("已撤回，没有任何通知发出。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/next-lender")
@requires(Permission.DECIDE_PAIRINGS)
def ask_next_lender(public_id: str) -> ResponseReturnValue:
    """The lender is full: put this pairing on hold and the need with another lender into the queue."""
    pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
    other = next_lender.ask_next_lender(
        db(), current_actor(), pairing, supply_public_id=request.form.get("supply_id", "")
    )
    flash(_("已改推这家银行，原对接暂缓。"), "success")
    return redirect(url_for(".show", public_id=other.public_id), 303)


@blueprint.post("/<public_id>/request-consent")
@requires(Permission.DECIDE_PAIRINGS)
def request_consent(public_id: str) -> ResponseReturnValue:
    pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
    consents.request(db(), current_actor(), pairing)
    flash(_("已请企业授权。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/revoke")
@requires(Permission.DECIDE_PAIRINGS)
def revoke(public_id: str) -> ResponseReturnValue:
    """End an introduced pairing; reading the dossier ends with it."""
    pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
    try:
        pairings.revoke(db(), current_actor(), pairing, note=request.form.get("note", "").strip())
    except NotComplete:
        flash(_("请写明撤销的原因。"), "warning")
    else:
        flash(_("已撤销。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/bulk/preview")
@requires(Permission.DECIDE_PAIRINGS)
def preview_bulk() -> ResponseReturnValue:
    """What a bulk verdict would do, naming those it would leave out."""
    ids = request.form.getlist("ids")
    if not ids:
        flash(_("请先勾选。"), "warning")
        return redirect(url_for(".index"), 303)
    return _preview_page(ids, offering(BulkForm(formdata=None)))


def _preview_page(ids: list[str], form: BulkForm) -> str:
    lines = bulk_verdicts.preview(db(), current_actor(), ids, second_official_above_fen=_second_above())
    return render_template(
        "officials/pairings/bulk.html",
        lines=[(line, obstacle_words(line.why)) for line in lines],
        n_eligible=sum(line.is_eligible for line in lines),
        form=form,
    )


def _second_above() -> int:
    return int(current_app.config["SETTINGS"].second_official_above_wan) * FEN_PER_WAN


@blueprint.post("/bulk/confirm")
@requires(Permission.DECIDE_PAIRINGS)
@fresh
def confirm_bulk() -> ResponseReturnValue:
    """Confirm the eligible ones; the page names who won elsewhere."""
    form, ids = offering(BulkForm()), request.form.getlist("ids")
    if not form.validate() or not form.reason.data:
        form.reason.errors = [_("请选择理由。")]
        return _preview_page(ids, form), 422
    result = bulk_verdicts.decide(
        db(),
        current_actor(),
        ids,
        reason=VerdictReason(form.reason.data),
        hold_minutes=current_app.config["SETTINGS"].hold_minutes,
        second_official_above_fen=_second_above(),
        releases_per_day=current_app.config["SETTINGS"].releases_per_day,
    )
    lines = bulk_verdicts.preview(db(), current_actor(), ids)
    names = {line.pairing.public_id: f"{line.firm_name} · {line.counterpart_name}" for line in lines}
    return render_template(
        "officials/pairings/bulk_done.html", result=result, names=names, obstacle_words=obstacle_words
    )
