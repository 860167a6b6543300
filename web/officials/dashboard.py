"""The dashboard of the city or of one chain: funnel, sums, cuts; the rows behind every figure; the exposure report."""

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from access.actor import Actor
from access.lists import funnel, funnel_figures, funnel_rows
from access.lists.funnel import NONE, Filters
from access.lists.funnel_rows import FunnelNoun
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import CaseStepKind, Market, Ownership, SizeClass, Tier
from vocabulary.funnel import (
    LEVELS,
    MIN_SAMPLE,
    SHOWN_TOP,
    SILENT_DAYS,
    STAYING,
    ExposureCause,
    FunnelLevel,
    FunnelStanding,
)
from vocabulary.lifecycles import ProjectStatus
from web.common.audit_words import action_words
from web.common.charts import bars
from web.common.database import db
from web.common.filters import region
from web.common.funnel_labels import level_words
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.languages import language
from web.common.pagination import SIZE, Page, requested_page
from workflows.calendar import today

blueprint = Blueprint("officials_dashboard", __name__, url_prefix="/dashboard")
PERIODS = ((30, _l("近 30 天")), (90, _l("近 90 天")), (365, _l("近一年")))
TITLES = {
    FunnelNoun.POSTINGS: _l("漏斗里的需求和产品"),
    FunnelNoun.STEPS: _l("授信、放款和订单"),
    FunnelNoun.FIRST_LOANS: _l("首贷户"),
    FunnelNoun.ANSWERS: _l("企业的评价"),
}
UNKNOWN = _l("未填")
SHARES = (("size", _l("规模")), ("tier", _l("梯度")), ("region", _l("区县")), ("ownership", _l("所有制")))


@blueprint.get("/")
@requires(Permission.READ_DASHBOARDS)
def index() -> ResponseReturnValue:
    actor, filters = current_actor(), _filters()
    found = funnel.funnel(db(), actor, filters, on=today())
    figures = funnel_figures.figures(db(), actor, filters, on=today())
    chains = funnel_figures.chain_names(db())
    lengths = bars([(stage.level, stage.reached) for stage in found.stages])
    return render_template(
        "officials/dashboard/index.html",
        **_common(actor, filters, chains),
        funnel=found,
        stages=list(zip(found.stages, lengths, strict=True)),
        figures=figures,
        cuts=[
            ("chain", _l("产业链"), found.by_chain, _namer(chains)),
            ("tier", _l("梯度"), found.by_tier, _tier),
            ("region", _l("区县"), found.by_region, _region),
        ],
        projects=funnel_figures.project_figures(db(), actor, filters.chain),
        project_statuses=list(ProjectStatus),
        news=[
            (row.on, row.firm, label(row.step) if row.step else action_words(row.action, row.noun))
            for row in funnel_figures.news(db(), actor, filters.chain)
        ],
        staying=STAYING,
    )


@blueprint.get("/rows/<noun>")
@requires(Permission.READ_DASHBOARDS)
def rows(noun: str) -> ResponseReturnValue:
    """The rows behind one figure; the address carries the figure's filters."""
    if noun not in set(FunnelNoun):
        raise NotVisible
    actor, filters, number = current_actor(), _filters(), requested_page()
    kind = _code(CaseStepKind, "kind")
    found = funnel_rows.rows(
        db(), actor, FunnelNoun(noun), filters, kind=kind, on=today(), page=number, size=SIZE
    )  # fmt: skip
    chains = funnel_figures.chain_names(db())
    return render_template(
        "officials/dashboard/rows.html",
        **_common(actor, filters, chains),
        noun=noun,
        title=TITLES[FunnelNoun(noun)],
        page=Page(found.rows, number, found.total),
        chain_name=_namer(chains),
        kind=kind,
        may_decide=may(actor, Permission.DECIDE_PAIRINGS),
        level_at=LEVELS,
    )


@blueprint.get("/exposure")
@requires(Permission.READ_DASHBOARDS)
def exposure() -> ResponseReturnValue:
    """Who is eligible and was never shown to anybody, and why."""
    actor, filters = current_actor(), _filters()
    found = funnel.exposure(db(), actor, filters, on=today())
    number = requested_page()
    listed = funnel_rows.rows(
        db(), actor, FunnelNoun.POSTINGS, _with(filters, is_unseen=True), on=today(), page=number, size=SIZE
    )
    chains = funnel_figures.chain_names(db())
    names: dict[str, Callable[[str], Any]] = {"size": _size, "tier": _tier, "region": _region, "ownership": _ownership}
    return render_template(
        "officials/dashboard/exposure.html",
        **_common(actor, filters, chains),
        found=found,
        causes=list(ExposureCause),
        groups=[(name, words, found.by[name], names[name]) for name, words in SHARES],
        page=Page(listed.rows, number, listed.total),
        chain_name=_namer(chains),
    )


def _common(actor: Actor, filters: Filters, chains: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """What all three pages need: filters, their choices and addresses that keep them."""
    named = _namer(chains)
    return {
        "filters": filters,
        "markets": list(Market),
        "periods": PERIODS,
        "tiers": list(Tier),
        "chain_choices": [(key, named(key)) for key in chains] if actor.chain_id is None else [],
        "place": named(str(actor.chain_id)) if actor.chain_id is not None else "",
        "to_rows": lambda noun="postings", **values: url_for(".rows", noun=noun, **_arguments(filters, values)),
        "to": lambda endpoint, **values: url_for(endpoint, **_arguments(filters, values)),
        "words": lambda level: level_words(FunnelLevel(level), filters.market),
        "silent_days": SILENT_DAYS,
        "shown_top": SHOWN_TOP,
        "least": MIN_SAMPLE,
        "is_filtered": bool(_arguments(_with(filters, market=Market.FINANCE), {})),
    }


def _filters() -> Filters:
    """What the address asks for; whatever it does not know asks for all."""
    days = request.args.get("days", type=int)
    return Filters(
        market=_code(Market, "market") or Market.FINANCE,
        chain=_key("chain", str.isdecimal),
        tier=_key("tier", set(Tier).__contains__),
        region=_key("region", str.isdecimal),
        size=_key("size", set(SizeClass).__contains__),
        ownership=_key("ownership", set(Ownership).__contains__),
        counterpart=request.args.get("counterpart", "")[:12],
        days=days if days in {number for number, _words in PERIODS} else None,
        level=_code(FunnelLevel, "level"),
        standing=_code(FunnelStanding, "standing"),
        cause=_code(ExposureCause, "cause"),
        is_unseen="is_unseen" in request.args,
    )


def _key(name: str, is_known: Callable[[str], bool]) -> str:
    asked = request.args.get(name, "")[:12]
    return asked if asked == NONE or is_known(asked) else ""


def _code(codes: type[StrEnum], name: str) -> Any:
    wanted = request.args.get(name, "")
    return codes(wanted) if wanted in set(codes) else None


def _with(filters: Filters, **values: Any) -> Filters:
    return Filters(**asdict(filters) | values)


def _arguments(filters: Filters, values: dict[str, Any]) -> dict[str, Any]:
    """The filters as an address carries them, with some replaced; what asks for all is left out."""
    kept = {**asdict(filters), **values}
    if kept["market"] is Market.FINANCE:
        del kept["market"]
    return {name: value for name, value in kept.items() if value not in ("", None, False)}


def _namer(chains: dict[str, tuple[str, str]]) -> Callable[[str], Any]:
    def named(key: str) -> Any:
        zh, en = chains.get(key, ("", ""))
        return (en if language() == "en" else zh) or _l("未归入产业链")

    return named


def _tier(key: str) -> Any:
    return UNKNOWN if key == NONE else label(Tier(key))


def _region(key: str) -> Any:
    return UNKNOWN if key == NONE else region(key)


def _size(key: str) -> Any:
    return UNKNOWN if key == NONE else label(SizeClass(key))


def _ownership(key: str) -> Any:
    return UNKNOWN if key == NONE else label(Ownership(key))
