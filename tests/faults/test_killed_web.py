"""The web server is killed while people confirm and save: what it acknowledged is there, whole, and once."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func
from sqlmodel import SQLModel, col, select

from models.audit_event import AuditEvent
from models.financing_need import FinancingNeed
from models.idempotency import IdempotencyKey
from models.notice import Notice
from models.outbox import OutboxMessage
from models.pairing import Consent, Pairing
from models.posting import Demand
from models.session import open_session, unit_of_work
from tests import factories
from tests.databases import postgresql_server
from tests.faults.web_server import Server, Visitor, sign_in, stamp
from vocabulary.classifications import ConsentPurpose
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

N_CLIENTS = 4
"""So few that not all that they have under way at twenty kills could be a tenth of a thousand."""
_MOST_MS = 60
"""A kill comes within so many ms of a request."""
Effects = tuple[int, ...]
NOTHING: Effects = (0, 0, 0, 0)


class Void(Exception):
    """The load did not happen, so nothing was shown."""


@dataclass(frozen=True)
class Deed:
    """One form: who sends it where, and what is counted afterwards: a pairing's id, or a need's title."""

    visitor: Visitor
    path: str
    values: tuple[tuple[str, str], ...]
    subject: int | str
    key: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Trial:
    """What happened. `n_kept` of the unknown deeds had been done, the others not."""

    acknowledged: list[Deed] = field(default_factory=list)
    unknown: list[Deed] = field(default_factory=list)
    refused: list[tuple[int, Deed]] = field(default_factory=list)
    kills: int = 0
    hits: int = 0
    n_kept: int = 0


def prepare(engine: Engine, n_deeds: int) -> list[Deed]:
    """Half of the deeds confirm a pairing each, half save a need each, in turn; all of them can be done."""
    with unit_of_work(engine) as session:
        chain = factories.make_chain(session)
        firm = factories.make_organization(session, chain_id=chain.id)
        factories.make_profile(session, firm)
        filer = factories.make_user(session, firm)
        bank = factories.make_organization(session, OrganizationKind.BANK)
        factories.make_user(session, bank)
        official = factories.make_user(
            session, factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
        )
        product = factories.make_loan_product(session, bank)
        session.add(
            Consent(
                organization_id=firm.id, counterpart_id=bank.id, purpose=ConsentPurpose.CREDIT_REVIEW,
                sections=["basic"], given_by_id=filer.id, ends_on=today() + timedelta(days=90),
            )
        )  # fmt: skip
        like = factories.make_financing_need(session, firm, amount_fen=50 * FEN_PER_WAN)
        terms = session.exec(select(FinancingNeed).where(FinancingNeed.demand_id == like.id)).one()
        own = {"id", "public_id"}
        needs = [Demand(**like.model_dump(exclude=own)) for _ in range(n_deeds // 2)]
        session.add_all(needs)
        session.flush()
        session.add_all(
            FinancingNeed(**terms.model_dump(exclude={*own, "demand_id"}), demand_id=need.id) for need in needs
        )
        pairings = [factories.make_pairing(session, need, product, chain) for need in needs]
    at_office, at_firm = sign_in(engine, official.id), sign_in(engine, filer.id)
    verdict = (("verdict", "confirm"), ("reason", "facts_verified"), ("note", ""))
    deeds = []
    for n, pairing in enumerate(pairings):
        title = f"need number {n}"
        deeds += [
            Deed(at_office, f"/pairings/{pairing.public_id}", verdict, pairing.id),
            Deed(at_firm, "/financing-needs/new", (("title", title), ("action", "save")), title),
        ]
    return deeds


def run_trial(engine: Engine, url: str, folder: Path, *, n_deeds: int, n_kills: int, variant: str = "plain") -> Trial:
    """Do the deeds against a server that is killed now and then; gives what happened.

    Raises AssertionError for whatever must not happen, Void if the load was not there.
    """
    stamp(engine)
    deeds, trial = prepare(engine, n_deeds), Trial()
    with Server(url, folder, variant) as server:
        _load(server, deeds, trial, n_kills)
        time.sleep(0.5)  # a broken server may still be at work
        _check_kept(engine, trial)
        unsettled = [deed for deed in trial.unknown if _send(server, deed) != 303]
    assert not unsettled, f"unknown deeds not settled by one retry: {len(unsettled)} of {len(trial.unknown)}"
    _check_whole(engine, deeds, folder)
    require_load(trial, len(deeds), n_kills)
    return trial


def _send(server: Server, deed: Deed) -> int:
    return server.post(deed.path, deed.visitor, dict(deed.values), deed.key)


def _load(server: Server, deeds: list[Deed], trial: Trial, n_kills: int) -> None:
    """Four clients do the deeds in turn; from time to time the server is killed while at least one waits."""
    todo, lock, is_up = iter(deeds), threading.Lock(), threading.Event()
    waiting: set[str] = set()
    is_up.set()

    def drive() -> None:
        for deed in _shared(todo, lock):
            is_up.wait()
            while not _try(deed):
                is_up.wait()

    def _try(deed: Deed) -> bool:
        waiting.add(deed.key)
        try:
            status = _send(server, deed)
        except ConnectionRefusedError:  # it never left
            return False
        except (OSError, http.client.HTTPException):
            trial.unknown.append(deed)
        else:
            if status == 303:
                trial.acknowledged.append(deed)
            else:
                trial.refused.append((status, deed))
        finally:
            waiting.discard(deed.key)
        return True

    clients = [threading.Thread(target=drive) for _ in range(N_CLIENTS)]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        is_time = len(trial.acknowledged) >= (trial.kills + 1) * 0.9 * len(deeds) / (n_kills + 1)
        if trial.kills < n_kills and is_time and waiting:
            time.sleep(random.random() * _MOST_MS / 1000)
            before = len(trial.unknown)
            is_up.clear()  # nobody begins anew; who waits is cut off
            server.kill()
            trial.kills += 1
            time.sleep(0.1)
            trial.hits += len(trial.unknown) > before
            server.start()
            is_up.set()
        time.sleep(0.005)
    assert not trial.refused, f"answers to what is allowed: {Counter(status for status, _deed in trial.refused)}"


def _shared(todo: Iterator[Deed], lock: threading.Lock) -> Iterator[Deed]:
    while True:
        with lock:
            deed = next(todo, None)
        if deed is None:
            return
        yield deed


def require_load(trial: Trial, n_deeds: int, n_kills: int) -> None:
    """Raise Void unless nine of ten deeds were acknowledged and nine of ten kills hit one."""
    if len(trial.acknowledged) < 0.9 * n_deeds or trial.hits < 0.9 * n_kills or trial.kills < n_kills:
        raise Void(f"{len(trial.acknowledged)} of {n_deeds} acknowledged, {trial.kills} kills, {trial.hits} hit")


def effects(engine: Engine, deeds: Iterable[Deed]) -> dict[Deed, Effects]:
    """What is there of each deed: (pairings confirmed or needs, lines of the ledger, mails, notices)."""
    with open_session(engine, read_only=True) as session:

        def tally(query) -> Counter[int]:
            return Counter({subject: n for subject, n in session.exec(query) if subject is not None})

        titles: dict[str, list[int]] = {}
        for title, demand_id in session.exec(select(Demand.title, Demand.id)):
            titles.setdefault(title, []).append(demand_id)
        confirmed = Counter(session.exec(select(Pairing.id).where(Pairing.status == PairingStatus.CONFIRMED)))
        lines = {
            action: tally(
                select(AuditEvent.subject_id, func.count())
                .where(AuditEvent.action == action)
                .group_by(col(AuditEvent.subject_id))
            )
            for action in ("pairing_confirmed", "posting_created")
        }
        told = [
            tally(select(row.pairing_id, func.count()).group_by(col(row.pairing_id))) for row in (OutboxMessage, Notice)
        ]
    found: dict[Deed, Effects] = {}
    for deed in deeds:
        subject = deed.subject
        if isinstance(subject, int):
            found[deed] = (confirmed[subject], lines["pairing_confirmed"][subject], *(one[subject] for one in told))
        else:
            ids = titles.get(subject, [])
            found[deed] = (len(ids), sum(lines["posting_created"][own] for own in ids), 0, 0)
    return found


def _is_whole(deed: Deed, found: Effects) -> bool:
    """One of each, and for a pairing a notice and a mail to somebody."""
    return found[:2] == (1, 1) and (isinstance(deed.subject, str) or min(found) > 0)


def _check_kept(engine: Engine, trial: Trial) -> None:
    found = effects(engine, [*trial.acknowledged, *trial.unknown])
    lost = [deed for deed in trial.acknowledged if not found[deed][0]]
    assert not lost, f"acknowledged and lost: {len(lost)} of {len(trial.acknowledged)}"
    halves = {found[deed] for deed in found if found[deed] != NOTHING and not _is_whole(deed, found[deed])}
    assert not halves, f"half states: {halves}"
    trial.n_kept = sum(found[deed] != NOTHING for deed in trial.unknown)


def _check_whole(engine: Engine, deeds: list[Deed], folder: Path) -> None:
    found = effects(engine, deeds)
    wrong = {found[deed] for deed in deeds if not _is_whole(deed, found[deed])}
    assert not wrong, f"half or doubled: {wrong}"
    kinds = {(isinstance(deed.subject, int), *found[deed]) for deed in deeds}
    assert len(kinds) == 2, f"deeds of one kind differ in what they left: {kinds}"
    with open_session(engine, read_only=True) as session:
        assert not session.exec(select(IdempotencyKey).where(col(IdempotencyKey.status).is_(None))).all()
        if engine.dialect.name == "sqlite":
            for pragma, expected in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                assert session.connection().exec_driver_sql(f"PRAGMA {pragma}").all() == expected
    assert verify(engine, Seal(folder / "no anchors", "a key")).is_whole


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_in_a_thousand_deeds_lose_and_halve_nothing(fresh_database, tmp_path):
    _kill(fresh_database, tmp_path, n_deeds=1_100, n_kills=20)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_few_kills_on_postgresql(tmp_path):
    with postgresql_server(f"killed_{uuid4().hex[:8]}", fast=False) as server:
        _kill(server.fresh(), tmp_path, n_deeds=330, n_kills=6)


def _kill(engine: Engine, folder: Path, *, n_deeds: int, n_kills: int) -> None:
    SQLModel.metadata.create_all(engine)
    trial = run_trial(engine, _url(engine), folder, n_deeds=n_deeds, n_kills=n_kills)
    engine.dispose()
    print(  # noqa: T201 -- the figures of the run, shown with -s
        f"{len(trial.acknowledged)} acknowledged, {trial.kills} kills, {trial.hits} hit, "
        f"{len(trial.unknown)} unknown of which {trial.n_kept} were done"
    )


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("too early", "acknowledged and lost"),
        ("piecemeal", "half states|not settled"),
        ("forgetful", "not settled|doubled"),
    ],
)
def test_the_harness_fails_where_the_server_is_broken(engine, tmp_path, variant, said):
    with pytest.raises(AssertionError, match=said):
        run_trial(engine, _url(engine), tmp_path, n_deeds=48, n_kills=4, variant=variant)


@pytest.mark.parametrize(("n_acknowledged", "hits"), [(0, 20), (899, 20), (950, 17)])
def test_the_harness_is_void_without_load(n_acknowledged, hits):
    """A server killed before it had begun to work loses nothing, which shows nothing."""
    deed = Deed(Visitor("", ""), "/", (), 1)
    with pytest.raises(Void):
        require_load(Trial(acknowledged=[deed] * n_acknowledged, kills=20, hits=hits), 1_000, 20)
