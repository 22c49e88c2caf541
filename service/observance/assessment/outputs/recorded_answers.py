"""Answers that were kept, and whether they are given again: one register, moment, reading and rule set give one answer, to the letter."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from msgspec import Struct

from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.outputs import serialisation
from observance.assessment.service import AssessmentSet
from observance.core import InvalidInputError, calendar

_KEYS: Final = ("duty", "status", "reading", "asOf", "knownAt", "rules")


class Recorded(Struct, frozen=True):
    """Answers that were kept: their rows as they were written, and what all of them share."""

    rows: tuple[Mapping[str, Any], ...]
    as_of: date
    known_at: datetime
    reading: str
    rules: str


class Other(Struct, frozen=True):
    """One duty that is answered differently now; None where it was not or is not answered."""

    duty: str
    before: str | None
    after: str | None


class Reproduction(Struct, frozen=True):
    """Whether every answer was given again to the letter; if not, which, and the two versions of the rules if they differ."""

    same: bool
    different: tuple[Other, ...]
    rules: tuple[str, str] | None

    def as_object(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "same": self.same,
            "different": [{"duty": other.duty, "before": other.before, "after": other.after} for other in self.different],
            "rules": list(self.rules) if self.rules else None,
        }


def read_record(content: bytes, *, name: str) -> Recorded:
    """The answers in a file that `assess --format json` wrote; raises InvalidInputError for anything else."""
    try:
        rows = json.loads(content)
        shared = {tuple(row[key] for key in ("asOf", "knownAt", "reading", "rules")) for row in rows}
        ((as_of, known_at, reading, rules),) = shared
        if not all(isinstance(row[key], str) for row in rows for key in _KEYS):
            raise ValueError
        return Recorded(tuple(rows), date.fromisoformat(as_of), calendar.parse_time(known_at), reading, rules)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInputError("assessment.not-a-record", name=name) from None


def reproduced(kept: Recorded, *, answers: AssessmentSet) -> Reproduction:
    """Whether the answers that were kept are given again."""
    now = rows(answers)
    then = {row["duty"]: row for row in kept.rows}
    again = {row["duty"]: row for row in now if row["duty"] in then}
    different = (Other(duty, row["status"], _status(again.get(duty))) for duty, row in then.items() if row != again.get(duty))
    version = answers.case.book.version
    found = tuple(different)
    return Reproduction(not found, found, None if version == kept.rules else (kept.rules, version))


def rows(answers: AssessmentSet) -> list[dict[str, Any]]:
    """The answers as they are kept; they are in no language."""
    verbaliser = Verbaliser(answers.case, "en")
    return [serialisation.assessment_to_json(assessment, verbaliser=verbaliser) for assessment in answers.assessments]


def written(found: Iterable[Mapping[str, Any]]) -> str:
    """The rows as the text of a file, the same bytes for the same answers."""
    return json.dumps(list(found), ensure_ascii=False, indent=2)


def _status(row: Mapping[str, Any] | None) -> str | None:
    return None if row is None else row["status"]
