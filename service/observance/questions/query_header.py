"""The comment header of a catalogue query, which is also its documentation.

    #+ summary.en: …            and summary.fr, both required
    #+ paragraph: 2.5, 2.8      optional
    #+ question: 9              optional: numbers of competency questions
    #+ with: assessments        optional: some of LAYERS; the query is then asked of the register as it stood
    #+ params:                  optional, followed by
    #+   - name: member
    #+     type: party          one of TYPES
    #+     required: true       optional, false when absent
    #+     default: …           optional, never with required: true
    #+     label.en: …          and label.fr, both required

The grammar is strict: a line that is not one of these is an error with its file and line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from observance.core.errors import InconsistentDataError
from observance.core.i18n import LANGUAGES
from observance.questions.model import LAYERS, QueryParameter

TYPES: Final = ("iri", "string", "date", "dateTime", "integer", "decimal", "boolean", "party", "paragraph", "reading", "lang")

_LINE: Final = re.compile(r"#\+ (?P<indent>  - |    |)(?P<key>[a-z]+(?:\.[a-z]+)?):(?: (?P<value>\S.*?))?\s*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SUMMARIES: Final = {f"summary.{lang}" for lang in LANGUAGES}
_LABELS: Final = {f"label.{lang}" for lang in LANGUAGES}
_TOP: Final = _SUMMARIES | {"paragraph", "question", "with", "params"}
_PARAM: Final = _LABELS | {"name", "type", "required", "default"}


@dataclass(frozen=True, slots=True)
class QueryHeader:
    """What a header says; `questions` are the numbers of the competency questions."""

    summary: Mapping[str, str]
    paragraph: str | None
    questions: tuple[int, ...]
    layers: tuple[str, ...]
    params: tuple[QueryParameter, ...]


@dataclass(slots=True)
class _HeaderReader:
    """The header as far as it was read."""

    file: str
    line: int = 0
    top: dict[str, str] = field(default_factory=dict)
    params: list[dict[str, str]] = field(default_factory=list)

    def fault(self, phrase: str, **values: object) -> InconsistentDataError:
        return InconsistentDataError(f"querying.{phrase}", file=self.file, line=self.line, **values)


def read_header(text: str, *, file: str) -> QueryHeader:
    """The header at the top of the query's text; raises Inconsistent naming `file` and the line."""
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
