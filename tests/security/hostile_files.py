"""Documents somebody with bad intent would hand in: name, content, and what the page says ("" where it is inert)."""

import struct
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from tests.documents import DOCX, JPEG, PDF, PNG, package, png, workbook
from workflows.files import MAX_BYTES

_ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>'
_REMOTE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
    'Type="http://x/attachedTemplate" TargetMode="External" Target="http://127.0.0.1/t.dotm"/></Relationships>'
)
_DDE = "<w:document><w:instrText> DDEAUTO c:\\\\windows\\\\cmd.exe </w:instrText></w:document>"


def _word(**parts: bytes | str) -> bytes:
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in parts.items()}
    return package({"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"} | named)


def _lying() -> bytes:
    """A part of 3 MB that its directory declares as 100 bytes."""
    content = workbook(xl__worksheets__sheet1_dot_xml="<a>" + " " * 3_000_000 + "</a>")
    return content.replace(struct.pack("<I", 3_000_007), struct.pack("<I", 100))


def _encrypted() -> bytes:
    """Every part says that it needs a password."""
    content = bytearray(workbook())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := content.find(mark, start + 1)) >= 0:
            content[start + place] |= 1
    return bytes(content)


def _twice() -> bytes:
    file = BytesIO(workbook())
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr("XL/workbook.xml", "<other/>")
    return file.getvalue()


def _archive(name: str, content: bytes) -> bytes:
    return package({name: content})


HOSTILE: list[tuple[str, bytes, str]] = [
    ("批复.pdf", b"MZ\x90\x00" + b"\0" * 200 + b"%PDF-1.7", "不是 PDF"),
    ("照片.png", b"\x7fELF\x02\x01\x01" + b"\0" * 200, "不是 PDF"),
    ("图.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "不是 PDF"),
    ("页.pdf", b"<!doctype html><script>alert(1)</script>", "不是 PDF"),
    ("脚本.sh", b"#!/bin/sh\nrm -rf /\n", "不是 PDF"),
    ("炸弹.zip", _archive("a", b"\0" * 3_000_000), "不是 PDF"),
    ("包.jar", _archive("META-INF/MANIFEST.MF", b"Main-Class: X"), "不是 PDF"),
    ("动画.gif", b"GIF89a/*\0\0*/=1;alert(1)//", "不是 PDF"),
    ("炸弹.xlsx", workbook(xl__worksheets__sheet1_dot_xml=b"\0" * 40_000_000), "解压后过大"),
    ("多部件.xlsx", package({"[Content_Types].xml": "", "xl/workbook.xml": ""}
                        | {f"xl/{n}.xml": b" " for n in range(2_100)}), "解压后过大"),
    ("说谎.xlsx", _lying(), "已损坏"),
    ("加密.xlsx", _encrypted(), "已损坏"),
    ("重名.xlsx", _twice(), "已损坏"),
    ("上级.xlsx", workbook(**{"../../etc/cron.d/x": "* * * * * root id"}), "已损坏"),
    ("实体.xlsx", workbook(xl__workbook_dot_xml=_ENTITY), "含有宏"),
    ("实体16.xlsx", workbook(xl__workbook_dot_xml=_ENTITY.encode("utf-16")), "已损坏"),
    ("宏.xlsx", workbook(xl__vbaProject_dot_bin=b"\xd0\xcf\x11\xe0"), "含有宏"),
    ("外链.xlsx", workbook(xl__externalLinks__externalLink1_dot_xml="<ddeLink/>"), "含有宏"),
    ("嵌入.docx", _word(word__embeddings__oleObject1_dot_bin=b"\xd0\xcf\x11\xe0"), "含有宏"),
    ("模板.docx", _word(word___rels__settings_dot_xml_dot_rels=_REMOTE), "含有宏"),
    ("字段.docx", _word(word__document_dot_xml=_DDE), "含有宏"),
    ("动作.pdf", PDF.replace(b"<<>>", b"<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"), "含有宏"),
    ("启动.pdf", PDF.replace(b"<<>>", b"<</S/Launch/F(cmd.exe)>>"), "含有宏"),
    ("两面.pdf", PDF + DOCX + b"\n%%EOF", "含有宏"),
    ("半截.pdf", PDF.replace(b"%%EOF", b""), "已损坏"),
    ("巨图.png", png(60_000, 60_000), "解压后过大"),
    ("尾巴.png", PNG + b"<script>alert(1)</script>", "已损坏"),
    ("半截.jpg", JPEG[:-2], "已损坏"),
    ("空.pdf", b"", "是空文件"),
    ("大.pdf", PDF + b"0" * MAX_BYTES, "超过 5 MB"),
    ("../../../etc/passwd", PDF, ""),
    ("..\\..\\autoexec\u202efdp.exe", PDF, ""),
    ("<img src=x onerror=alert(1)>.jpg", JPEG.replace(b"JFIF", b"<svg/onload=alert(1)>"[:4]), ""),
]  # fmt: skip
