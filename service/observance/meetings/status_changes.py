"""The duties whose status differs between two days, or with and without the documents of a kind."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from observance.assessment import Assessment, AssessmentSet, Status, Tally, tally
from observance.core import OBS, RDF, NotFoundError, local_name
from oxishacl import node_name


class DutyStatusChange(Struct, frozen=True):
    """A duty whose status differs between two assessments; `before` is None if the first has no such duty."""

    before: Assessment | None
    after: Assessment

    def matches(self, *, before: str | None, after: str | None) -> bool:
        """Whether the change is from status `before` to status `after`, both IRIs; None stands for any status."""
        previous = self.before.status.iri if self.before else None
        return before in (None, previous) and after in (None, self.after.status.iri)


def assessments_on(day: date, *, assessment_set: AssessmentSet) -> AssessmentSet:
    """The assessments as of another day, with the same register, reading and time of knowledge."""
    inputs, at = assessment_set.inputs, assessment_set.moment
    return assessment_set if day == at.as_of else replace(assessment_set, moment=inputs.moment(as_of=day, known_at=at.known_at))


def list_status_changes(
    earlier: AssessmentSet, later: AssessmentSet, *, excluded_occasion: str | None = None
) -> tuple[DutyStatusChange, ...]:
    """The duties whose status in `later` differs from that in `earlier`, without those whose occasion is excluded."""
    earlier_by_duty = {(a.duty.norm, a.duty.bearer, a.duty.occasion): a for a in earlier.assessments}
    changes = (DutyStatusChange(earlier_by_duty.get((a.duty.norm, a.duty.bearer, a.duty.occasion)), a) for a in later.assessments)
    return tuple(
        change
        for change in changes
        if (change.before is None or change.before.status.iri != change.after.status.iri)
        and (excluded_occasion is None or change.after.duty.occasion != excluded_occasion)
    )


def filter_changes(changes: Iterable[DutyStatusChange], *, before: str | None, after: str | None) -> tuple[DutyStatusChange, ...]:
    """The changes from status `before` to status `after`, both IRIs; None stands for any status."""
    return tuple(change for change in changes if change.matches(before=before, after=after))


class CountsWithoutKind(Struct, frozen=True):
    """The counts of statuses with and without the documents of a kind; `documents` is the number of those documents.

    `status_changes` lead from the statuses with the documents to those without them.
    """

    kind: str
    documents: int
    assessment_set: AssessmentSet
    tally_with: Tally
    tally_without: Tally
    status_changes: tuple[DutyStatusChange, ...]

    def rows(self) -> tuple[tuple[Status, int, int], ...]:
        """Each status with its count with and without the documents, in the order of the statuses."""
        statuses = {s.iri: s for s, _ in (*self.tally_with.statuses, *self.tally_without.statuses)}
        counts_with, counts_without = ({s.iri: n for s, n in t.statuses} for t in (self.tally_with, self.tally_without))
        ordered = sorted(statuses.values(), key=lambda status: status.position)
        return tuple((status, counts_with.get(status.iri, 0), counts_without.get(status.iri, 0)) for status in ordered)

    def to_json(self) -> dict[str, Any]:
        """Both tallies as a JSON object, each with its bounds and the number of undetermined statuses."""
        return {
            "kind": self.kind,
            "documents": self.documents,
            "with": _tally_to_json(self.tally_with),
            "without": _tally_to_json(self.tally_without),
        }


def counts_without_kind(kind: str, *, assessment_set: AssessmentSet) -> CountsWithoutKind:
    """Assess the register again without the documents of a kind, which is named by its IRI or local name.

    Raises NotFoundError, which lists the kinds, for a kind that does not exist.
    """
    inputs = assessment_set.inputs
    kind_iris = sorted(inputs.knowledge.subclasses(OBS + "Submission"))
    iri = next((kind_iri for kind_iri in kind_iris if kind in (kind_iri, local_name(kind_iri))), None)
    if iri is None:
        raise NotFoundError("review.no-kind", name=kind, known=", ".join(map(local_name, kind_iris)))
    classes = inputs.knowledge.subclasses(iri)
    disregarded = {str(q.subject) for q in inputs.quads if q.predicate.value == RDF + "type" and node_name(q.object) in classes}
    # The moment is kept even if the last entry of the register is among the disregarded documents.
    reassessed = replace(assessment_set, inputs=inputs.without(disregarded))
    changes = list_status_changes(assessment_set, reassessed)
    return CountsWithoutKind(
        iri, len(disregarded), assessment_set, tally(assessment_set.assessments), tally(reassessed.assessments), changes
    )  # fmt: skip


def _tally_to_json(counts: Tally) -> Mapping[str, Any]:
    statuses = {local_name(status.iri): count for status, count in counts.statuses}
    return {"statuses": statuses, "counted": counts.counted, "lower": counts.lower, "upper": counts.upper, "unknown": counts.undetermined}
