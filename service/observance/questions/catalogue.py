"""The catalogue: queries with a documented header, and their parameters as terms.

A parameter's value replaces the variable of its name in the algebra (SEP-0007), so it can never become syntax. What
the author of a query must respect, as measured with pyoxigraph 0.5.13; `read` refuses what it can see of it:

- SELECT must project the parameter (or be `SELECT *`); ASK, CONSTRUCT and DESCRIBE must use it in a pattern, because
  in a FILTER alone ASK fails and CONSTRUCT answers nothing, without a word.
- A parameter that may be left out stands in a triple or GRAPH pattern of the outermost group: given, it narrows the
  answer; left out, it is an ordinary variable. In a FILTER alone it must be required or have a default.
- Never BOUND(?parameter): the optimiser takes it for unbound and drops the test, so that
  `FILTER(!BOUND(?member) || ?s = ?member)` lets everything through. Neither BIND nor VALUES may assign it.
- A sub-select sees it only when it projects it, and groups by it when it groups.
- Used together with `--endpoint` (see `inline`), a FILTER inside a nested group does not see it: repeat the pattern.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import LANGUAGES, PREFIXES, XSD, InconsistentDataError, NotFoundError, UsageError, translate
from observance.questions.model import LAYERS, QueryParameter, Question, Term
from oxishacl import Token, sparql_tokens

Resolve = Mapping[str, Callable[[str], str]]

_LEXICAL: Final = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    "boolean": re.compile(r"true|false|1|0"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "dateTime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"),
}
# Their values are looked up by the caller, who has the knowledge.
_RESOLVED: Final = frozenset({"party", "paragraph", "reading"})
# What a question with layers also takes: name and type, and the layers that need it. They choose what it is asked of; the query may use
# them as it uses its own.
_MOMENT: Final = (("asOf", "date"), ("knownAt", "dateTime"))
_EARLIER: Final = (("earlierAsOf", "date"), ("earlierKnownAt", "dateTime"))
_READING: Final = (("reading", "reading"),)
_UNREAD: Final = frozenset({"facts", "validation"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def read_catalogue(folder: Path) -> tuple[Question, ...]:
    """The questions of the folder's `*.rq` files in the order of their names; InconsistentDataError names file and line."""
    return tuple(
        read_question(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.rq"), key=lambda path: path.stem)
    )


def read_question(name: str, text: str) -> Question:
    """The question that the text of the file `name`.rq holds."""
    file = f"{name}.rq"
    head = read_header(text, file=file)
    cut = tuple(sparql_tokens(text))
    names = [param.name for param in head.params]
    chosen = _choosing(head.layers, given=names)
    for param in head.params:
        if names.count(param.name) > 1:
            raise InconsistentDataError("querying.parameter-twice", file=file, name=param.name)
        if param.name not in layer_parameters(head.layers):
            _check_use(param, cut=cut, file=file)
        if param.default is not None and param.type not in _RESOLVED:
            _check_default(param, file=file)
    return Question(
        name=name, summary=head.summary, paragraph=head.paragraph, params=(*head.params, *chosen), text=text, layers=head.layers
    )


def used_parameters(question: Question) -> frozenset[str]:
    """The parameters that the query's text uses; those that only choose what it is asked of may be missing."""
    found = {token.text[1:] for token in sparql_tokens(question.text) if token.text[:1] in "?$"}
    return frozenset(param.name for param in question.params if param.name in found)


def layer_parameters(layers: Collection[str]) -> dict[str, str]:
    """The parameters, name to type, that choose what a question with these layers is asked of."""
    reads = _READING if set(layers) - _UNREAD and "readings" not in layers else ()
    return dict([*_MOMENT, *reads, *(_EARLIER if "earlier" in layers else ())]) if layers else {}


def _choosing(layers: Collection[str], *, given: Collection[str]) -> Iterable[QueryParameter]:
    """Those that the header does not describe itself."""
    for name, kind in layer_parameters(layers).items():
        if name not in given:
            label = {lang: translate(f"querying.choice-{name}", lang) for lang in LANGUAGES}
            yield QueryParameter(name=name, type=kind, required=False, default=None, label=label)


def question_object(question: Question, *, lang: str) -> dict[str, Any]:
    """The question for programs, its summary in the language and in every other."""
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


def find_question(name: str, *, questions: Sequence[Question]) -> Question:
    """The question of that name; NotFoundError names the nearest one."""
    for candidate in questions:
        if candidate.name == name:
            return candidate
    nearest = _nearest(name, [candidate.name for candidate in questions])
    raise NotFoundError("querying.no-query-near" if nearest else "querying.no-query", name=name, nearest=nearest)


def bind_parameters(question: Question, values: Mapping[str, str], *, resolve: Resolve) -> dict[str, Term]:
    """A term for each parameter that is given or has a default.

    `resolve` turns the code or IRI of a `party`, `paragraph` or `reading` into its IRI and may raise NotFoundError. Raises
    UsageError for an unknown or missing parameter and for a value that is not of the type.
    """
    params = {param.name: param for param in question.params}
    for name in values:
        if name not in params:
            nearest = _nearest(name, params)
            phrase = "querying.no-parameter-near" if nearest else "querying.no-parameter"
            raise UsageError(phrase, name=name, query=question.name, nearest=nearest)
    terms: dict[str, Term] = {}
    for param in question.params:
        value = values.get(param.name, param.default)
        if value is not None:
            terms[param.name] = _term(param, value, resolve=resolve)
        elif param.required:
            raise UsageError("querying.missing-parameter", name=param.name, type=param.type, query=question.name)
    return terms


def _check_use(param: QueryParameter, *, cut: Sequence[Token], file: str) -> None:
    variables = {f"?{param.name}", f"${param.name}"}
    if not any(token.text in variables for token in cut):
        raise InconsistentDataError("querying.parameter-unused", file=file, name=param.name)
    for word, bracket, token in zip(cut, cut[1:], cut[2:], strict=False):
        if word.text.lower() == "bound" and bracket.text == "(" and token.text in variables:
            raise InconsistentDataError("querying.parameter-bound", file=file, name=param.name)


def _check_default(param: QueryParameter, *, file: str) -> None:
    try:
        _term(param, param.default or "", resolve={})
    except UsageError:
        raise InconsistentDataError("querying.parameter-default", file=file, name=param.name, type=param.type) from None


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)), "")


def _term(param: QueryParameter, value: str, *, resolve: Resolve) -> Term:
    """The value as a term of the parameter's type; raises UsageError."""
    try:
        if param.type == "iri":
            return ox.NamedNode(_expanded(value))
        if param.type in _RESOLVED:
            return ox.NamedNode(resolve[param.type](_expanded(value) if ":" in value else value))
        return _literal(param.type, value)
    except ValueError:
        raise UsageError("querying.wrong-type", name=param.name, type=param.type, value=value) from None


def _expanded(value: str) -> str:
    """The absolute IRI, where it is written with a prefix of the project; raises ValueError for what is no IRI."""
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
    if not _LEXICAL[kind].fullmatch(value):
        raise ValueError(value)
    if kind == "date":
        date.fromisoformat(value)
    elif kind == "dateTime":
        datetime.fromisoformat(value)
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))


TYPES: Final = ("iri", "string", "date", "dateTime", "integer", "decimal", "boolean", "party", "paragraph", "reading", "lang")

_LINE: Final = re.compile(r"#\+ (?P<indent>  - |    |)(?P<key>[a-z]+(?:\.[a-z]+)?):(?: (?P<value>\S.*?))?\s*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SUMMARIES: Final = {f"summary.{lang}" for lang in LANGUAGES}
_LABELS: Final = {f"label.{lang}" for lang in LANGUAGES}
_TOP: Final = _SUMMARIES | {"paragraph", "question", "with", "params"}
_PARAM: Final = _LABELS | {"name", "type", "required", "default"}


class QueryHeader(Struct, frozen=True):
    """What a header says; `questions` are the numbers of the competency questions."""

    summary: Mapping[str, str]
    paragraph: str | None
    questions: tuple[int, ...]
    layers: tuple[str, ...]
    params: tuple[QueryParameter, ...]


class _HeaderReader(Struct):
    """The header as far as it was read."""

    file: str
    line: int = 0
    top: dict[str, str] = field(default_factory=dict)
    params: list[dict[str, str]] = field(default_factory=list)

    def fault(self, phrase: str, **values: object) -> InconsistentDataError:
        return InconsistentDataError(f"querying.{phrase}", file=self.file, line=self.line, **values)


def read_header(text: str, *, file: str) -> QueryHeader:
    """The header at the top of the query's text; raises InconsistentDataError naming `file` and the line."""
    reading = _HeaderReader(file)
    body = False
    for reading.line, line in enumerate(text.splitlines(), start=1):
        body = body or not line.startswith("#")
        if line.startswith("#+"):
            if body:
                raise reading.fault("header-late")
            _take(line, reading=reading)
    missing = sorted(_SUMMARIES - reading.top.keys())
    if missing:
        raise reading.fault("header-missing", key=missing[0])
    return QueryHeader(
        summary={lang: reading.top[f"summary.{lang}"] for lang in LANGUAGES},
        paragraph=_listed(reading.top.get("paragraph")),
        questions=_numbers(reading),
        layers=_layers(reading),
        params=tuple(_parameter(param, reading=reading) for param in reading.params),
    )


def _take(line: str, *, reading: _HeaderReader) -> None:
    found = _LINE.fullmatch(line)
    if found is None:
        raise reading.fault("header-line")
    indent, key, value = found["indent"], found["key"], found["value"] or ""
    if indent and "params" not in reading.top:
        raise reading.fault("header-line")
    if indent == "  - ":
        reading.params.append({})
    elif indent and not reading.params:
        raise reading.fault("header-line")
    fields, allowed = (reading.params[-1], _PARAM) if indent else (reading.top, _TOP)
    if key not in allowed:
        raise reading.fault("header-key", key=key)
    if key in fields:
        raise reading.fault("header-twice", key=key)
    if bool(value) == (key == "params"):
        raise reading.fault("header-value", key=key)
    fields[key] = value


def _listed(value: str | None) -> str | None:
    return None if value is None else ", ".join(part.strip() for part in value.split(","))


def _numbers(reading: _HeaderReader) -> tuple[int, ...]:
    parts = [part.strip() for part in reading.top.get("question", "").split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise reading.fault("header-value", key="question")
    return tuple(int(part) for part in parts)


def _layers(reading: _HeaderReader) -> tuple[str, ...]:
    named = [part.strip() for part in reading.top.get("with", "").split(",") if part.strip()]
    if not set(named) <= set(LAYERS):
        raise reading.fault("header-value", key="with")
    return tuple(named)


def _parameter(fields: Mapping[str, str], *, reading: _HeaderReader) -> QueryParameter:
    for key in ("name", "type", *sorted(_LABELS)):
        if key not in fields:
            raise reading.fault("header-missing", key=key)
    required = fields.get("required", "false")
    if not _NAME.fullmatch(fields["name"]):
        raise reading.fault("header-value", key="name")
    if fields["type"] not in TYPES:
        raise reading.fault("header-value", key="type")
    if required not in ("true", "false") or (required == "true" and "default" in fields):
        raise reading.fault("header-value", key="required")
    return QueryParameter(
        name=fields["name"],
        type=fields["type"],
        required=required == "true",
        default=fields.get("default"),
        label={lang: fields[f"label.{lang}"] for lang in LANGUAGES},
    )
