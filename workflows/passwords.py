"""What a password must be, and how it is kept."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from models.base import now

SHORTEST, SHORTEST_WITH_FACTOR, LONGEST = 15, 8, 128
"""Characters; NIST SP 800-63B-4, 3.1.1.2, for a password alone and for one beside a second factor."""

# OWASP's minimum for argon2id: 24 ms a check here, where the library's default takes 169 ms and 64 MiB each.
_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_AT_ONCE = BoundedSemaphore(2)
"""Each check takes 19 MiB and a core; more of them at once would only wait for each other."""
_DUMMY = _HASH.hash("no account has this password")
_COMMON = (
    "password", "passw0rd", "qwerty", "qazwsx", "1qaz2wsx", "iloveyou", "welcome", "administrator", "letmein",
    "woaini", "5201314", "123456", "abc123", "111111", "000000", "lianrong", "mima",
    "chuanshan", "hengyang", "zhaoshang", "chanyelian",
    "链融", "密码", "船山论坛", "产业链", "衡阳",
)  # fmt: skip

_LETTERS = str.maketrans("013457@$", "oieastas")
"""Figures and signs that stand for letters in passwords."""


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    PERSONAL = "personal"


@cache
def _leaked() -> frozenset[str]:
    """The shipped list of common passwords; where it is from stands at its head."""
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def password_problem(
    password: str, *, own_words: tuple[str, ...] = (), has_factor: bool = False
) -> PasswordProblem | None:
    """The first thing wrong with a new password; `own_words` are names and addresses it must not be made of.

    There is no rule of composition: length, and not being what everybody else takes.
    """
    if len(password) < (SHORTEST_WITH_FACTOR if has_factor else SHORTEST):
        return PasswordProblem.SHORT
    if len(password) > LONGEST:
        return PasswordProblem.LONG
    plain = "".join(password.lower().split())
    if any(_is_mostly(plain, word) for word in _parts(own_words)):
        return PasswordProblem.PERSONAL
    if len(set(plain)) < 5 or _is_a_run(plain) or any(_is_mostly(plain, word) for word in _common_parts(plain)):
        return PasswordProblem.COMMON
    return None


def is_too_old(set_at: datetime, *, days: int) -> bool:
    """Whether a password must be changed; with 0 days never."""
    return days > 0 and now() - set_at > timedelta(days=days)


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASH.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether `password` is the one kept. Without a kept one the same work is done, so time tells nothing."""
    with _AT_ONCE:
        return _HASH.verify(password, kept or _DUMMY) and kept is not None


def _parts(words: tuple[str, ...]) -> set[str]:
    found = {part for word in words for part in word.lower().replace("@", " ").replace(".", " ").split()}
    return {part for part in found if len(part) > 1}


def _common_parts(password: str) -> set[str]:
    """The common words within a password, also with figures for letters."""
    found = {word for word in _COMMON if word in password}
    for start in range(len(password)):
        for end in range(start + 5, min(len(password), start + 24) + 1):
            part = password[start:end]
            if part in _leaked() or part.translate(_LETTERS) in _leaked():
                found.add(part)
    return found


def _is_mostly(password: str, word: str) -> bool:
    """Little is left of the password (under 8 characters, of a short one under 4) when the word is taken out."""
    return word in password and len(password.replace(word, "")) < (8 if len(password) >= SHORTEST else 4)


def _is_a_run(password: str) -> bool:
    """Characters one after another: 123456789012, abcdefghijkl."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1 or password.startswith("1234567890")
