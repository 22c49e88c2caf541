"""Readings: what is assumed where the text is silent or open. A reading that does not make sense is refused, never half applied."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import pyoxigraph as ox

from observance.assessment.model import Reading, ReadingParameter
from observance.assessment.rules.compiler import RuleGraph, RuleSet
from observance.core import DCTERMS, OBS, PREFIXES, RDF, SKOS, InconsistentDataError, NotFoundError, calendar, compact, local_name
from observance.knowledge import Knowledge
from observance.rdf import TYPE, Triple

_EXPECTATION: Final = OBS + "ExpectationParameter"
_CYCLE: Final = OBS + "CycleParameter"
_CHOICE: Final = OBS + "ChoiceParameter"
_EXCUSE: Final = OBS + "ExcuseParameter"
_DURATION: Final = PREFIXES["xsd"] + "duration"
_ENDS: Final = ("validFrom", "validThrough")


def readings(knowledge: Knowledge, *, book: RuleSet, added: Iterable[ox.Quad] = ()) -> Mapping[str, Reading]:
    """The readings of the knowledge and of `added` (a user's own file), by name; the default one first.

    Raises InconsistentDataError for one with an unknown norm or alternative, a malformed duration, a window that no rule looks at, two
    answers to one point or no source for a parameter.
    """
    quads = (*knowledge.quads, *added)
    graph = RuleGraph(quads)
    typed = [q.subject.value for q in quads if _types(q, OBS + "Interpretation") and isinstance(q.subject, ox.NamedNode)]
    found = {iri: _parameters(iri, graph=graph, knowledge=knowledge, book=book) for iri in sorted(set(typed))}
    defaults = [iri for iri in found if graph.value(iri, OBS + "isDefault") == "true"]
    if len(defaults) > 1:
        raise InconsistentDataError("assessment.two-defaults", one=compact(defaults[0]), other=compact(defaults[1]))
    base = found[defaults[0]] if defaults else ()
    read = [_reading(iri, found[iri], base=base, graph=graph) for iri in sorted(found, key=lambda iri: (iri not in defaults, iri))]
    names = [reading.name for reading in read]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InconsistentDataError("assessment.reading-twice", name=twice)
    return {reading.name: reading for reading in read}


def choose_reading(name: str | None, *, among: Mapping[str, Reading]) -> Reading:
    """The reading with this name or IRI, the default one for None; NotFoundError lists those that exist."""
    if name is None and among:
        return next(iter(among.values()))
    found = among.get(name or "") or next((reading for reading in among.values() if reading.iri == name), None)
    if found is None:
        raise NotFoundError("assessment.no-reading", name=name or "–", known=", ".join(among) or "–")
    return found


def own_reading(quads: Iterable[ox.Quad], *, name: str) -> str:
    """The IRI of the one reading that a user's own file holds; raises InconsistentDataError for none or several."""
    found = sorted({q.subject.value for q in quads if _types(q, OBS + "Interpretation") and isinstance(q.subject, ox.NamedNode)})
    if len(found) != 1:
        raise InconsistentDataError("assessment.reading-file", name=name, count=len(found))
    return found[0]


def _types(quad: ox.Quad, iri: str) -> bool:
    return quad.predicate.value == RDF + "type" and isinstance(quad.object, ox.NamedNode) and quad.object.value == iri


def _reading(iri: str, own: tuple[ReadingParameter, ...], *, base: tuple[ReadingParameter, ...], graph: RuleGraph) -> Reading:
    answered = {(parameter.point, parameter.norm) for parameter in own if parameter.point}
    answered |= {(parameter.point, None) for parameter in own if parameter.point}
    inherited = [p for p in base if p.point and (p.point, p.norm) not in answered and (p.point, None) not in answered]
    parameters = tuple(sorted({p.iri: p for p in (*own, *inherited)}.values(), key=lambda p: p.iri))
    triples = tuple(t for parameter in parameters for t in _triples(parameter))
    return Reading(
        iri=iri,
        name=graph.value(iri, SKOS + "notation") or local_name(iri),
        label=graph.labels(iri, SKOS + "prefLabel"),
        parameters=parameters,
        own=frozenset(parameter.iri for parameter in own),
        triples=triples,
    )


def _triples(parameter: ReadingParameter) -> Iterable[Triple]:
    """What rules may ask of a parameter."""
    node = f"<{parameter.iri}>"
    yield node, TYPE, f"<{parameter.kind}>"
    for name, value in (("forNorm", parameter.norm), ("chooses", parameter.chosen)):
        if value:
            yield node, f"<{OBS}{name}>", f"<{value}>"
    for ground in sorted(parameter.admits):
        yield node, f"<{OBS}admits>", f"<{ground}>"


def _parameters(iri: str, *, graph: RuleGraph, knowledge: Knowledge, book: RuleSet) -> tuple[ReadingParameter, ...]:
    found = tuple(_parameter(node, of=iri, graph=graph, knowledge=knowledge) for node in graph.values(iri, OBS + "sets"))
    seen: dict[tuple[str, str | None], str] = {}
    for parameter in found:
        for key in _answers(parameter):
            if key in seen:
                raise InconsistentDataError(
                    "assessment.two-answers", reading=compact(iri), one=compact(seen[key]), other=compact(parameter.iri)
                )
            seen[key] = parameter.iri
        if parameter.kind == _EXPECTATION and not _looks_at_windows(parameter.norm, book=book):
            raise InconsistentDataError("assessment.no-window-for", parameter=compact(parameter.iri), norm=compact(parameter.norm or ""))
    return found


def _answers(parameter: ReadingParameter) -> Iterable[tuple[str, str | None]]:
    if parameter.point:
        yield parameter.point, parameter.norm
    elif parameter.kind != _EXCUSE:
        yield "window", parameter.norm


def _looks_at_windows(norm: str | None, *, book: RuleSet) -> bool:
    premises = [premise for rule in book.rules.get(norm or "", ()) for premise in rule.premises]
    return any(OBS + "windowSetBy" in premise.pattern.terms for premise in premises)


def _parameter(iri: str, *, of: str, graph: RuleGraph, knowledge: Knowledge) -> ReadingParameter:
    def refuse(phrase: str, value: str | None) -> InconsistentDataError:
        return InconsistentDataError(
            f"assessment.{phrase}", parameter=compact(iri), reading=compact(of), value=compact(value) if value else "–"
        )

    kind = next((k for k in graph.values(iri, RDF + "type") if k in (_EXPECTATION, _CYCLE, _CHOICE, _EXCUSE)), None)
    norm, chosen, source = (graph.value(iri, name) for name in (OBS + "forNorm", OBS + "chooses", DCTERMS + "source"))
    if kind is None or source is None:
        raise refuse("bad-parameter", kind)
    if (norm is None) != (kind == _CHOICE and norm is None) or (norm and norm not in knowledge.instances(OBS + "NormativeStatement")):
        raise refuse("unknown-norm", norm)
    if (chosen is None) == (kind == _CHOICE) or (chosen and chosen not in knowledge.instances(OBS + "AlternativeReading")):
        raise refuse("unknown-alternative", chosen)
    duration, months, days = _duration(iri, kind=kind, graph=graph, refuse=lambda value: refuse("bad-duration", value))
    window_from, cycle = graph.value(iri, OBS + "windowFrom"), graph.value(iri, OBS + "cycleOpenedBy")
    for value in (window_from if kind == _EXPECTATION else None, cycle if kind == _CYCLE else None):
        if kind in (_EXPECTATION, _CYCLE) and value and value not in knowledge.subjects:
            raise refuse("unknown-event", value)
    if (kind == _EXPECTATION and not window_from) or (kind == _CYCLE and not cycle):
        raise refuse("unknown-event", None)
    return ReadingParameter(
        iri=iri, kind=kind, norm=norm, window_from=window_from, months=months, days=days, duration=duration, cycle=cycle, chosen=chosen,
        point=next(iter(knowledge.objects(chosen, OBS + "onPoint")), None) if chosen else None,
        admits=frozenset(graph.values(iri, OBS + "admits")),
        # What does not say that it is none is an assumption.
        assumed=graph.value(iri, OBS + "isAssumption") != "false",
        source=source, valid=_valid(iri, graph=graph, refuse=lambda value: refuse("bad-validity", value)),
        label=graph.labels(iri, SKOS + "prefLabel"),
    )  # fmt: skip


def _duration(iri: str, *, kind: str, graph: RuleGraph, refuse) -> tuple[str | None, int, int]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    found = graph.objects(ox.NamedNode(iri), OBS + "window")
    if kind != _EXPECTATION:
        return None, 0, 0
    if len(found) != 1 or not isinstance(found[0], ox.Literal):
        raise refuse(None)
    try:
        months, days = calendar.parse_duration(found[0].value)
    except ValueError:
        raise refuse(found[0].value) from None
    return found[0].value, months, days


def _valid(iri: str, *, graph: RuleGraph, refuse) -> tuple[date, date]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    begin, end = (graph.value(iri, PREFIXES["schema"] + name) for name in _ENDS)
    try:
        return (calendar.first_day(begin) if begin else calendar.EARLIEST), (calendar.last_day(end) if end else calendar.LATEST)
    except ValueError:
        raise refuse(f"{begin} – {end}") from None
