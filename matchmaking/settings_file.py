"""Settings of a run in a TOML file: the fields of MatchSettings, and the market they are meant for.

market = "finance"
as_of = 2026-06-01
per_demand = 200
[weights]
text = 0.2
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

from matchmaking.markets.base import Market
from matchmaking.settings import MatchSettings
from matchmaking.tables import BadCell, BadTable, replace_file


def read_settings(path: Path | None, market: Market, *, as_of: date) -> MatchSettings:
    """Settings of a file, or the default ones without it; `as_of` counts where the file names no day.

    Raises BadTable on a key that is none, naming it and those there are, and on a value that cannot be.
    """
    values = {} if path is None else _parsed(path)
    place = path or Path("settings")
    meant_for = values.pop("market", market.code)
    if meant_for != market.code:
        raise _bad(place, "market", f"the file is for {meant_for}, the run is for {market.code}")
    hints = get_type_hints(MatchSettings)
    _require_known(place, "", values, {"market", *hints})
    components = {part.code.value for part, _ in market.components}
    for name, value in values.items():
        if name == "weights":
            _require_weights(place, value, components)
        elif hints[name] is float:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _bad(place, name, f"{value!r} is no number")
        elif hints[name] in (int, str, date) and type(value) is not hints[name]:
            raise _bad(place, name, f"{value!r} is no {_NAMES[hints[name]]}")
    try:
        return MatchSettings(**{"as_of": as_of} | values)
    except (TypeError, ValueError) as error:
        raise BadTable(place, [BadCell(None, None, str(error))]) from error


_NAMES = {int: "whole number", str: "text", date: "day"}


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadTable(path, [BadCell(None, None, "no such file")]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadTable(path, [BadCell(None, None, f"cannot be read: {error}")]) from error


def _require_known(path: Path, prefix: str, values: Mapping[str, Any], known: set[str]) -> None:
    if unknown := [name for name in values if name not in known]:
        listed = ", ".join(sorted(known))
        raise BadTable(
            path, [BadCell(None, None, f"unknown key {prefix}{name}; keys are {listed}") for name in unknown]
        )


def _require_weights(path: Path, weights: Any, components: set[str]) -> None:
    if not isinstance(weights, dict):
        raise _bad(path, "weights", "no table of weights by component")
    _require_known(path, "weights.", weights, components)
    for name, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
            raise _bad(path, f"weights.{name}", f"{weight!r} is no finite number from 0 up")


def _bad(path: Path, key: str, reason: str) -> BadTable:
    return BadTable(path, [BadCell(None, None, f"{key}: {reason}")])


def write_weights(path: Path, market: Market, weights: Mapping[str, float], *, remark: str) -> None:
    """Write a settings file that holds a market's weights, wholly or not at all."""
    lines = [f"# {remark}", f'market = "{market.code}"', "", "[weights]"]
    lines += [f"{code} = {weight!r}" for code, weight in weights.items()]
    content = "\n".join(lines) + "\n"

    def write(target: Path) -> None:
        target.write_text(content, encoding="utf-8")

    replace_file(path, write)
