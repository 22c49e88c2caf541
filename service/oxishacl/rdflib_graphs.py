"""Graphs for `validate`: sources read to rdflib's graphs, and terms converted between rdflib and Oxigraph."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyoxigraph as ox
import rdflib
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.util import guess_format

from oxishacl.errors import InvalidInputError, UsageError
from oxishacl.parsing.source import quote

Triple = tuple[Any, Any, Any]
_STRING: Final = ox.Literal("").datatype
_WITH_GRAPHS: Final = frozenset({
    "trig", "application/trig", "nquads", "application/n-quads", "json-ld", "application/ld+json", "trix", "application/trix",
    "hext", "patch",
})  # fmt: skip
"""rdflib's names of the formats that have named graphs."""

_STANDARD_INPUT: Final = ("-", "stdin", "/dev/stdin")
# rdflib has one switch for the whole process.
_NORMALIZATION: Final = Lock()


def read_graph(source: Any, syntax: str | None) -> Graph:
    """The source as an rdflib graph or dataset; one of rdflib as it is. `syntax` is rdflib's name of the format.

    Raises UsageError for no source, an address on the web and a file that does not exist, InvalidInputError for what rdflib cannot parse.
    """
    if source is None:
        raise UsageError("no-data")
    if isinstance(source, Graph):
        return source
    if isinstance(source, ox.Store):
        return _graph_of_store(source)
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        return _parsed(_content_of_file(source), syntax, name=name if isinstance(name, str) else None)
    if isinstance(source, bytes) and _is_location(source.decode("utf-8", "replace")):
        source = source.decode("utf-8")
    if isinstance(source, bytes) or (isinstance(source, str) and not _is_location(source)):
        return _parsed(source, syntax, name=None)
    return _read_location(str(source), syntax)


def _is_location(text: str) -> bool:
    """Whether the text is a path or an IRI, and not RDF."""
    return bool(text) and "\n" not in text and "<" not in text and not text.startswith(("#", "@", "{", "[", "_:"))


def _read_location(location: str, syntax: str | None) -> Graph:
    if location.lower().startswith(("http:", "https:")):
        raise UsageError("nothing-fetched", name=location)
    if location in _STANDARD_INPUT:
        return _parsed(sys.stdin.buffer.read(), syntax, name=None)
    path = Path(url2pathname(urlsplit(location).path)) if location.startswith("file:") else Path(location)
    if not path.is_file():
        raise UsageError("no-file", name=location)
    return _parsed(path.read_bytes(), syntax, name=str(path))


def _content_of_file(file: Any) -> bytes | str:
    """What the open file has from its beginning, to which it is rewound afterwards, where it can be."""
    can_rewind = file.seekable() if hasattr(file, "seekable") else False
    if can_rewind:
        file.seek(0)
    content: bytes | str = file.read()
    if can_rewind:
        file.seek(0)
    return content


def _parsed(content: bytes | str, syntax: str | None, *, name: str | None) -> Graph:
    """The graph of the content; its literals keep the forms in which they are written, since SHACL asks whether these are well-formed."""
    guessed = syntax or (guess_format(name) if name else None) or _guessed(content)
    base = Path(name).absolute().as_uri() if name else None
    graph = Dataset(default_union=True) if guessed in _WITH_GRAPHS else Graph(bind_namespaces="core")
    with _NORMALIZATION:
        normalize, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
        try:
            graph.parse(data=content, format=guessed, publicID=base)
        except Exception as error:  # each parser of rdflib raises exceptions of its own
            detail = quote(str(error).strip().partition("\n")[0] or type(error).__name__)
            raise InvalidInputError("graph-unreadable", name=quote(name or "data"), syntax=guessed, detail=detail) from error
        finally:
            rdflib.NORMALIZE_LITERALS = normalize
    return graph


def _guessed(content: bytes | str) -> str:
    text = content[:200].decode("utf-8", "replace") if isinstance(content, bytes) else content[:200]
    return "xml" if text.lstrip("\ufeff \t\r\n").lower().startswith(("<?xml", "<rdf:")) else "turtle"


def _graph_of_store(store: ox.Store) -> Graph:
    graph, converter = Graph(), Converter()
    for quad in store:
        graph.add((converter.to_rdflib(quad.subject), converter.to_rdflib(quad.predicate), converter.to_rdflib(quad.object)))
    return graph


def union(graphs: Iterable[Graph]) -> Graph:
    """One graph of the triples and the prefixes of all the graphs."""
    merged = Graph(bind_namespaces="core")
    for graph in graphs:
        for prefix, namespace in graph.namespaces():
            merged.bind(prefix, namespace, override=False)
        for triple in triples(graph):
            merged.add(triple)
    return merged


def triples(graph: Graph, pattern: Triple = (None, None, None)) -> Iterator[Triple]:
    """The triples of the graph, or of all graphs of a dataset, that match the pattern."""
    if isinstance(graph, Dataset):
        yield from ((quad[0], quad[1], quad[2]) for quad in graph.quads((*pattern, None)))
    else:
        yield from graph.triples(pattern)


def blank_node_triples(node: Any, graph: Graph, seen: set[Any] | None = None) -> Iterator[Triple]:
    """The triples about a blank node, and about the blank nodes that they lead to; none about another term, and about those in `seen`."""
    seen, waiting = set() if seen is None else seen, [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, BNode) and current not in seen:
            seen.add(current)
            for triple in triples(graph, (current, None, None)):
                yield triple
                waiting.append(triple[2])


class Converter:
    """Converts terms between rdflib and Oxigraph; a term that comes back is the one that was given."""

    def __init__(self) -> None:
        self._there: dict[Any, Any] = {}
        self._back: dict[Any, list[Any]] = {}

    def quads(self, graph: Graph) -> list[ox.Quad]:
        """The triples of the graph, or of all graphs of a dataset.

        Raises InvalidInputError for a term that RDF does not have, such as a variable.
        """
        # rdflib holds, and owlrl infers, triples that are none in RDF: about literals.
        rdf = (triple for triple in triples(graph) if not isinstance(triple[0], Literal) and isinstance(triple[1], URIRef))
        return [ox.Quad(self._to_oxigraph(s), self._to_oxigraph(p), self._to_oxigraph(o)) for s, p, o in rdf]

    def _to_oxigraph(self, node: Any) -> Any:
        term = self._there.get(node)
        if term is None:
            term = self._there[node] = self._new_term(node)
            self._back.setdefault(term, []).append(node)
        return term

    def _new_term(self, node: Any) -> Any:
        try:
            if isinstance(node, URIRef):
                return _named_node(node)
            if isinstance(node, BNode):
                return ox.BlankNode(f"b{len(self._there)}")
            if isinstance(node, Literal):
                return _literal(node)
        except (SyntaxError, ValueError):
            pass
        raise InvalidInputError("rdflib-term", term=repr(node))

    def to_rdflib(self, term: Any) -> Any:
        """The term as one of rdflib: the first of `nodes`."""
        return self.nodes(term)[0]

    def nodes(self, term: Any) -> Sequence[Any]:
        """The nodes of rdflib that are the term: "a" and "a"^^xsd:string are two for rdflib, and one term of RDF 1.1."""
        if term not in self._back:
            self._back[term] = [_rdflib_node(term)]
        return self._back[term]


def _named_node(node: URIRef) -> ox.NamedNode:
    """The IRI, also one that is not well-formed, which rdflib allows."""
    try:
        return ox.NamedNode(str(node))
    except ValueError:
        escaped = "".join(sign if sign not in '<>"{}|^`\\' and sign > " " else f"\\u{ord(sign):04X}" for sign in str(node))
        (quad,) = ox.parse(f"<{escaped}> <x:> <x:> .", format=ox.RdfFormat.N_TRIPLES, lenient=True)
        assert isinstance(quad.subject, ox.NamedNode)
        return quad.subject


def _literal(node: Literal) -> ox.Literal:
    if node.language:
        return ox.Literal(str(node), language=node.language)
    return ox.Literal(str(node), datatype=_named_node(node.datatype)) if node.datatype else ox.Literal(str(node))


def _rdflib_node(term: Any) -> Any:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode()
    if term.language:
        return Literal(term.value, lang=term.language)
    is_plain = term.datatype == _STRING
    return Literal(term.value) if is_plain else Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)
