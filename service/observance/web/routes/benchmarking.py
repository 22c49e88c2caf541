"""`/benchmarking`: progress compared, by standard, region or peer group, and the cube behind it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for

from observance.benchmarking import GROUPINGS
from observance.core import translate
from observance.handlers import BenchmarkRequest
from observance.web import response_formats
from observance.web.assessment_requests import sheet_response
from observance.web.language import language, link
from observance.web.request_parameters import MOMENT, accepts, moment_fields, parameter, preserved_parameters

blueprint = Blueprint("benchmarking", __name__)


@blueprint.get("/benchmarking")
@accepts(*MOMENT, "by", "member")
def page() -> Response:
    """The counts as a page, as JSON, or as a Data Cube in Turtle."""
    form, by = response_formats.requested_page_format(), parameter("by") or GROUPINGS[0]
    kept = {**preserved_parameters(), "by": by}
    asked = BenchmarkRequest(**moment_fields(), by=by, member=parameter("member"))

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

    return sheet_response(asked, form=form, kept=kept, shown=shown)
