"""What the bytes of a document are, and whether they are built as such a document must be.

Nothing here opens a picture or runs a document: structure is looked at, within limits on what unpacking may yield.
"""

import re
import struct
from io import BytesIO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile, ZipInfo

import filetype

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXTENSIONS = {PDF: "pdf", PNG: "png", JPEG: "jpg", XLSX: "xlsx", DOCX: "docx"}
"""Media types that are taken, and what their names end in."""
PAGES = (PDF, PNG, JPEG)
"""Those whose pages can be handed out with marks."""

MAX_PARTS = 2_000
"""Files inside one package."""
MAX_UNPACKED = 64 * 1024**2
"""Bytes of all files inside a package."""
MAX_PART = 24 * 1024**2
MAX_PIXELS = 100_000_000

_MAIN_PARTS = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX}
_PDF_HEAD = re.compile(rb"%PDF-[12]\.\d")
_PDF_TAIL = 1_024
"""Within so many bytes of its end a PDF says that it ends (ISO 32000-1, annex H.3.4.4)."""
_PDF_ACTIONS = re.compile(rb"/(?:JavaScript|Launch)(?![A-Za-z])")
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535
"""The directory of a ZIP archive is found within so many bytes of the end."""
_ACTIVE_PART = re.compile(r"vbaproject|activex|/embeddings/|externallinks/|/macrosheets/|\.(?:exe|dll|js|vbs|zip)$")
_HARMLESS_BINARY = re.compile(r"^xl/printersettings/[^/]+\.bin$")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ACTIVE_TEXT = re.compile(rb"macroEnabled|vbaProject|DDEAUTO|<(?:\w+:)?instrText[^>]*>\s*DDE\b|ddeLink")
_HYPERLINK = "/hyperlink"


def media_type(content: bytes) -> str | None:
    """What the bytes are, if it is something that is taken. Whether they are whole is for `problem` to say."""
    if content.startswith(b"PK\x03\x04"):
        return _package_type(content)
    kind = filetype.guess(content)
    return kind.mime if kind is not None and kind.mime in EXTENSIONS else None


def problem(content: bytes, kind: str) -> str | None:
    """Why a document of this media type is refused: `damaged`, `active` (it would run something), `bomb`, or None."""
    if kind in (XLSX, DOCX):
        return _package_problem(content)
    if _ZIP_END in content[-_ZIP_TAIL:]:
        return "active"  # an archive under another name
    return {PDF: _pdf_problem, PNG: _png_problem, JPEG: _jpeg_problem}[kind](content)


def _pdf_problem(content: bytes) -> str | None:
    if not _PDF_HEAD.match(content) or b"%%EOF" not in content[-_PDF_TAIL:]:
        return "damaged"
    return "active" if _PDF_ACTIONS.search(content) else None


def _png_problem(content: bytes) -> str | None:
    """A chain of chunks from IHDR to IEND, and nothing behind it."""
    place, kind = 8, b""
    while kind != b"IEND":
        if place + 12 > len(content):
            return "damaged"
        length, kind = struct.unpack_from(">I4s", content, place)
        if (place == 8) != (kind == b"IHDR"):
            return "damaged"
        place += 12 + length
    width, height = struct.unpack_from(">II", content, 16)
    if place != len(content) or not width or not height:
        return "damaged"
    return "bomb" if width * height > MAX_PIXELS else None


def _jpeg_problem(content: bytes) -> str | None:
    """Cameras write more behind the end of the picture, so the end may be anywhere."""
    return None if content.rfind(b"\xff\xd9") > 0 else "damaged"


def _package_type(content: bytes) -> str | None:
    try:
        with ZipFile(BytesIO(content)) as package:
            names = set(package.namelist())
    except (BadZipFile, ValueError, NotImplementedError, struct.error):
        return None
    kinds = [kind for part, kind in _MAIN_PARTS.items() if part in names]
    return kinds[0] if len(kinds) == 1 and "[Content_Types].xml" in names else None


def _package_problem(content: bytes) -> str | None:
    """Limits first, by what the directory says; then each XML part, of which no more than it said is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                return "bomb"
            if len({part.filename.lower() for part in parts}) < len(parts):
                return "damaged"
            return next((found for part in parts if (found := _part_problem(package, part))), None)
    except (BadZipFile, ElementTree.ParseError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error):
        return "damaged"
    except Exception as error:  # zlib.error and lzma.LZMAError have no common base
        if type(error).__module__ in ("zlib", "_lzma", "bz2"):
            return "damaged"
        raise


def _part_problem(package: ZipFile, part: ZipInfo) -> str | None:
    name = part.filename.lower()
    if part.file_size > MAX_PART:
        return "bomb"
    if part.flag_bits & 1 or name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name:
        return "damaged"
    if _ACTIVE_PART.search(name) or (name.endswith(".bin") and not _HARMLESS_BINARY.match(name)):
        return "active"
    if not name.endswith((".xml", ".rels")):
        return None
    text = package.read(part)
    if b"\x00" in text:
        return "damaged"  # UTF-16, in which what is looked for would not be found
    if _DECLARATION.search(text) or _ACTIVE_TEXT.search(text):
        return "active"
    return "active" if name.endswith(".rels") and _reaches_outside(text) else None


def _reaches_outside(relations: bytes) -> bool:
    """Whether opening the document would fetch something; a link waits for a click. It declares no entities."""
    return any(
        item.get("TargetMode") == "External" and not item.get("Type", "").endswith(_HYPERLINK)
        for item in ElementTree.fromstring(relations)  # noqa: S314 -- parts with declarations were refused before
    )
