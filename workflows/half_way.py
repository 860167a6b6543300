"""Between the password and the code: who got half way, for how long, and only while the password stays the same."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from models.base import now
from models.organization import User
from vocabulary.lifecycles import UserStatus
from workflows.accounts import digest


@dataclass(frozen=True)
class HalfWay:
    """Kept in the signed cookie: whose password was right, when, and a mark that a change of the password wipes out."""

    public_id: str
    at: int
    mark: str

    def as_list(self) -> list[Any]:
        return [self.public_id, self.at, self.mark]

    @classmethod
    def from_list(cls, kept: Any) -> "HalfWay | None":
        return cls(*kept) if isinstance(kept, list) and len(kept) == 3 else None


def half_way(user: User) -> HalfWay:
    """The password was right just now."""
    return HalfWay(user.public_id, int(now().timestamp()), _mark(user))


def person_half_way(session: Session, kept: HalfWay | None, *, within: timedelta) -> User | None:
    """Whose second step is awaited; nobody's after the time, or once the account or its password has changed."""
    if kept is None or now() - datetime.fromtimestamp(kept.at, UTC) > within:
        return None
    user = session.exec(select(User).where(User.public_id == kept.public_id, User.status == UserStatus.ACTIVE)).first()
    return user if user is not None and _mark(user) == kept.mark else None


def _mark(user: User) -> str:
    return digest(user.password_hash)[:16]
