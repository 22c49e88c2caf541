"""The command `oxishacl validate`, and the examples of its README."""

import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from oxishacl.cli import run

README = (ROOT / "service" / "oxishacl" / "README.md").read_text(encoding="utf-8")
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Person ;
  sh:property [ sh:path ex:name ; sh:minCount 1 ] , [ sh:path ex:age ; sh:maxInclusive 120 ; sh:severity sh:Warning ;
    sh:message "Check the age."@en , "Vérifiez l'âge."@fr ] .
"""
CONFORMING = '@prefix ex: <https://example.org/> .\nex:a a ex:Person ; ex:name "A" .\n'
FAULTY = "@prefix ex: <https://example.org/> .\nex:a a ex:Person ;\n  ex:age 130 .\n"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Shapes and data by what they are, each in a file."""
    texts = {"shapes": SHAPES, "conforming": CONFORMING, "faulty": FAULTY, "broken": "@prefix ex: <https://example.org/> .\nex:a ex:b"}
    texts["ill-formed"] = SHAPES.replace("sh:minCount 1", 'sh:minCount "one"')
    for name, text in texts.items():
        (tmp_path / f"{name}.ttl").write_text(text, encoding="utf-8")
    return {name: str(tmp_path / f"{name}.ttl") for name in texts}


def test_conforming(files, capsys):
    """Data without a result are said to conform, and the exit code is 0."""
    assert run(["validate", "-s", files["shapes"], files["conforming"], "--lang", "en"]) == 0
    assert capsys.readouterr().out == "Conforms: no results.\n"


@pytest.mark.parametrize(
    ("lang", "sentence", "summary"), [("en", "Check the age.", "Results: 2"), ("fr", "Vérifiez l'âge.", "Résultats : 2")]
)
def test_results_in_words(files, capsys, lang, sentence, summary):
    """Each result is told with severity, message and place, in the language asked for; the exit code is 1."""
    assert run(["validate", "-s", files["shapes"], files["faulty"], "--lang", lang]) == 1
    output = capsys.readouterr().out

    assert f"{files['faulty']}:3:3: Warning: {sentence}" in output
    assert "faulty.ttl:2:1: Violation: sh:minCount" in output
    assert summary in output.splitlines()[-1]


def test_results_as_json(files, capsys):
    """The JSON report has SHACL's names, terms in N-Triples syntax and the place of each result."""
    assert run(["validate", "-s", files["shapes"], files["faulty"], "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    by_severity = {result["resultSeverity"].rpartition("#")[2]: result for result in report["results"]}

    assert report["conforms"] is False
    assert by_severity["Violation"]["sourceConstraintComponent"] == "http://www.w3.org/ns/shacl#MinCountConstraintComponent"
    assert by_severity["Warning"]["value"] == '"130"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert by_severity["Warning"]["resultPath"] == "<https://example.org/age>"
    assert (by_severity["Warning"]["position"]["line"], by_severity["Warning"]["position"]["column"]) == (3, 3)


def test_results_as_turtle(files, capsys):
    """The Turtle report is a sh:ValidationReport with a sh:ValidationResult for each result."""
    assert run(["validate", "-s", files["shapes"], files["faulty"], "--format", "turtle"]) == 1
    triples = [quad.triple for quad in ox.parse(capsys.readouterr().out.encode(), format=ox.RdfFormat.TURTLE)]
    kinds = [t.object.value.rpartition("#")[2] for t in triples if t.predicate.value.endswith("#type")]

    assert sorted(kinds) == ["ValidationReport", "ValidationResult", "ValidationResult"]


def test_files_are_one_graph(files, capsys, tmp_path):
    """Several files of data make up one data graph: what one lacks another may state."""
    (tmp_path / "name.nt").write_text('<https://example.org/a> <https://example.org/name> "A" .\n', encoding="utf-8")

    assert run(["validate", "-s", files["shapes"], files["faulty"], str(tmp_path / "name.nt"), "--lang", "en"]) == 1
    assert "Results: 1 (Warning: 1)." in capsys.readouterr().out


def test_blank_nodes_of_files_are_apart(files, capsys, tmp_path):
    """The same blank node label in two files is two nodes."""
    (tmp_path / "one.nt").write_text(
        "_:a <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://example.org/Person> .\n", encoding="utf-8"
    )
    (tmp_path / "two.nt").write_text('_:a <https://example.org/name> "A" .\n', encoding="utf-8")

    assert run(["validate", "-s", files["shapes"], str(tmp_path / "one.nt"), str(tmp_path / "two.nt"), "--lang", "en"]) == 1
    assert "sh:MinCountConstraintComponent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "english", "french"),
    [
        ([], "-s", "-s"),
        (["-s", "{shapes}"], "file of data", "fichier de données"),
        (["-s", "{shapes}", "nowhere.ttl"], "nowhere.ttl", "nowhere.ttl"),
        (["-s", "nowhere.ttl", "{faulty}"], "no file nowhere.ttl", "nowhere.ttl n'existe pas"),
        (["-s", "{shapes}", "{broken}"], "line 2", "ligne 2"),
        (["-s", "{ill-formed}", "{faulty}"], "sh:minCount", "sh:minCount"),
        (["-s", "{shapes}", "{faulty}", "--format", "xml"], "--help", "--help"),
        (["-s", "{shapes}", "."], ". cannot be read", ". ne peut pas être lu"),
    ],
    ids=["no-shapes", "no-data", "no-such-data", "no-such-shapes", "not-turtle", "ill-formed-shape", "no-such-format", "a-folder"],
)
def test_bad_input(files, capsys, arguments, english, french):
    """What cannot be read or was asked for wrongly is one sentence on standard error, in either language, with exit code 2."""
    for lang, expected in (("en", english), ("fr", french)):
        given = [re.sub(r"^\{(.+)\}$", lambda match: files[match[1]], argument) for argument in arguments]
        assert run(["validate", *given, "--lang", lang]) == 2
        output = capsys.readouterr()

        assert output.out == ""
        assert expected in output.err
        assert len(output.err.splitlines()) == 1
        assert "Traceback" not in output.err


def test_readme_commands(tmp_path, monkeypatch, capsys):
    """The commands of the README run."""
    monkeypatch.chdir(tmp_path)
    Path("shapes.ttl").write_text(SHAPES, encoding="utf-8")
    Path("more-shapes.ttl").write_text(SHAPES, encoding="utf-8")
    Path("data.ttl").write_text(CONFORMING, encoding="utf-8")
    Path("more-data.jsonld").write_text('{"@id": "https://example.org/b", "https://example.org/c": 1}', encoding="utf-8")
    commands = re.findall(r"^oxishacl (.+)$", README, re.MULTILINE)

    assert len(commands) == 2
    assert [run(command.split()) for command in commands] == [0, 0]
    assert '"conforms": true' in capsys.readouterr().out


def test_readme_python(capsys):
    """The Python examples of the README run one after the other."""
    scope = {"SHAPES": SHAPES.encode(), "DATA": FAULTY.encode()}
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)

    assert len(blocks) == 2
    assert capsys.readouterr().out.startswith("False [('https://example.org/a', ")
    assert len(scope["results"]) == 2
