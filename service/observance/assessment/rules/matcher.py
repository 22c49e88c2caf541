"""Patterns matched against facts: each is made once into functions that call each other, one for each triple or comparison.

A row is a list with a place for every variable and constant of the pattern. Whoever makes a `Matcher` names the variables whose places
are filled when it is called; the rest is found.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from observance.assessment.rules.patterns import Pattern
from observance.core import XSD, calendar
from observance.rdf import FactBase, Triple, parse_term

Row = list[str]
Sink = Callable[[Row], bool]
"""Takes a row that matches, which is filled again afterwards; true to look no further. It changes no facts."""

_DATE: Final = f'"^^<{XSD}date>'
_INTEGER: Final = f'"^^<{XSD}integer>'
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Matcher:
    """One pattern over some facts, for a sink or, without one, for `rows`."""

    def __init__(self, pattern: Pattern, facts: FactBase, *, given: Sequence[str], sink: Sink | None = None) -> None:
        """The order in which the triples are looked up is fixed here, by what the facts are like now."""
        self._found: list[Row] = []
        self.names = pattern.variables
        terms = dict.fromkeys(t for triple in (*pattern.triples, *pattern.filters) for t in (triple[0], triple[2]))
        constants = [term for term in terms if not term.startswith("?")]
        self.places = {name: place for place, name in enumerate((*(f"?{name}" for name in self.names), *constants))}
        self.constants = constants
        self.row: Row = ["" for _ in self.names] + constants
        self._facts = facts
        self._atoms = [(self.places[s], p, self.places[o]) for s, p, o in pattern.triples]
        self._given = [self.places[f"?{name}"] for name in given]
        bound = {f"?{name}" for name in given} | set(constants)
        self._first = self._chained(pattern, bound=bound, sink=sink or self._keep)

    def run(self, *values: str) -> bool:
        """Every row that matches with these values of the variables given goes to the sink; true if it wanted no more."""
        row = self.row
        for place, text in zip(self._given, values, strict=True):
            row[place] = text
        return self._first(row)

    def rows(self, *values: str) -> list[Row]:
        """The values of the variables in every row that matches."""
        self._found = []
        self.run(*values)
        return self._found

    def _keep(self, row: Row) -> bool:
        self._found.append(row[: len(self.names)])
        return False

    def stands(self, values: Sequence[str]) -> bool:
        """Whether none of the statements is gone that a row with these values of the variables rests on."""
        gone = self._facts.gone
        if not gone:
            return True
        row = [*values[: len(self.names)], *self.constants]
        return all((row[s], p, row[o]) not in gone for s, p, o in self._atoms)

    def _chained(self, pattern: Pattern, *, bound: set[str], sink: Sink) -> Sink:
        plan: list[Callable[[Sink], Sink]] = []
        left, filters = list(pattern.triples), list(pattern.filters)
        plan += self._ripe(filters, bound=bound)
        while left:
            triple = min(left, key=lambda found: self._cost(found, bound=bound))
            left.remove(triple)
            plan.append(self._lookup(triple, bound=bound))
            bound |= {triple[0], triple[2]}
            plan += self._ripe(filters, bound=bound)
        for step in reversed(plan):
            sink = step(sink)
        return sink

    def _ripe(self, filters: list[Triple], *, bound: Collection[str]) -> list[Callable[[Sink], Sink]]:
        """The comparisons whose sides are known, taken out of the list."""
        ripe = [found for found in filters if found[0] in bound and found[2] in bound]
        filters[:] = [found for found in filters if found not in ripe]
        return [_comparison(self.places[left], op, self.places[right]) for left, op, right in ripe]

    def _cost(self, triple: Triple, *, bound: Collection[str]) -> float:
        """How many statements the look-up may be expected to find."""
        subject, predicate, target = triple
        by_subject = self._facts.out(predicate)
        if subject in bound:
            return 0.0 if target in bound else 1.0 + len(by_subject) * 1e-9
        if target in bound:
            into = self._facts.into(predicate)
            return 2.0 + (len(by_subject) / (len(into) or 1) if target.startswith("?") else len(into.get(target, ())))
        return 1e6 + len(by_subject)

    def _lookup(self, triple: Triple, *, bound: Collection[str]) -> Callable[[Sink], Sink]:
        subject, predicate, target = triple
        s, o = self.places[subject], self.places[target]
        if subject in bound:
            out = self._facts.out(predicate)
            return _check(out, s, o) if target in bound else _follow(out, s, o)
        if target in bound:
            return _follow(self._facts.into(predicate), o, s)
        return _scan(self._facts.out(predicate), s, o)


def _check(index: Mapping[str, Mapping[str, None]], here: int, there: int) -> Callable[[Sink], Sink]:
    def step(then: Sink) -> Sink:
        def run(row: Row) -> bool:
            found = index.get(row[here])
            return found is not None and row[there] in found and then(row)

        return run

    return step


def _follow(index: Mapping[str, Mapping[str, None]], here: int, there: int) -> Callable[[Sink], Sink]:
    def step(then: Sink) -> Sink:
        def run(row: Row) -> bool:
            found = index.get(row[here])
            if found is not None:
                for value in found:
                    row[there] = value
                    if then(row):
                        return True
            return False

        return run

    return step


def _scan(index: Mapping[str, Mapping[str, None]], here: int, there: int) -> Callable[[Sink], Sink]:
    def step(then: Sink) -> Sink:
        def run(row: Row) -> bool:
            for one, others in index.items():
                row[here] = one
                for other in others:
                    # Where both places are one, only what is said of itself fits.
                    if here == there and other != one:
                        continue
                    row[there] = other
                    if then(row):
                        return True
            return False

        return run

    return step


def _comparison(left: int, op: str, right: int) -> Callable[[Sink], Sink]:
    compare, ordered = _COMPARE[op], op in {"<", "<="}

    def step(then: Sink) -> Sink:
        def run(row: Row) -> bool:
            one, other = value(row[left]), value(row[right])
            # Only days and whole numbers have an order, each among themselves; anything is what it is.
            if ordered and (isinstance(one, str) or type(one) is not type(other)):
                return op == "<=" and one == other and then(row)
            return compare(one, other) and then(row)

        return run

    return step


@lru_cache(maxsize=100_000)
def value(text: str) -> date | int | str:
    """What is compared: a day, a whole number, else the text itself, which has no order."""
    try:
        if text.endswith(_DATE):
            return calendar.first_day(text[1 : -len(_DATE)])
        if text.endswith(_INTEGER):
            return int(parse_term(text).value)
    except ValueError:
        return text
    return text
