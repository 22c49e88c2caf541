"""Readings: what is assumed where the text is silent or open. An inconsistent reading is rejected as a whole."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.model import Reading, ReadingParameter
from observance.assessment.rules.compiler import GraphIndex, RuleSet
from observance.core import DCTERMS, OBS, PREFIXES, RDF, SKOS, InconsistentDataError, NotFoundError, calendar, compact, local_name
from observance.knowledge import Knowledge
from observance.rdf import StatementRow

_EXPECTATION: Final = OBS + "ExpectationParameter"
_CYCLE: Final = OBS + "CycleParameter"
_CHOICE: Final = OBS + "ChoiceParameter"
_EXCUSE: Final = OBS + "ExcuseParameter"
_VALIDITY: Final = (PREFIXES["schema"] + "validFrom", PREFIXES["schema"] + "validThrough")


def load_readings(
    knowledge: Knowledge, *, rule_set: RuleSet, graph: GraphIndex, custom_reading: tuple[ox.Quad, ...] = ()
) -> Mapping[str, Reading]:
    """Return the readings of the knowledge and of a user's file by name, the default one first; `graph` indexes the knowledge.

    Raises InconsistentDataError for a parameter with an undefined norm, alternative or event, a malformed duration or no source, for
    a window that no rule examines, and for two answers to one open point.
    """
    if custom_reading:
        graph = GraphIndex(knowledge.statements, custom_reading)
    iris = _reading_iris(chain(knowledge.statements, custom_reading))
    parameters = {iri: _parameters(iri, graph=graph, knowledge=knowledge, rule_set=rule_set) for iri in iris}
    defaults = [iri for iri in parameters if graph.value(iri, OBS + "isDefault") == "true"]
    if len(defaults) > 1:
        raise InconsistentDataError("assessment.two-defaults", one=compact(defaults[0]), other=compact(defaults[1]))
    default = parameters[defaults[0]] if defaults else ()
    ordered = sorted(parameters, key=lambda iri: (iri not in defaults, iri))
    readings = [_reading(iri, parameters[iri], default=default, graph=graph) for iri in ordered]
    names = [reading.name for reading in readings]
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise InconsistentDataError("assessment.reading-twice", name=duplicate)
    return {reading.name: reading for reading in readings}


def choose_reading(name: str | None, *, among: Mapping[str, Reading]) -> Reading:
    """Return the reading with this name or IRI, the first one for None; raises NotFoundError, which lists the names."""
    if name is None and among:
        return next(iter(among.values()))
    reading = among.get(name or "") or next((reading for reading in among.values() if reading.iri == name), None)
    if reading is None:
        raise NotFoundError("assessment.no-reading", name=name or "–", known=", ".join(among) or "–")
    return reading


def custom_reading_iri(quads: Iterable[ox.Quad], *, name: str) -> str:
    """The IRI of the reading in a user's file of this name; raises InconsistentDataError unless there is exactly one."""
    iris = _reading_iris(quads)
    if len(iris) != 1:
        raise InconsistentDataError("assessment.reading-file", name=name, count=len(iris))
    return iris[0]


def _reading_iris(quads: Iterable[ox.Quad | StatementRow]) -> list[str]:
    interpretation = ox.NamedNode(OBS + "Interpretation")
    return sorted(
        {
            quad.subject.value for quad in quads
            if quad.predicate.value == RDF + "type" and quad.object == interpretation and isinstance(quad.subject, ox.NamedNode)
        }
    )  # fmt: skip


def _reading(
    iri: str, set_parameters: tuple[ReadingParameter, ...], *, default: tuple[ReadingParameter, ...], graph: GraphIndex
) -> Reading:
    """The reading with the parameters that it sets, and the default reading's choices on points that it leaves open."""
    answered = {(parameter.point, parameter.norm) for parameter in set_parameters if parameter.point}
    answered |= {(parameter.point, None) for parameter in set_parameters if parameter.point}
    inherited = [p for p in default if p.point and (p.point, p.norm) not in answered and (p.point, None) not in answered]
    parameters = tuple(sorted({p.iri: p for p in (*set_parameters, *inherited)}.values(), key=lambda p: p.iri))
    return Reading(
        iri=iri,
        name=graph.value(iri, SKOS + "notation") or local_name(iri),
        label=graph.labels(iri, SKOS + "prefLabel"),
        parameters=parameters,
    )


def _parameters(iri: str, *, graph: GraphIndex, knowledge: Knowledge, rule_set: RuleSet) -> tuple[ReadingParameter, ...]:
    """The parameters that the reading sets itself, without two answers to one point and without windows that no rule examines."""
    parameters = tuple(_ParameterParser(node, iri, graph, knowledge).parse() for node in graph.values(iri, OBS + "sets"))
    parameter_by_point: dict[tuple[str, str | None], str] = {}
    for parameter in parameters:
        if point := _answered_point(parameter):
            if point in parameter_by_point:
                raise InconsistentDataError(
                    "assessment.two-answers", reading=compact(iri), one=compact(parameter_by_point[point]), other=compact(parameter.iri)
                )
            parameter_by_point[point] = parameter.iri
        if parameter.kind == _EXPECTATION and not _examines_windows(parameter.norm, rule_set=rule_set):
            raise InconsistentDataError("assessment.no-window-for", parameter=compact(parameter.iri), norm=compact(parameter.norm or ""))
    return parameters


def _answered_point(parameter: ReadingParameter) -> tuple[str, str | None] | None:
    """The open point that the parameter answers, or `window`, with its norm; None for a parameter that excludes no other one."""
    if parameter.point:
        return parameter.point, parameter.norm
    return ("window", parameter.norm) if parameter.kind != _EXCUSE else None


def _examines_windows(norm: str | None, *, rule_set: RuleSet) -> bool:
    premises = [premise for rule in rule_set.rules.get(norm or "", ()) for premise in rule.premises]
    return any(OBS + "windowSetBy" in premise.pattern.terms for premise in premises)


class _ParameterParser(Struct, frozen=True):
    """Parses one parameter of a reading, and raises InconsistentDataError for the first fault."""

    iri: str
    reading: str
    graph: GraphIndex
    knowledge: Knowledge

    def parse(self) -> ReadingParameter:
        """Return the parameter."""
        graph, iri = self.graph, self.iri
        kind = next((k for k in graph.values(iri, RDF + "type") if k in (_EXPECTATION, _CYCLE, _CHOICE, _EXCUSE)), None)
        norm, chosen, source = (graph.value(iri, name) for name in (OBS + "forNorm", OBS + "chooses", DCTERMS + "source"))
        if kind is None or source is None:
            raise self._error("bad-parameter", kind)
        self._check_norm(norm, kind=kind)
        self._check_alternative(chosen, kind=kind)
        duration, months, days = self._duration() if kind == _EXPECTATION else (None, 0, 0)
        window_from, cycle = graph.value(iri, OBS + "windowFrom"), graph.value(iri, OBS + "cycleOpenedBy")
        if kind in (_EXPECTATION, _CYCLE):
            self._check_event(window_from if kind == _EXPECTATION else cycle)
        return ReadingParameter(
            iri=iri, kind=kind, norm=norm, window_from=window_from, months=months, days=days, duration=duration, cycle=cycle,
            chosen=chosen, point=next(iter(self.knowledge.objects(chosen, OBS + "onPoint")), None) if chosen else None,
            admits=frozenset(graph.values(iri, OBS + "admits")),
            # A parameter is an assumption unless it states the contrary.
            assumed=graph.value(iri, OBS + "isAssumption") != "false",
            source=source, valid=self._validity(), label=graph.labels(iri, SKOS + "prefLabel"),
        )  # fmt: skip

    def _error(self, message: str, value: str | None) -> InconsistentDataError:
        return InconsistentDataError(
            f"assessment.{message}", parameter=compact(self.iri), reading=compact(self.reading), value=compact(value) if value else "–"
        )

    def _check_norm(self, norm: str | None, *, kind: str) -> None:
        """A choice without a norm is for all norms; every other kind of parameter has one."""
        is_missing = norm is None and kind != _CHOICE
        if is_missing or (norm and norm not in self.knowledge.instances(OBS + "NormativeStatement")):
            raise self._error("unknown-norm", norm)

    def _check_alternative(self, chosen: str | None, *, kind: str) -> None:
        is_misplaced = (chosen is None) == (kind == _CHOICE)
        if is_misplaced or (chosen and chosen not in self.knowledge.instances(OBS + "AlternativeReading")):
            raise self._error("unknown-alternative", chosen)

    def _check_event(self, event: str | None) -> None:
        if not event or event not in self.knowledge.subjects:
            raise self._error("unknown-event", event)

    def _duration(self) -> tuple[str, int, int]:
        """The length of the window: the lexical form of the xsd:duration, its months and its days."""
        objects = self.graph.objects(ox.NamedNode(self.iri), OBS + "window")
        if len(objects) != 1 or not isinstance(objects[0], ox.Literal):
            raise self._error("bad-duration", None)
        duration = objects[0].value
        try:
            return duration, *calendar.parse_duration(duration)
        except ValueError:
            raise self._error("bad-duration", duration) from None

    def _validity(self) -> tuple[date, date]:
        """The first and last day on which the parameter applies."""
        begin, end = (self.graph.value(self.iri, predicate) for predicate in _VALIDITY)
        try:
            return (calendar.first_day(begin) if begin else calendar.EARLIEST), (calendar.last_day(end) if end else calendar.LATEST)
        except ValueError:
            raise self._error("bad-validity", f"{begin} – {end}") from None
