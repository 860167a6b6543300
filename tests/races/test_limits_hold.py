"""An organization's last key and last webhook are made once, however many people ask for them at the same moment."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import func, select

from models.api_key import ApiKey
from models.base import now
from models.session import open_session
from models.webhook import Webhook
from tests import factories
from tests.races.harness import Crowd, serving, signed_in
from vocabulary.integrations import KEYS_AT_ONCE, WEBHOOKS_AT_ONCE
from vocabulary.roles import OrganizationKind
from workflows.calendar import today

pytestmark = pytest.mark.timeout(120)
_N = 8
_LEFT = 2


def _key(bank, person, n):
    return ApiKey(
        organization_id=bank.id, made_by_id=person.id, name=f"系统{n}", scopes=["cases:read"], digest=f"{n:064d}",
        expires_on=today() + timedelta(days=30), created_at=now(),
    )  # fmt: skip


def _webhook(bank, person, n):
    return Webhook(
        organization_id=bank.id, made_by_id=person.id, url=f"https://example.org/{n}", events=["case.step_recorded"],
        sealed_secret="sealed",
    )  # fmt: skip


def _ask_for_key(person, n):
    return person.post(
        "/api-keys/", name=f"新系统{n}", scopes="cases:read", expires_on=(today() + timedelta(days=9)).isoformat()
    )


def _ask_for_webhook(person, n):
    return person.post("/webhooks/", url=f"https://93.184.216.34/{n}", events="case.step_recorded")


CASES = [
    (ApiKey, KEYS_AT_ONCE, _key, _ask_for_key),
    (Webhook, WEBHOOKS_AT_ONCE, _webhook, _ask_for_webhook),
]


@pytest.mark.parametrize(("model", "most", "row", "ask"), CASES, ids=["keys", "webhooks"])
def test_the_last_places_are_given_once(app, engine, session, model, most, row, ask):
    bank = factories.make_organization(session, OrganizationKind.BANK)
    users = [factories.make_user(session, bank) for _ in range(_N)]
    session.add_all(row(bank, users[0], n) for n in range(most - _LEFT))
    with serving(app) as port, Crowd(_N) as crowd:
        people = [signed_in(app, session, user, port) for user in users]
        session.commit()
        replies = crowd.together(*(lambda n=n, person=person: ask(person, n) for n, person in enumerate(people)))
        for person in people:
            person.close()
    assert Counter(reply.status for reply in replies) == {200: _LEFT, 422: _N - _LEFT}
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(func.count()).select_from(model)).one() == most
