"""Inboxes of the accounts that a visitor of the demo signs in with: some read, some not; mail in every status."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, or_, select

from cli.demo_base import DOMAIN, DemoBase
from models.base import now
from models.firm_profile import FirmProfile
from models.notice import Notice, NoticePreference
from models.organization import Membership, Organization, User
from models.outbox import OutboxMessage
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.roadshow import Roadshow, RoadshowParticipant
from vocabulary.discretion import discreet
from vocabulary.events import UNDELIVERABLE, EventCategory, Frequency
from vocabulary.lifecycles import OutboxStatus, ParticipantStatus, RoadshowStatus

_PEOPLE = ("firm", "filer", "bank", "buyer")
_READ_AFTER = timedelta(days=20)
"""Older notices were read."""
_TOLD = {RoadshowStatus.ANNOUNCED: "accepted", RoadshowStatus.HELD: "accepted", RoadshowStatus.CANCELLED: "cancelled"}
_FAILED_FOR = f"filer@{DOMAIN}"


def add_notices(base: DemoBase) -> None:
    """What the workflows would have told these people, had the demo's past happened through them."""
    for name in _PEOPLE:
        user, organization = base.session.exec(
            select(User, Organization)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .join(Organization, col(Organization.id) == col(Membership.organization_id))
            .where(User.email == f"{name}@{DOMAIN}")
        ).one()
        _of_verification(base, user, organization)
        _of_pairings(base, user, organization)
        _of_roadshows(base, user, organization)
        base.session.add(
            NoticePreference(user_id=user.id or 0, category=EventCategory.ROADSHOWS, frequency=Frequency.DAILY)
        )
    _add_mail(base)


def _tell(
    base: DemoBase,
    user: User,
    organization: Organization,
    event: str,
    values: dict[str, Any],
    at: datetime,
    pairing_id: int | None = None,
) -> None:
    is_read = at < now() - _READ_AFTER
    base.session.add(
        Notice(
            user_id=user.id or 0,
            organization_id=organization.id,
            event=event,
            values=values,
            pairing_id=pairing_id,
            created_at=at,
            visible_from=at,
            read_at=at + timedelta(hours=5) if is_read else None,
            frequency=Frequency.AT_ONCE,
        )
    )


def _of_verification(base: DemoBase, user: User, organization: Organization) -> None:
    values = {"organization": organization.legal_name}
    if organization.verified_at:
        _tell(base, user, organization, "organization_verified", values, organization.verified_at)
    profile = base.session.exec(select(FirmProfile).where(FirmProfile.organization_id == organization.id)).first()
    if profile is not None and profile.verified_at:
        _tell(base, user, organization, "profile_verified", values, profile.verified_at)


def _of_pairings(base: DemoBase, user: User, organization: Organization) -> None:
    rows = base.session.exec(
        select(Pairing, Demand.title, Supply.title)
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .where(
            or_(
                col(Pairing.demand_organization_id) == organization.id,
                col(Pairing.supply_organization_id) == organization.id,
            ),
            col(Pairing.introduced_at).is_not(None),
        )
        .order_by(col(Pairing.id))
    ).all()
    for pairing, demand, supply in rows:
        assert pairing.introduced_at is not None
        values = discreet({"demand": demand, "supply": supply})
        _tell(base, user, organization, "pairing_confirmed", values, pairing.introduced_at, pairing.id)


def _of_roadshows(base: DemoBase, user: User, organization: Organization) -> None:
    rows = base.session.exec(
        select(Roadshow)
        .join(RoadshowParticipant, col(RoadshowParticipant.roadshow_id) == col(Roadshow.id))
        .where(
            RoadshowParticipant.organization_id == organization.id,
            RoadshowParticipant.status == ParticipantStatus.ACCEPTED,
            Roadshow.version > 0,
        )
        .order_by(col(Roadshow.held_on))
    ).all()
    for roadshow in rows:
        at = min(base.days_ago(2), base.days_ago((base.today - roadshow.held_on).days + 9))
        values = {
            "event": _TOLD[roadshow.status],
            "roadshow": roadshow.public_id,
            "name": roadshow.name,
            "held_on": roadshow.held_on.isoformat(),
            "starts_at": f"{roadshow.starts_at:%H:%M}",
            "venue": roadshow.venue,
        }
        _tell(base, user, organization, "roadshow", values, at)


def _add_mail(base: DemoBase) -> None:
    """Messages in every status, to demo addresses; the waiting one belongs to a verdict within its hold."""
    for n, status in enumerate(OutboxStatus):
        has_failed = status is OutboxStatus.FAILED
        base.session.add(
            OutboxMessage(
                recipient=_FAILED_FOR if has_failed else f"firm@{DOMAIN}",
                template="pairing_confirmed",
                values={"demand": "流动资金贷款", "supply": "产业链贷"},
                send_after=now() + timedelta(hours=4) if status is OutboxStatus.WAITING else base.days_ago(n),
                sent_at=base.days_ago(1) if status is OutboxStatus.SENT else None,
                attempts=5 if has_failed else 0,
                last_error=f"SMTPRecipientsRefused: 550 {_FAILED_FOR}: mailbox unavailable" if has_failed else None,
                status=status,
            )
        )
    user = base.session.exec(select(User).where(User.email == _FAILED_FOR)).one()
    base.session.add(
        Notice(
            user_id=user.id or 0,
            event=UNDELIVERABLE,
            values={"address": _FAILED_FOR},
            visible_from=base.days_ago(4),
            frequency=Frequency.OFF,
        )
    )
