"""The value of a condition of a query, for terms: Oxigraph gives it, and it is remembered."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import EllipsisType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.sparql.group_patterns import Filter
from oxishacl.terms import Term, is_resource

_CONDITION: Final = Path(__file__).with_name("filter_condition.rq").read_text(encoding="utf-8")
_FOUND: Final = re.compile(r"(!?)\s*(isIRI|isURI|isBlank)\s*\(\s*[?$](\w+)\s*\)", re.IGNORECASE)
_EQUAL: Final = re.compile(r"[?$](\w+)\s*(!?)=\s*[?$](\w+)")
_KINDS: Final = {"isiri": ox.NamedNode, "isuri": ox.NamedNode, "isblank": ox.BlankNode}
_EMPTY: Final = ox.Store()
_LONGEST: Final = 1_000
_REMEMBERED: Final = 4_096


def quick(condition: Filter, *, asked: "Asked") -> Callable[..., bool | None] | None:
    """Conditions that only ask what kind of term something is, or whether two resources are the same."""
    if kind := _FOUND.fullmatch(condition.text):
        wanted, negated = _KINDS[kind[2].lower()], bool(kind[1])
        return lambda term: isinstance(term, wanted) != negated
    if (same := _EQUAL.fullmatch(condition.text)) and same[1] != same[3]:
        negated = bool(same[2])
        return lambda one, other: (one == other) != negated if is_resource(one) and is_resource(other) else asked(one, other)
    return None


class Asked(Struct, frozen=True):
    """A condition, whose value Oxigraph gives and which is remembered; None where it is not asked."""

    condition: Filter
    prefixes: Mapping[str, str]
    _remembered: dict[tuple[Term, ...], bool | None] = field(default_factory=dict)

    def __call__(self, *terms: Term) -> bool | None:
        """Whether the condition holds for the values of its variables."""
        found = self._remembered.get(terms, ...)
        if not isinstance(found, EllipsisType):
            return found
        for term in terms:
            if isinstance(term, ox.BlankNode) or (isinstance(term, ox.Literal) and len(term.value) > _LONGEST):
                return None
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        found = self._remembered[terms] = self._ask(*terms)
        return found

    def _ask(self, *terms: Term) -> bool | None:
        names = " ".join(f"?{name}" for name in self.condition.names)
        text = _CONDITION.replace("NAMES", names, 1).replace("CONDITION", self.condition.text, 1)
        values: dict[ox.Variable, Term | ox.Triple] = {
            ox.Variable(name): term for name, term in zip(self.condition.names, terms, strict=True)
        }
        try:
            solutions = _EMPTY.query(text, prefixes=dict(self.prefixes), substitutions=values)
        except SyntaxError:
            return None
        assert isinstance(solutions, ox.QuerySolutions)
        found = next(iter(solutions))["found"]
        return isinstance(found, ox.Literal) and found.value == "true"
