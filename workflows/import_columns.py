"""The columns of needs, products and outcomes in a table, and how their cells are read."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from vocabulary.money import MAX_FEN, bps_from_percent, fen_from_wan
from vocabulary.standards import parse_standards
from vocabulary.units import MILLI
from workflows.import_rows import Reader, Words
from workflows.sheet_rows import (
    read_count,
    read_day,
    read_industry,
    read_name,
    read_number,
    read_region,
    read_unit,
    read_uscc,
)

PURCHASE_NEED = (
    "title", "category_code", "specification", "quantity_milli", "unit", "window_start", "window_end",
    "delivery_region_code", "budget_fen", "payment_days", "accept_partial", "must_standards", "wished_standards",
    "must_certificates", "wished_certificates", "hide_name", "text", "expires_on",
)  # fmt: skip
FILED_NEED = (
    "legal_name", "uscc", "title", "amount_fen", "term_months", "purpose", "guarantee_methods", "max_annual_rate_bps",
    "text", "expires_on",
)  # fmt: skip
LOAN_PRODUCT = (
    "title", "branch", "min_amount_fen", "max_amount_fen", "min_term_months", "max_term_months", "rate_from_bps",
    "rate_to_bps", "repayment", "guarantee_fee_bps", "purposes", "guarantee_methods", "regions", "target_industries",
    "excluded_industries", "min_revenue_band", "max_debt_ratio_band", "min_months_in_operation", "tax_grades", "tiers",
    "size_bands", "basis", "max_payment_band", "documents", "text", "expires_on",
)  # fmt: skip
OUTCOME = (
    "case", "firm", "kind", "happened_on", "amount_fen", "quantity_milli", "unit", "skipped_reason", "next_step_due_on",
    "note",
)  # fmt: skip
"""As the form of each names its fields, in the order of the template."""

_LEAST_RATE, _LEAST_FEE = 50, 10
"""Basis points: a spreadsheet keeps 4.35 % as 0.0435, which read as percent is no rate of a loan."""
_BETWEEN, _BETWEEN_BANDS = re.compile(r"[、，,;；\n]"), re.compile(r"[、，;；\n]")
"""What parts the entries of a list; the words of a band hold commas of their own."""
_DASH = re.compile("[–—~至]")
_YES, _NO = frozenset({"是", "y", "yes", "true", "1"}), frozenset({"否", "n", "no", "false", "0"})


def plain(text: str) -> str:
    """Words as they are compared: width, capital letters, blanks, commas and the kind of dash make no difference."""
    return _DASH.sub("-", "".join(unicodedata.normalize("NFKC", text).lower().replace(",", "").split()))


def purchase_need(words: Words) -> Mapping[str, Reader]:
    certificates = _list(_code("Certificate", words))
    return _posting() | {
        "category_code": read_industry,
        "specification": _text(500),
        "quantity_milli": _quantity,
        "unit": _unit(words),
        "window_start": read_day,
        "window_end": read_day,
        "delivery_region_code": _region,
        "budget_fen": _money,
        "payment_days": read_count,
        "accept_partial": _yes,
        "must_standards": _standards,
        "wished_standards": _standards,
        "must_certificates": certificates,
        "wished_certificates": certificates,
        "hide_name": _yes,
    }


def filed_need(words: Words) -> Mapping[str, Reader]:
    return _posting() | {
        "legal_name": read_name,
        "uscc": read_uscc,
        "amount_fen": _money,
        "term_months": read_count,
        "purpose": _code("LoanPurpose", words),
        "guarantee_methods": _list(_code("GuaranteeMethod", words)),
        "max_annual_rate_bps": _rate(_LEAST_RATE),
    }


def loan_product(words: Words) -> Mapping[str, Reader]:
    return _posting() | {
        "branch": _text(80),
        "min_amount_fen": _money,
        "max_amount_fen": _money,
        "min_term_months": read_count,
        "max_term_months": read_count,
        "rate_from_bps": _rate(_LEAST_RATE),
        "rate_to_bps": _rate(_LEAST_RATE),
        "repayment": _code("RepaymentMethod", words),
        "guarantee_fee_bps": _rate(_LEAST_FEE),
        "purposes": _list(_code("LoanPurpose", words)),
        "guarantee_methods": _list(_code("GuaranteeMethod", words)),
        "regions": _list(_region),
        "target_industries": _list(read_industry),
        "excluded_industries": _list(read_industry),
        "min_revenue_band": _code("revenue", words),
        "max_debt_ratio_band": _code("debt_ratio", words),
        "min_months_in_operation": read_count,
        "tax_grades": _list(_code("TaxGrade", words)),
        "tiers": _list(_code("Tier", words)),
        "size_bands": _list(_code("staff", words), _BETWEEN_BANDS),
        "basis": _code("LoanBasis", words),
        "max_payment_band": _code("payment_days", words),
        "documents": _text(1000),
    }


def outcome(words: Words) -> Mapping[str, Reader]:
    return {
        "kind": _code("CaseStepKind", words),
        "happened_on": read_day,
        "amount_fen": _money,
        "quantity_milli": _quantity,
        "unit": _unit(words),
        "skipped_reason": _text(300),
        "next_step_due_on": read_day,
        "note": _text(1000),
    }


def _posting() -> dict[str, Reader]:
    return {"title": _text(120), "text": _text(4000), "expires_on": read_day}


def _text(longest: int) -> Reader:
    def read(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"longer than {longest} characters")
        return text

    return read


def _code(classification: str, words: Words) -> Reader:
    """One code of a classification, or one level of a scale, from its words or as it stands in our rows."""
    known = words.codes.get(classification, {})

    def read(text: str) -> Any:
        if plain(text) not in known:
            raise ValueError("not among the choices")
        return known[plain(text)]

    return read


def _unit(words: Words) -> Reader:
    known = words.codes.get("Unit", {})
    return lambda text: known.get(plain(text)) or read_unit(text)


def _list(one: Reader, between: re.Pattern[str] = _BETWEEN) -> Reader:
    """Several entries in one cell. An official name may hold the separator itself, so a whole cell is tried first."""

    def read(text: str) -> list[Any]:
        try:
            return [one(text)]
        except ValueError:
            return _distinct(one(part.strip()) for part in between.split(text) if part.strip())

    return read


def _distinct(entries: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(entries))


def _region(text: str) -> str:
    """A code, also as the prefix of one (4304), a name, or both as our lists write them."""
    code = text.split(" ")[0]
    return read_region(code.ljust(6, "0") if code.isdigit() else text)


def _standards(text: str) -> list[str]:
    parts = [parse_standards(part) for part in _BETWEEN.split(text) if part.strip()]
    if not all(parts):
        raise ValueError("not a standard")
    return _distinct(standard for standards in parts for standard in standards)


def _money(text: str) -> int:
    fen = fen_from_wan(read_number(text))
    if fen > MAX_FEN:
        raise ValueError("too large")
    return fen


def _quantity(text: str) -> int:
    return int(read_number(text) * MILLI)


def _rate(least: int) -> Reader:
    def read(text: str) -> int:
        bps = bps_from_percent(read_number(plain(text).removesuffix("%")))
        if bps > 10_000:
            raise ValueError("too large")
        if 0 < bps < least:
            raise ValueError("a fraction, not percent")
        return bps

    return read


def _yes(text: str) -> bool:
    if plain(text) not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return plain(text) in _YES
