"""Messages of the outbox as text, and out by the mail setting."""

from typing import Any

from flask import render_template
from flask_mailman import EmailMessage


def compose(template: str, language: str, values: dict[str, Any]) -> tuple[str, str]:
    """Subject and body: the first line of the text and what follows the blank line after it."""
    text = render_template(f"emails/{template}.{language}.txt", **values)
    subject, _blank, body = text.partition("\n")
    return subject.strip(), body.strip() + "\n"


def send(recipient: str, subject: str, body: str) -> None:
    """Hand one message to the mail backend; raises OSError if it is not accepted."""
    EmailMessage(subject, body, to=[recipient]).send()
