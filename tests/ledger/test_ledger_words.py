"""Every name the ledger can hold has words, in the pages' language."""

import pytest

from vocabulary.audit_actions import ACTIONS, AuditAction
from vocabulary.lifecycles import LIFECYCLES
from web.common.audit_words import _ACTIONS, NOUNS, action_words


@pytest.mark.parametrize("action", list(AuditAction))
def test_an_act_has_words(action):
    assert action in _ACTIONS, f"give {action!r} its words in web/common/audit_words.py"


def test_no_words_are_left_over():
    assert set(_ACTIONS) <= ACTIONS, "an act of web/common/audit_words.py is missing in vocabulary/audit_actions.py"


def test_every_step_has_words(app):
    with app.test_request_context():
        bare = [
            f"{noun}_{status.value}"
            for noun, lifecycle in LIFECYCLES.items()
            for status in lifecycle.statuses
            if action_words(f"{noun}_{status.value}", noun) == f"{noun}_{status.value}"
        ]
    assert bare == []


def test_every_noun_with_a_lifecycle_has_words():
    assert set(LIFECYCLES) - {"posting"} <= set(NOUNS)
