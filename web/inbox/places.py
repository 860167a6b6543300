"""Where a notice leads its reader: the address of the page, looked up as that reader, or NotVisible."""

from collections.abc import Callable

from flask import current_app, url_for

from access.actor import Actor
from access.lists import cases, office_reports, problems, roadshow_visits
from access.lists import notices as lists
from access.lists import policy as policies
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from access.scopes import OFFICES
from vocabulary.events import Place, event_of
from web.common.database import db
from web.common.identity import current_actor
from web.inbox.words import Told
from workflows import roadshows
from workflows.calendar import today

_P = Place


def address_of(notice: Told) -> str | None:
    """The page a notice opens; None if it leads nowhere. Raises NotVisible if the reader may not see it any more."""
    return FINDERS[event_of(notice.event).opens](current_actor(), notice)


def _page(*endpoints: str) -> Callable[[Actor, Told], str]:
    """The first of these pages without an id that the reader's role may open."""

    def find(actor: Actor, _notice: Told) -> str:
        for endpoint in endpoints:
            permission = getattr(current_app.view_functions.get(endpoint), "permission", None)
            if permission is Permission.HAVE_ACCOUNT or (permission is not None and may(actor, permission)):
                return url_for(endpoint)
        raise NotVisible

    return find


def _pairing(actor: Actor, notice: Told) -> str:
    if notice.pairing_id is None:
        raise NotVisible
    public_id = lists.pairing_public_id(db(), actor, notice.pairing_id)
    if actor.organization_kind in OFFICES:
        return url_for("officials_pairings.show", public_id=public_id)
    cases.case(db(), actor, public_id, on=today())
    return url_for("cases.detail", public_id=public_id)


def _roadshow(actor: Actor, notice: Told) -> str:
    public_id = str(notice.values.get("roadshow") or "")
    if actor.organization_kind in OFFICES:
        roadshows.roadshow_to_run(db(), actor, public_id)
        return url_for("officials_roadshows.show", public_id=public_id)
    if not may(actor, Permission.ATTEND_ROADSHOWS):
        raise NotVisible
    roadshow_visits.visit(db(), actor, public_id)
    return url_for("roadshows_visits.show", public_id=public_id)


def _problem(actor: Actor, notice: Told) -> str:
    public_id = str(notice.values.get("problem") or "")
    problems.problem(db(), actor, public_id, on=today())
    endpoint = "officials_problems.show" if actor.organization_kind in OFFICES else "firms_problems.show"
    return url_for(endpoint, public_id=public_id)


def _office_report(actor: Actor, notice: Told) -> str:
    public_id = str(notice.values.get("report") or "")
    if not may(actor, Permission.MAKE_REPORTS):
        raise NotVisible
    office_reports.report(db(), actor, public_id)
    return url_for("reports.show", public_id=public_id)


def _policy(actor: Actor, notice: Told) -> str:
    if actor.organization_kind in OFFICES:
        public_id = policies.scenario(db(), actor, str(notice.values.get("scenario") or "")).public_id
        return url_for("officials_policy.show", public_id=public_id)
    return _page("banks_suggestions.index")(actor, notice) or ""


FINDERS: dict[Place, Callable[[Actor, Told], str | None]] = {
    _P.NOWHERE: lambda _actor, _notice: None,
    _P.ACCOUNT: _page("accounts.account"),
    _P.RECOGNITIONS: _page("firms_recognitions.index", "officials_recognitions.index"),
    _P.PROFILE: _page("firms_profile.index", "officials_profiles.index"),
    _P.CONSENTS: _page("firms_consents.index"),
    _P.PAIRING: _pairing,
    _P.CASES: _page("cases.index"),
    _P.ROADSHOW: _roadshow,
    _P.CHAIN: _page("chains.index"),
    _P.PROBLEM: _problem,
    _P.GRANTS: _page("accounts.grants"),
    _P.UPGRADE: _page("firms_upgrades.index"),
    _P.OFFICE_REPORT: _office_report,
    _P.PLAN: _page("chains_planning.index"),
    _P.POLICY: _policy,
    _P.DRIFT: _page("administration_models.drifts"),
    _P.SUPPLIER_GROUP: _page("firms_shares.index", "officials_groups.index", "buyers_needs.index"),
    _P.RECOMMENDATIONS: _page("firms_recommendations.index", "counterparts_recommendations.index"),
}
