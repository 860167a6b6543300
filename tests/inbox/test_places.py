"""Every event leads to a page that its readers may open, or nowhere on purpose."""

import pytest

from access.lookups import NotVisible
from models.notice import Notice
from tests.factories import make_chain, make_organization, make_user
from vocabulary.events import EVENTS, Place
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role
from web.inbox.places import FINDERS, address_of
from web.inbox.words import ABOUT, ALWAYS

NEEDS_A_ROW = {Place.PAIRING, Place.ROADSHOW}
PAGES = sorted({event.opens for event in EVENTS.values()} - NEEDS_A_ROW)
_KIND_OF_ROLE = {role: kind for kind, roles in ROLES_OF_KIND.items() for role in roles}


def test_every_place_has_its_finder_and_every_category_and_fixed_event_its_words():
    assert set(FINDERS) == set(Place)
    assert {event.category for event in EVENTS.values()} <= set(ABOUT)
    assert {code for code, event in EVENTS.items() if event.is_mandatory} == set(ALWAYS)


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("role", list(Role))
def test_a_page_without_an_id_opens_for_its_reader_or_is_said_to_be_closed(app, session, sign_in_as, role, place):
    kind = _KIND_OF_ROLE[role]
    chain = make_chain(session)
    has_chain = kind in (OrganizationKind.ENTERPRISE, OrganizationKind.CHAIN_OFFICE)
    organization = make_organization(session, kind, chain_id=chain.id if has_chain else None)
    person = make_user(session, organization, role)
    client = sign_in_as(person)
    code = next(code for code, event in EVENTS.items() if event.opens is place)
    notice = Notice(user_id=person.id, event=code, frequency="off")
    session.add(notice)
    session.commit()
    answer = client.post(f"/inbox/{notice.public_id}/open")
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    if place is Place.ACCOUNT:
        assert answer.location == "/account"


def test_a_notice_about_a_pairing_without_one_is_not_visible(app):
    with app.test_request_context(), pytest.raises(NotVisible):
        address_of(Notice(user_id=1, event="pairing_refused", frequency="off"))
