"""Compilation of the rules in `rules/` to a rule set; every rule that could silently conclude something wrong is rejected here."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.model import Action, Count, FactRule, Labels, Need, Note, Premise, Rule, Status
from observance.assessment.rules.forward_chaining import stratify
from observance.assessment.rules.matcher import Pattern, parse_pattern, read_template
from observance.core import LANGUAGES, OBS, RDF, RDFS, SKOS, XSD, InconsistentDataError, compact
from observance.knowledge import Knowledge
from observance.rdf import StatementTable

DUTY: Final = "duty"
"""The variable that stands for the duty in the patterns of premises and actions."""
COMPLETENESS: Final = OBS + "LicensedByCompleteness"
COVERING: Final = parse_pattern(read_template("covering.rq"), rule="covering.rq")
"""The pattern of the completeness statements that cover a duty."""
_CHOOSES: Final = f"<{OBS}chooses>"
_DEPENDS_ON: Final = OBS + "dependsOn"
_DUTY_TERMS: Final = frozenset(OBS + name for name in ("ofNorm", "occasion", "roleDay", "closesOn", "opensOn", "DutyInstance"))
"""The terms of facts about duties: a fact rule that uses one is evaluated only once the duties are known."""
_OF_DUTIES_ALONE: Final = frozenset(OBS + name for name in ("asOf", "openedBy", "windowSetBy", "underInterpretation"))
"""Further terms of facts about duties, which a register may not state."""


class RuleSet(Struct, frozen=True, dict=True):
    """The compiled rules of a knowledge base; `rules` holds those of each norm in order of precedence."""

    rules: Mapping[str, tuple[Rule, ...]]
    fact_rules: tuple[FactRule, ...]
    actions: tuple[Action, ...]
    needs: tuple[Need, ...]
    notes: tuple[Note, ...]
    counts: tuple[Count, ...]
    statuses: Mapping[str, Status]
    wordings: Mapping[tuple[str, str], Status]

    def status(self, iri: str, *, norm: str) -> Status:
        """The status in the words for this norm, if it has its own."""
        return self.wordings.get((norm, iri), self.statuses[iri])

    @cached_property
    def version(self) -> str:
        """A digest of everything that determines conclusions; labels and sentences take no part in it."""
        digested = repr((sorted(self.rules.items()), self.fact_rules, sorted(self.needs, key=repr)))
        return hashlib.sha256(digested.encode()).hexdigest()[:16]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The IRIs in the bodies of rules and actions; statements with other predicates affect no status."""
        premises = [premise.pattern for rules in self.rules.values() for rule in rules for premise in rule.premises]
        bodies = [pattern for rule in self.fact_rules for pattern in (rule.when, *rule.unless)]
        told = [pattern for norm in self.rules for pattern in self.told(norm)]
        return frozenset().union(*(pattern.terms for pattern in (*premises, *bodies, *told, *(action.when for action in self.actions))))

    def told(self, norm: str) -> tuple[Pattern, ...]:
        """The patterns of what explanations under the norm also tell."""
        notes = (note.pattern for note in self.notes if not note.norms or norm in note.norms)
        counts = (pattern for count in self.counts if norm in count.norms for pattern in (count.whole, *(p for _, p in count.parts)))
        return (*notes, *counts)

    @cached_property
    def reading_rules(self) -> tuple[FactRule, ...]:
        """The fact rules about duties that ask what the reading has in effect: ?parameter is what they read."""
        return tuple(rule for rule in self.fact_rules if rule.of_duties and OBS + "inEffect" in rule.when.terms)

    @cached_property
    def patterns(self) -> Mapping[str, tuple[Pattern, ...]]:
        """By norm, the distinct patterns of its premises, of what is also told, and of completeness statements."""
        patterns_by_norm = {norm: [p.pattern for rule in rules for p in rule.premises] for norm, rules in self.rules.items()}
        return {norm: tuple(dict.fromkeys((*patterns, *self.told(norm), COVERING))) for norm, patterns in patterns_by_norm.items()}

    def relevant_to(self, norms: Iterable[str], *, beside: frozenset[str]) -> tuple[tuple[FactRule, ...], frozenset[str]]:
        """The fact rules on which the statuses of duties under the norms may rest, and the keys (`Pattern.keys`) of facts that they read.

        `beside` are the keys of further facts, which the caller reads.
        """
        premises = (premise.pattern for norm in norms for rule in self.rules[norm] for premise in rule.premises)
        keys = beside.union(COVERING.keys, *(pattern.keys for pattern in premises))
        relevant = dict[FactRule, None]()
        while found := [rule for rule in self.fact_rules if rule not in relevant and rule.then.keys & keys]:
            relevant |= dict.fromkeys(found)
            keys = keys.union(*map(_body_keys, found))
        return tuple(rule for rule in self.fact_rules if rule in relevant), keys

    def joins_duties(self, norm: str) -> bool:
        """Whether what is concluded from one duty may count for another one under the norm, other than by obs:dependsOn.

        That is so where a rule about duties on which a status may rest names two of them, or concludes something that names none.
        """
        rules, _ = self.relevant_to([norm], beside=frozenset())
        return any(_joins_duties(rule) for rule in rules if rule.of_duties and _DEPENDS_ON not in _body_keys(rule))

    @cached_property
    def concluded(self) -> frozenset[str]:
        """The terms reserved for rules and the engine: statements of a register that use them are ignored."""
        return frozenset().union(*(rule.then.keys for rule in self.fact_rules), _DUTY_TERMS, _OF_DUTIES_ALONE)


class GraphIndex:
    """The distinct objects of statements by subject and predicate, in document order; those looked up are kept."""

    def __init__(self, statements: StatementTable, added: Iterable[ox.Quad] = ()) -> None:
        """Index the statements, and those added to them."""
        self._tables = (statements, added_table) if len(added_table := StatementTable.of(added)) else (statements,)
        self._found: dict[tuple[object, str], list[object]] = {}

    def objects(self, subject: ox.NamedNode | ox.BlankNode, predicate: str) -> list[object]:
        """The objects of the statements with this subject and predicate."""
        found = self._found.get((subject, predicate))
        if found is None:
            found = list(dict.fromkeys(chain.from_iterable(table.objects(subject, predicate) for table in self._tables)))
            self._found[subject, predicate] = found
        return found

    def labels(self, iri: str, predicate: str) -> Labels:
        """The language-tagged objects by language, in the order of LANGUAGES."""
        literals = [o for o in self.objects(ox.NamedNode(iri), predicate) if isinstance(o, ox.Literal) and o.language]
        return {language: o.value for language in LANGUAGES for o in literals if o.language == language}

    def value(self, iri: str, predicate: str) -> str | None:
        """The only object as text, None without one; raises InconsistentDataError if there are several."""
        values = self.values(iri, predicate)
        if len(values) > 1:
            raise InconsistentDataError("assessment.several-values", node=compact(iri), property=compact(predicate))
        return values[0] if values else None

    def values(self, iri: str, predicate: str) -> list[str]:
        """The IRIs and lexical forms of the objects; blank nodes are left out."""
        return [o.value for o in self.objects(ox.NamedNode(iri), predicate) if isinstance(o, ox.NamedNode | ox.Literal)]

    def members(self, iri: str, predicate: str) -> list[str]:
        """The IRIs in the RDF list that is the object; empty unless there is exactly one object."""
        members: list[str] = []
        heads = self.objects(ox.NamedNode(iri), predicate)
        node: object = heads[0] if len(heads) == 1 else None
        while isinstance(node, ox.BlankNode):
            members += [o.value for o in self.objects(node, RDF + "first") if isinstance(o, ox.NamedNode)]
            rest = self.objects(node, RDF + "rest")
            node = rest[0] if rest else None
        return members


def compile_rules(knowledge: Knowledge, *, graph: GraphIndex) -> RuleSet:
    """Return the rules of the knowledge base; `graph` is the index of its statements.

    Raises InconsistentDataError for a rule that cannot be evaluated: a pattern outside the language or with an undefined term, an
    undefined premise, norm or status, a negation that is not stratified.
    """
    premises = {iri: _premise(iri, graph=graph, knowledge=knowledge) for iri in knowledge.instances(OBS + "Premise")}
    statuses = {iri: _status(iri, graph=graph) for iri in knowledge.instances(OBS + "Status")}
    rules_by_norm: dict[str, list[Rule]] = defaultdict(list)
    for iri in knowledge.instances(OBS + "Rule"):
        for rule in _rules(iri, graph=graph, knowledge=knowledge, premises=premises):
            rules_by_norm[rule.norm].append(rule)
    return RuleSet(
        rules={norm: tuple(sorted(rules, key=lambda rule: (rule.precedence, rule.iri))) for norm, rules in sorted(rules_by_norm.items())},
        fact_rules=_fact_rules(graph=graph, knowledge=knowledge),
        actions=tuple(_action(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "ActionableFact"))),
        needs=tuple(_need(iri, graph=graph) for iri in sorted(knowledge.instances(OBS + "CompletenessNeed"))),
        notes=tuple(_note(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "ExplanatoryNote"))),
        counts=tuple(_count(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "ReportedCount"))),
        statuses=statuses,
        wordings={
            (graph.value(iri, OBS + "appliesToNorm") or "", status.iri): replace(
                status, label=graph.labels(iri, SKOS + "prefLabel"), verdict=graph.labels(iri, OBS + "verdict")
            )
            for iri in knowledge.instances(OBS + "StatusWording")
            for status in (statuses[graph.value(iri, OBS + "forStatus") or ""],)
        },
    )


def _pattern(text: str | None, *, rule: str, knowledge: Knowledge) -> Pattern:
    """The pattern in the text, with at least one triple pattern and no undefined term of this project."""
    pattern = parse_pattern(text or "", rule=compact(rule), prefixes=knowledge.prefixes)
    if not pattern.triples:
        raise InconsistentDataError("assessment.bad-pattern", rule=compact(rule), near="")
    for term in sorted(pattern.terms):
        # A misspelt term would silently match nothing.
        if knowledge.owns(term) and term not in knowledge.subjects:
            raise InconsistentDataError("assessment.unknown-term", rule=compact(rule), term=compact(term))
    return pattern


def _premise(iri: str, *, graph: GraphIndex, knowledge: Knowledge) -> Premise:
    pattern = _pattern(graph.value(iri, OBS + "pattern"), rule=iri, knowledge=knowledge)
    present = graph.value(iri, OBS + "polarity") == OBS + "Present"
    licence = graph.value(iri, OBS + "licence")
    if DUTY not in pattern.variables or present == (licence is not None):
        raise InconsistentDataError("assessment.bad-premise", premise=compact(iri))
    label, sentence = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "premiseLabel")
    if set(label) != set(LANGUAGES) or set(sentence) != set(LANGUAGES):
        raise InconsistentDataError("assessment.bad-premise", premise=compact(iri))
    convention = graph.labels(iri, OBS + "convention")
    chosen = {value[1:-1] for _, predicate, value in pattern.triples if predicate == _CHOOSES}
    points = frozenset(point for alternative in chosen for point in knowledge.objects(alternative, OBS + "onPoint"))
    return Premise(iri, pattern, present, licence, points, label, sentence, graph.value(iri, OBS + "anchor"), convention)


def _rules(iri: str, *, graph: GraphIndex, knowledge: Knowledge, premises: Mapping[str, Premise]) -> Iterator[Rule]:
    """The rule of one norm or, if it is in a rule set, one for each norm that uses the set, with the words of its paragraph."""
    rule_set = graph.value(iri, OBS + "inRuleSet")
    if rule_set is None:
        yield _rule(iri, graph.value(iri, OBS + "appliesToNorm"), graph=graph, knowledge=knowledge, premises=premises)
        return
    for use in sorted(knowledge.instances(OBS + "RuleSetUse")):
        if graph.value(use, OBS + "usesRuleSet") == rule_set:
            rule = _rule(iri, graph.value(use, OBS + "appliesToNorm"), graph=graph, knowledge=knowledge, premises=premises)
            anchor = graph.value(use, OBS + "anchor")
            anchored = tuple(p if p.anchor or p.convention else replace(p, anchor=anchor) for p in rule.premises)
            yield replace(rule, iri=use + iri.removeprefix(rule_set), premises=anchored)


def _rule(iri: str, norm: str | None, *, graph: GraphIndex, knowledge: Knowledge, premises: Mapping[str, Premise]) -> Rule:
    status = graph.value(iri, OBS + "concludes")
    precedence, premise_iris = graph.value(iri, OBS + "precedence"), graph.members(iri, OBS + "premises")
    if (
        norm not in knowledge.instances(OBS + "NormativeStatement")
        or status not in knowledge.instances(OBS + "Status")
        or not (precedence or "").isdigit()
        or not premise_iris
        or not set(premise_iris) <= set(premises)
    ):
        raise InconsistentDataError("assessment.bad-rule", rule=compact(iri))
    return Rule(iri, norm, status, int(precedence or 0), tuple(premises[premise] for premise in premise_iris))


def _fact_rules(*, graph: GraphIndex, knowledge: Knowledge) -> tuple[FactRule, ...]:
    """The fact rules by stratum and IRI."""
    rules = [_fact_rule(iri, graph=graph, knowledge=knowledge) for iri in sorted(knowledge.instances(OBS + "FactRule"))]
    for rule in rules:
        for key in rule.then.keys:
            # « a ?kind » in a rule means an asserted class, so a concluded class must have no superclass.
            if graph.objects(ox.NamedNode(key), RDFS + "subClassOf"):
                raise InconsistentDataError("assessment.concluded-kind", rule=compact(rule.iri), term=compact(key))
    heads = [rule.then.keys for rule in rules]
    bodies = [(rule.when.keys, frozenset[str]().union(*(p.keys for p in rule.unless))) for rule in rules]
    strata = stratify(heads, bodies, names=[compact(rule.iri) for rule in rules])
    ordered = [replace(rule, order=order, recursive=recursive) for rule, (order, recursive) in zip(rules, strata, strict=True)]
    return _mark_duty_rules(sorted(ordered, key=lambda rule: (rule.order, rule.iri)))


def _mark_duty_rules(rules: Sequence[FactRule]) -> tuple[FactRule, ...]:
    """Return the rules with `of_duties` set on those that depend on a fact about duties, directly or through another rule."""
    marked, keys = set[str](), set(_DUTY_TERMS)
    while dependent := [rule for rule in rules if rule.iri not in marked and keys & _body_keys(rule)]:
        marked |= {rule.iri for rule in dependent}
        keys |= {key for rule in dependent for key in rule.then.keys}
    return tuple(replace(rule, of_duties=rule.iri in marked) for rule in rules)


def _joins_duties(rule: FactRule) -> bool:
    variable = f"?{DUTY}"
    names = {triple[0] for pattern in (rule.when, *rule.unless) for triple in pattern.triples if triple[1][1:-1] in _DUTY_TERMS}
    return not names <= {variable} or not all(variable in triple for triple in rule.then.triples)


def _body_keys(rule: FactRule) -> frozenset[str]:
    return rule.when.keys.union(*(pattern.keys for pattern in rule.unless))


def _fact_rule(iri: str, *, graph: GraphIndex, knowledge: Knowledge) -> FactRule:
    when = _pattern(graph.value(iri, OBS + "when"), rule=iri, knowledge=knowledge)
    then = _pattern(graph.value(iri, OBS + "then"), rule=iri, knowledge=knowledge)
    unless = tuple(_pattern(text, rule=iri, knowledge=knowledge) for text in sorted(graph.values(iri, OBS + "unless")))
    if (
        not _is_template(then)
        or not set(then.variables) <= set(when.variables)
        or any(not set(p.variables) & set(when.variables) for p in unless)
    ):
        raise InconsistentDataError("assessment.bad-fact-rule", rule=compact(iri))
    return FactRule(iri, when, unless, then, 0, recursive=False, of_duties=False)


def _is_template(pattern: Pattern) -> bool:
    """Whether the pattern can serve as a template of facts: no comparisons, and no literals except true and false."""
    terms = [term for triple in pattern.triples for term in triple]
    return not pattern.filters and all(term[0] in "?<" or term.endswith(f"<{XSD}boolean>") for term in terms)


def _action(iri: str, *, graph: GraphIndex, knowledge: Knowledge) -> Action:
    when = _pattern(graph.value(iri, OBS + "when"), rule=iri, knowledge=knowledge)
    adds, removes = (
        _pattern(text, rule=iri, knowledge=knowledge) if (text := graph.value(iri, OBS + name)) else None for name in ("adds", "removes")
    )
    templates = [template for template in (adds, removes) if template is not None]
    if not templates or not all(map(_is_template, templates)):
        raise InconsistentDataError("assessment.bad-fact-rule", rule=compact(iri))
    norms = frozenset(graph.values(iri, OBS + "appliesToNorm"))
    return Action(iri, norms, when, adds, removes, graph.labels(iri, SKOS + "prefLabel"))


def _need(iri: str, *, graph: GraphIndex) -> Need:
    norm, kinds = graph.value(iri, OBS + "appliesToNorm"), tuple(sorted(graph.values(iri, OBS + "soughtKind")))
    if norm is None or not kinds:
        raise InconsistentDataError("assessment.bad-rule", rule=compact(iri))
    return Need(norm, kinds, graph.value(iri, OBS + "soughtAbout"))


def _note(iri: str, *, graph: GraphIndex, knowledge: Knowledge) -> Note:
    pattern = _pattern(graph.value(iri, OBS + "pattern"), rule=iri, knowledge=knowledge)
    label, sentence = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "premiseLabel")
    if DUTY not in pattern.variables or not set(LANGUAGES) == set(label) == set(sentence):
        raise InconsistentDataError("assessment.bad-note", note=compact(iri))
    norms = frozenset(graph.values(iri, OBS + "appliesToNorm"))
    return Note(iri, norms, pattern, iri in knowledge.instances(OBS + "SetAsideReason"), label, sentence)


def _count(iri: str, *, graph: GraphIndex, knowledge: Knowledge) -> Count:
    whole = _pattern(graph.value(iri, OBS + "pattern"), rule=iri, knowledge=knowledge)
    parts = tuple(
        (graph.value(part, SKOS + "notation") or "", _pattern(graph.value(part, OBS + "pattern"), rule=part, knowledge=knowledge))
        for part in graph.values(iri, OBS + "countedPart")
    )
    label, sentence = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "premiseLabel")
    countable = all({DUTY, "item"} <= set(pattern.variables) for pattern in (whole, *(pattern for _, pattern in parts)))
    if not countable or not set(LANGUAGES) == set(label) == set(sentence):
        raise InconsistentDataError("assessment.bad-note", note=compact(iri))
    return Count(iri, frozenset(graph.values(iri, OBS + "appliesToNorm")), whole, parts, label, sentence)


def _status(iri: str, *, graph: GraphIndex) -> Status:
    position, tally = graph.value(iri, OBS + "position"), graph.value(iri, OBS + "tally")
    label, verdict = graph.labels(iri, SKOS + "prefLabel"), graph.labels(iri, OBS + "verdict")
    return Status(iri, int(position or 0), tally or "undetermined", label, verdict, general=label)
