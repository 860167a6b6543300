"""What each role finds in its menu, and where it lands after signing in."""

from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from access.actor import Actor
from access.lists.jobs import night_is_late
from access.lists.waiting import waiting
from access.permissions import Permission
from access.rules import may
from models.base import now
from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from web.common.database import db
from web.common.identity import current_account_id, current_actor
from workflows.calendar import today

_P, _K = Permission, OrganizationKind


@dataclass(frozen=True)
class Entry:
    """One line of the menu, shown to roles with the permission in organizations of the given kinds.

    `waiting` names the count of `access.lists.waiting` that stands beside it.
    """

    endpoint: str
    text: LazyString
    icon: str
    permission: Permission
    kinds: tuple[OrganizationKind, ...]
    waiting: str = ""


_E, _B, _U = (_K.ENTERPRISE,), (_K.BANK,), (_K.BUYER,)
_O = (_K.CHAIN_OFFICE, _K.JOINT_OFFICE)
_A = (_K.AUDIT_OFFICE,)
"""Offices reach a report from its roadshow."""
_ALL = tuple(_K)
_SHORT = 14
"""A menu of at most so many lines is read at a glance, without headings."""
ENTRIES: tuple[Entry | LazyString, ...] = (
    Entry("officials_desk.index", _l("工作台"), "grid", _P.DECIDE_PAIRINGS, _O),
    Entry("officials_dashboard.index", _l("看板"), "graph-up", _P.READ_DASHBOARDS, _O + _A),
    Entry("firms_profile.index", _l("企业档案"), "building", _P.FILE_PROFILE, _E, "profiles"),
    Entry("firms_lines.index", _l("产品与产能"), "box-seam", _P.POST_PRODUCT_LINES, _E),
    Entry("firms_needs.index", _l("融资需求"), "cash-coin", _P.POST_FINANCING_NEEDS, _E),
    Entry("buyers_needs.index", _l("采购需求"), "cart3", _P.POST_PURCHASE_NEEDS, _E + _U),
    Entry("firms_recommendations.index", _l("推荐给您"), "signpost-split", _P.SEE_OWN_RECOMMENDATIONS, _E),
    Entry("banks_products.index", _l("贷款产品"), "bank", _P.POST_LOAN_PRODUCTS, _B),
    Entry("banks_suggestions.index", _l("产品建议"), "envelope-paper", _P.POST_LOAN_PRODUCTS, _B, "suggestions"),
    Entry("banks_capacity.index", _l("受理能力"), "calendar-week", _P.POST_LOAN_PRODUCTS, _B),
    Entry("counterparts_recommendations.index", _l("推荐企业"), "signpost-split", _P.REVIEW_RECOMMENDED_FIRMS, _B + _U),
    Entry("firms_shares.index", _l("拼量供货"), "puzzle", _P.SEE_OWN_RECOMMENDATIONS, _E, "shares"),
    Entry("cases.index", _l("对接进展"), "journal-check", _P.HAVE_ACCOUNT, _E + _B + _U, "cases"),
    Entry("roadshows_visits.index", _l("路演活动"), "easel", _P.ATTEND_ROADSHOWS, _E + _B + _U),
    Entry("firms_consents.index", _l("授权管理"), "shield-check", _P.FOLLOW_OWN_CASES, _E, "consents"),
    Entry("firms_receipts.index", _l("谁看过我的资料"), "eye", _P.FOLLOW_OWN_CASES, _E),
    Entry("firms_upgrades.index", _l("升级任务"), "graph-up", _P.SEE_OWN_RECOMMENDATIONS, _E),
    Entry("firms_problems.index", _l("问题反映"), "chat-left-text", _P.RAISE_PROBLEMS, _E),
    _l("企业与单位"),
    Entry(
        "officials_organizations.index", _l("单位核验"), "person-check", _P.VERIFY_ORGANIZATIONS, _O, "organizations"
    ),
    Entry("officials_profiles.index", _l("档案核验"), "clipboard-check", _P.VERIFY_PROFILES, _O, "profiles"),
    Entry("imports_firms.index", _l("批量导入企业"), "file-earmark-bar-graph", _P.VERIFY_PROFILES, _O),
    Entry("imports_financing_needs.index", _l("代填融资需求"), "file-earmark-bar-graph", _P.VERIFY_PROFILES, _O),
    Entry("officials_recognitions.index", _l("梯度与划型"), "award", _P.VERIFY_PROFILES, _O, "recognitions"),
    Entry("officials_funding_lists.index", _l("申报与推荐清单"), "list-check", _P.VERIFY_PROFILES, _O),
    _l("融资与配套"),
    Entry("officials_pairings.index", _l("对接审定"), "check2-square", _P.DECIDE_PAIRINGS, _O, "pairings"),
    Entry("officials_groups.index", _l("多家拼量"), "puzzle", _P.DECIDE_PAIRINGS, _O),
    Entry("officials_assignments.index", _l("统筹分配"), "shuffle", _P.DECIDE_PAIRINGS, _O),
    Entry("officials_policy.index", _l("政策推演"), "sliders", _P.READ_POLICIES, _O),
    Entry("officials_follow_up.index", _l("逾期与督办"), "alarm", _P.DECIDE_PAIRINGS, _O, "follow_up"),
    Entry("officials_refusals.index", _l("婉拒分析"), "x-octagon", _P.DECIDE_PAIRINGS, _O),
    Entry("officials_roadshows.index", _l("路演"), "easel", _P.RUN_ROADSHOWS, _O),
    _l("强链补链"),
    Entry("chains.index", _l("产业链"), "diagram-3", _P.READ_CHAIN_PAGE, _ALL),
    Entry("officials_gaps.index", _l("断点缺口"), "node-minus", _P.HANDLE_GAPS, _O),
    Entry("officials_projects.index", _l("重点项目库"), "buildings", _P.READ_PROJECTS, _ALL),
    Entry("chains_planning.index", _l("三阶段计划"), "calendar3", _P.READ_PROJECTS, _ALL),
    Entry("officials_problems.index", _l("问题清单"), "chat-left-text", _P.HANDLE_PROBLEMS, _O, "problems"),
    _l("分析与报告"),
    Entry("reports.index", _l("报告"), "file-earmark-bar-graph", _P.MAKE_REPORTS, _O),
    Entry("officials_roadshow_reports.index", _l("路演报告"), "file-earmark-bar-graph", _P.READ_ROADSHOW_REPORTS, _A),
    _l("内部管理"),
    Entry("officials_ties.index", _l("利益关联"), "shield-exclamation", _P.DECLARE_TIES, _O),
    Entry("officials_ledger.index", _l("操作留痕"), "list-columns", _P.READ_LEDGER, _ALL),
    Entry("accounts.users", _l("账号管理"), "person-gear", _P.MANAGE_ACCOUNTS, _ALL),
    Entry("administration_organizations.index", _l("全部单位"), "buildings", _P.MANAGE_ACCOUNTS, _ALL),
    Entry("accounts.who_may", _l("谁能做什么"), "table", _P.READ_PERMISSIONS, _ALL),
    Entry("administration_models.index", _l("模型版本"), "layers", _P.READ_MODELS, _ALL),
    Entry("administration_jobs.index", _l("后台任务"), "gear", _P.FOLLOW_JOBS, _ALL, "jobs"),
    Entry("administration_reference.index", _l("基础数据"), "journal-text", _P.KEEP_REFERENCE_DATA, _ALL),
    Entry("administration_retention.index", _l("保存期限"), "hourglass-split", _P.FOLLOW_JOBS, _ALL),
    Entry("administration_system.state", _l("系统状态"), "hdd-stack", _P.READ_SYSTEM, _ALL),
    Entry("mails.index", _l("邮件发送"), "envelope", _P.FOLLOW_MAIL, _ALL, "mails"),
    Entry("cases_handover.index", _l("工作交接"), "person-lines-fill", _P.MANAGE_COLLEAGUES, _B + _U + _O, "handover"),
    Entry("accounts.grants", _l("角色授予"), "person-plus", _P.GRANT_ROLES, _ALL, "grants"),
    Entry("integrations_keys.index", _l("接口密钥"), "key", _P.MANAGE_INTEGRATIONS, _E + _B + _U + _O),
    Entry("integrations_webhooks.index", _l("消息推送"), "broadcast", _P.MANAGE_INTEGRATIONS, _E + _B + _U + _O),
    Entry("accounts.people", _l("本单位人员"), "people", _P.MANAGE_COLLEAGUES, _ALL),
)


Line = tuple[Entry, str, bool]
"""An entry, its URL, and whether it is the present one."""


def menu(actor: Actor) -> list[tuple[LazyString | None, list[Line]]]:
    """(heading, lines) for the actor's role; a short menu is one group without heading."""
    groups: list[tuple[LazyString | None, list[Line]]] = [(None, [])]
    for entry in ENTRIES:
        if not isinstance(entry, Entry):
            groups.append((entry, []))
        elif _is_for(entry, actor):
            groups[-1][1].append((entry, url_for(entry.endpoint), _is_here(entry.endpoint)))
    lines = [line for _heading, group in groups for line in group]
    return [group for group in groups if group[1]] if len(lines) > _SHORT else [(None, lines)]


def _is_for(entry: Entry, actor: Actor) -> bool:
    return (
        actor.organization_kind in entry.kinds
        and entry.endpoint in current_app.view_functions
        and (may(actor, entry.permission) or entry.permission is Permission.HAVE_ACCOUNT)
    )


_BELONG_TO = {
    "banks_products": ("imports_loan_products",),
    "buyers_needs": ("imports_purchase_needs",),
    "cases": ("imports_outcomes",),
    "chains": ("chains_keeping", "chains_running", "chains_placing", "chains_leading"),
    "officials_pairings": ("officials_replays",),
    "reports": ("reports_research",),
    "officials_roadshows": (
        "officials_roadshow_participants", "officials_roadshow_meetings", "officials_roadshow_stage",
        "officials_roadshow_day", "officials_roadshow_board", "officials_roadshow_reports",
    ),
    "roadshows_visits": ("roadshows_meetings", "roadshows_day", "roadshows_materials"),
}  # fmt: skip
"""Rooms whose pages stand under another room's line of the menu."""


def _is_here(endpoint: str) -> bool:
    """Account pages share one blueprint, so only the page itself counts there."""
    blueprint = endpoint.partition(".")[0]
    if blueprint == "accounts":
        return request.endpoint == endpoint
    return request.blueprint in (blueprint, *_BELONG_TO.get(blueprint, ()))


def _waiting(actor: Actor) -> dict[str, int]:
    """Counts beside the menu, asked for once; none on the page of a crash, where the database may be what failed."""
    if g.get("has_crashed") or not actor.is_signed_in:
        return {}
    if "waiting" not in g:
        g.waiting = waiting(db(), actor, on=today())
    counts: dict[str, int] = g.waiting
    return counts


def _night_is_late(actor: Actor) -> bool:
    """For those who can do something about it."""
    return may(actor, _P.FOLLOW_JOBS) and not g.get("has_crashed") and night_is_late(db(), now())


def home_url(actor: Actor) -> str:
    """Where somebody lands: the first line of the menu, else the own account."""
    return next((url for _heading, lines in menu(actor) for _entry, url, _here in lines), url_for("accounts.account"))


def init_navigation(app: Flask) -> None:
    """Give every template the actor and the menu."""

    @app.context_processor
    def _context() -> dict[str, object]:
        actor = current_actor()
        return {
            "actor": actor,
            "account_id": current_account_id(),
            "menu": menu(actor) if actor.is_signed_in else [],
            "may_search": actor.organization_kind in (*_O, *SELF_REGISTERING),
            "waiting": lambda: _waiting(actor),
            "night_is_late": lambda: _night_is_late(actor),
            "demo_world": app.config["SETTINGS"].demo_world,
            "environment": app.config["SETTINGS"].environment,
        }
