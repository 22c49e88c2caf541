"""The differences between assessments of the same duties: their statuses, and the premises that hold only before or only after."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation
from observance.assessment.duties import duty_sort_key
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Duty, PremiseFinding, Reading
from observance.assessment.rules.incremental import IncrementalDerivation
from observance.core import XSD, calendar
from observance.rdf import parse_term
from observance.register import Moment

_DATE: Final = XSD + "date"


class PremiseChange(Struct, frozen=True):
    """Two different findings about one premise: it holds in only one of them, or by other rows."""

    before: PremiseFinding
    after: PremiseFinding


class AssessmentComparison(Struct, frozen=True):
    """Two assessments of one duty, with the premises about which their findings differ."""

    before: Assessment
    after: Assessment
    changes: tuple[PremiseChange, ...]


class AssessmentDifference(Struct, frozen=True):
    """A duty that two derivations assess differently; None in place of an assessment that one of them does not have."""

    before: Assessment | None
    after: Assessment | None
    changes: tuple[PremiseChange, ...]

    @property
    def duty(self) -> Duty:
        """The duty, as it is after the change unless it exists only before."""
        assessment = self.after or self.before
        assert assessment is not None
        return assessment.duty

    @property
    def status_changed(self) -> bool:
        """Whether the statuses differ, and not only the findings."""
        return self.before is None or self.after is None or self.before.status != self.after.status


def same_duty(first: Duty, second: Duty) -> bool:
    """Whether two duties have the same norm, bearer and occasion, whatever their windows."""
    return _key(first) == _key(second)


def _key(duty: Duty) -> tuple[str, str | None, str | None]:
    return duty.norm, duty.bearer, duty.occasion


def compare_assessments(before: Assessment, after: Assessment, *, earlier: Derivation, later: Derivation) -> AssessmentComparison:
    """Compare the findings of two derivations about the premises of both deciding rules, in their order."""
    premises = dict.fromkeys((*before.rule.premises, *after.rule.premises))
    changes = (PremiseChange(earlier.finding(premise, before.duty), later.finding(premise, after.duty)) for premise in premises)
    return AssessmentComparison(
        before, after, tuple(change for change in changes if _finding_key(change.before) != _finding_key(change.after))
    )


def differences(earlier: Derivation, later: Derivation) -> tuple[AssessmentDifference, ...]:
    """The duties that the derivations assess differently, or that only one of them has, sorted by `duty_sort_key`."""
    return tuple(sorted(_differences(earlier, later), key=lambda difference: duty_sort_key(difference.duty)))


def _differences(earlier: Derivation, later: Derivation) -> Iterator[AssessmentDifference]:
    earlier_by_key, later_by_key = ({_key(a.duty): a for a in derivation.assessments} for derivation in (earlier, later))
    for key in dict.fromkeys((*earlier_by_key, *later_by_key)):
        before, after = earlier_by_key.get(key), later_by_key.get(key)
        if before is None or after is None:
            yield AssessmentDifference(before, after, ())
            continue
        comparison = compare_assessments(before, after, earlier=earlier, later=later)
        if comparison.changes or before.status != after.status:
            yield AssessmentDifference(before, after, comparison.changes)


def differences_of_bearer(differences: Iterable[AssessmentDifference], *, bearer: str | None) -> tuple[AssessmentDifference, ...]:
    """The differences about duties of the bearer; all of them for None."""
    return tuple(difference for difference in differences if bearer is None or difference.duty.bearer == bearer)


def _finding_key(finding: PremiseFinding) -> tuple[bool, tuple[str, ...]]:
    # The day of the assessment is part of some rows; it differs between any two days and is no change.
    rows = (row.items() for row in finding.rows)
    return finding.holds, tuple(str(sorted((name, str(term)) for name, term in row if name != "today")) for row in rows)


class HistorySpan(Struct, frozen=True):
    """A period, with both days included, in which a status held, and the assessment on its first day."""

    first: date
    last: date
    assessment: Assessment


def duty_history(assessment: Assessment, *, inputs: AssessmentInputs, derivation: Derivation) -> tuple[HistorySpan, ...]:
    """The statuses of the duty from its first day to the day of the assessment, all as known at the assessment's time.

    The status is derived only on days on which it can change: when something in the register happens, begins or has ended.
    """
    narrowed, at = inputs.narrowed_to(assessment.duty, occasion_alone=True), derivation.moment
    pending = _possible_changes(narrowed, assessment=assessment, reading=derivation.reading, until=at.as_of)
    if not pending:
        return ()
    advancing = IncrementalDerivation(narrowed, reading=derivation.reading, at=Moment(min(pending), at.known_at))
    spans: list[HistorySpan] = []
    while pending:
        day = min(pending)
        pending.remove(day)
        derivation = advancing.advance(day)
        duty = next((duty for duty in derivation.duties if same_duty(duty, assessment.duty)), None)
        if duty is None:
            continue
        if duty.closes is not None and day <= duty.closes < at.as_of:  # a window that the duty may no longer have
            pending.add(calendar.day_after(duty.closes))
        current = derivation.assess(duty)
        if spans and spans[-1].assessment.status == current.status:
            continue
        if spans:
            spans[-1] = HistorySpan(spans[-1].first, _day_before(day), spans[-1].assessment)
        spans.append(HistorySpan(day, at.as_of, current))
    return tuple(spans)


def _possible_changes(inputs: AssessmentInputs, *, assessment: Assessment, reading: Reading, until: date) -> set[date]:
    """The days on which the status can change, other than those after a window of the duty."""
    duty, first = assessment.duty, inputs.earliest or calendar.EARLIEST
    bounds = {*_stated_days(inputs), *(day for parameter in reading.parameters for day in parameter.valid)}
    days_after = (calendar.day_after(day) for day in bounds if day < calendar.LATEST)
    days = {first, until, *inputs.records.event_days.values(), *bounds, *days_after}
    begins = inputs.records.event_days.get(f"<{duty.occasion}>", first) if duty.occasion else first
    return {day for day in days if max(first, begins) <= day <= until}


def _stated_days(inputs: AssessmentInputs) -> Iterator[date]:
    """The first and last days of the intervals and completeness statements that rules use, and any other day that they use."""
    predicates = {f"<{name}>" for name in inputs.rule_set.vocabulary} - inputs.records.event_predicates
    interval_triples = (triple for triples in inputs.records.interval_days.values() for triple in triples)
    for _, predicate, text in (*inputs.records.triples, *interval_triples):
        term = parse_term(text) if predicate in predicates and text.startswith('"') else None
        if isinstance(term, ox.Literal) and term.datatype.value == _DATE:
            yield calendar.first_day(term.value)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


class DutyContrast(Struct, frozen=True):
    """The assessments of one bearer (empty for announced proceedings) under one norm, before and after."""

    bearer: str
    norm: str
    before: tuple[Assessment, ...]
    after: tuple[Assessment, ...]


def group_by_bearer(assessments: Iterable[Assessment]) -> Mapping[tuple[str, str], tuple[Assessment, ...]]:
    """The assessments by bearer and norm, in their order."""
    groups: dict[tuple[str, str], list[Assessment]] = defaultdict(list)
    for assessment in assessments:
        groups[assessment.duty.bearer or "", assessment.duty.norm].append(assessment)
    return {key: tuple(group) for key, group in groups.items()}


def contrast_assessments(before: Sequence[Assessment], after: Sequence[Assessment]) -> tuple[DutyContrast, ...]:
    """The bearers and norms for which the two differ, in their duties or in the status of one, sorted."""
    groups_before, groups_after = group_by_bearer(before), group_by_bearer(after)
    contrasts = (
        DutyContrast(*key, groups_before.get(key, ()), groups_after.get(key, ())) for key in sorted({*groups_before, *groups_after})
    )
    return tuple(contrast for contrast in contrasts if _statuses(contrast.before) != _statuses(contrast.after))


def _statuses(assessments: Iterable[Assessment]) -> set[tuple[str | None, str]]:
    return {(assessment.duty.occasion, assessment.status.iri) for assessment in assessments}
