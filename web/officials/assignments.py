"""Who is sent to which lender: the runs of the office, one proposal in numbers and lines, adopting and dropping."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import assignments as lists
from access.permissions import Permission
from vocabulary.lifecycles import AssignmentStatus
from vocabulary.planning import BOOKING_WEEKS, AdoptionOutcome, LimitKind, UnservedCause
from web.common import explanations
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from workflows import assignments
from workflows.assignment_run import MOST_OPTIONS, AssignmentSettings
from workflows.calendar import today

blueprint = Blueprint("officials_assignments", __name__, url_prefix="/assignments")
_FINE = (AdoptionOutcome.OPENED, AdoptionOutcome.ALREADY)


@blueprint.route("/", methods=["GET", "POST"])
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    """The proposals so far; a POST lets the assignment be run anew."""
    if request.method == "POST":
        settings = AssignmentSettings(
            options=_chosen("options", MOST_OPTIONS, 1), weeks=_chosen("weeks", BOOKING_WEEKS, BOOKING_WEEKS)
        )
        job = assignments.ask(db(), current_actor(), settings)
        return redirect(url_for("progress.show", public_id=job.public_id), 303)
    number = requested_page()
    lines, total = lists.proposals(db(), current_actor(), page=number, size=SIZE)
    return render_template(
        "officials/assignments/index.html",
        page=Page(lines, number, total),
        options=range(1, MOST_OPTIONS + 1),
        weeks=range(1, BOOKING_WEEKS + 1),
        n_weeks=BOOKING_WEEKS,
    )


def _chosen(name: str, most: int, default: int) -> int:
    number = request.form.get(name, default, type=int)
    return min(max(1, number or default), most)


@blueprint.get("/<public_id>")
@requires(Permission.DECIDE_PAIRINGS)
def show(public_id: str) -> ResponseReturnValue:
    """One proposal beside lists by score and first-come, the price of limits, its lines and those left without."""
    found = lists.proposal(db(), current_actor(), public_id)
    is_served = request.args.get("left") != "1"
    number = requested_page()
    rows, total = lists.rows(db(), found, is_served=is_served, page=number, size=SIZE)
    is_pending = found.status is AssignmentStatus.PENDING
    changed = _changed(found) if is_pending else {}
    return render_template(
        "officials/assignments/show.html",
        found=found,
        line=lists.line_of(db(), found),
        figures=found.figures,
        ways=[(_way(name), found.figures["ways"][name]) for name in ("plan", "by_score", "first_come")],
        banks=lists.bank_loads(db(), found.figures),
        prices=[price_words(price) for price in lists.price_lines(db(), found.figures)],
        page=Page(rows, number, total),
        is_served=is_served,
        is_pending=is_pending,
        changed=changed,
        outcomes=lists.outcome_counts(db(), found),
        causes=lists.causes(db(), found),
        cause_words=cause_words,
        empty_words=_empty_words(found.figures, lists.causes(db(), found)),
    )


def _changed(found: Any) -> dict[int, AdoptionOutcome]:
    """Lines that would not be opened as proposed, by row id."""
    expected = assignments.outcomes(db(), lists.served_rows(db(), found), on=today())
    return {row_id: outcome for row_id, outcome in expected.items() if outcome is not AdoptionOutcome.OPENED}


def _way(name: str) -> str:
    return {"plan": _("统筹分配"), "by_score": _("各选最高分（不看名额）"), "first_come": _("先到先得")}[name]


def price_words(price: Any) -> str:
    """What one more place would bring, in a sentence."""
    if price.kind is LimitKind.GROUP:
        more = _("%(name)s（名额 %(n)s，用 %(used)s）多走访 1 家", name=price.name, n=price.limit, used=price.used)
    else:
        more = _("%(name)s（名额 %(n)s，用 %(used)s）多受理 1 家", name=price.name, n=price.limit, used=price.used)
    if price.served:
        return _("%(more)s：可多为 1 家企业找到银行。", more=more)
    return _("%(more)s：匹配度合计可增加 %(points)s 分。", more=more, points=f"{price.value * 100:.1f}")


def cause_words(row: Any) -> str:
    """Why a need is sent to no lender."""
    if row.cause is UnservedCause.NO_ELIGIBLE and row.closed_gate:
        gate = label(row.closed_gate, "GateCode")
        return _("没有符合条件的产品，最常卡在：%(gate)s", gate=gate)
    return label(row.cause)


def _empty_words(figures: dict[str, Any], causes: dict[UnservedCause, int]) -> str:
    """Why a proposal holds no pair at all."""
    if not figures["needs"]:
        return _("目前没有待对接的融资需求；已由银行受理的不再分配。")
    if not figures["products"]:
        return _("目前没有发布中的贷款产品。")
    if UnservedCause.FULL in causes:
        return _("符合条件的银行都已暂停受理，或名额、额度都已用完。")
    return _("没有一项融资需求符合任何产品的条件。")


@blueprint.get("/<public_id>/rows/<row_id>")
@requires(Permission.DECIDE_PAIRINGS)
def reasons(public_id: str, row_id: str) -> ResponseReturnValue:
    """Why the pair of one line was recommended."""
    found = lists.proposal(db(), current_actor(), public_id)
    line, recommendation = lists.row_with_reasons(db(), found, row_id)
    gates = recommendation.gates if recommendation else []
    return render_template(
        "officials/assignments/reasons.html",
        found=found,
        line=line,
        recommendation=recommendation,
        bars=explanations.bars(recommendation.contributions) if recommendation else [],
        gates=explanations.ordered_gates(gates, recommendation.market) if recommendation else [],
        n_open=explanations.n_open(gates),
    )


@blueprint.post("/<public_id>/adopt")
@requires(Permission.DECIDE_PAIRINGS)
def adopt(public_id: str) -> ResponseReturnValue:
    """Put the pairs before the office, each as far as it still holds."""
    found = lists.proposal(db(), current_actor(), public_id)
    counts = assignments.adopt(db(), current_actor(), found, on=today())
    n_other = sum(count for outcome, count in counts.items() if outcome not in _FINE)
    flash(_("已采用：%(n)s 对提交审定。", n=counts[AdoptionOutcome.OPENED]), "success")
    if n_other:
        flash(_("%(n)s 对情况已有变化，没有提交，逐条写明了原因。", n=n_other), "warning")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/drop")
@requires(Permission.DECIDE_PAIRINGS)
def drop(public_id: str) -> ResponseReturnValue:
    """Put the proposal aside."""
    found = lists.proposal(db(), current_actor(), public_id)
    assignments.drop(db(), current_actor(), found, note=request.form.get("note", "").strip())
    flash(_("已放弃这个方案，内容仍可查看。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)
