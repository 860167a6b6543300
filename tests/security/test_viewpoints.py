"""Eleven viewpoints on the rows of the demo world: what one may open is replayed as every other one.

Each viewpoint walks the product from its own menu. An address with an id that it reached is then asked for as everybody
else: 200 only if they reach it by themselves too or it is meant for both; else the page of an id that does not exist.
"""

import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, or_, select
from werkzeug.exceptions import HTTPException

from models.confirmed_order import JointCase
from models.organization import Membership, Organization, User, UserSession
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role
from web.common.identity import token_digest

VIEWPOINTS = {
    "F": (OrganizationKind.ENTERPRISE, 0), "F'": (OrganizationKind.ENTERPRISE, 1), "B": (OrganizationKind.BANK, 0),
    "B'": (OrganizationKind.BANK, 1), "U": (OrganizationKind.BUYER, 0), "O": (OrganizationKind.CHAIN_OFFICE, 0),
    "O'": (OrganizationKind.CHAIN_OFFICE, 1), "C": (OrganizationKind.JOINT_OFFICE, 0),
    "AD": (OrganizationKind.IT_OFFICE, 0), "AU": (OrganizationKind.AUDIT_OFFICE, 0),
}  # fmt: skip
"""And AN, who is not signed in."""
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("demo_world")]
_PER_ENDPOINT, _PAGES = 2, 100
_LINK = re.compile(r'href="(/[^"#]*)"')
_MISSING = "222222222222"
SHARED = (
    "chains.", "chains_", "roadshows_", "officials_roadshow", "officials_organizations.", "officials_recognitions.",
    "counterparts_", "firms_recommendations.", "inbox.", "inbox_", "officials_dashboard.", "officials_reasons.",
)  # fmt: skip
"""Pages of which a viewpoint's own walk need not find every address it may open: the walk is short."""
CITY = ("officials_", "cases.", "cases_handover.", "orders.", "administration_models.")
"""What the joint office reads of every chain."""
AUDITED = ("officials_projects.show",)
"""What the auditor reads of every chain."""


class World:
    """Clients of every viewpoint and the addresses with ids that each reached: endpoint -> address."""

    def __init__(self, app, engine) -> None:
        self.app, self.engine = app, engine
        self.clients = {"AN": app.test_client()}
        self.n_looked_at, self.careless = 0, {}
        self.organizations: dict[str, int | None] = {"AN": None}
        with unit_of_work(engine) as session:
            for name, (kind, nth) in VIEWPOINTS.items():
                self.clients[name] = self._client(session, name, kind, nth)
        self.reached = {name: self._walk(client) for name, client in self.clients.items()}

    def _client(self, session, name, kind, nth):
        people = session.exec(
            select(User, Organization)
            .join(Membership, Membership.user_id == User.id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Organization.kind == kind, Organization.status == OrganizationStatus.VERIFIED)
            .where(User.status == UserStatus.ACTIVE, Membership.role != Role.FILER)
            .order_by(User.id)
        ).all()
        by_organization = {}
        for user, organization in people:
            by_organization.setdefault(organization.id, user)
        organization_id, user = list(by_organization.items())[nth]
        self.organizations[name] = organization_id
        token = f"token-{name}"
        session.add(UserSession(token_digest=token_digest(token), user_id=user.id))
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    def endpoint(self, url: str) -> tuple[str, dict[str, str]]:
        try:
            return self.app.url_map.bind("localhost").match(url, method="GET")
        except HTTPException:
            return "", {}

    def may_share(self, name: str, endpoint: str, values: dict[str, str]) -> bool:
        """Whether a page that somebody else reached is this viewpoint's too, though its short walk did not reach it."""
        if endpoint.startswith(SHARED):
            return True
        if name in ("C", "AU"):
            return endpoint.startswith(CITY if name == "C" else AUDITED)
        return endpoint.startswith(("cases", "orders.")) and self.organizations[name] in self._parties(values)

    def _parties(self, values: dict[str, str]) -> set[int]:
        """Both sides of the pairing in an address, the firm and the lender of a joint case, and the chain's office."""
        with open_session(self.engine, read_only=True) as session:
            joint = select(JointCase.finance_pairing_id).where(col(JointCase.public_id).in_(values.values()))
            pairing = session.exec(
                select(Pairing).where(or_(col(Pairing.public_id).in_(values.values()), col(Pairing.id).in_(joint)))
            ).first()
            if pairing is None:
                return set()
            office = select(Organization.id).where(
                Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == pairing.chain_id
            )
            return {pairing.demand_organization_id, pairing.supply_organization_id, *session.exec(office)}

    def _look_at(self, url: str, answer) -> None:
        """Whether an answer may be kept by a browser, framed, sniffed or run what is inline."""
        self.n_looked_at += 1
        policy = answer.headers.get("Content-Security-Policy", "")
        is_careful = (
            "no-store" in answer.headers.get("Cache-Control", "")
            and "frame-ancestors 'none'" in policy
            and "unsafe" not in policy
            and answer.headers.get("X-Content-Type-Options") == "nosniff"
        )
        if not is_careful:
            self.careless[url] = dict(answer.headers)

    def _walk(self, client) -> set[str]:
        seen, found, taken = set(), set(), defaultdict(int)
        waiting = ["/"]
        while waiting and len(seen) < _PAGES:
            url = waiting.pop(0)
            endpoint, values = self.endpoint(url)
            if url in seen or not endpoint or endpoint.endswith("static") or "/pdf" in url or "/xlsx" in url:
                continue
            if taken[endpoint] >= _PER_ENDPOINT or ("leave" in url):
                continue
            seen.add(url)
            answer = client.get(url)
            self._look_at(url, answer)
            if answer.status_code in (302, 303) and not values:
                waiting.append(urlsplit(answer.location).path)
                continue
            if answer.status_code != 200:
                continue
            taken[endpoint] += 1
            if values:
                found.add(url)
            if answer.mimetype == "text/html":
                waiting.extend(urlsplit(link.replace("&amp;", "&")).path for link in _LINK.findall(answer.text))
        return found


@pytest.fixture(scope="module")
def world(built_app, demo_database):
    engine = demo_database.copy()
    before = built_app.extensions["engine"]
    built_app.extensions["engine"] = engine
    yield World(built_app, engine)
    built_app.extensions["engine"] = before
    engine.dispose()


def test_the_walk_really_happened(world):
    counts = {name: len(urls) for name, urls in world.reached.items()}
    assert all(counts[name] >= 5 for name in ("F", "F'", "B", "B'", "O", "O'", "C")), counts


def test_no_page_of_anybody_is_kept_by_a_browser_or_shown_in_a_frame(world):
    assert world.n_looked_at > 300
    assert world.careless == {}


def test_what_one_may_open_is_closed_to_the_others_or_theirs_too(world):
    """Each address is asked for once as everybody who did not reach it; pages of missing ids are the same for all."""
    wrong, of_missing = {}, {}
    for url in sorted(set().union(*world.reached.values())):
        endpoint, values = world.endpoint(url)
        missing = url
        for value in values.values():
            if len(str(value)) == len(_MISSING):
                missing = missing.replace(str(value), _MISSING)
        for name, client in world.clients.items():
            if url in world.reached[name]:
                continue
            answer = client.get(url)
            if answer.status_code == 200 and not world.may_share(name, endpoint, values):
                wrong[f"{url} as {name}"] = f"200 {endpoint}"
            if answer.status_code == 404 and missing != url:
                if (name, missing) not in of_missing:
                    other = client.get(missing)
                    of_missing[name, missing] = (other.status_code, len(other.data))
                if of_missing[name, missing] != (404, len(answer.data)):
                    wrong[f"{url} as {name}"] = f"not the page of a missing id: {endpoint}"
            if answer.status_code not in (200, 302, 303, 403, 404):
                wrong[f"{url} as {name}"] = str(answer.status_code)
    assert wrong == {}
