"""The handler for what moved between two days: the duties whose statuses differ, and how many went from which status to which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from observance.assessment import (
    Assessment,
    Verbaliser,
    assessment_to_json,
    contrast_assessments,
    contrast_views,
    moment_view,
)
from observance.core import InvalidInputError, SerializedAnswer
from observance.handlers.assessment import form_choices, select_assessments
from observance.handlers.duty_selection import collation_key
from observance.handlers.held_meetings import held_meetings, meeting_views
from observance.handlers.requests import CompareRequest
from observance.handlers.table import HandlerContext


def compare(request: CompareRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the differences between the two days; raises InvalidInputError if the earlier day is not before the later one."""
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
    if request.format == "json":
        changes = [
            {
                name: [assessment_to_json(a, verbaliser=verbaliser) for a in side]
                for name, side, verbaliser in zip(("before", "after"), (contrast.before, contrast.after), verbalisers, strict=True)
            }
            for contrast in contrasts
        ]
        moments = {name: side.moment.as_of.isoformat() for name, side in (("from", before), ("to", after))}
        return context.json_answer({**moments, "changes": changes, "unchanged": _unchanged(selections[1], len(contrasts))})
    changed = contrast_views(contrasts, before=verbalisers[0], after=verbalisers[1])
    return context.json_answer({
        "moment": moment_view(after, lang=request.lang),
        "earlier": moment_view(before, lang=request.lang),
        "readingName": verbalisers[1].reading(after.reading.name),
        "changed": sorted(changed, key=lambda change: collation_key((change["before"] + change["after"])[0]["bearerName"])),
        "flows": _flows(changed),
        "unchanged": _unchanged(selections[1], len(contrasts)),
        "meetings": meeting_views(meetings, verbaliser=verbalisers[1]),
        **form_choices(after.inputs, lang=request.lang),
    })  # fmt: skip


def _unchanged(selected: Sequence[Assessment], changed: int) -> int:
    """The number of pairs of a party and a provision that stand on both days as they do."""
    return max(0, len({(a.duty.bearer, a.duty.norm) for a in selected}) - changed)


def _flows(changed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many pairs of a party and a provision went from which statuses to which; the most frequent first."""
    counts: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for change in changed:
        sides = (tuple(dict.fromkeys(row["statusIri"] for row in change[side])) for side in ("before", "after"))
        counts[next(sides), next(sides)] += 1
    return [{"before": list(before), "after": list(after), "count": count} for (before, after), count in counts.most_common()]
