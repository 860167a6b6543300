"""Model versions: kept as trained, run in the shadow, put to use, rolled back. A person takes each step.

An administrator trains and proposes; somebody of the joint office puts a version to use or refuses it. New weights hold
from the night after; a rollback holds at once, and the lists are made anew.
"""

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.job import Job
from models.model_version import ModelVersion
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import Market
from vocabulary.jobs import JobKind
from vocabulary.model_versions import MODEL_VERSION, ModelStatus, Verdict
from workflows import jobs
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.transitions import advance, require_step
from workflows.weights import declared_weights, latest_weights, publish_weights

if TYPE_CHECKING:
    from workflows.learning import Report

_S = ModelStatus


def ask(session: Session, actor: Actor, market: Market) -> Job:
    """Let a version be trained on the decisions so far."""
    require(actor, Permission.TRAIN_MODELS)
    return jobs.ask(session, actor, JobKind.TRAINING, subject=subject(market), arguments={"market": market.value})


def subject(market: Market) -> str:
    """What a job of training is about."""
    return f"model:{market.value}"


def keep(session: Session, actor: Actor, report: "Report") -> ModelVersion:
    """Keep what a training found; what is not surely better than the weights in use is refused at once.

    Rows written: the version and its event, where refused the step too.
    """
    require(actor, Permission.TRAIN_MODELS)
    market, study = report.market, report.study
    number = session.exec(select(func.max(ModelVersion.number)).where(ModelVersion.market == market)).one() or 0
    before = {code: report.current.get(code, 0.0) for code in declared_weights(market)}
    verdict = study.promotion.verdict if study.learned.is_learned else study.learned.verdict
    version = ModelVersion(
        market=market, number=number + 1, weights_before=before,
        weights=before | study.learned.weights if study.learned.is_learned else before,
        trained_until=report.until, n_decisions=report.n_decisions, verdict=verdict, report=_plain(report),
        calibration=json.loads(json.dumps(report.calibration.to_dict())), digest="", trained_by_id=actor.user_id,
    )  # fmt: skip
    version.digest = _digest(version)
    session.add(version)
    session.flush()
    record(
        session, actor, AuditAction.MODEL_TRAINED, subject_kind="model_version", subject_id=version.id or 0,
        new={"market": market.value, "number": version.number, "verdict": verdict.value, "digest": version.digest},
    )  # fmt: skip
    if verdict is not Verdict.PROMOTED:
        advance(session, actor, MODEL_VERSION, version, _S.REFUSED, ended_reason=verdict.value)
    return version


def propose(session: Session, actor: Actor, version: ModelVersion) -> None:
    """trained -> shadow: from the next night on it is run beside the weights in use and changes nothing.

    Raises NotComplete where another version of the market runs in the shadow already, or other weights were published
    since it was trained.
    """
    require(actor, Permission.TRAIN_MODELS)
    require_step(session, MODEL_VERSION, version, _S.SHADOW)
    _refuse_stale(session, version)
    if in_status(session, version.market, _S.SHADOW) is not None:
        raise NotComplete({"propose": "another_runs"})
    advance(
        session, actor, MODEL_VERSION, version, _S.SHADOW, proposed_by_id=actor.user_id, proposed_at=now(),
    )  # fmt: skip


def refuse(session: Session, actor: Actor, version: ModelVersion, *, reason: str) -> None:
    """trained or shadow -> refused, with the reason. Raises NotComplete without one."""
    require(actor, Permission.PROMOTE_MODELS)
    advance(
        session, actor, MODEL_VERSION, version, _S.REFUSED, reason=_stated(reason), ended_by_id=actor.user_id,
        ended_reason=_stated(reason),
    )  # fmt: skip


def promote(session: Session, actor: Actor, version: ModelVersion, *, reason: str) -> None:
    """shadow -> promoted: its weights hold from tomorrow; the version before it is retired.

    Rows written: both steps, a version of the weights and its event. Raises NotComplete without a reason, before the
    first run in the shadow, from whoever proposed it, or where other weights were published or its content was changed
    since it was trained; StepNotAllowed if somebody was faster.
    """
    require(actor, Permission.PROMOTE_MODELS)
    require_step(session, MODEL_VERSION, version, _S.PROMOTED)
    reason = _stated(reason)
    if version.proposed_by_id == actor.user_id:
        raise NotComplete({"promote": "second_person"})
    if version.shadow_on is None:
        raise NotComplete({"promote": "no_shadow_run"})
    _refuse_stale(session, version)
    before = in_status(session, version.market, _S.PROMOTED)
    if before is not None:
        advance(
            session, actor, MODEL_VERSION, before, _S.RETIRED, reason=reason, ended_by_id=actor.user_id,
            ended_reason=reason,
        )  # fmt: skip
    weights = publish_weights(
        session, actor, version.market, version.weights, valid_from=today() + timedelta(days=1), reason=reason,
        created_by_id=version.proposed_by_id or 0,
    )  # fmt: skip
    advance(
        session, actor, MODEL_VERSION, version, _S.PROMOTED, reason=reason, promoted_by_id=actor.user_id,
        promoted_at=now(), weights_version_id=weights.id,
    )  # fmt: skip


def roll_back(session: Session, actor: Actor, version: ModelVersion, *, reason: str) -> None:
    """promoted -> retired: the weights from before it hold again at once, and all lists are made anew.

    Rows written: the step, a version of the weights, its event and a job. Raises NotComplete without a reason.
    """
    require(actor, Permission.PROMOTE_MODELS)
    reason = _stated(reason)
    advance(
        session, actor, MODEL_VERSION, version, _S.RETIRED, reason=reason, ended_by_id=actor.user_id,
        ended_reason=reason,
    )  # fmt: skip
    publish_weights(
        session, actor, version.market, version.weights_before, valid_from=today(), reason=reason,
        created_by_id=actor.user_id or 0,
    )  # fmt: skip
    jobs.ask(session, actor, JobKind.NIGHT, subject="now")


def in_status(session: Session, market: Market, status: ModelStatus) -> ModelVersion | None:
    """The version of a market that runs in the shadow, or that is in use."""
    return session.exec(
        select(ModelVersion).where(ModelVersion.market == market, ModelVersion.status == status)
    ).first()  # fmt: skip


def with_weights(session: Session, market: Market, weights: dict[str, float]) -> ModelVersion | None:
    """The newest version that was put to use with these weights; None for declared ones and those of a scenario."""
    versions = session.exec(
        select(ModelVersion)
        .where(ModelVersion.market == market, col(ModelVersion.promoted_at).is_not(None))
        .order_by(col(ModelVersion.id).desc())
    )
    return next((one for one in versions if one.weights == weights and is_intact(one)), None)


def is_intact(version: ModelVersion) -> bool:
    """Whether a version is what was trained."""
    return version.digest == _digest(version)


def is_stale(session: Session, version: ModelVersion) -> bool:
    """Whether other weights were published since it was compared with those in use."""
    return version.weights_before != latest_weights(session, version.market)


def _refuse_stale(session: Session, version: ModelVersion) -> None:
    if not is_intact(version):
        raise NotComplete({"promote": "changed"})
    if is_stale(session, version):
        raise NotComplete({"promote": "stale"})


def _stated(reason: str) -> str:
    if not reason.strip():
        raise NotComplete({"reason": "required"})
    return reason.strip()[:500]


def _plain(report: "Report") -> dict[str, Any]:
    """The report JSON-ready: what was learned from, how it was judged, each order on each group of later decisions."""
    comparisons = [part.to_dict() for part in report.comparisons]
    found = {"n_unknown": report.n_unknown, "labels": report.labels, "comparisons": comparisons}
    return json.loads(json.dumps(found | report.study.to_dict()))


def _digest(version: ModelVersion) -> str:
    content = [
        version.market.value, version.number, version.weights, version.weights_before, version.report,
        version.calibration,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
