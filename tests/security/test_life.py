"""The whole life of the market, step by step at random: what must hold, holds; and what is broken is found."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import true

from access import parties
from access.rules import Rule
from tests.security import life_frame, life_world
from tests.security.life_machine import machine_of
from vocabulary.lifecycles import PairingStatus
from vocabulary.profile_fields import FIELDS
from workflows import approvals, cases, postings, profiles, releases, transitions, verdicts
from workflows import organizations as organization_workflows

STEPS_OF_A_LIFE = {
    "say_interest", "propose_by_hand", "give_consent", "withdraw_consent", "confirm", "confirm_in_bulk", "return",
    "hold", "refuse", "resume", "take_back", "revoke", "introduce", "hold_ends", "resubmit", "withdraw", "decline",
    "take_charge", "read", "look", "record_step", "correct_step", "file_profile", "profile_verify", "profile_return",
    "profile_withdraw", "posting_pause", "posting_publish", "posting_close", "people_end", "people_disable",
    "people_enable", "organization_suspend", "organization_restore", "approvals_expire",
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> life_world.World:
    return life_world.build()


@pytest.fixture(autouse=True)
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recommendations are rows of the world; the engine has tests of its own."""
    monkeypatch.setattr(postings, "_refresh", lambda *_: None)
    for module in (profiles, organization_workflows):
        monkeypatch.setattr(module, "refresh_for_organization", lambda *_, **__: [])


def _live(world: life_world.World, n_sequences: int, n_steps: int, chance: int | None = None) -> None:
    """Run sequences; the same ones every time, others for each `chance`."""
    life_frame.done.clear()
    life_frame.refused.clear()
    machine = machine_of(world)
    run_state_machine_as_test(
        machine if chance is None else seed(chance)(machine),
        settings=settings(
            max_examples=n_sequences,
            stateful_step_count=n_steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


def test_a_few_lives_break_nothing(world: life_world.World) -> None:
    _live(world, 25, 30)
    assert life_frame.done["confirm"] > 0
    assert life_frame.refused.total() > 100


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("chance", range(2))
def test_two_thousand_lives_break_nothing(world: life_world.World, chance: int) -> None:
    """A thousand in each part, so that both can run at once. Void unless every kind of step was done."""
    _live(world, 1_000, 30, chance)
    assert set(life_frame.done) >= STEPS_OF_A_LIFE
    assert life_frame.refused.total() > 5_000
    print(f"{life_frame.done.total()} steps done, {life_frame.refused.total()} refused")  # noqa: T201 -- the figure


def _always(*_: Any, **__: Any) -> bool:
    return True


def _confirm_for_any_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "decides_for_chain", Rule(_always))


def _consent_after_its_withdrawal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parties, "consent_in_force", lambda _on: true())


def _read_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "can_be_read", _always)


def _outcome_without_introduction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "RELEASED_PAIRING", frozenset(PairingStatus))
    monkeypatch.setattr(cases, "_move", lambda *_: None)


def _one_person_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approvals, "needs_second", lambda *_, **__: False)


def _any_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_positive(_session: Any, _pairing: Any, step: Any) -> dict[str, str]:
        is_positive = step.amount_fen is None or step.amount_fen > 0  # the rest the database refuses itself
        return {} if is_positive else {"amount_fen": "out_of_range"}

    monkeypatch.setattr(cases, "_amount_problems", only_positive)


def _step_without_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "record", lambda *_, **__: None)


def _release_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, everything = releases._consented_values, SimpleNamespace(field_names=[known.name for known in FIELDS])
    monkeypatch.setattr(releases, "_consented_values", lambda session, profile, _: whole(session, profile, everything))


BROKEN: tuple[tuple[str, Callable[[pytest.MonkeyPatch], None]], ...] = (
    ("I3 pairing_", _confirm_for_any_chain),
    ("I1 release", _consent_after_its_withdrawal),
    ("I1 read without a valid consent", _read_after_the_end),
    ("I5 step", _outcome_without_introduction),
    ("I4 pairing", _one_person_for_two),
    ("I6 step", _any_amount),
    ("I7", _step_without_a_line),
    ("I1 release .* with more than", _release_of_everything),
)


@pytest.mark.parametrize(("said", "break_it"), BROKEN, ids=[break_it.__name__[1:] for _, break_it in BROKEN])
def test_what_is_broken_is_found(
    world: life_world.World, monkeypatch: pytest.MonkeyPatch, said: str, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The test of the test: with one rule taken out, at most 300 sequences find it, for the right reason."""
    break_it(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        _live(world, 300, 50)
