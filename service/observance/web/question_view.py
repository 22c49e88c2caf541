"""View models of the catalogue for people: its groups, the form of a question, its answer, and why an answer is empty."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from flask import request, url_for
from markupsafe import Markup
from msgspec import Struct

from observance.core import LANGUAGES, AnswerBasis, ObservanceError, translate, unaccented
from observance.questions import QueryParameter, Question, basis_sentence, layer_parameters, parameter_errors
from observance.web import response_formats
from observance.web.answer_chart import answer_chart
from observance.web.audience import audience
from observance.web.language import LANGUAGE_NAMES, language
from observance.web.problem_details import error_sentences
from observance.web.result_tables import ResultTable, answer_table
from observance.web.site import site
from observance.web.status_disclosure import disclosed_parameters

_NOT_PARAMETERS: Final = ("format", "lang", "page", "bom", "register")
_DAY_FIELDS: Final = ("asOf", "earlierAsOf", "date", "knownAt", "earlierKnownAt")


def grouped_questions(words: str, *, lang: str) -> list[tuple[str, list[Question]]]:
    """The questions by task, each task with its heading, and last those of no task; with `words`, those that hold all of them."""
    catalogue = site().kb.questions.catalogue
    wanted = unaccented(words).split()
    headings = {task.name: task.label[lang] for task in catalogue.tasks}
    groups: dict[str, list[Question]] = {name: [] for name in [*headings, ""]}
    for question in catalogue.questions:
        name = question.task if question.task in headings else ""
        text = searched_text(question, heading=headings.get(name, ""), lang=lang)
        if all(word in text for word in wanted):
            groups[name].append(question)
    return [(headings.get(name) or translate("questions.no-task", lang), group) for name, group in groups.items() if group]


def searched_text(question: Question, *, heading: str, lang: str) -> str:
    """What a filter looks in: the question, its heading and its paragraphs, without accents and capitals."""
    paragraphs = translate("web.about-paragraphs", lang, numbers=question.paragraph) if question.paragraph else ""
    return unaccented(f"{question.summary[lang]} {heading} {paragraphs}")


def parameter_values(question: Question) -> dict[str, str]:
    """The values of the parameters, without empty fields; a parameter `lang` has the language of the page."""
    typed = {name: value for name, value in request.args.items() if value.strip() and name not in _NOT_PARAMETERS}
    languages = {param.name: language() for param in question.params if param.name == "lang"}
    return {**languages, **typed}


class QuestionField(Struct, frozen=True):
    """A field of the form: its parameter, the choices for it (value and label; none for a text field), and its value."""

    param: QueryParameter
    choices: Sequence[tuple[str, str]]
    value: str

    @property
    def input_type(self) -> str:
        """The type of the field in HTML."""
        return "date" if self.param.type == "date" else "text"


class NextStep(Struct, frozen=True):
    """What one can do after an empty answer: a sentence and an address."""

    sentence: str
    address: str


class Answer(Struct, frozen=True):
    """An answer for people: a table or a graph in Turtle, its basis in words, its drawing; for an empty one why, and the next steps."""

    result: str | ResultTable
    basis: str | None
    moment: Mapping[str, str] | None = None
    reasons: Sequence[str] = ()
    steps: Sequence[NextStep] = ()
    chart: Markup | None = None


class QuestionView:
    """A question with the values that were typed, in one language."""

    def __init__(self, question: Question, values: Mapping[str, str], *, lang: str) -> None:
        """Read nothing yet."""
        self.question, self.values, self.lang = question, values, lang

    @property
    def is_incomplete(self) -> bool:
        """Whether the question needs values and the request names none of them, nor an unknown one: the form has no error then."""
        required = [param.name for param in self.question.params if param.required]
        if self.values.keys() - {param.name for param in self.question.params}:
            return False
        return any(name not in self.values for name in required) and not any(name in request.args for name in required)

    @cached_property
    def fields(self) -> list[QuestionField]:
        """The fields of the form; the language is that of the page."""
        params = [param for param in self.question.params if param.name != "lang"]
        return [QuestionField(param, self._choices(param), self.values.get(param.name, param.default or "")) for param in params]

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The parameters that narrow the answer, each with its value in words."""
        optional = [field for field in self.fields if not field.param.required and self.values.get(field.param.name, "")]
        return [(field.param.name, dict(field.choices).get(field.value, field.value)) for field in optional]

    @property
    def sparql(self) -> str:
        """The query with the values inlined; unchanged for a question with layers or if that fails."""
        if self.question.layers:
            return self.question.text
        try:
            return site().kb.questions.catalogue.bound_text(self.question, self.values)
        except ObservanceError:
            return self.question.text

    @property
    def downloads(self) -> tuple[str, ...]:
        """The formats in which the answer can be had."""
        return (
            ("turtle", "ntriples")
            if response_formats.page_result_format(self.question.text) == "turtle"
            else ("xlsx", "csv", "json", "tsv")
        )

    @property
    def given(self) -> frozenset[str]:
        """The parameters with a value: typed, of the header, or of the moment and reading."""
        defaults = {param.name for param in self.question.params if param.default is not None}
        return frozenset(self.values.keys() | defaults | layer_parameters(self.question.layers).keys())

    def parameter_errors(self, error: ObservanceError) -> dict[str, str]:
        """The sentence for each field that is at fault; for `error`, which asking gave, the field of the day or time that it names."""
        resolvers = site().kb.questions.catalogue.resolvers
        errors = parameter_errors(self.question, self.values, resolvers=resolvers)
        if not errors:
            told = " ".join(str(value) for value in error.values.values())
            named = [name for name in _DAY_FIELDS if self.values.get(name, "")[:10] and self.values[name][:10] in told]
            errors = dict.fromkeys(named[:1], error)
        return {name: (error_sentences(found) or {})[self.lang] for name, found in errors.items()}

    def _choices(self, param: QueryParameter) -> list[tuple[str, str]]:
        lang = self.lang
        if param.choices:
            return [(row["value"], row["label"]) for row in site().rows(param.choices, lang)]
        match param.type:
            case "party":
                return [(row["code"], f"{row['code']} · {row['name']}") for row in site().rows("bearers", lang)]
            case "paragraph":
                labels = {block.number: block.row.get("label", "") for block in site().blocks(lang)}
                return [(number, f"{number} · {labels.get(number, '')}") for number in site().kb.lookup.paragraphs]
            case "reading":
                return [(reading.name, reading.label.get(lang, reading.name)) for reading in site().kb.assessment.readings.values()]
            case "boolean":
                return [(value, translate(f"web.{word}", lang)) for value, word in (("true", "yes"), ("false", "no"))]
            case "lang":
                return [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]
            case _:
                return []


def answer_for_people(view: QuestionView, *, page: int) -> Answer:
    """The answer to the question, the page with this number of a table; raises what asking raises."""
    question = view.question
    response_format = response_formats.page_result_format(question.text)
    answer = site().kb.questions.answer(
        question.name, disclosed_parameters(question, view.values), format=response_format, audience=audience()
    )
    basis = basis_sentence(answer.basis, lang=view.lang) if answer.basis is not None else None
    moment = None if answer.basis is None else {"asOf": answer.basis.as_of.isoformat(), "knownAt": answer.basis.known_at}
    if response_format == "turtle":
        return Answer(answer.body.decode(), basis, moment)
    table = answer_table(answer.body, question, given=view.given, names=site().names(view.lang).get, page=page, lang=view.lang)
    if table.rows or table.boolean is not None:
        return Answer(table, basis, moment, chart=answer_chart(answer.body, question, lang=view.lang))
    return Answer(table, basis, moment, _reasons(view, answer.basis), _next_steps(view))


def _reasons(view: QuestionView, basis: AnswerBasis | None) -> list[str]:
    """Why an answer is empty: what that means for this question, what narrows it, and what the register leaves open."""
    reasons = [view.question.empty[view.lang]] if view.question.empty else []
    if view.chosen:
        reasons.append(translate("questions.empty-chosen", view.lang, values=", ".join(label for _, label in view.chosen)))
    if view.question.layers and basis is not None:
        key = "questions.empty-register" if site().rows("completeness") else "questions.empty-unknown"
        reasons.append(translate(key, view.lang))
    elif not reasons:
        reasons.append(translate("questions.empty-knowledge", view.lang))
    return reasons


def _next_steps(view: QuestionView) -> list[NextStep]:
    """The question without each of the values that narrow it, and where to see what the register is complete about."""

    def address(values: Mapping[str, str]) -> str:
        path = url_for("questions.question", name=view.question.name)
        return f"{path}?{urlencode({**values, 'lang': view.lang})}"

    steps = [
        NextStep(translate("questions.ask-without", view.lang, value=label), address({n: v for n, v in view.values.items() if n != name}))
        for name, label in view.chosen
    ]
    if view.question.layers:
        steps.append(NextStep(translate("questions.see-duties", view.lang), url_for("duties.page", lang=view.lang)))
    return steps
