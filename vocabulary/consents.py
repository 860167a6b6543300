"""What a firm consents to: for how long at most, which fields exactly, and how a consent stands on a day."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from vocabulary.classifications import ConsentPurpose
from vocabulary.profile_fields import Section, of_section

USUAL_DAYS = 180
LONGEST_DAYS = 365
"""A consent ends by itself: facts are stale after a year, and so is the memory of having agreed."""
_ALWAYS = Section.CONTACTS
"""Whoever is introduced has to be able to call."""


class ConsentState(StrEnum):
    """In force, or why it is not; a change of a consent is a new version that replaces the old one."""

    IN_FORCE = "consent_in_force"
    REPLACED = "consent_replaced"
    WITHDRAWN = "consent_withdrawn"
    ENDED = "consent_ended"


def fields_of(purpose: ConsentPurpose, section: Section) -> list[str]:
    """The fields of a section that a reader with this purpose may ever get, in filing order."""
    is_for_buyer = purpose is ConsentPurpose.SUPPLIER_REVIEW
    return [field.name for field in of_section(section) if field.for_buyers or not is_for_buyer]


def consented_sections(purpose: ConsentPurpose, chosen: Iterable[str]) -> list[Section]:
    """The chosen sections that hold something for this purpose, in filing order, and the contacts."""
    wanted = {*chosen, _ALWAYS.value}
    return [section for section in Section if section.value in wanted and fields_of(purpose, section)]


def consented_fields(purpose: ConsentPurpose, chosen: Iterable[str]) -> list[str]:
    """The names of all fields of the chosen sections, and the contacts."""
    return [name for section in consented_sections(purpose, chosen) for name in fields_of(purpose, section)]


def state_on(ends_on: date, withdrawn_at: datetime | None, replaced_by_version: int | None, on: date) -> ConsentState:
    """How a consent stands on a day; its last day is included."""
    if replaced_by_version is not None:
        return ConsentState.REPLACED
    if withdrawn_at is not None:
        return ConsentState.WITHDRAWN
    return ConsentState.IN_FORCE if ends_on >= on else ConsentState.ENDED
