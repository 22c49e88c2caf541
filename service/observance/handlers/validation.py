"""Validation inside a worker process that can be ended: a hostile document costs one worker, never the service."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from observance.core import Settings, UsageError
from observance.knowledge import examples, load_knowledge, paragraphs
from observance.rdf import cache_folder
from observance.register import Register, open_register
from observance.submissions import (
    ReportOptions,
    ShapesGraph,
    SubmissionReport,
    SubmissionValidator,
    ValidationBackground,
    reports_to_json,
    reports_to_sarif,
    reports_to_turtle,
)
from oxishacl import Source

Handler = Callable[[Mapping[str, Any], bytes], tuple[Mapping[str, Any], bytes]]

_TURTLE: Final = "text/turtle; charset=utf-8"


def open_validation_handler(argument: Mapping[str, Any]) -> Handler:
    """A handler that validates the body of each request against one knowledge base and register.

    `argument` holds `root`, `registers`, `contexts` and `settings` (fields of Settings). A request holds `name`, `media_type` (or
    null), `format` (json, turtle or sarif), `lang`, `as_of` (or null) and `evidence` (whether it is wanted); the answer's body is the
    report. Raises what opening a register or reading a document raises.
    """
    settings, contexts = Settings(**argument["settings"]), argument["contexts"]
    root = Path(argument["root"])
    cache = cache_folder(settings.cache)
    knowledge = load_knowledge(root, cache=cache)
    shapes = ShapesGraph.read(root, cache=cache)
    named = tuple(Path(path) for path in argument["registers"])
    register = open_register(named, knowledge=knowledge, settings=settings, contexts=contexts) if named else Register()
    background = ValidationBackground(knowledge, shapes, register.quads)
    files = tuple(examples(knowledge, paragraphs=paragraphs(knowledge)).values())
    checker = SubmissionValidator(register, background, settings, contexts, lambda: files)

    def handle(request: Mapping[str, Any], body: bytes) -> tuple[Mapping[str, Any], bytes]:
        source = Source(request["name"], body, request["media_type"])
        wanted = ReportOptions(repairs=True, evidence=request["evidence"], provenance=True, as_of=request["as_of"])
        media_type, text = _serialise_report(checker.validate(source, wanted=wanted), form=request["format"], lang=request["lang"])
        return {"media_type": media_type}, text.encode()

    return handle


def _serialise_report(found: SubmissionReport, *, form: str, lang: str) -> tuple[str, str]:
    if form == "json":
        return "application/json", reports_to_json([found], several=False) + "\n"
    if form == "turtle":
        return _TURTLE, reports_to_turtle([found])
    if form == "sarif":
        return "application/sarif+json", reports_to_sarif([found], lang=lang) + "\n"
    raise UsageError("querying.unknown-format", name=form, formats="json, turtle, sarif")
