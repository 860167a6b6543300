"""A key in hand: rows of the key, and a client that sends it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session

from models.api_key import ApiKey
from models.organization import Organization, User
from tests import factories
from vocabulary.integrations import SCOPES_OF_KIND, ApiScope
from vocabulary.roles import ROLES_OF_KIND
from workflows import api_keys
from workflows.calendar import today

MakeKey = Callable[..., tuple[ApiKey, str]]


@pytest.fixture
def make_key(session: Session) -> MakeKey:
    """Give an organization a key; every scope of its kind unless some are named. Commits."""

    def make(
        organization: Organization, user: User | None = None, scopes: list[ApiScope] | None = None, **values: Any
    ) -> tuple[ApiKey, str]:
        role = ROLES_OF_KIND[organization.kind][-1]
        user = user or factories.make_user(session, organization, role)
        known = list(SCOPES_OF_KIND[organization.kind]) if scopes is None else scopes
        plain = {"name": f"系统{user.id}", "purpose": "", "expires_on": today() + timedelta(days=90)}
        key, secret = api_keys.make(
            session, factories.actor_of(user, organization, role), scopes=known, today=today(), **plain | values
        )
        session.commit()
        return key, secret

    return make


@pytest.fixture
def api(app: Flask) -> Callable[[str], FlaskClient]:
    """A client that sends a secret with every request."""

    def client(secret: str) -> FlaskClient:
        found = app.test_client()
        found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return found

    return client
