"""Two sets of answers side by side: for which bearers and norms they differ. What differs is told; nothing is counted against anyone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from observance.assessment.model import Assessment

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DutyContrast:
    """The answers about one bearer (empty for what is announced of nobody) under one norm, before and after."""

    bearer: str
    norm: str
    before: tuple[Assessment, ...]
    after: tuple[Assessment, ...]


def group_by_bearer(assessments: Iterable[Assessment]) -> Mapping[Key, tuple[Assessment, ...]]:
    """The answers by bearer and norm, in their order."""
    found: dict[Key, list[Assessment]] = defaultdict(list)
    for assessment in assessments:
        found[assessment.duty.bearer or "", assessment.duty.norm].append(assessment)
    return {key: tuple(group) for key, group in found.items()}


def contrast_assessments(before: Sequence[Assessment], after: Sequence[Assessment]) -> tuple[DutyContrast, ...]:
    """The bearers and norms for which the two differ: in their instances, or in where one of these stands."""
    one, other = group_by_bearer(before), group_by_bearer(after)
    keys = sorted({*one, *other})
    return tuple(
        DutyContrast(*key, one.get(key, ()), other.get(key, ())) for key in keys if _seen(one.get(key, ())) != _seen(other.get(key, ()))
    )


def _seen(assessments: Iterable[Assessment]) -> set[tuple[str | None, str]]:
    return {(assessment.duty.occasion, assessment.status.iri) for assessment in assessments}
