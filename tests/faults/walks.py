"""Walk a site by its links, as one person after the other."""

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import Engine
from sqlmodel import col, select
from werkzeug.exceptions import HTTPException

from models.organization import Membership, Organization, User, UserSession
from models.session import unit_of_work
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role
from web.common.identity import token_digest

_LINK = re.compile(r'href="(/[^"#]*)"')
_PER_ENDPOINT = 2
_MADE_ANEW = re.compile(r'(name="(?:csrf_token|idempotency_key)"[^>]*value="|nonce="|content=")[^"]*"')
"""What is another on each page, and says nothing."""


def sign_in_one_of_each(engine: Engine, mark: str = "") -> dict[OrganizationKind, str]:
    """A session of somebody of each kind of organization: kind -> token."""
    tokens = {}
    with unit_of_work(engine) as session:
        people = session.exec(
            select(User, Organization.kind)
            .join(Membership, col(Membership.user_id) == User.id)
            .join(Organization, col(Organization.id) == Membership.organization_id)
            .where(Organization.status == OrganizationStatus.VERIFIED, User.status == UserStatus.ACTIVE)
            .where(Membership.role != Role.FILER)
            .order_by(col(User.id))
        ).all()
        for user, kind in people:
            if kind not in tokens:
                tokens[kind] = f"token of {kind}{mark}"
                session.add(UserSession(token_digest=token_digest(tokens[kind]), user_id=user.id))
    return tokens


def walk(app: Flask, token: str, n_pages: int, urls: Iterable[str] = ()) -> dict[str, str]:
    """Address -> text of the pages that somebody reaches from the first one, or of `urls`."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    waiting, found, taken = list(urls) or ["/"], {}, defaultdict(int)
    is_given, seen = bool(waiting != ["/"]), set()
    while waiting and len(found) < n_pages:
        url = waiting.pop(0)
        endpoint = _endpoint(app, url)
        if url in seen or not endpoint or endpoint.endswith("static") or re.search("leave|/pdf|/xlsx|/csv", url):
            continue
        if taken[endpoint] >= _PER_ENDPOINT and not is_given:
            continue
        seen.add(url)
        answer = client.get(url)
        if answer.status_code in (302, 303) and not is_given:
            waiting.append(urlsplit(answer.location).path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        taken[endpoint] += 1
        found[url] = _MADE_ANEW.sub(r'\1"', answer.text)
        if not is_given:
            waiting += [urlsplit(link.replace("&amp;", "&")).path for link in _LINK.findall(answer.text)]
    return found


def _endpoint(app: Flask, url: str) -> str:
    try:
        return str(app.url_map.bind("localhost").match(url, method="GET")[0])
    except HTTPException:
        return ""
