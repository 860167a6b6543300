"""What a password must be, and how it is kept."""

from enum import StrEnum
from itertools import pairwise

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST, LONGEST = 12, 128

# OWASP's minimum for argon2id: 24 ms a check here, where the library's default takes 169 ms and 64 MiB each.
_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_DUMMY = _HASH.hash("no account has this password")
_COMMON = (
    "password", "passw0rd", "qwerty", "qazwsx", "1qaz2wsx", "iloveyou", "welcome", "administrator", "letmein",
    "woaini", "5201314", "123456", "abc123", "111111", "000000", "lianrong", "mima",
)  # fmt: skip


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    PERSONAL = "personal"


def password_problem(password: str, *, own_words: tuple[str, ...] = ()) -> PasswordProblem | None:
    """The first thing wrong with a new password; `own_words` are names and addresses it must not be made of."""
    if len(password) < SHORTEST:
        return PasswordProblem.SHORT
    if len(password) > LONGEST:
        return PasswordProblem.LONG
    plain = "".join(password.lower().split())
    if any(_is_mostly(plain, word) for word in _parts(own_words)):
        return PasswordProblem.PERSONAL
    if len(set(plain)) < 5 or _is_a_run(plain) or any(_is_mostly(plain, word) for word in _COMMON):
        return PasswordProblem.COMMON
    return None


def hash_password(password: str) -> str:
    return _HASH.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether `password` is the one kept. Without a kept one the same work is done, so time tells nothing."""
    if kept is None:
        _HASH.verify(password, _DUMMY)
        return False
    return _HASH.verify(password, kept)


def _parts(words: tuple[str, ...]) -> set[str]:
    found = {part for word in words for part in word.lower().replace("@", " ").replace(".", " ").split()}
    return {part for part in found if len(part) > 1}


def _is_mostly(password: str, word: str) -> bool:
    """Little is left of the password (fewer than 8 characters) when the word is taken out."""
    return word in password and len(password.replace(word, "")) < 8


def _is_a_run(password: str) -> bool:
    """Characters one after another: 123456789012, abcdefghijkl."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1 or password.startswith("1234567890")
