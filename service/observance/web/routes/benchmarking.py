"""`/benchmarking`: the comparison of progress by standard, region or peer group, and its Data Cube."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for

from observance.benchmarking import GROUPINGS
from observance.core import translate
from observance.handlers import BenchmarkRequest
from observance.web import response_formats
from observance.web.assessment_requests import sheet_response
from observance.web.language import language
from observance.web.request_parameters import MOMENT, accepts, moment_fields, parameter, preserved_parameters
from observance.web.sharing import titled

blueprint = Blueprint("benchmarking", __name__)


@blueprint.get("/benchmarking")
@accepts(*MOMENT, "by", "member")
def page() -> Response:
    """The counts as a page, as JSON, or as a Data Cube in Turtle."""
    response_format, by = response_formats.requested_page_format(tables=True), parameter("by") or GROUPINGS[0]
    preserved = {**preserved_parameters(), "by": by}
    page_request = BenchmarkRequest(**moment_fields(), by=by, member=parameter("member"))

    def context(data: Mapping[str, Any]) -> dict[str, Any]:
        lang = language()
        return {
            "action": url_for("benchmarking.page"),
            "titles": titled("review.compare"),
            "values": {**preserved, "member": data["member"]},
            "choices": [
                ("by", translate("web.review-by", lang), data["by"]),
                ("member", translate("web.review-member", lang), data["members"]),
            ],
            "formats": ("xlsx", "csv", "json", "turtle"),
        }

    return sheet_response(page_request, format=response_format, preserved=preserved, context=context)
