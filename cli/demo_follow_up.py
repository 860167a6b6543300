"""How the demo city's cases are followed: clocks, reminders, documents of steps, and people who have left."""

from datetime import UTC, datetime, time, timedelta

from sqlmodel import col, select

from access.actor import Actor
from access.case_steps import is_latest
from cli.demo_base import DOMAIN, DemoBase
from models.base import now
from models.organization import Membership, Organization, User
from models.pairing import CaseStep, Pairing
from vocabulary.classifications import CaseStepKind
from vocabulary.lifecycles import RELEASED_PAIRING, RUNNING_PAIRING
from vocabulary.roles import OrganizationKind, Role
from workflows import evidence
from workflows.audit import dated
from workflows.calendar import SHANGHAI
from workflows.clocks import set_due
from workflows.files import Upload
from workflows.reminders import remind

_K = CaseStepKind
_SHOWN_BY = {
    _K.CREDIT_GRANTED: ("授信批复.pdf", "Credit approval"),
    _K.FRAME_AGREEMENT: ("框架协议.pdf", "Frame agreement"),
    _K.VOLUME_ORDER: ("批量订单.pdf", "Volume order"),
    _K.RENEWED: ("续贷合同.pdf", "Renewal"),
}
"""Steps with a document: its name and what stands on it. Disbursements have none, so that something is open."""
_NIGHTS = 14
_N_LEFT = 2


def add_follow_up(base: DemoBase) -> None:
    """Everything that belongs to introduced cases once they are there."""
    cases = base.session.exec(
        select(Pairing).where(col(Pairing.status).in_(RELEASED_PAIRING)).order_by(col(Pairing.id))
    ).all()
    _add_documents(base, [case.id or 0 for case in cases])
    for case in cases:
        set_due(base.session, case)
    _let_people_leave(base, [case for case in cases if case.status in RUNNING_PAIRING])
    _remind(base, [case for case in cases if case.status in RUNNING_PAIRING])


def _add_documents(base: DemoBase, case_ids: list[int]) -> None:
    steps = base.session.exec(
        select(CaseStep, User)
        .join(User, col(User.id) == CaseStep.recorded_by_id)
        .where(col(CaseStep.pairing_id).in_(case_ids), col(CaseStep.kind).in_(_SHOWN_BY), *is_latest())
        .order_by(col(CaseStep.id))
    ).all()
    for step, user in steps:
        name, words = _SHOWN_BY[step.kind]
        organization_id = base.session.exec(
            select(Membership.organization_id).where(Membership.user_id == user.id)
        ).first()
        actor = Actor(user.id, user.full_name, organization_id, None, "", True, None)
        evidence.attach(base.session, actor, step, [Upload(name, document(f"{words}, {step.happened_on} (demo)"))])


def _let_people_leave(base: DemoBase, running: list[Pairing]) -> None:
    """An official and a bank officer left with open cases; each has a colleague who can take them over."""
    office, bank = _organization_of(base, "official"), _organization_of(base, "bank")
    base.add_user(bank, Role.OFFICER, email="bank2", name="邓志勇", title="客户经理", branch="石鼓支行")
    for organization, role, name, title in (
        (office, Role.OFFICIAL, "罗建平", "专干"),
        (bank, Role.OFFICER, "谭小娟", "客户经理"),
    ):
        left = base.add_user(organization, role, email=f"left.{organization.kind.value}", name=name, title=title)
        membership = base.session.exec(select(Membership).where(Membership.user_id == left.id)).one()
        membership.ended_at = base.days_ago(4)
        base.session.add(membership)
        if organization.kind is OrganizationKind.CHAIN_OFFICE:
            own = [case for case in running if case.chain_id == organization.chain_id]
            for case in own[-_N_LEFT:]:
                case.followed_by_id = left.id
        else:
            own = [case for case in running if case.supply_organization_id == organization.id]
            for case in own[-_N_LEFT:]:
                case.handled_by_id = left.id
    base.session.flush()


def _organization_of(base: DemoBase, account: str) -> Organization:
    return base.session.exec(
        select(Organization)
        .join(Membership, col(Membership.organization_id) == Organization.id)
        .join(User, col(User.id) == Membership.user_id)
        .where(User.email == f"{account}@{DOMAIN}")
    ).one()


def _remind(base: DemoBase, running: list[Pairing]) -> None:
    """The nights of the last two weeks, as the clock would have gone through them."""
    for n in range(_NIGHTS, -1, -1):
        day = base.today - timedelta(days=n)
        at = min(datetime.combine(day, time(0, 5), SHANGHAI).astimezone(UTC), now())
        for case in running:
            with dated(base.session, at):
                reminders = remind(base.session, case, on=day)
            for reminder in reminders:
                reminder.created_at = at
                base.session.add(reminder)
    base.session.flush()


def document(words: str) -> bytes:
    """A valid PDF of one page with a line of Latin text."""
    content = f"BT /F1 20 Tf 72 740 Td ({words.replace('(', '[').replace(')', ']')}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(body))
    )
