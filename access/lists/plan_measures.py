"""What a plan counts: each figure is the number of these rows, and opens them."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import may
from models.chain import ChainLink
from models.firm_placement import FirmPlacement
from models.organization import Organization
from models.pairing import Pairing
from models.problem import Problem
from models.project import Project
from models.roadshow import Roadshow
from vocabulary.chains import FirmStanding
from vocabulary.classifications import ChainPlacement
from vocabulary.lifecycles import (
    RELEASED_PAIRING,
    LinkStatus,
    OrganizationStatus,
    ProblemStatus,
    ProjectStatus,
    RoadshowStatus,
)
from vocabulary.projects import LARGE_FEN, TargetKind

_T = TargetKind
_BEGUN = (ProjectStatus.STARTED, ProjectStatus.UNDER_CONSTRUCTION, ProjectStatus.IN_PRODUCTION)
_OF_LINKS = {_T.FIRMS_CONFIRMED, _T.LINKS_COVERED, _T.LEADER_FIRMS, _T.BACKBONE_FIRMS}


@dataclass(frozen=True)
class MeasuredRow:
    """One row that counts. `name` is empty for readers who may not know it."""

    number: str
    name: str


def measured(session: Session, actor: Actor, chain_id: int, kind: TargetKind) -> list[MeasuredRow] | None:
    """The rows a measure counts, each once; None where there is nothing to count on (a chain without links)."""
    if kind in _OF_LINKS:
        has_links = session.exec(
            select(ChainLink.id).where(ChainLink.chain_id == chain_id, ChainLink.status == LinkStatus.ACTIVE).limit(1)
        ).first()
        if has_links is None:
            return None
        return _of_links(session, chain_id, kind)
    if kind in (_T.PAIRINGS_CONFIRMED, _T.PROBLEMS_CLOSED):
        names = may(actor, Permission.HANDLE_PROBLEMS)
        return _of_cases(session, chain_id, kind, names=names)
    if kind is _T.ROADSHOWS_HELD:
        shows = session.exec(
            select(Roadshow)
            .where(Roadshow.chain_id == chain_id, Roadshow.status == RoadshowStatus.HELD)
            .order_by(col(Roadshow.held_on), col(Roadshow.id))
        ).all()
        return [MeasuredRow(row.held_on.isoformat(), row.name) for row in shows]
    statement = select(Project).where(Project.chain_id == chain_id).order_by(col(Project.name), col(Project.id))
    if kind is _T.LARGE_PROJECTS:
        statement = statement.where(col(Project.investment_fen) >= LARGE_FEN, Project.status != ProjectStatus.DROPPED)
    else:
        statement = statement.where(col(Project.status).in_(_BEGUN))
    return [MeasuredRow(str(nth), row.name) for nth, row in enumerate(session.exec(statement).all(), 1)]


def _of_links(session: Session, chain_id: int, kind: TargetKind) -> list[MeasuredRow]:
    statement = (
        select(Organization.id, Organization.legal_name, ChainLink.id, ChainLink.name_zh)
        .join(FirmPlacement, col(FirmPlacement.organization_id) == col(Organization.id))
        .join(ChainLink, col(ChainLink.id) == col(FirmPlacement.chain_link_id))
        .where(
            ChainLink.chain_id == chain_id, ChainLink.status == LinkStatus.ACTIVE,
            FirmPlacement.kind == ChainPlacement.CONFIRMED, col(FirmPlacement.ended_at).is_(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .order_by(col(ChainLink.sort_order), col(Organization.id))
    )  # fmt: skip
    standing = {_T.LEADER_FIRMS: FirmStanding.LEADER, _T.BACKBONE_FIRMS: FirmStanding.BACKBONE}.get(kind)
    if standing is not None:
        statement = statement.where(FirmPlacement.standing == standing)
    found: dict[int, str] = {}
    for firm_id, firm, link_id, link in session.exec(statement).all():
        key, name = (link_id, link) if kind is _T.LINKS_COVERED else (firm_id, firm)
        found[key or 0] = name
    return [MeasuredRow(str(nth), name) for nth, name in enumerate(found.values(), 1)]


def _of_cases(session: Session, chain_id: int, kind: TargetKind, *, names: bool) -> list[MeasuredRow]:
    if kind is _T.PROBLEMS_CLOSED:
        problems = session.exec(
            select(Problem)
            .where(Problem.chain_id == chain_id, Problem.status == ProblemStatus.CLOSED)
            .order_by(col(Problem.id))
        ).all()
        return [MeasuredRow(row.public_id[:8], row.title if names else "") for row in problems]
    pairings = session.exec(
        select(Pairing.public_id, Organization.legal_name)
        .join(Organization, col(Organization.id) == col(Pairing.supply_organization_id))
        .where(Pairing.chain_id == chain_id, col(Pairing.status).in_(RELEASED_PAIRING))
        .order_by(col(Pairing.id))
    ).all()
    return [MeasuredRow(public_id[:8], name if names else "") for public_id, name in pairings]
