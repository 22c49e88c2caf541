"""Evaluating a query on a store that is never changed, and writing its answer.

Every file is a graph of its own and the default graph is the union of all, unless the query chooses with FROM.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core import (
    ForbiddenError,
    InconsistentDataError,
    InvalidInputError,
    LimitExceededError,
    SerializedAnswer,
    UnsupportedFormatError,
)
from observance.questions import query_policy
from observance.questions.model import PEOPLE_FORMAT, Term, graph_format, table_format
from observance.rdf import Store, serialize_turtle

_SYNTAXES: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
}
_PLACE: Final = re.compile(r"error at (\d+):(\d+)")
_UNPROJECTED: Final = re.compile(r"variable (\?\w+) in its SELECT projection")
_EXCERPT: Final = 30


def evaluate_query(text: str, *, store: Store, format: str, substitutions: Mapping[ox.Variable, Term], limit: int) -> SerializedAnswer:
    """Return the answer in the format, at most `limit` bytes of it; `people` asks for what a program shows to people.

    Raises InvalidInputError for a syntax error, UsageError for a format that cannot hold the answer, LimitExceededError over the limit.
    """
    try:
        results = store.query(
            text,
            substitutions=substitutions,
            union=not query_policy.names_graphs(text),  # the union would hide a FROM without a word
        )
        if isinstance(results, ox.QueryTriples):
            graph = graph_format("turtle" if format == PEOPLE_FORMAT else format)
            return SerializedAnswer(graph.media_type, _write_graph(results, writer=graph.writer, limit=limit))
        table = table_format("json" if format == PEOPLE_FORMAT else format)
        output = _BoundedWriter(limit)
        results.serialize(output=output, format=table.writer)  # type: ignore[arg-type]  # it only writes
        return SerializedAnswer(table.media_type, bytes(output.content))
    except SyntaxError as error:
        raise _syntax(text, str(error)) from None
    except RuntimeError as error:
        if found := _UNPROJECTED.search(str(error)):
            raise InconsistentDataError("querying.not-projected", name=found[1]) from None
        raise
    except OSError:  # the store is in memory: only a call to another endpoint can fail so
        raise ForbiddenError("querying.service") from None


class _BoundedWriter:
    """A file that refuses to grow past its limit, so that an answer is whole or not at all."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> int:
        if len(self.content) + len(data) > self._limit:
            raise LimitExceededError("querying.answer-too-large", limit=self._limit)
        self.content += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _write_graph(triples: Iterable[ox.Triple], *, writer: ox.RdfFormat, limit: int) -> bytes:
    """The triples in an order and with blank node labels that depend on nothing but themselves."""
    ordered = sorted(_canonical(_at_most(triples, limit=limit)), key=str)
    if writer == ox.RdfFormat.TURTLE:
        return serialize_turtle(ordered).encode()
    output = _BoundedWriter(limit)
    ox.serialize(ordered, output=output, format=writer)  # type: ignore[arg-type]  # it only writes
    return bytes(output.content)


def _at_most(triples: Iterable[ox.Triple], *, limit: int) -> Iterator[ox.Triple]:
    """The triples, different ones, as long as they are within the limit when written as N-Triples."""
    size, seen = 0, set[ox.Triple]()
    for triple in triples:
        if triple not in seen:
            seen.add(triple)
            size += len(str(triple)) + 3
            if size > limit:
                raise LimitExceededError("querying.answer-too-large", limit=limit)
            yield triple


def _canonical(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """The triples with the blank node labels of RDFC-1.0, because a template's `[]` is called otherwise every time."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in dataset]


def read_graph(path: Path, *, graph: str, number: int) -> Iterator[ox.Quad]:
    """The quads of a file, those without a graph in `graph`, blank nodes labelled by file number and order so that answers repeat.

    Raises InvalidInputError or UnsupportedFormatError for the file.
    """
    syntax = _SYNTAXES.get(path.suffix.lower())
    if syntax is None:
        raise UnsupportedFormatError("querying.file-format", name=path.name, formats=", ".join(_SYNTAXES))
    try:
        yield from label_blank_nodes(ox.parse(path=path, format=syntax, base_iri=graph), graph=graph, number=number)
    except SyntaxError as error:
        raise InvalidInputError("querying.file-syntax", name=path.name, line=error.lineno or 1, column=error.offset or 1) from None
    except OSError:
        raise InvalidInputError("querying.file-unreadable", name=path.name) from None


def label_blank_nodes(quads: Iterable[ox.Quad], *, graph: str, number: int) -> Iterator[ox.Quad]:
    """The quads, those without a graph in `graph`, with blank nodes labelled by the number and their order, so that answers repeat."""
    labels: dict[ox.BlankNode, ox.BlankNode] = {}
    default = ox.NamedNode(graph)
    for quad in quads:
        name = default if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name
        yield ox.Quad(*(_renamed(term, labels=labels, number=number) for term in (*quad.triple, name)))  # type: ignore[arg-type]


def _renamed(term: object, *, labels: dict[ox.BlankNode, ox.BlankNode], number: int) -> object:
    if isinstance(term, ox.BlankNode):
        return labels.setdefault(term, ox.BlankNode(f"f{number}n{len(labels)}"))
    if isinstance(term, ox.Triple):
        parts: Sequence[Any] = [_renamed(part, labels=labels, number=number) for part in term]
        return ox.Triple(*parts)
    return term


def _syntax(text: str, message: str) -> InvalidInputError:
    """The syntax error with its place; Oxigraph's list of what it expected is for its authors, not for readers."""
    found = _PLACE.search(message)
    if found is None:
        return InvalidInputError("querying.syntax")
    line, column = int(found[1]), int(found[2])
    lines = text.split("\n")[line - 1 :] or [""]
    near = " ".join(lines[0][max(0, column - _EXCERPT // 2) : column + _EXCERPT // 2].split())
    values = {"line": line, "column": column, "near": near}
    if "Prefix not found" in message:
        return InvalidInputError("querying.prefix-at", **values)
    ended = not "".join([lines[0][column - 1 :], *lines[1:]]).strip()
    return InvalidInputError("querying.syntax-end" if ended else "querying.syntax-at", **values)
