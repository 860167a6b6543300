"""Whether a document can be handed out with marks on each of its pages."""

import math
from io import BytesIO

from pypdf import PdfReader

from workflows.file_content import PAGES, PDF, PNG

MAX_PAGES = 100
MAX_PIXELS = 50_000_000
"""Of a picture that becomes a marked page: a scanned A3 at 400 dpi has 31 million."""
_MARKER = 0xFF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG segments that begin a frame and so say its size."""


def marking_problem(content: bytes, kind: str) -> str | None:
    """Why it cannot: `encrypted`, `too_long`, `too_large`, `broken`, or `no_pages` for what has none."""
    if kind not in PAGES:
        return "no_pages"
    try:
        if kind != PDF:
            return "too_large" if math.prod(pixels(content, kind)) > MAX_PIXELS else None
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            return "encrypted"
        n_pages = len(reader.pages)
    except Exception:  # pypdf raises whatever a broken file provokes, down to RecursionError
        return "broken"
    if n_pages > MAX_PAGES:
        return "too_long"
    return None if n_pages else "broken"


def pixels(content: bytes, kind: str) -> tuple[int, int]:
    """Width and height of a PNG or JPEG, from its head. Raises ValueError or IndexError if it has none."""
    if kind == PNG:
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    place = 2
    while content[place] == _MARKER:
        code, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if code in _FRAMES:
            return int.from_bytes(content[place + 7 : place + 9]), int.from_bytes(content[place + 5 : place + 7])
        place += 2 + length
    raise ValueError("no frame in this JPEG")
