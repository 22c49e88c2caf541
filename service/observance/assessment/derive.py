"""The rules tried: facts first, step by step, then the premises of every rule over all instances at once, then the status of each.

Statuses and their reasons come from the same findings, so an explanation cannot say something else than the answer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import pyoxigraph as ox

from observance.assessment import pattern as patterns
from observance.assessment.compile import COMPLETENESS, DUTY, Rulebook
from observance.assessment.cut import Records, cut
from observance.assessment.instantiate import Norm, World, facts, instances
from observance.assessment.pattern import Pattern
from observance.assessment.values import Assessment, Duty, FactRule, Finding, Moment, Premise, Reading, Row, Rule, Term
from observance.errors import Inconsistent
from observance.namespaces import HOME, compact

Rows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Derivation:
    """The statuses of all instances at a moment under a reading, with what was found for every premise."""

    book: Rulebook
    reading: Reading
    moment: Moment
    duties: tuple[Duty, ...]
    rows: Mapping[Pattern, Rows]
    covering: Rows
    store: ox.Store

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """One for each instance, in their order; raises Inconsistent when no rule matches, or two of one rank."""
        return tuple(self._assessed(duty) for duty in self.duties)

    def finding(self, premise: Premise, duty: Duty) -> Finding:
        """What was found for the premise."""
        rows = tuple(self.rows.get(premise.pattern, {}).get(duty.iri, ()))
        statements = tuple(self.covering.get(duty.iri, ())) if premise.licence == COMPLETENESS else ()
        return Finding(premise, self._holds(premise, duty.iri), rows, statements)

    def _holds(self, premise: Premise, duty: str) -> bool:
        found = duty in self.rows[premise.pattern]
        if premise.present:
            return found
        return not found and (premise.licence != COMPLETENESS or duty in self.covering)

    def holds(self, rule: Rule, duty: Duty) -> bool:
        """Whether every premise of the rule holds."""
        return all(self._holds(premise, duty.iri) for premise in rule.premises)

    def _assessed(self, duty: Duty) -> Assessment:
        matching = [rule for rule in self.book.rules.get(duty.norm, ()) if self.holds(rule, duty)]
        if not matching:
            raise Inconsistent("assessment.no-rule", duty=compact(duty.iri), reading=self.reading.name)
        first = matching[0]
        if len(matching) > 1 and matching[1].precedence == first.precedence:
            raise Inconsistent("assessment.two-rules", duty=compact(duty.iri), one=compact(first.iri), other=compact(matching[1].iri))
        return Assessment(self._name(duty), duty, self.book.statuses[first.status], first, self.reading.name, self.moment)

    def _name(self, duty: Duty) -> str:
        said = repr(
            (duty, self.moment, self.reading.iri, [(p.iri, p.duration, p.chosen) for p in self.reading.parameters], self.book.version)
        )
        return f"{HOME}assessments/{hashlib.sha256(said.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Given:
    """What every engine is given: the register as it stood, the knowledge, and the instances with their windows."""

    triples: tuple[ox.Triple, ...]
    duties: tuple[Duty, ...]
    store: ox.Store


def given(
    register: Records, *, background: Sequence[ox.Triple], book: Rulebook, norms: Iterable[Norm], reading: Reading, at: Moment
) -> Given:
    """What the rules start from. What opens an instance follows from the register, so rules about the register are tried first."""
    told = book.vocabulary
    triples = tuple(triple for triple in (*background, *cut(register, at=at)) if triple.predicate.value in told)
    store = ox.Store()
    store.bulk_extend(ox.Quad(*triple) for triple in triples)
    conclude(store, rules=[rule for rule in book.facts if not rule.of_duties])
    duties = instances(norms, reading=reading, world=World(store), at=at)
    stated = tuple(facts(duties, reading=reading, at=at))
    store.extend(ox.Quad(*triple) for triple in stated)
    return Given((*triples, *stated), duties, store)


def derive(
    register: Records, *, background: Sequence[ox.Triple], book: Rulebook, norms: Iterable[Norm], reading: Reading, at: Moment
) -> Derivation:
    """The statuses of the instances of the norms, from the register as it stood and the knowledge in `background`."""
    start = given(register, background=background, book=book, norms=norms, reading=reading, at=at)
    conclude(start.store, rules=[rule for rule in book.facts if rule.of_duties])
    rows = {pattern: _by_duty(start.store, pattern) for pattern in book.patterns(sorted({duty.norm for duty in start.duties}))}
    return Derivation(book, reading, at, start.duties, rows, _by_duty(start.store, _covering()), start.store)


@cache
def _covering() -> Pattern:
    return patterns.read(_template("covering.rq"), of="covering.rq")


def conclude(store: ox.Store, *, rules: Iterable[FactRule]) -> None:
    """Every fact that the rules conclude is in the store; rules that feed each other are tried until nothing new comes."""
    steps: dict[int, list[FactRule]] = defaultdict(list)
    for rule in rules:
        steps[rule.order].append(rule)
    for order in sorted(steps):
        loop = any(rule.recursive for rule in steps[order])
        while sum([_concluded(store, rule) for rule in steps[order]]) and loop:
            pass


def _concluded(store: ox.Store, rule: FactRule) -> int:
    """The number of new facts."""
    names = rule.when.variables
    found = set(_select(store, rule.when, names))
    for excluded in rule.unless:
        if not found:
            return 0
        shared = [name for name in names if name in excluded.variables]
        places = [names.index(name) for name in shared]
        barred = set(_select(store, excluded, shared))
        found = {row for row in found if tuple(row[place] for place in places) not in barred}
    before = len(store)
    store.extend(ox.Quad(*triple) for row in found for triple in _filled(rule.then, dict(zip(names, row, strict=True))))
    return len(store) - before


def _filled(template: Pattern, row: Mapping[str, Term]) -> Iterable[ox.Triple]:
    for triple in template.triples:
        subject, predicate, target = (_term(term, row=row) for term in triple)
        yield ox.Triple(subject, predicate, target)  # type: ignore[arg-type]  # what a template may hold was checked when it was read


def _term(term: str, *, row: Mapping[str, Term]) -> Term:
    if term.startswith("?"):
        return row[term[1:]]
    return ox.NamedNode(term[1:-1]) if term.startswith("<") else ox.Literal(term == "true")


def _by_duty(store: ox.Store, pattern: Pattern) -> Rows:
    names = [name for name in pattern.variables if name != DUTY]
    found: dict[str, list[Row]] = defaultdict(list)
    for duty, *values in _select(store, pattern, [DUTY, *names]):
        found[duty.value].append(dict(zip(names, values, strict=True)))
    return {duty: sorted(rows, key=_order) for duty, rows in found.items()}


def _order(row: Row) -> tuple[str, ...]:
    return tuple(str(term) for term in row.values())


def _select(store: ox.Store, pattern: Pattern, names: Sequence[str]) -> Iterable[tuple[Term, ...]]:
    """The rows of what the pattern finds, each once."""
    text = patterns.fill(_template("select.rq"), variables=" ".join(f"?{name}" for name in names), pattern=patterns.sparql(pattern))
    solutions = store.query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    return (tuple(solution) for solution in solutions)


def adds(template: Pattern, when: Pattern, *, store: ox.Store, values: Mapping[str, Term]) -> tuple[ox.Triple, ...]:
    """The triples that a template gives wherever its pattern is found with these values; `values` also names new nodes."""
    names = when.variables
    rows = (dict(zip(names, row, strict=True)) for row in _select(store, when, names))
    fitting = sorted((row for row in rows if all(values.get(name, term) == term for name, term in row.items())), key=_order)
    return tuple(dict.fromkeys(triple for row in fitting for triple in _filled(template, {**values, **row})))


@cache
def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
