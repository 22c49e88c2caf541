"""The formats of an answer: what they are called, their media type, and whether they hold a table or a graph."""

from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import UsageError


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
