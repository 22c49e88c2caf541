"""The header of a catalogue query: what it answers, for which task, with which parameters, and how people see its answer."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from observance.core import LANGUAGES, InconsistentDataError
from observance.questions.model import CHARTS, LAYERS, Chart, QueryParameter

TYPES: Final = ("iri", "string", "date", "dateTime", "integer", "decimal", "boolean", "party", "paragraph", "reading", "lang")

_LINE: Final = re.compile(r"#\+ (?P<indent>  - |    |)(?P<key>[a-z]+(?:\.[a-z]+)?):(?: (?P<value>\S.*?))?\s*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SUMMARY_KEYS: Final = {f"summary.{lang}" for lang in LANGUAGES}
_LABEL_KEYS: Final = {f"label.{lang}" for lang in LANGUAGES}
_EMPTY_KEYS: Final = {f"empty.{lang}" for lang in LANGUAGES}
_TOP_KEYS: Final = _SUMMARY_KEYS | _EMPTY_KEYS | {"paragraph", "question", "with", "params", "task", "links", "chart"}
_PARAMETER_KEYS: Final = _LABEL_KEYS | {"name", "type", "required", "default", "choices"}


class QueryHeader(Struct, frozen=True):
    """The header of a catalogue query; `questions` are the numbers of the competency questions."""

    summary: Mapping[str, str]
    paragraph: str | None
    questions: tuple[int, ...]
    layers: tuple[str, ...]
    params: tuple[QueryParameter, ...]
    task: str | None
    links: Mapping[str, str]
    empty: Mapping[str, str]
    chart: Chart | None


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
    if reader.top.keys() & _EMPTY_KEYS:
        missing += sorted(_EMPTY_KEYS - reader.top.keys())
    if missing:
        raise reader.error("header-missing", key=missing[0])
    return QueryHeader(
        summary={lang: reader.top[f"summary.{lang}"] for lang in LANGUAGES},
        paragraph=_normalise_list(reader.top.get("paragraph")),
        questions=_competency_questions(reader),
        layers=_layers(reader),
        params=tuple(_parameter(param, reader=reader) for param in reader.params),
        task=reader.top.get("task"),
        links=_links(reader),
        empty={lang: reader.top[f"empty.{lang}"] for lang in LANGUAGES} if reader.top.keys() & _EMPTY_KEYS else {},
        chart=_chart(reader),
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


def _links(reader: _HeaderReader) -> dict[str, str]:
    """The columns of names with the columns of their IRIs, from `name=party, label=norm`."""
    pairs = [part.strip() for part in reader.top.get("links", "").split(",") if part.strip()]
    links = dict(pair.split("=") for pair in pairs if pair.count("=") == 1)
    if len(links) != len(pairs) or not all(_NAME.fullmatch(name) for pair in links.items() for name in pair):
        raise reader.error("header-value", key="links")
    return links


def _chart(reader: _HeaderReader) -> Chart | None:
    """The drawing, from its kind, the column that names a row, and the columns of numbers: `bars group_label members`."""
    if "chart" not in reader.top:
        return None
    kind, *columns = reader.top["chart"].split()
    if kind not in CHARTS or len(columns) < 2 or not all(_NAME.fullmatch(column) for column in columns):
        raise reader.error("header-value", key="chart")
    return Chart(kind, columns[0], tuple(columns[1:]))


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
        choices=fields.get("choices"),
    )
