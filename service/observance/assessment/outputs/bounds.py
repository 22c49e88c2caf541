"""Counts that are never a bare number: how many duties can be counted, between which bounds they are fulfilled, how much is unknown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from observance.assessment.model import Assessment, Status


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one set of answers.

    `counted` leaves out what does not apply or is not yet active. At least `lower` of them are fulfilled on the record, at most
    `upper`: what lies between cannot be told, and `undetermined` says how many those are.
    """

    statuses: tuple[tuple[Status, int], ...]
    counted: int
    lower: int
    upper: int
    undetermined: int


def tally(assessments: Sequence[Assessment]) -> Tally:
    """The counts."""
    found = Counter(assessment.status.iri for assessment in assessments)
    statuses = {assessment.status.iri: assessment.status for assessment in assessments}
    ordered = tuple((statuses[iri], found[iri]) for iri in sorted(found, key=lambda iri: statuses[iri].position))
    lower = sum(count for status, count in ordered if status.tally == "yes")
    undetermined = sum(count for status, count in ordered if status.tally == "undetermined")
    counted = sum(count for status, count in ordered if status.tally != "outside")
    return Tally(ordered, counted, lower, lower + undetermined, undetermined)
