"""One table of events: every text has its line there, every line its texts, and no text names what is confidential."""

import re
from pathlib import Path

import pytest

from vocabulary.events import EVENTS, Event

TEXTS = Path(__file__).parents[2] / "templates" / "emails"
LANGUAGES = ("zh", "en")
_VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.S)
_NAME = re.compile(r"[A-Za-z_]+")
_CONFIDENTIAL = re.compile(
    r"(^|_)(fen|amount|rate|bps|revenue|tax|debt|profit|collateral|assets|price|cost|quantity|phone|contact|uscc|loan)(_|$)"
)
_MONEY_WORDS = re.compile(r"万元|亿元|人民币|额度|CNY|RMB|\|\s*money")


def problems_of(text: str) -> list[str]:
    """What of a text would let a figure or a contact out by mail."""
    names = [name for inside in _VARIABLE.findall(text) for name in _NAME.findall(inside)]
    return [name for name in names if _CONFIDENTIAL.search(name)] + _MONEY_WORDS.findall(text)


def test_every_text_has_a_line_in_the_table_and_every_line_its_texts():
    """Add an `Event` to vocabulary/events.py for a new text, and the text in both languages for a new event."""
    assert {path.name for path in TEXTS.glob("*.txt")} == {
        f"{code}.{language}.txt" for code in EVENTS for language in LANGUAGES
    }


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.txt")), ids=lambda path: path.name)
def test_no_text_names_a_figure_or_a_contact(path):
    assert problems_of(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ["贷款 {{ amount }}", "{{ need.amount_fen|money }}", "500 万元", "call {{ contact_phone }}", "CNY {{ x }}"]
)
def test_a_text_that_names_an_amount_or_a_contact_is_found(text):
    assert problems_of(text) != []


def test_what_is_mandatory_is_mailed():
    assert [code for code, event in EVENTS.items() if event.is_mandatory and not event.is_mailed] == []


def test_events_are_plain_values():
    assert all(isinstance(event, Event) for event in EVENTS.values())
