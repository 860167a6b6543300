"""Documents set by typst, in this process or, where that takes seconds and memory, in one of its own."""

import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).parents[2]
TEMPLATES = _ROOT / "templates" / "papers"
_PATIENCE_S = 300


@cache
def font_directory() -> Path:
    """Where the packaged Chinese font lies: PDFs look the same on a server without fonts."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def typeset(template: str, paper: str, *, is_tagged: bool = True) -> bytes:
    """The PDF of a template and the JSON it reads; nothing but the template and the packaged font is read."""
    import typst  # loading it takes 80 MB: only whoever asks for a PDF pays

    document: bytes = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=[font_directory()],
        ignore_system_fonts=True,
        sys_inputs={"paper": paper},
        pdf_tags=is_tagged,
    )
    return document


def typeset_apart(template: str, paper: str, *, is_tagged: bool = True) -> bytes:
    """The same in a child process: other pages are served meanwhile, and its memory is given back at its end.

    Raises subprocess.SubprocessError if the child fails or takes too long.
    """
    done = subprocess.run(  # noqa: S603 -- our own module with our own arguments
        [sys.executable, "-m", "web.common.typesetting", template, "tagged" if is_tagged else "plain"],
        input=paper.encode(),
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        timeout=_PATIENCE_S,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.argv[1], sys.stdin.buffer.read().decode(), is_tagged=sys.argv[2] == "tagged"))
