"""What a shapes graph says that is not validated, or that its author may not mean: never an error, and never passed over in silence."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Index
from oxishacl.errors import Phrase
from oxishacl.report_text import compact
from oxishacl.shapes_graph import LIST_TAKING, SHAPE_EXPECTING
from oxishacl.terms import IMPORTS, OWL, RDFS_CLASS, SH, TYPE, Term, is_resource, n_triples, sh

_VOCABULARY: Final = Path(__file__).with_name("vocabulary.tsv")
_SEVERITIES: Final = frozenset(sh(name) for name in ("Violation", "Warning", "Info", "Debug", "Trace"))
_OWL_CLASS: Final = ox.NamedNode(OWL + "Class")
_TARGETS: Final = tuple(sh(name) for name in ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf", "target"))


@cache
def _vocabulary() -> Mapping[str, bool]:
    """The terms of SHACL, each with whether it is validated."""
    rows = (line.split("\t") for line in _VOCABULARY.read_text(encoding="utf-8").splitlines()[1:])
    return {name: support == "validated" for name, support in rows}


def shape_warnings(graph: Index, *, given: Collection[str] = ()) -> tuple[Phrase, ...]:
    """The warnings about a shapes graph; `given` are the IRIs of the files that it was read from."""
    return (*_unknown_terms(graph), *_missing_imports(graph, given=given), *_owl_classes(graph), *_empty_shapes(graph))


def _unknown_terms(graph: Index) -> Iterator[Phrase]:
    """Terms in SHACL's namespace that SHACL does not have, and those that this validator does not implement, each once."""
    seen: set[str] = set()
    for triple in graph.triples():
        # sh:severity may be any IRI, but one in SHACL's namespace is one of SHACL's.
        names_severity = triple.predicate == sh("severity") and triple.object not in _SEVERITIES
        for term in (triple.predicate, *((triple.object,) if triple.predicate == TYPE or names_severity else ())):
            name = term.value.removeprefix(SH) if isinstance(term, ox.NamedNode) and term.value.startswith(SH) else None
            if name is None or name in seen or _vocabulary().get(name):
                continue
            seen.add(name)
            values = {"term": f"sh:{name}", "shape": graph.name(triple.subject)}
            nearest = difflib.get_close_matches(name, [known for known, validated in _vocabulary().items() if validated], n=1)
            if name in _vocabulary():
                yield Phrase("warning-not-validated", values)
            elif nearest:
                yield Phrase("warning-unknown-near", {**values, "nearest": f"sh:{nearest[0]}"})
            else:
                yield Phrase("warning-unknown", values)


def _missing_imports(graph: Index, *, given: Collection[str]) -> Iterator[Phrase]:
    """SHACL 1.0, section 3.2: « the shapes graph … may include … owl:imports »; what was not given is not fetched."""
    for subject, target in graph.pairs(IMPORTS):
        if not (isinstance(target, ox.NamedNode) and (graph.edges(target) or target.value in given)):
            yield Phrase("warning-import", {"shape": graph.name(subject), "import": n_triples(target)})


def _owl_classes(graph: Index) -> Iterator[Phrase]:
    """2.1.3.3: only a SHACL instance of rdfs:Class is an implicit target; an owl:Class is none unless the shapes graph says so."""
    for node in graph.typed(_OWL_CLASS):
        is_shape = graph.is_instance(node, sh("NodeShape")) or graph.is_instance(node, sh("PropertyShape"))
        if is_shape and not graph.is_instance(node, RDFS_CLASS) and not any(graph.objects(node, target) for target in _TARGETS):
            yield Phrase("warning-owl-class", {"shape": graph.name(node)})


def _empty_shapes(graph: Index) -> Iterator[Phrase]:
    """A shape that is referred to and never described: every node conforms to it."""
    for predicate in (*SHAPE_EXPECTING, *LIST_TAKING):
        for subject, named in graph.pairs(predicate):
            for shape in _values(named, predicate, graph):
                if is_resource(shape) and not graph.edges(shape):
                    values = {"shape": graph.name(subject), "parameter": compact(predicate), "value": n_triples(shape)}
                    yield Phrase("warning-empty-shape", values)


def _values(value: Term, predicate: ox.NamedNode, graph: Index) -> Sequence[Term]:
    return [value] if predicate not in LIST_TAKING else (graph.list_members(value) or ())
