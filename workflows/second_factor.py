"""The second factor: a time-based code (RFC 6238) from an authenticator, or a spare code.

A code opens once: the step it belongs to is kept, and the next one must be later. The comparison is one conditional
UPDATE, so of two requests with the same code exactly one gets in.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.organization import User
from models.sign_in import FactorAttempt, RecoveryCode, SecondFactor
from vocabulary.roles import Role
from workflows.audit import record
from workflows.sealing import cipher

_PURPOSE = b"second factor"
NEEDING_ROLES = frozenset({Role.OFFICER, Role.OFFICIAL, Role.COORDINATOR, Role.AUDITOR, Role.ADMIN})
"""Roles that must have a second factor where the settings ask for it."""

_STEP_SECONDS = 30
_DRIFT = 1
"""A code of the step before or after is accepted too: clocks of telephones are not exact."""
_WINDOW = timedelta(minutes=5)
_TRIES = 5
_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class WrongCode(Exception):
    """Not the code of this moment, or one that was used before: which of these is not told."""


class TooManyCodes(Exception):
    """Five wrong codes in five minutes; the next is heard after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Enrolment:
    """What the authenticator is told: the secret to type, and the address in the QR code."""

    secret: str
    uri: str


@dataclass(frozen=True)
class Standing:
    """How somebody's second factor stands."""

    since: datetime | None
    spare_codes: int


def standing(session: Session, user_id: int | None) -> Standing:
    """Since when there is one, and how many spare codes are left."""
    row = _of(session, user_id)
    left = session.exec(
        select(func.count()).where(RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
    ).one()
    return Standing(row.confirmed_at if row else None, left)


def has_factor(session: Session, user_id: int | None) -> bool:
    return standing(session, user_id).since is not None


def begin(session: Session, actor: Actor, *, key: str, account: str, issuer: str) -> Enrolment:
    """A secret to enrol, the same until it is confirmed. Rows written: `second_factor`, unconfirmed.

    Raises NotAllowed if there is a confirmed one already: that is taken away first.
    """
    row = _of(session, actor.user_id)
    if row is None:
        row = SecondFactor(user_id=actor.user_id or 0, sealed_secret=_seal(key, pyotp.random_base32()))
        session.add(row)
        session.flush()
    return _enrolment(row, key=key, account=account, issuer=issuer)


def begun(session: Session, actor: Actor, *, key: str, account: str, issuer: str) -> Enrolment | None:
    """The enrolment that was begun and not confirmed, if there is one."""
    row = _of(session, actor.user_id)
    if row is None or row.confirmed_at is not None:
        return None
    try:
        return _enrolment(row, key=key, account=account, issuer=issuer)
    except WrongCode:
        return None


def _enrolment(row: SecondFactor, *, key: str, account: str, issuer: str) -> Enrolment:
    if row.confirmed_at is not None:
        raise NotAllowed("second_factor_exists")
    secret = _open(key, row.sealed_secret)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def confirm(session: Session, actor: Actor, *, key: str, code: str) -> list[str]:
    """The first right code makes the factor count; returns the spare codes, which are shown this once.

    Raises WrongCode, TooManyCodes.
    """
    row = _of(session, actor.user_id)
    if row is None or row.confirmed_at is not None:
        raise WrongCode
    _check_totp(session, row, key=key, code=code)
    row.confirmed_at = now()
    session.add(row)
    session.flush()
    record(session, actor, "second_factor_set_up", subject_kind="user", subject_id=row.user_id)
    return _new_codes(session, row.user_id)


def renew_codes(session: Session, actor: Actor) -> list[str]:
    """Ten new spare codes; the old ones are dead."""
    if not has_factor(session, actor.user_id):
        raise NotAllowed("second_factor")
    record(session, actor, "recovery_codes_renewed", subject_kind="user", subject_id=actor.user_id or 0)
    return _new_codes(session, actor.user_id or 0)


def remove(session: Session, actor: Actor) -> None:
    """Take the own factor away, confirmed or only begun."""
    _remove(session, actor.user_id or 0)
    record(session, actor, "second_factor_removed", subject_kind="user", subject_id=actor.user_id or 0)


def take_away(session: Session, actor: Actor, user: User) -> None:
    """The administrator's answer to a lost telephone and lost spare codes; never for himself."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    if user.id is None or user.id == actor.user_id:
        raise NotAllowed("own_account")
    _remove(session, user.id)
    record(session, actor, "second_factor_removed", subject_kind="user", subject_id=user.id)


def check(session: Session, user_id: int, *, key: str, code: str) -> None:
    """Accept a code of the authenticator or a spare one, once. Raises WrongCode, TooManyCodes; then, too, commit."""
    row = _of(session, user_id)
    if row is None or row.confirmed_at is None:
        raise WrongCode
    plain = "".join(code.split()).replace("-", "").lower()
    if plain.isdigit() and len(plain) == 6:
        _check_totp(session, row, key=key, code=plain)
    else:
        _check_spare(session, row, plain)


def _check_totp(session: Session, row: SecondFactor, *, key: str, code: str) -> None:
    _require_patience(session, row.user_id)
    plain = "".join(code.split())
    totp = pyotp.TOTP(_open(key, row.sealed_secret))
    present = int(now().timestamp()) // _STEP_SECONDS
    right = [
        step
        for step in range(present - _DRIFT, present + _DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), plain.encode())
    ]
    if not right or not _is_first_use(session, row, right[0]):
        _refuse(session, row.user_id)


def _is_first_use(session: Session, row: SecondFactor, step: int) -> bool:
    statement = (
        update(SecondFactor)
        .where(col(SecondFactor.id) == row.id, col(SecondFactor.last_step) < step)
        .values(last_step=step)
    )
    return session.connection().execute(statement).rowcount == 1


def _check_spare(session: Session, row: SecondFactor, code: str) -> None:
    _require_patience(session, row.user_id)
    statement = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == row.user_id,
            col(RecoveryCode.code_digest) == _digest(code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now())
    )
    if session.connection().execute(statement).rowcount != 1:
        _refuse(session, row.user_id)


def _refuse(session: Session, user_id: int) -> None:
    session.add(FactorAttempt(user_id=user_id))
    session.flush()
    session.connection().execute(delete(FactorAttempt).where(col(FactorAttempt.created_at) < now() - 2 * _WINDOW))
    raise WrongCode


def _require_patience(session: Session, user_id: int) -> None:
    wrong, first = session.exec(
        select(func.count(), func.min(FactorAttempt.created_at)).where(
            FactorAttempt.user_id == user_id, FactorAttempt.created_at > now() - _WINDOW
        )
    ).one()
    if wrong >= _TRIES and first is not None:
        raise TooManyCodes(max(1, int((first + _WINDOW - now()).total_seconds()) + 1))


def _of(session: Session, user_id: int | None) -> SecondFactor | None:
    return session.exec(select(SecondFactor).where(SecondFactor.user_id == user_id)).first()


def _remove(session: Session, user_id: int) -> None:
    for model in (RecoveryCode, SecondFactor):
        session.connection().execute(delete(model).where(col(model.user_id) == user_id))
    session.expire_all()


def _new_codes(session: Session, user_id: int) -> list[str]:
    session.connection().execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(_CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_digest=_digest(code)) for code in codes)
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(code: str) -> str:
    """Fifty random bits need no slow hash: five tries in five minutes find none of them."""
    return sha256(code.encode()).hexdigest()


def _seal(key: str, secret: str) -> str:
    return cipher(key, _PURPOSE).encrypt(secret.encode()).decode()


def _open(key: str, sealed: str) -> str:
    """Raises WrongCode if the application's secret was changed since: the factor must be set up anew."""
    try:
        return cipher(key, _PURPOSE).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise WrongCode from None
