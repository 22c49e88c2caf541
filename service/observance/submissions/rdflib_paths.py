"""Property paths: from SHACL's RDF form to SPARQL's syntax (SHACL 1.0, section 2.3.1)."""

from collections.abc import Iterator

from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

_SUFFIXES = ((SH.zeroOrMorePath, "*"), (SH.oneOrMorePath, "+"), (SH.zeroOrOnePath, "?"))


def sparql(path: Node, *, graph: Graph) -> str:
    """The path in SPARQL syntax, with full IRIs so that it stands without prefixes."""
    if isinstance(path, URIRef):
        return f"<{path}>"
    if (path, RDF.first, None) in graph:
        return "/".join(_grouped(part, graph=graph) for part in Collection(graph, path))
    alternatives = graph.value(path, SH.alternativePath)
    if alternatives is not None:
        return "|".join(_grouped(part, graph=graph) for part in Collection(graph, alternatives))
    inverse = graph.value(path, SH.inversePath)
    if inverse is not None:
        return "^" + _grouped(inverse, graph=graph)
    for predicate, suffix in _SUFFIXES:
        inner = graph.value(path, predicate)
        if inner is not None:
            return _grouped(inner, graph=graph) + suffix
    raise ValueError(f"not a SHACL property path: {path}")


def description(path: Node, *, graph: Graph) -> Iterator[tuple[Node, Node, Node]]:
    """The statements that make up a path which is no IRI, those about the path itself first, in a stable order."""
    todo = [path]
    while todo:
        node = todo.pop(0)
        if isinstance(node, BNode):
            # A node of a path has one statement, or two in a list: rdf:first before rdf:rest.
            for predicate, target in sorted(graph.predicate_objects(node)):
                yield node, predicate, target
                todo.append(target)


def _grouped(path: Node, *, graph: Graph) -> str:
    text = sparql(path, graph=graph)
    return text if isinstance(path, URIRef) else f"({text})"
