"""SHACL validation on Oxigraph's terms: shapes are compiled once and run over any number of data graphs.

This package knows shapes and data graphs, and nothing of any resolution. `validate` is the whole in one call; `compile_shapes` gives a
`Validator` to keep; `parse_source` reads a document within bounds; `SourcePositions` says where in it a statement stands.
What it offers is imported when it is first used: a program that only parses does not wait for the validator.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from oxishacl.compiler import Validator, compile_shapes, validate
    from oxishacl.coverage import Coverage, CoveredEdge
    from oxishacl.data_graph import Index, LazyIndex
    from oxishacl.errors import MESSAGES, OxishaclError
    from oxishacl.literals import is_well_formed
    from oxishacl.parsing.bounds import check_size
    from oxishacl.parsing.jsonld_contexts import refuse_linked_context
    from oxishacl.parsing.parser import Contexts, parse_source
    from oxishacl.parsing.source import Document, Limits, Place, Source
    from oxishacl.parsing.syntaxes import EXTENSIONS, MEDIA_TYPES
    from oxishacl.parsing.text_positions import quote
    from oxishacl.positions import SourcePositions
    from oxishacl.positions.finder import PositionFinder
    from oxishacl.report import ValidationReport, ValidationResult, report_quads
    from oxishacl.shapes_graph import ShapeMetadata, node_name
    from oxishacl.terms import FIRST, TYPE, Term, sh

_MODULES: Final = {
    "Validator": "compiler", "compile_shapes": "compiler", "validate": "compiler",
    "Coverage": "coverage", "CoveredEdge": "coverage",
    "Index": "data_graph", "LazyIndex": "data_graph",
    "MESSAGES": "errors", "OxishaclError": "errors",
    "is_well_formed": "literals",
    "check_size": "parsing.bounds",
    "refuse_linked_context": "parsing.jsonld_contexts",
    "Contexts": "parsing.parser", "parse_source": "parsing.parser",
    "Document": "parsing.source", "Limits": "parsing.source", "Place": "parsing.source", "Source": "parsing.source",
    "EXTENSIONS": "parsing.syntaxes", "MEDIA_TYPES": "parsing.syntaxes",
    "quote": "parsing.text_positions",
    "SourcePositions": "positions",
    "PositionFinder": "positions.finder",
    "ValidationReport": "report", "ValidationResult": "report", "report_quads": "report",
    "ShapeMetadata": "shapes_graph", "node_name": "shapes_graph",
    "FIRST": "terms", "TYPE": "terms", "Term": "terms", "sh": "terms",
}  # fmt: skip

__all__ = [
    "EXTENSIONS", "FIRST", "MEDIA_TYPES", "MESSAGES", "TYPE", "Contexts", "Coverage", "CoveredEdge", "Document", "Index", "LazyIndex",
    "Limits", "OxishaclError", "Place", "PositionFinder", "ShapeMetadata", "Source", "SourcePositions", "Term", "ValidationReport",
    "ValidationResult", "Validator", "check_size", "compile_shapes", "errors", "is_well_formed", "node_name", "parse_source", "quote",
    "refuse_linked_context", "report_quads", "sh", "validate",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name == "errors":
        return importlib.import_module("oxishacl.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"oxishacl.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
