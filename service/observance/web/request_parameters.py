"""The moment and the reading that a page about the register is asked for: `?as-of=`, `?known-at=`, `?reading=`."""

from typing import Any, Final

from flask import request
from msgspec import Struct

from observance.assessment import choose_reading, parse_moment
from observance.web.language import language
from observance.web.site import site

# What the fields are called where an assessment is asked for.
_ASKED: Final = {"as-of": "asOf", "known-at": "knownAt", "reading": "reading"}


class MomentParameters(Struct, frozen=True):
    """What was asked for, as it is kept in addresses: `values` leaves out what was not given."""

    values: tuple[tuple[str, str], ...]

    def question(self, ask: str, **further: Any) -> dict[str, Any]:
        """A question of `observance.handlers.assessment` at that moment, under that reading."""
        given = dict(self.values)
        return {"ask": ask, "lang": language(), **{name: given.get(field) for field, name in _ASKED.items()}, **further}


def moment_parameters() -> MomentParameters:
    """The moment of the current request; UsageError for a day that is none, NotFoundError for a reading that does not exist."""
    given = {name: value.strip() for name in _ASKED if (value := request.args.get(name, "")).strip()}
    parse_moment(given.get("as-of"), given.get("known-at"), names=("as-of", "known-at"))
    if "reading" in given:  # a name only: a page opens no file
        given["reading"] = choose_reading(given["reading"], among=site().kb.case.readings).name
    return MomentParameters(tuple(given.items()))


def reading_choices(lang: str) -> list[tuple[str, str]]:
    """The readings that can be chosen: name and label."""
    return [(name, reading.label.get(lang, name)) for name, reading in site().kb.case.readings.items()]
