"""The scanner of this installation, if there is one: a command that reads a document and says what it thinks."""

import logging
import shlex
import subprocess

log = logging.getLogger(__name__)

CLEAN, INFECTED = 0, 1
"""What scanners of the clamscan family end with; anything else is an error of theirs."""


def scan(content: bytes, command: str, *, seconds: int) -> str | None:
    """`infected`, `not_scanned` where the scanner fails or is silent, None where it finds nothing.

    The document is its standard input. Raises nothing: without an answer the document is not taken.
    """
    try:
        done = subprocess.run(  # noqa: S603 -- the operator's own command, without a shell
            shlex.split(command), input=content, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.error("the virus scanner did not answer: %s", error)
        return "not_scanned"
    if done.returncode in (CLEAN, INFECTED):
        return None if done.returncode == CLEAN else "infected"
    log.error("the virus scanner ended with %s: %s", done.returncode, done.stderr[-500:].decode(errors="replace"))
    return "not_scanned"
