"""The duties of a register: each norm for each bearer in each window. Windows are computed here; rules only compare days."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import ClassVar, Final

from msgspec import Struct

from observance.assessment.model import Duty, Reading, ReadingParameter
from observance.core import HOME, OBS, PREFIXES, XSD, InconsistentDataError, calendar, compact, local_name
from observance.knowledge import Knowledge
from observance.rdf import TYPE, FactBase, Triple, node_text
from observance.register import Moment

DUTIES: Final = HOME + "duties/"
"""The namespace of duties; those under one instrument have a part of it, or the namespace that the instrument declares."""
_ORG: Final = PREFIXES["org"]
_PER_TRIGGER: Final = OBS + "PerTrigger"


class Event(Struct, frozen=True):
    """An event that a duty or its window begins with, such as a meeting held or a notification received.

    `party` is None for an event that concerns everybody; only an event `in_force` opens a window.
    """

    node: str
    kind: str
    day: date
    party: str | None
    in_force: bool


class DutyNorm(Struct, frozen=True):
    """A norm that imposes duties: its bearers, and the kind of event for each of which there is a duty, if `per_trigger`.

    `namespace` is that of the duties' IRIs. With an `occasion`, only the duties for this one are imposed, or the one without any.
    """

    iri: str
    bearers: tuple[str | None, ...]
    per_trigger: bool
    triggered_by: str | None
    namespace: str = DUTIES
    occasion: str | None = None


def duty_norms(knowledge: Knowledge, *, declared: Sequence[str]) -> tuple[DutyNorm, ...]:
    """The norms that impose duties, sorted by IRI; `declared` are the bearers of norms that are addressed to a class of parties."""

    def value(iri: str, name: str) -> str | None:
        return next(iter(knowledge.objects(iri, OBS + name)), None)

    norms = []
    for iri in sorted(knowledge.instances(OBS + "NormativeStatement")):
        recurrence = value(iri, "recurrence")
        if recurrence is not None:
            bearers: tuple[str | None, ...] = tuple(declared) if value(iri, "bearerClass") else (value(iri, "bearer"),)
            namespace = _duty_namespace(iri, knowledge=knowledge)
            norms.append(DutyNorm(iri, bearers, recurrence == _PER_TRIGGER, value(iri, "triggeredBy"), namespace))
    return tuple(norms)


def _duty_namespace(norm: str, *, knowledge: Knowledge) -> str:
    """The namespace that the norm's instrument declares, else the instrument's own part of DUTIES."""
    paragraph = next(iter(knowledge.objects(norm, OBS + "expressedBy")), "")
    instrument = knowledge.instrument(paragraph)
    if instrument is None:
        return DUTIES
    return next(iter(knowledge.objects(instrument, OBS + "dutyNamespace")), f"{DUTIES}{knowledge.instrument_name(instrument)}/")


class RegisterEvents:
    """The events and roles on record, among the facts that rules have concluded from the register."""

    PREDICATES: ClassVar = frozenset(
        (*(OBS + name for name in ("triggerOf", "occurredOn", "occurredFor", "standsAs", "firstDay", "lastDay")),
         *(_ORG + name for name in ("member", "memberDuring", "role")))
    )  # fmt: skip
    """The predicates of the facts that are read."""

    def __init__(self, facts: FactBase) -> None:
        """The facts are read on first use."""
        self._facts = facts

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events by day; an event with several days on record has the earliest."""
        days, parties, versions_in_force = (self._facts.pairs(OBS + name) for name in ("occurredOn", "occurredFor", "standsAs"))
        events = (
            Event(node, kind, calendar.first_day(min(days[node])), min(parties.get(node, [""])) or None, node in versions_in_force)
            for node, kinds in self._facts.pairs(OBS + "triggerOf").items() for kind in kinds if node in days
        )  # fmt: skip
        return tuple(sorted(events, key=lambda event: (event.day, event.node, event.kind)))

    def in_role(self, party: str, day: date) -> bool:
        """Whether the register records a role of the party on the day."""
        return any(first <= day <= last for first, last in self._roles.get(party, ()))

    @cached_property
    def _roles(self) -> Mapping[str, list[tuple[date, date]]]:
        """By party, the first and last day of each of its roles; a membership without a role, as in a Union, is none."""
        roles: dict[str, list[tuple[date, date]]] = {}
        during, first, last = (self._facts.pairs(iri) for iri in (_ORG + "memberDuring", OBS + "firstDay", OBS + "lastDay"))
        has_role = self._facts.pairs(_ORG + "role")
        for membership, parties in self._facts.pairs(_ORG + "member").items():
            if membership not in has_role:
                continue
            for interval in during.get(membership, ()):
                if interval in first and interval in last:
                    span = (calendar.first_day(first[interval][0]), calendar.first_day(last[interval][0]))
                    for party in parties:
                        roles.setdefault(party, []).append(span)
        return roles


def duty_instances(norms: Iterable[DutyNorm], *, reading: Reading, register_events: RegisterEvents, at: Moment) -> tuple[Duty, ...]:
    """The duties under the norms and the reading, sorted by `duty_sort_key`; raises InconsistentDataError if two have one IRI."""
    duties: dict[str, Duty] = {}
    for norm in norms:
        for duty in _duties_of_norm(norm, reading=reading, register_events=register_events, at=at):
            if norm.occasion is not None and duty.occasion not in (None, norm.occasion):
                continue
            other = duties.setdefault(duty.iri, duty)
            if other != duty:
                raise _one_name(other, duty)
    return tuple(sorted(duties.values(), key=duty_sort_key))


def _one_name(one: Duty, other: Duty) -> InconsistentDataError:
    """The error that names what the local names of two duties with one IRI stand for: two norms, two parties or two events."""
    pairs = {"norms": (one.norm, other.norm), "parties": (one.bearer, other.bearer), "events": (one.occasion, other.occasion)}
    kind, first, second = next((kind, *pair) for kind, pair in pairs.items() if pair[0] != pair[1])
    return InconsistentDataError(
        f"assessment.one-name-{kind}", duty=compact(one.iri), one=compact(first or ""), other=compact(second or "")
    )


def duty_sort_key(duty: Duty) -> tuple[str, str, str, str]:
    """The key that sorts duties by bearer, norm, end of the window and IRI."""
    return duty.bearer or "", duty.norm, (duty.closes or calendar.EARLIEST).isoformat(), duty.iri


def _duties_of_norm(norm: DutyNorm, *, reading: Reading, register_events: RegisterEvents, at: Moment) -> Iterator[Duty]:
    cycle = next((p for p in reading.parameters if p.norm == norm.iri and p.cycle), None)
    expectation = next((p for p in reading.parameters if p.norm == norm.iri and p.window_from), None)
    for bearer in norm.bearers:
        if cycle is not None:
            yield from _duty_per_cycle(norm, bearer, parameter=cycle, register_events=register_events, at=at)
        elif norm.per_trigger:
            yield from _duty_per_trigger(norm, bearer, parameter=expectation, register_events=register_events, at=at)
        else:
            yield _single_duty(norm, bearer, parameter=expectation, register_events=register_events, at=at)


def _single_duty(
    norm: DutyNorm, bearer: str | None, *, parameter: ReadingParameter | None, register_events: RegisterEvents, at: Moment
) -> Duty:
    """The one duty, with a window from the first event that the parameter counts from."""
    if parameter is None:
        return _duty(norm, bearer, at=at)
    opening_events = (
        event for event in register_events.events
        if event.kind == parameter.window_from and event.in_force and event.party in (bearer, None) and _applies_on(parameter, event.day)
    )  # fmt: skip
    event = next(opening_events, None)
    return (
        _duty(norm, bearer, at=at) if event is None else _duty_with_window(norm, bearer, event, parameter=parameter, at=at, occasion=None)
    )


def _duty_per_trigger(
    norm: DutyNorm, bearer: str | None, *, parameter: ReadingParameter | None, register_events: RegisterEvents, at: Moment
) -> Iterator[Duty]:
    """One duty for each triggering event; a duty without occasion if there is no event."""
    events = [event for event in register_events.events if event.kind == norm.triggered_by]
    for event in events:
        if parameter is not None and parameter.window_from == event.kind and _applies_on(parameter, event.day):
            yield _duty_with_window(norm, bearer, event, parameter=parameter, at=at, occasion=event.node)
        else:
            yield _duty(norm, bearer, at=at, occasion=event.node)
    if not events:
        yield _duty(norm, bearer, at=at)


def _duty_per_cycle(
    norm: DutyNorm, bearer: str | None, *, parameter: ReadingParameter, register_events: RegisterEvents, at: Moment
) -> Iterator[Duty]:
    """One duty for each event that closes a cycle; the window is the cycle or, if the norm is about the event itself, its day."""
    previous: date | None = None
    concerned = False
    for event in register_events.events:
        if event.kind == parameter.cycle and _applies_on(parameter, event.day):
            opens = event.day if norm.triggered_by == event.kind else None if previous is None else calendar.day_after(previous)
            role_day = min(event.day, at.as_of)
            yield _duty(norm, bearer, at=at, occasion=event.node, window=(opens, event.day), set_by=parameter.iri, role_day=role_day)
            concerned = concerned or bearer is None or register_events.in_role(bearer, event.day)
            previous = event.day
    if not concerned:
        yield _duty(norm, bearer, at=at)


def _applies_on(parameter: ReadingParameter, day: date) -> bool:
    return parameter.valid[0] <= day <= parameter.valid[1]


def _duty_with_window(
    norm: DutyNorm, bearer: str | None, event: Event, *, parameter: ReadingParameter, at: Moment, occasion: str | None
) -> Duty:
    closes = calendar.add_duration(event.day, months=parameter.months, days=parameter.days)
    window = (event.day, closes)
    return _duty(norm, bearer, at=at, occasion=occasion, window=window, opened_by=event.node, set_by=parameter.iri)


def _duty(
    norm: DutyNorm, bearer: str | None, *, at: Moment, occasion: str | None = None, window: tuple[date | None, date] | None = None,
    opened_by: str | None = None, set_by: str | None = None, role_day: date | None = None,
) -> Duty:  # fmt: skip
    opens, closes = window or (None, None)
    names = [local_name(iri) for iri in (bearer, norm.iri) if iri]
    if occasion is not None:
        names.append(f"{local_name(occasion)}-{hashlib.sha256(occasion.encode()).hexdigest()[:6]}")
    return Duty(norm.namespace + "/".join(names), norm.iri, bearer, occasion, opens, closes, opened_by, set_by, role_day or at.as_of)


def reading_facts(duties: Iterable[Duty], *, reading: Reading, at: Moment) -> Iterator[Triple]:
    """The facts about the reading and the duties that rules can match."""
    for parameter in reading.parameters:
        yield from _parameter_triples(parameter)
        if _applies_on(parameter, at.as_of):
            yield f"<{reading.iri}>", f"<{OBS}inEffect>", f"<{parameter.iri}>"
    for duty in duties:
        yield from duty_facts(duty, reading=reading, at=at)


def _parameter_triples(parameter: ReadingParameter) -> Iterable[Triple]:
    """The facts about a parameter that rules can match."""
    node = f"<{parameter.iri}>"
    yield node, TYPE, f"<{parameter.kind}>"
    for name, value in (("forNorm", parameter.norm), ("chooses", parameter.chosen)):
        if value:
            yield node, f"<{OBS}{name}>", f"<{value}>"
    for ground in sorted(parameter.admits):
        yield node, f"<{OBS}admits>", f"<{ground}>"


def duty_facts(duty: Duty, *, reading: Reading, at: Moment) -> Iterator[Triple]:
    """The facts about one duty that rules can match."""
    node = f"<{duty.iri}>"
    yield node, TYPE, f"<{OBS}DutyInstance>"
    related_nodes = {
        "ofNorm": duty.norm, "bearer": duty.bearer, "occasion": duty.occasion, "openedBy": duty.opened_by, "windowSetBy": duty.set_by,
        "underInterpretation": reading.iri,
    }  # fmt: skip
    for name, iri in related_nodes.items():
        if iri:
            yield node, f"<{OBS}{name}>", node_text(iri)
    days = {"asOf": at.as_of, "roleDay": duty.role_day}
    if duty.closes is not None:
        days |= {"opensOn": duty.opens or calendar.EARLIEST, "closesOn": duty.closes}
    for name, day in days.items():
        yield node, f"<{OBS}{name}>", f'"{day.isoformat()}"^^<{XSD}date>'
