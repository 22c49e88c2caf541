"""What a query certainly needs at its focus node: triples without which it has no solution, so that it need not be asked.

Reading a query and planning it costs Oxigraph a tenth of a millisecond, and most constraints speak of what few documents have. Only triple
patterns of the outermost group are looked at, and only their steps that cannot be empty: what is not understood needs nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from typing import Final

import pyoxigraph as ox

from observance.shacl.index import Index
from observance.shacl.sparql.tokens import Token
from observance.shacl.terms import TYPE, Term

Needs = Callable[[Index, Term], bool]

_THIS: Final = frozenset({"$this", "?this"})
_TERMS: Final = frozenset({"iri", "name", "variable"})


@dataclass(frozen=True, slots=True)
class _Need:
    """A triple that the focus node must have: outward or inward, with this predicate and, where it is known, this other end."""

    predicate: ox.NamedNode
    outward: bool
    end: ox.NamedNode | None

    def met(self, data: Index, node: Term) -> bool:
        """Whether the node has such a triple."""
        others = data.objects(node, self.predicate) if self.outward else data.subjects(self.predicate, node)
        return bool(others) if self.end is None else self.end in others


def needs(parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> Needs | None:
    """Whether a focus node has what the query needs, as a function; None when nothing is known to be needed."""
    if any(part.text in {"PREFIX", "BASE"} for part in parts):
        return None
    found = tuple(dict.fromkeys(_needs(_outermost(parts), prefixes=prefixes)))
    return (lambda data, node: all(need.met(data, node) for need in found)) if found else None


def _outermost(parts: Sequence[Token]) -> list[Token]:
    """The tokens of the outermost group; « { } » stands for each group, « ( ) » for each bracket within it, with nothing inside."""
    depth = 0
    found = []
    for part in dropwhile(lambda each: each.text != "{", parts):
        depth -= part.text in {"}", ")", "]"} and part.kind == "sign"
        if depth == 1:
            found.append(part)
        depth += part.text in {"{", "(", "["} and part.kind == "sign"
        if not depth:
            break
    return found


def _needs(parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> Iterator[_Need]:
    place = 0
    while place < len(parts):
        part = parts[place]
        if part.kind == "word" or part.text == "{":
            place = _after_clause(parts, place)
        elif part.kind in _TERMS:
            end = place
            while (
                end < len(parts) and parts[end].text not in {".", "{", "}"} and not (parts[end].kind == "word" and parts[end].text != "A")
            ):
                end += 1
            yield from _of_subject(parts[place:end], prefixes=prefixes)
            place = end
        else:
            # A dot, or a subject that is not understood: nothing is read before the next dot.
            while place < len(parts) and parts[place].text != ".":
                place += 1
            place += 1


def _after_clause(parts: Sequence[Token], place: int) -> int:
    """Where what follows a keyword ends: its bracket or its group, and the groups joined to it by UNION."""
    while place < len(parts) and parts[place].text not in {")", "}"}:
        place += 1
    place += 1
    return _after_clause(parts, place) if place < len(parts) and parts[place].text == "UNION" else place


def _of_subject(parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> Iterator[_Need]:
    """The needs in « subject verb objects ; verb objects … »."""
    subject, rest = parts[0], parts[1:]
    start = 0
    for place in range(len(rest) + 1):
        if place == len(rest) or rest[place].text == ";":
            yield from _of_verb(subject, rest[start:place], prefixes=prefixes)
            start = place + 1


def _of_verb(subject: Token, parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> Iterator[_Need]:
    predicate = _iri(parts[0], prefixes=prefixes) if parts else None
    if predicate is None or len(parts) < 2:
        return
    after = parts[1]
    if subject.text in _THIS and (after.kind in {*_TERMS, "string", "number"} or after.text in {"+", "/"}):
        plain = after.kind in {"iri", "name"} and len(parts) == 2
        yield _Need(predicate, True, _iri(after, prefixes=prefixes) if plain else None)
    elif after.text in _THIS:
        yield _Need(predicate, False, _iri(subject, prefixes=prefixes))


def _iri(part: Token, *, prefixes: Mapping[str, str]) -> ox.NamedNode | None:
    if part.kind == "iri":
        return ox.NamedNode(part.text[1:-1]) if ":" in part.text else None
    if part.kind == "word" and part.text == "A":
        return TYPE
    if part.kind == "name" and "\\" not in part.text:
        prefix, _, local = part.text.partition(":")
        return ox.NamedNode(prefixes[prefix] + local) if prefix in prefixes else None
    return None
