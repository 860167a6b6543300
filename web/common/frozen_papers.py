"""Papers as they were: every value of a paper in each language, as JSON that makes the same paper again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from web.common.papers import Column, Kind, Linked, Paper, Section, Sheet

_VERSION = 1


def freeze(papers: Mapping[str, Paper]) -> bytes:
    """JSON in UTF-8 of one paper in several languages; the same papers give the same bytes."""
    content = {"version": _VERSION, "papers": {language: _paper(paper) for language, paper in papers.items()}}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def thaw(content: bytes, language: str, *, base_url: str = "") -> Paper:
    """The paper in a language; what its figures open is looked for under `base_url`."""
    found = json.loads(content)
    if found["version"] != _VERSION:
        raise ValueError(f"content of version {found['version']}")
    values = found["papers"][language]
    sections = tuple(_section_again(section, base_url) for section in values.pop("sections"))
    facts = tuple((name, text) for name, text in values.pop("facts"))
    values["sheet"] = Sheet(values["sheet"])
    return Paper(**values, facts=facts, sections=sections)


def _paper(paper: Paper) -> dict[str, Any]:
    values = asdict(replace(paper, sections=()))
    return values | {"sections": [_section(section) for section in paper.sections]}


def _section(section: Section) -> dict[str, Any]:
    values = asdict(replace(section, rows=()))
    return values | {"rows": [[_cell(cell) for cell in row] for row in section.rows]}


def _section_again(values: dict[str, Any], base_url: str) -> Section:
    columns = tuple(Column(**{**column, "kind": Kind(column["kind"])}) for column in values.pop("columns"))
    rows = tuple(tuple(_cell_again(cell, base_url) for cell in row) for row in values.pop("rows"))
    return Section(**values, columns=columns, rows=rows)


def _cell(cell: Any) -> Any:
    """Words and numbers as they are; what JSON does not know as a list that names it."""
    if isinstance(cell, Linked):
        return ["opens", _cell(cell.value), cell.url]
    if isinstance(cell, datetime):
        return ["moment", cell.isoformat()]
    if isinstance(cell, date):
        return ["day", cell.isoformat()]
    if cell is None or isinstance(cell, str | int | float):
        return cell
    return str(cell)  # words that wait for their language


def _cell_again(cell: Any, base_url: str) -> Any:
    if not isinstance(cell, list):
        return cell
    match cell:
        case ["opens", value, url]:
            return Linked(_cell_again(value, base_url), base_url + url)
        case ["moment", text]:
            return datetime.fromisoformat(text)
        case ["day", text]:
            return date.fromisoformat(text)
    raise ValueError(f"unknown cell {cell}")
