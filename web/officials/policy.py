"""The policy sandbox: scenarios, a new one, its result firm by firm and pair by pair, publishing and dropping."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import policy as lists
from access.lists.jobs import latest_about
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import Market, Tier
from vocabulary.jobs import LIVE_JOB, JobKind, JobStatus
from vocabulary.lifecycles import POLICY_SCENARIO
from vocabulary.policy import TOP_RANKS, PolicyChange, PolicyGroup, PolicyRule, PolicyStatus
from web.common import explanations
from web.common.database import db
from web.common.filters import MISSING, band, region
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.languages import language
from web.common.pagination import SIZE, Page, requested_page
from web.common.policy_words import problem_words, term_lines, value_words
from web.common.progress import over
from web.officials import policy_forms as forms
from workflows import policy_scenarios
from workflows.errors import NotComplete

blueprint = Blueprint("officials_policy", __name__, url_prefix="/policy")


@blueprint.get("/")
@requires(Permission.READ_POLICIES)
def index() -> ResponseReturnValue:
    """The scenarios, and the versions of the weights that came of them."""
    actor, number = current_actor(), requested_page()
    wanted = request.args.get("status", "")
    status = PolicyStatus(wanted) if wanted in set(PolicyStatus) else None
    lines, total, counts = lists.scenarios(db(), actor, status=status, page=number, size=SIZE)
    return render_template(
        "officials/policy/index.html",
        page=Page(lines, number, total),
        counts=counts,
        n_all=sum(counts.values()),
        status=status,
        statuses=list(PolicyStatus),
        versions=lists.weights_versions(db(), actor),
        rules=list(PolicyRule)[1:],
        may_run=may(actor, Permission.RUN_POLICIES),
        change_words=_change_words,
    )


@blueprint.route("/new/<rule>", methods=["GET", "POST"])
@requires(Permission.RUN_POLICIES)
def new(rule: str) -> ResponseReturnValue:
    """A scenario of one limit of loan products: present values beside the new one."""
    if rule not in set(PolicyRule) or rule == PolicyRule.WEIGHTS:
        abort(404)
    wanted = PolicyRule(rule)
    form: Any = forms.terms_form(wanted, policy_scenarios.bank_choices(db()), lists.products_of_scope(db()))
    if form.validate_on_submit() and (answer := _created(form, lambda: form.values_for(wanted))):
        return answer
    present = [(value_words(wanted, value), n) for value, n in policy_scenarios.present_values(db(), wanted)]
    page = render_template("officials/policy/new.html", form=form, rule=wanted, present=present)
    return page, 422 if form.errors else 200


@blueprint.route("/new-weights/<market>", methods=["GET", "POST"])
@requires(Permission.RUN_POLICIES)
def new_weights(market: str) -> ResponseReturnValue:
    """A scenario of the weights of one market."""
    if market not in set(Market):
        abort(404)
    present = policy_scenarios.present_weights(db(), Market(market))
    form = forms.weights_form(present)
    if form.validate_on_submit() and (
        answer := _created(form, lambda: forms.weight_values(form, Market(market), present))
    ):
        return answer
    page = render_template(
        "officials/policy/new_weights.html",
        form=form,
        fields=[(form._fields[forms.WEIGHT + code], round(weight * 100)) for code, weight in present.items()],
        total=round(sum(present.values()) * 100),
        market=Market(market),
    )
    return page, 422 if form.errors else 200


def _created(form: Any, values: Any) -> ResponseReturnValue | None:
    try:
        scenario = policy_scenarios.create(db(), current_actor(), values())
    except NotComplete as refused:
        forms.show_problems(form, refused)
        return None
    flash(_("方案已保存，尚未影响任何推荐。请测算。"), "success")
    return redirect(url_for(".show", public_id=scenario.public_id), 303)


@blueprint.get("/<public_id>")
@requires(Permission.READ_POLICIES)
def show(public_id: str) -> ResponseReturnValue:
    """One scenario with its result; every figure opens exactly the firms or pairs it counts."""
    actor, number = current_actor(), requested_page()
    line = lists.line(db(), actor, public_id)
    found, wanted = line.scenario, _filter()
    job = latest_about(db(), JobKind.POLICY, policy_scenarios.subject(found))
    is_computing = job is not None and job.status in LIVE_JOB
    if not is_computing and (answer := over()):
        return answer
    is_pairs = request.args.get("list") == "pairs"
    read = lists.pairs if is_pairs else lists.firms
    rows, total = read(db(), actor, found, wanted, page=number, size=SIZE)
    may_run = may(actor, Permission.RUN_POLICIES)
    return render_template(
        "officials/policy/show.html",
        line=line,
        found=found,
        change_words=_change_words(line),
        figures=lists.figures(db(), actor, found),
        groups=list(lists.groups(db(), actor, found).items()),
        group_words=_group_words,
        products=[(entry, term_lines(entry.terms)) for entry in lists.products(db(), found)],
        page=Page(rows, number, total),
        wanted=wanted,
        is_pairs=is_pairs,
        changes=list(PolicyChange),
        gates=lambda effect: "；".join(_gate_words(gate, found.market) for gate in effect.gates),
        top_ranks=TOP_RANKS,
        weights=_weights(found),
        is_stale=found.status is PolicyStatus.COMPUTED and policy_scenarios.is_stale(db(), found),
        next_steps=POLICY_SCENARIO.next_steps(found.status) if may_run else (),
        is_author=found.created_by_id == actor.user_id,
        job=job,
        is_computing=is_computing,
        has_failed=job is not None and job.status is JobStatus.FAILED,
    )


@blueprint.get("/<public_id>/pairs/<pair_id>")
@requires(Permission.READ_POLICIES)
def pair(public_id: str, pair_id: str) -> ResponseReturnValue:
    """One pair: the gate that decided, and the parts of the score before and after."""
    found = lists.scenario(db(), current_actor(), public_id)
    entry = lists.pair(db(), current_actor(), found, pair_id)
    effect = entry.effect
    empty: list[float | None] = [None] * len(found.weights_before)
    parts = zip(found.weights_before, effect.points_before or empty, effect.points_after or empty, strict=True)
    return render_template(
        "officials/policy/pair.html",
        found=found,
        entry=entry,
        effect=effect,
        gates=[_gate_words(gate, found.market) for gate in effect.gates],
        parts=[
            (label(code, "ComponentCode"), before, after)
            for code, before, after in parts
            if before is not None or after is not None
        ],
    )


@blueprint.post("/<public_id>/compute")
@requires(Permission.RUN_POLICIES)
def run(public_id: str) -> ResponseReturnValue:
    """Let the engine run on a copy of the present facts."""
    actor = current_actor()
    policy_scenarios.ask(db(), actor, lists.scenario(db(), actor, public_id))
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/publish")
@requires(Permission.RUN_POLICIES)
def publish(public_id: str) -> ResponseReturnValue:
    """Make weights live from tomorrow, or put other terms before the banks."""
    found = lists.scenario(db(), current_actor(), public_id)
    try:
        n = policy_scenarios.publish(db(), current_actor(), found, note=request.form.get("note", "")[:500])
    except NotComplete as refused:
        flash(problem_words(refused), "warning")
    else:
        flash(_("已向银行提出建议，涉及 %(n)s 个产品。", n=n) if n else _("已发布，自明日起生效。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/drop")
@requires(Permission.RUN_POLICIES)
def drop(public_id: str) -> ResponseReturnValue:
    """Put the scenario aside with the reason."""
    found = lists.scenario(db(), current_actor(), public_id)
    try:
        policy_scenarios.drop(db(), current_actor(), found, reason=request.form.get("reason", "")[:500])
    except NotComplete:
        flash(_("请写明放弃的原因。"), "warning")
    else:
        flash(_("已放弃这个方案，内容仍可查看。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


def _filter() -> lists.EffectFilter:
    change, group, value = (request.args.get(name, "") for name in ("change", "by", "value"))
    is_number = group in (PolicyGroup.CHAIN, PolicyGroup.SIZE)
    is_group = group in set(PolicyGroup) and (value == lists.NOT_FILED or not is_number or value.isdecimal())
    is_tier = group != PolicyGroup.TIER or value in {lists.NOT_FILED, *Tier}
    return lists.EffectFilter(
        change=PolicyChange(change) if change in set(PolicyChange) else None,
        group=PolicyGroup(group) if is_group and is_tier else None,
        value=value[:20],
        is_turning="turning" in request.args,
        firm=request.args.get("firm", "")[:12],
    )


def _group_words(group: PolicyGroup, entry: lists.GroupLine) -> str:
    if entry.code is None:
        return _("未填")
    if group is PolicyGroup.CHAIN:
        return (entry.chain_en if language() == "en" else entry.chain_zh) or MISSING
    if group is PolicyGroup.SIZE:
        return band(entry.code, "staff")
    return region(entry.code) if group is PolicyGroup.DISTRICT else label(entry.code, "Tier")


def _change_words(line: lists.ScenarioLine) -> str:
    """What is changed, and for which products."""
    found = line.scenario
    if found.rule is PolicyRule.WEIGHTS:
        return _("%(market)s：匹配度权重", market=label(found.market))
    manner = f"{label(found.manner)} " if found.manner else ""
    scope = (line.bank, line.product, label(found.purpose, "LoanPurpose") if found.purpose else "")
    where = " · ".join(text for text in scope if text) or _("全部产品")
    return f"{label(found.rule)}：{manner}{value_words(found.rule, found.value)}（{where}）"


def _gate_words(gate: dict[str, Any], market: Market) -> str:
    before, after = (explanations.gate_lines([gate | {"limit": gate[name]}], market)[0] for name in _LIMITS)
    return _(
        "%(name)s：企业 %(value)s，要求 %(before)s → %(after)s",
        name=before.name,
        value=before.value,
        before=before.limit or _("不限"),
        after=after.limit or _("不限"),
    )


_LIMITS = ("limit", "limit_after")


def _weights(found: Any) -> list[tuple[str, float, float]]:
    if found.rule is not PolicyRule.WEIGHTS or not found.weights_before:
        return []
    after = found.weights_before | found.value
    return [
        (label(code, "ComponentCode"), before * 100, after[code] * 100)
        for code, before in found.weights_before.items()
        if before or after[code]
    ]
