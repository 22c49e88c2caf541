"""The values of questions: what the catalogue says of them, what a worker is asked, and the formats of answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import UsageError
from observance.workers import Request

Term = ox.NamedNode | ox.Literal
"""A value that a parameter may have."""

LAYERS: Final = ("facts", "assessments", "reasons", "rivals", "changes", "readings", "earlier", "validation")
"""What a question can be asked of besides the knowledge and the register (`datasets.DatasetRequest` says what each holds)."""


class QueryParameter(Struct, frozen=True):
    """A typed parameter of a catalogue query; `label` maps a language to a sentence."""

    name: str
    type: str
    required: bool
    default: str | None
    label: Mapping[str, str]


class Question(Struct, frozen=True):
    """A catalogue query: what its header says and its SPARQL text; `summary` maps a language to a sentence.

    With `layers` (of LAYERS) it is asked of the register as it stood at a moment, and of what was concluded from it; the moment and
    the reading are then among its parameters.
    """

    name: str
    summary: Mapping[str, str]
    paragraph: str | None
    params: tuple[QueryParameter, ...]
    text: str
    layers: tuple[str, ...] = ()


class SparqlRequest(Request, frozen=True):
    """A query in SPARQL over the knowledge and the register that is open, else the demo's; it was checked before it is sent."""

    untrusted = True

    query: str
    format: str


class QuestionRequest(Request, frozen=True):
    """A question of the catalogue (`page`: one that pages are made from) with its parameters, given as text."""

    name: str
    format: str
    params: Mapping[str, str] = field(default_factory=dict)
    page: bool = False


class TableFormat(Struct, frozen=True):
    """A format of what SELECT and ASK answer."""

    media_type: str
    writer: ox.QueryResultsFormat


class GraphFormat(Struct, frozen=True):
    """A format of what CONSTRUCT and DESCRIBE answer."""

    media_type: str
    writer: ox.RdfFormat


PEOPLE_FORMAT: Final = "people"
"""JSON for a table, Turtle for a graph: what a program needs that shows an answer to people, whichever it is."""

TABLE_FORMATS: Final = MappingProxyType(
    {
        "json": TableFormat("application/sparql-results+json", ox.QueryResultsFormat.JSON),
        "xml": TableFormat("application/sparql-results+xml", ox.QueryResultsFormat.XML),
        "csv": TableFormat("text/csv; charset=utf-8", ox.QueryResultsFormat.CSV),
        "tsv": TableFormat("text/tab-separated-values; charset=utf-8", ox.QueryResultsFormat.TSV),
    }
)
GRAPH_FORMATS: Final = MappingProxyType(
    {
        "turtle": GraphFormat("text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
        "ntriples": GraphFormat("application/n-triples", ox.RdfFormat.N_TRIPLES),
        "rdfxml": GraphFormat("application/rdf+xml", ox.RdfFormat.RDF_XML),
        "jsonld": GraphFormat("application/ld+json", ox.RdfFormat.JSON_LD),
    }
)


def check_format(name: str) -> str:
    """The name, when it is one of a format; else UsageError."""
    if name in TABLE_FORMATS or name in GRAPH_FORMATS or name == PEOPLE_FORMAT:
        return name
    raise UsageError("querying.unknown-format", name=name, formats=", ".join((*TABLE_FORMATS, *GRAPH_FORMATS)))


def table_format(name: str) -> TableFormat:
    """The format for the answer of SELECT and ASK; UsageError says what to ask instead."""
    if found := TABLE_FORMATS.get(check_format(name)):
        return found
    raise UsageError("querying.format-for-table", name=name, formats=", ".join(TABLE_FORMATS))


def graph_format(name: str) -> GraphFormat:
    """The format for the answer of CONSTRUCT and DESCRIBE; UsageError says what to ask instead."""
    if found := GRAPH_FORMATS.get(check_format(name)):
        return found
    raise UsageError("querying.format-for-graph", name=name, formats=", ".join(GRAPH_FORMATS))
