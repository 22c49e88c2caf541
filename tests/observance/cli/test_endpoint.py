"""`--endpoint` asks another SPARQL endpoint: here our own service, in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conftest import ROOT
from observance.cli import run

QUERY = "SELECT ?n WHERE { ?p a obs:OperativeParagraph ; eli:number ?n } ORDER BY ?n"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a service of ours."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "OBSERVANCE_WORKERS": "1"}
    command = [sys.executable, "-m", "observance", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            found = re.search(r"http://[^/]+/", process.stdout.readline())
            assert found
            yield found[0] + "sparql"
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            finally:
                # Popen waits as well, and for ever.
                process.kill()


@pytest.mark.parametrize("form", ["json", "csv", "tsv", "xml"])
def test_same_answer(endpoint: str, capsysbinary, form: str):
    """The endpoint's answer to a query is that of the program itself, in each format of a table."""
    assert run(["sparql", QUERY, "--format", form]) == 0
    own = capsysbinary.readouterr().out
    assert run(["sparql", QUERY, "--format", form, "--endpoint", endpoint]) == 0
    other = capsysbinary.readouterr().out

    assert own
    assert own == other


def test_catalogue_question_at_endpoint(endpoint: str, capsysbinary):
    """A question of the catalogue with parameters gives the same rows from another endpoint."""
    arguments = ["query", "alternative-readings", "--param", "paragraph=2.8", "--format", "json"]
    assert run(arguments) == 0
    own = json.loads(capsysbinary.readouterr().out)["results"]["bindings"]
    assert run([*arguments, "--endpoint", endpoint]) == 0
    other = json.loads(capsysbinary.readouterr().out)["results"]["bindings"]

    assert own
    assert own == other


def test_syntax_error_of_the_endpoint(endpoint: str, capsys):
    """A syntax error that the endpoint finds is one sentence and exit code 2."""
    assert run(["sparql", "SELECT ?x WHERE { ?x", "--endpoint", endpoint]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
