"""`/questions`: the catalogue; `/questions/<name>`: a question with its form, answer and SPARQL text."""

import json
from collections.abc import Mapping

from flask import Blueprint, Response, make_response, render_template, request

from observance.core import LANGUAGES, AnswerBasis, ObservanceError
from observance.questions import (
    QueryParameter,
    Question,
    basis_sentence,
    layer_parameters,
    question_to_json,
)
from observance.web import response_formats
from observance.web.audience import audience
from observance.web.language import LANGUAGE_NAMES, language
from observance.web.negotiation import prefers_html
from observance.web.problem_details import error_sentences, http_status
from observance.web.request_parameters import accepts
from observance.web.site import site
from observance.web.status_disclosure import disclosed_parameters
from observance.web.views import ResultTable, result_table

blueprint = Blueprint("questions", __name__)


@blueprint.get("/questions")
def listing() -> Response:
    """The catalogue, as a page or as JSON."""
    lang = language()
    questions = site().kb.questions.catalogue.questions
    if prefers_html():
        return make_response(render_template("questions.html", questions=questions))
    body = json.dumps([question_to_json(question, lang=lang) for question in questions], ensure_ascii=False, indent=2) + "\n"
    return Response(body, content_type="application/json")


@blueprint.get("/questions/<name>")
@accepts(others=True)
def question(name: str) -> Response:
    """One question: its form, and its answer once all required parameters have values."""
    catalogue_question = site().kb.questions.catalogue.find(name)
    response_format, media_type = response_formats.requested_query_format(catalogue_question.text)
    values = _parameter_values(catalogue_question)
    if response_format != response_formats.PAGE:
        answer = site().kb.questions.answer(
            name, disclosed_parameters(catalogue_question, values), format=response_format, audience=audience()
        )
        return response_formats.answer_response(
            answer, media_type=media_type, name=f"{name}.{response_format}" if "format" in request.args else None
        )
    if _is_incomplete(catalogue_question, values):
        return make_response(_page(catalogue_question, values))
    try:
        result, basis = _answer(catalogue_question, values)
    except ObservanceError as error:
        sentence = (error_sentences(error) or {})[language()]
        return make_response(_page(catalogue_question, values, problem=sentence), http_status(error))
    return make_response(_page(catalogue_question, values, result=result, basis=basis))


def _parameter_values(question: Question) -> dict[str, str]:
    """The values of the parameters, without empty fields; a parameter `lang` has the language of the page."""
    typed = {name: value for name, value in request.args.items() if value.strip() and name not in ("format", "lang")}
    languages = {param.name: language() for param in question.params if param.name == "lang"}
    return {**languages, **typed}


def _is_incomplete(question: Question, values: Mapping[str, str]) -> bool:
    """Whether the question has required parameters and the request none of them, nor an unknown one: the form is shown without an error."""
    required = [param.name for param in question.params if param.required]
    if values.keys() - {param.name for param in question.params}:
        return False
    return any(name not in values for name in required) and not any(name in request.args for name in required)


def _answer(question: Question, values: Mapping[str, str]) -> tuple[str | ResultTable, AnswerBasis | None]:
    response_format = response_formats.page_result_format(question.text)
    answer = site().kb.questions.answer(question.name, disclosed_parameters(question, values), format=response_format, audience=audience())
    if response_format == "turtle":
        return answer.body.decode(), answer.basis
    hidden = [param.name for param in question.params if param.type == "lang" or param.name in layer_parameters(question.layers)]
    return result_table(answer.body, anchors=site().kb.lookup.paragraphs.values(), hidden=hidden, lang=language()), answer.basis


def _page(
    question: Question,
    values: Mapping[str, str],
    *,
    result: str | ResultTable | None = None,
    basis: AnswerBasis | None = None,
    problem: str | None = None,
) -> str:
    return render_template(
        "question.html",
        question=question,
        fields=[(param, _choices(param), values.get(param.name, param.default or "")) for param in question.params if param.name != "lang"],
        values=values,
        result=result,
        basis=basis_sentence(basis, lang=language()) if basis is not None else None,
        problem=problem,
        sparql=_bound_text(question, values) if result is not None else question.text,
        downloads=("turtle", "ntriples") if response_formats.page_result_format(question.text) == "turtle" else ("json", "csv", "tsv"),
    )


def _choices(param: QueryParameter) -> list[tuple[str, str]]:
    """The choices for a parameter, value and label; empty for a text field."""
    lang = language()
    match param.type:
        case "party":
            return [(row["code"], f"{row['code']} · {row['name']}") for row in site().rows("bearers", lang)]
        case "paragraph":
            labels = {block.number: block.row.get("label", "") for block in site().blocks(lang)}
            return [(number, f"{number} · {labels.get(number, '')}") for number in site().kb.lookup.paragraphs]
        case "reading":
            return [(reading.name, reading.label.get(lang, reading.name)) for reading in site().kb.assessment.readings.values()]
        case "boolean":
            return [("true", response_formats.request_message("web.yes")), ("false", response_formats.request_message("web.no"))]
        case "lang":
            return [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]
        case _:
            return []


def _bound_text(question: Question, values: Mapping[str, str]) -> str:
    """The query with the values of its parameters inlined; unchanged for a question with layers or if that fails."""
    if question.layers:
        return question.text
    try:
        return site().kb.questions.catalogue.bound_text(question, values)
    except ObservanceError:
        return question.text
