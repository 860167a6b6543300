"""People's accounts: signing in, passwords, resets, sessions."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.organization import Membership, Organization, PasswordReset, SignInAttempt, User, UserSession
from models.sign_in import KnownDevice
from vocabulary.lifecycles import USER, UserStatus
from vocabulary.roles import Role
from workflows.audit import record
from workflows.notifications import queue_mail
from workflows.passwords import hash_password, is_password
from workflows.transitions import advance

CLOCK_DRIFT = timedelta(minutes=10)
"""Clocks of servers may differ by so much."""
DEMO_PASSWORD = "Lianrong-demo-2026"  # noqa: S105 -- shown to everybody who opens the demo
SESSION_HANDLE = 12
"""How many characters of a session's digest name it on a page: enough to tell apart, useless as a cookie."""

_WINDOW = timedelta(minutes=15)
_FREE_TRIES_PER_ACCOUNT = 5
_FREE_TRIES_PER_ADDRESS = 50
_FIRST_WAIT = timedelta(seconds=30)
_KEEP_ATTEMPTS = timedelta(days=1)
_DEVICE_LIFE = timedelta(days=180)
_RESET_LIFE = timedelta(hours=1)
_RESETS_PER_HOUR = 3

LinkOf = Callable[[str], str]
"""From a secret token to the address of the page that takes it."""


class WrongCredentials(Exception):
    """The password is not the account's, or there is no such active account: the two look the same."""


class Throttled(Exception):
    """Too many failures; the next try is heard after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class LinkNotValid(Exception):
    """A link that was never sent, was used, was called back or is too old: which of these is not told."""


def normalize_email(email: str) -> str:
    return email.strip().lower()


def digest(secret: str) -> str:
    """What the database keeps of a token or of an address that failed to sign in."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(session: Session, *, email: str, password: str, address: str, device: str = "") -> User:
    """The user with this e-mail and password.

    A browser that signed in to this account before (`device`, its token) has a count of failures of its own, so that
    strangers who guess can slow each other down, but never shut the person out.

    Rows written: a `sign_in_attempt` on failure; on success the account's failures are forgotten. Raises Throttled
    (before any hashing, whether or not the account exists) or WrongCredentials; their request must still commit.
    """
    email = normalize_email(email)
    user = session.exec(select(User).where(User.email == email)).first()
    counted_for = email
    if _is_known(session, user, device):
        counted_for, address = f"{email} {device}", ""
    _require_patience(session, counted_for, address)
    is_right = is_password(password, user.password_hash if user else None)
    if user is None or not is_right or user.status is not UserStatus.ACTIVE:
        _note_failure(session, counted_for, address)
        raise WrongCredentials
    _forget_failures(session, counted_for)
    return user


def _is_known(session: Session, user: User | None, device: str) -> bool:
    statement = select(KnownDevice.id).where(
        KnownDevice.token_digest == digest(device),
        KnownDevice.user_id == (user.id if user else None),
        KnownDevice.expires_at > now(),
    )
    return bool(device) and session.exec(statement).first() is not None


def remember_device(session: Session, user: User, device: str) -> str:
    """The token by which this browser is known from now on: the one it brought, or a new one."""
    token = device if _is_known(session, user, device) else secrets.token_urlsafe(32)
    row = session.exec(
        select(KnownDevice).where(KnownDevice.token_digest == digest(token), KnownDevice.user_id == user.id)
    ).first() or KnownDevice(token_digest=digest(token), user_id=user.id or 0)
    row.expires_at = now() + _DEVICE_LIFE
    session.add(row)
    session.flush()
    return token


def forget_devices(session: Session, user_id: int) -> None:
    """No browser is known any more: after a reset of the password, whoever had one is a stranger."""
    session.connection().execute(delete(KnownDevice).where(col(KnownDevice.user_id) == user_id))


def _require_patience(session: Session, email: str, address: str) -> None:
    """After some failures each try waits twice as long as the one before, at most the window; never for good."""
    failures, latest = _failures(session, col(SignInAttempt.email_digest) == digest(email))
    if failures >= _FREE_TRIES_PER_ACCOUNT and latest is not None:
        _refuse_until(latest + min(_FIRST_WAIT * 2 ** (failures - _FREE_TRIES_PER_ACCOUNT), _WINDOW))
    if not address:
        return
    failures, latest = _failures(session, col(SignInAttempt.address) == address)
    if failures >= _FREE_TRIES_PER_ADDRESS and latest is not None:
        _refuse_until(latest + _FIRST_WAIT)


def _failures(session: Session, which: ColumnElement[bool]) -> tuple[int, datetime | None]:
    number, latest = session.exec(
        select(func.count(), func.max(SignInAttempt.created_at)).where(
            which, col(SignInAttempt.created_at) > now() - _WINDOW
        )
    ).one()
    return number, latest


def _refuse_until(moment: datetime) -> None:
    seconds = ceil((moment - now()).total_seconds())
    if seconds > 0:
        raise Throttled(seconds)


def _note_failure(session: Session, email: str, address: str) -> None:
    session.add(SignInAttempt(email_digest=digest(email), address=address))
    session.flush()
    session.connection().execute(delete(SignInAttempt).where(col(SignInAttempt.created_at) < now() - _KEEP_ATTEMPTS))


def _forget_failures(session: Session, email: str) -> None:
    session.connection().execute(delete(SignInAttempt).where(col(SignInAttempt.email_digest) == digest(email)))


def own_user(session: Session, actor: Actor) -> User:
    """The actor's user row."""
    user = session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotAllowed(Permission.HAVE_ACCOUNT.value)
    return user


def update_details(
    session: Session, actor: Actor, *, full_name: str, title: str, phone: str, language: str | None
) -> None:
    """Rows written: the own user."""
    user = own_user(session, actor)
    user.full_name, user.title, user.phone, user.language = full_name, title, phone, language
    session.add(user)
    session.flush()
    record(session, actor, "account_details_changed", subject_kind="user", subject_id=user.id or 0)


def change_password(session: Session, actor: Actor, *, old: str, new: str, keep_session_id: int | None) -> None:
    """A new password; every other session of the person ends. Raises WrongCredentials if `old` is wrong."""
    user = own_user(session, actor)
    if not is_password(old, user.password_hash):
        raise WrongCredentials
    _set_password(session, actor, user, new, keep_session_id=keep_session_id)


def _set_password(session: Session, actor: Actor, user: User, new: str, *, keep_session_id: int | None) -> None:
    assert user.id is not None
    user.password_hash, user.password_set_at = hash_password(new), now()
    session.add(user)
    session.flush()
    end_sessions(session, user.id, except_id=keep_session_id)
    record(session, actor, "password_changed", subject_kind="user", subject_id=user.id)


def end_sessions(session: Session, user_id: int, *, except_id: int | None = None) -> None:
    """End a person's sessions, but for the one to keep."""
    statement = update(UserSession).where(col(UserSession.user_id) == user_id, col(UserSession.ended_at).is_(None))
    if except_id is not None:
        statement = statement.where(col(UserSession.id) != except_id)
    session.connection().execute(statement.values(ended_at=now()))


def end_sessions_to_come(session: Session, at: datetime) -> None:
    """End what was opened under a clock that stood ahead: counted from a time to come, it would last too long."""
    opened = select(UserSession.id).where(
        col(UserSession.ended_at).is_(None), col(UserSession.created_at) > at + CLOCK_DRIFT
    )
    for session_id in session.exec(opened).all():  # hardly ever one, so that nothing is written here
        session.connection().execute(update(UserSession).where(col(UserSession.id) == session_id).values(ended_at=at))


def prove(session: Session, actor: Actor, *, password: str, address: str, device: str = "") -> None:
    """The signed-in person gives the password again; the same patience as at signing in. Raises likewise."""
    authenticate(session, email=own_user(session, actor).email, password=password, address=address, device=device)


def mark_proved(session: Session, session_id: int | None) -> None:
    """The person behind this session has just shown who he is."""
    session.connection().execute(update(UserSession).where(col(UserSession.id) == session_id).values(proved_at=now()))


def end_all_own_sessions(session: Session, actor: Actor, *, except_id: int | None) -> None:
    """Sign out everywhere else. One audit event."""
    assert actor.user_id is not None
    end_sessions(session, actor.user_id, except_id=except_id)
    record(session, actor, "other_sessions_ended", subject_kind="user", subject_id=actor.user_id)


def end_own_session(session: Session, actor: Actor, handle: str) -> None:
    """End one of the actor's sessions, named by the beginning of its digest; an unknown one is no error."""
    own = select(UserSession).where(UserSession.user_id == actor.user_id, col(UserSession.ended_at).is_(None))
    for row in session.exec(own).all():
        if row.token_digest[:SESSION_HANDLE] == handle:
            row.ended_at = now()
            session.add(row)
    session.flush()


def request_reset(session: Session, *, email: str, link_of: LinkOf) -> None:
    """Queue a reset link to an active account, a few an hour at most; does nothing visible for other addresses.

    Mails queued: `password_reset`.
    """
    user = session.exec(
        select(User).where(User.email == normalize_email(email), User.status == UserStatus.ACTIVE)
    ).first()
    if user is None or user.id is None or _resets_lately(session, user.id) >= _RESETS_PER_HOUR:
        return
    token = secrets.token_urlsafe(32)
    session.add(PasswordReset(user_id=user.id, token_digest=digest(token), expires_at=now() + _RESET_LIFE))
    queue_mail(
        session,
        recipient=user.email,
        language=user.language,
        template="password_reset",
        values={"name": user.full_name, "link": link_of(token)},
    )
    session.flush()


def _resets_lately(session: Session, user_id: int) -> int:
    return session.exec(
        select(func.count()).where(
            PasswordReset.user_id == user_id, col(PasswordReset.created_at) > now() - timedelta(hours=1)
        )
    ).one()


def reset_of(session: Session, token: str) -> tuple[PasswordReset, User]:
    """The unused reset behind a token and whose it is. Raises LinkNotValid."""
    found = session.exec(
        select(PasswordReset, User)
        .join(User, col(User.id) == PasswordReset.user_id)
        .where(
            PasswordReset.token_digest == digest(token),
            col(PasswordReset.used_at).is_(None),
            PasswordReset.expires_at > now(),
            User.status == UserStatus.ACTIVE,
        )
    ).first()
    if found is None:
        raise LinkNotValid
    return found[0], found[1]


def reset_password(session: Session, *, token: str, new: str) -> User:
    """Set a new password by a reset link; the account's other links and all its sessions end. Raises LinkNotValid."""
    reset, user = reset_of(session, token)
    unused = update(PasswordReset).where(col(PasswordReset.used_at).is_(None)).values(used_at=now())
    if session.connection().execute(unused.where(col(PasswordReset.id) == reset.id)).rowcount != 1:
        raise LinkNotValid  # the same link at the same moment
    session.connection().execute(unused.where(col(PasswordReset.user_id) == user.id))
    _forget_failures(session, user.email)
    assert user.id is not None
    forget_devices(session, user.id)
    holder = Actor(user.id, user.full_name, None, None, "", False, None)
    _set_password(session, holder, user, new, keep_session_id=None)
    return user


def user_to_manage(session: Session, actor: Actor, public_id: str) -> User | None:
    """A user an administrator may disable or enable: anybody but himself."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    return session.exec(select(User).where(User.public_id == public_id, User.id != actor.user_id)).first()


def disable_user(session: Session, actor: Actor, user: User, *, reason: str) -> None:
    """active -> disabled; the person's sessions end."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    assert user.id is not None
    if user.id == actor.user_id:
        raise NotAllowed("own_account")
    advance(session, actor, USER, user, UserStatus.DISABLED, reason=reason)
    end_sessions(session, user.id)


def sign_out(session: Session, actor: Actor, user: User) -> None:
    """End every session of somebody, who may sign in again."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    assert user.id is not None
    end_sessions(session, user.id)
    record(session, actor, "sessions_ended", subject_kind="user", subject_id=user.id)


def enable_user(session: Session, actor: Actor, user: User) -> None:
    """disabled -> active."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    advance(session, actor, USER, user, UserStatus.ACTIVE)


@dataclass(frozen=True)
class DemoAccount:
    """One way into the demo."""

    role: Role
    organization: str
    name: str
    email: str


def demo_accounts(session: Session) -> list[DemoAccount]:
    """The first demo person of every role, for the front page of the demo."""
    rows = session.exec(
        select(Membership.role, Organization.legal_name, User.full_name, User.email)
        .join(User, col(User.id) == Membership.user_id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(col(User.is_demo), col(Membership.ended_at).is_(None), User.status == UserStatus.ACTIVE)
        .order_by(col(User.id))
    ).all()
    first: dict[Role, DemoAccount] = {}
    for code, organization, name, email in rows:
        role = Role(code)
        first.setdefault(role, DemoAccount(role, organization, name, email))
    return [first[role] for role in Role if role in first]
