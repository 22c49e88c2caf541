"""The value of a condition of a query, for terms: Oxigraph gives it, and it is remembered."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import EllipsisType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.sparql.graph_patterns import PatternFilter, is_value
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import Term, is_resource

_CONDITION: Final = Path(__file__).with_name("filter_condition.rq").read_text(encoding="utf-8")
_FOUND: Final = re.compile(r"(!?)\s*(isIRI|isURI|isBlank)\s*\(\s*[?$](\w+)\s*\)", re.IGNORECASE)
_EQUAL: Final = re.compile(r"[?$](\w+)\s*(!?)=\s*[?$](\w+)")
_KINDS: Final = {"isiri": ox.NamedNode, "isuri": ox.NamedNode, "isblank": ox.BlankNode}
_EMPTY: Final = ox.Store()
_LONGEST: Final = 1_000
_REMEMBERED: Final = 4_096


def fast_condition(condition: PatternFilter, *, asked: "ConditionEvaluator") -> Callable[..., bool | None] | None:
    """Conditions that only ask what kind of term something is, or whether two resources are the same."""
    if kind := _FOUND.fullmatch(condition.text):
        wanted, negated = _KINDS[kind[2].lower()], bool(kind[1])
        return lambda term: isinstance(term, wanted) != negated
    if (same := _EQUAL.fullmatch(condition.text)) and same[1] != same[3]:
        negated = bool(same[2])
        return lambda one, other: (one == other) != negated if is_resource(one) and is_resource(other) else asked(one, other)
    return None


class ConditionEvaluator(Struct, frozen=True):
    """A condition, whose value Oxigraph gives and which is remembered; None where it is not asked."""

    condition: PatternFilter
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


_COUNT: Final = r"COUNT\(DISTINCT[?$](\w+)\)>(\d+)"
_COUNTS: Final = re.compile(rf"\({_COUNT}(?:&&{_COUNT})*\)")


Groups = dict[tuple[Term | None, ...], tuple[set[Term], ...]]
"""For each group by its keys, the values of each variable that is counted."""


class DistinctCount(Struct, frozen=True):
    """How many different values of variables must be exceeded, in groups of solutions that agree on the keys."""

    keys: tuple[str, ...]
    exceeded: Mapping[str, int]

    def among(self, known: Collection[str]) -> "DistinctCount":
        """The same, as far as it can be told where only some variables are known: with fewer keys, groups are larger."""
        return DistinctCount(
            tuple(key for key in self.keys if key in known), {name: most for name, most in self.exceeded.items() if name in known}
        )

    def is_met(self, bound: Mapping[str, Term], groups: Groups) -> bool:
        """Whether a group has enough with this solution, which is remembered in `groups`."""
        key = tuple([_alike(bound[name]) for name in self.keys])
        found = groups.get(key)
        if found is None:
            found = groups[key] = tuple(set() for _ in self.exceeded)
        for values, name in zip(found, self.exceeded, strict=True):
            values.add(bound[name])
        return all(len(values) > most for values, most in zip(found, self.exceeded.values(), strict=True))


def distinct_counts(parts: Sequence[Token]) -> DistinctCount | None:
    """What the query asks of its groups; None where that is nothing, or not of the form that is read."""
    words = [part.text if part.kind == "word" else "" for part in parts]
    if words.count("GROUP") != 1 or words.count("HAVING") != 1:
        return None
    start = words.index("HAVING")
    condition = _COUNTS.match("".join(part.text for part in parts[start + 1 :]))
    if condition is None:
        return None
    keys = tuple(part.text[1:] for part in parts[words.index("GROUP") : start] if part.kind == "variable")
    return DistinctCount(keys, {name: int(most) for name, most in re.findall(_COUNT, condition[0])})


def _alike(term: Term) -> Term | None:
    """The term; nothing for values, two forms of which may be one to Oxigraph: groups may be too large, never too small."""
    return None if is_value(term) else term
