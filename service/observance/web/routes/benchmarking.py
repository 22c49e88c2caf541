"""`/benchmarking`: progress compared, by standard, region or peer group, and the cube behind it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from observance.benchmarking import GROUPINGS
from observance.core import translate
from observance.web import response_formats
from observance.web.language import language, link
from observance.web.request_parameters import moment_parameters
from observance.web.sheet_pages import sheet_response

blueprint = Blueprint("benchmarking", __name__)


@blueprint.get("/benchmarking")
def page() -> Response:
    """The counts as a page, as JSON, or as a Data Cube in Turtle."""
    form, asked_for, by = response_formats.requested_page_format(), moment_parameters(), request.args.get("by") or GROUPINGS[0]
    kept = {**dict(asked_for.values), "by": by}
    question = asked_for.question("benchmark", by=by, member=request.args.get("member", "").strip() or None)

    def shown(found: Mapping[str, Any]) -> dict[str, Any]:
        lang = language()
        return {
            "action": url_for("benchmarking.page"),
            "values": {**kept, "member": found["member"]},
            "choices": [
                ("by", translate("web.review-by", lang), found["by"]),
                ("member", translate("web.review-member", lang), found["members"]),
            ],
            "downloads": [(name, link("benchmarking.page", format=name, **kept)) for name in ("json", "turtle")],
        }

    return sheet_response(question, form=form, kept=kept, shown=shown)
