"""Model versions: trained by administrators, put to use or rolled back by the joint office, read by auditors."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import decision_habits
from access.lists import model_versions as lists
from access.lists.jobs import latest_about
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import Market
from vocabulary.jobs import LIVE_JOB, JobKind
from vocabulary.lifecycles import MODEL_VERSION
from vocabulary.model_versions import TOP_RANKS, ModelStatus
from web.common import model_words as words
from web.common.database import db
from web.common.filters import moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from workflows import model_versions
from workflows.calendar import city_now
from workflows.errors import NotComplete

blueprint = Blueprint("administration_models", __name__, url_prefix="/models")


@blueprint.get("/")
@requires(Permission.READ_MODELS)
def index() -> ResponseReturnValue:
    """Every version with the figure it was judged by, and what is being trained."""
    actor, number = current_actor(), requested_page()
    market, status = (request.args.get(name, "") for name in ("market", "status"))
    chosen = Market(market) if market in set(Market) else None
    wanted = ModelStatus(status) if status in set(ModelStatus) else None
    rows, counts = lists.versions(db(), actor, market=chosen, status=wanted, page=number, size=SIZE)
    n_all = sum(counts.values())
    return render_template(
        "administration/models/index.html",
        page=Page(rows, number, n_all if wanted is None else counts.get(wanted, 0)),
        counts=counts,
        n_all=n_all,
        statuses=list(ModelStatus),
        status=wanted,
        market=chosen,
        markets=[(one, _training(one)) for one in Market],
        may_train=may(actor, Permission.TRAIN_MODELS),
        alarms=_alarms(actor),
        may_see_effects=may(actor, Permission.READ_MODEL_EFFECTS),
        name=_name,
    )


@blueprint.post("/train/<market>")
@requires(Permission.TRAIN_MODELS)
def train(market: str) -> ResponseReturnValue:
    """Learn from the decisions of a market so far."""
    if market not in set(Market):
        raise NotVisible
    job = model_versions.ask(db(), current_actor(), Market(market))
    return redirect(url_for("progress.show", public_id=job.public_id), 303)


@blueprint.get("/drift")
@requires(Permission.READ_MODEL_EFFECTS)
def drifts() -> ResponseReturnValue:
    """What changed in what people file and say, and in what the engine recommends."""
    number = requested_page()
    rows, total = lists.drifts(db(), current_actor(), page=number, size=SIZE)
    lines = [(row, *words.drift(row)) for row in rows]
    return render_template("administration/models/drift.html", page=Page(lines, number, total))


@blueprint.get("/habits")
@requires(Permission.READ_MODEL_EFFECTS)
def habits() -> ResponseReturnValue:
    """How officials decide beside what the engine says."""
    actor = current_actor()
    rows = decision_habits.habits(db(), actor, at=city_now())
    return render_template(
        "administration/models/habits.html",
        page=Page(rows, 1, len(rows)),
        days=decision_habits.DAYS,
        n=sum(row.n for row in rows),
        n_blind=sum(row.blind_pairs.n for row in rows),
        percent=current_app.config["SETTINGS"].blind_percent,
    )


@blueprint.get("/<public_id>")
@requires(Permission.READ_MODELS)
def show(public_id: str) -> ResponseReturnValue:
    """What a version was learned from, how it was judged, and what became of it."""
    actor = current_actor()
    line = lists.line(db(), actor, public_id)
    version = line.version
    may_do = {
        ModelStatus.SHADOW: Permission.TRAIN_MODELS,
        ModelStatus.PROMOTED: Permission.PROMOTE_MODELS,
        ModelStatus.REFUSED: Permission.PROMOTE_MODELS,
        ModelStatus.RETIRED: Permission.PROMOTE_MODELS,
    }
    return render_template(
        "administration/models/show.html",
        line=line,
        version=version,
        name=_name(version),
        groups=words.groups(version.report),
        basis=words.basis(version),
        weights=words.weights(version.weights_before, version.weights),
        bins=words.bins(version.calibration),
        earned=words.earned(version.calibration),
        ended=words.ended_words(version),
        others=[(one.public_id, _name(one)) for one in lists.others(db(), actor, version)],
        top=TOP_RANKS,
        may_see_effects=may(actor, Permission.READ_MODEL_EFFECTS),
        is_stale=model_versions.is_stale(db(), version),
        is_intact=model_versions.is_intact(version),
        steps={
            step for step in MODEL_VERSION.next_steps(version.status) if may(actor, may_do[ModelStatus(step)])
        },
        history=_history(line),
        is_proposer=version.proposed_by_id == actor.user_id,
    )  # fmt: skip


@blueprint.get("/<public_id>/shadow")
@requires(Permission.READ_MODEL_EFFECTS)
def shadow(public_id: str) -> ResponseReturnValue:
    """The lists whose first places a version would change."""
    actor, number, is_new = current_actor(), requested_page(), request.args.get("show") != "order"
    version = lists.line(db(), actor, public_id).version
    rows, counts = lists.shadow_changes(db(), actor, version, is_new=is_new, page=number, size=SIZE)
    return render_template(
        "administration/models/shadow.html",
        version=version,
        name=_name(version),
        page=Page(rows, number, counts.get(is_new, 0)),
        is_new=is_new,
        n_new=counts.get(True, 0),
        n_order=counts.get(False, 0),
        top=TOP_RANKS,
    )


@blueprint.get("/<public_id>/beside/<other_id>")
@requires(Permission.READ_MODELS)
def compare(public_id: str, other_id: str) -> ResponseReturnValue:
    """Two versions of a market side by side."""
    both = [lists.line(db(), current_actor(), one).version for one in (public_id, other_id)]
    if both[0].market is not both[1].market:
        raise NotVisible
    return render_template(
        "administration/models/compare.html",
        both=both,
        names=[_name(one) for one in both],
        weights=words.weights(*(one.weights for one in both)),
        groups=[words.groups(one.report) for one in both],
    )


@blueprint.post("/<public_id>/propose")
@requires(Permission.TRAIN_MODELS)
def propose(public_id: str) -> ResponseReturnValue:
    """Let a version run beside the one in use."""
    return _step(public_id, model_versions.propose, _("今晚起影子运行，不影响任何推荐。"))


@blueprint.post("/<public_id>/promote")
@requires(Permission.PROMOTE_MODELS)
def promote(public_id: str) -> ResponseReturnValue:
    """Put a version to use from tomorrow."""
    return _step(public_id, model_versions.promote, _("已批准，自明日起使用。"), reason=_reason())


@blueprint.post("/<public_id>/refuse")
@requires(Permission.PROMOTE_MODELS)
def refuse(public_id: str) -> ResponseReturnValue:
    """Put a version aside."""
    return _step(public_id, model_versions.refuse, _("已记为不采用。"), reason=_reason())


@blueprint.post("/<public_id>/roll-back")
@requires(Permission.PROMOTE_MODELS)
def roll_back(public_id: str) -> ResponseReturnValue:
    """Back to the weights from before, at once."""
    return _step(public_id, model_versions.roll_back, _("已退回之前的权重，正在重新计算全部推荐。"), reason=_reason())


def _history(line: lists.ModelLine) -> list[tuple[str, str, str]]:
    """Who took which step and when."""
    version = line.version
    steps = [(version.created_at, _("训练"), line.trainer), (version.proposed_at, _("提出影子运行"), line.proposer),
             (version.promoted_at, _("批准使用"), line.promoter)]  # fmt: skip
    if version.ended_reason:
        steps.append((version.status_changed_at, label(version.status), line.ender))
    return [(moment(at), what, who or _("系统")) for at, what, who in steps if at is not None]


def _step(public_id: str, deed: Callable[..., None], done: str, **values: str) -> ResponseReturnValue:
    version = lists.line(db(), current_actor(), public_id).version
    try:
        deed(db(), current_actor(), version, **values)
    except NotComplete as refused:
        flash(words.problem_words(refused), "warning")
    else:
        flash(done, "success")
    return redirect(url_for(".show", public_id=public_id), 303)


def _alarms(actor: Any) -> list[str]:
    """What has changed and still is so, in words, for those who may read it."""
    if not may(actor, Permission.READ_MODEL_EFFECTS):
        return []
    rows, _total = lists.drifts(db(), actor, page=1, size=SIZE)
    return [words.drift(row)[0] for row in rows if row.ended_on is None]


def _reason() -> str:
    return request.form.get("reason", "")[:500]


def _training(market: Market) -> Any:
    """The job that trains a market now, if any."""
    job = latest_about(db(), JobKind.TRAINING, model_versions.subject(market))
    return job if job is not None and job.status in LIVE_JOB else None


def _name(version: Any) -> str:
    return _("%(market)s模型第 %(n)s 版", market=label(version.market), n=version.number)
