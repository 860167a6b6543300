"""What is released is what was consented to: no field more, none less, and never without a ground."""

import re
from datetime import timedelta
from html import unescape
from itertools import combinations

import pytest
from sqlmodel import Session, select

from access import parties
from models.audit_event import AuditEvent
from models.pairing import Consent, Pairing, Release
from models.session import open_session, unit_of_work
from tests.release_worlds import EVERYTHING, PLANTED, TAX_AND_COLLATERAL, ReleaseWorld
from vocabulary.classifications import PURPOSE_OF_MARKET, Market
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import BY_NAME, Section, Visibility
from web.common.labels import label
from workflows import consents, releases
from workflows.calendar import city_day, today

_SOME = [chosen for n in range(1, 6) for chosen in combinations(EVERYTHING, n)]


def without_ground(session: Session) -> list[str]:
    """Releases that break a rule: each has a confirmed pairing of the same two and a consent valid at that moment."""
    rows = session.exec(
        select(Release, Pairing, Consent)
        .join(Pairing, Pairing.id == Release.pairing_id)
        .join(Consent, Consent.id == Release.consent_id)
    ).all()
    confirmed = set(session.exec(select(AuditEvent.subject_id).where(AuditEvent.action == "pairing_confirmed")).all())
    found = []
    for release, pairing, consent in rows:
        rules = {
            "confirmed": pairing.id in confirmed and pairing.decided_by_id is not None,
            "introduced": pairing.introduced_at is not None,
            "of the firm": consent.organization_id == parties.firm_id(pairing),
            "for the recipient": consent.counterpart_id == release.recipient_id == parties.counterpart_id(pairing),
            "for the purpose": consent.purpose is PURPOSE_OF_MARKET[pairing.market],
            "given before": consent.created_at <= release.frozen_at,
            "not withdrawn": consent.withdrawn_at is None or release.frozen_at <= consent.withdrawn_at,
            "not ended": city_day(release.frozen_at) <= consent.ends_on,
            "its fields": set(releases.field_names(release)) == set(consent.field_names),
        }
        found += [f"{release.id}: not {rule}" for rule, holds in rules.items() if not holds]
    return found


def test_every_release_of_the_demo_world_has_its_ground(demo_database):
    engine = demo_database.copy()
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(Release)).first() is not None
        assert without_ground(session) == []
    engine.dispose()


def _before_its_consent(release, _consent):
    release.frozen_at -= timedelta(days=99)


def _after_its_consent(_release, consent):
    consent.ends_on = today() - timedelta(days=1)


def _with_a_field_more(_release, consent):
    consent.field_names = consent.field_names[1:]


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [("given before", _before_its_consent), ("not ended", _after_its_consent), ("its fields", _with_a_field_more)],
)
def test_a_release_without_its_ground_is_found(session, rule, spoil):
    world = ReleaseWorld(session)
    release = world.release()
    session.add(AuditEvent(action="pairing_confirmed", subject_kind="pairing", subject_id=world.pairing.id))
    session.flush()
    assert without_ground(session) == []
    spoil(release, session.get_one(Consent, release.consent_id))
    session.flush()
    assert without_ground(session) == [f"{release.id}: not {rule}"]


@pytest.mark.parametrize("market", list(Market))
def test_shown_fields_and_consented_fields_are_equal_sets(session, market):
    world = ReleaseWorld(session, market)
    for chosen in _SOME:
        consent = world.consent(chosen)
        shown = set(releases.read(session, world.person_actor, _released(world, consent)).sections)
        expected = {*chosen, "contacts"} - ({"credit"} if market is Market.SUPPLY else set())
        assert shown == expected
        release = session.exec(select(Release)).one()
        assert set(releases.field_names(release)) == set(consent.field_names)
        of_sections = {name for name, field in BY_NAME.items() if field.section.value in expected}
        never = TAX_AND_COLLATERAL if market is Market.SUPPLY else set()
        assert set(consent.field_names) == of_sections - never


def _released(world, consent):
    releases.freeze(world.session, world.pairing, consent)
    return world.pairing


def _dossier(client, world) -> str:
    return unescape(client.post(f"/cases/{world.pairing.public_id}/dossier").text)


def _terms(page: str) -> list[str]:
    return [text.strip() for text in re.findall(r"<dt>(.*?)</dt>", page, re.DOTALL)]


def _values_in(page: str) -> set[str]:
    """Planted fields that stand on a page, the figures in 万元."""
    found = set()
    for name, value in PLANTED.items():
        words = f"{value // FEN_PER_WAN:,} 万元" if isinstance(value, int) else value
        if re.search(rf"{re.escape(words)}(?!\d)", page):
            found.add(name)
    return found


@pytest.mark.parametrize("market", list(Market))
@pytest.mark.parametrize("chosen", [EVERYTHING, ("scale",), ("basic", "credit")])
def test_the_page_shows_exactly_the_consented_fields(sign_in_as, session, market, chosen):
    world = ReleaseWorld(session, market)
    consent = world.consent(chosen)
    releases.freeze(session, world.pairing, consent)
    names = list(consent.field_names)
    page = _dossier(sign_in_as(world.person), world)
    assert sorted(_terms(page)) == sorted(label(name) for name in names)
    assert _values_in(page) == set(PLANTED) & set(names)


def test_a_buyer_gets_neither_tax_nor_collateral_though_the_firm_ticked_everything(engine, sign_in_as, session):
    world = ReleaseWorld(session, Market.SUPPLY)
    world.release()
    buyer = sign_in_as(world.person)
    pages = _dossier(buyer, world) + unescape(buyer.get(f"/cases/{world.pairing.public_id}").text)
    assert "planted-" in pages
    assert _values_in(pages) & TAX_AND_COLLATERAL == set()
    with open_session(engine, read_only=True) as reading:
        assert set(releases.field_names(reading.exec(select(Release)).one())) & TAX_AND_COLLATERAL == set()


@pytest.mark.parametrize("market", list(Market))
def test_whoever_reads_learns_no_more_than_public_and_released_fields(sign_in_as, session, market):
    """Own data, published data and the released snapshot: nothing beside them, on any page of the case."""
    world = ReleaseWorld(session, market)
    consent = world.consent(("business",))
    releases.freeze(session, world.pairing, consent)
    public = {name for name, field in BY_NAME.items() if field.visibility is Visibility.PUBLIC}
    allowed = public | set(consent.field_names)
    case = f"/cases/{world.pairing.public_id}"
    reader = sign_in_as(world.person)
    pages = _dossier(reader, world) + unescape(
        "".join(reader.get(url).text for url in (case, "/cases/", "/recommended-firms/", f"/handover/{case}"))
    )
    assert _values_in(pages) & {"contact_phone", "main_customers"} == {"contact_phone", "main_customers"}
    assert _values_in(pages) <= allowed


def test_what_the_firm_changes_afterwards_is_not_passed_on(engine, sign_in_as, session):
    world = ReleaseWorld(session)
    world.release()
    reader = sign_in_as(world.person)
    with unit_of_work(engine) as other:
        from models.firm_profile import FirmProfile

        profile = other.exec(select(FirmProfile).where(FirmProfile.organization_id == world.firm.id)).one()
        profile.collateral_note = "written-later"
        other.add(profile)
    assert "written-later" not in _dossier(reader, world)
    assert PLANTED["collateral_note"] in _dossier(reader, world)


def test_a_new_version_replaces_the_old_one_and_releases_anew(session):
    world = ReleaseWorld(session)
    world.release(EVERYTHING, (world.shown,))
    second = world.consent(("scale",))
    first = session.exec(select(Consent).order_by(Consent.version)).first()
    assert (first.version, first.replaced_by_version, second.version) == (1, 2, 2)
    read = releases.read(session, world.person_actor, world.pairing)
    assert (read.consent_version, set(read.sections), read.documents) == (2, {"scale", "contacts"}, [])


def test_nobody_can_write_a_consent_that_names_other_fields(session):
    world = ReleaseWorld(session, Market.SUPPLY)
    row = Consent(
        organization_id=world.firm.id, counterpart_id=world.reader.id, purpose=world.purpose, sections=["credit"],
        field_names=["tax_grade"], given_by_id=world.signatory.id, ends_on=today(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    assert row.field_names == [name for name, field in BY_NAME.items() if field.section is Section.CONTACTS]


def test_the_longest_consent_is_a_year(session):
    from workflows.errors import NotComplete

    world = ReleaseWorld(session)
    world.consent(days=365)
    with pytest.raises(NotComplete) as refused:
        world.consent(days=366)
    assert refused.value.problems == {"ends_on": "too_late"}
    assert consents.for_pairing(session, world.pairing, today() + timedelta(days=366)) is None
