"""`/context.jsonld`: the JSON-LD context of submissions."""

import json

from flask import Blueprint, Response

from observance.core.errors import NotFoundError
from observance.web.site import site
from oxishacl.parsing.jsonld_contexts import CONTEXT

blueprint = Blueprint("context", __name__)


@blueprint.get("/context.jsonld")
def context() -> Response:
    """The context that the program puts in wherever a document names its IRI; any site may load it."""
    contexts = site().kb.contexts
    if CONTEXT not in contexts:
        raise NotFoundError("web.no-context")
    body = json.dumps({"@context": contexts[CONTEXT]}, ensure_ascii=False, indent=2) + "\n"
    return Response(body, content_type="application/ld+json", headers={"Access-Control-Allow-Origin": "*"})
