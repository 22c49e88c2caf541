"""The messages of the program: complete in both languages, all used, and none with words of violation."""

import json
import re
import string
from pathlib import Path

import pytest

from conftest import ROOT, check_each
from oxishacl import node_name, sh


def plural_texts(message: str | dict[str, str]) -> tuple[str, ...]:
    """The texts of a message: one, or one for each plural category."""
    return (message,) if isinstance(message, str) else tuple(message.values())


FILES = [*sorted((ROOT / "service" / "observance" / "core" / "messages").glob("*.json")), ROOT / "service" / "oxishacl" / "messages.json"]
AREAS = {file: file.stem if file.stem != "messages" else "oxishacl" for file in FILES}
MESSAGES = {f"{AREAS[file]}.{key}": texts for file in FILES for key, texts in json.loads(file.read_text(encoding="utf-8")).items()}
# The texts of all plural categories are joined.
JOINED_TEXTS = {name: {lang: " ".join(plural_texts(text)) for lang, text in texts.items()} for name, texts in MESSAGES.items()}
SOURCES = "\n".join(file.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for file in (ROOT / "service").rglob(pattern))


def placeholders(text: str) -> set[str]:
    """The names of the placeholders in the text, without the language that a name may end with (`reason_fr`)."""
    return {re.sub("_(en|fr)$", "", name) for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages():
    """Every message exists in French and English, with the same placeholders."""

    def check(message: str) -> None:
        texts = JOINED_TEXTS[message]
        assert set(texts) == {"fr", "en"}
        assert placeholders(texts["fr"]) == placeholders(texts["en"])
        assert all(text.strip() for text in texts.values())

    check_each(check, sorted(JOINED_TEXTS))


def test_plurals():
    """A message that depends on a number has the plural categories of its language and contains it, the singular perhaps as a word."""

    def check(message: str) -> None:
        for text in MESSAGES[message].values():
            if isinstance(text, dict):
                assert set(text) == {"one", "other"}
                assert "count" in placeholders(text["other"])

    check_each(check, sorted(MESSAGES))


def is_used(message: str) -> bool:
    """Whether the sources contain the key of the message, or both parts of a key that is composed in the sources."""
    area, _, key = message.partition(".")
    names = (message, key)
    is_literal = any(f"{quote}{name}{quote}" in SOURCES for name in names for quote in ("'", '"'))
    hyphens = [n for n, c in enumerate(key) if c == "-"]
    starts = [name[: len(name) - len(key) + n + 1] for name in names for n in hyphens] + [f"{area}."]
    has_start = any(f"{start}{end}" in SOURCES for start in starts for end in ("{", "' ~"))
    has_end = any(f"{start}{key[n:]}" in SOURCES for n in hyphens for start in ("}", '"'))

    return is_literal or has_start or has_end


@pytest.mark.whole
def test_used():
    """Every message is used."""
    assert [message for message in sorted(JOINED_TEXTS) if not is_used(message)] == []


def test_in_order():
    """The messages of an area are in the order of their keys."""

    def check(file: Path) -> None:
        keys = list(json.loads(file.read_text(encoding="utf-8")))
        assert keys == sorted(keys)

    check_each(check, FILES, name=lambda file: file.stem)


def test_no_words_of_violation():
    """No message says violation, breach or non-compliant, in either language."""
    blame = re.compile(r"violat|violé|breach|non-compli|non compliant|non-conforme|manquement|infraction")

    assert [message for message, texts in JOINED_TEXTS.items() if blame.search(" ".join(texts.values()).lower())] == []


def test_no_words_of_violation_in_shapes(kb):
    """The messages of shapes are in both languages and do not say so either."""
    for shape in {node_name(quad.subject) for quad in kb.shapes.quads if quad.predicate == sh("message")}:
        messages = kb.shapes.metadata.messages(shape)
        assert set(messages) == {"fr", "en"}, shape
        assert not re.search(r"violat|violé|breach|non-compli|manquement|infraction", " ".join(messages.values()).lower()), shape
