"""`/questions`: the catalogue, and each of its questions with a form, an answer and its SPARQL."""

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
from observance.web.language import NAMES, language
from observance.web.negotiation import prefers_html
from observance.web.problem_details import sentences_of, status_of
from observance.web.request_parameters import accepts
from observance.web.site import site
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
    """One question: its form, and its answer as soon as it has what it needs."""
    asked = site().kb.questions.catalogue.find(name)
    form, media_type = response_formats.requested_query_format(asked.text)
    values = _values(asked)
    if form != response_formats.PAGE:
        answer = site().kb.questions.answer(name, values, format=form)
        return response_formats.answer_response(answer, media_type=media_type, name=f"{name}.{form}" if "format" in request.args else None)
    if _unasked(asked, values):
        return make_response(_page(asked, values))
    try:
        found, basis = _answered(asked, values)
    except ObservanceError as error:
        sentence = (sentences_of(error) or {})[language()]
        return make_response(_page(asked, values, problem=sentence), status_of(error))
    return make_response(_page(asked, values, found=found, basis=basis))


def _values(asked: Question) -> dict[str, str]:
    """The parameters that were given; a field that was left empty is none, and labels are in the language of the page."""
    own = {name: value for name, value in request.args.items() if value.strip() and name not in ("format", "lang")}
    languages = {param.name: language() for param in asked.params if param.name == "lang"}
    return {**languages, **own}


def _unasked(asked: Question, values: Mapping[str, str]) -> bool:
    """Whether the form has not been filled in yet, though there is something to fill in."""
    needed = [param.name for param in asked.params if param.required]
    return any(name not in values for name in needed) and not any(name in request.args for name in needed)


def _answered(asked: Question, values: Mapping[str, str]) -> tuple[str | ResultTable, AnswerBasis | None]:
    answer = site().kb.questions.answer(asked.name, values, format=response_formats.page_result_format(asked.text))
    if response_formats.page_result_format(asked.text) == "turtle":
        return answer.body.decode(), answer.basis
    hidden = [param.name for param in asked.params if param.type == "lang" or param.name in layer_parameters(asked.layers)]
    return result_table(answer.body, anchors=site().kb.lookup.paragraphs.values(), hidden=hidden, lang=language()), answer.basis


def _page(
    asked: Question,
    values: Mapping[str, str],
    *,
    found: str | ResultTable | None = None,
    basis: AnswerBasis | None = None,
    problem: str | None = None,
) -> str:
    return render_template(
        "question.html",
        question=asked,
        fields=[(param, _choices(param), values.get(param.name, param.default or "")) for param in asked.params if param.name != "lang"],
        values=values,
        found=found,
        basis=basis_sentence(basis, lang=language()) if basis is not None else None,
        problem=problem,
        sparql=_bound(asked, values) if found is not None else asked.text,
        downloads=("turtle", "ntriples") if response_formats.page_result_format(asked.text) == "turtle" else ("json", "csv", "tsv"),
    )


def _choices(param: QueryParameter) -> list[tuple[str, str]]:
    """What can be chosen for a parameter, value and label; nothing for what is written by hand."""
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
            return [(code, NAMES[code]) for code in LANGUAGES]
        case _:
            return []


def _bound(asked: Question, values: Mapping[str, str]) -> str:
    """The SPARQL with the parameters written into it, ready to be changed; as it stands where it cannot be asked elsewhere."""
    if asked.layers:
        return asked.text
    try:
        return site().kb.questions.catalogue.bound_text(asked, values)
    except ObservanceError:
        return asked.text
