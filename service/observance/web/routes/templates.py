"""`/templates`: a commented example of each submission, to start from."""

from flask import Blueprint, Response

from observance.web.site import site

blueprint = Blueprint("examples", __name__)


@blueprint.get("/templates/<paragraph>")
def example(paragraph: str) -> Response:
    """The example for the paragraph, in Turtle, as a file to keep."""
    text = site().kb.template(paragraph)
    name = site().kb.examples[paragraph].name if paragraph in site().kb.examples else f"{paragraph}.ttl"
    return Response(text, content_type="text/turtle; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
