"""Whoever has to act on a case is told in time, and the offices are told when it is late."""

from datetime import date

from sqlmodel import Session, col, select

from access import parties
from access.actor import SYSTEM
from access.people import is_present
from models.organization import Membership, Organization, User
from models.pairing import CaseReminder, Pairing
from models.posting import Demand, Supply
from vocabulary.case_clocks import ReminderLevel
from vocabulary.lifecycles import PAIRING, RUNNING_PAIRING, OrganizationStatus
from vocabulary.roles import OrganizationKind
from workflows import clocks
from workflows.audit import record
from workflows.notifications import queue_mail, queue_to_members
from workflows.reference_data import working_days

_ACTIONS = {
    ReminderLevel.HANDLER: "case_reminded",
    ReminderLevel.CHAIN_OFFICE: "case_escalated_to_chain_office",
    ReminderLevel.JOINT_OFFICE: "case_escalated_to_joint_office",
}


def remind(session: Session, pairing: Pairing, *, on: date) -> list[CaseReminder]:
    """Tell everybody whose turn has come and who was not told of this stage and due day before.

    Rows written: a `case_reminder` and an audit event each, in the caller's transaction, so that either all of it
    happened or none. Mails queued: `case_due` to the handler, or to all members of the counterpart if nobody handles
    the case; `case_overdue` to the members of the chain's office, then of the joint office.
    """
    if pairing.status not in RUNNING_PAIRING or pairing.due_on is None or pairing.due_stage is None:
        return []
    told = session.exec(
        select(CaseReminder.level).where(
            CaseReminder.pairing_id == pairing.id,
            CaseReminder.stage == pairing.due_stage,
            CaseReminder.due_on == pairing.due_on,
        )
    ).all()
    due_levels = clocks.levels_reached(pairing.due_on, on, clocks.dated_limits(session).at(on), working_days(session))
    return [_tell(session, pairing, level, on) for level in due_levels if level not in told]


def _tell(session: Session, pairing: Pairing, level: ReminderLevel, on: date) -> CaseReminder:
    assert pairing.due_on is not None
    assert pairing.due_stage is not None
    reminder = CaseReminder(pairing_id=pairing.id or 0, stage=pairing.due_stage, due_on=pairing.due_on, level=level)
    session.add(reminder)
    session.flush()
    record(
        session,
        SYSTEM,
        _ACTIONS[level],
        subject_kind=PAIRING.noun,
        subject_id=pairing.id or 0,
        new={"stage": pairing.due_stage.value, "due_on": pairing.due_on.isoformat()},
        chain_id=pairing.chain_id,
    )
    values = {
        "demand": session.get_one(Demand, pairing.demand_id).title,
        "supply": session.get_one(Supply, pairing.supply_id).title,
        "market": pairing.market.value,
        "stage": pairing.due_stage.value,
        "due_on": pairing.due_on.isoformat(),
        "is_late": on > pairing.due_on,
    }
    handler = _present_handler(session, pairing, on) if level is ReminderLevel.HANDLER else None
    if handler is not None:
        queue_mail(
            session,
            recipient=handler.email,
            language=handler.language,
            template="case_due",
            values=values,
            pairing_id=pairing.id,
        )
    else:
        template = "case_due" if level is ReminderLevel.HANDLER else "case_overdue"
        organizations = _told_at(session, pairing, level)
        queue_to_members(session, organizations, template=template, values=values, pairing_id=pairing.id)
    return reminder


def _present_handler(session: Session, pairing: Pairing, on: date) -> User | None:
    """The person who handles the case, unless nobody does or that person has left."""
    return session.exec(
        select(User).where(
            User.id == pairing.handled_by_id,
            col(Membership.organization_id) == parties.counterpart_id(pairing),
            *is_present(on),
        )
    ).first()


def _told_at(session: Session, pairing: Pairing, level: ReminderLevel) -> list[int]:
    """Ids of the organizations whose members are told."""
    if level is ReminderLevel.HANDLER:
        return [parties.counterpart_id(pairing)]
    offices = select(Organization.id).where(Organization.status == OrganizationStatus.VERIFIED)
    if level is ReminderLevel.CHAIN_OFFICE:
        offices = offices.where(
            Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == pairing.chain_id
        )
    else:
        offices = offices.where(Organization.kind == OrganizationKind.JOINT_OFFICE)
    return [office_id or 0 for office_id in session.exec(offices).all()]
