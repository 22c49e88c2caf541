"""The handler for the comparison of progress between Members."""

from observance.benchmarking import GROUPINGS, benchmark_to_json, build_benchmark, build_comparison_sheet, cube_turtle
from observance.core import SerializedAnswer, translate
from observance.handlers.meetings import sheet_view, sheet_writer
from observance.handlers.requests import BenchmarkRequest
from observance.handlers.table import HandlerContext, turtle_answer


def benchmark(request: BenchmarkRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the counts by the grouping; raises UsageError for an unknown grouping, NotFoundError for an unknown party."""
    assessments, by = context.assessments(request), request.by
    result = build_benchmark(assessments, store=context.ready_store(assessments))
    result.members_by_group(by)
    party = context.kb.lookup.party(request.member) if request.member else None
    writer = sheet_writer(result.assessment_set, request)
    if request.format == "turtle":
        return turtle_answer(cube_turtle(result, by=by))
    if request.format == "json":
        return context.json_answer(benchmark_to_json(result, by=by, writer=writer, member=party))
    members = [(iri, writer.verbaliser.name(iri)) for iri in result.members]
    return context.json_answer({
        **sheet_view(build_comparison_sheet(result, by=by, writer=writer, member=party), request, assessments),
        "member": party or "",
        "by": [(name, translate(f"review.by-{name}", writer.lang)) for name in GROUPINGS],
        "members": [("", translate("review.all-members", writer.lang)), *members],
    })  # fmt: skip
