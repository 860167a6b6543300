"""What a lender can take on: its officers state it, confirmations use it up."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import and_, inspect, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import Actor
from access.capacity import Visit, capacities, first_week, officered_branches, states_for
from access.lists.capacity import stated
from access.permissions import Permission
from access.rules import NotAllowed, is_own, require, require_rule
from models.base import now
from models.capacity import BranchCapacity, VisitSlot
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.pairing import Pairing
from models.posting import Supply
from models.recommendation import RecommendationRun
from vocabulary.classifications import Market
from vocabulary.lifecycles import TAKEN_ON, PostingStatus
from vocabulary.money import MAX_FEN
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete
from workflows.turns import take_turn

MOST_VISITS = 200
MOST_FIRMS = 100_000


def branch_of(session: Session, organization_id: int, branch: str) -> BranchCapacity:
    """The row of a branch; one without a stated limit is added where there is none."""
    wanted = select(BranchCapacity).where(
        BranchCapacity.organization_id == organization_id, BranchCapacity.branch == branch
    )
    row = session.exec(wanted).first()
    if row is not None:
        return row
    try:
        with session.begin_nested():
            row = BranchCapacity(organization_id=organization_id, branch=branch)
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody added it at the same moment
        row = session.exec(wanted).one()
    return row


def set_visits(
    session: Session, actor: Actor, branch: BranchCapacity, *, visits_per_week: int | None, version: int, on: date
) -> list[RecommendationRun]:
    """State how many firms the branch visits in a week. What is booked already stays booked.

    Writes the branch and an audit event; recommends the open products of the branch anew. Raises ChangedMeanwhile
    unless `version` is the present one, NotComplete for a number out of range.
    """
    _require_may_change(session, actor, branch)
    if visits_per_week is not None and not 0 <= visits_per_week <= MOST_VISITS:
        raise NotComplete({"visits_per_week": "too_large"})
    if visits_per_week == branch.visits_per_week:
        return []
    _update(
        session, branch, branch.id or 0, "version", version, {"visits_per_week": visits_per_week},
        lambda: {"visits_per_week": branch.visits_per_week},
    )  # fmt: skip
    record(
        session, actor, "capacity_stated",
        subject_kind="branch_capacity", subject_id=branch.id or 0, new={"fields": ["visits_per_week"]},
    )  # fmt: skip
    statement = (
        select(Supply.id)
        .join(LoanProduct, col(LoanProduct.supply_id) == col(Supply.id))
        .where(
            Supply.organization_id == branch.organization_id,
            LoanProduct.branch == branch.branch,
            Supply.status == PostingStatus.OPEN,
        )
        .order_by(col(Supply.id))
    )
    return [_refresh(session, supply_id or 0, on) for supply_id in session.exec(statement).all()]


def set_product(
    session: Session,
    actor: Actor,
    supply: Supply,
    *,
    quota_firms: int | None,
    quota_fen: int | None,
    paused_until: date | None,
    pause_reason: str,
    version: int,
    on: date,
) -> RecommendationRun | None:
    """State what is left of a product and until when it is paused.

    A quota that differs from what is left at present counts from now on. Writes the product and an audit event that
    names the changed fields; recommends an open product anew. Raises ChangedMeanwhile unless `version` is the present
    one, NotComplete for values out of order.
    """
    require_rule(actor, is_own, supply, "state_capacity")
    product = session.get_one(LoanProduct, supply.id)
    _require_may_change(session, actor, branch_of(session, supply.organization_id, product.branch))
    _require_order(quota_firms, quota_fen, paused_until, pause_reason, on)
    _present_version, present = stated(session, supply, on=on)
    wanted = {
        "quota_firms": quota_firms, "quota_fen": quota_fen,
        "paused_until": paused_until, "pause_reason": pause_reason.strip() if paused_until else "",
    }  # fmt: skip
    changed = sorted(name for name, value in wanted.items() if value != present[name])
    if not changed:
        return None
    values: dict[str, Any] = {name: wanted[name] for name in ("paused_until", "pause_reason")}
    if {"quota_firms", "quota_fen"} & set(changed):
        # Both are stated as of now, so both are taken as what is left.
        values |= {"quota_firms": quota_firms, "quota_fen": quota_fen, "quota_stated_at": now()}
    _update(
        session, product, product.supply_id, "capacity_version", version, values,
        lambda: stated(session, supply, on=on)[1],
    )  # fmt: skip
    record(
        session, actor, "capacity_stated",
        subject_kind="supply", subject_id=supply.id or 0, new={"fields": changed}, chain_id=supply.chain_id,
    )  # fmt: skip
    return _refresh(session, supply.id or 0, on) if supply.status is PostingStatus.OPEN else None


def require_room(session: Session, pairing: Pairing) -> Visit | None:
    """The visit that confirming a pairing would take; None on the supply market. The branch is locked until the end.

    Of two officials at once the second waits here and then sees what the first has used up. Raises NotComplete where
    the lender cannot take the firm on.
    """
    if pairing.market is not Market.FINANCE:
        return None
    product = session.get_one(LoanProduct, pairing.supply_id)
    branch = branch_of(session, pairing.supply_organization_id, product.branch)
    take_turn(session, BranchCapacity, branch.id)
    need = session.get(FinancingNeed, pairing.demand_id)
    lender = capacities(session, today(), supply_ids=[pairing.supply_id])[pairing.supply_id]
    visit = lender.visit(today(), amount_fen=need.amount_fen if need else None)
    if visit.week is None:
        assert visit.bound is not None
        raise NotComplete({"capacity": visit.bound.value})
    return visit


def book(session: Session, pairing: Pairing, visit: Visit) -> VisitSlot:
    """Give the firm of a pairing just confirmed its week, at the first free place of it.

    Places of pairings that have ended or were taken back are cleared away first.
    """
    assert visit.week is not None
    product = session.get_one(LoanProduct, pairing.supply_id)
    branch = branch_of(session, pairing.supply_organization_id, product.branch)
    _clear_ended(session, branch, pairing)
    places = select(VisitSlot.number).where(VisitSlot.branch_id == branch.id, VisitSlot.week == visit.week)
    taken = set(session.exec(places).all())
    number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    slot = VisitSlot(
        branch_id=branch.id or 0, week=visit.week, number=number, pairing_id=pairing.id or 0, bound=visit.bound
    )
    session.add(slot)
    if product.quota_firms is not None or product.quota_fen is not None:
        product.capacity_version += 1  # an officer about to state the quota must see that less is left
    session.flush()
    return slot


def _clear_ended(session: Session, branch: BranchCapacity, pairing: Pairing) -> None:
    """Delete the branch's coming slots of pairings that hold none any more, and an older one of this pairing."""
    statement = (
        select(VisitSlot)
        .join(Pairing, col(Pairing.id) == col(VisitSlot.pairing_id))
        .where(
            or_(
                col(VisitSlot.pairing_id) == pairing.id,
                and_(
                    col(VisitSlot.branch_id) == branch.id,
                    col(VisitSlot.week) >= first_week(today()),
                    col(Pairing.status).not_in(TAKEN_ON),
                ),
            )
        )
    )
    for slot in session.exec(statement).all():
        session.delete(slot)
    session.flush()


def _require_may_change(session: Session, actor: Actor, branch: BranchCapacity) -> None:
    require(actor, Permission.POST_LOAN_PRODUCTS)
    require_rule(actor, is_own, branch, "state_capacity")
    if not states_for(actor, branch, officered_branches(session, branch.organization_id)):
        raise NotAllowed("state_capacity")


def _require_order(
    quota_firms: int | None, quota_fen: int | None, paused_until: date | None, pause_reason: str, on: date
) -> None:
    problems = {}
    if quota_firms is not None and not 0 <= quota_firms <= MOST_FIRMS:
        problems["quota_firms"] = "too_large"
    if quota_fen is not None and not 0 <= quota_fen <= MAX_FEN:
        problems["quota_fen"] = "too_large"
    if paused_until is not None and paused_until < on:
        problems["paused_until"] = "in_past"
    if paused_until is not None and not pause_reason.strip():
        problems["pause_reason"] = "missing"
    if problems:
        raise NotComplete(problems)


def _update(
    session: Session,
    row: Any,
    row_id: int,
    counter: str,
    version: int,
    values: dict[str, Any],
    present: Callable[[], dict[str, Any]],
) -> None:
    """Write values and count the version up; of two people who read the same one, the second is told."""
    session.flush()
    table = inspect(type(row)).local_table
    key = table.primary_key.columns[0]
    statement = update(table).where(key == row_id, table.c[counter] == version)
    is_ours = session.connection().execute(statement.values({counter: version + 1, **values})).rowcount == 1
    session.expire_all()
    if not is_ours:
        raise ChangedMeanwhile(present(), getattr(row, counter))


def _refresh(session: Session, supply_id: int, on: date) -> RecommendationRun:
    # Loading the engine takes a second that reading a page need not wait for.
    from workflows.recommendations import refresh_supply

    session.flush()
    return refresh_supply(session, supply_id, today=on)
