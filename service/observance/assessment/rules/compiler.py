"""The rules of the room `rules`, read and checked: everything that could make them say something wrong in silence is refused here."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.model import Action, FactRule, Labels, Need, Premise, Rule, Status
from observance.assessment.rules.forward_chaining import stratify
from observance.assessment.rules.matcher import Pattern, read_pattern, template
from observance.core import HOME, LANGUAGES, OBS, RDF, RDFS, SKOS, XSD, InconsistentDataError, compact
from observance.knowledge import Knowledge

DUTY: Final = "duty"
COMPLETENESS: Final = OBS + "LicensedByCompleteness"
COVERING: Final = read_pattern(template("covering.rq"), of="covering.rq")
"""What finds the statements of completeness that cover an instance."""
_GIVEN: Final = frozenset(OBS + name for name in ("ofNorm", "occasion", "roleDay", "closesOn", "opensOn", "DutyInstance"))
"""Facts of an instance: a rule that speaks of them is tried only once instances are there."""


class RuleSet(Struct, frozen=True, dict=True):
    """Every rule of a knowledge base, ready to be tried."""

    rules: Mapping[str, tuple[Rule, ...]]
    facts: tuple[FactRule, ...]
    actions: tuple[Action, ...]
    needs: tuple[Need, ...]
    statuses: Mapping[str, Status]

    @cached_property
    def version(self) -> str:
        """A digest that changes when any rule concludes something else; how it is worded does not matter."""
        said = repr((sorted(self.rules.items()), self.facts, sorted(self.needs, key=repr)))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every IRI that a rule speaks of: statements with another predicate change no answer."""
        rules = [premise.pattern for found in self.rules.values() for rule in found for premise in rule.premises]
        facts = [pattern for rule in self.facts for pattern in (rule.when, *rule.unless)]
        return frozenset().union(*(pattern.terms for pattern in (*rules, *facts, *(action.when for action in self.actions))))

    @cached_property
    def patterns(self) -> Mapping[str, tuple[Pattern, ...]]:
        """For each norm the patterns of the premises of its rules, each once, and that of what licenses absence."""
        found = {norm: [p.pattern for rule in rules for p in rule.premises] for norm, rules in self.rules.items()}
        return {norm: tuple(dict.fromkeys((*patterns, COVERING))) for norm, patterns in found.items()}

    @cached_property
    def concluded(self) -> frozenset[str]:
        """What only rules and the engine may say: a register that says it is not believed."""
        return frozenset().union(*(rule.then.keys for rule in self.facts), _GIVEN)


class RuleGraph:
    """What the statements say, by subject and predicate, in order and with languages."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        """Index the statements, each once."""
        self._index: dict[tuple[object, str], list[object]] = defaultdict(list)
        for quad in quads:
            objects = self._index[quad.subject, quad.predicate.value]
            if quad.object not in objects:
                objects.append(quad.object)

    def objects(self, subject: object, predicate: str) -> list[object]:
        """The objects of the statements with this subject and predicate."""
        return self._index.get((subject, predicate), [])

    def labels(self, iri: str, predicate: str) -> Labels:
        """The text in each language."""
        found = [o for o in self.objects(ox.NamedNode(iri), predicate) if isinstance(o, ox.Literal) and o.language]
        return {language: o.value for language in LANGUAGES for o in found if o.language == language}

    def value(self, iri: str, predicate: str) -> str | None:
        """The one object as text; raises InconsistentDataError when there are several."""
        found = self.values(iri, predicate)
        if len(found) > 1:
            raise InconsistentDataError("assessment.several-values", node=compact(iri), property=compact(predicate))
        return found[0] if found else None

    def values(self, iri: str, predicate: str) -> list[str]:
        """The objects as text."""
        found = self.objects(ox.NamedNode(iri), predicate)
        return [o.value for o in found if isinstance(o, ox.NamedNode | ox.Literal)]

    def members(self, iri: str, predicate: str) -> list[str]:
        """The members of the list that is the object."""
        found: list[str] = []
        heads = self.objects(ox.NamedNode(iri), predicate)
        node: object = heads[0] if len(heads) == 1 else None
        while isinstance(node, ox.BlankNode):
            found += [o.value for o in self.objects(node, RDF + "first") if isinstance(o, ox.NamedNode)]
            rest = self.objects(node, RDF + "rest")
            node = rest[0] if rest else None
        return found


def compile_rules(knowledge: Knowledge) -> RuleSet:
    """The rules of the knowledge base.

    Raises InconsistentDataError for a rule that cannot be evaluated: a pattern outside the language or with a term that does not exist, a
    premise, norm or status that is not one, a negation that is not stratified.
    """
    graph = RuleGraph(knowledge.quads)
    premises = {iri: _premise(iri, graph=graph, knowledge=knowledge) for iri in knowledge.instances(OBS + "Premise")}
    rules: dict[str, list[Rule]] = defaultdict(list)
    for iri in knowledge.instances(OBS + "Rule"):
        rule = _rule(iri, graph=graph, knowledge=knowledge, premises=premises)
        rules[rule.norm].append(rule)
    return RuleSet(
        rules={norm: tuple(sorted(found, key=lambda rule: (rule.precedence, rule.iri))) for norm, found in sorted(rules.items())},
        facts=_facts(graph=graph, knowledge=knowledge),
        actions=tuple(_action(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "ActionableFact"))),
        needs=tuple(_need(iri, graph=graph) for iri in sorted(knowledge.instances(OBS + "CompletenessNeed"))),
        statuses={iri: _status(iri, graph=graph) for iri in knowledge.instances(OBS + "Status")},
    )


def _pattern(text: str | None, *, of: str, knowledge: Knowledge) -> Pattern:
    found = read_pattern(text or "", of=compact(of))
    if not found.triples:
        raise InconsistentDataError("assessment.bad-pattern", rule=compact(of), near="")
    for term in sorted(found.terms):
        # A misspelt term would match nothing, for ever and in silence.
        if term.startswith(HOME) and term not in knowledge.subjects:
            raise InconsistentDataError("assessment.unknown-term", rule=compact(of), term=compact(term))
    return found


def _premise(iri: str, *, graph: RuleGraph, knowledge: Knowledge) -> Premise:
    found = _pattern(graph.value(iri, OBS + "pattern"), of=iri, knowledge=knowledge)
    present = graph.value(iri, OBS + "polarity") == OBS + "Present"
    licence = graph.value(iri, OBS + "licence")
    if DUTY not in found.variables or present == (licence is not None):
        raise InconsistentDataError("assessment.bad-premise", premise=compact(iri))
    label, sentence = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "premiseLabel")
    if set(label) != set(LANGUAGES) or set(sentence) != set(LANGUAGES):
        raise InconsistentDataError("assessment.bad-premise", premise=compact(iri))
    convention = graph.labels(iri, OBS + "convention")
    return Premise(iri, found, present, licence, label, sentence, graph.value(iri, OBS + "anchor"), convention)


def _rule(iri: str, *, graph: RuleGraph, knowledge: Knowledge, premises: Mapping[str, Premise]) -> Rule:
    norm, status = graph.value(iri, OBS + "appliesToNorm"), graph.value(iri, OBS + "concludes")
    rank, named = graph.value(iri, OBS + "precedence"), graph.members(iri, OBS + "premises")
    norms, statuses = knowledge.instances(OBS + "NormativeStatement"), knowledge.instances(OBS + "Status")
    if norm not in norms or status not in statuses or not (rank or "").isdigit() or not named or not set(named) <= set(premises):
        raise InconsistentDataError("assessment.bad-rule", rule=compact(iri))
    return Rule(iri, norm, status, int(rank or 0), tuple(premises[name] for name in named))


def _facts(*, graph: RuleGraph, knowledge: Knowledge) -> tuple[FactRule, ...]:
    found = [_fact(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "FactRule"))]
    concluded = [rule.then.keys for rule in found]
    for rule in found:
        for kind in rule.then.keys:
            # « a ?kind » in a rule means a class that was stated: one that is concluded must not lie below another.
            if graph.objects(ox.NamedNode(kind), RDFS + "subClassOf"):
                raise InconsistentDataError("assessment.concluded-kind", rule=compact(rule.iri), term=compact(kind))
    uses = [(rule.when.keys, frozenset[str]().union(*(p.keys for p in rule.unless))) for rule in found]
    placed = stratify(concluded, uses, names=[compact(rule.iri) for rule in found])
    ordered = [replace(rule, order=order, recursive=loop) for rule, (order, loop) in zip(found, placed, strict=True)]
    return _of_duties(sorted(ordered, key=lambda rule: (rule.order, rule.iri)))


def _of_duties(rules: Sequence[FactRule]) -> tuple[FactRule, ...]:
    """The rules, each marked if it depends on an instance of a duty, directly or through what another rule concludes."""
    marked, keys = set[str](), set(_GIVEN)
    while more := [rule for rule in rules if rule.iri not in marked and keys & _spoken_of(rule)]:
        marked |= {rule.iri for rule in more}
        keys |= {key for rule in more for key in rule.then.keys}
    return tuple(replace(rule, of_duties=rule.iri in marked) for rule in rules)


def _spoken_of(rule: FactRule) -> frozenset[str]:
    """What the rule looks for or must not find."""
    return rule.when.keys.union(*(pattern.keys for pattern in rule.unless))


def _fact(iri: str, *, graph: RuleGraph, knowledge: Knowledge) -> FactRule:
    when = _pattern(graph.value(iri, OBS + "when"), of=iri, knowledge=knowledge)
    then = _pattern(graph.value(iri, OBS + "then"), of=iri, knowledge=knowledge)
    unless = tuple(_pattern(text, of=iri, knowledge=knowledge) for text in sorted(graph.values(iri, OBS + "unless")))
    if (
        not _writable(then)
        or not set(then.variables) <= set(when.variables)
        or any(not set(p.variables) & set(when.variables) for p in unless)
    ):
        raise InconsistentDataError("assessment.bad-fact-rule", rule=compact(iri))
    return FactRule(iri, when, unless, then, 0, recursive=False, of_duties=False)


def _writable(template: Pattern) -> bool:
    """Whether facts can be written by the template: no comparison, and no literal but true and false."""
    terms = [term for triple in template.triples for term in triple]
    return not template.filters and all(term[0] in "?<" or term.endswith(f"<{XSD}boolean>") for term in terms)


def _action(iri: str, *, graph: RuleGraph, knowledge: Knowledge) -> Action:
    when = _pattern(graph.value(iri, OBS + "when"), of=iri, knowledge=knowledge)
    adds = _pattern(graph.value(iri, OBS + "adds"), of=iri, knowledge=knowledge)
    if not _writable(adds):
        raise InconsistentDataError("assessment.bad-fact-rule", rule=compact(iri))
    norms = frozenset(graph.values(iri, OBS + "appliesToNorm"))
    return Action(iri, norms, when, adds, graph.labels(iri, SKOS + "prefLabel"))


def _need(iri: str, *, graph: RuleGraph) -> Need:
    norm, kind = graph.value(iri, OBS + "appliesToNorm"), graph.value(iri, OBS + "soughtKind")
    if norm is None or kind is None:
        raise InconsistentDataError("assessment.bad-rule", rule=compact(iri))
    return Need(norm, kind, graph.value(iri, OBS + "soughtAbout"))


def _status(iri: str, *, graph: RuleGraph) -> Status:
    position, tally = graph.value(iri, OBS + "position"), graph.value(iri, OBS + "tally")
    label, verdict = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "verdict")
    return Status(iri, int(position or 0), tally or "undetermined", label, verdict)
