"""The pattern language of rules (triples and comparisons), and the search for the rows of facts that match a pattern."""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import islice
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


class Pattern(Struct, frozen=True, dict=True):
    """A conjunction of triple patterns and comparisons (left, operator, right).

    A term is `?name`, `<iri>` or a literal in N-Triples syntax; a predicate is an IRI.
    """

    triples: tuple[Triple, ...]
    filters: tuple[Triple, ...]

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in the triple patterns, in order of first use."""
        return tuple(dict.fromkeys(term[1:] for triple in self.triples for term in triple if term.startswith("?")))

    @property
    def keys(self) -> frozenset[str]:
        """The IRIs by which dependencies between rules are found: the predicates, and in place of `rdf:type` a constant class."""
        return frozenset(_key(triple) for triple in self.triples)

    @property
    def terms(self) -> frozenset[str]:
        """The IRIs in the triple patterns."""
        return frozenset(term[1:-1] for triple in self.triples for term in triple if term.startswith("<"))

    def about(self, subjects: frozenset[str]) -> "Pattern":
        """Return the triple patterns with one of these terms as subject, without comparisons."""
        return Pattern(tuple(triple for triple in self.triples if triple[0] in subjects), ())

    def renamed(self, suffix: str, *, keep: str) -> "Pattern":
        """Return the pattern with the suffix appended to every variable except `keep`."""

        def rename(term: str) -> str:
            return f"{term}{suffix}" if term.startswith("?") and term != f"?{keep}" else term

        triples = tuple((rename(s), rename(p), rename(o)) for s, p, o in self.triples)
        return Pattern(triples, tuple((rename(left), op, rename(right)) for left, op, right in self.filters))


def parse_pattern(text: str, *, rule: str, prefixes: Mapping[str, str] = PREFIXES) -> Pattern:
    """Return the pattern that the text denotes; raises InconsistentDataError naming the rule if the text is outside the language."""
    triples: list[Triple] = []
    filters: list[Triple] = []
    terms: list[str] = []
    for kind, token in _tokenise(text, rule=rule, prefixes=prefixes):
        if kind == "filter":
            left, op, right = token.split("\t")
            filters.append((left, op, right))
        elif kind == "mark":
            _close_triple(terms, token, triples=triples, rule=rule)
        else:
            terms.append(token)
    if terms:
        raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=" ".join(terms))
    pattern = Pattern(tuple(triples), tuple(filters))
    bound = {f"?{name}" for name in pattern.variables}
    for left, _, right in filters:
        if unbound := [term for term in (left, right) if term.startswith("?") and term not in bound]:
            raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=unbound[0])
    return pattern


def _tokenise(text: str, *, rule: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The tokens, each with its kind: term, mark, or a whole filter with tabs between operands and operator."""
    offset, end = 0, len(text.rstrip())
    while offset < end:
        match = _TOKEN.match(text, offset)
        if match is None:
            raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=text[offset : offset + 40].strip())
        offset = match.end()
        if match["filter"]:
            yield "filter", f"{match['left']}\t{match['op']}\t{match['right']}"
        elif match["iri"]:
            yield "term", f"<{match['iri']}>"
        elif match["name"]:
            if match["prefix"] not in prefixes:
                raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=match["name"])
            yield "term", f"<{prefixes[match['prefix']]}{match['local']}>"
        elif match["type"]:
            yield "term", _TYPE
        elif match["mark"]:
            yield "mark", match["mark"]
        else:
            yield "term", match["variable"] or _literal(match["literal"], rule=rule)


def _literal(text: str, *, rule: str) -> str:
    """The literal in N-Triples syntax."""
    if text in ("true", "false"):
        return f'"{text}"^^<{XSD}boolean>'
    if text.isdigit():
        return f'"{text}"^^<{XSD}integer>'
    lexical_form, _, datatype = text.partition("^^")
    if not datatype or datatype.startswith("<"):
        return text
    prefix, _, local = datatype.partition(":")
    if prefix not in PREFIXES:
        raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=text)
    return f"{lexical_form}^^<{PREFIXES[prefix]}{local}>"


def _close_triple(terms: list[str], mark: str, *, triples: list[Triple], rule: str) -> None:
    """Close the current triple at `,`, `;` or `.`; after `,` and `;` the subject (and predicate) are reused."""
    if len(terms) != 3:
        raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=" ".join([*terms, mark]))
    subject, predicate, target = terms
    if not predicate.startswith("<") or subject.startswith('"'):
        raise InconsistentDataError("assessment.bad-pattern", rule=rule, near=" ".join(terms))
    triples.append((subject, predicate, target))
    terms[:] = {".": [], ";": [subject], ",": [subject, predicate]}[mark]


def _key(triple: Triple) -> str:
    _, predicate, target = triple
    return target[1:-1] if predicate == _TYPE and target.startswith("<") else predicate.strip("<>")


def to_sparql(pattern: Pattern) -> str:
    """The pattern as a SPARQL group graph pattern, without braces."""
    lines = [f"{s} {p} {o} ." for s, p, o in pattern.triples]
    return "\n".join([*lines, *(f"FILTER({left} {op} {right})" for left, op, right in pattern.filters)])


_BUILTINS: Final[Mapping[str, str]] = {"<=": "math:notGreaterThan", "<": "math:lessThan", "!=": "log:notEqualTo", "=": "log:equalTo"}


def to_n3(pattern: Pattern) -> str:
    """The pattern as an N3 formula, without braces."""
    lines = [f"{s} {p} {o} ." for s, p, o in pattern.triples]
    return "\n".join([*lines, *(f"{left} {_BUILTINS[op]} {right} ." for left, op, right in pattern.filters)])


def fill_template(text: str, /, **values: str) -> str:
    """Return the template's text with these values in place of its `$` placeholders."""
    return Template(text).substitute(values)


@cache
def read_template(name: str) -> str:
    """The text of a file in the folder `templates`."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


MatchRow = list[str]
"""The values of a pattern's variables, in the order of `Pattern.variables`; inside a matcher its constants follow."""
Sink = Callable[[MatchRow], bool]
"""A consumer of matching rows; true ends the search. The row is overwritten afterwards, and the facts must not be changed."""

_DATE: Final = f'"^^<{XSD}date>'
_INTEGER: Final = f'"^^<{XSD}integer>'
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip


_SAMPLE: Final = 4
_GROWTH: Final = 4
"""By how much the number of facts grows until the join order is chosen again."""


class Matcher:
    """A pattern compiled for a fact base: a nested-loop join over indexes, as a chain of closures with one for each triple pattern.

    Matching rows go to the sink or, without one, to the list that `rows` returns.
    """

    def __init__(self, pattern: Pattern, facts: FactBase, *, bound: Sequence[str], sink: Sink | None = None) -> None:
        """Prepare the pattern for calls that pass the values of the `bound` variables; the first call compiles it.

        The facts of that time determine the join order; it is chosen again when there are many more.
        """
        self._rows: list[MatchRow] = []
        self._pattern, self._names = pattern, pattern.variables
        # Not a method: a matcher that held itself would keep all facts until the next garbage collection.
        self._sink = sink or _collector(self._rows, width=len(self._names))
        terms = dict.fromkeys(t for triple in (*pattern.triples, *pattern.filters) for t in (triple[0], triple[2]))
        self._constants = [term for term in terms if not term.startswith("?")]
        self._columns = {name: column for column, name in enumerate((*(f"?{name}" for name in self._names), *self._constants))}
        self._row: MatchRow = ["" for _ in self._names] + self._constants
        self._facts = facts
        self._atoms = [(self._columns[s], p, self._columns[o]) for s, p, o in pattern.triples]
        self._bound_columns = [self._columns[f"?{name}"] for name in bound]
        self._known = {f"?{name}" for name in bound}.union(self._constants)
        self._most_facts = -1

    def run(self, *values: str) -> bool:
        """Pass every row with these values of the bound variables to the sink; return true if the sink ended the search."""
        if self._facts.size > self._most_facts:
            self._most_facts = _GROWTH * self._facts.size
            self._first = self._compile(self._pattern, known=set(self._known), sink=self._sink)
        row = self._row
        for column, text in zip(self._bound_columns, values, strict=True):
            row[column] = text
        return self._first(row)

    def rows(self, *values: str) -> list[MatchRow]:
        """Return every row with these values of the bound variables; only for a matcher without a sink."""
        self._rows.clear()
        self.run(*values)
        return self._rows.copy()

    def is_current(self, values: Sequence[str]) -> bool:
        """Whether the row with these values of the variables depends on no retracted statement."""
        retracted = self._facts.retracted
        if not retracted:
            return True
        row = [*values[: len(self._names)], *self._constants]
        return all((row[s], p, row[o]) not in retracted for s, p, o in self._atoms)

    def _compile(self, pattern: Pattern, *, known: set[str], sink: Sink) -> Sink:
        """Chain one step for each triple pattern, the cheapest first, with each filter as soon as its operands are known."""
        plan: list[Callable[[Sink], Sink]] = []
        remaining, filters = list(pattern.triples), list(pattern.filters)
        plan += self._take_filters(filters, known=known)
        while remaining:
            triple = min(remaining, key=lambda triple: self._cost(triple, known=known))
            remaining.remove(triple)
            plan.append(self._lookup(triple, known=known))
            known |= {triple[0], triple[2]}
            plan += self._take_filters(filters, known=known)
        for step in reversed(plan):
            sink = step(sink)
        return sink

    def _take_filters(self, filters: list[Triple], *, known: Collection[str]) -> list[Callable[[Sink], Sink]]:
        """Remove the filters whose operands are known from the list, and return their steps."""
        ready = [condition for condition in filters if condition[0] in known and condition[2] in known]
        filters[:] = [condition for condition in filters if condition not in ready]
        return [_comparison(self._columns[left], op, self._columns[right]) for left, op, right in ready]

    def _cost(self, triple: Triple, *, known: Collection[str]) -> float:
        """The expected number of statements that the look-up of the triple pattern finds."""
        subject, predicate, target = triple
        by_subject = self._facts.objects_by_subject(predicate)
        if subject in known:
            return 0.0 if target in known else _mean_size(by_subject) + len(by_subject) * 1e-9
        if target in known:
            by_object = self._facts.subjects_by_object(predicate)
            return 1.0 + (_mean_size(by_object) if target.startswith("?") else 1.0 + len(by_object.get(target, ())))
        return 1e6 + len(by_subject)

    def _lookup(self, triple: Triple, *, known: Collection[str]) -> Callable[[Sink], Sink]:
        subject, predicate, target = triple
        s, o = self._columns[subject], self._columns[target]
        if subject in known:
            by_subject = self._facts.objects_by_subject(predicate)
            return _check(by_subject, s, o) if target in known else _follow(by_subject, s, o)
        if target in known:
            return _follow(self._facts.subjects_by_object(predicate), o, s)
        return _scan(self._facts.objects_by_subject(predicate), s, o)


def _collector(rows: list[MatchRow], *, width: int) -> Sink:
    """The sink that adds the first values of each row to the list."""

    def collect(row: MatchRow) -> bool:
        rows.append(row[:width])
        return False

    return collect


def _mean_size(index: Mapping[str, Mapping[str, None]]) -> float:
    """The mean number of values of a key, from the first keys; 1 if there is none."""
    sizes = [len(values) for values in islice(index.values(), _SAMPLE)]
    return sum(sizes) / len(sizes) if sizes else 1.0


def _check(index: Mapping[str, Mapping[str, None]], key: int, value: int) -> Callable[[Sink], Sink]:
    """The step for a triple pattern with both terms known."""

    def step(sink: Sink) -> Sink:
        def run(row: MatchRow) -> bool:
            values = index.get(row[key])
            return values is not None and row[value] in values and sink(row)

        return run

    return step


def _follow(index: Mapping[str, Mapping[str, None]], key: int, value: int) -> Callable[[Sink], Sink]:
    """The step for a triple pattern with one term known: `key` is its column."""

    def step(sink: Sink) -> Sink:
        def run(row: MatchRow) -> bool:
            values = index.get(row[key])
            if values is not None:
                for text in values:
                    row[value] = text
                    if sink(row):
                        return True
            return False

        return run

    return step


def _scan(index: Mapping[str, Mapping[str, None]], key: int, value: int) -> Callable[[Sink], Sink]:
    """The step for a triple pattern with neither term known."""

    def step(sink: Sink) -> Sink:
        def run(row: MatchRow) -> bool:
            for subject, objects in index.items():
                row[key] = subject
                for target in objects:
                    # One variable as subject and object matches only a node that is related to itself.
                    if key == value and target != subject:
                        continue
                    row[value] = target
                    if sink(row):
                        return True
            return False

        return run

    return step


def _comparison(left: int, op: str, right: int) -> Callable[[Sink], Sink]:
    """The step for a filter over two columns."""
    compare, ordered = _COMPARE[op], op in {"<", "<="}

    def step(sink: Sink) -> Sink:
        def run(row: MatchRow) -> bool:
            first, second = comparison_value(row[left]), comparison_value(row[right])
            # Only dates and integers have an order, each among themselves; equality is defined for every term.
            if ordered and (isinstance(first, str) or type(first) is not type(second)):
                return op == "<=" and first == second and sink(row)
            return compare(first, second) and sink(row)

        return run

    return step


@lru_cache(maxsize=100_000)
def comparison_value(text: str) -> date | int | str:
    """The value that comparisons use: a date, an integer, or for any other term its text, which has no order."""
    try:
        if text.endswith(_DATE):
            return calendar.first_day(text[1 : -len(_DATE)])
        if text.endswith(_INTEGER):
            return int(parse_term(text).value)
    except ValueError:
        return text
    return text
