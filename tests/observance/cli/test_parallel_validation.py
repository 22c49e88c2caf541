"""Many submissions at once: in order, none stopping another, and a partial report when somebody asks to stop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT, sample
from observance.cli import run, validate

EXAMPLES = sorted((ROOT / "shapes" / "examples").glob("*.ttl"))
FORMATS = ("text", "json", "turtle", "sarif")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A folder of submissions, with one that cannot be read and one with faults among them."""
    for number in range(30):
        content = EXAMPLES[number % len(EXAMPLES)].read_bytes()
        (tmp_path / f"{number:04}.ttl").write_bytes(content)
    (tmp_path / "0007.ttl").write_bytes(b"this is no Turtle")
    (tmp_path / "0012.ttl").write_bytes((ROOT / "queries" / "demo" / "faulty-timetable-interval.ttl").read_bytes())
    return tmp_path


@pytest.mark.parametrize("form", FORMATS)
def test_jobs_change_nothing(register: Path, capsys, form: str):
    """Output, errors and exit code do not depend on the number of processes; an unreadable file stops no other."""
    said = []
    for jobs in ("1", "3"):
        code = run(["validate", str(register), "--format", form, "--jobs", jobs])
        said.append((code, *capsys.readouterr()))

    assert said[0] == said[1]
    assert said[0][0] == 2
    assert "0007.ttl" in said[0][2]
    assert ("report30" if form == "turtle" else "0029.ttl") in said[0][1]


def test_json_is_a_list(register: Path, capsys):
    """The list in JSON has an object for each file, in the order of the files."""
    run(["validate", str(register), "--format", "json", "--jobs", "2"])

    assert [Path(each["file"]).name for each in json.loads(capsys.readouterr().out)] == [f"{number:04}.ttl" for number in range(30)]


def test_process_that_dies_costs_one_file(register: Path, monkeypatch, capsys):
    """If a process dies, only the file that it was validating has no report, and the command says so."""
    validate_file = validate._validate_file

    def dying(path: Path, **options: object) -> object:
        if path.name == "0017.ttl":
            os._exit(9)
        return validate_file(path, **options)

    command = ["validate", str(register), "--format", "json", "--jobs", "2", "--lang", "en"]
    run(command)
    before = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(validate, "_validate_file", dying)
    assert run(command) == 2
    captured = capsys.readouterr()
    changed = [new for old, new in zip(before, json.loads(captured.out), strict=True) if old != new]

    assert [(Path(each["file"]).name, "error" in each) for each in changed] == [("0017.ttl", True)]
    assert "0017.ttl" in captured.err


def enable_interrupts() -> None:
    """Ctrl-C is not ignored, as it is in what a shell puts into the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("form", "jobs"), sample([(form, jobs) for form in ("text", "json", "turtle") for jobs in ("1", "2")], 2))
def test_interrupt_completes_the_document(tmp_path: Path, form: str, jobs: str):
    """After Ctrl-C the output is a complete document that says that it is partial; the exit code is 2."""
    for number in range(3_000):
        (tmp_path / f"{number:04}.ttl").write_bytes(EXAMPLES[number % len(EXAMPLES)].read_bytes())
    command = [sys.executable, "-m", "observance", "validate", str(tmp_path), "--lang", "en", "--format", form, "--jobs", jobs]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        preexec_fn=enable_interrupts,  # noqa: PLW1509 - one thread
    ) as process:
        start = process.stdout.read(200)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=120)

    written = (start + output).decode()
    assert process.returncode == 2
    assert "partial" in written
    assert b"Traceback" not in errors
    if form == "json":
        document = json.loads(written)
        assert 0 < document[-1]["validated"] == len(document) - 1 < document[-1]["files"] == 3_000
    elif form == "turtle":
        assert len(list(ox.parse(written, format=ox.RdfFormat.TURTLE))) > 1
