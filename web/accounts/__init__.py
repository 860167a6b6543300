"""Accounts: getting in, out and back in; the own organization's people."""

from web.accounts import (
    administration,
    grants,
    home,
    password_reset,
    people,
    registering,
    second_factor,
    signing_in,
    who_may,
)
from web.accounts.blueprint import blueprint

__all__ = [
    "administration",
    "blueprint",
    "grants",
    "home",
    "password_reset",
    "people",
    "registering",
    "second_factor",
    "signing_in",
    "who_may",
]
