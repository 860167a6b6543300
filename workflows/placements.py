"""Firms on links: filed by the firm, confirmed by an official, or guessed by the engine and marked so.

A placement is never changed but ended and begun anew, so that every past moment can be read as it was.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import NotAllowed, Recused, keeps_chain, require, require_rule
from matchmaking.placement import FirmToPlace, LinkToFill, propose_links
from models.base import now
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile, ProfileSubmission
from models.organization import Organization
from vocabulary import industries
from vocabulary.chains import ChainChange, FirmStanding
from vocabulary.classifications import ChainPlacement, Provenance
from vocabulary.lifecycles import LinkStatus, OrganizationStatus
from workflows.audit import record
from workflows.calendar import today
from workflows.chain_versions import keep_version
from workflows.errors import ChangedMeanwhile, NotComplete
from workflows.recusals import require_free

_NOUN = "firm_placement"
_K = ChainPlacement


@dataclass(frozen=True)
class BulkPlacing:
    """What came of confirming several: how many, and by firm why not."""

    confirmed: list[str]
    refused: dict[str, str]


def file(session: Session, actor: Actor, submission: ProfileSubmission) -> None:
    """A firm files its main link: a filed placement, unless it sits there confirmed already."""
    link_id = submission.values.get("chain_link_id")
    unfile(session, actor, submission, besides=link_id)
    if link_id is not None and _present(session, submission.organization_id, link_id, (_K.FILED, _K.CONFIRMED)) is None:
        _begin(session, actor, submission.organization_id, link_id, _K.FILED)


def unfile(session: Session, actor: Actor, submission: ProfileSubmission, *, besides: int | None = None) -> None:
    """End what the firm filed before, but for the link `besides`."""
    rows = _of_firm(session, submission.organization_id, (_K.FILED,))
    _end(session, actor, [row for row in rows if row.chain_link_id != besides])


def follow_profile(session: Session, actor: Actor, profile: FirmProfile) -> None:
    """A verified profile puts the firm on its main link, confirmed; without one the engine guesses.

    Other links that an official confirmed in the same chain stay; those of another chain end.
    """
    link = session.get(ChainLink, profile.chain_link_id) if profile.chain_link_id else None
    rows = _of_firm(session, profile.organization_id, tuple(_K))
    elsewhere = [row for row in rows if row.chain_link_id != profile.chain_link_id]
    chain_of = dict(session.exec(select(ChainLink.id, ChainLink.chain_id)).all()) if elsewhere else {}
    gone = [row for row in elsewhere if row.kind is not _K.CONFIRMED or chain_of[row.chain_link_id] != profile.chain_id]
    _end(session, actor, gone)
    if link is not None and link.status is LinkStatus.ACTIVE:
        present = _present(session, profile.organization_id, link.id or 0, tuple(_K))
        if present is None or present.kind is not _K.CONFIRMED:
            _begin(session, actor, profile.organization_id, link.id or 0, _K.CONFIRMED)
        return
    if link is not None:  # retired while the submission waited
        profile.chain_link_id = None
        session.add(profile)
    if profile.chain_id is not None:
        propose_for_chain(session, profile.chain_id, only=profile.organization_id)


def propose_again(session: Session, actor: Actor, chain: Chain) -> int:
    """The office asks for the guesses of its chain anew; returns how many firms have one. See `propose_for_chain`."""
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    assert chain.id is not None
    found = propose_for_chain(session, chain.id)
    record(session, actor, "placements_guessed", subject_kind="chain", subject_id=chain.id, chain_id=chain.id)
    return found


def propose_for_chain(session: Session, chain_id: int, *, only: int | None = None) -> int:
    """Guess anew the links of the chain's verified firms that sit on none; returns how many were guessed.

    Rows written: one guessed placement per firm; guesses that no longer hold end. Same firms and links, same guesses.
    """
    links = session.exec(
        select(ChainLink).where(ChainLink.chain_id == chain_id, ChainLink.status == LinkStatus.ACTIVE)
    ).all()
    statement = (
        select(FirmProfile, FirmPlacement)
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .outerjoin(
            FirmPlacement,
            (col(FirmPlacement.organization_id) == FirmProfile.organization_id) & col(FirmPlacement.ended_at).is_(None),
        )
        .where(
            FirmProfile.chain_id == chain_id,
            col(FirmProfile.verified_at).is_not(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .order_by(col(FirmProfile.organization_id))
    )
    if only is not None:
        statement = statement.where(FirmProfile.organization_id == only)
    profiles: dict[int, FirmProfile] = {}
    guesses: dict[int, FirmPlacement] = {}
    placed: set[int] = set()
    for profile, placement in session.exec(statement).all():
        profiles[profile.organization_id] = profile
        if placement is not None and placement.kind is _K.GUESSED:
            guesses[profile.organization_id] = placement
        elif placement is not None:
            placed.add(profile.organization_id)
    firms = [
        FirmToPlace(firm_id, f"{profile.main_products or ''}。{profile.introduction or ''}", profile.industry_code)
        for firm_id, profile in profiles.items()
        if firm_id not in placed
    ]
    found = {proposal.firm_id: proposal for proposal in propose_links(firms, [_to_fill(link) for link in links])}
    stale = [
        row
        for firm_id, row in guesses.items()
        if firm_id in placed or firm_id not in found or found[firm_id].link_id != row.chain_link_id
    ]
    _end(session, SYSTEM, stale)
    gone = {row.organization_id for row in stale}
    for firm_id, proposal in found.items():
        if firm_id in guesses and firm_id not in gone:
            continue
        _begin(
            session, SYSTEM, firm_id, proposal.link_id, _K.GUESSED, score=proposal.score,
            reasons=[asdict(reason) for reason in proposal.reasons],
        )  # fmt: skip
    return len(found)


def confirm_placements(
    session: Session, actor: Actor, chain: Chain, placements: Sequence[FirmPlacement]
) -> BulkPlacing:
    """Confirm filed or guessed placements of a chain, each on its own; a tied official's firms are left out.

    A firm that filed no link gets the confirmed one as its main link. Rows written: firm_placement, firm_profile,
    audit event.
    """
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    names = _names(session, {row.organization_id for row in placements})
    confirmed: list[str] = []
    refused: dict[str, str] = {}
    for row in placements:
        name = names[row.organization_id]
        link = session.get_one(ChainLink, row.chain_link_id)
        if link.chain_id != chain.id or link.status is not LinkStatus.ACTIVE or row.ended_at is not None:
            refused[name] = "ended"
        elif row.kind is _K.CONFIRMED:
            refused[name] = "confirmed_already"
        else:
            try:
                require_free(session, actor, (row.organization_id,), chain_id=chain.id)
            except Recused:
                refused[name] = "conflict_of_interest"
                continue
            _confirm(session, actor, chain, link, row.organization_id)
            confirmed.append(name)
    return BulkPlacing(confirmed, refused)


def place_by_hand(session: Session, actor: Actor, chain: Chain, link: ChainLink, organization: Organization) -> None:
    """An official puts a verified firm of the chain on a link, also beside another one.

    Raises NotComplete (field `organization`), Recused.
    """
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    if link.chain_id != chain.id or link.status is not LinkStatus.ACTIVE:
        raise NotComplete({"organization": "retired"})
    profile = _profile(session, organization.id or 0)
    if profile is None or profile.verified_at is None or profile.chain_id != chain.id:
        raise NotComplete({"organization": "not_of_chain"})
    require_free(session, actor, (organization.id or 0,), chain_id=chain.id)
    if _present(session, organization.id or 0, link.id or 0, (_K.CONFIRMED,)) is not None:
        raise NotComplete({"organization": "taken"})
    _confirm(session, actor, chain, link, organization.id or 0)


def take_off(session: Session, actor: Actor, chain: Chain, placement: FirmPlacement, *, why: str) -> None:
    """End a placement with a reason; a guess that was wrong, a firm that moved on. Raises NotComplete, Recused."""
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    if not why.strip():
        raise NotComplete({"why": "required"})
    require_free(session, actor, (placement.organization_id,), chain_id=chain.id)
    _end(session, actor, [placement])
    profile = _profile(session, placement.organization_id)
    if profile is not None and profile.chain_link_id == placement.chain_link_id:
        profile.chain_link_id = None
        session.add(profile)
    record(
        session, actor, "placement_ended", subject_kind=_NOUN, subject_id=placement.id or 0,
        new={"link_id": placement.chain_link_id}, reason=why, chain_id=chain.id,
        visible_to_organization_id=placement.organization_id,
    )  # fmt: skip
    session.flush()
    if placement.standing is not FirmStanding.ORDINARY:
        _keep_leaders(session, actor, chain, placement.organization_id, why)


def set_standing(
    session: Session,
    actor: Actor,
    chain: Chain,
    placement: FirmPlacement,
    standing: FirmStanding,
    *,
    on: date,
    why: str,
) -> FirmPlacement:
    """Name a confirmed firm leader or backbone of its link from a day on, or end that, with the reason.

    Rows written: firm_placement, a version of the chain, audit events. Of two officials at once the second gets
    ChangedMeanwhile. Raises NotAllowed for a firm that is not confirmed, NotComplete by field, Recused.
    """
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    require_free(session, actor, (placement.organization_id,), chain_id=chain.id)
    if placement.kind is not _K.CONFIRMED or placement.ended_at is not None:
        raise NotAllowed("set_standing")
    if placement.standing is standing:
        return placement
    wrong = {} if why.strip() else {"why": "required"}
    if on > today():
        wrong["on"] = "in_future"
    elif placement.standing_on is not None and on < placement.standing_on:
        wrong["on"] = "before_last"
    if wrong:
        raise NotComplete(wrong)
    if _end(session, actor, [placement]) != 1:
        raise ChangedMeanwhile({}, chain.version)
    row = _begin(
        session, actor, placement.organization_id, placement.chain_link_id, _K.CONFIRMED,
        standing=standing, standing_on=on, standing_why=why.strip()[:500],
    )  # fmt: skip
    record(
        session, actor, "placement_standing_set", subject_kind=_NOUN, subject_id=row.id or 0,
        old={"standing": placement.standing.value}, new={"standing": standing.value, "on": on.isoformat()},
        reason=why, chain_id=chain.id, visible_to_organization_id=placement.organization_id,
    )  # fmt: skip
    _keep_leaders(session, actor, chain, placement.organization_id, why)
    return row


def _keep_leaders(session: Session, actor: Actor, chain: Chain, organization_id: int, why: str) -> None:
    """A change among those who lead makes a new version of the chain."""
    name = _names(session, {organization_id})[organization_id]
    keep_version(session, actor, chain, ChainChange.LEADERS, what=name, why=why)


def clear_link(session: Session, actor: Actor, link_id: int) -> None:
    """End every placement on a link."""
    _end(
        session,
        actor,
        session.exec(
            select(FirmPlacement).where(FirmPlacement.chain_link_id == link_id, col(FirmPlacement.ended_at).is_(None))
        ).all(),
    )


def _confirm(session: Session, actor: Actor, chain: Chain, link: ChainLink, organization_id: int) -> None:
    """End what was filed or guessed for the link, and guesses elsewhere, and begin a confirmed placement."""
    rows = _of_firm(session, organization_id, (_K.FILED, _K.GUESSED))
    _end(session, actor, [row for row in rows if row.kind is _K.GUESSED or row.chain_link_id == link.id])
    row = _begin(session, actor, organization_id, link.id or 0, _K.CONFIRMED)
    profile = _profile(session, organization_id)
    if profile is not None and profile.chain_link_id is None:
        source = {"source": Provenance.VERIFIED.value, "on": today().isoformat(), "by": actor.name}
        profile.chain_link_id = link.id
        profile.provenance = profile.provenance | {"chain_link_id": source}
        session.add(profile)
    record(
        session, actor, "placement_confirmed", subject_kind=_NOUN, subject_id=row.id or 0,
        new={"link": link.code}, chain_id=chain.id, visible_to_organization_id=organization_id,
    )  # fmt: skip
    session.flush()


def _begin(
    session: Session,
    actor: Actor,
    organization_id: int,
    link_id: int,
    kind: ChainPlacement,
    **values: Any,
) -> FirmPlacement:
    """End what stands in the same place and begin anew."""
    present = _present(session, organization_id, link_id, tuple(_K))
    if present is not None:
        _end(session, actor, [present])
    row = FirmPlacement(
        organization_id=organization_id, chain_link_id=link_id, kind=kind, by_id=actor.user_id, **values
    )
    session.add(row)
    session.flush()
    return row


def _end(session: Session, actor: Actor, rows: Iterable[FirmPlacement]) -> int:
    """One UPDATE for all; the rows in memory follow. Returns how many ended now, not those somebody ended before."""
    open_rows = [row for row in rows if row.ended_at is None]
    if not open_rows:
        return 0
    session.flush()
    written = session.connection().execute(
        update(FirmPlacement)
        .where(col(FirmPlacement.id).in_([row.id for row in open_rows]), col(FirmPlacement.ended_at).is_(None))
        .values(ended_at=now(), ended_by_id=actor.user_id)
    )
    for row in open_rows:
        session.refresh(row)
    return written.rowcount


def _of_firm(session: Session, organization_id: int, kinds: Collection[ChainPlacement]) -> list[FirmPlacement]:
    return list(
        session.exec(
            select(FirmPlacement)
            .where(
                FirmPlacement.organization_id == organization_id,
                col(FirmPlacement.kind).in_(kinds),
                col(FirmPlacement.ended_at).is_(None),
            )
            .order_by(col(FirmPlacement.id))
        ).all()
    )


def _present(
    session: Session, organization_id: int, link_id: int, kinds: Collection[ChainPlacement]
) -> FirmPlacement | None:
    return next((row for row in _of_firm(session, organization_id, kinds) if row.chain_link_id == link_id), None)


def _profile(session: Session, organization_id: int) -> FirmProfile | None:
    return session.exec(select(FirmProfile).where(FirmProfile.organization_id == organization_id)).first()


def _names(session: Session, ids: Collection[int]) -> dict[int, str]:
    rows = session.exec(select(Organization.id, Organization.legal_name).where(col(Organization.id).in_(ids))).all()
    return {row_id or 0: name for row_id, name in rows}


def _to_fill(link: ChainLink) -> LinkToFill:
    codes = link.industries
    text = "。".join((link.name_zh, "、".join(link.products), "、".join(industries.name(code) for code in codes)))
    return LinkToFill(link.id or 0, text, codes)
