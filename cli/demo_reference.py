"""Reference data of the demo world: next year's working days entered by hand and corrected once, a reason withdrawn;
and some rows that are past their time."""

from datetime import date, timedelta

from sqlmodel import select

from access.people import actor_of
from cli.demo_base import DOMAIN, DemoBase
from models.organization import PasswordReset, SignInAttempt, User
from vocabulary.classifications import VerdictReason
from vocabulary.reference import ReferenceKind
from workflows import reference_data
from workflows.accounts import digest

_K = ReferenceKind
_YEAR = 2027
_OFF = (("01-01", 3), ("02-05", 7), ("04-03", 3), ("05-01", 5), ("06-09", 1), ("09-15", 1), ("10-01", 7))
"""First day of each holiday, and how many days it has."""
_WORKED = ("02-14", "02-20", "05-08", "09-26", "10-09")


def add_reference_data(base: DemoBase) -> None:
    """The days are an example, as the notes say: nobody has announced them."""
    admin = actor_of(base.session, base.session.exec(select(User).where(User.email == f"admin@{DOMAIN}")).one())
    notes = ("示例：按往年安排预估，待国务院办公厅公布后核对", "示例：更正春节后的调休上班日")
    off = [date.fromisoformat(f"{_YEAR}-{first}") + timedelta(days=n) for first, length in _OFF for n in range(length)]
    for seen, (note, worked) in enumerate(zip(notes, (_WORKED[1:], _WORKED), strict=True)):
        body = {"year": _YEAR, "holidays": off, "make_up_days": [f"{_YEAR}-{day}" for day in worked]}
        reference_data.add(
            base.session, admin, _K.WORKING_DAYS, str(_YEAR), body, valid_from=base.today, note=note, seen=seen
        )
    kept = [reason.value for reason in VerdictReason if reason is not VerdictReason.WAITING_FOR_COUNTERPART]
    reference_data.add(
        base.session, admin, _K.VERDICT_REASONS, "", {"offered": kept}, valid_from=base.today,
        note="与“等待企业回复”很少能区分，今后写在说明里", seen=0,
    )  # fmt: skip


def add_what_is_past_its_time(base: DemoBase) -> None:
    """A reset link and failed sign-ins that the next clearing takes, so that its dry run has something to say."""
    user = base.session.exec(select(User).where(User.email == f"firm@{DOMAIN}")).one()
    key = digest("a link of last month")
    base.session.add(PasswordReset(user_id=user.id or 0, token_digest=key, expires_at=base.days_ago(40)))
    for days in (2, 3, 5):
        base.session.add(SignInAttempt(email_digest=digest(user.email), created_at=base.days_ago(days)))
    base.session.flush()
