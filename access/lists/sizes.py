"""Firms whose claimed size class differs from the computed one, for the office that may see the figures behind it."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from access.sizes import size_of_row
from models.firm_profile import FirmProfile
from models.organization import Organization
from vocabulary.classifications import SizeClass
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.size_class import SizeFinding, SizeMatch


@dataclass(frozen=True)
class SizeLine:
    firm: str
    public_id: str
    region_code: str | None
    industry_code: str | None
    claimed: SizeClass | None
    finding: SizeFinding
    match: SizeMatch


@dataclass(frozen=True)
class SizePage:
    lines: list[SizeLine]
    total: int
    by_match: Counter[SizeMatch]


def match_of(claimed: SizeClass | None, finding: SizeFinding) -> SizeMatch:
    """A class that cannot be computed agrees with nothing."""
    if finding.size is None:
        return SizeMatch.UNDETERMINED
    if claimed is None:
        return SizeMatch.UNCLAIMED
    return SizeMatch.AGREES if claimed is finding.size else SizeMatch.DIFFERS


def size_comparison(session: Session, actor: Actor, *, match: SizeMatch, page: int = 1, size: int = 50) -> SizePage:
    """The verified firms of the office's chain by how their claim compares; the figures themselves are left out."""
    require(actor, Permission.VERIFY_PROFILES)
    profile = FirmProfile
    rows = session.execute(
        select(
            col(Organization.legal_name), col(Organization.public_id), col(profile.region_code),
            col(profile.industry_code), col(profile.employees), col(profile.revenue_fen),
            col(profile.total_assets_fen), col(profile.figures_year), col(profile.size_class),
        )
        .join(profile, col(profile.organization_id) == Organization.id)
        .where(
            in_chain(actor, profile.chain_id),
            col(profile.verified_at).is_not(None),
            col(Organization.status) == OrganizationStatus.VERIFIED,
        )
        .order_by(col(Organization.legal_name), col(Organization.id))
    )  # fmt: skip
    found = [(row, finding, match_of(row.size_class, finding)) for row in rows for finding in (size_of_row(row),)]
    chosen = [(row, finding) for row, finding, answer in found if answer is match]
    lines = [
        SizeLine(
            row.legal_name, row.public_id, row.region_code, row.industry_code, row.size_class, finding, match
        )
        for row, finding in chosen[(page - 1) * size : page * size]
    ]  # fmt: skip
    return SizePage(lines, len(chosen), Counter(answer for _row, _finding, answer in found))
