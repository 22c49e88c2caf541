"""The catalogue: queries with a header that documents them, and the binding of their parameters to terms.

A parameter's value is written in the place of the variable of its name, as a term, in every group of the query, so that it can never
become syntax (`oxishacl.bind_variables`). Without a value an optional parameter is an ordinary variable: it occurs in a pattern, or its
test begins with `!BOUND(?parameter) ||`. A query assigns no value to its parameters by AS or VALUES.
"""

import csv
import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from msgspec.structs import replace

from observance.core import LANGUAGES, PREFIXES, XSD, InconsistentDataError, NotFoundError, ObservanceError, UsageError, translate
from observance.questions.header import QueryHeader, read_header
from observance.questions.model import QueryParameter, Question, Task, Term
from oxishacl import OxishaclError, Token, bind_variables, sparql_tokens

Resolvers = Mapping[str, Callable[[str], str]]
"""For each resolved type of parameter, the function that turns a code or name into an IRI; may raise NotFoundError."""

_LEXICAL_FORMS: Final = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    "boolean": re.compile(r"true|false|1|0"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "dateTime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"),
}
# The caller, who has the knowledge, resolves values of these types.
_RESOLVED_TYPES: Final = frozenset({"party", "paragraph", "reading"})
# The parameters, name and type, that a question has because of its layers. They choose the dataset; the query may also use them.
_MOMENT: Final = (("asOf", "date"), ("knownAt", "dateTime"))
_EARLIER: Final = (("earlierAsOf", "date"), ("earlierKnownAt", "dateTime"))
_READING: Final = (("reading", "reading"),)
_WITHOUT_READING: Final = frozenset({"facts", "validation"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_MOST_REMEMBERED: Final = 256
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def read_catalogue(folder: Path) -> tuple[Question, ...]:
    """The questions of the folder's `*.rq` files in the order of their names; raises what `read_question` raises."""
    return tuple(
        read_question(path.stem, path.read_text(encoding="utf-8-sig")) for path in sorted(folder.glob("*.rq"), key=lambda path: path.stem)
    )


def read_question(name: str, text: str) -> Question:
    """The question in the text of the file `name`.rq; raises InconsistentDataError, which names the file and mostly the line."""
    file = f"{name}.rq"
    header = read_header(text, file=file)
    tokens = tuple(sparql_tokens(text))
    declared = [param.name for param in header.params]
    added = _undeclared_parameters(header.layers, declared=declared)
    for param in header.params:
        if declared.count(param.name) > 1:
            raise InconsistentDataError("querying.parameter-twice", file=file, name=param.name)
        if param.name not in layer_parameters(header.layers):
            _check_use(param, tokens=tokens, file=file)
        if param.default is not None and param.type not in _RESOLVED_TYPES:
            _check_default(param, file=file)
    _check_columns(header, tokens=tokens, file=file)
    return Question(
        name=name,
        summary=header.summary,
        paragraph=header.paragraph,
        params=(*header.params, *added),
        text=text,
        layers=header.layers,
        task=header.task,
        links=header.links,
        empty=header.empty,
        chart=header.chart,
    )


def read_tasks(file: Path) -> tuple[Task, ...]:
    """The groups of the catalogue in their order, from a table of names and headings; none if there is no such file."""
    if not file.exists():
        return ()
    with file.open(encoding="utf-8-sig", newline="") as table:
        return tuple(Task(row["task"], {lang: row[lang] for lang in LANGUAGES}) for row in csv.DictReader(table))


def used_parameters(question: Question) -> frozenset[str]:
    """The names of the parameters that occur in the query's text; one that only chooses the dataset need not occur."""
    variables = {token.text[1:] for token in sparql_tokens(question.text) if token.text[:1] in "?$"}
    return frozenset(param.name for param in question.params if param.name in variables)


def layer_parameters(layers: Collection[str]) -> dict[str, str]:
    """The parameters, name to type, that choose the dataset of a question with these layers."""
    reading = _READING if set(layers) - _WITHOUT_READING and "readings" not in layers else ()
    return dict([*_MOMENT, *reading, *(_EARLIER if "earlier" in layers else ())]) if layers else {}


def _undeclared_parameters(layers: Collection[str], *, declared: Collection[str]) -> Iterable[QueryParameter]:
    """The parameters of the layers that the header does not declare."""
    for name, kind in layer_parameters(layers).items():
        if name not in declared:
            label = {lang: translate(f"querying.choice-{name}", lang) for lang in LANGUAGES}
            yield QueryParameter(name=name, type=kind, required=False, default=None, label=label)


def question_to_json(question: Question, *, lang: str) -> dict[str, Any]:
    """The question as JSON, with its summary in the language and in all languages."""
    return {
        "name": question.name,
        "summary": question.summary[lang],
        "summaries": dict(question.summary),
        "paragraph": question.paragraph,
        "params": [
            {"name": param.name, "type": param.type, "required": param.required, "default": param.default, "label": dict(param.label)}
            for param in question.params
        ],
    }


@lru_cache(_MOST_REMEMBERED)
def query_form(text: str) -> str:
    """The form of the query: SELECT, also for a text with none, ASK, CONSTRUCT or DESCRIBE."""
    return next((token.keyword for token in sparql_tokens(text) if token.keyword in _FORMS), "SELECT")


def find_question(name: str, *, questions: Sequence[Question]) -> Question:
    """The question of that name; raises NotFoundError, which names the nearest one."""
    for candidate in questions:
        if candidate.name == name:
            return candidate
    nearest = _nearest(name, [candidate.name for candidate in questions])
    raise NotFoundError("querying.no-query-near" if nearest else "querying.no-query", name=name, nearest=nearest)


def bind_parameters(question: Question, values: Mapping[str, str], *, resolvers: Resolvers) -> dict[str, Term]:
    """A term for each parameter that has a value or a default.

    Raises UsageError for an unknown or missing parameter and for a value that is not of the type, and what the resolvers raise.
    """
    params = {param.name: param for param in question.params}
    for name in values:
        if name not in params:
            nearest = _nearest(name, params)
            key = "querying.no-parameter-near" if nearest else "querying.no-parameter"
            raise UsageError(key, name=name, query=question.name, nearest=nearest)
    terms: dict[str, Term] = {}
    for param in question.params:
        value = values.get(param.name, param.default)
        if value is not None:
            terms[param.name] = _term(param, value, resolvers=resolvers)
        elif param.required:
            raise UsageError("querying.missing-parameter", name=param.name, type=param.type, query=question.name)
    return terms


def parameter_errors(question: Question, values: Mapping[str, str], *, resolvers: Resolvers) -> dict[str, ObservanceError]:
    """The error of each parameter whose value is missing or not of its type, by the parameter's name."""
    errors: dict[str, ObservanceError] = {}
    for param in question.params:
        own = {param.name: values[param.name]} if param.name in values else {}
        try:
            bind_parameters(replace(question, params=(param,)), own, resolvers=resolvers)
        except ObservanceError as error:
            errors[param.name] = error
    return errors


def bound_text(question: Question, terms: Mapping[str, Term]) -> str:
    """The query with the terms in the places of its parameters; raises InconsistentDataError for a query that cannot take them."""
    try:
        return bind_variables(question.text, terms, prefixes=PREFIXES)
    except OxishaclError as error:
        raise InconsistentDataError("querying.not-bindable", file=f"{question.name}.rq", problem=error) from None


def _check_use(param: QueryParameter, *, tokens: Sequence[Token], file: str) -> None:
    variables = {f"?{param.name}", f"${param.name}"}
    if not any(token.text in variables for token in tokens):
        raise InconsistentDataError("querying.parameter-unused", file=file, name=param.name)


def _check_columns(header: QueryHeader, *, tokens: Sequence[Token], file: str) -> None:
    """Raise InconsistentDataError for a column of the header that no variable of the query has the name of."""
    variables = {token.text[1:] for token in tokens if token.text[:1] in "?$"}
    charted = (header.chart.label, *header.chart.values) if header.chart else ()
    for name in (*header.links, *header.links.values(), *charted):
        if name not in variables:
            raise InconsistentDataError("querying.column-unknown", file=file, name=name)


def _check_default(param: QueryParameter, *, file: str) -> None:
    try:
        _term(param, param.default or "", resolvers={})
    except UsageError:
        raise InconsistentDataError("querying.parameter-default", file=file, name=param.name, type=param.type) from None


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)), "")


def _term(param: QueryParameter, value: str, *, resolvers: Resolvers) -> Term:
    """The value as a term of the parameter's type; raises UsageError."""
    try:
        if param.type == "iri":
            return ox.NamedNode(_expand_iri(value))
        if param.type in _RESOLVED_TYPES:
            return ox.NamedNode(resolvers[param.type](_expand_iri(value) if ":" in value else value))
        return _literal(param.type, value)
    except ValueError:
        raise UsageError("querying.wrong-type", name=param.name, type=param.type, value=value) from None


def _expand_iri(value: str) -> str:
    """The absolute IRI of a prefixed name of the project or of an absolute IRI; raises ValueError for any other text."""
    prefix, _, local = value.partition(":")
    if prefix in PREFIXES and not local.startswith("//"):
        return PREFIXES[prefix] + local
    if not _IRI.fullmatch(value):
        raise ValueError(value)
    return value


def _literal(kind: str, value: str) -> ox.Literal:
    if kind == "string":
        return ox.Literal(value)
    if kind == "lang":
        if not _LANGUAGE.fullmatch(value):
            raise ValueError(value)
        return ox.Literal(value.lower())
    if not _LEXICAL_FORMS[kind].fullmatch(value):
        raise ValueError(value)
    if kind == "date":
        date.fromisoformat(value)
    elif kind == "dateTime":
        datetime.fromisoformat(value)
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
