"""The life of the market as a machine: people chosen at random try everything, most of it at the wrong moment.

Each step runs one workflow in one transaction with the rights its actor has at that moment. What is refused must have
changed nothing; what is done must break no invariant. The engine is left out: recommendations are rows.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlmodel import Session, select

from access.actor import Actor
from access.lists import cases as case_lists
from access.lists import consents as consent_lists
from access.lists import recommendations as recommendation_lists
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.firm_profile import ProfileSubmission
from models.organization import Organization, User
from models.pairing import CaseStep, Consent, Pairing
from models.posting import Demand, Supply
from tests.security import life_invariants
from tests.security.life_frame import LifeFrame, step
from tests.security.life_world import ABOVE_FEN, World, memory_engine
from vocabulary.classifications import LADDERS, ConsentPurpose, DeclineReason, PairingOrigin, VerdictReason
from vocabulary.lifecycles import DECIDABLE_PAIRING, PAIRING, RELEASED_PAIRING, PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import Section
from workflows import (
    accounts,
    approvals,
    bulk_verdicts,
    cases,
    colleagues,
    consents,
    organizations,
    pairings,
    postings,
    profiles,
    releases,
    signals,
    verdicts,
)
from workflows.calendar import today
from workflows.financing_needs import FINANCING_NEED
from workflows.loan_products import LOAN_PRODUCT
from workflows.transitions import advance

_S = PairingStatus
_ANY = st.integers(0, 99)
"""A number that a step turns into a person, a pairing or a value; below 60 a person who may is chosen."""
_ALL_KINDS = tuple(kind for ladder in LADDERS.values() for kind in ladder)


def machine_of(world: World) -> type[RuleBasedStateMachine]:
    """The machine over one built world. The database is copied once per sequence."""

    engine, connection = memory_engine()  # one for all sequences: it keeps the compiled statements

    class Life(_Life):
        def __init__(self) -> None:
            super().__init__(world, engine, connection)

    return Life


class _Life(LifeFrame):
    # Finding each other

    @step(times=2, pair=_ANY, who=_ANY)
    def say_interest(self, pair: int, who: int) -> None:
        public_id, demand_id, supply_id = self.world.pairs[pair % len(self.world.pairs)]
        owners = self._row(
            "SELECT d.organization_id, s.organization_id FROM demand d, supply s WHERE d.id = ? AND s.id = ?",
            demand_id, supply_id,
        )  # fmt: skip
        user = self._who(who, [*self._people_of(owners[0]), *self._people_of(owners[1])])
        self.act(
            "say_interest",
            user,
            lambda s, actor: signals.express_interest(s, actor, recommendation_public_id=public_id),
        )

    @step(pair=_ANY, who=_ANY)
    def propose_by_hand(self, pair: int, who: int) -> None:
        _, demand_id, supply_id = self.world.pairs[pair % len(self.world.pairs)]
        user = self._who(who, ["official_a", "official_b", "coordinator"])

        def deed(session: Session, actor: Actor) -> None:
            pairings.propose(session, actor, demand_id=demand_id, supply_id=supply_id, origin=PairingOrigin.BY_HAND)

        self.act("propose_by_hand", user, deed)

    # Consent

    @step(
        times=2,
        when=LifeFrame.has_pairings,
        n=_ANY,
        who=_ANY,
        parts=st.sets(st.sampled_from([*Section]), max_size=4),
        days=st.sampled_from((30, 30, 0, -1)),
    )
    def give_consent(self, n: int, who: int, parts: set[Section], days: int) -> None:
        pairing_id = self._pairing(n, (*DECIDABLE_PAIRING, _S.CONFIRMED, *RELEASED_PAIRING))
        firm, counterpart = self._sides(pairing_id)
        (market,) = self._row("SELECT market FROM pairing WHERE id = ?", pairing_id)
        purpose = ConsentPurpose.CREDIT_REVIEW if market == "finance" else ConsentPurpose.SUPPLIER_REVIEW
        signatory = "signatory_a" if firm == self.world.organizations["firm_a"] else "signatory_b"

        def deed(session: Session, actor: Actor) -> None:
            consents.give(
                session, actor, counterpart_id=counterpart, purpose=purpose,
                sections=sorted(parts), ends_on=today() + timedelta(days=days),
            )  # fmt: skip

        self.act("give_consent", self._who(who, [signatory]), deed)

    @step(when=lambda self: self.seen.consents, n=_ANY, who=_ANY)
    def withdraw_consent(self, n: int, who: int) -> None:
        live = [row_id for row_id, (withdrawn_at, _) in self.seen.consents.items() if withdrawn_at is None]
        ids = live or list(self.seen.consents)
        consent_id = ids[n % len(ids)]
        (firm,) = self._row("SELECT organization_id FROM consent WHERE id = ?", consent_id)
        signatory = "signatory_a" if firm == self.world.organizations["firm_a"] else "signatory_b"
        user = self._who(who, [signatory])
        self.act("withdraw_consent", user, lambda s, actor: consents.withdraw(s, actor, s.get_one(Consent, consent_id)))

    @step(when=lambda self: self.seen.consents, n=st.integers(0, 999))
    def consent_runs_out(self, n: int) -> None:
        """Its last day is over: time alone, so no workflow and no line in the ledger."""
        ids = list(self.seen.consents)
        yesterday = (today() - timedelta(days=1)).isoformat()
        self.connection.execute("UPDATE consent SET ends_on = ? WHERE id = ?", (yesterday, ids[n % len(ids)]))
        self.seen = life_invariants.look(self.connection)

    # The office

    @step(times=4, when=LifeFrame.has_pairings, n=_ANY, who=_ANY, hold=st.sampled_from((0, 30)))
    def confirm(self, n: int, who: int, hold: int) -> None:
        pairing_id = self._pairing(n, DECIDABLE_PAIRING)

        def deed(session: Session, actor: Actor, pairing: Pairing) -> None:
            verdicts.confirm(
                session, actor, pairing, reason=VerdictReason.FACTS_VERIFIED, hold_minutes=hold,
                second_official_above_fen=ABOVE_FEN, releases_per_day=3,
            )  # fmt: skip

        self._on_pairing("confirm", pairing_id, self._who(who, self._officials(pairing_id)), deed)

    @step(when=lambda self: {"proposed", "on_hold"} & set(self.seen.statuses.values()), n=_ANY, who=_ANY)
    def confirm_in_bulk(self, n: int, who: int) -> None:
        rows = self.connection.execute("SELECT id, public_id FROM pairing ORDER BY id DESC LIMIT 3").fetchall()
        user = self._who(who, self._officials(rows[n % len(rows)][0]))

        def deed(session: Session, actor: Actor) -> None:
            bulk_verdicts.decide(
                session, actor, [public_id for _, public_id in rows], reason=VerdictReason.FACTS_VERIFIED,
                hold_minutes=30, second_official_above_fen=ABOVE_FEN, releases_per_day=3,
            )  # fmt: skip

        self.act("confirm_in_bulk", user, deed)

    @step(
        times=2,
        when=LifeFrame.has_pairings,
        n=_ANY,
        who=_ANY,
        what=st.sampled_from(("return", "hold", "refuse", "resume", "take_back", "revoke")),
    )
    def decide_otherwise(self, n: int, who: int, what: str) -> None:
        fitting = {
            "resume": (_S.ON_HOLD,), "take_back": (_S.CONFIRMED,), "revoke": (_S.CONFIRMED, *RELEASED_PAIRING),
        }.get(what, DECIDABLE_PAIRING)  # fmt: skip
        pairing_id = self._pairing(n, fitting)
        reason = VerdictReason.NOT_SUITABLE
        deeds: dict[str, Callable[[Session, Actor, Pairing], None]] = {
            "return": lambda s, a, p: verdicts.return_for_completion(s, a, p, reason=reason, note="补正" * (n % 9 > 0)),
            "hold": lambda s, a, p: verdicts.put_on_hold(s, a, p, reason=reason),
            "refuse": lambda s, a, p: verdicts.refuse(s, a, p, reason=reason),
            "resume": verdicts.resume,
            "take_back": verdicts.take_back,
            "revoke": lambda s, a, p: pairings.revoke(s, a, p, note="有误" * (n % 9 > 0)),
        }
        self._on_pairing(what, pairing_id, self._who(who, self._officials(pairing_id)), deeds[what])

    @step(times=1, when=LifeFrame.has_pairings, n=_ANY, who=_ANY)
    def introduce(self, n: int, who: int) -> None:
        pairing_id = self._pairing(n, (_S.CONFIRMED,))
        user = self._who(who, self._officials(pairing_id))
        self._on_pairing("introduce", pairing_id, user, verdicts.introduce)

    @step(
        times=2, when=lambda self: {"confirmed", "requested"} & set(self.seen.statuses.values()), is_week=st.booleans()
    )
    def time_passes(self, is_week: bool) -> None:
        """The hold times are over and, after a week, the requests for a second official."""
        past = (now() - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        self.connection.execute("UPDATE pairing SET hold_until = ? WHERE status = 'confirmed'", (past,))
        if is_week:
            self.connection.execute("UPDATE approval SET expires_at = ? WHERE status = 'requested'", (past,))
            self.act("approvals_expire", None, lambda s, _: approvals.expire_due(s, now()))
        self.act("hold_ends", None, lambda s, _: verdicts.introduce_due(s, now()))

    @step(when=LifeFrame.has_pairings, n=_ANY, who=_ANY, to=st.sampled_from(list(PairingStatus)))
    def jump(self, n: int, who: int, to: PairingStatus) -> None:
        """A step that the table of steps does not have is refused to everybody."""
        pairing_id = self._pairing(n, PairingStatus)
        if to in PAIRING.next_steps(_S(self.seen.statuses["pairing", pairing_id])):
            return
        user = self._who(who, self._officials(pairing_id))
        assert not self._on_pairing("jump", pairing_id, user, lambda s, a, p: advance(s, a, PAIRING, p, to))

    # The sides

    @step(
        times=4,
        when=LifeFrame.has_pairings,
        n=_ANY,
        who=_ANY,
        what=st.sampled_from(("resubmit", "withdraw", "decline", "take_charge", "read", "read")),
    )
    def side_acts(self, n: int, who: int, what: str) -> None:
        fitting = {"resubmit": (_S.RETURNED,), "withdraw": (*DECIDABLE_PAIRING, _S.INTRODUCED)}
        pairing_id = self._pairing(n, fitting.get(what, RELEASED_PAIRING))
        firm, counterpart = self._sides(pairing_id)
        able = [*self._people_of(counterpart), *(self._people_of(firm) if what in ("resubmit", "withdraw") else ())]
        deeds: dict[str, Callable[[Session, Actor, Pairing], object]] = {
            "resubmit": pairings.resubmit,
            "withdraw": pairings.withdraw,
            "decline": lambda s, a, p: pairings.decline(s, a, p, reason=DeclineReason.DEBT_TOO_HIGH),
            "take_charge": pairings.take_charge,
            "read": self._read,
        }
        self._on_pairing(what, pairing_id, self._who(who, able), deeds[what])

    def _read(self, session: Session, actor: Actor, pairing: Pairing) -> None:
        dossier = releases.read(session, actor, pairing)
        firm, counterpart = self._sides(pairing.id or 0)
        assert actor.organization_id == counterpart, "I8 the dossier was read by somebody else"
        assert dossier.is_refused or (firm, counterpart) in self._readable(), "I1 read without a valid consent"
        assert not (dossier.is_refused and dossier.sections), "I8 a refused reading shows something"

    def _readable(self) -> dict[tuple[int, int], dict[str, Any]]:
        """(firm, reader) -> frozen fields, of releases that may be read today."""
        rows = self.connection.execute(
            "SELECT r.pairing_id, r.snapshot FROM release r JOIN pairing p ON p.id = r.pairing_id JOIN consent c ON"
            " c.id = r.consent_id WHERE c.withdrawn_at IS NULL AND c.ends_on >= ? AND p.status IN"
            " ('introduced', 'in_progress', 'agreed', 'fulfilled')",
            (today().isoformat(),),
        ).fetchall()
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for pairing_id, snapshot in rows:
            fields = found.setdefault(self._sides(pairing_id), {})
            for section in life_invariants.json.loads(snapshot).values():
                fields |= section
        return found

    @step(times=2, when=LifeFrame.has_pairings, n=_ANY, who=_ANY)
    def look(self, n: int, who: int) -> None:
        """I8: whatever a person of the other side is shown has no secret of the firm but what was released to it."""
        pairing_id = self._pairing(n, (*RELEASED_PAIRING, _S.CONFIRMED))
        firm, counterpart = self._sides(pairing_id)
        user = self._who(who, self._people_of(counterpart))
        shown = []

        def deed(session: Session, actor: Actor) -> None:
            pairing = session.get_one(Pairing, pairing_id)
            recommended = self._row(
                "SELECT public_id FROM recommendation WHERE demand_id = ? AND supply_id = ?",
                pairing.demand_id, pairing.supply_id,
            )  # fmt: skip
            for ask in (
                lambda: case_lists.case(session, actor, pairing.public_id, on=today()),
                lambda: recommendation_lists.detail(session, actor, recommended[0]),
                lambda: consent_lists.grants(session, actor, on=today()),
            ):
                try:
                    shown.append(repr(ask()))
                except NotVisible:
                    continue
            if actor.organization_id == firm:
                shown.clear()
            reader[:] = [actor.organization_id]

        reader: list[int | None] = []
        self.act("look", user, deed)
        allowed = self._readable()
        for owner, secrets in self.world.secrets.items():
            if owner == reader[0]:
                continue
            released = allowed.get((owner, reader[0] or 0), {})
            seen = [name for name, mark in secrets.items() if any(mark in text for text in shown)]
            assert set(seen) <= set(released), f"I8 organization {reader[0]} sees {seen}, released {sorted(released)}"
            if reader[0] == self.world.organizations["buyer"]:
                assert not {"tax_paid_fen", "collateral_value_fen"} & set(released), "I8 a buyer gets tax or collateral"

    # What came of it

    @step(times=5, when=LifeFrame.has_pairings,
        n=_ANY, who=_ANY, further=st.sampled_from((1, 1, 0, 2, 4, 4)), days=st.sampled_from((0, 0, 0, 0, 0, 0, -1, 1)),
        wan=st.sampled_from((1, 300, 1_001, 1_001, 401, 401, 0, -1)), why=st.sampled_from(("已在会上谈妥", "")),
    )  # fmt: skip
    def record_step(self, n: int, who: int, further: int, days: int, wan: int, why: str) -> None:
        pairing_id = self._pairing(n, RELEASED_PAIRING)
        _, counterpart = self._sides(pairing_id)
        (market,) = self._row("SELECT market FROM pairing WHERE id = ?", pairing_id)
        ladder = LADDERS[market]
        recorded = [
            kind
            for (kind,) in self.connection.execute("SELECT kind FROM case_step WHERE pairing_id = ?", (pairing_id,))
        ]
        reached = max((ladder.index(kind) for kind in recorded), default=-1)
        kind = _ALL_KINDS[n % len(_ALL_KINDS)] if n >= 95 else ladder[min(max(0, reached + further), len(ladder) - 1)]

        def deed(session: Session, actor: Actor, pairing: Pairing) -> None:
            cases.record_step(
                session, actor, pairing, kind=kind, happened_on=today() + timedelta(days=days),
                amount_fen=wan * FEN_PER_WAN, skipped_reason=why,
            )  # fmt: skip

        self._on_pairing("record_step", pairing_id, self._who(who, self._people_of(counterpart)), deed)

    @step(
        times=2,
        when=lambda self: self.seen.n_steps,
        n=st.integers(0, 999),
        who=_ANY,
        is_void=st.booleans(),
        wan=st.sampled_from((0, 1, 400, 1_001)),
    )
    def correct_step(self, n: int, who: int, is_void: bool, wan: int) -> None:
        step_id = 1 + n % self.seen.n_steps
        (pairing_id,) = self._row("SELECT pairing_id FROM case_step WHERE id = ?", step_id)
        user = self._who(who, self._people_of(self._sides(pairing_id)[1]))

        def deed(session: Session, actor: Actor) -> None:
            step = session.get_one(CaseStep, step_id)
            cases.correct_step(session, actor, step, happened_on=today(), amount_fen=wan * FEN_PER_WAN, is_void=is_void)

        self.act("correct_step", user, deed)

    # Profiles, postings, people

    @step(who=_ANY, is_a=st.booleans(), chain=st.sampled_from(("copper", "paint")), employees=st.integers(1, 900))
    def file_profile(self, who: int, is_a: bool, chain: str, employees: int) -> None:
        """Save and submit, perhaps for another chain: the firm's pairings then come to another office."""
        signatory = "signatory_a" if is_a else "signatory_b"

        def deed(session: Session, actor: Actor) -> None:
            require(actor, Permission.FILE_PROFILE)  # as the page does before it shows the draft
            draft = profiles.draft_of(session, actor.organization_id or 0)
            values = {"chain_id": self.world.chains[chain], "employees": employees}
            profiles.save(session, actor, values, {}, version=draft.version)
            findings = {finding.rule: "情况属实" for finding in profiles.open_findings(draft.values)}
            profiles.submit(session, actor, findings)

        self.act("file_profile", self._who(who, [signatory]), deed)

    @step(
        times=2,
        when=lambda self: any(table == "profile_submission" for table, _ in self.seen.statuses),
        n=_ANY,
        who=_ANY,
        what=st.sampled_from(("verify", "verify", "return", "withdraw")),
    )
    def check_profile(self, n: int, who: int, what: str) -> None:
        rows = [row_id for (table, row_id) in self.seen.statuses if table == "profile_submission"]
        able = ["signatory_a", "signatory_b"] if what == "withdraw" else ["official_a", "official_b", "coordinator"]
        notes = {Section.SCALE: "请核对"}
        deeds: dict[str, Callable[[Session, Actor, ProfileSubmission], None]] = {
            "verify": profiles.verify,
            "return": lambda s, a, row: profiles.return_with_notes(s, a, row, notes),
            "withdraw": profiles.withdraw,
        }
        row_id = rows[-1 - n % min(2, len(rows))]
        user = self._who(who, able)
        self.act(f"profile_{what}", user, lambda s, a: deeds[what](s, a, s.get_one(ProfileSubmission, row_id)))

    @step(n=_ANY, who=_ANY, is_product=st.booleans(), what=st.sampled_from(("pause", "publish", "publish", "close")))
    def change_posting(self, n: int, who: int, is_product: bool, what: str) -> None:
        if what == "close" and n % 2:
            return  # what is closed never opens again, and the market is small
        model = Supply if is_product else Demand
        row_id = (self.world.supplies[:2] if is_product else self.world.loans)[n % 2]
        kind = LOAN_PRODUCT if is_product else FINANCING_NEED
        able = ("banker_a", "banker_b") if is_product else ("signatory_a", "signatory_b")
        arguments = {"reason": "done"} if what == "close" else {}

        def deed(session: Session, actor: Actor) -> None:
            getattr(postings, what)(session, actor, kind, session.get_one(model, row_id), today=today(), **arguments)

        self.act(f"posting_{what}", self._who(who, [able[n % 2]]), deed)

    @step(n=_ANY, who=_ANY, what=st.sampled_from(("end", "disable", "enable", "return", "move")))
    def change_people(self, n: int, who: int, what: str) -> None:
        """A membership ends, an account is closed, somebody comes back or changes to the office of another chain."""
        name = self.names[(n * 7 + who) % len(self.names)]
        user_id = self.world.users[name]
        if what in ("return", "move"):  # an accepted invitation, which is not what this is about
            office = self.world.organizations["office_a" if n % 2 else "office_b"]
            if what == "return":
                self.connection.execute("UPDATE membership SET ended_at = NULL WHERE user_id = ?", (user_id,))
            elif name.startswith("official"):
                self.connection.execute(
                    "UPDATE membership SET organization_id = ? WHERE user_id = ?", (office, user_id)
                )
            return
        (membership,) = self._row("SELECT coalesce(max(organization_id), 0) FROM membership WHERE user_id = ?", user_id)
        able = ["admin"] if what in ("disable", "enable") else self._people_of(membership)

        def deed(session: Session, actor: Actor) -> None:
            user = session.get_one(User, user_id)
            if what == "end":
                colleagues.end_membership(session, actor, user.public_id)
            elif what == "disable":
                accounts.disable_user(session, actor, user, reason="离职")
            else:
                accounts.enable_user(session, actor, user)

        self.act(f"people_{what}", self._who(who, able), deed)

    @step(n=_ANY, who=_ANY, what=st.sampled_from(("suspend", "restore", "restore")))
    def change_organization(self, n: int, who: int, what: str) -> None:
        ids = [self.world.organizations[name] for name in ("firm_a", "firm_b", "bank_a", "bank_b", "buyer")]
        statuses = {row_id: self.seen.statuses["organization", row_id] for row_id in ids}
        fitting = [row_id for row_id in ids if (statuses[row_id] == "suspended") is (what == "restore")]
        row_id = (fitting or ids)[n % len(fitting or ids)]

        def deed(session: Session, actor: Actor) -> None:
            row = session.exec(select(Organization).where(Organization.id == row_id)).one()
            if what == "suspend":
                organizations.suspend(session, actor, row, note="核查")
            else:
                organizations.restore(session, actor, row)

        self.act(f"organization_{what}", self._who(who, ["coordinator", "coordinator_2"]), deed)

    @step(times=8, when=LifeFrame.stopped, n=_ANY, who=_ANY)
    def set_going(self, n: int, who: int) -> None:
        """By the other steps alone it would rarely happen."""
        self.start_again(n, who)
