"""The parameters of requests: which ones an address takes, and those that choose a moment, a reading and a selection.

An endpoint names its parameters with `accepts`; any other is refused, with the nearest that it takes. `lang` and `format` are taken
everywhere. `asOf` and `knownAt` mean the same on every page; `as-of` and `known-at` are their older spellings.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict, TypeVar

from flask import Flask, current_app, request

from observance.core import UsageError
from observance.web.language import language
from observance.web.site import site

MOMENT: Final = ("asOf", "knownAt", "reading")
DOCUMENT: Final = ("document", "file", "syntax")
"""The fields of a form that sends a document."""

_EVERYWHERE: Final = ("lang", "format")
_OLDER: Final = {"asOf": "as-of", "knownAt": "known-at"}
_ATTRIBUTE: Final = "observance_parameters"
View = TypeVar("View", bound=Callable[..., Any])


def accepts(*names: str, others: bool = False) -> Callable[[View], View]:
    """Declare the parameters of an endpoint; with `others`, the endpoint judges by itself those that are not named."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, None if others else names)
        return view

    return declare


def check_parameters_of(app: Flask) -> None:
    """Refuse requests with a parameter that their endpoint does not take."""
    app.before_request(_refuse_unknown)


def _refuse_unknown() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    names: tuple[str, ...] | None = getattr(view, _ATTRIBUTE, None if view is None or request.endpoint == "static" else ())
    if names is None:
        return
    taken = (*names, *_EVERYWHERE)
    older = {_OLDER[name] for name in names if name in _OLDER}
    # The fields of a form are read only where the endpoint takes a form: it bounds their size first.
    given = (*request.args, *(request.form if request.method == "POST" and names else ()))
    for name in given:
        if name not in taken and name not in older:
            near = difflib.get_close_matches(name, taken, n=1, cutoff=0.5)
            key = "web.unknown-parameter-near" if near else "web.unknown-parameter"
            raise UsageError(key, name=name[:60], nearest=near[0] if near else "", known=", ".join(taken))


def parameter(name: str) -> str | None:
    """The value of a parameter of the current request, without surrounding space; None where it is left out or empty.

    Raises UsageError where both spellings of a name are given.
    """
    value = request.values.get(name, "").strip() or None
    older = request.values.get(_OLDER[name], "").strip() or None if name in _OLDER else None
    if value is not None and older is not None:
        raise UsageError("web.parameter-twice", name=name, other=_OLDER[name])
    return value or older


class MomentFields(TypedDict):
    """Fields of a MomentRequest."""

    lang: str
    as_of: str | None
    known_at: str | None
    reading: str | None


class SelectionFields(TypedDict):
    """Fields of a DutiesRequest."""

    members: tuple[str, ...]
    paragraphs: tuple[str, ...]


def moment_fields() -> MomentFields:
    """The language, the moment and the reading of the current request."""
    return {"lang": language(), "as_of": parameter("asOf"), "known_at": parameter("knownAt"), "reading": parameter("reading")}


def selection_fields() -> SelectionFields:
    """The parties and paragraphs of the current request."""
    return {"members": _parameters("member"), "paragraphs": _parameters("paragraph")}


def _parameters(name: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in request.values.getlist(name) if value.strip())


def preserved_parameters() -> dict[str, str]:
    """The parameters that links between pages about the same moment preserve: `asOf`, `knownAt`, `reading`."""
    return {name: value for name in MOMENT if (value := parameter(name)) is not None}


def reading_choices(lang: str) -> list[tuple[str, str]]:
    """The readings that can be chosen: name and label."""
    return [(name, reading.label.get(lang, name)) for name, reading in site().kb.assessment.readings.items()]


def typed_values(names: tuple[str, ...]) -> Mapping[str, str]:
    """What was typed into the fields of a form, to be shown again."""
    return {name: parameter(name) or "" for name in names}
