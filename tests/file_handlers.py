"""Handlers that evaluate queries over a few files, for the tests of evaluation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from msgspec import field

from observance.core import PREFIXES, SerializedAnswer
from observance.questions import evaluate_query, read_graph
from observance.rdf import MemoryStore
from observance.workers import Loaded, Request
from oxishacl import bind_variables


class FilesRequest(Request, frozen=True):
    """A query over the files; `values` maps a variable to a term in N-Triples."""

    query: str
    format: str
    limit: int
    values: Mapping[str, str] = field(default_factory=dict)


def open_files(argument: Mapping[str, Any]) -> Loaded:
    """The handler of queries over the files of `argument["files"]`, which are pairs of path and graph IRI."""
    files = enumerate(argument["files"])
    store = MemoryStore([quad for number, (path, graph) in files for quad in read_graph(Path(path), graph=graph, number=number)])

    def query(request: FilesRequest) -> SerializedAnswer:
        text = bind_variables(request.query, {name: _term(text) for name, text in request.values.items()}, prefixes=PREFIXES)
        return evaluate_query(text, store=store, format=request.format, limit=request.limit)

    return Loaded({FilesRequest: query})


def _term(ntriples_term: str) -> Any:
    return next(iter(ox.parse(f"<a:a> <a:b> {ntriples_term} .".encode(), format=ox.RdfFormat.N_TRIPLES))).object
