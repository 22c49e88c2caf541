"""Bad input gives one sentence that says what, where and what to do, in French or English, exit code 2, and no traceback."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from observance.cli import run

EXAMPLE = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_text(encoding="utf-8")
DEEP = 100_000
PREFIX = "@prefix ex: <https://example.org/> .\n"
UNREADABLE = {
    "empty.ttl": b"",
    "binary.ttl": bytes(range(256)) * 8,
    "truncated.ttl": EXAMPLE.encode()[: len(EXAMPLE) // 2],
    "latin1.ttl": EXAMPLE.encode("utf-8").replace("é".encode(), b"\xe9"),
    "doctype.rdf": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "x">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "deep-list.ttl": (PREFIX + "ex:a ex:b " + "(" * DEEP + ")" * DEEP + " .").encode(),
    "deep-node.ttl": (PREFIX + "ex:a ex:b " + "[ ex:b " * DEEP + "1" + " ]" * DEEP + " .").encode(),
    "deep.trig": (PREFIX + "{ ex:a ex:b " + "[ ex:b " * DEEP + "1" + " ]" * DEEP + " }").encode(),
    "deep.nt": b"<https://example.org/a> <https://example.org/b> " + b"<<( <https://example.org/a> <https://example.org/b> " * DEEP + b" .",
    "deep.jsonld": (b'{"https://example.org/a": ' * DEEP) + b"1" + b"}" * DEEP,
    "deep.rdf": b"<a>" * DEEP + b"</a>" * DEEP,
    "nothing.ttl": (PREFIX + "ex:a a ex:Milestone .").encode(),
}


@pytest.fixture
def run_command(capsys):
    """A function that runs a command and returns exit code, output and error."""

    def say(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return say


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_unreadable(run_command, tmp_path: Path, name: str, lang: str):
    """What cannot be read as a submission ends with exit code 2 and one sentence that names the file."""
    file = tmp_path / name
    file.write_bytes(UNREADABLE[name])

    code, output, error = run_command("validate", file, "--lang", lang)

    assert code == 2
    assert output == ""
    assert len(error.strip().splitlines()) == 1
    assert name in error
    assert "Traceback" not in error


def test_syntax_errors_have_a_position(run_command, tmp_path: Path):
    """The error has the line and column of a syntax error: where a full stop is missing, not where the parser notices it."""
    file = tmp_path / "wrong.ttl"
    file.write_text(PREFIX + "ex:a ex:b ex:c\nex:d ex:e ex:f .\n", encoding="utf-8")

    code, _, error = run_command("validate", file, "--lang", "en")

    assert code == 2
    assert "line 2, column 15" in error
    assert "a ; or the . or ] that ends the statement is missing here" in error


def test_no_submission_names_the_nearest(run_command, tmp_path: Path):
    """If no submission is recognised, the error names the nearest known class."""
    file = tmp_path / "almost.ttl"
    file.write_text(EXAMPLE.replace("a obs:IndicativeTimetable", "a obs:IndicativTimetable"), encoding="utf-8")

    code, _, error = run_command("validate", file, "--lang", "en")

    assert code == 2
    assert "no submission found" in error
    assert "obs:IndicativeTimetable" in error


def test_remote_context_is_not_fetched(run_command, tmp_path: Path):
    """A remote JSON-LD context is refused by name and no request is made."""
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.setblocking(False)
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/context.jsonld"
        file = tmp_path / "remote.jsonld"
        file.write_text(json.dumps({"@context": url, "@type": "IndicativeTimetable"}), encoding="utf-8")

        code, _, error = run_command("validate", file)

        assert code == 2
        assert url in error
        with pytest.raises(BlockingIOError):  # nobody has connected
            canary.accept()


def test_folder_without_rdf(run_command, tmp_path: Path):
    """The error for a folder without RDF names the supported file extensions."""
    (tmp_path / "note.txt").write_text("nothing", encoding="utf-8")

    code, _, error = run_command("validate", tmp_path, "--lang", "en")

    assert code == 2
    assert ".ttl" in error


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("validate",),
        ("validate", "--format", "pdf", "x.ttl"),
        ("validate", "no-such-file.ttl"),
        ("validate", "--register", "no-such-folder", "shapes/examples/para-2-5-timetable.ttl"),
        ("validate", "--knowledge", "tests", "shapes/examples/para-2-5-timetable.ttl"),
        ("template",),
        ("template", "2.55"),
        ("template", "1"),
        ("query",),
        ("query", "no-such-question"),
        ("query", "alternative-readings", "--param", "paragraph=9.9"),
        ("query", "addressees-on-a-date", "--param", "date=yesterday"),
        ("query", "addressees-on-a-date"),
        ("query", "alternative-readings", "--param", "paragraf=2.5"),
        ("sparql",),
        ("sparql", "SELECT"),
        ("sparql", "SELECT * WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }"),
        ("sparql", "DELETE WHERE { ?s ?p ?o }"),
        ("sparql", "SELECT * FROM <file:///etc/passwd> WHERE { ?s ?p ?o }"),
        ("sparql", "SELECT * WHERE {" + "{" * 5000 + "}" * 5000 + "}"),
        ("demo", "--output", "tests"),
        ("serve", "--port", "99999999"),
        ("no-such-command",),
        ("--no-such-option",),
    ],
    ids=lambda arguments: " ".join(arguments)[:60] or "nothing",
)
def test_misused(run_command, monkeypatch, arguments: tuple[str, ...]):
    """A command that is misused, refused or names what does not exist ends with exit code 2 and no traceback."""
    monkeypatch.chdir(ROOT)

    code, output, error = run_command(*arguments)

    assert code == 2
    assert output == ""
    assert error.strip()
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("old", "new", "shape"),
    [
        ("res:p2.5 ", "res:p2.55 ", "envelope-paragraph-kind"),
        ("party:XB ", "party:XK9 ", "envelope-bearer-listed"),
    ],
)
def test_unknown_codes_are_findings(run_command, tmp_path: Path, old: str, new: str, shape: str):
    """An unknown paragraph or Member code inside a submission is a finding, exit code 1, and the nearest is named."""
    assert old in EXAMPLE
    file = tmp_path / "wrong.ttl"
    file.write_text(EXAMPLE.replace(old, new), encoding="utf-8")

    code, output, _ = run_command("validate", file, "--format", "json")
    found = json.loads(output)

    assert code == 1
    assert found["processable"] is False
    assert any(result["shape"].endswith(shape) for result in found["results"])


def test_one_bad_file_does_not_stop_the_others(run_command, tmp_path: Path):
    """Of several files one cannot be read: the others are reported, the list says so, and the exit code is 2."""
    (tmp_path / "a.ttl").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "b.ttl").write_text("nonsense", encoding="utf-8")

    code, output, error = run_command("validate", tmp_path, "--format", "json")
    first, second = json.loads(output)

    assert code == 2
    assert first["conforms"] is True
    assert set(second["error"]) == {"fr", "en"}
    assert "b.ttl" in error


def test_json_of_one_and_of_several(run_command, tmp_path: Path):
    """One input gives one object, several or a folder a list with the file in each."""
    file = tmp_path / "a.ttl"
    file.write_text(EXAMPLE, encoding="utf-8")
    one = json.loads(run_command("validate", file, "--format", "json")[1])
    folder = json.loads(run_command("validate", tmp_path, "--format", "json")[1])
    several = json.loads(run_command("validate", file, file, "--format", "json")[1])

    assert one["conforms"] is one["processable"] is True
    assert [entry["file"] for entry in folder] == [str(file)]
    assert len(several) == 2


@pytest.mark.parametrize("form", ["text", "json", "turtle"])
def test_same_bytes(form: str):
    """The same submission gives the same report, to the byte, in two processes."""
    file = next((ROOT / "queries" / "demo").glob("faulty-*.ttl"))
    command = [sys.executable, "-m", "observance", "validate", str(file), "--format", form, "--lang", "fr"]
    reports = [subprocess.run(command, capture_output=True, check=False).stdout for _ in range(2)]

    assert reports[0]
    assert reports[0] == reports[1]


def test_closed_pipe(tmp_path: Path):
    """A reader that closes the pipe early causes no traceback."""
    command = f'"{sys.executable}" -m observance query --list | head -1'
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr


def test_unexpected_exception_is_one_sentence(run_command, monkeypatch):
    """An unexpected exception is one sentence too, in the language of `--lang`."""
    monkeypatch.setattr("observance.cli.validate.KnowledgeBase.open", lambda *_, **__: 1 / 0)

    code, _, error = run_command("validate", "x.ttl", "--lang", "fr")

    assert code == 2
    assert error.startswith("Le programme a échoué par sa propre faute (ZeroDivisionError")
    assert len(error.strip().splitlines()) == 1


@pytest.mark.whole
def test_engines_agree_on_the_examples(run_command):
    """Both engines find the same in every example of a submission; the verdict is that of the selected engine."""
    examples = [file for file in (ROOT / "shapes" / "examples").iterdir() if not file.name.startswith("register-")]
    code, _, error = run_command("validate", *examples, "--cross-check", "--format", "json", "--lang", "en")
    count = len(examples)

    assert code == 0
    assert f"the same in {count} of {count} files" in error


def test_disagreement_is_printed(run_command):
    """Where the engines differ, the findings of each are printed: pySHACL ignores an impossible month."""
    case = ROOT / "tests" / "shapes" / "envelope-interval" / "invalid.boundary-month-thirteen.ttl"
    code, _, error = run_command("validate", case, "--cross-check", "--lang", "en")

    assert code == 1
    assert "only compiled finds shape:envelope-instant-month-type" in error
    assert "only pyshacl finds shape:envelope-instant-month-form" in error
