"""What the program says: the same in both languages, all of it used, and never that anything was violated."""

import json
import re
import string

import pytest

from conftest import ROOT
from oxishacl import node_name, sh

FILES = [*sorted((ROOT / "service" / "observance" / "core" / "messages").glob("*.json")), ROOT / "service" / "oxishacl" / "messages.json"]
AREAS = {file: file.stem if file.stem != "messages" else "oxishacl" for file in FILES}
PHRASES = {f"{AREAS[file]}.{key}": texts for file in FILES for key, texts in json.loads(file.read_text(encoding="utf-8")).items()}
SOURCES = "\n".join(file.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for file in (ROOT / "service").rglob(pattern))


def placeholders(text: str) -> set[str]:
    """The names of the placeholders in the text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_both_languages(phrase: str):
    """A phrase exists in French and English, with the same placeholders."""
    texts = PHRASES[phrase]

    assert set(texts) == {"fr", "en"}
    assert placeholders(texts["fr"]) == placeholders(texts["en"])
    assert all(text.strip() for text in texts.values())


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_used(phrase: str):
    """A phrase is used: its name stands in the program, or the two halves of a name that is put together there."""
    area, _, key = phrase.partition(".")
    names = (phrase, key)
    whole = any(f"{quote}{name}{quote}" in SOURCES for name in names for quote in ("'", '"'))
    cuts = [n for n, c in enumerate(key) if c == "-"]
    starts = [name[: len(name) - len(key) + n + 1] for name in names for n in cuts] + [f"{area}."]
    begun = any(f"{start}{end}" in SOURCES for start in starts for end in ("{", "' ~"))
    ended = any(f"{start}{key[n:]}" in SOURCES for n in cuts for start in ("}", '"'))

    assert whole or begun or ended


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_in_order(file):
    """The phrases of an area stand in the order of their names."""
    keys = list(json.loads(file.read_text(encoding="utf-8")))

    assert keys == sorted(keys)


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_nothing_is_violated(phrase: str):
    """No phrase says violation, breach or non-compliant, in either language."""
    said = " ".join(PHRASES[phrase].values()).lower()

    assert not re.search(r"violat|violé|breach|non-compli|non compliant|non-conforme|manquement|infraction", said)


def test_messages_of_shapes_neither(kb):
    """No message of a shape says so either, and each is in both languages."""
    for shape in {node_name(quad.subject) for quad in kb.shapes.quads if quad.predicate == sh("message")}:
        messages = kb.shapes.metadata.messages(shape)
        assert set(messages) == {"fr", "en"}, shape
        assert not re.search(r"violat|violé|breach|non-compli|manquement|infraction", " ".join(messages.values()).lower()), shape
