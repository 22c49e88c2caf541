"""What changed between two answers about the same duty: the statuses, and the premises of either rule that hold no longer or only now."""

from dataclasses import dataclass

from observance.assessment.derive import Derivation
from observance.assessment.values import Assessment, Finding


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


def compare(before: Assessment, after: Assessment, *, earlier: Derivation, later: Derivation) -> Comparison:
    """What changed: the premises of the rules that gave the two answers, in their order."""
    premises = dict.fromkeys((*before.rule.premises, *after.rule.premises))
    turns = (Turn(earlier.finding(premise, before.duty), later.finding(premise, after.duty)) for premise in premises)
    return Comparison(before, after, tuple(turn for turn in turns if _seen(turn.before) != _seen(turn.after)))


def _seen(finding: Finding) -> tuple[bool, tuple[str, ...]]:
    # What is told of the day itself changes from day to day and is no news.
    told = (row.items() for row in finding.rows)
    return finding.holds, tuple(str(sorted((name, str(term)) for name, term in row if name != "today")) for row in told)
