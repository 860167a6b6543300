"""What a reader is told when a request is refused, whatever page it was for."""

import pytest

from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import OrganizationKind, Role


@pytest.fixture
def guarded(app):
    """The app with its guard against forged forms on."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.OFFICER, Role.OFFICIAL, Role.ADMIN])
def test_every_form_without_its_token_is_refused(guarded, session, sign_in_as, role):
    kind = {
        Role.SIGNATORY: OrganizationKind.ENTERPRISE, Role.OFFICER: OrganizationKind.BANK,
        Role.OFFICIAL: OrganizationKind.CHAIN_OFFICE, Role.ADMIN: OrganizationKind.IT_OFFICE,
    }[role]  # fmt: skip
    chain = make_chain(session)
    organization = make_organization(session, kind, chain_id=chain.id if role is Role.OFFICIAL else None)
    client = sign_in_as(make_user(session, organization, role))
    statuses = {}
    for rule in guarded.url_map.iter_rules():
        if "POST" not in rule.methods or rule.rule.startswith("/api/v1/"):  # no form: a key lets in, no cookie does
            continue
        with guarded.test_request_context():
            url = rule.build(dict.fromkeys(rule.arguments, "nowhere"))[1]
        statuses[url] = client.post(url).status_code
    assert len(statuses) > 20
    assert set(statuses.values()) == {400}


@pytest.mark.parametrize(("language", "sentence"), [("zh", "不能超过 26 MB"), ("en", "26 MB")])
def test_a_submission_past_the_limit_is_refused_with_the_limit(client, language, sentence):
    client.set_cookie("lang", language)
    answer = client.post("/sign-in", data={"email": "x" * (27 * 1024 * 1024)})
    assert answer.status_code == 413
    assert sentence in answer.text


def test_a_crash_after_the_reader_is_known_still_gets_its_page(app, session, sign_in_as, monkeypatch):
    def crash(found, *_values, **_options):
        found.rollback()  # what a refused write leaves behind: every row of the request has to be read again
        raise RuntimeError("planted")

    monkeypatch.setattr("access.lists.notices.inbox", crash)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    firm = make_organization(session)
    answer = sign_in_as(make_user(session, firm)).get("/inbox/")
    assert answer.status_code == 500
    assert "系统出错" in answer.text
    assert firm.legal_name in answer.text
