"""What changed between two answers about the same duty: the statuses, and the premises of either rule that hold no longer or only now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation
from observance.assessment.duties import duty_sort_key
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, PremiseFinding
from observance.core import XSD, calendar
from observance.rdf import parse_term
from observance.register import Moment


class PremiseChange(Struct, frozen=True):
    """One premise that the two answers see differently: by whether it holds, or by what was found."""

    before: PremiseFinding
    after: PremiseFinding


class AssessmentComparison(Struct, frozen=True):
    """Two answers about one duty and every premise on which they differ."""

    before: Assessment
    after: Assessment
    turns: tuple[PremiseChange, ...]


class AssessmentDifference(Struct, frozen=True):
    """One duty that two derivations answer differently: both answers with what turned, or the only one there is."""

    before: Assessment | None
    after: Assessment | None
    turns: tuple[PremiseChange, ...]

    @property
    def duty(self) -> Duty:
        """The duty that it is about."""
        found = self.after or self.before
        assert found is not None
        return found.duty

    @property
    def moved(self) -> bool:
        """Whether the status is another one, and not only the grounds of it."""
        return self.before is None or self.after is None or self.before.status != self.after.status


def same_duty(one: Duty, other: Duty) -> bool:
    """Whether two instances are of one norm, one bearer and one occasion, whatever their windows."""
    return _key(one) == _key(other)


def _key(duty: Duty) -> tuple[str, str | None, str | None]:
    return duty.norm, duty.bearer, duty.occasion


def compare_assessments(before: Assessment, after: Assessment, *, earlier: Derivation, later: Derivation) -> AssessmentComparison:
    """What changed: the premises of the rules that gave the two answers, in their order."""
    premises = dict.fromkeys((*before.rule.premises, *after.rule.premises))
    turns = (PremiseChange(earlier.finding(premise, before.duty), later.finding(premise, after.duty)) for premise in premises)
    return AssessmentComparison(before, after, tuple(turn for turn in turns if _finding_key(turn.before) != _finding_key(turn.after)))


def differences(earlier: Derivation, later: Derivation) -> tuple[AssessmentDifference, ...]:
    """The duties that the two answer differently or that only one of them has, in their order."""
    return tuple(sorted(_different(earlier, later), key=lambda found: duty_sort_key(found.duty)))


def _different(earlier: Derivation, later: Derivation) -> Iterator[AssessmentDifference]:
    then, now = ({_key(a.duty): a for a in found.assessments} for found in (earlier, later))
    for key in dict.fromkeys((*then, *now)):
        before, after = then.get(key), now.get(key)
        if before is None or after is None:
            yield AssessmentDifference(before, after, ())
        elif (found := compare_assessments(before, after, earlier=earlier, later=later)).turns or before.status != after.status:
            yield AssessmentDifference(before, after, found.turns)


def differences_of_bearer(found: Iterable[AssessmentDifference], *, bearer: str | None) -> tuple[AssessmentDifference, ...]:
    """The differences about one bearer, or all of them."""
    return tuple(difference for difference in found if bearer is None or difference.duty.bearer == bearer)


def _finding_key(finding: PremiseFinding) -> tuple[bool, tuple[str, ...]]:
    # What is told of the day itself changes from day to day and is no news.
    told = (row.items() for row in finding.rows)
    return finding.holds, tuple(str(sorted((name, str(term)) for name, term in row if name != "today")) for row in told)


_DAY: Final = XSD + "date"


class HistorySpan(Struct, frozen=True):
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
    found = {first, until, *near.records.event_days.values(), *(calendar.day_after(day) for day in _ends(near, closes=duty.closes))}
    begun = near.records.event_days.get(f"<{duty.occasion}>", first) if duty.occasion else first
    return sorted(day for day in found if max(first, begun) <= day <= until)


def _ends(near: AssessmentInputs, *, closes: date | None) -> Iterable[date]:
    """The last days of what ends and a rule looks at: intervals, completeness, windows."""
    if closes is not None:
        yield closes
    asked = {f"<{name}>" for name in near.book.vocabulary} - near.records.event_predicates
    spanned = (triple for pair in near.records.interval_days.values() for triple in pair)
    for _, predicate, text in (*near.records.triples, *spanned):
        found = parse_term(text) if predicate in asked and text.startswith('"') else None
        if isinstance(found, ox.Literal) and found.datatype.value == _DAY and (day := calendar.first_day(found.value)) < calendar.LATEST:
            yield day


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


Key = tuple[str, str]


class DutyContrast(Struct, frozen=True):
    """The answers about one bearer (empty for what is announced of nobody) under one norm, before and after."""

    bearer: str
    norm: str
    before: tuple[Assessment, ...]
    after: tuple[Assessment, ...]


def group_by_bearer(assessments: Iterable[Assessment]) -> Mapping[Key, tuple[Assessment, ...]]:
    """The answers by bearer and norm, in their order."""
    found: dict[Key, list[Assessment]] = defaultdict(list)
    for assessment in assessments:
        found[assessment.duty.bearer or "", assessment.duty.norm].append(assessment)
    return {key: tuple(group) for key, group in found.items()}


def contrast_assessments(before: Sequence[Assessment], after: Sequence[Assessment]) -> tuple[DutyContrast, ...]:
    """The bearers and norms for which the two differ: in their instances, or in where one of these stands."""
    one, other = group_by_bearer(before), group_by_bearer(after)
    keys = sorted({*one, *other})
    return tuple(
        DutyContrast(*key, one.get(key, ()), other.get(key, ()))
        for key in keys
        if _statuses(one.get(key, ())) != _statuses(other.get(key, ()))
    )


def _statuses(assessments: Iterable[Assessment]) -> set[tuple[str | None, str]]:
    return {(assessment.duty.occasion, assessment.status.iri) for assessment in assessments}
