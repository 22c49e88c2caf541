"""The catalogue: queries with a header that documents them, and the binding of their parameters to terms.

A parameter's value is written in the place of the variable of its name, as a term, in every group of the query, so that it can never
become syntax (`oxishacl.bind_variables`). Without a value an optional parameter is an ordinary variable: it occurs in a pattern, or its
test begins with `!BOUND(?parameter) ||`. A query assigns no value to its parameters by AS or VALUES.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import LANGUAGES, PREFIXES, XSD, InconsistentDataError, NotFoundError, UsageError, translate
from observance.questions.model import LAYERS, QueryParameter, Question, Term
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
    return Question(
        name=name, summary=header.summary, paragraph=header.paragraph, params=(*header.params, *added), text=text, layers=header.layers
    )


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


TYPES: Final = ("iri", "string", "date", "dateTime", "integer", "decimal", "boolean", "party", "paragraph", "reading", "lang")

_LINE: Final = re.compile(r"#\+ (?P<indent>  - |    |)(?P<key>[a-z]+(?:\.[a-z]+)?):(?: (?P<value>\S.*?))?\s*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SUMMARY_KEYS: Final = {f"summary.{lang}" for lang in LANGUAGES}
_LABEL_KEYS: Final = {f"label.{lang}" for lang in LANGUAGES}
_TOP_KEYS: Final = _SUMMARY_KEYS | {"paragraph", "question", "with", "params"}
_PARAMETER_KEYS: Final = _LABEL_KEYS | {"name", "type", "required", "default"}


class QueryHeader(Struct, frozen=True):
    """The header of a catalogue query; `questions` are the numbers of the competency questions."""

    summary: Mapping[str, str]
    paragraph: str | None
    questions: tuple[int, ...]
    layers: tuple[str, ...]
    params: tuple[QueryParameter, ...]


def without_header(text: str) -> str:
    """The text of a catalogue query without its header."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+")).strip() + "\n"


class _HeaderReader(Struct):
    """The state of reading a header: the current line, the top-level keys and the parameters read so far."""

    file: str
    line: int = 0
    top: dict[str, str] = field(default_factory=dict)
    params: list[dict[str, str]] = field(default_factory=list)

    def error(self, key: str, /, **values: object) -> InconsistentDataError:
        return InconsistentDataError(f"querying.{key}", file=self.file, line=self.line, **values)


def read_header(text: str, *, file: str) -> QueryHeader:
    """The header at the top of the query's text; raises InconsistentDataError, which names `file` and the line."""
    reader = _HeaderReader(file)
    body = False
    for reader.line, line in enumerate(text.splitlines(), start=1):
        body = body or not line.startswith("#")
        if line.startswith("#+"):
            if body:
                raise reader.error("header-late")
            _read_line(line, reader=reader)
    missing = sorted(_SUMMARY_KEYS - reader.top.keys())
    if missing:
        raise reader.error("header-missing", key=missing[0])
    return QueryHeader(
        summary={lang: reader.top[f"summary.{lang}"] for lang in LANGUAGES},
        paragraph=_normalise_list(reader.top.get("paragraph")),
        questions=_competency_questions(reader),
        layers=_layers(reader),
        params=tuple(_parameter(param, reader=reader) for param in reader.params),
    )


def _read_line(line: str, *, reader: _HeaderReader) -> None:
    match = _LINE.fullmatch(line)
    if match is None:
        raise reader.error("header-line")
    indent, key, value = match["indent"], match["key"], match["value"] or ""
    if indent and "params" not in reader.top:
        raise reader.error("header-line")
    if indent == "  - ":
        reader.params.append({})
    elif indent and not reader.params:
        raise reader.error("header-line")
    fields, allowed = (reader.params[-1], _PARAMETER_KEYS) if indent else (reader.top, _TOP_KEYS)
    if key not in allowed:
        raise reader.error("header-key", key=key)
    if key in fields:
        raise reader.error("header-twice", key=key)
    if bool(value) == (key == "params"):
        raise reader.error("header-value", key=key)
    fields[key] = value


def _normalise_list(value: str | None) -> str | None:
    return None if value is None else ", ".join(part.strip() for part in value.split(","))


def _competency_questions(reader: _HeaderReader) -> tuple[int, ...]:
    parts = [part.strip() for part in reader.top.get("question", "").split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise reader.error("header-value", key="question")
    return tuple(int(part) for part in parts)


def _layers(reader: _HeaderReader) -> tuple[str, ...]:
    layers = [part.strip() for part in reader.top.get("with", "").split(",") if part.strip()]
    if not set(layers) <= set(LAYERS):
        raise reader.error("header-value", key="with")
    return tuple(layers)


def _parameter(fields: Mapping[str, str], *, reader: _HeaderReader) -> QueryParameter:
    for key in ("name", "type", *sorted(_LABEL_KEYS)):
        if key not in fields:
            raise reader.error("header-missing", key=key)
    required = fields.get("required", "false")
    if not _NAME.fullmatch(fields["name"]):
        raise reader.error("header-value", key="name")
    if fields["type"] not in TYPES:
        raise reader.error("header-value", key="type")
    if required not in ("true", "false") or (required == "true" and "default" in fields):
        raise reader.error("header-value", key="required")
    return QueryParameter(
        name=fields["name"],
        type=fields["type"],
        required=required == "true",
        default=fields.get("default"),
        label={lang: fields[f"label.{lang}"] for lang in LANGUAGES},
    )
