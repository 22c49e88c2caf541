"""What moved between two days: the duties whose status is another one, with what was known of both days at one and the same time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from observance.assessment.answers import AssessmentSet
from observance.assessment.model import Assessment


@dataclass(frozen=True, slots=True)
class StatusMove:
    """One duty: where it stood on the earlier day (None if there was no such duty yet) and where it stands on the later one."""

    before: Assessment | None
    after: Assessment


def assessments_on(found: AssessmentSet, on: date) -> AssessmentSet:
    """The same register, reading and knowledge, as of another day."""
    derivation = found.derivation
    if on == derivation.moment.as_of:
        return found
    moment = found.case.moment(as_of=on, known_at=derivation.moment.known_at)
    return AssessmentSet(found.case, found.case.derive(reading=derivation.reading, at=moment))


def list_status_changes(earlier: AssessmentSet, later: AssessmentSet, *, leaving_out: str | None = None) -> tuple[StatusMove, ...]:
    """The duties that stand elsewhere on the later day; those that only exist for the occasion `leaving_out` are left out."""
    then = {(a.duty.norm, a.duty.bearer, a.duty.occasion): a for a in earlier.assessments}
    pairs = ((then.get((a.duty.norm, a.duty.bearer, a.duty.occasion)), a) for a in later.assessments)
    found = (StatusMove(before, after) for before, after in pairs if _moved(before, after))
    return tuple(move for move in found if leaving_out is None or move.after.duty.occasion != leaving_out)


def _moved(before: Assessment | None, after: Assessment) -> bool:
    return before is None or before.status.iri != after.status.iri


def changes_between(found: Iterable[StatusMove], *, before: str | None, after: str | None) -> tuple[StatusMove, ...]:
    """The moves from one status, and to another; None stands for any."""
    return tuple(
        m for m in found
        if (before is None or (m.before is not None and m.before.status.iri == before)) and (after is None or m.after.status.iri == after)
    )  # fmt: skip
