"""Reference data is kept as versions: a year's working days entered by hand, and the reasons that are offered."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlmodel import select

from access.people import actor_of
from access.rules import NotAllowed
from jobs.expiry import expire_due
from models.audit_event import AuditEvent
from models.reference_version import ReferenceVersion
from tests.case_worlds import make_case_world
from tests.factories import make_organization, make_user
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import COUNTERPART_REASONS, DeclineReason, Market, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.reference import ReferenceKind
from vocabulary.roles import OrganizationKind
from workflows import clocks, reference_data
from workflows.calendar import WorkingDay
from workflows.errors import ChangedMeanwhile, NotComplete

_K = ReferenceKind
_YEAR = {"year": 2027, "holidays": ["2027-01-01", "2027-02-08", "2027-02-09"], "make_up_days": ["2027-02-13"]}
_LATE = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)


@pytest.fixture
def admin(session):
    return make_user(session, make_organization(session, OrganizationKind.IT_OFFICE))


def _add(session, admin, kind=_K.WORKING_DAYS, key="2027", body=_YEAR, **values):
    values = {"valid_from": date(2026, 12, 30), "note": "国办发明电〔2026〕0号", "seen": 0} | values
    return reference_data.add(session, actor_of(session, admin), kind, key, body, **values)


@pytest.fixture
def winter():
    with time_machine.travel(_LATE, tick=False):
        yield


def test_a_year_entered_by_hand_is_counted_and_no_guess_any_more(session, admin, winter):
    before = reference_data.working_days(session)
    assert before.after(date(2026, 12, 31), 1) == WorkingDay(date(2027, 1, 1), is_provisional=True)
    assert clocks.years_guessed(before, date(2026, 12, 30)) == [2027]
    _add(session, admin)
    calendar = reference_data.working_days(session)
    assert calendar.after(date(2026, 12, 31), 1) == WorkingDay(date(2027, 1, 4), is_provisional=False)
    assert calendar.after(date(2027, 2, 5), 1) == WorkingDay(date(2027, 2, 10), is_provisional=False)
    assert calendar.after(date(2027, 2, 12), 1) == WorkingDay(date(2027, 2, 13), is_provisional=False)
    assert clocks.years_guessed(calendar, date(2026, 12, 30)) == []


def test_due_days_of_cases_follow_the_year_that_was_entered(session, admin, winter):
    pairing = make_case_world(session, introduced_at=datetime(2026, 12, 31, 2, 0, tzinfo=UTC)).pairing
    assert (pairing.due_on, pairing.due_is_provisional) == (date(2027, 1, 1), True)
    _add(session, admin)
    assert clocks.set_due(session, pairing) == clocks.Due(ClockStage.CONTACT, date(2027, 1, 4))


def test_an_entered_year_comes_before_the_programs_own(session, admin, winter):
    _add(session, admin, key="2026", body={"year": 2026, "holidays": ["2026-12-31"]})
    assert not reference_data.working_days(session).is_working_day(date(2026, 12, 31))


def test_a_version_holds_from_its_day_on_and_the_one_before_is_read_as_then(session, admin, winter):
    _add(session, admin)
    changed = _YEAR | {"holidays": ["2027-01-01"]}
    _add(session, admin, body=changed, valid_from=date(2027, 1, 10), seen=1)
    off = date(2027, 2, 8)
    assert not reference_data.working_days(session, date(2027, 1, 9)).is_working_day(off)
    assert reference_data.working_days(session, date(2027, 1, 10)).is_working_day(off)
    assert reference_data.working_days(session, date(2026, 12, 29)).unknown_years(off, off) == [2027]
    assert [row.number for row in session.exec(select(ReferenceVersion)).all()] == [1, 2]
    recorded = session.exec(select(AuditEvent).where(AuditEvent.action == "reference_version_added")).all()
    assert [(event.actor_user_id, event.new["number"], event.reason) for event in recorded] == [
        (admin.id, number, "国办发明电〔2026〕0号") for number in (1, 2)
    ]


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"body": _YEAR | {"holidays": []}}, {"holidays": "required"}),
        ({"body": _YEAR | {"make_up_days": ["2027-02-12"]}}, {"make_up_days": "not_weekend"}),
        ({"body": _YEAR | {"holidays": ["2026-12-31"]}}, {"body": "other_year"}),
        ({"body": _YEAR | {"holidays": ["2027-02-13"]}}, {"body": "both"}),
        ({"valid_from": date(2026, 12, 29)}, {"valid_from": "in_past"}),
        ({"valid_from": None, "note": " "}, {"valid_from": "required", "note": "required"}),
        ({"key": "next"}, {"key": "unknown"}),
        ({"kind": _K.VERDICT_REASONS, "key": "", "body": {"offered": ["risk_found"]}}, {"offered": "without_other"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(session, admin, winter, values, problems):
    with pytest.raises(NotComplete) as refused:
        _add(session, admin, **values)
    assert refused.value.problems == problems
    assert session.exec(select(ReferenceVersion)).all() == []


def test_of_two_editors_the_second_is_told(session, admin, winter):
    _add(session, admin)
    with pytest.raises(ChangedMeanwhile) as newer:
        _add(session, admin)
    assert newer.value.version == 1


def test_nobody_else_may(session, winter):
    official = make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE))
    with pytest.raises(NotAllowed):
        _add(session, official)


def test_a_withdrawn_reason_is_not_offered_and_not_taken(session, admin, winter):
    reasons = COUNTERPART_REASONS[Market.SUPPLY]
    assert reference_data.offered(session, reasons) == reasons
    kept = [reason.value for reason in DeclineReason if reason is not DeclineReason.COMPETITOR]
    _add(session, admin, _K.DECLINE_REASONS, "", {"offered": kept})
    assert set(reasons) - set(reference_data.offered(session, reasons)) == {DeclineReason.COMPETITOR}
    assert reference_data.offered(session, VerdictReason) == tuple(VerdictReason)


def test_the_administrator_enters_a_year_on_screen(session, admin, sign_in_as, winter):
    client = sign_in_as(admin)
    assert client.get("/reference-data/year?year=2027").headers["Location"].endswith("/working_days/2027")
    page = "/reference-data/working_days/2027"
    sent = {"holidays": "2027-01-01 至 2027-01-03\n2027-2-8", "make_up_days": "2027-01-09",
            "valid_from": "2026-12-30", "note": "按公布的安排", "seen": "0"}  # fmt: skip
    assert "日期写作" in client.post(page, data=sent | {"holidays": "元旦"}).text
    assert client.post(page, data=sent).status_code == 303
    row = session.exec(select(ReferenceVersion)).one()
    assert row.body["holidays"] == ["2027-01-01", "2027-01-02", "2027-01-03", "2027-02-08"]
    session.commit()
    assert "有人保存了第 1 版" in client.post(page, data=sent).text
    shown = client.get(page).text
    assert "2027-01-01 至 2027-01-03；2027-02-08" in shown
    assert "按公布的安排" in client.get("/reference-data/").text
    assert client.get("/reference-data/working_days/").status_code == 404
    assert client.get("/reference-data/working_days/9999").status_code == 404
    assert client.get("/reference-data/working_days/02027").status_code == 404
    assert client.get("/reference-data/working_days/２０２７").status_code == 404


def test_reasons_are_withdrawn_on_screen_and_the_verdict_offers_the_rest(session, admin, sign_in_as, winter):
    client = sign_in_as(admin)
    sent = {"offered": ["facts_verified", "other"], "valid_from": "2026-12-30", "note": "只留两项", "seen": "0"}
    assert client.post("/reference-data/verdict_reasons/", data=sent).status_code == 303
    world = make_case_world(
        session, introduced_at=_LATE, status=PairingStatus.PROPOSED, decided_by_id=None, decided_at=None
    )
    world.pairing.introduced_at = None
    session.commit()
    choices = sign_in_as(world.official).get(f"/pairings/{world.pairing.public_id}").text
    assert 'value="facts_verified"' in choices
    assert 'value="risk_found"' not in choices


_CLOCKS = {
    "contact_days": 2, "visit_days": 5, "decision_days": 20, "silence_days": 15, "chain_office_after_days": 1,
    "joint_office_after_days": 3,
}  # fmt: skip


def test_a_stage_is_counted_by_the_limit_of_the_day_on_which_it_began(session, admin, winter):
    """Introduced before the new limit and after it; a version to come changes nothing yet."""
    calendar = reference_data.working_days(session)
    old = make_case_world(session, introduced_at=datetime(2026, 12, 29, 2, 0, tzinfo=UTC)).pairing
    new = make_case_world(session, introduced_at=datetime(2026, 12, 30, 2, 0, tzinfo=UTC)).pairing
    assert [clocks.set_due(session, row).on for row in (old, new)] == [date(2026, 12, 30), date(2026, 12, 31)]
    _add(session, admin, _K.CASE_CLOCKS, "", _CLOCKS)
    _add(session, admin, _K.CASE_CLOCKS, "", _CLOCKS | {"contact_days": 9}, valid_from=date(2027, 1, 8), seen=1)
    assert [clocks.set_due(session, row).on for row in (old, new)] == [
        date(2026, 12, 30),
        calendar.after(date(2026, 12, 30), 2).on,
    ]
    limits = clocks.dated_limits(session)
    assert [limits.at(day).contact_days for day in (date(2026, 12, 29), date(2026, 12, 30), date(2027, 1, 8))] == [
        1,
        2,
        9,
    ]


def test_who_is_told_and_when_silence_expires_follows_the_version(session, engine, admin, winter):
    pairing = make_case_world(session, introduced_at=datetime(2026, 12, 3, 2, 0, tzinfo=UTC)).pairing
    assert (pairing.due_on, pairing.status) == (date(2026, 12, 4), PairingStatus.INTRODUCED)
    session.commit()
    expire_due(engine, _LATE)
    session.expire_all()
    assert pairing.status is PairingStatus.INTRODUCED, "20 working days are not over"
    _add(session, admin, _K.CASE_CLOCKS, "", _CLOCKS)
    session.commit()
    expire_due(engine, _LATE)
    session.expire_all()
    assert pairing.status is PairingStatus.EXPIRED


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"contact_days": 0}, {"contact_days": "greater_than_equal"}),
        ({"visit_days": 251, "decision_days": None}, {"visit_days": "less_than_equal", "decision_days": "int_type"}),
        ({"joint_office_after_days": 1, "chain_office_after_days": 2}, {"body": "out_of_order"}),
    ],
)
def test_clocks_that_make_no_sense_are_refused(session, admin, winter, body, problems):
    with pytest.raises(NotComplete) as refused:
        _add(session, admin, _K.CASE_CLOCKS, "", _CLOCKS | body)
    assert refused.value.problems == problems


def test_the_administrator_changes_the_clocks_on_screen(session, admin, sign_in_as, winter):
    client, page = sign_in_as(admin), "/reference-data/case_clocks/"
    assert re.search(r'name="decision_days"[^>]*value="30"', client.get(page).text), "the settings, to begin with"
    sent = {name: str(days) for name, days in _CLOCKS.items()} | {
        "valid_from": "2026-12-30", "note": "联席会议纪要", "seen": "0",
    }  # fmt: skip
    assert "请填写 1 至 250" in client.post(page, data=sent | {"visit_days": "0"}).text
    assert "不能早于告知链办" in client.post(page, data=sent | {"chain_office_after_days": "9"}).text
    assert client.post(page, data=sent).status_code == 303
    shown = client.get("/reference-data/").text
    assert "联席会议纪要" in shown
    assert "不足 300 万元" in shown, "bands can be read here"
    official = sign_in_as(make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE)))
    assert "引荐后 2 个工作日内联系" in official.get("/follow-up/").text
