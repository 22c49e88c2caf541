"""Questions and their parameters, the requests to a worker process, and the formats of answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import UsageError
from observance.rdf import QueryDataset
from observance.register import Audience
from observance.workers import Request

Term = ox.NamedNode | ox.Literal
"""The term of a parameter: never a blank node or a triple."""

LAYERS: Final = ("facts", "assessments", "reasons", "rivals", "changes", "readings", "earlier", "validation")
"""The parts of a dataset beside the knowledge (`datasets.layers.build_dataset` describes each)."""


CHARTS: Final = ("bars", "lines", "tiles")
"""The kinds of drawings: bars for each row, lines over days, a tile for each row."""


class Chart(Struct, frozen=True):
    """How an answer is drawn: one of CHARTS, the column that names a row, the columns of its numbers."""

    kind: str
    label: str
    values: tuple[str, ...]


class Task(Struct, frozen=True):
    """A group of the catalogue: what people do with its questions; `label` maps a language to the heading."""

    name: str
    label: Mapping[str, str]


class QueryParameter(Struct, frozen=True):
    """A typed parameter of a catalogue query; `label` maps a language to a sentence.

    `choices` names the query behind the pages whose rows, `value` and `label`, people choose from.
    """

    name: str
    type: str
    required: bool
    default: str | None
    label: Mapping[str, str]
    choices: str | None = None


class Question(Struct, frozen=True):
    """A catalogue query: its header and its SPARQL text; `summary` maps a language to a sentence.

    With `layers` (of LAYERS) the dataset is the snapshot of the register at a moment with the conclusions under a reading; the moment
    and the reading are then among the parameters. Without, it is the register as filed.

    For people: `task` names its group, `links` maps a column of names to the column of their IRIs, `empty` says what an empty answer
    means, by language, and `chart` how the answer is drawn.
    """

    name: str
    summary: Mapping[str, str]
    paragraph: str | None
    params: tuple[QueryParameter, ...]
    text: str
    layers: tuple[str, ...] = ()
    task: str | None = None
    links: Mapping[str, str] = MappingProxyType({})
    empty: Mapping[str, str] = MappingProxyType({})
    chart: Chart | None = None


class SparqlRequest(Request, frozen=True):
    """A query over the knowledge and the open register, by default the demo register; `check_query` must have accepted it.

    With an `audience`, the register is what is left for it.
    """

    untrusted = True

    query: str
    format: str
    dataset: QueryDataset | None = None
    audience: Audience | None = None


class QuestionRequest(Request, frozen=True):
    """A question of the catalogue (`page`: one behind the pages) with the values of its parameters as text, as an audience asks it."""

    name: str
    format: str
    params: Mapping[str, str] = field(default_factory=dict)
    page: bool = False
    audience: Audience | None = None


class TableFormat(Struct, frozen=True):
    """A format for the results of SELECT and ASK."""

    media_type: str
    writer: ox.QueryResultsFormat


class GraphFormat(Struct, frozen=True):
    """A format for the graphs of CONSTRUCT and DESCRIBE."""

    media_type: str
    writer: ox.RdfFormat


PEOPLE_FORMAT: Final = "people"
"""JSON for a table, Turtle for a graph: the formats from which an answer is rendered for people."""

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
        "trig": GraphFormat("application/trig", ox.RdfFormat.TRIG),
        "nquads": GraphFormat("application/n-quads", ox.RdfFormat.N_QUADS),
    }
)


def check_format(name: str) -> str:
    """Return the name of the format; raises UsageError for an unknown one."""
    if name in TABLE_FORMATS or name in GRAPH_FORMATS or name == PEOPLE_FORMAT:
        return name
    raise UsageError("querying.unknown-format", name=name, formats=", ".join((*TABLE_FORMATS, *GRAPH_FORMATS)))


def table_format(name: str) -> TableFormat:
    """The format of that name for SELECT and ASK; raises UsageError, which lists those that fit."""
    if chosen := TABLE_FORMATS.get(check_format(name)):
        return chosen
    raise UsageError("querying.format-for-table", name=name, formats=", ".join(TABLE_FORMATS))


def graph_format(name: str) -> GraphFormat:
    """The format of that name for CONSTRUCT and DESCRIBE; raises UsageError, which lists those that fit."""
    if chosen := GRAPH_FORMATS.get(check_format(name)):
        return chosen
    raise UsageError("querying.format-for-graph", name=name, formats=", ".join(GRAPH_FORMATS))
