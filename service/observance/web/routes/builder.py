"""`/questions/build`: a question made from choices, with its SPARQL and its answer."""

import pyoxigraph as ox
from flask import Blueprint, Response, make_response, render_template, request
from msgspec.structs import replace

from observance.core import ObservanceError
from observance.web.admission import admitted_query
from observance.web.audience import audience
from observance.web.language import language
from observance.web.problem_details import error_sentences, http_status
from observance.web.query_deadline import query_deadline
from observance.web.question_builder import MAX_STEPS, BuiltQuestion, built_question
from observance.web.request_parameters import accepts, page_number
from observance.web.result_tables import ResultTable, things_table
from observance.web.site import site

blueprint = Blueprint("builder", __name__)

_FIELDS = tuple(f"{name}{number}" for number in range(1, MAX_STEPS + 2) for name in ("kind", "link"))


@blueprint.get("/questions/build")
@accepts(*_FIELDS, "text", "page")
def page() -> Response:
    """The choices for the next step, and the answer to what has been chosen so far."""
    lang = language()
    built = built_question(request.args, rows=site().rows("builder-choices", lang))
    sparql = _query_text(built, lang=lang) if built.kind else None
    result, problem, status = None, None, 200
    if sparql is not None:
        try:
            result = _answer(sparql, built, lang=lang)
        except ObservanceError as error:
            problem, status = (error_sentences(error) or {})[lang], http_status(error)
    return make_response(render_template("build.html", built=built, sparql=sparql, result=result, problem=problem), status)


def _query_text(built: BuiltQuestion, *, lang: str) -> str:
    text = str(ox.Literal(built.text)) if built.text else ""
    return render_template("build.rq", kind=built.kind, steps=built.complete_steps, text=text, lang=lang)


def _answer(sparql: str, built: BuiltQuestion, *, lang: str) -> ResultTable:
    """The answer, asked as any query of a client is."""
    answer = site().kb.questions.ask(sparql, format="json", deadline=query_deadline(), audience=audience(), admission=admitted_query)
    table = things_table(answer.body, names=site().names(lang).get, page=page_number(), lang=lang)
    return replace(table, columns=tuple(built.columns))
