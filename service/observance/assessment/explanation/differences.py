"""What changed between two answers about the same duty: the statuses, and the premises of either rule that hold no longer or only now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from observance.assessment.derivation import Derivation
from observance.assessment.duties import order
from observance.assessment.model import Assessment, Duty, Finding


@dataclass(frozen=True, slots=True)
class Turn:
    """One premise that the two answers see differently: by whether it holds, or by what was found."""

    before: Finding
    after: Finding


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers about one duty and every premise on which they differ."""

    before: Assessment
    after: Assessment
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One duty that two derivations answer differently: both answers with what turned, or the only one there is."""

    before: Assessment | None
    after: Assessment | None
    turns: tuple[Turn, ...]

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


def same(one: Duty, other: Duty) -> bool:
    """Whether two instances are of one norm, one bearer and one occasion, whatever their windows."""
    return _key(one) == _key(other)


def _key(duty: Duty) -> tuple[str, str | None, str | None]:
    return duty.norm, duty.bearer, duty.occasion


def compare(before: Assessment, after: Assessment, *, earlier: Derivation, later: Derivation) -> Comparison:
    """What changed: the premises of the rules that gave the two answers, in their order."""
    premises = dict.fromkeys((*before.rule.premises, *after.rule.premises))
    turns = (Turn(earlier.finding(premise, before.duty), later.finding(premise, after.duty)) for premise in premises)
    return Comparison(before, after, tuple(turn for turn in turns if _seen(turn.before) != _seen(turn.after)))


def differences(earlier: Derivation, later: Derivation) -> tuple[Difference, ...]:
    """The duties that the two answer differently or that only one of them has, in their order."""
    return tuple(sorted(_different(earlier, later), key=lambda found: order(found.duty)))


def _different(earlier: Derivation, later: Derivation) -> Iterator[Difference]:
    then, now = ({_key(a.duty): a for a in found.assessments} for found in (earlier, later))
    for key in dict.fromkeys((*then, *now)):
        before, after = then.get(key), now.get(key)
        if before is None or after is None:
            yield Difference(before, after, ())
        elif (found := compare(before, after, earlier=earlier, later=later)).turns or before.status != after.status:
            yield Difference(before, after, found.turns)


def among(found: Iterable[Difference], *, bearer: str | None) -> tuple[Difference, ...]:
    """The differences about one bearer, or all of them."""
    return tuple(difference for difference in found if bearer is None or difference.duty.bearer == bearer)


def _seen(finding: Finding) -> tuple[bool, tuple[str, ...]]:
    # What is told of the day itself changes from day to day and is no news.
    told = (row.items() for row in finding.rows)
    return finding.holds, tuple(str(sorted((name, str(term)) for name, term in row if name != "today")) for row in told)
