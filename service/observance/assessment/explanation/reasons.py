"""The reasons of an assessment, from the findings that it rests on; rejected statuses; the statuses under other readings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.derivation import Derivation
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Assessment, Count, Duty, Note, PremiseFinding, Reading, ReadingParameter, Rule, Status
from observance.core import NotFoundError, local_name
from observance.rdf import Row
from observance.register import Moment, disclosed_rows


class RuleAttempt(Struct, frozen=True):
    """A rule that did not decide, with its findings; if all of them hold, a rule of lower precedence decided first."""

    rule: Rule
    findings: tuple[PremiseFinding, ...]

    @property
    def failing(self) -> tuple[PremiseFinding, ...]:
        """The findings about premises that do not hold, in the rule's order."""
        return tuple(finding for finding in self.findings if not finding.holds)


class RejectedStatus(Struct, frozen=True):
    """A status that the duty does not have, with every rule of the norm that concludes it."""

    status: Status
    attempts: tuple[RuleAttempt, ...]


class OtherReading(Struct, frozen=True):
    """The assessments under one reading of the duties under the same norm for the same bearer."""

    reading: Reading
    assessments: tuple[Assessment, ...]


class NoteFinding(Struct, frozen=True):
    """A note with the rows of its pattern: the documents that it is about, without those that the premises have named."""

    note: Note
    rows: tuple[Row, ...]


class CountFinding(Struct, frozen=True):
    """A count with the rows that its patterns find: those of the whole, and those of each part by name."""

    count: Count
    whole: tuple[Row, ...]
    parts: tuple[tuple[str, tuple[Row, ...]], ...]

    def numbers(self, *, withheld: frozenset[str]) -> Mapping[str, int]:
        """The number of items by name, without withheld documents; the numbers other than that of the whole add up to it.

        Those are the items of one part only, by the name of the part; those of several parts (`differing`); those of none (`notMentioned`).
        """
        items = {name: _items(disclosed_rows(rows, withheld=withheld)) for name, rows in self.parts}
        whole, parts = _items(self.whole), Counter(item for found in items.values() for item in found)
        differing = {item for item, number in parts.items() if number > 1}
        numbers = {name: len(found - differing) for name, found in items.items()}
        return {"whole": len(whole), **numbers, "differing": len(differing), "notMentioned": len(whole.difference(parts))}


class Reasons(Struct, frozen=True):
    """The reasons of an assessment: the findings of the deciding rule, the parameters used, and what is also told.

    `notes` tell each document that was received and does not count, `counts` the numbers that a party reported.
    """

    assessment: Assessment
    findings: tuple[PremiseFinding, ...]
    parameters: tuple[ReadingParameter, ...]
    notes: tuple[NoteFinding, ...]
    counts: tuple[CountFinding, ...]

    @property
    def assumptions(self) -> tuple[ReadingParameter, ...]:
        """The parameters that are assumptions."""
        return tuple(parameter for parameter in self.parameters if parameter.assumed)

    @property
    def documents(self) -> frozenset[str]:
        """The IRIs in the reasons: witnesses, completeness statements, and what the notes and counts name."""
        rows = [row for note in self.notes for row in note.rows]
        rows += [row for count in self.counts for _, part in count.parts for row in part]
        return frozenset(_iris(self.findings) | _iris_in(rows))


def find_reasons(assessment: Assessment, *, derivation: Derivation) -> Reasons:
    """Return the reasons of an assessment of the derivation."""
    duty = assessment.duty
    findings = tuple(derivation.finding(premise, duty) for premise in assessment.rule.premises)
    used = derivation.parameters_read(duty, assessment.rule)
    return Reasons(
        assessment,
        findings,
        parameters=tuple(parameter for parameter in derivation.reading.parameters if parameter.iri in used),
        notes=tuple(_notes(duty, findings, derivation=derivation)),
        counts=tuple(_counts(duty, derivation=derivation)),
    )


def _notes(duty: Duty, findings: Sequence[PremiseFinding], *, derivation: Derivation) -> Iterator[NoteFinding]:
    named = _iris(findings)
    for note in derivation.rule_set.notes:
        if not note.norms or duty.norm in note.norms:
            rows = derivation.pattern_cache.rows(note.pattern, duty.iri)
            rows = tuple(row for row in rows if getattr(row.get("document"), "value", "") not in named)
            if rows:
                yield NoteFinding(note, rows)


def _counts(duty: Duty, *, derivation: Derivation) -> Iterator[CountFinding]:
    """The counts in which some part has an item."""
    for count in derivation.rule_set.counts:
        if duty.norm in count.norms:
            parts = tuple((name, derivation.pattern_cache.rows(pattern, duty.iri)) for name, pattern in count.parts)
            if any(rows for _, rows in parts):
                yield CountFinding(count, derivation.pattern_cache.rows(count.whole, duty.iri), parts)


def _items(rows: Iterable[Row]) -> set[object]:
    return {row["item"] for row in rows}


def _iris(findings: Iterable[PremiseFinding]) -> set[str]:
    """The IRIs in the rows and completeness statements of the findings."""
    return _iris_in(row for finding in findings for row in (*finding.rows, *finding.statements))


def _iris_in(rows: Iterable[Row]) -> set[str]:
    return {term.value for row in rows for term in row.values() if isinstance(term, ox.NamedNode)}


def why_not(assessment: Assessment, *, status: str, derivation: Derivation) -> RejectedStatus:
    """Return why the duty does not have the status of this name; raises what `find_status` raises."""
    duty = assessment.duty
    rejected = derivation.rule_set.status(find_status(status, derivation=derivation).iri, norm=duty.norm)
    rules = [rule for rule in derivation.rule_set.rules[duty.norm] if rule.status == rejected.iri]
    return RejectedStatus(rejected, tuple(_attempt(rule, duty, derivation=derivation) for rule in rules))


def rejected_rules(assessment: Assessment, *, derivation: Derivation) -> tuple[RuleAttempt, ...]:
    """The rules of the norm that did not decide, in order of precedence."""
    duty = assessment.duty
    rules = derivation.rule_set.rules[duty.norm]
    return tuple(_attempt(rule, duty, derivation=derivation) for rule in rules if rule != assessment.rule)


def _attempt(rule: Rule, duty: Duty, *, derivation: Derivation) -> RuleAttempt:
    return RuleAttempt(rule, tuple(derivation.finding(premise, duty) for premise in rule.premises))


def find_status(name: str, *, derivation: Derivation) -> Status:
    """The status with this IRI, local name or label; raises NotFoundError, which lists the local names."""
    statuses = sorted(derivation.rule_set.statuses.values(), key=lambda status: status.position)
    worded = derivation.rule_set.wordings.values()
    status = next((s for s in (*statuses, *worded) if name in (s.iri, local_name(s.iri), *s.label.values())), None)
    if status is None:
        raise NotFoundError("assessment.no-status", name=name, known=", ".join(local_name(s.iri) for s in statuses))
    return status


def assess_under_readings(duty: Duty, *, inputs: AssessmentInputs, readings: Mapping[str, Reading], at: Moment) -> tuple[OtherReading, ...]:
    """Assess the duty under each of the readings.

    Where a reading gives the norm and bearer a duty for the same occasion, only that one; else all of their duties.
    """
    narrowed = inputs.narrowed_to(duty)
    results = []
    for reading in readings.values():
        derivation = narrowed.derive(reading=reading, at=at)
        assessments = [a for a in derivation.assessments if (a.duty.norm, a.duty.bearer) == (duty.norm, duty.bearer)]
        same_occasion = [a for a in assessments if a.duty.occasion == duty.occasion]
        results.append(OtherReading(reading, tuple(same_occasion or assessments)))
    return tuple(results)


def sort_by_difference(other_readings: Sequence[OtherReading], *, than: str) -> tuple[OtherReading, ...]:
    """The readings in the order of explanations: first those under which the status is another one than this IRI."""
    return tuple(sorted(other_readings, key=lambda other: not differs(other, than=than)))


def differs(other: OtherReading, *, than: str) -> bool:
    """Whether the assessments under the reading have another status than this IRI, or there are none."""
    return {assessment.status.iri for assessment in other.assessments} != {than}
