"""The handler for what moved between two days: the duties whose statuses differ, and how many went from which status to which."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    DutyContrast,
    Verbaliser,
    assessment_to_json,
    contrast_assessments,
    contrast_views,
    moment_view,
)
from observance.core import InvalidInputError, NotFoundError, SerializedAnswer, collation_key
from observance.handlers.assessment import form_choices, select_assessments
from observance.handlers.held_meetings import held_meetings, meeting_views
from observance.handlers.paging import page_of
from observance.handlers.requests import CompareRequest
from observance.handlers.table import HandlerContext

ORDERS: Final = ("name", "paragraph")
_CHANGES_ON_A_PAGE: Final = 60


def compare(request: CompareRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the differences between the two days; raises InvalidInputError if the earlier day comes after the later one."""
    after = context.assessments(request)
    meetings = held_meetings(after, context)
    since = request.since or next((day.isoformat() for day in reversed(meetings) if day < after.moment.as_of), None)
    before = context.assessments(replace(request, as_of=since or after.moment.as_of.isoformat()))
    if before.moment.as_of > after.moment.as_of:
        raise InvalidInputError("duties.compare-order", earlier=before.moment.as_of.isoformat(), later=after.moment.as_of.isoformat())
    selections = [
        select_assessments(side, members=request.members, paragraphs=request.paragraphs, lookup=context.kb.lookup)
        for side in (before, after)
    ]
    verbalisers = [Verbaliser(side.inputs, request.lang) for side in (before, after)]
    contrasts = contrast_assessments(*selections)
    unchanged = _unchanged(selections[1], len(contrasts))
    if request.format == "json":
        moments = {name: side.moment.as_of.isoformat() for name, side in (("from", before), ("to", after))}
        return context.json_answer({**moments, "changes": list(_changes(contrasts, verbalisers)), "unchanged": unchanged})
    ordered = _in_order(contrasts, request.order or ORDERS[0], verbaliser=verbalisers[1])
    on_page, page = page_of(ordered, request.page, size=_CHANGES_ON_A_PAGE)
    return context.json_answer({
        "page": page,
        "moment": moment_view(after, lang=request.lang),
        "earlier": moment_view(before, lang=request.lang),
        "readingName": verbalisers[1].reading(after.reading.name),
        "changed": contrast_views(on_page, before=verbalisers[0], after=verbalisers[1]),
        "flows": _flows(contrasts),
        "unchanged": unchanged,
        "meetings": meeting_views(meetings, verbaliser=verbalisers[1]),
        "orders": ORDERS,
        **form_choices(after.inputs, lang=request.lang),
    })  # fmt: skip


def _changes(contrasts: Iterable[DutyContrast], verbalisers: Sequence[Verbaliser]) -> Iterator[dict[str, Any]]:
    """The contrasts for programs."""
    for contrast in contrasts:
        sides = zip(("before", "after"), (contrast.before, contrast.after), verbalisers, strict=True)
        yield {name: [assessment_to_json(a, verbaliser=verbaliser) for a in side] for name, side, verbaliser in sides}


def _in_order(contrasts: Iterable[DutyContrast], order: str, *, verbaliser: Verbaliser) -> list[DutyContrast]:
    """The contrasts by the name of the bearer, or by provision and then by name; raises NotFoundError for another order."""
    if order not in ORDERS:
        raise NotFoundError("duties.no-choice", name=order[:60], known=", ".join(ORDERS))
    by_name = sorted(contrasts, key=lambda contrast: collation_key(verbaliser.name(contrast.bearer)) if contrast.bearer else "")
    if order == "name":
        return by_name
    places = {norm.iri: place for place, norm in enumerate(verbaliser.inputs.norms)}
    return sorted(by_name, key=lambda contrast: places.get(contrast.norm, len(places)))


def _unchanged(selected: Sequence[Assessment], changed: int) -> int:
    """The number of pairs of a party and a provision that stand on both days as they do."""
    return max(0, len({(a.duty.bearer, a.duty.norm) for a in selected}) - changed)


def _flows(contrasts: Iterable[DutyContrast]) -> list[dict[str, Any]]:
    """How many pairs of a party and a provision went from which statuses to which; the most frequent first."""
    counts = Counter(tuple(tuple(dict.fromkeys(a.status.iri for a in side)) for side in (c.before, c.after)) for c in contrasts)
    return [{"before": list(before), "after": list(after), "count": count} for (before, after), count in counts.most_common()]
