"""Large and odd submissions: a clear answer within bounds of time and memory, which the process itself is held to."""

import gc
import resource
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from oxishacl import Index, sh
from oxishacl import compile_shapes as compiled

SECONDS, BYTES = 120, 3 * 2**30
SHAPE, NODE, PREDICATE = (ox.NamedNode(f"https://example.org/{name}") for name in ("shape", "node", "predicate"))


LARGE = """
import sys
from pathlib import Path
import pyoxigraph as ox
from observance.knowledge_base import KnowledgeBase
from oxishacl.data_graph import Index
text = (Path(sys.argv[1]) / "shapes" / "examples" / "para-2-8-reports.ttl").read_text(encoding="utf-8")
one = ' [ a obs:ProgressStatement ; obs:provision fos:std-01 ; obs:level obs:Partial ; obs:obstacle "x"@en ]'
text += "<https://example.org/xp/report-2019> obs:progressStatement " + " , ".join([one] * 20_000) + " ."
with KnowledgeBase.open() as kb:
    data = Index(ox.parse(text, format=ox.RdfFormat.TURTLE), background=kb.submissions.background.ground.index)
    print(len(data.quads), len(kb.shapes.compiled.validate(data, focus=list(data.by_subject))))
"""


def bounded(command: list[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, in a process that is ended when it takes too much."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
    return done.returncode, done.stdout, done.stderr


def test_hundred_thousand_triples():
    """A report with 20,000 statements of five triples each has its results for each of them, within bounds."""
    code, output, errors = bounded([sys.executable, "-c", LARGE, str(ROOT)])

    assert (code, output.split(), errors) == (0, ["100038", "40000"], "")


def test_fifty_megabytes_of_one_literal(tmp_path: Path):
    """A literal that is longer than what is read is refused with one sentence."""
    file = tmp_path / "long.ttl"
    file.write_text('<https://example.org/a> <https://example.org/b> "' + "a" * 50_000_000 + '" .', encoding="utf-8")
    code, output, errors = bounded([sys.executable, "-m", "observance", "validate", str(file)])

    assert (code, output, errors.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("constraint", ["pattern", "datatype", "maxLength", "minLength"])
def test_validator_takes_a_long_literal(constraint: str):
    """A validator that is handed a literal of 50 MB looks at it once, whatever the pattern."""
    value = {
        "pattern": ox.Literal("^(a+)+$"),
        "datatype": ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"),
        "maxLength": ox.Literal("5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
        "minLength": ox.Literal("60000000", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    }[constraint]
    path = [ox.Quad(SHAPE, sh("path"), PREDICATE), ox.Quad(SHAPE, sh("targetNode"), NODE)]
    shapes = compiled([*path, ox.Quad(SHAPE, sh(constraint), value)])
    found = shapes.validate(Index([ox.Quad(NODE, PREDICATE, ox.Literal("a" * 50_000_000 + "b"))]))

    assert [result.component.value.rpartition("#")[2] for result in found] == [
        f"{constraint[0].upper()}{constraint[1:]}ConstraintComponent"
    ]


@pytest.mark.parametrize(
    "iri",
    ["https://example.org/%7B%22%27%7D", "https://example.org/é/日本/\U0001f600", "urn:x:a'b(c)!*;,$&+=@~", "https://[::1]:80/?q#f", "x:"],
)
def test_odd_iris(iri: str):
    """An IRI with odd characters is a focus node, a value and the node of a SPARQL constraint like any other."""
    node, constraint = ox.NamedNode(iri), ox.BlankNode("c")
    shapes = compiled(
        [
            ox.Quad(SHAPE, sh("targetNode"), node),
            ox.Quad(SHAPE, sh("nodeKind"), sh("Literal")),
            ox.Quad(SHAPE, sh("sparql"), constraint),
            ox.Quad(constraint, sh("select"), ox.Literal(f"SELECT $this ?value {{ $this <{PREDICATE.value}> ?value }}")),
        ]
    )
    found = shapes.validate(Index([ox.Quad(node, PREDICATE, node)]))

    assert [(result.focus, result.value) for result in found] == [(node, node)] * 2


def test_garbage_is_collected_again():
    """Indexing and validating leave the collector of garbage as they found it, also when they fail."""
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            compiled(()).validate(Index(()))
            with pytest.raises(AttributeError):
                Index((None,))  # type: ignore[arg-type]
            assert gc.isenabled() == enabled
        finally:
            gc.enable()
