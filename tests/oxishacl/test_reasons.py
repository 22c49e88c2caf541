"""What is said of a text that cannot be parsed: in both languages, at the sign or line at fault, with the parser's own words beside it."""

import json
import re
from pathlib import Path

import pytest

from conftest import ROOT, check_each
from oxishacl import MESSAGES, Source, errors, parse_source
from oxishacl.parsing.reasons import separator_offset

SENTENCES = json.loads(MESSAGES.with_name("parser_messages.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "shapes" / "examples").glob("*.ttl"))
HEAD = '@prefix ex: <https://example.org/> .\nex:a ex:b "c"@en ;\n    '
LIST = {"@context": {"@vocab": "https://example.org/ns#", "@base": "https://example.org/"}, "@id": "a", "@type": "T", "b": {"@id": "c"}}


def refused(name: str, text: str) -> errors.OxishaclError:
    """The error for a text that cannot be parsed."""
    with pytest.raises(errors.OxishaclError) as caught:
        parse_source(Source(name, text.encode()))
    return caught.value


def test_both_languages() -> None:
    """Each sentence is there in both languages with the same placeholders, and the last pattern takes whatever the others leave."""
    texts = [*SENTENCES["reasons"], *SENTENCES["signs"].values(), *(SENTENCES[name] for name in ("other-sign", "comment", "separator"))]

    assert [text for text in texts if not text["en"] or not text["fr"] or text["en"] == text["fr"]] == []
    assert [t for t in texts if set(re.findall(r"\{\w+\}", t["en"])) != set(re.findall(r"\{\w+\}", t["fr"]))] == []
    assert re.search(SENTENCES["reasons"][-1]["pattern"], "whatever a parser may say")


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('ex:d\u00a0"e" .', 3, 9, "U+00A0 (no-break space)"),
        ("ex:d \u201ce\u201d .", 3, 10, "U+201C (typographic quotation mark)"),
        ("ex:d ex:\u200be .", 3, 13, "U+200B (zero width space"),
        ("ex:d ex:e ;\u2028 ex:f ex:g .", 3, 16, "U+2028 (LINE SEPARATOR)"),
        ('ex:d "e', 3, 10, "ends too early"),
        ("ex:d ey:e .", 3, 10, "the prefix ey: is not declared"),
    ],
)
def test_signs_and_reasons(text: str, line: int, column: int, words: str) -> None:
    """The sign that nobody sees or that looks like another is named by its code point; other faults have their reason, and a place."""
    error = refused("a.ttl", HEAD + text)

    assert (error.values["line"], error.values["column"]) == (line, column), error
    assert words in error.sentence("en")
    assert error.values["reason_fr"] in error.sentence("fr")
    assert str(error.values["detail"]) in error.sentence("fr")


def test_missing_separator() -> None:
    """A `;` or `.` that is missing at the end of a line is told there, not on the line after it, with the parser's words as detail."""

    def check(file: Path) -> None:
        lines = file.read_text(encoding="utf-8").splitlines()
        removed = [n for n, line in enumerate(lines) if re.search(r"[^\s#.;,]\s*[;.]$", line) and not line.lstrip().startswith(("#", "@"))]
        wrong = []
        for number in removed[:-1]:
            text = "\n".join((*lines[:number], lines[number][:-1].rstrip(), *lines[number + 1 :]))
            error = refused(file.name, text)
            if error.values.get("line") != number + 1 or "; or the . or ]" not in error.sentence("en"):
                wrong.append((lines[number], str(error)))
        assert wrong == []

    check_each(check, EXAMPLES, name=lambda file: file.name)


@pytest.mark.parametrize("comment", ["// our record\n", "/* our record */\n"])
def test_json_has_no_comments(comment: str) -> None:
    """A comment in a file called JSON-LD is told as that, at its place; the file is not said to be Turtle."""
    error = refused("a.jsonld", comment + json.dumps(LIST))

    assert "JSON-LD at line 1, column 1" in error.sentence("en")
    assert "JSON has no comments" in error.sentence("en")


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [("@id", "a b", "a b"), ("@type", "T u", "T u"), ("b", {"@id": "c d"}, "c d"), ("my key", "x", "my key"), ("b", {"@id": "c "}, "c ")],
)
def test_malformed_iris_have_a_place(key: str, value: object, written: str) -> None:
    """An IRI that is malformed has the line and column of the JSON value it was written as, even where the context completes it."""
    text = json.dumps(LIST | {key: value}, indent=1)
    error = refused("a.jsonld", text)
    lines = text.splitlines()

    assert lines[error.values["line"] - 1][error.values["column"] - 1 :].startswith(json.dumps(written))


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("ex:a ex:p <urn:x#y> # why\n\n  # and\n", "ex:a ex:p <urn:x#y>"),
        ('ex:a ex:p "# no comment" \n', 'ex:a ex:p "# no comment"'),
        ("ex:a ex:p '''\n# no comment\n''' \n#\n", "ex:a ex:p '''\n# no comment\n'''"),
        ("ex:a ex:p ex:c\\#d \n", "ex:a ex:p ex:c\\#d"),
        ("ex:a ex:p ex:c . # end\n", None),
        ("ex:a ex:p ex:c # on the same line", None),
        ("ex:a ex:p ex:c " + "# " * 50_000 + "\n" + "#" * 50_000 + "ex:d", "ex:a ex:p ex:c"),
        ("# " * 50_000 + "\n" + '"' * 50_000, None),
    ],
    ids=["iri", "string", "long-string", "escape", "ended", "same-line", "many-comments", "many-quotes"],
)
def test_place_of_a_missing_separator(before: str, words: str | None):
    """The place is after the last word before white space and comments, where a word may look like one; it is found at once."""
    found = separator_offset("A dot is expected at the end of statements", content=before.encode() + b"ex:b", offset=len(before.encode()))

    assert found == (None if words is None else len(words.encode()))
