"""Large data and unusual terms: results or a clear error within limits of time and memory, which the process itself is held to."""

import gc
import resource
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from oxishacl import Index, compile_shapes, sh

SECONDS, BYTES = 120, 3 * 2**30
SHAPE, NODE, PREDICATE = (ox.NamedNode(f"https://example.org/{name}") for name in ("shape", "node", "predicate"))


LARGE = """
import sys
from pathlib import Path
import pyoxigraph as ox
from observance.knowledge_base import KnowledgeBase
from oxishacl import Index
text = (Path(sys.argv[1]) / "shapes" / "examples" / "para-2-8-reports.ttl").read_text(encoding="utf-8")
one = ' [ a obs:ProgressStatement ; obs:provision fos:std-01 ; obs:level obs:Partial ; obs:obstacle "x"@en ]'
text += "<https://example.org/xp/report-2019> obs:progressStatement " + " , ".join([one] * 20_000) + " ."
with KnowledgeBase.open() as kb:
    data = Index(ox.parse(text, format=ox.RdfFormat.TURTLE), background=kb.submissions.background.graph.index)
    print(len(data.quads), len(kb.shapes.compiled.validate(data, focus=list(data.by_subject))))
"""


def bounded(command: list[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of a command, which is killed when it exceeds SECONDS or BYTES."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.whole
def test_hundred_thousand_triples():
    """A report with 20,000 statements of five triples each has its results for each of them, within the limits.

    One more is that of a record without a day of receipt: all shapes are asked here, those of a register's records too.
    """
    code, output, errors = bounded([sys.executable, "-c", LARGE, str(ROOT)])

    assert (code, output.split(), errors) == (0, ["100038", "40001"], "")


def test_fifty_megabytes_of_one_literal(tmp_path: Path):
    """A document that is larger than the limit is refused with one sentence."""
    file = tmp_path / "long.ttl"
    file.write_text('<https://example.org/a> <https://example.org/b> "' + "a" * 50_000_000 + '" .', encoding="utf-8")
    code, output, errors = bounded([sys.executable, "-m", "observance", "validate", str(file)])

    assert (code, output, errors.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("constraint", ["pattern", "datatype", "maxLength", "minLength"])
def test_long_literal(constraint: str):
    """A literal of 50 MB has its result, whatever the pattern."""
    value = {
        "pattern": ox.Literal("^(a+)+$"),
        "datatype": ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"),
        "maxLength": ox.Literal("5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
        "minLength": ox.Literal("60000000", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    }[constraint]
    path = [ox.Quad(SHAPE, sh("path"), PREDICATE), ox.Quad(SHAPE, sh("targetNode"), NODE)]
    shapes = compile_shapes([*path, ox.Quad(SHAPE, sh(constraint), value)])
    results = shapes.validate(Index([ox.Quad(NODE, PREDICATE, ox.Literal("a" * 50_000_000 + "b"))]))

    assert [result.component.value.rpartition("#")[2] for result in results] == [
        f"{constraint[0].upper()}{constraint[1:]}ConstraintComponent"
    ]


@pytest.mark.parametrize(
    "iri",
    ["https://example.org/%7B%22%27%7D", "https://example.org/é/日本/\U0001f600", "urn:x:a'b(c)!*;,$&+=@~", "https://[::1]:80/?q#f", "x:"],
)
def test_unusual_iris(iri: str):
    """An IRI with unusual characters is a focus node, a value and `$this` of a SPARQL constraint like any other."""
    node, constraint = ox.NamedNode(iri), ox.BlankNode("c")
    shapes = compile_shapes(
        [
            ox.Quad(SHAPE, sh("targetNode"), node),
            ox.Quad(SHAPE, sh("nodeKind"), sh("Literal")),
            ox.Quad(SHAPE, sh("sparql"), constraint),
            ox.Quad(constraint, sh("select"), ox.Literal(f"SELECT $this ?value {{ $this <{PREDICATE.value}> ?value }}")),
        ]
    )
    results = shapes.validate(Index([ox.Quad(node, PREDICATE, node)]))

    assert [(result.focus, result.value) for result in results] == [(node, node)] * 2


def test_garbage_collection_is_restored():
    """Indexing and validating leave the garbage collector enabled or disabled as it was, also when they fail."""
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            compile_shapes(()).validate(Index(()))
            with pytest.raises(AttributeError):
                Index((None,))  # type: ignore[arg-type]
            assert gc.isenabled() == enabled
        finally:
            gc.enable()
