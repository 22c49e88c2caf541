"""The commands `sparql` and `query` over a knowledge base of three files."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from observance.cli.questions import query, sparql
from observance.core import ForbiddenError, NotFoundError, ObservanceError, UsageError

QUESTION = """#+ summary.en: What has that value?
#+ summary.fr: Qu'est-ce qui a cette valeur ?
#+ paragraph: 1
#+ params:
#+   - name: v
#+     type: integer
#+     required: true
#+     label.en: Value
#+     label.fr: Valeur
SELECT ?s ?v { ?s ex:value ?v }
"""


@pytest.fixture(autouse=True)
def _knowledge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("ontology", "rules", "shapes", "queries"):
        (tmp_path / room).mkdir()
    (tmp_path / "ontology" / "a.ttl").write_text(
        "@prefix ex: <https://example.org/> . ex:a ex:value 1 . ex:b ex:value 2 .", encoding="utf-8"
    )
    (tmp_path / "queries" / "what-has.rq").write_text(QUESTION, encoding="utf-8")
    monkeypatch.setenv("OBSERVANCE_KNOWLEDGE", str(tmp_path))
    monkeypatch.setenv("OBSERVANCE_WORKERS", "1")
    monkeypatch.setenv("LC_ALL", "C")


def _run(command: object, *arguments: str, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, list(arguments), input=text)  # type: ignore[arg-type]


TABLE = "s     v\n----  -\nex:b  2\n"
SELECT = "SELECT ?s ?v { ?s ex:value ?v FILTER(?v = 2) }"


def test_a_query_comes_as_argument_from_input_or_from_a_file(tmp_path: Path) -> None:
    """The three ways to give a query give the same table."""
    file = tmp_path / "q.rq"
    file.write_text(SELECT, encoding="utf-8")
    assert _run(sparql, SELECT).output == TABLE
    assert _run(sparql, "-", text=SELECT).output == TABLE
    assert _run(sparql, "--file", str(file)).output == TABLE


def test_formats_are_the_bytes_of_the_answer() -> None:
    """CSV keeps its line ends; Turtle answers CONSTRUCT."""
    assert _run(sparql, SELECT, "--format", "csv").stdout_bytes == b"s,v\r\nhttps://example.org/b,2\r\n"
    assert "ex:b ex:value 2" in _run(sparql, "CONSTRUCT WHERE { ex:b ?p ?o }", "--format", "turtle").output


def test_a_question_of_the_catalogue_is_answered() -> None:
    """The parameter's value chooses the row."""
    assert _run(query, "what-has", "--param", "v=2").output == TABLE
    assert _run(query, "what-has", "--param", "v=7", "--lang", "fr").output == "Il n'y a pas de réponse.\n"


def test_the_catalogue_is_listed() -> None:
    """The list has name, summary, paragraph and parameters, for programs and for people."""
    assert json.loads(_run(query, "--list", "--format", "json", "--lang", "fr").output) == [
        {
            "name": "what-has",
            "summary": "Qu'est-ce qui a cette valeur ?",
            "summaries": {"fr": "Qu'est-ce qui a cette valeur ?", "en": "What has that value?"},
            "paragraph": "1",
            "params": [{"name": "v", "type": "integer", "required": True, "default": None, "label": {"fr": "Valeur", "en": "Value"}}],
        }
    ]
    assert _run(query, "--list").output == "what-has\n  What has that value?\n  --param v=… (integer, required) Value\n"


@pytest.mark.parametrize(
    ("command", "arguments", "kind"),
    [
        (sparql, [], UsageError),
        (sparql, ["ASK {}", "--file", "q.rq"], UsageError),
        (sparql, ["--file", "gone.rq"], NotFoundError),
        (sparql, ["CLEAR ALL"], ForbiddenError),
        (sparql, ["CONSTRUCT WHERE { ?s ?p ?o }", "--format", "csv"], UsageError),
        (sparql, ["ASK {}", "--endpoint", "file:///etc/passwd"], UsageError),
        (sparql, ["ASK {}", "--endpoint", "http://127.0.0.1/", "--register", "x.ttl"], UsageError),
        (query, [], UsageError),
        (query, ["what-has", "--list"], UsageError),
        (query, ["what-hat"], NotFoundError),
        (query, ["what-has"], UsageError),
        (query, ["what-has", "--param", "v"], UsageError),
        (query, ["what-has", "--param", "v=two"], UsageError),
        (query, ["what-has", "--param", "w=2"], UsageError),
        (query, ["what-has", "--param", "v=1", "--param", "v=2"], UsageError),
        (query, ["--list", "--format", "csv"], UsageError),
    ],
)
def test_misuse_is_one_sentence(command: object, arguments: Sequence[str], kind: type[ObservanceError]) -> None:
    """Each misuse raises an error with a sentence in both languages."""
    error = _run(command, *arguments).exception
    assert isinstance(error, kind)
    assert error.sentence("fr") and error.sentence("en")
