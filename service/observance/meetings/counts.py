"""How the counts would be if a kind of document were left out of account: the same register without it, answered again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyoxigraph as ox

from observance.assessment.answers import AssessmentSet
from observance.assessment.model import Status
from observance.assessment.outputs.matrix import Tally, tally
from observance.core.errors import NotFoundError
from observance.core.namespaces import OBS, RDF, local_name
from observance.meetings.dossier import StatusMove, list_status_changes


@dataclass(frozen=True)
class CountsWithoutKind:
    """The counts with and without the documents of a kind, and every duty that then stands elsewhere; `moves` go from with to without."""

    kind: str
    documents: int
    answers: AssessmentSet
    with_them: Tally
    without_them: Tally
    moves: tuple[StatusMove, ...]

    def rows(self) -> tuple[tuple[Status, int, int], ...]:
        """Every status with both counts, in its order."""
        found = {s.iri: s for s, _ in (*self.with_them.statuses, *self.without_them.statuses)}
        one, other = ({s.iri: n for s, n in counts.statuses} for counts in (self.with_them, self.without_them))
        ordered = sorted(found.values(), key=lambda status: status.position)
        return tuple((status, one.get(status.iri, 0), other.get(status.iri, 0)) for status in ordered)

    def as_object(self) -> dict[str, Any]:
        """Both counts for programs, never without their bounds and what is not known."""
        return {"kind": self.kind, "documents": self.documents, "with": _counts(self.with_them), "without": _counts(self.without_them)}


def counts_without_kind(kind: str, *, of: AssessmentSet) -> CountsWithoutKind:
    """The answers without the documents of the kind, named by its IRI or its end; NotFoundError lists the kinds that there are."""
    case, derivation = of.case, of.derivation
    known = sorted(case.knowledge.subclasses(OBS + "Submission"))
    iri = next((found for found in known if kind in (found, local_name(found))), None)
    if iri is None:
        raise NotFoundError("review.no-kind", name=kind, known=", ".join(local_name(found) for found in known))
    kinds = case.knowledge.subclasses(iri)
    barred = {q.subject for q in case.quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in kinds}
    rest = tuple(
        quad for quad in case.quads if quad.subject not in barred and not (isinstance(quad.object, ox.NamedNode) and quad.object in barred)
    )
    # The moment stays the one asked about, though its last entry may be one of those left out.
    other = replace(case, quads=rest)
    without = AssessmentSet(other, other.derive(reading=derivation.reading, at=derivation.moment))
    return CountsWithoutKind(iri, len(barred), of, tally(of.assessments), tally(without.assessments), list_status_changes(of, without))


def _counts(found: Tally) -> Mapping[str, Any]:
    statuses = {local_name(status.iri): count for status, count in found.statuses}
    return {"statuses": statuses, "counted": found.counted, "lower": found.lower, "upper": found.upper, "unknown": found.undetermined}
