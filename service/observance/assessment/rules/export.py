"""Export of the rules to other engines, as SHACL rules (SHACL Advanced Features) and as N3, from the same rule set.

What is computed before any rule (windows, the snapshot of the register) is data for other engines as it is for this one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.model import FactRule, Rule
from observance.assessment.rules.compiler import COMPLETENESS, DUTY, RuleSet
from observance.assessment.rules.matcher import Pattern, fill_template, read_template, to_n3, to_sparql
from observance.core import HOME, OBS, RDF, SH, XSD
from observance.rdf import Triple, serialize_turtle

_MATCHES: Final = OBS + "matches"
_SHAPES: Final = HOME + "rules/"


class ExportStep(Struct, frozen=True):
    """Rules of one stratum: they can be evaluated together once the earlier steps are complete."""

    rules: tuple["ExportedRule", ...]


class ExportedRule(Struct, frozen=True):
    """A rule as other engines evaluate it: `then` for every match of `when` without a match of `unless`."""

    iri: str
    when: Pattern
    unless: tuple[Pattern, ...]
    then: Pattern


def export_steps(rule_set: RuleSet, *, norms: Collection[str] | None = None) -> tuple[ExportStep, ...]:
    """The rules of the norms (None: of all), with the fact rules that they depend on, in steps.

    The steps are, in this order: facts, which rules match which duties, which of the matching rules decides.
    """
    ranking = _ranking_rules(rule_set.fact_rules)
    status_rules = [
        _status_rule(rule) for norm, rules in rule_set.rules.items() if norms is None or norm in norms for rule in rules
    ]  # fmt: skip
    required = _required_rules(rule_set.fact_rules, [*status_rules, *map(_fact_rule, ranking)])
    fact_rules = [_fact_rule(rule) for rule in rule_set.fact_rules if rule not in ranking and rule.iri in required]
    return (*_stratified(fact_rules), ExportStep(tuple(status_rules)), *_stratified([_fact_rule(rule) for rule in ranking]))


def _required_rules(fact_rules: Sequence[FactRule], dependents: Iterable["ExportedRule"]) -> frozenset[str]:
    """The IRIs of the fact rules that the dependents use or negate the conclusions of, directly or transitively."""
    keys = frozenset().union(*(pattern.keys for rule in dependents for pattern in (rule.when, *rule.unless)))
    required = set[str]()
    while more := [rule for rule in fact_rules if rule.iri not in required and rule.then.keys & keys]:
        required |= {rule.iri for rule in more}
        keys = keys.union(*(pattern.keys for rule in more for pattern in (rule.when, *rule.unless)))
    return frozenset(required)


def export_shacl(rule_set: RuleSet, *, norms: Collection[str] | None = None) -> str:
    """The rules as SHACL rules in Turtle, with one node shape for each step."""
    return serialize_turtle(_shacl(export_steps(rule_set, norms=norms)))


def export_n3(rule_set: RuleSet, *, norms: Collection[str] | None = None) -> tuple[str, ...]:
    """The rules in N3, one text for each step.

    A reasoner runs the texts in turn, each on the data with the conclusions of the earlier ones.
    """
    return tuple(
        read_template("prefixes.n3") + _declared_predicates(step) + "".join(_n3(rule) for rule in step.rules)
        for step in export_steps(rule_set, norms=norms)
    )


def _declared_predicates(step: ExportStep) -> str:
    """A statement without effect for each negated predicate: for EYE, a predicate that never occurs is an error, not an absence."""
    predicates = {predicate for rule in step.rules for pattern in rule.unless for _, predicate, _ in pattern.triples}
    return "".join(fill_template(read_template("declared-predicate.n3"), predicate=predicate) for predicate in sorted(predicates))


def _ranking_rules(fact_rules: Sequence[FactRule]) -> tuple[FactRule, ...]:
    """The fact rules that depend on which rule matches, directly or through another rule."""
    keys, ranking = {_MATCHES}, set[str]()
    while more := [rule for rule in fact_rules if rule.iri not in ranking and keys & rule.when.keys]:
        ranking |= {rule.iri for rule in more}
        keys |= {key for rule in more for key in rule.then.keys}
    return tuple(rule for rule in fact_rules if rule.iri in ranking)


def _fact_rule(rule: FactRule) -> ExportedRule:
    return ExportedRule(rule.iri, rule.when, rule.unless, rule.then)


def _status_rule(rule: Rule) -> ExportedRule:
    """The rule as one that concludes which duties it matches; the variables of each premise are local to it."""
    when: list[Triple] = [(f"?{DUTY}", f"<{OBS}ofNorm>", f"<{rule.norm}>")]
    filters, unless = list[Triple](), list[Pattern]()
    for number, premise in enumerate(rule.premises):
        pattern = premise.pattern.renamed(f"_{number}", keep=DUTY)
        if premise.present:
            when += pattern.triples
            filters += pattern.filters
            continue
        unless.append(pattern)
        if premise.licence == COMPLETENESS:
            when.append((f"?licence_{number}", f"<{OBS}covers>", f"?{DUTY}"))
    then = Pattern(((f"?{DUTY}", f"<{_MATCHES}>", f"<{rule.iri}>"),), ())
    return ExportedRule(rule.iri, Pattern(tuple(when), tuple(filters)), tuple(unless), then)


def _stratified(rules: Sequence[ExportedRule]) -> Iterator[ExportStep]:
    """The rules in as few steps as their negations allow."""
    level = dict.fromkeys((rule.iri for rule in rules), 0)
    heads = {rule.iri: rule.then.keys for rule in rules}
    for _ in rules:
        for rule in rules:
            positive = (level[other] for other, keys in heads.items() if keys & rule.when.keys)
            negative = (level[other] + 1 for other, keys in heads.items() if any(keys & p.keys for p in rule.unless))
            level[rule.iri] = max((level[rule.iri], *positive, *negative))
    for number in sorted(set(level.values())):
        yield ExportStep(tuple(rule for rule in rules if level[rule.iri] == number))


def _shacl(steps: Iterable[ExportStep]) -> Iterator[ox.Triple]:
    for number, step in enumerate(steps):
        shape = ox.NamedNode(f"{_SHAPES}step-{number}")
        yield ox.Triple(shape, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "NodeShape"))
        # The rules are about the whole graph and use no focus node, but a shape needs a target to be evaluated.
        yield ox.Triple(shape, ox.NamedNode(SH + "targetNode"), ox.NamedNode(_SHAPES))
        yield ox.Triple(shape, ox.NamedNode(SH + "order"), _integer(number))
        for order, rule in enumerate(step.rules):
            node = ox.NamedNode(f"{rule.iri}-rule")
            yield ox.Triple(shape, ox.NamedNode(SH + "rule"), node)
            yield ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "SPARQLRule"))
            yield ox.Triple(node, ox.NamedNode(SH + "order"), _integer(order))
            yield ox.Triple(node, ox.NamedNode(SH + "construct"), ox.Literal(_sparql(rule)))


def _sparql(rule: ExportedRule) -> str:
    unless = (fill_template(read_template("unless.rq"), pattern=to_sparql(pattern)) for pattern in rule.unless)
    body = "\n".join([to_sparql(rule.when), *unless])
    return fill_template(read_template("rule.rq"), template=to_sparql(rule.then), pattern=body)


def _n3(rule: ExportedRule) -> str:
    text = read_template("unless.n3")
    unless = (fill_template(text, scope=f"SCOPE{number}", pattern=to_n3(pattern)) for number, pattern in enumerate(rule.unless))
    body = "\n".join([to_n3(rule.when), *unless])
    return fill_template(read_template("rule.n3"), template=to_n3(rule.then), pattern=body)


def _integer(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
