"""What HAVING asks of the groups of a query: that more than so many different values of a variable are in one (SPARQL 1.1, section 11).

Only the form « COUNT(DISTINCT ?x) > n », and several of it that must all hold, is read.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct

from oxishacl.sparql.tokenizer import Token
from oxishacl.sparql.triple_patterns import is_value
from oxishacl.terms import Term

_COUNT: Final = r"COUNT\(DISTINCT[?$](\w+)\)>(\d+)"
_COUNTS: Final = re.compile(rf"\({_COUNT}(?:&&{_COUNT})*\)")


Groups = dict[tuple[Term | None, ...], tuple[set[Term], ...]]
"""For each group by its keys, the values of each variable that is counted."""


class Counted(Struct, frozen=True):
    """How many different values of variables must be exceeded, in groups of solutions that agree on the keys."""

    keys: tuple[str, ...]
    exceeded: Mapping[str, int]

    def among(self, known: Collection[str]) -> "Counted":
        """The same, as far as it can be told where only some variables are known: with fewer keys, groups are larger."""
        return Counted(
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


def counted(parts: Sequence[Token]) -> Counted | None:
    """What the query asks of its groups; None where that is nothing, or not of the form that is read."""
    words = [part.text if part.kind == "word" else "" for part in parts]
    if words.count("GROUP") != 1 or words.count("HAVING") != 1:
        return None
    start = words.index("HAVING")
    condition = _COUNTS.match("".join(part.text for part in parts[start + 1 :]))
    if condition is None:
        return None
    keys = tuple(part.text[1:] for part in parts[words.index("GROUP") : start] if part.kind == "variable")
    return Counted(keys, {name: int(most) for name, most in re.findall(_COUNT, condition[0])})


def _alike(term: Term) -> Term | None:
    """The term; nothing for values, two forms of which may be one to Oxigraph: groups may be too large, never too small."""
    return None if is_value(term) else term
