"""`/relay`: for each notification who is to receive it, who did and who is missing. Read only: nothing is prepared or sent here."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from observance.core.errors import NotFoundError, UsageError
from observance.web import assessment_requests, page_formats
from observance.web.language import language
from observance.web.moment_parameters import readings, wanted
from observance.web.problem_details import status_of, told
from observance.web.query_formats import PAGE

blueprint = Blueprint("relay", __name__)


@blueprint.get("/relay")
def page() -> Response:
    """The plan, as a page or for programs."""
    form = page_formats.form()
    if form != PAGE:
        return assessment_requests.sent(_question(), form=form)
    try:
        return make_response(_page(assessment_requests.page(_question())))
    except (UsageError, NotFoundError) as error:
        return make_response(_page(None, problem=(told(error) or {})[language()]), status_of(error))


def _question() -> dict[str, Any]:
    return wanted().question("relay", missing=bool(request.args.get("missing")))


def _page(found: Any, *, problem: str | None = None) -> str:
    values = {name: request.args.get(name, "") for name in ("as-of", "known-at", "reading", "missing")}
    return render_template("relay.html", found=found, values=values, readings=readings(language()), problem=problem)
