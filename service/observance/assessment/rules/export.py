"""The same rules for other engines: SHACL rules (SHACL Advanced Features) and N3. One source, so that no export can say something else.

What the engine reckons before any rule (windows, the register as it stood) is data for them, as it is for ours.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.model import FactRule, Rule
from observance.assessment.rules.compiler import COMPLETENESS, DUTY, RuleSet
from observance.assessment.rules.matcher import Pattern, fill_template, n3, sparql, template
from observance.core import HOME, OBS, RDF, SH, XSD
from observance.rdf import Triple, serialize_turtle

_MATCHES: Final = OBS + "matches"
_SHAPES: Final = HOME + "rules/"


class ExportStep(Struct, frozen=True):
    """Rules that may be tried together: what they must not find is known in full before."""

    rules: tuple["ExportedRule", ...]


class ExportedRule(Struct, frozen=True):
    """One rule: what it looks for, what it must not find, what it concludes."""

    iri: str
    when: Pattern
    unless: tuple[Pattern, ...]
    then: Pattern


def export_steps(book: RuleSet, *, norms: Collection[str] | None = None) -> tuple[ExportStep, ...]:
    """The rules of the norms (none: of all) and the facts that they rest on, in steps: facts, then what matches, then which decides."""
    after = _after_matching(book.facts)
    chosen = [rule for norm, found in book.rules.items() if norms is None or norm in norms for rule in found]
    needed = _needed(book.facts, [*map(_status, chosen), *map(_fact, after)])
    facts = [_fact(rule) for rule in book.facts if rule not in after and rule.iri in needed]
    return (*_layered(facts), ExportStep(tuple(map(_status, chosen))), *_layered([_fact(rule) for rule in after]))


def _needed(rules: Sequence[FactRule], asked: Iterable["ExportedRule"]) -> frozenset[str]:
    """The rules whose conclusions the others look for or must not find, directly or through one another."""
    todo = frozenset().union(*(pattern.keys for rule in asked for pattern in (rule.when, *rule.unless)))
    found = set[str]()
    while more := [rule for rule in rules if rule.iri not in found and rule.then.keys & todo]:
        found |= {rule.iri for rule in more}
        todo = todo.union(*(pattern.keys for rule in more for pattern in (rule.when, *rule.unless)))
    return frozenset(found)


def export_shacl(book: RuleSet, *, norms: Collection[str] | None = None) -> str:
    """The rules as SHACL rules in Turtle, one shape for each step."""
    return serialize_turtle(_shacl(export_steps(book, norms=norms)))


def export_n3(book: RuleSet, *, norms: Collection[str] | None = None) -> tuple[str, ...]:
    """The rules in N3, one text for each step: a reasoner is run on the data with each in turn and keeps what it concluded."""
    return tuple(
        template("prefixes.n3") + _seen(step) + "".join(_n3(rule) for rule in step.rules) for step in export_steps(book, norms=norms)
    )


def _seen(step: ExportStep) -> str:
    """Each predicate that must not be found, said of a node that is nothing: one that it never saw is a failure to EYE, not an absence."""
    found = {predicate for rule in step.rules for pattern in rule.unless for _, predicate, _ in pattern.triples}
    return "".join(fill_template(template("seen.n3"), predicate=predicate) for predicate in sorted(found))


def _after_matching(rules: Sequence[FactRule]) -> tuple[FactRule, ...]:
    """The rules of facts that speak of which rule matches."""
    keys, found = {_MATCHES}, dict[str, FactRule]()
    while more := [rule for rule in rules if rule.iri not in found and keys & rule.when.keys]:
        found.update((rule.iri, rule) for rule in more)
        keys |= {key for rule in more for key in rule.then.keys}
    return tuple(rule for rule in rules if rule.iri in found)


def _fact(rule: FactRule) -> ExportedRule:
    return ExportedRule(rule.iri, rule.when, rule.unless, rule.then)


def _status(rule: Rule) -> ExportedRule:
    """The rule as one that says which instance it matches; each premise keeps its variables to itself."""
    when: list[Triple] = [(f"?{DUTY}", f"<{OBS}ofNorm>", f"<{rule.norm}>")]
    filters, unless = list[Triple](), list[Pattern]()
    for number, premise in enumerate(rule.premises):
        own = premise.pattern.renamed(f"_{number}", keep=DUTY)
        if premise.present:
            when += own.triples
            filters += own.filters
            continue
        unless.append(own)
        if premise.licence == COMPLETENESS:
            when.append((f"?licence_{number}", f"<{OBS}covers>", f"?{DUTY}"))
    then = Pattern(((f"?{DUTY}", f"<{_MATCHES}>", f"<{rule.iri}>"),), ())
    return ExportedRule(rule.iri, Pattern(tuple(when), tuple(filters)), tuple(unless), then)


def _layered(rules: Sequence[ExportedRule]) -> Iterator[ExportStep]:
    """The rules in as few steps as their exclusions allow."""
    level = dict.fromkeys((rule.iri for rule in rules), 0)
    concluding = {rule.iri: rule.then.keys for rule in rules}
    for _ in rules:
        for rule in rules:
            needed = (level[other] for other, keys in concluding.items() if keys & rule.when.keys)
            barred = (level[other] + 1 for other, keys in concluding.items() if any(keys & p.keys for p in rule.unless))
            level[rule.iri] = max((level[rule.iri], *needed, *barred))
    for number in sorted(set(level.values())):
        yield ExportStep(tuple(rule for rule in rules if level[rule.iri] == number))


def _shacl(found: Iterable[ExportStep]) -> Iterator[ox.Triple]:
    for number, step in enumerate(found):
        shape = _node(f"{_SHAPES}step-{number}")
        yield ox.Triple(shape, _node(RDF + "type"), _node(SH + "NodeShape"))
        # The rules hold of the whole graph; one node that is there is all that they need.
        yield ox.Triple(shape, _node(SH + "targetNode"), _node(_SHAPES))
        yield ox.Triple(shape, _node(SH + "order"), _number(number))
        for place, rule in enumerate(step.rules):
            node = _node(f"{rule.iri}-rule")
            yield ox.Triple(shape, _node(SH + "rule"), node)
            yield ox.Triple(node, _node(RDF + "type"), _node(SH + "SPARQLRule"))
            yield ox.Triple(node, _node(SH + "order"), _number(place))
            yield ox.Triple(node, _node(SH + "construct"), ox.Literal(_sparql(rule)))


def _sparql(rule: ExportedRule) -> str:
    unless = (fill_template(template("unless.rq"), pattern=sparql(own)) for own in rule.unless)
    body = "\n".join([sparql(rule.when), *unless])
    return fill_template(template("rule.rq"), template=sparql(rule.then), pattern=body)


def _n3(rule: ExportedRule) -> str:
    text = template("unless.n3")
    unless = (fill_template(text, scope=f"SCOPE{number}", pattern=n3(own)) for number, own in enumerate(rule.unless))
    body = "\n".join([n3(rule.when), *unless])
    return fill_template(template("rule.n3"), template=n3(rule.then), pattern=body)


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
