"""Marks on a document that is handed to somebody: to whom, whose hands, when, and the number of the receipt.

A picture becomes a page first. Only pages are taken over: what a PDF carries besides (scripts, attachments, signatures)
stays behind. What cannot be marked is not handed out.
"""

import json
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from pypdf import PageObject, PdfReader, PdfWriter

from web.common.typesetting import TEMPLATES, font_directory, typeset
from workflows.file_content import EXTENSIONS, PDF
from workflows.marking import marking_problem, pixels


class CannotMark(Exception):
    """The document is encrypted, broken, too long or too large; `why` says which."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def marked(content: bytes, media_type: str, *, lines: Sequence[str], foot: str) -> bytes:
    """A PDF of the document with the lines across each page and the foot below. Raises CannotMark."""
    if why := marking_problem(content, media_type):
        raise CannotMark(why)
    try:
        if media_type != PDF:
            content = _page_of_picture(content, media_type)
        return _stamped(content, partial(_overlay, tuple(lines), foot))
    except Exception as error:  # whatever a broken file provokes: it is not handed out without marks
        raise CannotMark("broken") from error


def _stamped(content: bytes, overlay: "partial[PageObject]") -> bytes:
    """Each page with an overlay of its own size, whatever its rotation and wherever its box begins."""
    writer, overlays = PdfWriter(), {}
    for source in PdfReader(BytesIO(content)).pages:
        page = writer.add_page(source)
        if page.rotation:
            page.transfer_rotation_to_content()
        box = page.cropbox
        size = (round(float(box.width)), round(float(box.height)))
        if size not in overlays:
            overlays[size] = overlay(*size)
        page.merge_translated_page(overlays[size], float(box.left), float(box.bottom), over=True)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def _overlay(lines: Sequence[str], foot: str, width: int, height: int) -> PageObject:
    """Sizes in points."""
    mark = {"lines": lines, "foot": foot, "width": width, "height": height}
    pdf = typeset("watermark.typ", json.dumps(mark, ensure_ascii=False), is_tagged=False)
    return PdfReader(BytesIO(pdf)).pages[0]


def _page_of_picture(content: bytes, media_type: str) -> bytes:
    import typst  # loading it takes 80 MB: only whoever asks for a PDF pays

    width, height = pixels(content, media_type)
    extension = EXTENSIONS[media_type]
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"picture.{extension}").write_bytes(content)
        copy(TEMPLATES / "picture.typ", folder)
        page: bytes = typst.compile(
            folder / "picture.typ",
            root=folder,
            font_paths=[font_directory()],
            ignore_system_fonts=True,
            sys_inputs={"extension": extension, "across": "yes" if width > height else "no"},
            pdf_tags=False,
        )
    return page
