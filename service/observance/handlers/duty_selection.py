"""The duties that a page or a program asks for, of all assessments: by status, mark and region of the bearer; and the order of bearers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from observance.assessment import Assessment, AssessmentSet, Verbaliser
from observance.core import OBS, NotFoundError, collation_key, local_name
from observance.datasets import open_register_questions
from observance.handlers.requests import DutiesRequest
from observance.handlers.table import HandlerContext

ORDERS: Final = ("name", "region", "count")
_MARK: Final = OBS + "mark"
_REGION: Final = "region"


class DutySelection(Struct, frozen=True, dict=True):
    """The selection that a request makes of sets of assessments, one for each reading."""

    request: DutiesRequest
    assessment_sets: Sequence[AssessmentSet]
    context: HandlerContext

    def select(self, selected: Iterable[Assessment]) -> tuple[Assessment, ...]:
        """The assessments with one of the statuses and marks, of parties in one of the regions and without the marks to be left out.

        Raises NotFoundError for a status, mark or region that does not exist, with those that do.
        """
        selected = tuple(selected)
        if not (self._is_narrowed or self.request.without or self.request.regions):
            return selected
        self._check()
        marked = {a.duty.bearer for a in selected if self.mark(a) in self.request.without}
        return tuple(a for a in selected if self._is_asked(a) and a.duty.bearer not in marked and self._is_in_region(a.duty.bearer))

    def bearers(self, chosen: Iterable[Assessment], *, verbaliser: Verbaliser) -> list[str]:
        """The bearers of the assessments, in the order that is asked for; raises NotFoundError for another order."""
        order = self.request.order or ORDERS[0]
        if order not in ORDERS:
            raise _unknown(order, ORDERS)
        counts = Counter(a.duty.bearer for a in chosen if a.duty.bearer is not None)
        names = {bearer: collation_key(verbaliser.name(bearer)) for bearer in counts}
        regions = {bearer: collation_key(self.region_name(bearer, verbaliser=verbaliser)) for bearer in counts}
        by_name = sorted(counts, key=names.__getitem__)
        if order == "region":
            return sorted(by_name, key=regions.__getitem__)
        return sorted(by_name, key=lambda bearer: -counts[bearer]) if order == "count" else by_name

    def mark(self, assessment: Assessment) -> str:
        """The mark of an assessment's status."""
        return self._marks.get(assessment.status.iri, "")

    def region_name(self, bearer: str, *, verbaliser: Verbaliser) -> str:
        """The name of a party's region; empty for a party without one."""
        region = self._regions.get(bearer)
        return verbaliser.name(region) if region else ""

    def region_choices(self, assessments: Iterable[Assessment] = (), *, verbaliser: Verbaliser) -> list[dict[str, Any]]:
        """The regions of the parties that the assessments are about, and those asked for, with their names."""
        bearers = {a.duty.bearer for a in assessments}
        regions = {iri for party, iri in self._regions.items() if party in bearers or local_name(iri) in self.request.regions}
        return [
            {"name": local_name(iri), "label": verbaliser.name(iri)}
            for iri in sorted(regions, key=lambda iri: collation_key(verbaliser.name(iri)))
        ]

    @property
    def _is_narrowed(self) -> bool:
        return bool(self.request.statuses or self.request.marks)

    def _is_asked(self, assessment: Assessment) -> bool:
        status = local_name(assessment.status.iri)
        return not self._is_narrowed or status in self.request.statuses or self.mark(assessment) in self.request.marks

    def _is_in_region(self, bearer: str | None) -> bool:
        return not self.request.regions or (bearer is not None and local_name(self._regions.get(bearer, "")) in self.request.regions)

    def _check(self) -> None:
        statuses, marks = [local_name(iri) for iri in self._marks], sorted(set(self._marks.values()))
        regions = sorted({local_name(iri) for iri in self._regions.values()})
        for names, known in (
            (self.request.statuses, statuses), (self.request.marks, marks), (self.request.without, marks), (self.request.regions, regions),
        ):  # fmt: skip
            for name in names:
                if name not in known:
                    raise _unknown(name, known)

    @cached_property
    def _marks(self) -> Mapping[str, str]:
        inputs = self.assessment_sets[0].inputs
        return {iri: next(iter(inputs.knowledge.objects(iri, _MARK)), "") for iri in inputs.rule_set.statuses}

    @cached_property
    def _regions(self) -> Mapping[str, str]:
        """The region of each party, by IRI."""
        first = self.assessment_sets[0]
        rows = open_register_questions(first, store=self.context.ready_store(first)).rows("groups")
        return {row["party"]: row["group"] for row in rows if row["by"] == _REGION}


def _unknown(name: str, known: Sequence[str]) -> NotFoundError:
    nearest = get_close_matches(name, known, n=1) or known
    return NotFoundError("duties.no-choice", name=name[:60], known=", ".join(nearest))
