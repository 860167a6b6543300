"""Every sentence has its English, with the same placeholders and without Chinese left in it."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
_KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None}
_METHODS = {"web": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def sentences() -> dict[str, str]:
    """Sentence -> the file it was first found in."""
    found: dict[str, str] = {}
    for folder, methods in _METHODS.items():
        for name, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=methods, keywords=_KEYWORDS
        ):
            for text in [message] if isinstance(message, str) else message:
                found.setdefault(text, f"{folder}/{name}")
    return found


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    with (ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file, locale="en") if entry.id}


def test_every_sentence_has_its_english(sentences, english):
    assert len(sentences) > 300, "the extraction found the sentences"
    missing = {text: place for text, place in sentences.items() if not english.get(text)}
    assert missing == {}


def test_placeholders_are_the_same_in_both_languages(sentences, english):
    differing = {
        text: english[text]
        for text in sentences
        if text in english and set(_PLACEHOLDER.findall(text)) != set(_PLACEHOLDER.findall(english[text]))
    }
    assert differing == {}


def test_the_english_has_no_chinese_in_it(sentences, english):
    mixed = {text: english[text] for text in sentences if _CHINESE.search(english.get(text, ""))}
    assert mixed == {}


def test_chinese_in_templates_stands_inside_a_translation():
    outside = {}
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"""_\(\s*(['"]).*?\1""", "", text, flags=re.S)
        text = text.replace("'中文' if", "").replace("suffix == '万元'", "")
        if found := _CHINESE.findall(text):
            outside[str(path.relative_to(ROOT))] = "".join(found)
    assert outside == {}
