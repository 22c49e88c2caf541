"""Validation inside a worker process that can be ended: a hostile document costs one worker, never the service."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from observance.errors import Misused
from observance.graph import knowledge as rooms
from observance.intake import report
from observance.intake.engines import ENGINES, Shapes
from observance.intake.parse import Contexts, parse
from observance.intake.register import Register, open_register
from observance.intake.validate import Background, validate
from observance.model import Report, Source
from observance.settings import Settings

Handler = Callable[[Mapping[str, Any], bytes], tuple[Mapping[str, Any], bytes]]

_TURTLE: Final = "text/turtle; charset=utf-8"


def open_validator(argument: Mapping[str, Any]) -> Handler:
    """A handler that validates the body of each request against one knowledge base and register.

    `argument` holds `root`, `registers`, `contexts` and `settings` (fields of Settings). A request holds `name`,
    `media_type` (or null) and `format` (json or turtle); the answer's body is the report. Raises what opening a register
    or reading a document raises.
    """
    settings, contexts = Settings(**argument["settings"]), argument["contexts"]
    root = Path(argument["root"])
    knowledge = rooms.load(root)
    shapes = Shapes(rooms.read(rooms.files(root, "shapes"), root=root))
    named = tuple(Path(path) for path in argument["registers"])
    register = open_register(named, knowledge=knowledge, settings=settings, contexts=contexts) if named else Register()
    opened = Background(knowledge, shapes, register.quads)

    def handle(request: Mapping[str, Any], body: bytes) -> tuple[Mapping[str, Any], bytes]:
        source = Source(request["name"], body, request["media_type"])
        found = _report(source, register=register, opened=opened, settings=settings, contexts=contexts)
        media_type, text = _written(found, form=request["format"])
        return {"media_type": media_type}, text.encode()

    return handle


def _report(source: Source, *, register: Register, opened: Background, settings: Settings, contexts: Contexts) -> Report:
    document = parse(source, settings=settings, contexts=contexts)
    others = register.without(document)
    background = opened if others is register else Background(opened.knowledge, opened.shapes, others.quads)
    return validate(document, background=background, engine=ENGINES[0])


def _written(found: Report, *, form: str) -> tuple[str, str]:
    if form == "json":
        return "application/json", report.as_json([found], several=False) + "\n"
    if form == "turtle":
        return _TURTLE, report.as_turtle([found])
    raise Misused("querying.unknown-format", name=form, formats="json, turtle")
