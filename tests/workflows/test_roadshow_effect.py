"""What the comparison reads: facts from before the day only, and outcomes of the months after, of the right firms."""

from datetime import datetime, time, timedelta

import pytest
from sqlmodel import select

from models.firm_profile import FirmProfile, ProfileSubmission
from models.pairing import CaseStep
from models.roadshow import RoadshowSession
from models.session import open_session
from tests import factories
from vocabulary.classifications import CaseStepKind
from vocabulary.lifecycles import PairingStatus, ParticipantStatus, RoadshowStatus, SubmissionStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roadshow_effect import EffectGroup, EffectOutcome, LeftOut
from vocabulary.roles import OrganizationKind
from workflows.calendar import SHANGHAI, today
from workflows.roadshow_effect import MONTHS, compare, window

_AGO = timedelta(days=100)


class World:
    """A roadshow a hundred days ago with `n` firms on stage, and as many that did not come, all alike."""

    def __init__(self, session, n=0):
        self.session = session
        self.chain = factories.make_chain(session)
        self.official = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        self.roadshow = self.held(today() - _AGO)
        self.bank = factories.make_organization(session, OrganizationKind.BANK)
        self.product = factories.make_loan_product(session, self.bank)
        self.group = [self.firm() for _ in range(n)]
        self.others = [self.firm() for _ in range(n)]
        for firm in self.group:
            self.present(firm)

    def held(self, day):
        return factories.make_roadshow(self.session, self.chain, held_on=day, status=RoadshowStatus.HELD)

    def at(self, days):
        """Noon some days after the roadshow."""
        return datetime.combine(self.roadshow.held_on, time(12), SHANGHAI) + timedelta(days=days)

    def firm(self, days=-30, **values):
        firm = factories.make_organization(self.session, chain_id=self.chain.id, verified_at=self.at(days))
        factories.make_profile(self.session, firm, **{"verified_at": self.at(days)} | values)
        return firm

    def present(self, firm, roadshow=None, *, is_there=True):
        roadshow = roadshow or self.roadshow
        item = RoadshowSession(roadshow_id=roadshow.id, title="企业路演", starts_at=time(9))
        self.session.add(item)
        self.session.flush()
        return factories.make_participant(
            self.session, roadshow, firm, status=ParticipantStatus.ACCEPTED, pitch_session_id=item.id,
            checked_in_at=self.at(0) if is_there else None, checked_in_by_id=self.official.user_id,
        )  # fmt: skip

    def lend(self, firm, days, kind=CaseStepKind.DISBURSED, **values):
        need = factories.make_financing_need(self.session, firm)
        pairing = factories.make_pairing(
            self.session, need, self.product, self.chain, status=PairingStatus.FULFILLED,
            introduced_at=self.at(days), decided_by_id=self.official.user_id, decided_at=self.at(days),
        )  # fmt: skip
        step = CaseStep(
            pairing_id=pairing.id, kind=kind, happened_on=self.at(days).date(), amount_fen=FEN_PER_WAN,
            recorded_by_id=self.official.user_id,
        )  # fmt: skip
        return factories._add(self.session, step, values)

    def compared(self, months=MONTHS):
        return compare(self.session, self.roadshow, months=months, on=today())

    def presented(self):
        return next(each for each in self.compared().groups if each.group is EffectGroup.PRESENTED)


@pytest.fixture
def world(session):
    return World(session)


def test_a_planted_effect_is_found_in_the_rows_and_eight_against_eight_gives_no_number(session):
    world = World(session, n=30)
    for firm in world.group[:24]:
        world.lend(firm, 20)
    for firm in world.others[:6]:
        world.lend(firm, 20)
    found = {row.outcome: row for row in world.presented().effect.outcomes}
    drawn = found[EffectOutcome.DISBURSED]
    assert (drawn.n_group, drawn.n_similar, drawn.low > 0) == (24, 6, True)
    assert (found[EffectOutcome.ORDERED].difference, found[EffectOutcome.ORDERED].is_clear) == (0, False)
    few = World(session, n=8)
    for firm in few.group:
        few.lend(firm, 20)
    assert (len(few.presented().effect.pairs), few.presented().effect.outcomes) == (8, ())


def test_only_what_came_within_the_months_counts(session, world):
    firms = [world.firm() for _ in range(5)]
    world.present(firms[0])
    for firm, days in zip(firms, (-1, 0, 91, 92, 20), strict=True):
        world.lend(firm, days)
    world.session.exec(select(CaseStep).order_by(CaseStep.id.desc())).first().is_void = True
    session.flush()
    facts = world.compared(months=3).facts
    end = window(world.roadshow, months=3, on=today()).ends_on
    assert [EffectOutcome.DISBURSED in facts[firm.id].outcomes for firm in firms] == [
        False, True, world.at(91).date() < end, False, False,
    ]  # fmt: skip
    assert [facts[firm.id].earlier for firm in firms] == [1, 0, 0, 0, 0]


def test_facts_verified_after_the_day_are_not_matched_on(session, world):
    here, grown, new = world.firm(), world.firm(), world.firm()
    world.present(here)
    profiles = {row.organization_id: row for row in session.exec(select(FirmProfile)).all()}
    old = {"region_code": "430406", "industry_code": "3831", "revenue_fen": 400 * FEN_PER_WAN, "tier": None}
    session.add(
        ProfileSubmission(
            organization_id=grown.id, chain_id=world.chain.id, values=old, status=SubmissionStatus.VERIFIED,
            submitted_by_id=world.official.user_id, decided_at=world.at(-20), decided_by_id=world.official.user_id,
        )
    )  # fmt: skip
    for firm in (grown, new):
        profiles[firm.id].verified_at, profiles[firm.id].revenue_fen = world.at(5), 90_000 * FEN_PER_WAN
    factories.make_financing_need(session, grown)  # opened today
    session.flush()
    found = world.compared()
    facts = found.facts[grown.id]
    assert (facts.industry, facts.district, facts.size, facts.open_postings) == ("38", "430406", 1, 0)
    assert found.not_compared[new.id] is LeftOut.NO_FACTS


def test_firms_that_came_anywhere_or_joined_later_are_not_compared_with(session, world):
    here, elsewhere, later, no_show, absent = (world.firm() for _ in range(5))
    joined = world.firm(days=3)
    world.present(here)
    world.present(elsewhere, world.held(today() - timedelta(days=300)))
    world.present(later, world.held(today() - timedelta(days=10)))
    world.present(no_show, is_there=False)
    found = world.compared()
    assert found.candidates == {no_show.id, absent.id}
    assert found.not_compared == {
        elsewhere.id: LeftOut.CAME, later.id: LeftOut.CAME, joined.id: LeftOut.JOINED_LATER
    }  # fmt: skip


def test_a_firm_at_two_roadshows_counts_with_the_first(session, world):
    both, first_here, _other = world.firm(), world.firm(), world.firm()
    for firm in (both, first_here):
        world.present(firm)
    world.present(both, world.held(today() - timedelta(days=300)))
    world.present(first_here, world.held(today() - timedelta(days=10)))
    found = world.presented()
    assert found.left_out == {both.id: LeftOut.CAME_EARLIER}
    assert [one for one, _similar in found.effect.pairs] == [first_here.id]


def test_the_comparison_takes_the_same_queries_for_one_firm_and_many(session, engine):
    from sqlalchemy import event

    world = World(session, n=1)
    counts = []
    for more in (0, 4):
        for _ in range(more):
            world.present(world.firm())
            world.lend(world.firm(), 10)
        session.commit()
        with open_session(engine, read_only=True) as reading:
            seen = []
            event.listen(engine, "before_cursor_execute", lambda *args, seen=seen: seen.append(args[2]))
            compare(reading, reading.get(type(world.roadshow), world.roadshow.id), months=MONTHS, on=today())
            counts.append(len(seen))
    assert counts[0] == counts[1]
