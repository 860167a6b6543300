"""Messages of the outbox as text, and out by the mail setting."""

import re
from itertools import groupby
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_mailman import EmailMessage

from vocabulary.events import DIGEST, EventCategory, event_of
from web.common.labels import label
from web.common.languages import LOCALES

_BLANK_LINES = re.compile(r"\n\s*\n")
_CATEGORIES = list(EventCategory)


def compose(template: str, language: str, values: dict[str, Any]) -> tuple[str, str]:
    """Subject and body: the first line of the text and what follows the blank line after it."""
    if template == DIGEST:
        values = _digest_values(language, values)
    values = {name: _on_one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    with force_locale(LOCALES[language]):  # codes in a text are spelt out in its own language, whoever asks
        text = render_template(f"emails/{template}.{language}.txt", **values)
    subject, _blank, body = text.partition("\n")
    return subject.strip(), body.strip() + "\n"


def _on_one_line(value: str) -> str:
    """What somebody wrote, without line ends and control characters: in a subject they would begin a new header."""
    return "".join(letter if letter.isprintable() else " " for letter in value)


def headline(template: str, language: str, values: dict[str, Any]) -> tuple[str, str]:
    """The same inside the product: the subject without its sender, and the body with what is not for a mailbox."""
    subject, body = compose(template, language, values | {"in_inbox": True})
    return _without_sender(subject), _BLANK_LINES.sub("\n", body.strip())


def _without_sender(subject: str) -> str:
    title = subject.removeprefix("链融：").removeprefix("Lianrong: ")
    return title[:1].upper() + title[1:]


def send(recipient: str, subject: str, body: str) -> None:
    """Hand one message to the mail backend; raises OSError if it is not accepted."""
    EmailMessage(subject, body, to=[recipient]).send()


def _digest_values(language: str, values: dict[str, Any]) -> dict[str, Any]:
    """Lines by category, in the order of the categories."""
    items = sorted(values["items"], key=lambda item: _CATEGORIES.index(event_of(item[0]).category))
    groups = []
    for category, news in groupby(items, key=lambda item: event_of(item[0]).category):
        with force_locale(LOCALES[language]):
            words = label(category)
        groups.append((words, [_line(event, language, own) for event, own in news]))
    return values | {"groups": groups, "n": len(items)}


def _line(event: str, language: str, values: dict[str, Any]) -> str:
    subject, body = compose(event, language, values)
    return _without_sender(subject) + ("：" if language == "zh" else ": ") + body.partition("\n")[0]
