"""The evaluation of a query over a read-only store, and the serialisation of its answer.

Every file is a named graph; the default graph is the merge of all, unless the query has a FROM clause.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from observance.core import (
    PREFIXES,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    SerializedAnswer,
    UnsupportedFormatError,
)
from observance.questions.model import PEOPLE_FORMAT, graph_format, table_format
from observance.questions.spreadsheet_safety import without_formulas
from observance.rdf import QueryDataset, Store, serialize_turtle
from oxishacl import QuerySyntaxError, errors, parse_query

_SYNTAXES: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
}
_POSITION: Final = re.compile(r"error at (\d+):(\d+)")
_EXCERPT: Final = 30


def evaluate_query(text: str, *, store: Store, format: str, limit: int, dataset: QueryDataset | None = None) -> SerializedAnswer:
    """Return the answer in the format, or in the one that PEOPLE_FORMAT stands for; `limit` is its largest size in bytes.

    The query is asked of the `dataset` of the store, if one is given, else of that which it names itself, else of all graphs.

    Raises InvalidInputError for a syntax error, UsageError for a format that does not fit the query form, LimitExceededError.
    """
    try:
        results = store.query(text, dataset=dataset)
        if isinstance(results, ox.QueryTriples):
            return graph_answer(results, format="turtle" if format == PEOPLE_FORMAT else format, limit=limit)
        table = table_format("json" if format == PEOPLE_FORMAT else format)
        output = _BoundedWriter(limit)
        results.serialize(output=output, format=table.writer)  # type: ignore[arg-type]  # it only writes
        content = bytes(output.content)
        return SerializedAnswer(table.media_type, without_formulas(content) if table.writer == ox.QueryResultsFormat.CSV else content)
    except SyntaxError as error:
        raise _syntax_error(text, str(error)) from None
    except RuntimeError as error:
        if function := errors.unknown_function(error):
            raise InvalidInputError("querying.unknown-function", name=function) from None
        raise
    except OSError:  # the store is in memory: only a call to another endpoint can fail so
        raise ForbiddenError("querying.service") from None


class _BoundedWriter:
    """A binary file whose `write` raises LimitExceededError past the limit, so that no answer is truncated."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> int:
        if len(self.content) + len(data) > self._limit:
            raise LimitExceededError("querying.answer-too-large", limit=self._limit)
        self.content += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: writing is not buffered."""


def graph_answer(triples: Iterable[ox.Triple], *, format: str, limit: int) -> SerializedAnswer:
    """The triples in the format for graphs; raises UsageError for a format that is none, LimitExceededError."""
    graph = graph_format(format)
    return SerializedAnswer(graph.media_type, _write_graph(triples, writer=graph.writer, limit=limit))


def _write_graph(triples: Iterable[ox.Triple], *, writer: ox.RdfFormat, limit: int) -> bytes:
    """The serialised triples, in an order and with blank node labels that depend on the triples alone."""
    ordered = sorted(_canonicalise(_bounded(triples, limit=limit)), key=str)
    if writer == ox.RdfFormat.TURTLE:
        return serialize_turtle(ordered).encode()
    output = _BoundedWriter(limit)
    ox.serialize(ordered, output=output, format=writer)  # type: ignore[arg-type]  # it only writes
    return bytes(output.content)


def _bounded(triples: Iterable[ox.Triple], *, limit: int) -> Iterator[ox.Triple]:
    """The distinct triples; raises LimitExceededError if they exceed the limit as N-Triples."""
    size, seen = 0, set[ox.Triple]()
    for triple in triples:
        if triple not in seen:
            seen.add(triple)
            size += len(str(triple)) + 3
            if size > limit:
                raise LimitExceededError("querying.answer-too-large", limit=limit)
            yield triple


def _canonicalise(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """The triples with the blank node labels of RDFC-1.0: a template's `[]` gets another label every time."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in dataset]


def read_graph(path: Path, *, graph: str, number: int) -> Iterator[ox.Quad]:
    """The quads of a file, those of the default graph in `graph`, with blank nodes labelled by file number and order.

    Raises InvalidInputError for a file that cannot be read, UnsupportedFormatError for an unknown suffix.
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


BlankNodeLabels = dict[ox.BlankNode, ox.BlankNode]
"""The labels that blank nodes were given."""


def label_blank_nodes(
    statements: Iterable[ox.Quad | ox.Triple], *, graph: str, number: int, labels: BlankNodeLabels | None = None
) -> Iterator[ox.Quad]:
    """The statements, those of no named graph in `graph`, with blank nodes labelled by number and order: answers are reproducible.

    Those that `labels` hold keep their labels, and the others are added to it.
    """
    labels = {} if labels is None else labels
    default = ox.NamedNode(graph)
    for statement in statements:
        subject, target, name = statement.subject, statement.object, getattr(statement, "graph_name", None)
        if name is None or name.__class__ is ox.DefaultGraph:
            name = default
        # Few terms are blank nodes, and a call for each of the others would take longer than the rest.
        if subject.__class__ in _RELABELLED or target.__class__ in _RELABELLED or name.__class__ is ox.BlankNode:
            subject, target, name = (_relabel(term, labels=labels, number=number) for term in (subject, target, name))
        yield ox.Quad(subject, statement.predicate, target, name)


_RELABELLED: Final = frozenset({ox.BlankNode, ox.Triple})


def _relabel(term: Any, *, labels: BlankNodeLabels, number: int) -> Any:
    if isinstance(term, ox.BlankNode):
        return labels.setdefault(term, ox.BlankNode(f"f{number}n{len(labels)}"))
    if isinstance(term, ox.Triple):
        parts: Sequence[Any] = [_relabel(part, labels=labels, number=number) for part in term]
        return ox.Triple(*parts)
    return term


def _syntax_error(text: str, message: str) -> InvalidInputError:
    """The syntax error in words; where only Oxigraph finds one, its position, without the list of tokens of its grammar."""
    try:
        parse_query(text, prefixes=PREFIXES)
    except QuerySyntaxError as error:
        return InvalidInputError("querying.syntax-found", problem=error)
    match = _POSITION.search(message)
    if match is None:
        return InvalidInputError("querying.syntax")
    line, column = int(match[1]), int(match[2])
    written = text.split("\n")[line - 1 : line] or [""]
    near = " ".join(written[0][max(0, column - _EXCERPT // 2) : column + _EXCERPT // 2].split())
    return InvalidInputError("querying.syntax-at", line=line, column=column, near=near)
