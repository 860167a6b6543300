"""Policy scenarios: tried on a copy, computed, and published or dropped.

Weights become live with the night after they are published. A bank's product is the bank's: publishing puts other
terms before it, and nothing changes until it accepts them.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import is_city_level, require, require_rule
from models.base import new_public_id, now
from models.job import Job
from models.organization import Organization
from models.policy import PolicyEffect, PolicyScenario, ProductSuggestion
from models.posting import Supply
from vocabulary.bands import SCALES
from vocabulary.classifications import GuaranteeMethod, Market, TaxGrade
from vocabulary.jobs import JobKind
from vocabulary.lifecycles import POLICY_SCENARIO, OrganizationStatus
from vocabulary.policy import (
    FIELD_OF,
    MOST_POINTS,
    SCALE_OF,
    SETS,
    PolicyChange,
    PolicyManner,
    PolicyRule,
    PolicyStatus,
)
from vocabulary.roles import OrganizationKind
from workflows import facts, jobs
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.notifications import queue_to_members
from workflows.policy_run import PolicyRun, read_facts, terms_rule
from workflows.policy_terms import changed_terms
from workflows.transitions import advance, require_step
from workflows.weights import declared_weights, latest_weights, publish_weights

_S, _R = PolicyStatus, PolicyRule
_CHUNK = 500
_CODES: dict[PolicyRule, Any] = {_R.TAX_GRADES: TaxGrade, _R.GUARANTEE_METHODS: GuaranteeMethod}
MOST_MONTHS, MOST_SUBSIDY_BPS = 600, 1_000


@dataclass(frozen=True)
class ScenarioValues:
    """One change of one rule, as a form gives it."""

    title: str
    reason: str
    rule: PolicyRule
    market: Market = Market.FINANCE
    manner: PolicyManner | None = None
    value: Any = None
    bank_id: int | None = None
    supply_id: int | None = None
    purpose: str | None = None


def create(session: Session, actor: Actor, values: ScenarioValues) -> PolicyScenario:
    """A draft. Raises NotComplete by field, also where nothing would change by it."""
    _require_runs(actor)
    scenario = PolicyScenario(**asdict(values), created_by_id=actor.user_id or 0)
    if problems := _problems(session, scenario):
        raise NotComplete(problems)
    scenario.title, scenario.reason = scenario.title.strip(), scenario.reason.strip()
    session.add(scenario)
    session.flush()
    record(
        session, actor, "policy_drafted",
        subject_kind="policy_scenario", subject_id=scenario.id or 0, new={"rule": scenario.rule.value},
        reason=scenario.reason,
    )  # fmt: skip
    return scenario


def ask(session: Session, actor: Actor, scenario: PolicyScenario) -> Job:
    """Let a scenario be computed. Raises StepNotAllowed once it is published or dropped."""
    _require_runs(actor)
    require_step(session, POLICY_SCENARIO, scenario, _S.COMPUTED)
    return jobs.ask(
        session, actor, JobKind.POLICY, subject=subject(scenario), arguments={"scenario_id": scenario.id}
    )  # fmt: skip


def subject(scenario: PolicyScenario) -> str:
    """What a job about a scenario is about."""
    return f"policy_scenario:{scenario.id}"


def keep(session: Session, actor: Actor, scenario: PolicyScenario, run: PolicyRun) -> None:
    """Keep what a run found, in the place of an earlier result. Raises StepNotAllowed once published or dropped."""
    _require_runs(actor)
    advance(
        session, actor, POLICY_SCENARIO, scenario, _S.COMPUTED,
        computed_at=now(), compared_on=run.on, facts_digest=run.facts_digest,
        settings_fingerprint=run.settings_fingerprint, figures=run.figures, changes=run.changes,
        weights_before=run.weights_before, duration_ms=run.duration_ms,
    )  # fmt: skip
    session.execute(delete(PolicyEffect).where(col(PolicyEffect.scenario_id) == scenario.id))
    made = {"scenario_id": scenario.id, "created_at": now()}
    for start in range(0, len(run.effects), _CHUNK):
        part = run.effects[start : start + _CHUNK]
        session.execute(insert(PolicyEffect), [{"public_id": new_public_id(), **made, **row} for row in part])


def publish(session: Session, actor: Actor, scenario: PolicyScenario, *, note: str = "") -> int:
    """Make new weights live from tomorrow, or put other terms before the banks; returns how many products that were.

    Somebody other than the author publishes. Writes the step, a version of the weights or a suggestion for each
    product, and notices to their banks. Raises NotComplete where the author publishes or facts have changed,
    StepNotAllowed if somebody was faster.
    """
    _require_runs(actor)
    require_step(session, POLICY_SCENARIO, scenario, _S.PUBLISHED)
    if scenario.created_by_id == actor.user_id:
        raise NotComplete({"publish": "second_person"})
    if is_stale(session, scenario):
        raise NotComplete({"publish": "stale"})
    advance(
        session, actor, POLICY_SCENARIO, scenario, _S.PUBLISHED,
        reason=note, published_by_id=actor.user_id, published_at=now(), published_note=note.strip(),
    )  # fmt: skip
    if scenario.rule is _R.WEIGHTS:
        publish_weights(
            session, actor, scenario.market, latest_weights(session, scenario.market) | scenario.value,
            valid_from=today() + timedelta(days=1), reason=scenario.reason, created_by_id=scenario.created_by_id,
        )  # fmt: skip
        return 0
    return _suggest(session, scenario)


def drop(session: Session, actor: Actor, scenario: PolicyScenario, *, reason: str) -> None:
    """Put a scenario aside with the reason; its result stays to be read."""
    _require_runs(actor)
    if not reason.strip():
        raise NotComplete({"reason": "required"})
    advance(session, actor, POLICY_SCENARIO, scenario, _S.DROPPED, reason=reason, dropped_reason=reason.strip())


def is_stale(session: Session, scenario: PolicyScenario) -> bool:
    """Whether facts, history or published weights are no longer those that a result was compared on."""
    return scenario.facts_digest != read_facts(session, scenario.market, on=today()).digest


def _suggest(session: Session, scenario: PolicyScenario) -> int:
    n_of = _counts(session, scenario)
    for change in scenario.changes:
        suggestion = ProductSuggestion(
            scenario_id=scenario.id or 0, supply_id=change["supply_id"], organization_id=change["bank_id"],
            base_version=change["version"], terms=change["terms"],
            n_gained=n_of[change["supply_id"], PolicyChange.GAINED],
            n_lost=n_of[change["supply_id"], PolicyChange.LOST],
        )  # fmt: skip
        session.add(suggestion)
    session.flush()
    banks = sorted({change["bank_id"] for change in scenario.changes})
    queue_to_members(session, banks, template="product_suggested", values={"title": scenario.title})
    return len(scenario.changes)


def _counts(session: Session, scenario: PolicyScenario) -> Counter[tuple[int, PolicyChange]]:
    rows = session.exec(
        select(PolicyEffect.supply_id, PolicyEffect.change, func.count())
        .where(PolicyEffect.scenario_id == scenario.id)
        .group_by(col(PolicyEffect.supply_id), col(PolicyEffect.change))
    ).all()
    return Counter({(supply_id, PolicyChange(change)): n for supply_id, change, n in rows})


def _require_runs(actor: Actor) -> None:
    require(actor, Permission.RUN_POLICIES)
    require_rule(actor, is_city_level, None, "run_policies")


def _problems(session: Session, scenario: PolicyScenario) -> dict[str, str]:
    found = {name: "required" for name in ("title", "reason") if not getattr(scenario, name).strip()}
    if scenario.rule is _R.WEIGHTS:
        return found | _weight_problems(session, scenario)
    return found | (_value_problems(scenario) or _scope_problems(session, scenario))


def _weight_problems(session: Session, scenario: PolicyScenario) -> dict[str, str]:
    present, wanted = present_weights(session, scenario.market), scenario.value or {}
    if unknown := [code for code in wanted if code not in present]:
        return {unknown[0]: "unknown"}
    if bad := {code: "out_of_range" for code, weight in wanted.items() if not 0 <= weight <= MOST_POINTS / 100}:
        return bad
    if not sum((present | wanted).values()):
        return {"weights": "all_zero"}
    return {} if present | wanted != present else {"weights": "no_change"}


def _value_problems(scenario: PolicyScenario) -> dict[str, str]:
    rule, value = scenario.rule, scenario.value
    if scenario.market is not Market.FINANCE:
        return {"rule": "unknown"}
    if rule is not _R.INTEREST and scenario.manner is None:
        return {"manner": "required"}
    if value is None:
        is_no_limit = scenario.manner is PolicyManner.RELAX and rule not in SETS and rule is not _R.INTEREST
        return {} if is_no_limit else {"value": "required"}
    if rule in SCALE_OF:
        is_known = value in SCALES[SCALE_OF[rule]].levels
    elif rule in SETS:
        is_known = value in set(_CODES[rule])
    else:
        is_known = 0 < value <= (MOST_SUBSIDY_BPS if rule is _R.INTEREST else MOST_MONTHS)
    return {} if is_known else {"value": "unknown" if rule in SCALE_OF or rule in SETS else "out_of_range"}


def _scope_problems(session: Session, scenario: PolicyScenario) -> dict[str, str]:
    rule = terms_rule(scenario)
    assert rule is not None
    products = facts.finance_supplies(session, today=today())
    if not any(rule.concerns(product) for product in products):
        return {"scope": "no_product"}
    return {} if changed_terms(rule, products) else {"value": "no_change"}


def present_values(session: Session, rule: PolicyRule) -> list[tuple[Any, int]]:
    """Present limits of open loan products with the number of products; by number, for the interest by lowest rate."""
    field = "rate_from_bps" if rule is _R.INTEREST else FIELD_OF[rule]
    counts = Counter(getattr(product, field) for product in facts.finance_supplies(session, today=today()))
    return [(list(value) if isinstance(value, tuple) else value, n) for value, n in counts.most_common()]


def present_weights(session: Session, market: Market) -> dict[str, float]:
    """The weights last published, of the aspects that may be set."""
    declared = declared_weights(market)
    return {code: weight for code, weight in latest_weights(session, market).items() if declared[code]}


def bank_choices(session: Session) -> list[tuple[int, str]]:
    """Banks with an open loan product, by name."""
    rows = session.exec(
        select(Organization.id, Organization.legal_name)
        .join(Supply, col(Supply.organization_id) == Organization.id)
        .where(
            Organization.kind == OrganizationKind.BANK,
            Organization.status == OrganizationStatus.VERIFIED,
            Supply.market == Market.FINANCE,
        )
        .distinct()
        .order_by(Organization.legal_name)
    ).all()
    return [(row_id, name) for row_id, name in rows if row_id is not None]
