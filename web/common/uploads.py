"""Documents from a form: the one place where what was sent is read, and what a refusal of it is called."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from web.common.database import db
from workflows import antivirus, files
from workflows.file_content import EXTENSIONS
from workflows.files import Upload

MAX_MB = files.MAX_BYTES // 1024**2


def attributes(kinds: Iterable[str] = tuple(EXTENSIONS)) -> dict[str, Any]:
    """Of a field for documents: what the browser offers to choose, and what it refuses before sending."""
    return {"accept": ",".join(kinds), "data-max-bytes": files.MAX_BYTES}


def received(sent: Iterable[FileStorage | None]) -> list[Upload]:
    """What was sent, each read to one byte past the limit, and scanned where there is a scanner."""
    uploads = [Upload(file.filename, file.stream.read(files.MAX_BYTES + 1)) for file in sent if file and file.filename]
    return _scanned(uploads) if uploads and files.limits().antivirus_command else uploads


def _scanned(uploads: list[Upload]) -> list[Upload]:
    """The request gives up its turn to write before the scanner takes its seconds."""
    db().commit()
    limits = files.limits()
    return [
        Upload(
            upload.name,
            upload.content,
            antivirus.scan(upload.content, limits.antivirus_command, seconds=limits.antivirus_seconds),
        )
        for upload in uploads
    ]


def document_problem(code: str) -> str | None:
    """The sentence for a reason of `workflows.files.problem_of`; None if it is not one of them."""
    reason, _colon, about = code.partition(":")
    words = {
        "too_many": _("最多 %(n)s 个文件。", n=files.MAX_FILES),
        "too_large": _("“%(name)s”超过 %(n)s MB。", name=about, n=MAX_MB),
        "wrong_type": _("“%(name)s”不是 PDF、Word、Excel、PNG 或 JPEG 文件。", name=about),
        "no_pages": _("“%(name)s”不是 PDF、PNG 或 JPEG 文件。", name=about),
        "empty": _("“%(name)s”是空文件。", name=about),
        "damaged": _("“%(name)s”不完整或已损坏，请重新导出后再上传。", name=about),
        "active": _("“%(name)s”含有宏、脚本、嵌入对象或外部内容，请另存为不含这些内容的文件。", name=about),
        "bomb": _("“%(name)s”解压后过大，不能接收。", name=about),
        "infected": _("“%(name)s”未通过病毒检查，不能接收。", name=about),
        "not_scanned": _("病毒检查暂时不可用，“%(name)s”没有被接收，请稍后再试。", name=about),
        "quota": _("本单位的文件合计不能超过 %(n)s MB。请先移除不再需要的文件，或联系系统管理员。", n=about),
        "quota_files": _("本单位最多保存 %(n)s 个文件。请先移除不再需要的文件，或联系系统管理员。", n=about),
    }  # fmt: skip
    return words.get(reason)
