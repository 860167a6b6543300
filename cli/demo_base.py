"""What the parts of the demo world share: the random source, the day, people and their password."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, delete, select
from stdnum.cn.uscc import calc_check_digit

from access.actor import Actor
from cli.demo_catalogue import GIVEN_NAMES, SURNAMES
from models.base import now
from models.chain import Chain, ChainLink
from models.notice import Notice
from models.organization import Membership, Organization, User
from models.outbox import OutboxMessage
from models.posting import Demand, Supply
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.names import name_core
from vocabulary.roles import OrganizationKind, Role
from workflows.accounts import DEMO_PASSWORD
from workflows.audit import dated

PASSWORD = DEMO_PASSWORD
DOMAIN = "demo.lianrong.cn"
_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CODE_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def password_hash() -> str:
    """One hash for all demo accounts: hashing each would take longer than all the rest."""
    return Argon2Hasher().hash(PASSWORD)


@dataclass
class DemoBase:
    """The demo world while it is built: where rows go and what has been built so far."""

    session: Session
    today: date
    random: Random
    chains: dict[str, Chain] = field(default_factory=dict)
    links: dict[tuple[str, str], ChainLink] = field(default_factory=dict)
    offices: dict[str, Organization] = field(default_factory=dict)
    officials: dict[int, User] = field(default_factory=dict)
    """chain id -> the official of its office."""
    people: dict[int, User] = field(default_factory=dict)
    """organization id -> its first person."""
    lines: list[Supply] = field(default_factory=list)
    needs: list[Demand] = field(default_factory=list)

    def days_ago(self, days: float) -> datetime:
        """An aware time some days before the present moment."""
        return now() - timedelta(days=days)

    def back(self, days: float) -> AbstractContextManager[None]:
        """The ledger's lines of what is done meanwhile are dated some days back."""
        return dated(self.session, self.days_ago(days))

    def forget_news(self, event: str) -> None:
        """Take back notices and mail of an event: nobody waits for news of what happened before the demo began."""
        self.session.flush()
        self.session.connection().execute(delete(Notice).where(col(Notice.event) == event))
        self.session.connection().execute(delete(OutboxMessage).where(col(OutboxMessage.template) == event))

    def person_name(self) -> str:
        return self.random.choice(SURNAMES) + self.random.choice(GIVEN_NAMES)

    def phone(self) -> str:
        """A mobile number in the unassigned block 1000."""
        return f"1000734{self.random.randrange(10_000):04d}"

    def add_organization(
        self,
        kind: OrganizationKind,
        name: str,
        *,
        region: str | None = None,
        chain: Chain | None = None,
        short: str = "",
        status: OrganizationStatus = OrganizationStatus.VERIFIED,
    ) -> Organization:
        """An organization; verified ones were verified some months ago."""
        has_code = kind in (OrganizationKind.ENTERPRISE, OrganizationKind.BANK, OrganizationKind.BUYER)
        organization = Organization(
            kind=kind,
            legal_name=name,
            name_core=name_core(name),
            short_name=short or name_core(name),
            uscc=self._uscc(region or "430400") if has_code else None,
            phone=self.phone(),
            region_code=region,
            chain_id=chain.id if chain else None,
            status=status,
            verified_at=self.days_ago(self.random.randrange(30, 160))
            if status in (OrganizationStatus.VERIFIED, OrganizationStatus.SUSPENDED)
            else None,
            review_note="营业执照扫描件不清晰，请重新上传。" if status is OrganizationStatus.RETURNED else None,
            is_demo=True,
        )
        self.session.add(organization)
        return organization

    def add_user(
        self,
        organization: Organization,
        role: Role,
        *,
        email: str,
        name: str = "",
        title: str = "",
        branch: str = "",
    ) -> User:
        """A person with the demo password; the organization must have its id."""
        user = User(
            email=email if "@" in email else f"{email}@{DOMAIN}",
            password_hash=password_hash(),
            full_name=name or self.person_name(),
            phone=self.phone(),
            title=title,
            is_demo=True,
        )
        self.session.add(user)
        self.session.flush()
        assert user.id is not None
        assert organization.id is not None
        self.session.add(Membership(user_id=user.id, organization_id=organization.id, role=role, branch=branch))
        self.people.setdefault(organization.id, user)
        return user

    def _uscc(self, region: str) -> str:
        """A well-formed code: market regulator, enterprise, region, organization code and check character."""
        body = "MA" + "".join(self.random.choice(_CODE_LETTERS) for _ in range(6))
        total = sum(_CODE_VALUES.index(letter) * weight for letter, weight in zip(body, _CODE_WEIGHTS, strict=True))
        check = "0123456789X"[(11 - total % 11) % 11]
        code = f"91{region}{body}{check}"
        return code + calc_check_digit(code)


def actors_of(session: Session, role: Role) -> list[Actor]:
    """Everybody in a role, with the organization they act for; the first first."""
    rows = session.exec(
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Membership.role == role)
        .order_by(col(User.id))
    ).all()
    return [
        Actor(
            user_id=user.id, name=user.full_name, organization_id=organization.id,
            organization_kind=organization.kind, organization_name=organization.legal_name, is_verified=True,
            role=role, chain_id=organization.chain_id,
        )
        for user, organization in rows
    ]  # fmt: skip
