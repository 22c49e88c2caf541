"""What the program says: the same in both languages, all of it used, and never that anything was violated."""

import json
import re
import string
from pathlib import Path

from conftest import ROOT, check_each
from oxishacl import node_name, sh


def texts_of(message: str | dict[str, str]) -> tuple[str, ...]:
    """The text of a message, or its texts by plural category."""
    return (message,) if isinstance(message, str) else tuple(message.values())


FILES = [*sorted((ROOT / "service" / "observance" / "core" / "messages").glob("*.json")), ROOT / "service" / "oxishacl" / "messages.json"]
AREAS = {file: file.stem if file.stem != "messages" else "oxishacl" for file in FILES}
MESSAGES = {f"{AREAS[file]}.{key}": texts for file in FILES for key, texts in json.loads(file.read_text(encoding="utf-8")).items()}
# A text that depends on a number stands for each plural category.
PHRASES = {name: {lang: " ".join(texts_of(text)) for lang, text in texts.items()} for name, texts in MESSAGES.items()}
SOURCES = "\n".join(file.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for file in (ROOT / "service").rglob(pattern))


def placeholders(text: str) -> set[str]:
    """The names of the placeholders in the text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages():
    """Every phrase exists in French and English, with the same placeholders."""

    def check(phrase: str) -> None:
        texts = PHRASES[phrase]
        assert set(texts) == {"fr", "en"}
        assert placeholders(texts["fr"]) == placeholders(texts["en"])
        assert all(text.strip() for text in texts.values())

    check_each(check, sorted(PHRASES))


def test_plurals():
    """A message that depends on a number has the categories that its language has for whole numbers, and says the number."""

    def check(phrase: str) -> None:
        for text in MESSAGES[phrase].values():
            if isinstance(text, dict):
                assert set(text) == {"one", "other"}
                assert all("count" in placeholders(each) for each in text.values())

    check_each(check, sorted(MESSAGES))


def is_used(phrase: str) -> bool:
    """Whether the name of the phrase stands in the program, or the two halves of a name that is put together there."""
    area, _, key = phrase.partition(".")
    names = (phrase, key)
    whole = any(f"{quote}{name}{quote}" in SOURCES for name in names for quote in ("'", '"'))
    cuts = [n for n, c in enumerate(key) if c == "-"]
    starts = [name[: len(name) - len(key) + n + 1] for name in names for n in cuts] + [f"{area}."]
    begun = any(f"{start}{end}" in SOURCES for start in starts for end in ("{", "' ~"))
    ended = any(f"{start}{key[n:]}" in SOURCES for n in cuts for start in ("}", '"'))

    return whole or begun or ended


def test_used():
    """Every phrase is used."""
    assert [phrase for phrase in sorted(PHRASES) if not is_used(phrase)] == []


def test_in_order():
    """The phrases of an area stand in the order of their names."""

    def check(file: Path) -> None:
        keys = list(json.loads(file.read_text(encoding="utf-8")))
        assert keys == sorted(keys)

    check_each(check, FILES, name=lambda file: file.stem)


def test_nothing_is_violated():
    """No phrase says violation, breach or non-compliant, in either language."""
    blame = re.compile(r"violat|violé|breach|non-compli|non compliant|non-conforme|manquement|infraction")

    assert [phrase for phrase, texts in PHRASES.items() if blame.search(" ".join(texts.values()).lower())] == []


def test_messages_of_shapes_neither(kb):
    """No message of a shape says so either, and each is in both languages."""
    for shape in {node_name(quad.subject) for quad in kb.shapes.quads if quad.predicate == sh("message")}:
        messages = kb.shapes.metadata.messages(shape)
        assert set(messages) == {"fr", "en"}, shape
        assert not re.search(r"violat|violé|breach|non-compli|manquement|infraction", " ".join(messages.values()).lower()), shape
