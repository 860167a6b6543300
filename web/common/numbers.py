"""Numbers in forms and addresses that no person types: ids and versions of rows."""

_MOST_DIGITS = 9


def row_number(text: str) -> int | None:
    """The number a text says; None where it says none, or one that no such column holds."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def row_numbers(texts: list[str]) -> list[int]:
    """Those of the texts that say one."""
    return [number for number in map(row_number, texts) if number is not None]
