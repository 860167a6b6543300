"""What must hold after every step of every life, asked of the database in plain SQL and told in sentences.

I1 a release stands on a confirmed pairing and a consent that was valid at that moment; I2 one live pairing of a pair;
I3 whoever decides belongs to the pairing's chain or the joint office; I4 two people are two; I5 a step needs an
introduced pairing; I6 an amount is above zero and within the product; I7 each new status has its line in the ledger,
and the chain of lines holds. I8, what a viewer sees, is asked by the machine's own step `look`.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from models.audit_chain import EVENTS, GENESIS, digest
from tests.security.life_world import ABOVE_FEN
from vocabulary.lifecycles import LIVE_PAIRING, RELEASED_PAIRING
from workflows.calendar import today

_WITH_STATUS = (
    "approval", "demand", "organization", "outbox_message", "pairing", "profile_submission", "supply", "user",
)  # fmt: skip
_STATUSES = " UNION ALL ".join(f"SELECT '{table}', id, status FROM \"{table}\"" for table in _WITH_STATUS)  # noqa: S608
_RELEASED = frozenset(status.value for status in RELEASED_PAIRING)
_LIVE = ", ".join(f"'{status.value}'" for status in LIVE_PAIRING)
_DECIDED = ("pairing_confirmed", "pairing_returned", "pairing_on_hold", "pairing_refused", "pairing_revoked")


@dataclass(frozen=True)
class Seen:
    """The state that matters, as it stood between two steps."""

    statuses: dict[tuple[str, int], str]
    releases: dict[int, tuple[int, int, int, str]]
    """id -> pairing, consent, recipient, snapshot."""
    consents: dict[int, tuple[str | None, str]]
    """id -> withdrawn at, ends on."""
    n_steps: int
    n_events: int


def look(connection: sqlite3.Connection) -> Seen:
    """Read it."""
    ask = connection.execute
    n_steps, n_events = ask(
        "SELECT (SELECT coalesce(max(id), 0) FROM case_step), (SELECT coalesce(max(id), 0) FROM audit_event)"
    ).fetchone()
    return Seen(
        {(table, row_id): status for table, row_id, status in ask(_STATUSES)},
        {row[0]: row[1:] for row in ask("SELECT id, pairing_id, consent_id, recipient_id, snapshot FROM release")},
        {row[0]: row[1:] for row in ask("SELECT id, withdrawn_at, ends_on FROM consent")},
        n_steps,
        n_events,
    )


def broken(connection: sqlite3.Connection, engine: Engine, before: Seen, after: Seen) -> list[str]:
    """What a step that was done has broken; empty if nothing."""
    events = _new_events(engine, before.n_events)
    return [
        *_releases(connection, before, after),
        *_live(connection),
        *_deciders(connection, events),
        *_two_people(connection, events),
        *_outcomes(connection, before, after),
        *_amounts(connection, before),
        *_ledger(connection, events, before, after),
    ]


def _releases(connection: sqlite3.Connection, before: Seen, after: Seen) -> list[str]:
    found, day = [], today().isoformat()
    for release_id, (pairing_id, consent_id, recipient_id, snapshot) in after.releases.items():
        if before.releases.get(release_id) == (pairing_id, consent_id, recipient_id, snapshot):
            continue
        if after.statuses["pairing", pairing_id] not in _RELEASED:
            found.append(f"I1 release {release_id} of a pairing that is {after.statuses['pairing', pairing_id]}")
        withdrawn_at, ends_on = after.consents[consent_id]
        if withdrawn_at is not None or ends_on < day:
            found.append(f"I1 release {release_id} on consent {consent_id} that had ended")
        fits = connection.execute(
            "SELECT count(*) FROM pairing p JOIN consent c ON c.id = ? WHERE p.id = ? AND c.counterpart_id = ? AND"
            " (c.organization_id, c.counterpart_id, c.purpose) = (CASE p.market WHEN 'finance' THEN"
            " p.demand_organization_id ELSE p.supply_organization_id END, CASE p.market WHEN 'finance' THEN"
            " p.supply_organization_id ELSE p.demand_organization_id END, CASE p.market WHEN 'finance' THEN"
            " 'credit_review' ELSE 'supplier_review' END)",
            (consent_id, pairing_id, recipient_id),
        ).fetchone()[0]
        if not fits:
            found.append(f"I1 release {release_id} on a consent for somebody or something else")
        sections = set(
            json.loads(connection.execute("SELECT sections FROM consent WHERE id = ?", (consent_id,)).fetchone()[0])
        )
        if not set(json.loads(snapshot)) <= sections | {"contacts"}:
            found.append(f"I1 release {release_id} with more than was consented to")
    released = {row[0] for row in after.releases.values()}
    for (table, row_id), status in after.statuses.items():
        if table == "pairing" and status in _RELEASED:
            if row_id not in released:
                found.append(f"I1 pairing {row_id} is {status} without a release")
            if not _happened(connection, row_id, "pairing_confirmed"):
                found.append(f"I1 pairing {row_id} is {status} and was never confirmed")
    return found


def _happened(connection: sqlite3.Connection, pairing_id: int, action: str) -> bool:
    return (
        connection.execute(
            "SELECT 1 FROM audit_event WHERE subject_kind = 'pairing' AND subject_id = ? AND action = ?",
            (pairing_id, action),
        ).fetchone()
        is not None
    )


def _live(connection: sqlite3.Connection) -> list[str]:
    twins = connection.execute(
        f"SELECT demand_id, supply_id FROM pairing WHERE status IN ({_LIVE})"  # noqa: S608 -- our own codes
        " GROUP BY demand_id, supply_id HAVING count(*) > 1"
    ).fetchall()
    return [f"I2 two live pairings of demand {demand} and supply {supply}" for demand, supply in twins]


def _deciders(connection: sqlite3.Connection, events: list[Any]) -> list[str]:
    found = []
    for event in events:
        if event["subject_kind"] != "pairing" or event["action"] not in _DECIDED:
            continue
        belongs = connection.execute(
            "SELECT count(*) FROM pairing p JOIN membership m ON m.user_id = ? AND m.ended_at IS NULL"
            " JOIN organization o ON o.id = m.organization_id WHERE p.id = ? AND (o.kind = 'joint_office'"
            " OR (o.kind = 'chain_office' AND o.chain_id = p.chain_id))",
            (event["actor_user_id"], event["subject_id"]),
        ).fetchone()[0]
        if not belongs:
            found.append(
                f"I3 {event['action']} of {event['subject_id']} by user {event['actor_user_id']} of no such office"
            )
    return found


def _two_people(connection: sqlite3.Connection, events: list[Any]) -> list[str]:
    found = [
        f"I4 approval {row_id} asked for and given by one person"
        for (row_id,) in connection.execute(
            "SELECT id FROM approval WHERE status = 'approved' AND (decided_by_id IS NULL OR decided_by_id ="
            " requested_by_id)"
        )
    ]
    approved = {event["subject_id"] for event in events if event["action"] == "approval_approved"}
    for event in events:
        if event["action"] != "pairing_confirmed":
            continue
        (amount,) = connection.execute(
            "SELECT coalesce(max(n.amount_fen), 0) FROM pairing p JOIN financing_need n ON n.demand_id = p.demand_id"
            " WHERE p.id = ?",
            (event["subject_id"],),
        ).fetchone()
        given = connection.execute(
            "SELECT id FROM approval WHERE pairing_id = ? AND status = 'approved' AND decided_by_id = ?",
            (event["subject_id"], event["actor_user_id"]),
        ).fetchall()
        if amount > ABOVE_FEN and not approved & {row_id for (row_id,) in given}:
            found.append(f"I4 pairing {event['subject_id']} above the limit confirmed by one person")
    return found


def _outcomes(connection: sqlite3.Connection, before: Seen, after: Seen) -> list[str]:
    found = []
    if after.n_steps > before.n_steps:
        rows = connection.execute(
            "SELECT s.id, s.pairing_id, s.corrects_id, p.introduced_at FROM case_step s JOIN pairing p"
            " ON p.id = s.pairing_id WHERE s.id > ?",
            (before.n_steps,),
        )
        for step_id, pairing_id, corrects_id, introduced_at in rows:
            was_open = before.statuses.get(("pairing", pairing_id)) in _RELEASED
            if introduced_at is None or not (was_open or corrects_id):
                found.append(f"I5 step {step_id} of a pairing that was not introduced")
    for (pairing_id,) in connection.execute(
        "SELECT id FROM pairing WHERE status IN ('agreed', 'fulfilled') AND NOT EXISTS"
        " (SELECT 1 FROM case_step WHERE pairing_id = pairing.id)"
    ):
        found.append(f"I5 pairing {pairing_id} has an outcome and no step")
    return found


def _amounts(connection: sqlite3.Connection, before: Seen) -> list[str]:
    return [
        f"I6 step {step_id} of {amount} fen, product up to {most}"
        for step_id, amount, most in connection.execute(
            "SELECT s.id, s.amount_fen, max(v.max_amount_fen) FROM case_step s JOIN pairing p ON p.id = s.pairing_id"
            " LEFT JOIN loan_product_version v ON v.supply_id = p.supply_id WHERE s.id > ? AND NOT s.is_void AND"
            " s.amount_fen IS NOT NULL GROUP BY s.id HAVING s.amount_fen <= 0"
            " OR (s.kind = 'credit_granted' AND s.amount_fen > max(v.max_amount_fen))",
            (before.n_steps,),
        )
    ]


def _ledger(connection: sqlite3.Connection, events: list[Any], before: Seen, after: Seen) -> list[str]:
    found = []
    previous = _hash_of(connection, before.n_events)
    for number, event in enumerate(events, start=before.n_events + 1):
        if event["id"] != number or event["previous_hash"] != previous or digest(event) != event["hash"]:
            found.append(f"I7 line {number} of the ledger does not follow the one before it")
        previous = event["hash"]
    said: dict[tuple[str, int], list[tuple[str | None, str]]] = {}
    for event in events:
        if event["new"] and "status" in event["new"]:
            old = (event["old"] or {}).get("status")
            said.setdefault((event["subject_kind"], event["subject_id"]), []).append((old, event["new"]["status"]))
    for key, status in after.statuses.items():
        was = before.statuses.get(key)
        if was in (None, status) and not (was is None and key[0] == "pairing"):
            continue
        for old, new in said.get(key, ()):
            if old != was:
                found.append(f"I7 {key} went from {was}, the ledger says {old}")
            was = new
        if was != status:
            found.append(f"I7 {key} is {status} and the ledger does not say so")
    return found


def _hash_of(connection: sqlite3.Connection, number: int) -> str:
    found = connection.execute("SELECT hash FROM audit_event WHERE id = ?", (number,)).fetchone()
    return found[0] if found else GENESIS


def _new_events(engine: Engine, last: int) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(EVENTS).where(EVENTS.c.id > last).order_by(EVENTS.c.id)).mappings())
