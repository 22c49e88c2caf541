"""The language of patterns (triples and comparisons), and finding what matches them."""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from string import Template
from typing import Any, Final

from msgspec import Struct

from observance.core import PREFIXES, RDF, XSD, InconsistentDataError, calendar
from observance.rdf import FactBase, Triple, parse_term

_TYPE: Final = f"<{RDF}type>"
_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<filter>FILTER\s*\(\s*(?P<left>\S+)\s*(?P<op><=|<|!=|=)\s*(?P<right>[^\s)]+)\s*\))
    | (?P<variable>\?[A-Za-z]\w*)
    | <(?P<iri>[^<>"{}|^`\\\s]+)>
    | (?P<literal>"(?:[^"\\\n]|\\.)*"(?:\^\^\S+|@[a-z-]+)?|true\b|false\b|[0-9]+\b)
    | (?P<type>a(?=\s))
    | (?P<name>(?P<prefix>[a-z]+):(?P<local>[\w-]+(?:\.[\w-]+)*))
    | (?P<mark>[.;,])
    )""",
    re.VERBOSE,
)


class Pattern(Struct, frozen=True):
    """Triples and comparisons; a term is `?name`, `<iri>` or a literal, written as in N-Triples; a predicate is an IRI."""

    triples: tuple[Triple, ...]
    filters: tuple[Triple, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the triples, in order of first use."""
        return tuple(dict.fromkeys(term[1:] for triple in self.triples for term in triple if term.startswith("?")))

    @property
    def keys(self) -> frozenset[str]:
        """What the pattern speaks of: its predicates, and for a type that is named the class."""
        return frozenset(_key(triple) for triple in self.triples)

    @property
    def terms(self) -> frozenset[str]:
        """Every IRI in the pattern."""
        return frozenset(term[1:-1] for triple in self.triples for term in triple if term.startswith("<"))

    def renamed(self, suffix: str, *, keep: str) -> "Pattern":
        """The pattern with every variable but `keep` renamed."""

        def new(term: str) -> str:
            return f"{term}{suffix}" if term.startswith("?") and term != f"?{keep}" else term

        triples = tuple((new(s), new(p), new(o)) for s, p, o in self.triples)
        return Pattern(triples, tuple((new(left), op, new(right)) for left, op, right in self.filters))


def read_pattern(text: str, *, of: str) -> Pattern:
    """The pattern in the text; raises InconsistentDataError naming the rule `of` for anything outside the language."""
    triples: list[Triple] = []
    filters: list[Triple] = []
    terms: list[str] = []
    for kind, value in _tokens(text, of=of):
        if kind == "filter":
            left, op, right = value.split("\t")
            filters.append((left, op, right))
        elif kind == "mark":
            _close(terms, value, triples=triples, of=of)
        else:
            terms.append(value)
    if terms:
        raise InconsistentDataError("assessment.bad-pattern", rule=of, near=" ".join(terms))
    found = Pattern(tuple(triples), tuple(filters))
    bound = {f"?{name}" for name in found.variables}
    for left, _, right in filters:
        if loose := [term for term in (left, right) if term.startswith("?") and term not in bound]:
            raise InconsistentDataError("assessment.bad-pattern", rule=of, near=loose[0])
    return found


def _tokens(text: str, *, of: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise InconsistentDataError("assessment.bad-pattern", rule=of, near=text[place : place + 40].strip())
        place = match.end()
        if match["filter"]:
            yield "filter", f"{match['left']}\t{match['op']}\t{match['right']}"
        elif match["iri"]:
            yield "term", f"<{match['iri']}>"
        elif match["name"]:
            if match["prefix"] not in PREFIXES:
                raise InconsistentDataError("assessment.bad-pattern", rule=of, near=match["name"])
            yield "term", f"<{PREFIXES[match['prefix']]}{match['local']}>"
        elif match["type"]:
            yield "term", _TYPE
        elif match["mark"]:
            yield "mark", match["mark"]
        else:
            yield "term", match["variable"] or _literal(match["literal"], of=of)


def _literal(text: str, *, of: str) -> str:
    """The literal as N-Triples writes it."""
    if text in ("true", "false"):
        return f'"{text}"^^<{XSD}boolean>'
    if text.isdigit():
        return f'"{text}"^^<{XSD}integer>'
    value, _, datatype = text.partition("^^")
    if not datatype or datatype.startswith("<"):
        return text
    prefix, _, local = datatype.partition(":")
    if prefix not in PREFIXES:
        raise InconsistentDataError("assessment.bad-pattern", rule=of, near=text)
    return f"{value}^^<{PREFIXES[prefix]}{local}>"


def _close(terms: list[str], mark: str, *, triples: list[Triple], of: str) -> None:
    """Take what was read up to a mark: a whole triple, or the rest of one whose beginning stands before the last mark."""
    if len(terms) != 3:
        raise InconsistentDataError("assessment.bad-pattern", rule=of, near=" ".join([*terms, mark]))
    subject, predicate, target = terms
    if not predicate.startswith("<") or subject.startswith('"'):
        raise InconsistentDataError("assessment.bad-pattern", rule=of, near=" ".join(terms))
    triples.append((subject, predicate, target))
    terms[:] = {".": [], ";": [subject], ",": [subject, predicate]}[mark]


def _key(triple: Triple) -> str:
    _, predicate, target = triple
    return target[1:-1] if predicate == _TYPE and target.startswith("<") else predicate.strip("<>")


def sparql(pattern: Pattern) -> str:
    """The pattern as the body of a SPARQL query."""
    lines = [f"{s} {p} {o} ." for s, p, o in pattern.triples]
    return "\n".join([*lines, *(f"FILTER({left} {op} {right})" for left, op, right in pattern.filters)])


_BUILTINS: Final[Mapping[str, str]] = {"<=": "math:notGreaterThan", "<": "math:lessThan", "!=": "log:notEqualTo", "=": "log:equalTo"}


def n3(pattern: Pattern) -> str:
    """The pattern as the body of an N3 formula."""
    lines = [f"{s} {p} {o} ." for s, p, o in pattern.triples]
    return "\n".join([*lines, *(f"{left} {_BUILTINS[op]} {right} ." for left, op, right in pattern.filters)])


def fill_template(text: str, /, **values: str) -> str:
    """A text of the folder `templates` with its places filled."""
    return Template(text).substitute(values)


@cache
def template(name: str) -> str:
    """A text of the folder `templates`."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


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
        gone = self._facts.retracted
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
        by_subject = self._facts.objects_by_subject(predicate)
        if subject in bound:
            return 0.0 if target in bound else 1.0 + len(by_subject) * 1e-9
        if target in bound:
            into = self._facts.subjects_by_object(predicate)
            return 2.0 + (len(by_subject) / (len(into) or 1) if target.startswith("?") else len(into.get(target, ())))
        return 1e6 + len(by_subject)

    def _lookup(self, triple: Triple, *, bound: Collection[str]) -> Callable[[Sink], Sink]:
        subject, predicate, target = triple
        s, o = self.places[subject], self.places[target]
        if subject in bound:
            out = self._facts.objects_by_subject(predicate)
            return _check(out, s, o) if target in bound else _follow(out, s, o)
        if target in bound:
            return _follow(self._facts.subjects_by_object(predicate), o, s)
        return _scan(self._facts.objects_by_subject(predicate), s, o)


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
