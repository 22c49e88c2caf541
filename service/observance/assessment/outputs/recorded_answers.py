"""Recorded answers and their reproduction: one register, moment, reading and rule set always give the same rows, byte for byte."""

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


class AssessmentRecord(Struct, frozen=True):
    """The rows of a recorded answer, and the moment, reading and rule set version that all of them share."""

    rows: tuple[Mapping[str, Any], ...]
    as_of: date
    known_at: datetime
    reading: str
    rules: str


class StatusDifference(Struct, frozen=True):
    """A duty whose row differs from the record, with its statuses; None where the duty does not exist."""

    duty: str
    before: str | None
    after: str | None


class Reproduction(Struct, frozen=True):
    """The result of a reproduction: the duties whose rows differ, and the recorded and present rule set version if they differ."""

    same: bool
    different: tuple[StatusDifference, ...]
    rules: tuple[str, str] | None

    def as_object(self) -> dict[str, Any]:
        """The result as JSON can hold it."""
        return {
            "same": self.same,
            "different": [{"duty": d.duty, "before": d.before, "after": d.after} for d in self.different],
            "rules": list(self.rules) if self.rules else None,
        }


def read_record(content: bytes, *, name: str) -> AssessmentRecord:
    """Parse a file of this name that `assess --format json` wrote; raises InvalidInputError for any other content."""
    try:
        rows = json.loads(content)
        shared = {tuple(row[key] for key in ("asOf", "knownAt", "reading", "rules")) for row in rows}
        ((as_of, known_at, reading, rules),) = shared
        if not all(isinstance(row[key], str) for row in rows for key in _KEYS):
            raise ValueError
        return AssessmentRecord(tuple(rows), date.fromisoformat(as_of), calendar.parse_time(known_at), reading, rules)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInputError("assessment.not-a-record", name=name) from None


def check_reproduction(record: AssessmentRecord, *, answers: AssessmentSet) -> Reproduction:
    """Compare the rows of the record with present answers; duties that the record does not have are ignored."""
    recorded = {row["duty"]: row for row in record.rows}
    current = {row["duty"]: row for row in record_rows(answers)}
    different = tuple(
        StatusDifference(duty, row["status"], _status(current.get(duty))) for duty, row in recorded.items() if row != current.get(duty)
    )
    version = answers.inputs.rule_set.version
    return Reproduction(not different, different, None if version == record.rules else (record.rules, version))


def record_rows(answers: AssessmentSet) -> list[dict[str, Any]]:
    """The assessments as rows of a record, which do not depend on the language."""
    verbaliser = Verbaliser(answers.inputs, "en")
    return [serialisation.assessment_to_json(assessment, verbaliser=verbaliser) for assessment in answers.assessments]


def serialize_record(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as the text of a file, the same bytes for the same rows."""
    return json.dumps(list(rows), ensure_ascii=False, indent=2)


def _status(row: Mapping[str, Any] | None) -> str | None:
    return None if row is None else row["status"]
