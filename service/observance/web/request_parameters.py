"""The parameters of requests: which ones an endpoint accepts, and those that select a moment, a reading and duties.

An endpoint declares its parameters with `accepts`; any other is refused, and the error names the nearest. Every endpoint accepts `lang`,
`format`, `bom` and `register`. `asOf` and `knownAt` mean the same on every page; `as-of` and `known-at` are their older spellings.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict, TypeVar

from flask import Flask, current_app, request

from observance.core import LimitExceededError, UsageError, typographic
from observance.web.language import language
from observance.web.site import site

MOMENT: Final = ("asOf", "knownAt", "reading")
SELECTION: Final = ("member", "paragraph", "status", "mark", "without", "region")
DOCUMENT: Final = ("document", "file", "syntax")
"""The fields of a form that sends a document."""

_MOST_DIGITS: Final = 9
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 100
_SMALL_FORM_BYTES: Final = 10_000
_COMMON: Final = ("lang", "format", "bom", "register")
"""Every endpoint accepts these: the third asks for a byte order mark, the last says which version of the register a link was made of."""
_OLDER_SPELLINGS: Final = {"asOf": "as-of", "knownAt": "known-at"}
_ATTRIBUTE: Final = "observance_parameters"
View = TypeVar("View", bound=Callable[..., Any])


def accepts(*names: str, others: bool = False) -> Callable[[View], View]:
    """Decorator that declares the parameters of an endpoint; with `others` the endpoint checks its parameters itself."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, None if others else names)
        return view

    return declare


def install_parameter_check(app: Flask) -> None:
    """Install the checks that refuse forms of very many fields, and requests with a parameter that their endpoint does not accept."""
    app.before_request(_refuse_many_fields)
    app.before_request(_refuse_unknown_parameters)


def _refuse_many_fields() -> None:
    """Refuse a form of more fields than any page has, before they are taken apart, which takes far more time and memory than the text."""
    if request.mimetype != _FORM_TYPE:
        return
    content = request.get_data(cache=True) if (request.content_length or 0) > _SMALL_FORM_BYTES else b""
    if content.count(b"&") >= _MOST_FIELDS:
        raise LimitExceededError("web.many-fields", limit=_MOST_FIELDS)


def _refuse_unknown_parameters() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    names: tuple[str, ...] | None = getattr(view, _ATTRIBUTE, None if view is None or request.endpoint == "static" else ())
    if names is None:
        return
    accepted = (*names, *_COMMON)
    older = {_OLDER_SPELLINGS[name] for name in names if name in _OLDER_SPELLINGS}
    # The form is parsed only for an endpoint that declares parameters: one that checks them itself limits the size of the body first.
    sent = (*request.args, *(request.form if request.method == "POST" and names else ()))
    for name in sent:
        if name not in accepted and name not in older:
            nearest = difflib.get_close_matches(name, accepted, n=1, cutoff=0.5)
            key = "web.unknown-parameter-near" if nearest else "web.unknown-parameter"
            raise UsageError(key, name=name[:60], nearest=nearest[0] if nearest else "", known=", ".join(accepted))


def parameter(name: str) -> str | None:
    """The value of a parameter of the current request, without surrounding space; None if it is missing or empty.

    Raises UsageError if both spellings of its name have a value.
    """
    value = request.values.get(name, "").strip() or None
    older_value = request.values.get(_OLDER_SPELLINGS[name], "").strip() or None if name in _OLDER_SPELLINGS else None
    if value is not None and older_value is not None:
        raise UsageError("web.parameter-twice", name=name, other=_OLDER_SPELLINGS[name])
    return value or older_value


class MomentFields(TypedDict):
    """The fields of a MomentRequest that query parameters set."""

    lang: str
    as_of: str | None
    known_at: str | None
    reading: str | None


class SelectionFields(TypedDict):
    """The fields of a DutiesRequest that query parameters set."""

    members: tuple[str, ...]
    paragraphs: tuple[str, ...]
    statuses: tuple[str, ...]
    marks: tuple[str, ...]
    without: tuple[str, ...]
    regions: tuple[str, ...]


def moment_fields() -> MomentFields:
    """The language, the moment and the reading of the current request."""
    return {"lang": language(), "as_of": parameter("asOf"), "known_at": parameter("knownAt"), "reading": parameter("reading")}


def selection_fields() -> SelectionFields:
    """The parties, paragraphs, statuses, marks and regions of the current request."""
    return {
        "members": _parameters("member"),
        "paragraphs": _parameters("paragraph"),
        "statuses": _parameters("status"),
        "marks": _parameters("mark"),
        "without": _parameters("without"),
        "regions": _parameters("region"),
    }


def page_number() -> int:
    """The page of the answer that is asked for, from 1; raises UsageError for anything but a whole number."""
    text = parameter("page") or "1"
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise UsageError("web.bad-page", value=text[:60])
    return int(text)


def _parameters(name: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in request.values.getlist(name) if value.strip())


def preserved_parameters() -> dict[str, str]:
    """The parameters that links between pages about the same moment preserve: `asOf`, `knownAt`, `reading`."""
    return {name: value for name in MOMENT if (value := parameter(name)) is not None}


def reading_choices(lang: str) -> list[tuple[str, str]]:
    """The choices for a reading: name and label in the language."""
    return [(name, typographic(reading.label.get(lang, name))) for name, reading in site().kb.assessment.readings.items()]


def typed_values(names: tuple[str, ...]) -> Mapping[str, str]:
    """The values of the fields of a form as typed, to fill the form again."""
    return {name: parameter(name) or "" for name in names}
