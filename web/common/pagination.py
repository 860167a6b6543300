"""A page of a longer list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

SIZE = 50


@dataclass(frozen=True)
class Page:
    """`items` of page `number` (from 1) out of `total` rows."""

    items: Sequence[Any]
    number: int
    total: int
    size: int = SIZE

    def __post_init__(self) -> None:
        """The list of this request is known to `web.common.list_exports`."""
        if "list_page" not in g:
            g.list_page = self

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    def url(self, number: int) -> str:
        """The present list with its filters, at another page."""
        arguments = (
            {**request.view_args, **request.args.to_dict(flat=False)}
            if request.view_args
            else {**request.args.to_dict(flat=False)}
        )
        arguments.pop("export", None)
        return url_for(str(request.endpoint), **arguments | {"page": number})

    def export_url(self, kind: str) -> str:
        """The present list with its filters, all pages, as a file (`xlsx` or `csv`)."""
        return f"{self.url(1)}&export={kind}"


def requested_page() -> int:
    """The page number asked for; anything else than a positive number is page 1."""
    number = g.get("export_page") or request.args.get("page", 1, type=int)
    return min(max(1, number or 1), 10_000)
