"""Where one duty stood from day to day, as the register tells it now: the days on which an answer can change, and the answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyoxigraph as ox

from observance.assessment.derivation import Derivation
from observance.assessment.explanation.differences import same_duty
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment
from observance.core import calendar
from observance.core.namespaces import XSD
from observance.rdf.fact_base import parse_term
from observance.register.snapshot import Moment

_DAY: Final = XSD + "date"


@dataclass(frozen=True, slots=True)
class HistorySpan:
    """Days on which one answer held, both included; the answer is that of the first of them."""

    first: date
    last: date
    assessment: Assessment


def duty_history(assessment: Assessment, *, case: AssessmentInputs, derivation: Derivation) -> tuple[HistorySpan, ...]:
    """The answers from the first day on which there is the duty until the day looked at, read from what was known then.

    Between two days on which something in the register happens, begins or ends, no answer changes.
    """
    near, at = case.about(assessment.duty), derivation.moment
    spans: list[HistorySpan] = []
    for day in _days(near, assessment=assessment, until=at.as_of):
        then = near.derive(reading=derivation.reading, at=Moment(day, at.known_at)).assessments
        found = next((a for a in then if same_duty(a.duty, assessment.duty)), None)
        if found is None:
            continue
        if spans and spans[-1].assessment.status == found.status:
            continue
        if spans:
            spans[-1] = HistorySpan(spans[-1].first, _day_before(day), spans[-1].assessment)
        spans.append(HistorySpan(day, at.as_of, found))
    return tuple(spans)


def _days(near: AssessmentInputs, *, assessment: Assessment, until: date) -> list[date]:
    """The days on which an answer can become another one."""
    duty = assessment.duty
    first = near.earliest or calendar.EARLIEST
    found = {first, until, *near.records.came_about.values(), *(calendar.day_after(day) for day in _ends(near, closes=duty.closes))}
    begun = near.records.came_about.get(f"<{duty.occasion}>", first) if duty.occasion else first
    return sorted(day for day in found if max(first, begun) <= day <= until)


def _ends(near: AssessmentInputs, *, closes: date | None) -> Iterable[date]:
    """The last days of what ends and a rule looks at: intervals, completeness, windows."""
    if closes is not None:
        yield closes
    asked = {f"<{name}>" for name in near.book.vocabulary} - near.records.happened
    spanned = (triple for pair in near.records.calendar.values() for triple in pair)
    for _, predicate, text in (*near.records.triples, *spanned):
        found = parse_term(text) if predicate in asked and text.startswith('"') else None
        if isinstance(found, ox.Literal) and found.datatype.value == _DAY and (day := calendar.first_day(found.value)) < calendar.LATEST:
            yield day


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
