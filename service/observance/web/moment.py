"""The moment and the reading that a page about the register is asked for: `?as-of=`, `?known-at=`, `?reading=`."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import request

from observance.assessment.answer import Answers, moment_asked
from observance.assessment.interpret import choose
from observance.web.site import site


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, as it is kept in addresses: `values` leaves out what was not given."""

    as_of: date | None
    known_at: datetime | None
    reading: str | None
    values: tuple[tuple[str, str], ...]

    def answers(self) -> Answers:
        """The answers at that moment; raises what `House.assess` raises."""
        return site().answers(self.as_of, self.known_at, self.reading)


def wanted() -> Wanted:
    """The moment of the current request; Misused for a day that is none, NotFound for a reading that does not exist."""
    given = {name: value.strip() for name in ("as-of", "known-at", "reading") if (value := request.args.get(name, "")).strip()}
    day, time = moment_asked(given.get("as-of"), given.get("known-at"))
    # A name only: a page opens no file.
    reading = choose(given["reading"], among=site().house.case.readings).name if "reading" in given else None
    return Wanted(day, time, reading, tuple(given.items()))


def readings(lang: str) -> list[tuple[str, str]]:
    """The readings that can be chosen: name and label."""
    return [(name, reading.label.get(lang, name)) for name, reading in site().house.case.readings.items()]
