"""`/questions`: the catalogue by task; `/questions/<name>`: a question with its form, answer and SPARQL text."""

import json

from flask import Blueprint, Response, make_response, render_template, request

from observance.core import ObservanceError
from observance.questions import QuestionRequest, question_to_json
from observance.web import response_formats
from observance.web.audience import audience
from observance.web.export_requests import export_response
from observance.web.language import language
from observance.web.negotiation import prefers_html
from observance.web.problem_details import error_sentences, http_status
from observance.web.question_view import Answer, QuestionView, answer_for_people, grouped_questions, parameter_values
from observance.web.request_parameters import accepts, page_number, parameter
from observance.web.site import site
from observance.web.status_disclosure import disclosed_parameters

blueprint = Blueprint("questions", __name__)


@blueprint.get("/questions")
@accepts("q")
def listing() -> Response:
    """The catalogue by task, or the questions whose words hold those of `q`, as a page; all of it as JSON."""
    lang = language()
    questions = site().kb.questions.catalogue.questions
    if prefers_html():
        words = request.args.get("q", "").strip()
        groups = grouped_questions(words, lang=lang)
        shown = sum(len(group) for _, group in groups)
        return make_response(render_template("questions.html", groups=groups, words=words, shown=shown, total=len(questions)))
    body = json.dumps([question_to_json(question, lang=lang) for question in questions], ensure_ascii=False, indent=2) + "\n"
    return Response(body, content_type="application/json")


@blueprint.get("/questions/<name>")
@accepts(others=True)
def question(name: str) -> Response:
    """One question: its form, and its answer once all required parameters have values."""
    asked = site().kb.questions.catalogue.find(name)
    response_format, media_type = response_formats.requested_query_format(asked.text)
    values = parameter_values(asked)
    if response_format == "xlsx" or (response_format == "csv" and parameter("bom")):
        disclosed = disclosed_parameters(asked, values)
        return export_response(QuestionRequest(name=name, format="json", params=disclosed, audience=audience()), format=response_format)
    if response_format != response_formats.PAGE:
        answer = site().kb.questions.answer(name, disclosed_parameters(asked, values), format=response_format, audience=audience())
        return response_formats.answer_response(
            answer, media_type=media_type, name=f"{name}.{response_format}" if "format" in request.args else None
        )
    view = QuestionView(asked, values, lang=language())
    if view.is_incomplete:
        return make_response(_page(view))
    try:
        return make_response(_page(view, answer=answer_for_people(view, page=page_number())))
    except ObservanceError as error:
        errors = view.parameter_errors(error)
        problem = None if errors else (error_sentences(error) or {})[view.lang]
        return make_response(_page(view, errors=errors, problem=problem), http_status(error))


def _page(view: QuestionView, *, answer: Answer | None = None, errors: dict[str, str] | None = None, problem: str | None = None) -> str:
    return render_template("question.html", view=view, question=view.question, answer=answer, errors=errors or {}, problem=problem)
