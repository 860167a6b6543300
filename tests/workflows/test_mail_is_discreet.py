"""Nothing confidential leaves by mail or stands in an inbox: figures, telephone numbers and words are planted in every
place the workflows could take them from, then every text is read in both languages as its reader gets it.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import meta
from sqlmodel import select

from models.base import now
from models.firm_profile import ProfileSubmission
from models.notice import Notice
from models.outbox import OutboxMessage
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.classifications import VerdictReason
from vocabulary.events import EVENTS, Channel, Frequency
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import Section
from vocabulary.roles import OrganizationKind, Role
from web.common import mail
from workflows import accounts, colleagues, consents, organizations, profiles, roadshows, verdicts
from workflows import roadshow_participants as participants
from workflows.calendar import today
from workflows.digests import gather
from workflows.notifications import queue_to_members, say_undeliverable
from workflows.reminders import remind
from workflows.roadshows import Arrangements

TEXTS = Path(__file__).parents[2] / "templates" / "emails"
AMOUNT_WAN, PHONE, WORD = 7777, "13877778888", "机密厂房抵押"
PLANTED = f"扩产{AMOUNT_WAN}万元 电话{PHONE}"
CODES = {"event": "announced", "market": "finance", "stage": "contact", "reason": "", "kind": "five_lists"}
"""Values that choose words and are never shown themselves."""
REAL = {
    "password_reset", "invitation", "organization_verified", "organization_returned", "profile_verified",
    "profile_returned", "pairing_confirmed", "pairing_returned", "pairing_refused", "consent_requested",
    "consent_withdrawn", "roadshow", "case_due", "case_overdue", "mail_undeliverable", "daily_digest",
}  # fmt: skip
"""Events that the calls below really cause."""


class PlantedWorld(World):
    """A firm, a bank and an office whose every confidential value can be told from all others."""

    def __init__(self, session):
        super().__init__(session)
        fen = AMOUNT_WAN * FEN_PER_WAN
        for row, values in (
            (self.demand, {"title": f"流动资金{PLANTED}"}),
            (self.supply, {"title": f"产业链贷{AMOUNT_WAN}万"}),
            (self.firm_row, {"phone": PHONE, "review_note": WORD}),
        ):
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)
        self.values = {
            "revenue_fen": fen, "tax_paid_fen": fen, "collateral_value_fen": fen, "collateral_note": WORD,
            "contact_phone": PHONE, "existing_loans_fen": fen, "region_code": "430482", "industry_code": "3251",
        }  # fmt: skip
        session.commit()

    def submission(self):
        row = ProfileSubmission(
            organization_id=self.firm_row.id, chain_id=self.chain.id, values=profiles.stored(self.values),
            overrides={"revenue_per_head": WORD}, submitted_by_id=self.firm.user_id,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def live_through_everything(self):
        """Each event caused by the call that causes it in the product."""
        self._accounts()
        self._verification()
        self._pairings()
        self._roadshow()
        self.session.flush()

    def _accounts(self):
        user = factories.make_user(self.session, self.firm_row)
        accounts.request_reset(self.session, email=user.email, link_of="https://x/{}".format)
        colleagues.invite(
            self.session, self.firm, email="new@example.org", role=Role.FILER, branch="", ends_on=None,
            language="zh", link_of="https://x/{}".format,
        )  # fmt: skip
        say_undeliverable(self.session, user.email)

    def _verification(self):
        joint = factories.make_actor(self.session, OrganizationKind.JOINT_OFFICE, Role.COORDINATOR)
        newcomer = factories.make_organization(
            self.session, chain_id=self.chain.id, status=OrganizationStatus.REGISTERED, verified_at=None, phone=PHONE
        )
        factories.make_user(self.session, newcomer)
        organizations.return_to_correct(self.session, joint, newcomer, note=f"{WORD}{PLANTED}")
        organizations.verify(self.session, joint, newcomer)
        notes = {Section.SCALE: f"{WORD}{PLANTED}"}
        profiles.return_with_notes(self.session, self.office, self.submission(), notes)
        profiles.verify(self.session, self.office, self.submission())

    def _pairings(self):
        note = f"{WORD}{PLANTED}"
        pairing = self.pairing()
        consents.request(self.session, self.office, pairing)
        verdicts.return_for_completion(self.session, self.office, pairing, reason=REASON, note=note)
        verdicts.refuse(self.session, self.office, pairing, reason=VerdictReason.INFORMATION_MISSING, note=note)
        pairing = self.pairing()
        consent = self.consent()
        self.confirm(pairing, note=note)
        verdicts.introduce(self.session, self.office, pairing)
        remind(self.session, pairing, on=pairing.due_on + timedelta(days=400))
        consents.withdraw(self.session, self.firm, consent)

    def _roadshow(self):
        day = Arrangements(name="船山论坛", held_on=today() + timedelta(days=20), venue="雁峰区")
        show = roadshows.plan(self.session, self.office, day, chain_id=self.chain.id)
        roadshows.announce(self.session, self.office, show)
        participants.invite(self.session, self.office, show, self.firm_row.id)
        row = participants.apply_for(self.session, self.counterpart, show, note=f"{WORD}{PLANTED}")
        participants.refuse(self.session, self.office, show, row, note=f"{WORD}{PLANTED}")
        roadshows.change(self.session, self.office, show, replace(day, venue="石鼓区"))
        roadshows.cancel(self.session, self.office, show, reason=f"场地{PLANTED}")


@pytest.fixture
def world(session):
    return PlantedWorld(session)


def mails_of(session):
    return [(row.template, row.values) for row in session.exec(select(OutboxMessage)).all()]


def notices_of(session):
    return [(row.event, row.values) for row in session.exec(select(Notice)).all()]


def leaks(app, told, read):
    """Texts with something planted in them, read in both languages."""
    found = {}
    with app.test_request_context():
        for event, values in told:
            for language in ("zh", "en"):
                text = "\n".join(read(event, language, values))
                if any(planted in text.replace(",", "") for planted in (str(AMOUNT_WAN), PHONE, WORD)):
                    found[event, language] = text
    return found


def test_what_really_happens_is_told_without_a_figure_a_telephone_number_or_a_word(app, session, world):
    world.live_through_everything()
    for user_id in session.exec(select(Notice.user_id).distinct()).all():
        for notice in session.exec(select(Notice).where(Notice.user_id == user_id)).all():
            notice.frequency = Frequency.DAILY
            session.add(notice)
        gather(session, user_id, day=today(), until=now() + timedelta(minutes=1))
    caused = {event for event, _values in mails_of(session) + notices_of(session)}
    assert caused == REAL, "a new event belongs among the calls above, or among those of the next test"
    assert leaks(app, mails_of(session), mail.compose) == {}
    assert leaks(app, notices_of(session), mail.headline) == {}


@pytest.mark.parametrize("event", sorted(code for code, event in EVENTS.items() if event.channel is Channel.BOTH))
def test_figures_in_any_value_that_a_text_names_are_left_out(app, session, event):
    organization = factories.make_organization(session)
    factories.make_user(session, organization)
    names = meta.find_undeclared_variables(app.jinja_env.parse((TEXTS / f"{event}.zh.txt").read_text("utf-8")))
    queue_to_members(session, (organization.id,), template=event, values=dict.fromkeys(names, PLANTED) | CODES)
    session.flush()
    assert len(mails_of(session)) == 1
    assert leaks(app, mails_of(session), mail.compose) == {}
    assert leaks(app, notices_of(session), mail.headline) == {}


def test_the_search_finds_what_is_planted(app):
    told = [("organization_verified", {"organization": PLANTED}), ("profile_verified", {"organization": WORD})]
    assert len(leaks(app, told, mail.compose)) == 4
