"""Other systems are told once per deed, signed, again while they do not answer, and never inside our own network."""

import json
import re
import socket
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import select

from jobs import clock
from jobs import webhooks as sending
from jobs.webhooks import Refused, do_webhook, sender
from models.base import now
from models.job import Job
from models.pairing import Consent, Pairing, Release
from models.session import open_session, unit_of_work
from models.webhook import Webhook, WebhookDelivery
from tests import factories
from tests.release_worlds import PLANTED, ReleaseWorld
from vocabulary.classifications import CaseStepKind
from vocabulary.integrations import WAITS_MINUTES, DeliveryStatus, WebhookEvent, WebhookStatus
from vocabulary.jobs import JobKind
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from vocabulary.web_addresses import address_problem
from workflows import cases, consents, webhooks
from workflows.calendar import today
from workflows.errors import NotComplete

KEY = "test-key"
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


class Receiver:
    """A real HTTP server that keeps what it got and answers as told."""

    def __init__(self) -> None:
        self.got, self.status, self.location = [], 200, ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_values):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def world(session):
    world = ReleaseWorld(session)
    world.release(("contacts",))
    session.commit()
    return world


def make(session, actor, url, events=tuple(WebhookEvent)):
    known = [event for event in events if event in webhooks.events_of(actor)]
    webhook, secret = webhooks.make(session, actor, url=url, events=known, key=KEY, may_be_inside=True)
    session.commit()
    return webhook, secret


def record(session, world, kind=CaseStepKind.CONTACT):
    cases.record_step(session, world.person_actor, world.pairing, kind=kind, happened_on=today())
    session.commit()


def tell(engine):
    with unit_of_work(engine) as session:
        return webhooks.tell(session)


class Attempt:
    """As much of an attempt as the job of a webhook asks for."""

    def __init__(self, engine, webhook):
        self.engine, self.arguments = engine, {"webhook_id": webhook.id}

    def say(self, *_values):
        pass

    def finishing(self):
        return unit_of_work(self.engine)


def send(engine, webhook, how=None):
    do_webhook(Attempt(engine, webhook), how or sender(may_be_inside=True), KEY)


def read(engine, statement):
    with open_session(engine, read_only=True) as session:
        return session.exec(statement).all()


def test_a_step_reaches_the_other_system_signed_as_the_documentation_checks_it(engine, session, world, receiver):
    webhook, secret = make(session, world.person_actor, receiver.url)
    record(session, world)
    assert tell(engine) == 1
    send(engine, webhook)
    ((path, headers, body),) = receiver.got
    message = json.loads(body)
    assert (path, message["event"], message["data"]) == (
        "/hook?x=1", "case.step_recorded",
        {"case_id": world.pairing.public_id, "status": "in_progress", "step": "contact"},
    )  # fmt: skip
    code = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S).group(1)
    assert len([line for line in code.splitlines() if line]) <= 12
    names, seen = {}, set()
    exec(code, names)  # noqa: S102 -- the documentation's own example
    later = lambda: now().timestamp() + 301  # noqa: E731
    assert not names["is_ours"](secret, headers, body, seen, now=later)
    assert not names["is_ours"](secret, headers, body + b" ", seen)
    assert not names["is_ours"]("whsec_AAAA", headers, body, seen)
    assert names["is_ours"](secret, headers, body, seen)
    assert not names["is_ours"](secret, headers, body, seen), "a replay"
    (delivery,) = read(engine, select(WebhookDelivery))
    assert (delivery.status, delivery.answer, delivery.attempts) == (DeliveryStatus.DELIVERED, 200, 1)


def test_a_deed_is_told_once_however_often_the_ledger_is_looked_at(engine, session, world, receiver):
    webhook, _secret = make(session, world.person_actor, receiver.url)
    record(session, world)
    assert [tell(engine) for _n in range(3)] == [1, 0, 0]
    with unit_of_work(engine) as other:  # a process that looks at the same rows again
        other.get_one(Webhook, webhook.id).told_up_to = 0
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        tell(engine)
    assert len(read(engine, select(WebhookDelivery))) == 1


def test_messages_hold_ids_and_nothing_confidential_and_strangers_get_none(engine, session, world, receiver):
    stranger = factories.make_actor(session, OrganizationKind.BANK)
    office = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    own_office = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=world.chain.id)
    told = [make(session, actor, receiver.url)[0] for actor in (world.person_actor, world.signatory_actor, own_office)]
    for actor in (stranger, office):
        make(session, actor, receiver.url)
    record(session, world)
    consents.withdraw(session, world.signatory_actor, session.exec(select(Consent)).one())
    session.commit()
    tell(engine)
    rows = read(engine, select(WebhookDelivery))
    assert {row.webhook_id for row in rows} == {webhook.id for webhook in told}
    assert {row.event for row in rows if row.webhook_id == told[0].id} == {
        WebhookEvent.STEP_RECORDED, WebhookEvent.CONSENT_WITHDRAWN
    }  # fmt: skip
    assert {row.event for row in rows if row.webhook_id == told[1].id} == {WebhookEvent.STEP_RECORDED}
    words = [*map(str, PLANTED.values()), world.firm.legal_name, world.person.full_name]
    assert not [word for word in words for row in rows if word in row.body]


def test_a_withdrawn_consent_names_every_case_however_many_there_are(engine, session, world, receiver):
    webhook, _secret = make(session, world.person_actor, receiver.url)
    release = session.exec(select(Release)).one()
    pairing = session.get_one(Pairing, release.pairing_id)
    for n in range(150):
        ended = {"id": None, "public_id": f"ended{n:07}", "status": PairingStatus.WITHDRAWN}
        session.add(other := Pairing(**pairing.model_dump() | ended))
        session.flush()
        copied = {"id": None, "public_id": f"ended{n:07}", "pairing_id": other.id}
        session.add(Release(**release.model_dump() | copied))
    session.commit()
    consents.withdraw(session, world.signatory_actor, session.get_one(Consent, release.consent_id))
    session.commit()
    assert tell(engine) == 1
    (delivery,) = read(engine, select(WebhookDelivery))
    named = json.loads(delivery.body)["data"]["case_ids"]
    assert set(named) == set(session.exec(select(Pairing.public_id)).all())
    assert (len(named), len(delivery.body) > 2_000, webhook.id) == (151, True, delivery.webhook_id)


def test_before_the_introduction_there_is_nothing_to_tell(engine, session, world, receiver):
    make(session, world.person_actor, receiver.url)
    world.pairing.introduced_at = None
    row = webhooks.AuditEvent(action="pairing_withdrawn", subject_kind="pairing", subject_id=world.pairing.id)
    with session.no_autoflush:
        assert webhooks.message_of(session, session.exec(select(Webhook)).one(), row) is None
    session.rollback()


def test_waits_grow_and_after_the_last_one_it_is_given_up_and_can_be_sent_again(engine, session, world, receiver):
    webhook, _secret = make(session, world.person_actor, receiver.url)
    record(session, world)
    tell(engine)
    receiver.status = 500
    waits = []
    for _n in range(len(WAITS_MINUTES) + 1):
        send(engine, webhook)
        send(engine, webhook)  # not due: not sent
        (delivery,) = read(engine, select(WebhookDelivery))
        waits.append(round((delivery.due_at - now()).total_seconds() / 60))
        with unit_of_work(engine) as other:
            other.get_one(WebhookDelivery, delivery.id).due_at = now() - timedelta(seconds=1)
    assert waits[:-1] == list(WAITS_MINUTES)
    assert (delivery.status, delivery.answer, delivery.error) == (DeliveryStatus.DEAD, 500, "answer")
    assert len(receiver.got) == len(WAITS_MINUTES) + 1
    assert len({headers["Webhook-Id"] for _path, headers, _body in receiver.got}) == 1
    receiver.status = 204
    webhooks.try_again(session, world.person_actor, webhook, session.get_one(WebhookDelivery, delivery.id))
    session.commit()
    send(engine, webhook)
    assert [row.status for row in read(engine, select(WebhookDelivery))] == [DeliveryStatus.DELIVERED]


def test_the_pulse_asks_for_one_job_and_the_worker_does_it(app, engine, session, world, receiver, monkeypatch, do_jobs):
    monkeypatch.setattr(sending, "is_inside", lambda _address: False)
    monkeypatch.setattr(sending, "address_problem", lambda *_values, **_options: None)
    webhook, _secret = make(session, world.person_actor, receiver.url)
    record(session, world)
    clock.tick(engine, lambda *_message: None)
    clock.tick(engine, lambda *_message: None)
    assert [job.kind for job in read(engine, select(Job))] == [JobKind.WEBHOOK]
    do_jobs()
    assert (len(receiver.got), webhook.public_id) == (1, webhook.public_id)
    assert [row.status for row in read(engine, select(WebhookDelivery))] == [DeliveryStatus.DELIVERED]


def test_a_stopped_webhook_is_told_nothing_and_resumes_with_what_happens_then(engine, session, world, receiver):
    webhook, _secret = make(session, world.person_actor, receiver.url)
    webhooks.stop(session, world.person_actor, webhook)
    session.commit()
    record(session, world)
    assert tell(engine) == 0
    webhooks.resume(session, world.person_actor, webhook)
    session.commit()
    assert tell(engine) == 0
    record(session, world, CaseStepKind.VISIT)
    assert tell(engine) == 1
    assert read(engine, select(Webhook.status)) == [WebhookStatus.ACTIVE]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://10.0.0.8/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/", "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1]/", "https://0.0.0.0/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/",
        "https://localhost/", "https://db.internal/", "http://example.org/", "file:///etc/passwd", "gopher://x/",
        "https://user:pw@example.org/", "https://example.org/#x", "https://", "https://exa mple.org/",
        "https://example.org:99999/", "https://example.org\\@10.0.0.1/", "https://例え.org/",
        "https://example.org/\r\nX: y",
    ],
)  # fmt: skip
def test_addresses_inside_and_odd_ones_are_refused(session, world, url):
    assert address_problem(url, may_be_inside=False) is not None
    with pytest.raises(NotComplete):
        webhooks.make(
            session, world.person_actor, url=url, events=[WebhookEvent.STEP_RECORDED], key=KEY, may_be_inside=False
        )
    with pytest.raises(Refused):
        sender(may_be_inside=False)(url, {}, b"{}")


@pytest.mark.parametrize("found", [["10.0.0.5"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["fe80::1%eth0"]])
def test_a_name_that_leads_inside_is_refused_when_something_is_sent(monkeypatch, found):
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_values, **_options: [(0, 0, 0, "", (address, 443)) for address in found]
    )
    monkeypatch.setattr(socket, "create_connection", lambda *_values, **_options: pytest.fail("connected"))
    with pytest.raises(Refused, match="is_inside"):
        sender(may_be_inside=False)("https://example.org/hook", {}, b"{}")


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    looks, connected = [], []

    def resolve(*_values, **_options):
        looks.append(1)
        return [(0, 0, 0, "", ("93.184.216.34" if len(looks) == 1 else "127.0.0.1", 443))]

    def connect(address, **_options):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        sender(may_be_inside=False)("https://example.org/hook", {}, b"{}")
    assert (len(looks), connected) == (1, [("93.184.216.34", 443)])


def test_redirects_are_not_followed(engine, session, world, receiver):
    other = Receiver()
    receiver.status, receiver.location = 302, other.url
    webhook, _secret = make(session, world.person_actor, receiver.url)
    record(session, world)
    tell(engine)
    send(engine, webhook)
    other.server.shutdown()
    other.server.server_close()
    assert (len(receiver.got), other.got) == (1, [])
    assert read(engine, select(WebhookDelivery.answer)) == [302]


def make_certificate(directory):
    """A certificate for 127.0.0.1 that nobody else vouches for, with its key, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = directory / "receiver.pem"
    path.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_drips_is_left_after_a_while(monkeypatch, tmp_path, scheme):
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    monkeypatch.setattr(sending, "_WHOLE_SECONDS", 0.5)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _address = server.accept()
            with suppress(OSError):
                if scheme == "https":
                    connection = serving.wrap_socket(connection, server_side=True)
                for _n in range(40):
                    connection.sendall(b"X")
                    threading.Event().wait(0.1)
            connection.close()

        threading.Thread(target=drip, daemon=True).start()
        began = now()
        with pytest.raises(Refused, match="timeout"):
            sender(may_be_inside=True)(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/", {}, b"{}")
        assert (now() - began).total_seconds() < 3


def test_why_a_try_failed_is_told_apart(engine, session, world):
    webhook, _secret = make(session, world.person_actor, f"https://{'a' * 64}.example.org/")
    record(session, world)
    tell(engine)
    send(engine, webhook, sender(may_be_inside=False))
    assert read(engine, select(WebhookDelivery.error)) == ["unreachable"]
    with unit_of_work(engine) as other:
        other.exec(select(WebhookDelivery)).one().due_at = now() - timedelta(seconds=1)
        other.get_one(Webhook, webhook.id).sealed_secret = "-"
    send(engine, webhook)
    assert read(engine, select(WebhookDelivery.error)) == ["sealed"]


def test_a_manager_makes_stops_and_sends_again_and_another_bank_sees_nothing(
    app, engine, session, world, sign_in_as, monkeypatch
):
    browser = sign_in_as(world.person)
    form = {"url": "https://bank.example.org/hook", "events": ["case.step_recorded"]}
    page = browser.post("/webhooks/", data=form)
    assert re.search(r"whsec_[\w+/=]{44}", page.text)
    assert browser.post("/webhooks/", data=form | {"url": "https://10.0.0.1/"}).status_code == 422
    (webhook,) = read(engine, select(Webhook))
    record(session, world)
    tell(engine)

    def refuse(*_values):
        raise TimeoutError

    for _n in range(len(WAITS_MINUTES) + 1):
        with unit_of_work(engine) as other:
            other.exec(select(WebhookDelivery)).one().due_at = now() - timedelta(seconds=1)
        send(engine, webhook, refuse)
    log = browser.get(f"/webhooks/{webhook.public_id}").text
    assert "已放弃" in log
    (delivery,) = read(engine, select(WebhookDelivery))
    again = f"/webhooks/{webhook.public_id}/deliveries/{delivery.public_id}/again"
    stranger = sign_in_as(factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK)))
    assert [stranger.get(f"/webhooks/{webhook.public_id}").status_code, stranger.post(again).status_code] == [404, 404]
    assert browser.post(again).status_code == 303
    assert read(engine, select(WebhookDelivery.status)) == [DeliveryStatus.WAITING]
    assert browser.post(f"/webhooks/{webhook.public_id}/stop").status_code == 303
    assert read(engine, select(Webhook.status)) == [WebhookStatus.STOPPED]
