"""The mutants of rules: each drops a rule, premise, exception or note, moves a boundary, or changes what shapes say of what counts.

A case of `tests/rules` must notice: its status differs, or what its header names besides (notes, numbers, parameters of the reading),
its register leads to what contradicts itself, or the rules can no longer be evaluated.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import pyoxigraph as ox
from msgspec.structs import replace

from fixtures_of_rules import (
    KNOWLEDGE,
    SHAPES,
    RuleCase,
    build_inputs,
    contradictions,
    duty_assessment,
    kebab_case,
    parse_turtle,
    rule_cases,
    told,
    told_by_header,
    verdicts,
)
from observance.assessment import AssessmentInputs, RuleBase, assess
from observance.assessment.readings import custom_reading_iri
from observance.core import OBS, RDF, InconsistentDataError, calendar, compact, local_name
from observance.knowledge import Knowledge, faults
from observance.register import Register
from observance.submissions import ShapesGraph, Verdicts

Quads = tuple[ox.Quad, ...]

DROPPED = ("Rule", "FactRule", "ExplanatoryNote", "SetAsideReason", "ReportedCount", "RuleSetUse", "CompletenessNeed")
"""The classes of which a node is dropped as a whole."""
OF_VERDICTS = ("requiredForNaming", "suppliedByReceipt")
"""The properties of shapes on which it rests what counts."""
_PREMISES, _FIRST, _REST = (ox.NamedNode(iri) for iri in (OBS + "premises", RDF + "first", RDF + "rest"))
_BOUNDARY = re.compile(r"(FILTER\(\?\w+ )(<=|<|>=|>)( \?\w+\))")
_MOVED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


@dataclass(frozen=True)
class RuleMutant:
    """A mutant: the removed statements and the added ones, in the knowledge or, if `of_shapes`, in the shapes."""

    file: str
    node: str
    change: str
    removed: Quads
    added: Quads = ()
    of_shapes: bool = False

    @property
    def name(self) -> str:
        """The file, the node and the change, for messages."""
        return f"{self.file}: {compact(self.node)} {self.change}"

    def apply(self, quads: Sequence[ox.Quad]) -> Quads:
        """The statements with the change."""
        removed = set(self.removed)
        return (*(quad for quad in quads if quad not in removed), *self.added)

    def survives(self) -> bool:
        """Whether no case notices the change; those of the paragraph run first, and of these the ones that noticed a change last."""
        shapes = ShapesGraph.of(self.apply(SHAPES.quads)) if self.of_shapes else None
        quads = KNOWLEDGE.quads if self.of_shapes else self.apply(KNOWLEDGE.quads)
        try:
            rule_base = RuleBase(Knowledge.of(KNOWLEDGE.root, quads))
            ordered = sorted(_by_last_notice(), key=lambda case: case.path.parent.name not in self.file)
            noticing = next((case for case in ordered if _notices(case, rule_base, shapes=shapes)), None)
        except InconsistentDataError:
            return False
        if noticing is not None:
            _by_last_notice().remove(noticing)
            _by_last_notice().insert(0, noticing)
        return noticing is None


@cache
def _by_last_notice() -> list[RuleCase]:
    """The cases, in the order of the last change that each noticed."""
    return rule_cases()


NOT_OURS = ("rules/readings/", "rules/ranking.ttl")
"""Readings are no rules; the rules of ranking are for other engines, which `tests/rules/test_engines.py` runs on the cases."""


def rule_mutants() -> Iterator[RuleMutant]:
    """All mutants, in a stable order."""
    quads = [(faults.file_of(quad.graph_name) or "", quad) for quad in KNOWLEDGE.quads]
    by_subject: dict[object, list[ox.Quad]] = {}
    for file, quad in quads:
        if file.startswith("rules/"):
            by_subject.setdefault(quad.subject, []).append(quad)
    for file, quad in quads:
        if file.startswith("rules/") and not file.startswith(NOT_OURS):
            yield from _mutants_of(quad, file=file.removesuffix(".ttl"), by_subject=by_subject)
    for quad in SHAPES.quads:
        if quad.predicate.value in {OBS + name for name in OF_VERDICTS}:
            yield RuleMutant("verdicts", quad.subject.value, f"drop {local_name(quad.predicate.value)}", (quad,), of_shapes=True)


def _mutants_of(quad: ox.Quad, *, file: str, by_subject: dict[object, list[ox.Quad]]) -> Iterator[RuleMutant]:
    subject, predicate, target, graph = quad
    node = getattr(subject, "value", "")
    if predicate.value == RDF + "type" and local_name(getattr(target, "value", "")) in DROPPED:
        yield RuleMutant(file, node, "drop", tuple(by_subject[subject]))
    elif predicate.value == OBS + "unless":
        yield RuleMutant(file, node, f"drop unless {target.value.strip()}", (quad,))
    elif predicate == _PREMISES:
        yield from _without_a_premise(quad, file=file, by_subject=by_subject)
    elif predicate.value in (OBS + "when", OBS + "pattern"):
        for position, match in enumerate(_BOUNDARY.finditer(target.value)):
            moved = f"{target.value[: match.start(2)]}{_MOVED[match[2]]}{target.value[match.end(2) :]}"
            changed = ox.Quad(subject, predicate, ox.Literal(moved), graph)
            yield RuleMutant(file, node, f"boundary {position + 1} {match[0]}", (quad,), (changed,))


def _without_a_premise(quad: ox.Quad, *, file: str, by_subject: dict[object, list[ox.Quad]]) -> Iterator[RuleMutant]:
    """The mutants that drop one premise of a rule that has several."""
    link, links = quad, []
    while by_subject.get(link.object):
        cell = {of_cell.predicate: of_cell for of_cell in by_subject[link.object]}
        links.append((link, cell[_FIRST].object, cell[_REST]))
        link = cell[_REST]
    for link, premise, rest in links if len(links) > 1 else ():
        shorter = ox.Quad(link.subject, link.predicate, rest.object, link.graph_name)
        yield RuleMutant(file, quad.subject.value, f"drop premise {local_name(premise.value)}", (link,), (shorter,))


@dataclass(frozen=True)
class _Prepared:
    """A case with its register and the verdicts on it, which no rule changes."""

    inputs: AssessmentInputs
    reading_quads: Quads

    @cached_property
    def opened_verdicts(self) -> Verdicts:
        return verdicts(self.inputs.register)


@cache
def _prepared(case: RuleCase) -> _Prepared:
    reading = tuple(parse_turtle(case.path.parent / case.reading)) if case.reading.endswith(".ttl") else ()
    return _Prepared(build_inputs(tuple(parse_turtle(case.path))), reading)


def _notices(case: RuleCase, rule_base: RuleBase, *, shapes: ShapesGraph | None) -> bool:
    """Whether the status of the case, or what its header names besides, is another with these rules or shapes."""
    prepared = _prepared(case)

    def judged(register: Register) -> Verdicts:
        return verdicts(register, shapes=shapes) if shapes is not None else prepared.opened_verdicts

    with_reading = rule_base.with_reading(prepared.reading_quads) if prepared.reading_quads else rule_base
    inputs = replace(prepared.inputs, rule_base=with_reading, verdicts=judged)
    reading = custom_reading_iri(prepared.reading_quads, name=case.reading) if prepared.reading_quads else case.reading
    day, time = calendar.first_day(case.as_of), calendar.parse_time(case.known_at)
    answers = assess(inputs, as_of=day, known_at=time, reading=reading)
    try:
        assessment = duty_assessment(case, answers)
    except ValueError:
        return True
    return (
        kebab_case(assessment.status.iri) != case.expected or told(case, answers) != told_by_header(case) or bool(contradictions(answers))
    )
