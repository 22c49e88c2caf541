"""Downloads: `/context.jsonld`, the JSON-LD context of submissions; `/templates/<paragraph>`, a commented example."""

import json

from flask import Blueprint, Response

from observance.core import NotFoundError
from observance.knowledge import CONTEXT
from observance.web.site import site

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/context.jsonld")
def jsonld_context() -> Response:
    """The context that the program uses for documents that refer to its IRI, with CORS for any site."""
    contexts = site().kb.contexts
    if CONTEXT not in contexts:
        raise NotFoundError("web.no-context")
    body = json.dumps({"@context": contexts[CONTEXT]}, ensure_ascii=False, indent=2) + "\n"
    return Response(body, content_type="application/ld+json", headers={"Access-Control-Allow-Origin": "*"})


@blueprint.get("/templates/<path:paragraph>")
def template(paragraph: str) -> Response:
    """The example for the paragraph in Turtle, as an attachment."""
    example = site().kb.lookup.example(paragraph)
    return Response(
        example.read_bytes(),
        content_type="text/turtle; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{example.name}"'},
    )
