"""From a signed-in browser to an Actor. The only module that knows flask-login.

A session is a row: the cookie carries a random token whose digest is looked up on every request, so that signing
out, disabling a user or ending a membership bites at once, whoever holds a copy of the cookie.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import AnonymousUserMixin, LoginManager, current_user, login_user, logout_user
from sqlmodel import col, select

from access.actor import ANONYMOUS, Actor
from access.people import actor_of
from models.base import now
from models.organization import User, UserSession
from models.sign_in import SecondFactor
from vocabulary.lifecycles import UserStatus
from web.common.database import db
from web.common.problems import is_machine

manager = LoginManager()


class SignedIn:
    """What flask-login keeps: the token of a session row and the user behind it."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, user: User, row: UserSession, *, has_factor: bool = False) -> None:
        self.token = token
        self.public_id = user.public_id
        self.user = user
        self.row = row
        self.has_factor = has_factor

    def get_id(self) -> str:
        return self.token


class _SlidingSessions(SecureCookieSessionInterface):
    """The signed time in the cookie is that of the last request, so an idle browser is signed out without a write.

    Files of the site are left alone: they may be kept by shared caches, and no cookie belongs there. Nor does one
    belong to the API, which neither reads nor sets any.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.session_class() if is_machine() else super().open_session(app, request)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        if is_machine() or "static" in (request.endpoint or ""):
            return False
        return super().should_set_cookie(app, session)


def init_identity(app: Flask) -> None:
    manager.init_app(app)
    app.session_interface = _SlidingSessions()


@manager.user_loader
def _load(token: str) -> SignedIn | None:
    oldest = now() - timedelta(hours=current_app.config["SETTINGS"].session_hours)
    found = (
        db()
        .exec(
            select(UserSession, User, SecondFactor.confirmed_at)
            .join(User, col(User.id) == UserSession.user_id)
            .outerjoin(SecondFactor, col(SecondFactor.user_id) == User.id)
            .where(
                UserSession.token_digest == token_digest(token),
                col(UserSession.ended_at).is_(None),
                UserSession.created_at > oldest,
                User.status == UserStatus.ACTIVE,
            )
        )
        .first()
    )
    return SignedIn(token, found[1], found[0], has_factor=found[2] is not None) if found else None


def token_digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(user: User, *, user_agent: str = "") -> None:
    """Open a new session row and a new cookie; whatever the browser carried before is dropped."""
    session.clear()
    session.permanent = True  # for the idle limit, see _SlidingSessions
    assert user.id is not None
    token = secrets.token_urlsafe(32)
    row = UserSession(token_digest=token_digest(token), user_id=user.id, user_agent=user_agent[:200])
    db().add(row)
    db().flush()
    login_user(SignedIn(token, user, row))
    g.pop("actor", None)


def sign_out() -> None:
    """End the session row; a copy of the cookie is worthless from now on."""
    if current_user.is_authenticated:
        row = db().get(UserSession, current_user.row.id)
        if row is not None:
            row.ended_at = now()
            db().add(row)
    logout_user()
    session.clear()
    g.pop("actor", None)


def forget_person() -> None:
    """Finish this request as if nobody had signed in: what tells who asks cannot be read."""
    g._login_user = AnonymousUserMixin()
    g.actor = ANONYMOUS


def current_session_id() -> int | None:
    """Id of the session row of this request."""
    return current_user.row.id if current_user.is_authenticated else None


def proved_at() -> datetime | None:
    """When the person behind this request last gave a password or a code."""
    return (current_user.row.proved_at or current_user.row.created_at) if current_user.is_authenticated else None


def has_second_factor() -> bool:
    """Whether the person behind this request has a confirmed second factor."""
    return bool(current_user.is_authenticated and current_user.has_factor)


def current_account_id() -> str:
    """Public id of the account behind this request, "" for nobody; known even on the page of a crash."""
    return current_user.public_id if current_user.is_authenticated else ""


def current_account() -> User | None:
    """The user row behind this request."""
    return current_user.user if current_user.is_authenticated else None


def current_actor() -> Actor:
    """Who acts in this request, from current rows."""
    if "actor" not in g:
        g.actor = actor_of(db(), current_user.user) if current_user.is_authenticated else ANONYMOUS
    actor: Actor = g.actor
    return actor
