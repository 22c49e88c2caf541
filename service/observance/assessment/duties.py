"""The instances of duties: one norm, for one bearer, in one window. Windows are reckoned here, once; rules then only compare days."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Final

from msgspec import Struct

from observance.assessment.model import Duty, Reading, ReadingParameter
from observance.core import HOME, OBS, PREFIXES, XSD, InconsistentDataError, calendar, compact, local_name
from observance.knowledge import Knowledge
from observance.rdf import TYPE, FactBase, Triple, node_text
from observance.register import Moment

DUTIES: Final = HOME + "duties/"
_ORG: Final = PREFIXES["org"]
_PER_TRIGGER: Final = OBS + "PerTrigger"


class Event(Struct, frozen=True):
    """Something that opens an instance or its window: a meeting held, a notification received; `party` is None for everyone's."""

    node: str
    kind: str
    day: date
    party: str | None
    stands: bool


class NormInstances(Struct, frozen=True):
    """What of a norm decides how many instances it has."""

    iri: str
    bearers: tuple[str | None, ...]
    per_trigger: bool
    triggered_by: str | None


def norms(knowledge: Knowledge, *, declared: Sequence[str]) -> tuple[NormInstances, ...]:
    """The norms that have instances, in the order of their names; a norm that gives no one a duty has none."""

    def one(iri: str, name: str) -> str | None:
        return next(iter(knowledge.objects(iri, OBS + name)), None)

    found = []
    for iri in sorted(knowledge.instances(OBS + "NormativeStatement")):
        recurrence = one(iri, "recurrence")
        if recurrence is not None:
            bearer = one(iri, "bearer")
            bearers: tuple[str | None, ...] = tuple(declared) if one(iri, "bearerClass") else (bearer,)
            found.append(NormInstances(iri, bearers, recurrence == _PER_TRIGGER, one(iri, "triggeredBy")))
    return tuple(found)


class RegisterEvents:
    """What is known of events and roles, read from the facts that rules have concluded from the register."""

    def __init__(self, facts: FactBase) -> None:
        """Nothing is read before it is needed."""
        self._facts = facts

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events, by day; of several days on record the earliest."""
        days, parties, stands = (self._facts.pairs(OBS + name) for name in ("occurredOn", "occurredFor", "standsAs"))
        found = (
            Event(node, kind, calendar.first_day(min(days[node])), min(parties.get(node, [""])) or None, node in stands)
            for node, kinds in self._facts.pairs(OBS + "triggerOf").items() for kind in kinds if node in days
        )  # fmt: skip
        return tuple(sorted(found, key=lambda event: (event.day, event.node, event.kind)))

    def in_role(self, party: str, day: date) -> bool:
        """Whether the register gives the party a role on the day."""
        return any(first <= day <= last for first, last in self._roles.get(party, ()))

    @cached_property
    def _roles(self) -> Mapping[str, list[tuple[date, date]]]:
        found: dict[str, list[tuple[date, date]]] = {}
        during, first, last = (self._facts.pairs(iri) for iri in (_ORG + "memberDuring", OBS + "firstDay", OBS + "lastDay"))
        for membership, parties in self._facts.pairs(_ORG + "member").items():
            for interval in during.get(membership, ()):
                if interval in first and interval in last:
                    span = (calendar.first_day(first[interval][0]), calendar.first_day(last[interval][0]))
                    for party in parties:
                        found.setdefault(party, []).append(span)
        return found


def duty_instances(found: Iterable[NormInstances], *, reading: Reading, world: RegisterEvents, at: Moment) -> tuple[Duty, ...]:
    """The instances of the norms under the reading; raises InconsistentDataError when two would have one name."""
    duties: dict[str, Duty] = {}
    for norm in found:
        for duty in _of_norm(norm, reading=reading, world=world, at=at):
            if duty.iri in duties and duties[duty.iri] != duty:
                raise InconsistentDataError("assessment.one-name", duty=compact(duty.iri))
            duties[duty.iri] = duty
    return tuple(sorted(duties.values(), key=duty_sort_key))


def duty_sort_key(duty: Duty) -> tuple[str, str, str, str]:
    """The key that puts instances into one order: bearer, norm, window, name."""
    return duty.bearer or "", duty.norm, (duty.closes or calendar.EARLIEST).isoformat(), duty.iri


def _of_norm(norm: NormInstances, *, reading: Reading, world: RegisterEvents, at: Moment) -> Iterator[Duty]:
    cycle = next((p for p in reading.parameters if p.norm == norm.iri and p.cycle), None)
    expected = next((p for p in reading.parameters if p.norm == norm.iri and p.window_from), None)
    for bearer in norm.bearers:
        if cycle is not None:
            yield from _cycles(norm, bearer, parameter=cycle, world=world, at=at)
        elif norm.per_trigger:
            yield from _triggered(norm, bearer, parameter=expected, world=world, at=at)
        else:
            yield _once(norm, bearer, parameter=expected, world=world, at=at)


def _once(norm: NormInstances, bearer: str | None, *, parameter: ReadingParameter | None, world: RegisterEvents, at: Moment) -> Duty:
    if parameter is None:
        return _duty(norm, bearer, at=at)
    begins = (
        event for event in world.events
        if event.kind == parameter.window_from and event.stands and event.party in (bearer, None) and _valid(parameter, event.day)
    )  # fmt: skip
    event = next(begins, None)
    return _duty(norm, bearer, at=at) if event is None else _window(norm, bearer, event, parameter=parameter, at=at, occasion=None)


def _triggered(
    norm: NormInstances, bearer: str | None, *, parameter: ReadingParameter | None, world: RegisterEvents, at: Moment
) -> Iterator[Duty]:
    events = [event for event in world.events if event.kind == norm.triggered_by]
    for event in events:
        if parameter is not None and parameter.window_from == event.kind and _valid(parameter, event.day):
            yield _window(norm, bearer, event, parameter=parameter, at=at, occasion=event.node)
        else:
            yield _duty(norm, bearer, at=at, occasion=event.node)
    if not events:
        yield _duty(norm, bearer, at=at)


def _cycles(norm: NormInstances, bearer: str | None, *, parameter: ReadingParameter, world: RegisterEvents, at: Moment) -> Iterator[Duty]:
    """One instance for each event: a cycle from the one before to it or, where the norm is about the event itself, that day."""
    before: date | None = None
    concerned = False
    for event in world.events:
        if event.kind == parameter.cycle and _valid(parameter, event.day):
            opens = event.day if norm.triggered_by == event.kind else None if before is None else calendar.day_after(before)
            yield _duty(norm, bearer, at=at, occasion=event.node, window=(opens, event.day), set_by=parameter.iri)
            concerned = concerned or bearer is None or world.in_role(bearer, event.day)
            before = event.day
    if not concerned:
        yield _duty(norm, bearer, at=at)


def _valid(parameter: ReadingParameter, day: date) -> bool:
    return parameter.valid[0] <= day <= parameter.valid[1]


def _window(
    norm: NormInstances, bearer: str | None, event: Event, *, parameter: ReadingParameter, at: Moment, occasion: str | None
) -> Duty:
    closes = calendar.add_duration(event.day, months=parameter.months, days=parameter.days)
    window = (event.day, closes)
    return _duty(norm, bearer, at=at, occasion=occasion, window=window, opened_by=event.node, set_by=parameter.iri)


def _duty(
    norm: NormInstances, bearer: str | None, *, at: Moment, occasion: str | None = None, window: tuple[date | None, date] | None = None,
    opened_by: str | None = None, set_by: str | None = None,
) -> Duty:  # fmt: skip
    opens, closes = window or (None, None)
    parts = [local_name(part) for part in (bearer, norm.iri) if part]
    if occasion is not None:
        parts.append(f"{local_name(occasion)}-{hashlib.sha256(occasion.encode()).hexdigest()[:6]}")
    role_day = min(closes, at.as_of) if closes else at.as_of
    return Duty(DUTIES + "/".join(parts), norm.iri, bearer, occasion, opens, closes, opened_by, set_by, role_day)


def reading_facts(duties: Iterable[Duty], *, reading: Reading, at: Moment) -> Iterator[Triple]:
    """What rules may ask of the instances and of the reading."""
    yield from reading.triples
    for parameter in reading.parameters:
        if _valid(parameter, at.as_of):
            yield f"<{reading.iri}>", f"<{OBS}inEffect>", f"<{parameter.iri}>"
    for duty in duties:
        yield from duty_facts(duty, reading=reading, at=at)


def duty_facts(duty: Duty, *, reading: Reading, at: Moment) -> Iterator[Triple]:
    """What rules may ask of one instance."""
    own = f"<{duty.iri}>"
    yield own, TYPE, f"<{OBS}DutyInstance>"
    named = {
        "ofNorm": duty.norm, "bearer": duty.bearer, "occasion": duty.occasion, "openedBy": duty.opened_by, "windowSetBy": duty.set_by,
        "underInterpretation": reading.iri,
    }  # fmt: skip
    for name, iri in named.items():
        if iri:
            yield own, f"<{OBS}{name}>", node_text(iri)
    dated = {"asOf": at.as_of, "roleDay": duty.role_day}
    if duty.closes is not None:
        dated |= {"opensOn": duty.opens or calendar.EARLIEST, "closesOn": duty.closes}
    for name, day in dated.items():
        yield own, f"<{OBS}{name}>", f'"{day.isoformat()}"^^<{XSD}date>'
