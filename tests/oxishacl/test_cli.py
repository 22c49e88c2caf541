"""The command `oxishacl validate`, and the examples of its README."""

import gzip
import io
import json
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pyoxigraph as ox
import pytest

from conftest import ROOT
from oxishacl import cli
from oxishacl.cli import run

README = (ROOT / "service" / "oxishacl" / "README.md").read_text(encoding="utf-8")
SARIF_SCHEMA = json.loads((ROOT / "tests" / "observance" / "submissions" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
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
    """Data without results conform, and the exit code is 0."""
    assert run(["validate", "-s", files["shapes"], files["conforming"], "--lang", "en"]) == 0
    assert capsys.readouterr().out == "Conforms: no results.\n"


@pytest.mark.parametrize(
    ("lang", "sentence", "summary"),
    [
        ("en", "Warning: Check the age.", "Results: 2 (Violation: 1, Warning: 1)."),
        ("fr", "Warning : Vérifiez l'âge.", "Résultats : 2 (Violation : 1, Warning : 1)."),
    ],
)
def test_results_in_words(files, capsys, lang, sentence, summary):
    """Each result has severity, message and place, in the language of `--lang`; the exit code is 1."""
    assert run(["validate", "-s", files["shapes"], files["faulty"], "--lang", lang]) == 1
    output = capsys.readouterr().out

    assert f"{files['faulty']}:3:3: {sentence}\n" in output
    assert re.search(r'faulty\.ttl:2:1: Violation ?: sh:minCount "1"\^\^xsd:integer ', output)
    assert output.splitlines()[-1] == summary
    for term in ("<https://example.org/a>", "<https://example.org/age>", '"130"^^xsd:integer', "(sh:MaxInclusiveConstraintComponent)"):
        assert term in output


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


def test_report_keeps_blank_nodes_apart(files, capsys, tmp_path):
    """In the report a blank node of the data is neither one of the shapes nor one of the report's own, whatever its label."""
    data = tmp_path / "labels.ttl"
    data.write_text(CONFORMING + "_:report a ex:Person . _:result1 a ex:Person . _:b0 a ex:Person .\n", encoding="utf-8")
    assert run(["validate", "-s", files["shapes"], str(data), "--format", "turtle"]) == 1
    output = capsys.readouterr().out
    triples = [quad.triple for quad in ox.parse(output.encode(), format=ox.RdfFormat.TURTLE)]
    ends = {name: {t.object for t in triples if t.predicate.value.endswith(f"#{name}")} for name in ("focusNode", "sourceShape", "result")}

    assert (len(ends["focusNode"]), len(ends["sourceShape"]), len(ends["result"])) == (3, 1, 3)
    assert not ends["focusNode"] & ends["sourceShape"]
    assert not ends["focusNode"] & {t.subject for t in triples}
    assert run(["validate", "-s", files["shapes"], str(data), "--format", "turtle"]) == 1
    assert capsys.readouterr().out == output


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


def test_place_in_the_file_that_states_it(files, capsys, tmp_path):
    """A result is placed where its value is stated, also when another file says more of the same node."""
    (tmp_path / "age.ttl").write_text("\n<https://example.org/a> <https://example.org/age> 130 .\n", encoding="utf-8")

    assert run(["validate", "-s", files["shapes"], files["conforming"], str(tmp_path / "age.ttl"), "--lang", "en"]) == 1
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'age.ttl'}:2:25: Warning: Check the age.\n")


def test_standard_input(files, capsys, monkeypatch):
    """`-` is standard input, in any syntax; its name in the report is `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FAULTY.encode())))

    assert run(["validate", "-s", files["shapes"], "-", "--lang", "en"]) == 1
    assert "-:3:3: Warning: Check the age." in capsys.readouterr().out


def test_failure_of_a_constraint(files, capsys, tmp_path):
    """A SPARQL constraint that reports `?failure` is no result: exit code 2 and one sentence."""
    shapes = tmp_path / "failure.ttl"
    select = "SELECT $this ?failure WHERE { $this a ?class BIND(true AS ?failure) }"
    shapes.write_text(SHAPES.replace("sh:property", f'sh:sparql [ sh:select "{select}" ] ; sh:property', 1), encoding="utf-8")

    assert run(["validate", "-s", str(shapes), files["faulty"], "--lang", "en"]) == 2
    assert "?failure" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("remote.jsonld", '{"@context": "https://schema.org/", "@id": "https://example.org/a"}', "never fetched"),
        ("entity.rdf", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "DOCTYPE"),
        (
            "deep.ttl",
            "<https://example.org/a> <https://example.org/b> " + "[ <https://example.org/b> " * 101 + "1" + "]" * 101 + " .",
            "100",
        ),
        ("table.csv", "name,age\nA,1\n", "table"),
        ("utf-16.ttl", FAULTY, "UTF-8"),
        ("empty.ttl", "", "empty"),
    ],
)
def test_data_out_of_bounds(files, capsys, tmp_path, name, text, words):
    """A document that needs fetching or entities, is nested too deeply or is no RDF is refused in one sentence, as data and as shapes."""
    file = tmp_path / name
    file.write_text(text, encoding=name.partition(".")[0] if name.startswith("utf") else "utf-8")
    for arguments in (["-s", files["shapes"], str(file)], ["-s", str(file), files["faulty"]]):
        assert run(["validate", *arguments, "--lang", "en"]) == 2
        output = capsys.readouterr()
        assert (output.out, len(output.err.splitlines())) == ("", 1)
        assert words in output.err
        assert name in output.err


def test_fault_of_the_program(files, capsys, monkeypatch):
    """A fault of the program itself is one sentence and exit code 2: a traceback would end with 1, which says that there are results."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("out of order\n")

    monkeypatch.setattr(cli, "compile_shapes", fail)

    assert run(["validate", "-s", files["shapes"], files["faulty"], "--lang", "en"]) == 2
    assert "(RuntimeError: out of order)" in capsys.readouterr().err


def test_output_that_cannot_be_written(files):
    """A full disk is one sentence, a reader that has gone is none; both end with exit code 2, also for the help."""
    for arguments in (["validate", "-s", files["shapes"], files["faulty"]], ["--help"]):
        command = [sys.executable, "-m", "oxishacl", *arguments]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            assert (process.wait(timeout=60), process.stderr.read()) == (2, b"")


def test_output_in_another_encoding(files):
    """Where standard output cannot hold a letter, the words escape it; JSON is UTF-8 always, also with a file name that is not."""
    strange = Path(files["faulty"]).parent / "strange\udcff.ttl"
    strange.write_text(FAULTY, encoding="utf-8")
    arguments = [sys.executable, "-m", "oxishacl", "validate", "-s", files["shapes"], str(strange), "--lang", "fr"]
    words, report = (
        subprocess.run([*arguments, *more], capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii"})
        for more in ([], ["--format", "json"])
    )

    assert (words.returncode, words.stderr, report.returncode, report.stderr) == (1, b"", 1, b"")
    assert b"n\\u0153ud cibl\\xe9 : " in words.stdout
    assert json.loads(report.stdout.decode())["results"][0]["position"]["file"].endswith("strange\ufffd.ttl")


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
        (["-s", "-", "-"], "more than once", "plusieurs fois"),
    ],
    ids=[
        "no-shapes", "no-data", "no-such-data", "no-such-shapes", "not-turtle", "ill-formed-shape", "no-such-format", "a-folder",
        "one-standard-input",
    ],
)  # fmt: skip
def test_bad_input(files, capsys, arguments, english, french):
    """An unreadable file or a wrong argument is one sentence on standard error, in either language, with exit code 2."""
    for lang, expected in (("en", english), ("fr", french)):
        filled_in = [re.sub(r"^\{(.+)\}$", lambda match: files[match[1]], argument) for argument in arguments]
        for option in (["--lang", lang], [f"--lang={lang}"]):
            assert run(["validate", *filled_in, *option]) == 2
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

    assert len(commands) == 3
    assert [run(command.split()) for command in commands] == [0, 0, 0]
    assert '"conforms": true' in capsys.readouterr().out


def test_readme_report(files, tmp_path, monkeypatch, capsys):
    """The report that the README shows is what the command prints."""
    monkeypatch.chdir(tmp_path)
    Path("data.ttl").write_text(FAULTY.replace("a ex:Person ;", 'a ex:Person ; ex:name "A" ;'), encoding="utf-8")
    assert run(["validate", "-s", files["shapes"], "data.ttl", "--lang", "en"]) == 1

    assert f"```text\n{capsys.readouterr().out}```" in README


def test_readme_python(capsys):
    """The Python examples of the README run one after the other."""
    scope = {"SHAPES": SHAPES.encode(), "DATA": FAULTY.encode()}
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)

    assert len(blocks) == 3
    assert scope["conforms"] is False
    assert "Results (2):" in scope["results_text"]
    printed = capsys.readouterr().out
    assert printed.startswith("False [('https://example.org/a', ")
    assert printed.endswith("<https://example.org/Shape> 1\n")
    assert len(scope["results"]) == 2


def test_ill_formed_shape_left_out(files, tmp_path: Path, capsys):
    """One ill-formed shape is refused; left out on request, it is told, and the others are run."""
    shapes = tmp_path / "some.ttl"
    shapes.write_text(
        SHAPES + "ex:Ill a sh:NodeShape ; sh:targetClass ex:Person ; sh:property [ sh:path ex:age ; sh:minCount 'x' ] .\n", encoding="utf-8"
    )
    command = ["validate", "-s", str(shapes), files["faulty"], "--lang", "en"]

    assert run(command) == 2
    assert "<https://example.org/Ill>" in capsys.readouterr().err
    assert run([*command, "--skip-ill-formed"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("Warning: Left out: ")
    assert "<https://example.org/Ill>" in captured.err
    assert captured.out.endswith("Results: 2 (Violation: 1, Warning: 1).\n")
    assert run([*command, "--skip-ill-formed", "--format", "turtle"]) == 1
    assert "sh:shapesGraphWellFormed false" in capsys.readouterr().out
    assert run([*command, "--skip-ill-formed", "--format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["skippedShapes"]) == 1


def test_what_is_not_validated_is_told(files, tmp_path: Path, capsys):
    """A term that this validator does not have is a warning on standard error, in the language asked for."""
    shapes = tmp_path / "some.ttl"
    shapes.write_text(SHAPES.replace("sh:minCount 1", "sh:minCount 1 ; sh:minCuont 2"), encoding="utf-8")

    assert run(["validate", "-s", str(shapes), files["conforming"], "--lang", "fr"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("Avertissement : sh:minCuont")
    assert captured.out == "Conforme : aucun résultat.\n"


def test_version_of_shacl(files, tmp_path: Path, capsys):
    """A result of severity sh:Debug keeps data from conforming in SHACL 1.0, and not in 1.2, where it is told all the same."""
    shapes = tmp_path / "debug.ttl"
    shapes.write_text(SHAPES.replace("sh:Warning", "sh:Debug").replace("sh:minCount 1", "sh:minCount 0"), encoding="utf-8")
    command = ["validate", "-s", str(shapes), files["faulty"], "--lang", "en"]

    assert run(command) == 1
    assert "Conforms" not in capsys.readouterr().out
    assert run([*command, "--shacl", "1.2"]) == 0
    assert capsys.readouterr().out.endswith("Results: 1 (Debug: 1).\nConforms: no result is of a severity that is disallowed.\n")
    assert run([*command, "--shacl", "1.2", "--format", "turtle"]) == 0
    assert "sh:conformanceDisallows" in capsys.readouterr().out
    assert run([*command, "--shacl", "2.0"]) == 2


def test_causes(files, tmp_path: Path, capsys):
    """A result of a constraint that refers to a shape is told with its causes, down to the leaves, as text and as JSON."""
    shapes, data = tmp_path / "nested.ttl", tmp_path / "data.ttl"
    shapes.write_text(
        SHAPES.replace("sh:property", "sh:node ex:Home ; sh:property", 1) + "ex:Home sh:property [ sh:path ex:home ; sh:node ex:Place ] .\n"
        "ex:Place sh:property [ sh:path ex:street ; sh:minCount 1 ] .\n",
        encoding="utf-8",
    )
    data.write_text(CONFORMING.rstrip(" .\n") + " ; ex:home ex:h .\n", encoding="utf-8")

    assert run(["validate", "-s", str(shapes), str(data), "--lang", "en"]) == 1
    home, place = [line for line in capsys.readouterr().out.splitlines() if line.lstrip().startswith("cause")]
    assert home.startswith("  cause: <https://example.org/a> <https://example.org/home>: sh:node ")
    assert place.startswith('    cause: <https://example.org/h> <https://example.org/street>: sh:minCount "1"')
    assert run(["validate", "-s", str(shapes), str(data), "--format", "json"]) == 1
    result = json.loads(capsys.readouterr().out)["results"][0]
    assert result["detail"][0]["detail"][0]["sourceConstraintComponent"].endswith("#MinCountConstraintComponent")


def test_counts(files, tmp_path: Path, capsys):
    """With --counts each shape has the number of its focus nodes, and of the nodes of each target, also where there are none."""
    shapes, data = tmp_path / "targets.ttl", tmp_path / "data.ttl"
    shapes.write_text(
        SHAPES.replace(
            "sh:property", "sh:targetClass ex:Robot ; sh:targetNode ex:a , ex:nobody ; sh:targetSubjectsOf ex:name ; sh:property", 1
        )
        + "ex:Knows a sh:NodeShape ; sh:targetObjectsOf ex:knows .\n"
        "ex:Off a sh:NodeShape ; sh:targetClass ex:Person ; sh:deactivated true .\n",
        encoding="utf-8",
    )
    data.write_text(CONFORMING + 'ex:b a ex:Person ; ex:name "B" , "C" ; ex:knows ex:a .\n', encoding="utf-8")
    counts = {
        "<https://example.org/Shape>": (3, {"targetNode": [1, 1], "targetClass": [2, 0], "targetSubjectsOf": [2]}),
        "<https://example.org/Knows>": (1, {"targetObjectsOf": [1]}),
    }

    run(["validate", "-s", str(shapes), str(data), "--format", "json", "--counts"])
    found = json.loads(capsys.readouterr().out)["shapes"]
    assert {shape["shape"]: shape["focusNodes"] for shape in found} == {name: number for name, (number, _) in counts.items()}
    for shape in found:
        by_property: dict[str, list[int]] = {}
        for target in shape["targets"]:
            by_property.setdefault(target["target"].rpartition("#")[2], []).append(target["nodes"])
        assert by_property == counts[shape["shape"]][1]
    run(["validate", "-s", str(shapes), str(data), "--counts", "--lang", "en"])
    assert "sh:targetNode <https://example.org/nobody>: 1 (not in the data)" in capsys.readouterr().out
    run(["validate", "-s", str(shapes), str(data), "--counts", "--lang", "en"])
    assert "Focus nodes of <https://example.org/Knows>: 1 (sh:targetObjectsOf <https://example.org/knows>: 1).\n" in capsys.readouterr().out


def test_data_without_focus_nodes(files, tmp_path: Path, capsys):
    """Data of which no node is a target conform, and a warning says that nothing was validated."""
    data = tmp_path / "other.nt"
    data.write_text('<https://example.org/a> <https://example.org/name> "A" .\n', encoding="utf-8")

    for more in ([], ["--each"]):
        assert run(["validate", "-s", files["shapes"], str(data), "--lang", "en", *more]) == 0
        assert "nothing was validated" in capsys.readouterr().err
    assert run(["validate", "-s", files["shapes"], files["conforming"], "--lang", "en"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_each_file_by_itself(files, capsys, form):
    """With --each every file has its own report, whatever the number of processes; an unreadable one is told, and stops no other."""
    names = [files[name] for name in ("conforming", "faulty", "broken", "conforming")]
    said = []
    for jobs in ("1", "2"):
        code = run(["validate", "-s", files["shapes"], "--each", "--jobs", jobs, "--format", form, "--lang", "en", *names])
        said.append((code, *capsys.readouterr()))
    code, output, errors = said[0]

    assert said[0] == said[1]
    assert (code, errors.count("broken.ttl"), len(errors.splitlines())) == (2, 1, 1)
    if form == "text":
        assert output.count("Conforms: no results.") == 2
        assert f"{files['faulty']}:\n" in output
    elif form == "json":
        reports = json.loads(output)
        assert [(report["file"], report.get("conforms"), "error" in report) for report in reports] == list(
            zip(names, (True, False, None, True), (False, False, True, False), strict=True)
        )
    else:
        log = json.loads(output)["runs"][0]
        assert (len(log["artifacts"]), len(log["results"])) == (3, 2)
        assert "broken.ttl" in log["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert run(["validate", "-s", files["shapes"], "--each", *names[:2]]) == 1
    assert run(["validate", "-s", files["shapes"], "--each", names[0], names[0]]) == 0


def test_options_that_do_not_go_together(files, capsys):
    """--each has no report in Turtle, and --jobs is for --each only."""
    for options, word in (
        (["--each", "--format", "turtle"], "--each"), (["--jobs", "2"], "--each"), (["--counts", "--format", "sarif"], "--counts"),
    ):  # fmt: skip
        assert run(["validate", "-s", files["shapes"], files["faulty"], *options, "--lang", "en"]) == 2
        assert word in capsys.readouterr().err


def test_results_as_sarif(files, capsys):
    """The SARIF log is valid against its schema; each result has rule, level, message and region."""
    assert run(["validate", "-s", files["shapes"], files["faulty"], "--format", "sarif", "--lang", "fr"]) == 1
    log = json.loads(capsys.readouterr().out)
    jsonschema.validate(log, SARIF_SCHEMA)
    results = {result["level"]: result for result in log["runs"][0]["results"]}

    assert set(results) == {"error", "warning"}
    assert results["warning"]["message"]["text"] == "Vérifiez l'âge."
    assert results["warning"]["ruleId"] == "sh:MaxInclusiveConstraintComponent"
    assert results["warning"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == {result["ruleId"] for result in results.values()}


def test_compressed_input(files, tmp_path: Path, capsys):
    """A gzip file is read as the file in it; the files of a zip archive make up the data graph, or are validated each; shapes likewise."""
    compressed, archive, shapes = tmp_path / "faulty.ttl.gz", tmp_path / "all.zip", tmp_path / "shapes.ttl.gz"
    compressed.write_bytes(gzip.compress(FAULTY.encode()))
    shapes.write_bytes(gzip.compress(SHAPES.encode()))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("faulty.ttl", FAULTY)
        file.writestr("conforming.ttl", CONFORMING)

    assert run(["validate", "-s", str(shapes), str(compressed), "--lang", "en"]) == 1
    assert "faulty.ttl.gz:3:3: Warning: Check the age." in capsys.readouterr().out
    assert run(["validate", "-s", files["shapes"], str(archive), "--lang", "en"]) == 1
    assert "Results: 1 (Warning: 1)." in capsys.readouterr().out
    assert run(["validate", "-s", files["shapes"], str(archive), "--each", "--format", "json"]) == 1
    assert [report["conforms"] for report in json.loads(capsys.readouterr().out)] == [False, True]


def test_archive_with_an_unreadable_file(files, tmp_path: Path, capsys):
    """With --each an unreadable file of an archive is told, and the others of the archive are validated."""
    archive = tmp_path / "some.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("conforming", "broken", "faulty"):
            file.write(files[name], f"{name}.ttl")

    assert run(["validate", "-s", files["shapes"], str(archive), "--each", "--format", "json"]) == 2
    reports = json.loads(capsys.readouterr().out)
    assert [(Path(report["file"]).name, report.get("conforms")) for report in reports] == [
        ("conforming.ttl", True), ("broken.ttl", None), ("faulty.ttl", False),
    ]  # fmt: skip


@pytest.mark.parametrize("each", [[], ["--each"]])
def test_sarif_names_each_file_once(files, capsys, each):
    """A file that is given twice is one artifact of the SARIF log."""
    run(["validate", "-s", files["shapes"], "--format", "sarif", *each, files["faulty"], files["faulty"]])
    log = json.loads(capsys.readouterr().out)

    jsonschema.validate(log, SARIF_SCHEMA)
    assert len(log["runs"][0]["artifacts"]) == 1


def test_interrupted(files, capsys, monkeypatch):
    """After Ctrl-C what is validated is printed, and it is said of how many files that is."""
    outcome = cli._Validation.outcomes_of_file

    def interrupting(self, name: str):
        signal.raise_signal(signal.SIGINT)
        return outcome(self, name)

    monkeypatch.setattr(cli._Validation, "outcomes_of_file", interrupting)

    assert run(["validate", "-s", files["shapes"], "--each", "--lang", "en", *[files["faulty"]] * 3]) == 2
    captured = capsys.readouterr()
    assert captured.out.count("Check the age.") == 1
    assert captured.err == "Interrupted: 1 of 3 files were validated.\n"


def test_many_values_of_one_node(files, tmp_path: Path):
    """The places of very many values of one node are found in time that grows with their number."""
    data = tmp_path / "many.nt"
    data.write_text("".join(f'<urn:a> <urn:p> "{number}" .\n' for number in range(20_000)), encoding="utf-8")
    shapes = tmp_path / "iris.ttl"
    shape = "[] a sh:NodeShape ; sh:targetNode <urn:a> ; sh:property [ sh:path <urn:p> ; sh:nodeKind sh:IRI ] ."
    shapes.write_text(f"PREFIX sh: <http://www.w3.org/ns/shacl#> {shape}", encoding="utf-8")
    command = [sys.executable, "-m", "oxishacl", "validate", "-s", str(shapes), str(data), "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert f"{data}:20000:9: Violation" in done.stdout


def test_rdf_1_2(files, tmp_path: Path, capsys):
    """Turtle of RDF 1.2, with annotated and reified triples and base directions, is read and validated, in shapes and in data."""
    shapes, data = tmp_path / "reifiers.ttl", tmp_path / "data.ttl"
    shapes.write_text(
        SHAPES.replace("sh:minCount 1", "sh:minCount 1 ; sh:reifierShape [ sh:property [ sh:path ex:source ; sh:minCount 1 ] ]"),
        encoding="utf-8",
    )
    data.write_text(
        'VERSION "1.2"\n' + CONFORMING.replace('"A"', '"A" ~ _:report {| ex:since 2018 |} , "B"@ar--rtl {| ex:source ex:c |}'),
        encoding="utf-8",
    )

    assert run(["validate", "-s", str(shapes), str(data), "--lang", "en", "--format", "json"]) == 1
    results = json.loads(capsys.readouterr().out)["results"]
    assert [(result["value"], result["sourceConstraintComponent"].rpartition("#")[2]) for result in results] == [
        ('"A"', "ReifierShapeConstraintComponent")
    ]
    assert (results[0]["position"]["line"], results[0]["position"]["column"]) == (3, 20)
