"""What changed between two answers about the same duty: the statuses, and the premises of either rule that hold no longer or only now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from observance.assessment.derivation import Derivation
from observance.assessment.duties import duty_sort_key
from observance.assessment.model import Assessment, Duty, PremiseFinding


@dataclass(frozen=True, slots=True)
class PremiseChange:
    """One premise that the two answers see differently: by whether it holds, or by what was found."""

    before: PremiseFinding
    after: PremiseFinding


@dataclass(frozen=True, slots=True)
class AssessmentComparison:
    """Two answers about one duty and every premise on which they differ."""

    before: Assessment
    after: Assessment
    turns: tuple[PremiseChange, ...]


@dataclass(frozen=True, slots=True)
class AssessmentDifference:
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
    return AssessmentComparison(before, after, tuple(turn for turn in turns if _seen(turn.before) != _seen(turn.after)))


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


def _seen(finding: PremiseFinding) -> tuple[bool, tuple[str, ...]]:
    # What is told of the day itself changes from day to day and is no news.
    told = (row.items() for row in finding.rows)
    return finding.holds, tuple(str(sorted((name, str(term)) for name, term in row if name != "today")) for row in told)
