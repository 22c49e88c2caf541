"""`/benchmarking`: progress compared, by standard, region or peer group, and the cube behind it."""

import json

from flask import Blueprint, Response, make_response, render_template, request, url_for

from observance.assessment.tell import Teller
from observance.phrases import say
from observance.review import cube, sheet, tell_compare
from observance.review.compare import BY, Benchmark, benchmark
from observance.review.tell import Speaker
from observance.web.formats import data_wanted
from observance.web.language import language, link
from observance.web.moment import readings, wanted
from observance.web.site import site

blueprint = Blueprint("benchmarking", __name__)
_TURTLE = "text/turtle"


@blueprint.get("/benchmarking")
def page() -> Response:
    """The counts as a page, as JSON, or as a Data Cube in Turtle."""
    asked_for, by = wanted(), request.args.get("by") or BY[0]
    found = benchmark(asked_for.answers())
    found.grouped(by)
    member = request.args.get("member", "").strip()
    party = site().house.party(member) if member else None
    speaker = Speaker(Teller(found.answers.case, language()))
    if request.args.get("format") == "turtle":
        return Response(cube.as_turtle(found, by=by), content_type=f"{_TURTLE}; charset=utf-8")
    if data_wanted():
        told = tell_compare.as_object(found, by=by, speaker=speaker, member=party)
        return Response(json.dumps(told, ensure_ascii=False, indent=2) + "\n", content_type="application/json")
    told_sheet = tell_compare.sheet(found, by=by, speaker=speaker, member=party)
    kept = {**dict(asked_for.values), "by": by}
    return make_response(
        render_template(
            "review.html",
            sheet=told_sheet,
            body=sheet.fragment(told_sheet, lang=language(), address=site().paragraph_address(link)),
            form=url_for("benchmarking.page"),
            values={**kept, "member": party or ""},
            readings=readings(language()),
            choices=_choices(found, speaker=speaker),
            back=None,
            downloads=[(form, link("benchmarking.page", format=form, **kept)) for form in ("json", "turtle")],
        )
    )


def _choices(found: Benchmark, *, speaker: Speaker) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What else can be chosen: the name of the field, its label, its values."""
    lang = speaker.lang
    by = [(name, say(f"review.by-{name}", lang)) for name in BY]
    members = [("", say("review.all-members", lang)), *((party, speaker.teller.name(party)) for party in found.members)]
    return [("by", say("web.review-by", lang), by), ("member", say("web.review-member", lang), members)]
