"""A SHACL validator in Python on Oxigraph: shapes are compiled once and validate any number of data graphs.

`validate` does all in one call; `compile_shapes` gives a `Validator` for many data graphs; `parse_source` parses a document within limits;
`SourcePositions` gives the places of its quads; `sparql_tokens` reads the tokens of SPARQL text. The package knows nothing of Observance.
Each name is imported on first use, so that a program which only parses does not load the validator.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from oxishacl.compiler import Validator, compile_shapes
    from oxishacl.coverage import Coverage, CoveredEdge
    from oxishacl.data_graph import Index
    from oxishacl.documents import DataDocuments, ParsedDocument, read_documents, with_unused_labels
    from oxishacl.errors import MESSAGES, OxishaclError, Phrase
    from oxishacl.lazy_index import LazyIndex
    from oxishacl.literals import is_well_formed
    from oxishacl.parsing import Contexts, parse_source
    from oxishacl.parsing.archives import unpack
    from oxishacl.parsing.jsonld_contexts import refuse_linked_context
    from oxishacl.parsing.source import Document, Limits, Place, Source, quote, quoted_position
    from oxishacl.parsing.syntaxes import EXTENSIONS, MEDIA_TYPES, check_size
    from oxishacl.paths import read_path
    from oxishacl.positions import PositionFinder, SourcePositions
    from oxishacl.rdflib_validate import validate
    from oxishacl.report import CONFORMANCE_DISALLOWS, ResultSource, ValidationReport, ValidationResult, report_quads
    from oxishacl.report_formats import report_to_object, report_to_text, report_to_turtle
    from oxishacl.sarif import SARIF_LEVELS, sarif_location, sarif_log, sarif_region, sarif_uri
    from oxishacl.shapes_graph import ShapeMetadata, node_name
    from oxishacl.sparql.binding import bind_variables
    from oxishacl.sparql.grammar import QuerySyntaxError, parse_query
    from oxishacl.sparql.tokenizer import Token, sparql_tokens
    from oxishacl.targets import ShapeCount, TargetCount
    from oxishacl.terms import FIRST, TYPE, Term, sh

_MODULES: Final = {
    "Validator": "compiler", "compile_shapes": "compiler", "validate": "rdflib_validate",
    "Coverage": "coverage", "CoveredEdge": "coverage",
    "Index": "data_graph",
    "LazyIndex": "lazy_index",
    "DataDocuments": "documents", "ParsedDocument": "documents", "read_documents": "documents",
    "with_unused_labels": "documents",
    "MESSAGES": "errors", "OxishaclError": "errors", "Phrase": "errors",
    "is_well_formed": "literals",
    "Contexts": "parsing", "parse_source": "parsing",
    "unpack": "parsing.archives",
    "refuse_linked_context": "parsing.jsonld_contexts",
    "Document": "parsing.source", "Limits": "parsing.source", "Place": "parsing.source", "Source": "parsing.source",
    "quote": "parsing.source", "quoted_position": "parsing.source",
    "EXTENSIONS": "parsing.syntaxes", "MEDIA_TYPES": "parsing.syntaxes", "check_size": "parsing.syntaxes",
    "read_path": "paths",
    "PositionFinder": "positions", "SourcePositions": "positions",
    "CONFORMANCE_DISALLOWS": "report",
    "ResultSource": "report", "ValidationReport": "report", "ValidationResult": "report", "report_quads": "report",
    "report_to_object": "report_formats", "report_to_text": "report_formats", "report_to_turtle": "report_formats",
    "SARIF_LEVELS": "sarif", "sarif_location": "sarif", "sarif_log": "sarif", "sarif_region": "sarif",
    "sarif_uri": "sarif",
    "ShapeMetadata": "shapes_graph", "node_name": "shapes_graph",
    "bind_variables": "sparql.binding", "QuerySyntaxError": "sparql.grammar", "parse_query": "sparql.grammar",
    "Token": "sparql.tokenizer", "sparql_tokens": "sparql.tokenizer",
    "ShapeCount": "targets", "TargetCount": "targets",
    "FIRST": "terms", "TYPE": "terms", "Term": "terms", "sh": "terms",
}  # fmt: skip

__all__ = [
    "CONFORMANCE_DISALLOWS", "EXTENSIONS", "FIRST", "MEDIA_TYPES", "MESSAGES", "SARIF_LEVELS", "TYPE", "Contexts", "Coverage",
    "CoveredEdge", "DataDocuments", "Document", "Index", "LazyIndex", "Limits", "OxishaclError", "ParsedDocument", "Phrase", "Place",
    "PositionFinder", "QuerySyntaxError", "ResultSource", "ShapeCount", "ShapeMetadata", "Source", "SourcePositions", "TargetCount",
    "Term", "Token", "ValidationReport", "ValidationResult", "Validator", "bind_variables", "check_size", "compile_shapes", "errors",
    "is_well_formed", "node_name", "parse_query", "parse_source", "quote", "quoted_position", "read_documents", "read_path",
    "refuse_linked_context", "report_quads", "report_to_object", "report_to_text", "report_to_turtle", "sarif_location", "sarif_log",
    "sarif_region", "sarif_uri", "sh", "sparql_tokens", "unpack", "validate", "with_unused_labels",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name == "errors":
        return importlib.import_module("oxishacl.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"oxishacl.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
