"""Gaps kept from run to run: found, seen again, closed with the cause, opened again if they come back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from access.actor import SYSTEM
from access.lists.chain_map import is_met_here, link_of_category, present_boxes
from models.chain import Chain, ChainLink
from models.financing_need import FinancingNeed
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.gap import Gap, GapEvent, GapMonth, GapNeed, GapTask
from models.organization import Organization
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary import regions
from vocabulary.classifications import ChainPlacement, LoanPurpose, Market
from vocabulary.gaps import (
    GAP,
    GAP_TASK,
    LINK_GAPS,
    PROJECT_GRACE_DAYS,
    GapCause,
    GapEventKind,
    GapKind,
    GapStatus,
    GapTaskEnding,
    GapTaskKind,
    GapTaskStatus,
)
from vocabulary.lifecycles import ChainStatus, LinkStatus, OrganizationStatus, PostingStatus
from vocabulary.reasons import GateAnswer, GateCode, PairState
from workflows.audit import record
from workflows.facts import HIDDEN
from workflows.gap_closing import close
from workflows.gap_finding import Found, LinkRow, LoanNeed, OpenNeed, find
from workflows.transitions import advance

_Key = tuple[int, GapKind, str]


def refresh_gaps(session: Session, on: date) -> int:
    """Find the gaps of every chain in force and keep what changed; returns how many are open.

    Rows written: gap, gap_need, gap_month, gap_event, gap_task and audit events of what opened, closed or ended.
    """
    chain_ids = [row for row in session.exec(select(Chain.id).where(Chain.status == ChainStatus.ACTIVE)).all() if row]
    needs, loans = _needs(session, chain_ids), _loans(session, chain_ids)
    found = find(_links(session, chain_ids), needs, loans)
    kept: dict[_Key, Gap] = {(gap.chain_id, gap.kind, gap.key): gap for gap in session.exec(select(Gap)).all()}
    counted = _counted(session)
    _end_passed_upgrades(session, on)
    for seen in found:
        gap = kept.pop((seen.chain_id, seen.kind, seen.key), None)
        if gap is None or not _is_filled(gap, seen, counted[gap.id or 0], on):
            _keep(session, gap, seen, counted[gap.id or 0] if gap else {}, on)
    still_open = {need.demand_id for need in needs} | {loan.demand_id for loan in loans}
    for gap in kept.values():
        if gap.status is GapStatus.OPEN:
            rows = [row.demand_id for row in counted[gap.id or 0].values() if row.left_on is None]
            cause = _cause(session, gap, still_open.intersection(rows))
            close(session, SYSTEM, gap, cause, on=on, note=_came(session, gap.kind, rows))
    session.flush()
    return session.exec(select(func.count()).select_from(Gap).where(Gap.status == GapStatus.OPEN)).one()


def _is_filled(gap: Gap, seen: Found, counted: dict[int, GapNeed], on: date) -> bool:
    """A project closed it lately, and nobody asked for more since."""
    return (
        gap.status is GapStatus.CLOSED
        and gap.closed_by_project_id is not None
        and gap.closed_on is not None
        and on <= gap.closed_on + timedelta(days=PROJECT_GRACE_DAYS)
        and set(seen.demand_ids) <= set(counted)
    )


def _keep(session: Session, gap: Gap | None, seen: Found, counted: dict[int, GapNeed], on: date) -> None:
    figures: dict[str, Any] = {
        "chain_link_id": seen.link_id, "product": seen.product[:200], "specification": seen.specification[:500],
        "quantities": dict(seen.quantities), "value_fen": seen.value_fen, "n_needs": len(seen.demand_ids),
        "n_unpriced": seen.n_unpriced, "n_buyers": seen.n_buyers, "gate": seen.gate, "n_gate": seen.n_gate,
        "last_seen_on": on,
    }  # fmt: skip
    if gap is None:
        gap = Gap(chain_id=seen.chain_id, kind=seen.kind, key=seen.key, first_seen_on=on, **figures)
        session.add(gap)
        session.flush()
        _write(session, gap, GapEventKind.FOUND, on)
        record(
            session, SYSTEM, "gap_found", subject_kind=GAP.noun, subject_id=gap.id or 0,
            new={"status": gap.status.value, "kind": gap.kind.value}, chain_id=gap.chain_id,
        )  # fmt: skip
    else:
        for name, value in figures.items():
            setattr(gap, name, value)
        if gap.status is GapStatus.CLOSED:
            advance(
                session, SYSTEM, GAP, gap, GapStatus.OPEN, chain_id=gap.chain_id,
                cause=None, cause_note="", closed_on=None, closed_by_project_id=None,
            )  # fmt: skip
            _write(session, gap, GapEventKind.REOPENED, on)
    for demand_id in seen.demand_ids:
        row = counted.get(demand_id) or GapNeed(gap_id=gap.id or 0, demand_id=demand_id, since=on)
        row.left_on = None
        session.add(row)
    for demand_id, row in counted.items():
        if demand_id not in seen.demand_ids and row.left_on is None:
            row.left_on = on
    month = on.replace(day=1)
    sight = session.exec(select(GapMonth).where(GapMonth.gap_id == gap.id, GapMonth.month == month)).first()
    sight = sight or GapMonth(gap_id=gap.id or 0, month=month, value_fen=0)
    sight.value_fen, sight.quantities = seen.value_fen, dict(seen.quantities)
    sight.n_needs, sight.n_buyers = len(seen.demand_ids), seen.n_buyers
    session.add(sight)
    session.flush()


def _cause(session: Session, gap: Gap, still_open: set[int]) -> GapCause:
    """A gap closes itself only because somebody came, or because nobody asks any more."""
    if gap.kind in LINK_GAPS:
        link = session.get(ChainLink, gap.chain_link_id) if gap.chain_link_id else None
        is_there = link is not None and link.status is LinkStatus.ACTIVE and link.chain_id == gap.chain_id
        if not is_there:
            return GapCause.LINK_CHANGED
        n = _n_confirmed(session).get(gap.chain_link_id or 0, 0)
        return GapCause.FIRM_CONFIRMED if n else GapCause.LINK_CHANGED
    if not still_open:
        return GapCause.NEEDS_ENDED
    return GapCause.SUPPLIER_CAME if gap.kind is GapKind.UNMET_PURCHASE else GapCause.PRODUCT_CAME


def _came(session: Session, kind: GapKind, demand_ids: list[int]) -> str:
    """Who is eligible now for the needs of a gap, by name."""
    if kind in LINK_GAPS or not demand_ids:
        return ""
    is_here = col(Organization.region_code).startswith(regions.prefix(regions.CITY))
    where = [is_here] if kind is GapKind.UNMET_PURCHASE else []
    names = session.exec(
        select(Organization.legal_name)
        .join(Supply, col(Supply.organization_id) == Organization.id)
        .join(Recommendation, col(Recommendation.supply_id) == Supply.id)
        .where(
            col(Recommendation.demand_id).in_(demand_ids),
            col(Recommendation.superseded_at).is_(None),
            Recommendation.state == PairState.ELIGIBLE,
            *where,
        )
        .distinct()
        .order_by(col(Organization.legal_name))
        .limit(5)
    ).all()
    return "、".join(names)[:500]


def _end_passed_upgrades(session: Session, on: date) -> None:
    """An upgrade task is done when its firm passes the gates of one of the gap's needs."""
    tasks = session.exec(
        select(GapTask, Gap.kind)
        .join(Gap, col(Gap.id) == GapTask.gap_id)
        .where(GapTask.status == GapTaskStatus.OPEN, GapTask.kind == GapTaskKind.UPGRADE)
    ).all()
    for task, kind in tasks:
        firm = Demand.organization_id if kind is GapKind.UNSERVED_FINANCING else Supply.organization_id
        passes = session.exec(
            select(Recommendation.id)
            .join(GapNeed, col(GapNeed.demand_id) == Recommendation.demand_id)
            .join(Demand, col(Demand.id) == Recommendation.demand_id)
            .join(Supply, col(Supply.id) == Recommendation.supply_id)
            .where(
                GapNeed.gap_id == task.gap_id,
                col(Recommendation.superseded_at).is_(None),
                Recommendation.state == PairState.ELIGIBLE,
                firm == task.organization_id,
            )
        ).first()
        if passes is not None:
            advance(
                session, SYSTEM, GAP_TASK, task, GapTaskStatus.DONE, chain_id=task.chain_id,
                ending=GapTaskEnding.FIRM_PASSES, ended_on=on, visible_to_organization_id=task.organization_id,
            )  # fmt: skip


def _write(session: Session, gap: Gap, kind: GapEventKind, on: date) -> None:
    session.add(GapEvent(gap_id=gap.id or 0, kind=kind, on=on))


def _counted(session: Session) -> dict[int, dict[int, GapNeed]]:
    counted: dict[int, dict[int, GapNeed]] = defaultdict(dict)
    for row in session.exec(select(GapNeed)).all():
        counted[row.gap_id][row.demand_id] = row
    return counted


def _n_confirmed(session: Session) -> dict[int, int]:
    """Confirmed firms by link, as the chain map counts them."""
    rows = session.exec(
        select(FirmPlacement.chain_link_id, func.count())
        .join(ChainLink, col(ChainLink.id) == FirmPlacement.chain_link_id)
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .join(FirmProfile, col(FirmProfile.organization_id) == FirmPlacement.organization_id)
        .where(
            col(FirmPlacement.ended_at).is_(None),
            FirmPlacement.kind == ChainPlacement.CONFIRMED,
            Organization.status == OrganizationStatus.VERIFIED,
            col(FirmProfile.verified_at).is_not(None),
            FirmProfile.chain_id == ChainLink.chain_id,
        )
        .group_by(col(FirmPlacement.chain_link_id))
    ).all()
    return dict(rows)


def _links(session: Session, chain_ids: list[int]) -> list[LinkRow]:
    counts = _n_confirmed(session)
    links = session.exec(
        select(ChainLink)
        .where(col(ChainLink.chain_id).in_(chain_ids), ChainLink.status == LinkStatus.ACTIVE)
        .order_by(col(ChainLink.id))
    ).all()
    return [LinkRow(link.id or 0, link.chain_id, link.name_zh, counts.get(link.id or 0, 0)) for link in links]


def _needs(session: Session, chain_ids: list[int]) -> list[OpenNeed]:
    boxes = {chain_id: present_boxes(session, chain_id) for chain_id in chain_ids}
    known = {chain_id: {box.id for box in rows} for chain_id, rows in boxes.items()}
    is_hidden = col(Demand.organization_id).in_(select(Organization.id).where(col(Organization.status).in_(HIDDEN)))
    rows = session.exec(
        select(Demand, PurchaseNeed, is_met_here().label("is_met"))
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .where(Demand.status == PostingStatus.OPEN, col(Demand.chain_id).in_(chain_ids), ~is_hidden)
        .order_by(col(Demand.id))
    ).all()
    needs = []
    for need, terms, is_met in rows:
        chain_id, link_id = need.chain_id or 0, need.chain_link_id
        if link_id not in known[chain_id]:
            link_id = link_of_category(terms.category_code, boxes[chain_id])
        needs.append(
            OpenNeed(
                need.id or 0, need.organization_id, chain_id, link_id, need.title, terms.category_code,
                terms.specification, terms.quantity_milli, terms.unit, terms.budget_fen, bool(is_met),
            )
        )  # fmt: skip
    return needs


def _loans(session: Session, chain_ids: list[int]) -> list[LoanNeed]:
    chain = func.coalesce(col(Demand.chain_id), col(Organization.chain_id))
    rows = session.exec(
        select(Demand.id, Demand.organization_id, chain, FinancingNeed.purpose, FinancingNeed.amount_fen)  # type: ignore[call-overload]
        .join(FinancingNeed, col(FinancingNeed.demand_id) == Demand.id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .where(
            Demand.status == PostingStatus.OPEN,
            chain.in_(chain_ids),
            col(Organization.status).not_in(HIDDEN),
            col(FinancingNeed.purpose).is_not(None),
        )
        .order_by(col(Demand.id))
    ).all()
    served, closed = set(), defaultdict(list)
    pairs = session.exec(
        select(Recommendation.demand_id, Recommendation.state, Recommendation.gates).where(
            Recommendation.market == Market.FINANCE,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state).in_((PairState.ELIGIBLE, PairState.CLOSED)),
        )
    ).all()
    for demand_id, state, gates in pairs:
        if state is PairState.ELIGIBLE:
            served.add(demand_id)
        else:
            closed[demand_id].append(closed_gates(gates))
    return [
        LoanNeed(
            demand_id or 0, firm, chain_id, LoanPurpose(purpose), amount, demand_id in served,
            tuple(closed[demand_id or 0]),
        )
        for demand_id, firm, chain_id, purpose, amount in rows
        if purpose is not None
    ]  # fmt: skip


def closed_gates(gates: Iterable[dict[str, Any]]) -> tuple[GateCode, ...]:
    return tuple(GateCode(gate["code"]) for gate in gates if gate["answer"] == GateAnswer.CLOSED)
