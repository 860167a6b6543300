"""Whoever is concerned is told once: in the inbox, and by mail as chosen; a verdict within its hold tells nobody."""

from datetime import timedelta

import pytest
from sqlmodel import select

from access.lists.notices import inbox, shown_to, unread
from models.base import now
from models.notice import Notice, NoticePreference
from models.outbox import OutboxMessage
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_user,
)
from vocabulary.classifications import VerdictReason
from vocabulary.events import EventCategory, Frequency
from vocabulary.lifecycles import OutboxStatus, PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import verdicts
from workflows.notifications import cancel_messages, queue_mail, queue_to_members
from workflows.pairings import revoke


@pytest.fixture
def firm(session):
    return make_organization(session)


@pytest.fixture
def person(session, firm):
    return make_user(session, firm, language="en")


@pytest.fixture
def pairing(session, firm):
    chain = make_chain(session)
    need = make_financing_need(session, firm)
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    return make_pairing(session, need, product, chain)


@pytest.fixture
def official(session, pairing):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=pairing.chain_id)
    return actor_of(make_user(session, office), office, Role.OFFICIAL)


def tell(session, firm, **values):
    plain = {"template": "pairing_refused", "values": {"demand": "铜", "supply": "贷"}}
    queue_to_members(session, (firm.id,), **plain | values)
    session.flush()


def choose(session, person, frequency, category=EventCategory.PAIRINGS):
    session.add(NoticePreference(user_id=person.id, category=category, frequency=frequency))
    session.flush()


def seen(session, person, firm, at=None):
    return [row.event for row in inbox(session, actor_of(person, firm), at=at)[0]]


def mails(session):
    return [(row.recipient, row.language, row.template) for row in session.exec(select(OutboxMessage)).all()]


def test_a_member_is_told_in_the_inbox_and_by_mail_in_the_own_language(session, firm, person):
    tell(session, firm)
    assert seen(session, person, firm) == ["pairing_refused"]
    assert mails(session) == [(person.email, "en", "pairing_refused")]


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.OFF])
def test_who_chose_a_daily_mail_or_none_gets_the_notice_only(session, firm, person, frequency):
    choose(session, person, frequency)
    tell(session, firm)
    assert seen(session, person, firm) == ["pairing_refused"]
    assert mails(session) == []
    assert session.exec(select(Notice)).one().frequency is frequency


def test_a_mandatory_event_is_mailed_whatever_was_chosen(session, firm, person):
    choose(session, person, Frequency.OFF, EventCategory.CONSENTS)
    tell(session, firm, template="consent_withdrawn", values={"firm": "甲"})
    tell(session, firm, template="consent_requested", values={"counterpart": "乙"})
    assert mails(session) == [(person.email, "en", "consent_withdrawn")]


def test_a_secret_link_goes_by_mail_only(session, firm, person):
    queue_mail(
        session, recipient=person.email, language="en", template="password_reset", values={"name": "", "link": "x"}
    )
    session.flush()
    assert seen(session, person, firm) == []
    assert mails(session) == [(person.email, "en", "password_reset")]


def test_mail_to_the_address_of_an_account_appears_in_its_inbox(session, firm, person):
    queue_mail(session, recipient=person.email, language="zh", template="consent_withdrawn", values={"firm": "甲"})
    queue_mail(session, recipient="nobody@example.org", language="zh", template="consent_withdrawn", values={})
    session.flush()
    assert seen(session, person, firm) == ["consent_withdrawn"]
    assert len(mails(session)) == 2


def test_an_event_without_a_line_in_the_table_is_refused(session, firm, person):
    with pytest.raises(KeyError, match="no_such_event"):
        tell(session, firm, template="no_such_event")


def test_a_notice_waits_for_its_time(session, firm, person):
    later = now() + timedelta(minutes=30)
    tell(session, firm, send_after=later)
    assert seen(session, person, firm) == []
    assert seen(session, person, firm, later) == ["pairing_refused"]


def test_who_left_the_organization_does_not_see_its_notices(session, firm, person):
    tell(session, firm)
    other = make_organization(session)
    assert seen(session, person, other) == []


def test_another_person_sees_nothing(session, firm, person):
    tell(session, firm)
    later = make_user(session, firm)
    assert seen(session, later, firm) == []


def hold(session, official, pairing, minutes=30):
    """A confirmation as `verdicts.confirm` leaves it; consents are tested elsewhere."""
    verdicts._decide(
        session, official, pairing, PairingStatus.CONFIRMED, reason=VerdictReason.FACTS_VERIFIED, note="",
        hold_until=now() + timedelta(minutes=minutes),
    )  # fmt: skip
    verdicts._tell_sides(session, pairing, "pairing_confirmed", send_after=pairing.hold_until)
    session.flush()


def test_a_verdict_within_its_hold_shows_nowhere_even_when_its_time_is_over(session, firm, person, pairing, official):
    hold(session, official, pairing)
    assert seen(session, person, firm) == []
    assert seen(session, person, firm, now() + timedelta(hours=2)) == [], "the clock has not introduced it yet"


def test_a_verdict_taken_back_leaves_neither_notice_nor_mail(session, firm, person, pairing, official):
    hold(session, official, pairing)
    verdicts.take_back(session, official, pairing)
    assert session.exec(select(Notice)).all() == []
    assert set(session.exec(select(OutboxMessage.status))) == {OutboxStatus.CANCELLED}


def test_a_verdict_revoked_after_its_time_but_before_the_clock_leaves_no_notice(
    session, firm, person, pairing, official
):
    hold(session, official, pairing, minutes=-1)
    revoke(session, official, pairing, note="误操作")
    assert session.exec(select(Notice)).all() == []


def test_earlier_news_of_the_pairing_stays_while_a_verdict_is_held_and_after(session, firm, person, pairing, official):
    tell(session, firm, template="consent_requested", values={"counterpart": "乙"}, pairing_id=pairing.id)
    hold(session, official, pairing)
    assert seen(session, person, firm) == ["consent_requested"], "its going would tell of the verdict"
    verdicts.take_back(session, official, pairing)
    assert seen(session, person, firm) == ["consent_requested"]


def test_an_introduction_shows_the_notice(session, firm, person, pairing, official):
    hold(session, official, pairing, minutes=-1)
    pairing.status, pairing.introduced_at = PairingStatus.INTRODUCED, now()
    session.add(pairing)
    session.flush()
    assert seen(session, person, firm) == ["pairing_confirmed"]
    cancel_messages(session, official, pairing.id)
    assert seen(session, person, firm) == ["pairing_confirmed"], "what was shown is not taken away"


def test_the_unread_are_counted(session, firm, person):
    tell(session, firm)
    tell(session, firm, send_after=now() + timedelta(hours=1))
    assert len(session.exec(unread(actor_of(person, firm), now())).all()) == 1
    assert len(session.exec(select(Notice).where(shown_to(actor_of(person, firm), now()))).all()) == 1
