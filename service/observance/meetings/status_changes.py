"""Which duties have another status on another day, or would have one without the documents of a kind."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment import Assessment, AssessmentSet, Status, Tally, tally
from observance.core import OBS, RDF, NotFoundError, local_name


class DutyStatusChange(Struct, frozen=True):
    """A duty that has another status in the second of two assessments; `before` is None if the first has no such duty."""

    before: Assessment | None
    after: Assessment

    def matches(self, *, before: str | None, after: str | None) -> bool:
        """Whether the change is from the one status to the other; None stands for any status."""
        former = self.before.status.iri if self.before else None
        return before in (None, former) and after in (None, self.after.status.iri)


def assessments_on(day: date, *, assessment_set: AssessmentSet) -> AssessmentSet:
    """The assessments of the same register under the same reading, known at the same time, as of another day."""
    inputs, derivation = assessment_set.inputs, assessment_set.derivation
    if day == derivation.moment.as_of:
        return assessment_set
    moment = inputs.moment(as_of=day, known_at=derivation.moment.known_at)
    return AssessmentSet(inputs, inputs.derive(reading=derivation.reading, at=moment))


def list_status_changes(
    earlier: AssessmentSet, later: AssessmentSet, *, excluded_occasion: str | None = None
) -> tuple[DutyStatusChange, ...]:
    """The duties whose status in `later` is not the one in `earlier`, except those that exist for the excluded occasion only."""
    before = {(a.duty.norm, a.duty.bearer, a.duty.occasion): a for a in earlier.assessments}
    changes = (DutyStatusChange(before.get((a.duty.norm, a.duty.bearer, a.duty.occasion)), a) for a in later.assessments)
    return tuple(
        change
        for change in changes
        if (change.before is None or change.before.status.iri != change.after.status.iri)
        and (excluded_occasion is None or change.after.duty.occasion != excluded_occasion)
    )


def filter_changes(changes: Iterable[DutyStatusChange], *, before: str | None, after: str | None) -> tuple[DutyStatusChange, ...]:
    """The changes from the one status to the other; None stands for any status."""
    return tuple(change for change in changes if change.matches(before=before, after=after))


class CountsWithoutKind(Struct, frozen=True):
    """The counts with and without the documents of a kind; `status_changes` go from the statuses with them to those without."""

    kind: str
    documents: int
    assessment_set: AssessmentSet
    tally_with: Tally
    tally_without: Tally
    status_changes: tuple[DutyStatusChange, ...]

    def rows(self) -> tuple[tuple[Status, int, int], ...]:
        """Each status with its count with and without the documents, in the order of the statuses."""
        statuses = {s.iri: s for s, _ in (*self.tally_with.statuses, *self.tally_without.statuses)}
        with_kind, without = ({s.iri: n for s, n in counts.statuses} for counts in (self.tally_with, self.tally_without))
        ordered = sorted(statuses.values(), key=lambda status: status.position)
        return tuple((status, with_kind.get(status.iri, 0), without.get(status.iri, 0)) for status in ordered)

    def to_json(self) -> dict[str, Any]:
        """Both counts as a JSON object, each with its bounds and the number of undetermined statuses."""
        with_kind, without = _tally_to_json(self.tally_with), _tally_to_json(self.tally_without)
        return {"kind": self.kind, "documents": self.documents, "with": with_kind, "without": without}


def counts_without_kind(kind: str, *, assessment_set: AssessmentSet) -> CountsWithoutKind:
    """Assess the register again without the documents of a kind, given by its IRI or local name.

    Raises NotFoundError, which lists the kinds, for a kind that does not exist.
    """
    inputs, derivation = assessment_set.inputs, assessment_set.derivation
    known = sorted(inputs.knowledge.subclasses(OBS + "Submission"))
    iri = next((known_iri for known_iri in known if kind in (known_iri, local_name(known_iri))), None)
    if iri is None:
        raise NotFoundError("review.no-kind", name=kind, known=", ".join(map(local_name, known)))
    kinds = inputs.knowledge.subclasses(iri)
    excluded = {q.subject for q in inputs.quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in kinds}
    remaining = tuple(
        q for q in inputs.quads if q.subject not in excluded and not (isinstance(q.object, ox.NamedNode) and q.object in excluded)
    )
    # The moment stays the one asked about, though the last entry of the register may be one of those excluded.
    other = replace(inputs, quads=remaining)
    without = AssessmentSet(other, other.derive(reading=derivation.reading, at=derivation.moment))
    changes = list_status_changes(assessment_set, without)
    return CountsWithoutKind(
        iri, len(excluded), assessment_set, tally(assessment_set.assessments), tally(without.assessments), changes
    )  # fmt: skip


def _tally_to_json(counts: Tally) -> Mapping[str, Any]:
    statuses = {local_name(status.iri): count for status, count in counts.statuses}
    return {"statuses": statuses, "counted": counts.counted, "lower": counts.lower, "upper": counts.upper, "unknown": counts.undetermined}
