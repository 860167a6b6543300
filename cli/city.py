"""Reading the two files that set up a city. Every problem is named by row, column and reason."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vocabulary import industries
from vocabulary.classifications import LinkPosition
from vocabulary.roles import OrganizationKind
from workflows.accounts import normalize_email
from workflows.city import OFFICES, LinkRow, OfficeRow, Present
from workflows.sheet_rows import BadCell, BadFile, read_name, read_region, read_rows

_LINK_COLUMNS = ("chain", "chain_zh", "chain_en", "host", "link", "link_zh", "link_en", "position", "prefixes")
_OFFICE_COLUMNS = ("office", "name", "region", "email")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_OPTIONAL = ("host", "region", "prefixes")


def read_links(path: Path, present: Present) -> list[LinkRow]:
    """Rows of a file of chain links, none of a chain that is present. Raises BadFile."""

    def new_chain(text: str) -> str:
        if text in present.chains:
            raise ValueError("this chain is set up already")
        return _code(text)

    readers: dict[str, Callable[[str], Any]] = {
        "chain": new_chain,
        "chain_zh": _short,
        "link_zh": _short,
        "chain_en": read_name,
        "link_en": read_name,
        "host": read_region,
        "link": _code,
        "position": _position,
        "prefixes": _prefixes,
    }
    rows = [
        LinkRow(
            chain=row["chain"],
            chain_zh=row["chain_zh"],
            chain_en=row["chain_en"],
            host_region_code=row["host"],
            link=row["link"],
            link_zh=row["link_zh"],
            link_en=row["link_en"],
            position=row["position"],
            industries=row["prefixes"] or (),
        )
        for row in _rows(path, _LINK_COLUMNS, readers)
    ]
    doubles = [key for key, n in Counter((row.chain, row.link) for row in rows).items() if n > 1]
    if doubles:
        raise BadFile([BadCell(1, "link", f"{link} comes twice in {chain}") for chain, link in doubles])
    return rows


def read_offices(path: Path, links: Sequence[LinkRow], present: Present) -> list[OfficeRow]:
    """Rows of a file of offices: one of each new chain, and those of the city that it still lacks. Raises BadFile."""
    chains = {row.chain for row in links}

    def new_office(text: str) -> str:
        if text in present.offices or text in present.chains:
            raise ValueError("this office is set up already")
        if text not in chains and text not in OFFICES:
            raise ValueError("neither a chain of the other file nor " + ", ".join(OFFICES))
        return text

    def new_email(text: str) -> str:
        email = normalize_email(text)
        if len(email) > 254 or not _EMAIL.fullmatch(email):
            raise ValueError("not an e-mail address")
        if email in present.emails:
            raise ValueError("this address has an account already")
        return email

    readers: dict[str, Callable[[str], Any]] = {
        "office": new_office, "name": read_name, "region": read_region, "email": new_email,
    }  # fmt: skip
    rows = [
        OfficeRow(row["office"], row["name"], row["region"], row["email"])
        for row in _rows(path, _OFFICE_COLUMNS, readers)
    ]
    named = {row.office for row in rows}
    wanted = [*sorted(chains), *([] if present.has_administrator else [OrganizationKind.IT_OFFICE.value])]
    problems = [BadCell(1, "office", f"no row for {code}") for code in wanted if code not in named]
    problems += [
        BadCell(1, "email", f"{email} comes twice") for email, n in Counter(row.email for row in rows).items() if n > 1
    ]
    if problems:
        raise BadFile(problems)
    return rows


def _rows(path: Path, columns: Sequence[str], readers: dict[str, Callable[[str], Any]]) -> list[dict[str, Any]]:
    required = tuple(name for name in columns if name not in _OPTIONAL)
    return list(read_rows(path, {name: (name,) for name in columns}, readers, required, lambda _row: True))


def _code(text: str) -> str:
    if not _CODE.fullmatch(text) or text in OFFICES:
        raise ValueError("not a code (small letters, digits and _, at most 32)")
    return text


def _short(text: str) -> str:
    if len(text) > 60:
        raise ValueError("longer than 60 characters")
    return read_name(text)


def _position(text: str) -> LinkPosition:
    try:
        return LinkPosition(text)
    except ValueError:
        raise ValueError("none of " + ", ".join(LinkPosition)) from None


def _prefixes(text: str) -> tuple[str, ...]:
    """Codes of GB/T 4754 with a blank between them."""
    codes = tuple(text.split())
    unknown = [code for code in codes if code not in industries.by_code()]
    if unknown:
        raise ValueError(f"unknown industry of GB/T 4754: {' '.join(unknown)}")
    if len(",".join(codes)) > 200:
        raise ValueError("longer than 200 characters")
    return codes
