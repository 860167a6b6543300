"""One side of a pair as others may see it: public values and bands, never contacts or figures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from access.recognitions import present_day, titles_of
from access.sizes import size_of
from models.firm_profile import FirmProfile
from models.organization import Organization
from vocabulary.bands import SCALES
from vocabulary.classifications import FIRM_SIDE, Market, Side
from vocabulary.profile_fields import FIELDS, Visibility

COMPUTED_SIZE = "computed_size"
"""Name of the computed size class among the values shown."""


@dataclass(frozen=True)
class ProfileValue:
    """A public value, or the band level of a banded figure on the scale named by `scale`."""

    name: str
    value: Any
    scale: str | None = None


@dataclass(frozen=True)
class Party:
    """One side of a pair as the other may see it. `name` is None and `values` empty while the side hides its name."""

    name: str | None
    values: tuple[ProfileValue, ...]
    verified_at: datetime | None


def party(session: Session, posting: Any, side: Side, *, hides_name: bool) -> Party:
    """Bands are shown of the firm only, which agreed to it by opening its posting; buyers get no credit fields."""
    organization, profile = session.execute(
        select(Organization, FirmProfile)
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == Organization.id)
        .where(col(Organization.id) == posting.organization_id)
    ).one()
    verified_at = profile.verified_at if profile else organization.verified_at
    if hides_name:
        return Party(None, (), verified_at)
    values = _shown_values(session, profile, posting.market, side) if profile else ()
    return Party(organization.legal_name, values, verified_at)


def _shown_values(session: Session, profile: FirmProfile, market: Market, side: Side) -> tuple[ProfileValue, ...]:
    """Titles as they count today, whatever the firm claims; the computed size class without its reason."""
    titles = titles_of(session, [profile.organization_id], present_day())[profile.organization_id]
    counted: dict[str, Any] = {"tier": titles.tier, "is_high_tech": titles.is_high_tech}
    shown = []
    for known in FIELDS:
        value: Any = counted.get(known.name) if known.name in counted else getattr(profile, known.name)
        is_kept_from_reader = market is Market.SUPPLY and not known.for_buyers
        if value in (None, "", []) or is_kept_from_reader:
            continue
        if known.visibility is Visibility.PUBLIC:
            shown.append(ProfileValue(known.name, value))
        elif known.visibility is Visibility.BANDED and FIRM_SIDE[market] is side:
            level = SCALES[known.scale].level_of(value) if known.scale else value
            shown.append(ProfileValue(known.name, level, known.scale))
    size = size_of(profile).size
    return (*shown, ProfileValue(COMPUTED_SIZE, size)) if size else tuple(shown)
