"""Two people edited the same thing: what is stored now beside what was typed."""

from typing import Any


def conflicts(mine: Any, theirs: Any) -> list[tuple[str, str, str]]:
    """(field, what is stored now, what was typed) where two forms differ."""
    return [
        (str(field.label.text), _shown(theirs[name]), _shown(field))
        for name, field in mine._fields.items()
        if name != "csrf_token" and name in theirs and (field.data or None) != (theirs[name].data or None)
    ]


def _shown(field: Any) -> str:
    if hasattr(field, "iter_choices"):
        chosen = [choice[1] for choice in field.iter_choices() if choice[2]]
        return str(chosen[0]) if chosen else "—"
    return str(field._value()) or "—"
