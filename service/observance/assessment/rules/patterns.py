"""The language of patterns: triples and comparisons, a part of SPARQL that other rule engines have too.

No OPTIONAL, no UNION, no negation inside: a rule says apart what must not be found. The same pattern is written out for SPARQL and
for N3.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

from msgspec import Struct

from observance.core import PREFIXES, RDF, XSD, InconsistentDataError

Triple = tuple[str, str, str]
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
