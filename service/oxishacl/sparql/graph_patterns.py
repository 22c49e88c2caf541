"""What stands in the triples of a query: its terms and paths, read from tokens (SPARQL 1.1, sections 4.1 and 9.1)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.paths import Step
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import RDF, TYPE, XSD, Term

OPENING: Final = frozenset({"{", "(", "["})
CLOSING: Final = frozenset({"}", ")", "]"})
BOOLEANS: Final = frozenset({"TRUE", "FALSE"})
_REPEATED: Final = frozenset({"*", "+", "?"})
_TEXTS: Final = frozenset({XSD + "string", RDF + "langString"})

End = Term | str
"""A term, or the name of a variable."""

_Ways = tuple[Step, Step]


class UndecidableError(Exception):
    """Whether a group matches cannot be told from the index."""


class UnsupportedQueryError(Exception):
    """A part of the query is not one that is read here."""


def closing_bracket(parts: Sequence[Token], start: int) -> int:
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for place in range(start, len(parts)):
        if parts[place].kind == "sign":
            depth += (parts[place].text in OPENING) - (parts[place].text in CLOSING)
        if not depth:
            return place
    raise UnsupportedQueryError


class TripleReader:
    """Reads the terms and paths of one query."""

    def __init__(self, parts: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        """Nothing is read yet."""
        self.parts, self.prefixes = parts, prefixes

    def end(self, place: int, end: int) -> tuple[End, int]:
        """A term or a variable; Unclear for brackets, which stand for several triples."""
        if place >= end:
            raise UnsupportedQueryError
        part = self.parts[place]
        if part.kind == "variable":
            return part.text[1:], place + 1
        if part.kind == "word" and part.text in BOOLEANS:
            return ox.Literal(part.text.lower(), datatype=ox.NamedNode(XSD + "boolean")), place + 1
        return self._iri(part), place + 1

    def _iri(self, part: Token) -> ox.NamedNode:
        if part.kind == "word" and part.text == "A":
            return TYPE
        if part.kind == "iri" and ":" in part.text and "\\" not in part.text:
            return ox.NamedNode(part.text[1:-1])
        prefix, _, local = part.text.partition(":")
        if part.kind != "name" or "\\" in part.text or prefix == "_" or prefix not in self.prefixes:
            raise UnsupportedQueryError
        return ox.NamedNode(self.prefixes[prefix] + local)

    def path(self, place: int, end: int) -> tuple[_Ways, int]:
        """The steps ahead and back of the path that begins here. Section 9.1: alternatives of sequences of steps."""
        ways, place = self._sequence(place, end)
        found = [ways]
        while place < end and self.parts[place].text == "|":
            ways, place = self._sequence(place + 1, end)
            found.append(ways)
        if len(found) == 1:
            return found[0], place
        return (paths.alternative(ahead for ahead, _ in found), paths.alternative(back for _, back in found)), place

    def _sequence(self, place: int, end: int) -> tuple[_Ways, int]:
        ways, place = self._step(place, end)
        found = [ways]
        while place < end and self.parts[place].text == "/":
            ways, place = self._step(place + 1, end)
            found.append(ways)
        if len(found) == 1:
            return found[0], place
        return (paths.sequence(ahead for ahead, _ in found), paths.sequence(back for _, back in reversed(found))), place

    def _step(self, place: int, end: int) -> tuple[_Ways, int]:
        if place >= end:
            raise UnsupportedQueryError
        if self.parts[place].text == "^":
            (ahead, back), place = self._step(place + 1, end)
            return (back, ahead), place
        if self.parts[place].text == "(":
            last = closing_bracket(self.parts, place)
            (ahead, back), reached = self.path(place + 1, last)
            if reached != last:
                raise UnsupportedQueryError
            place = last + 1
        else:
            predicate = self._iri(self.parts[place])
            ahead, back, place = paths.forward(predicate), _backward(predicate), place + 1
        if place < end and self.parts[place].text in _REPEATED:
            suffix, place = self.parts[place].text, place + 1
            ahead, back = paths.repeated(ahead, suffix), paths.repeated(back, suffix)
        return (ahead, back), place


def _backward(predicate: ox.NamedNode) -> Step:
    def run(data: Index, node: Term) -> Sequence[Term]:
        if is_value(node):
            raise UndecidableError
        return data.back_edges(node).get(predicate, ())

    return run


def is_value(term: Term) -> bool:
    """Whether the term is a literal that Oxigraph may hold in another form than the document, so that two forms are one there."""
    return isinstance(term, ox.Literal) and term.datatype.value not in _TEXTS


_VERBLIKE: Final = frozenset({"A", *BOOLEANS})
_LONGEST: Final = 2_000
# Their value differs between two evaluations, or they look at what is bound rather than at values.
_UNSTEADY: Final = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE", "EXISTS", "BOUND", "COALESCE", "SELECT"})


class PatternEdge(Struct, frozen=True):
    """A triple or path pattern; `forward` and `backward` are None where the predicate is the variable `via`."""

    subject: End
    target: End
    forward: Step | None
    backward: Step | None
    via: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The variables of the pattern."""
        return frozenset(end for end in (self.subject, self.target, self.via) if isinstance(end, str) and end)


class PatternFilter(Struct, frozen=True):
    """One condition of a FILTER: its text, in which assigned variables are written out, and its variables."""

    text: str
    names: tuple[str, ...]


class GraphPattern(Struct):
    """What a group asks for, all at once; `absent` and `present` are the groups of (NOT) EXISTS."""

    edges: list[PatternEdge] = field(default_factory=list)
    filters: list[PatternFilter] = field(default_factory=list)
    present: list["GraphPattern"] = field(default_factory=list)
    absent: list["GraphPattern"] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    """Every variable between its braces."""
    elsewhere: frozenset[str] = frozenset()
    """The variables that may have a value from outside of them."""
    clear: bool = True


def outermost_groups(text: str, parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> GraphPattern:
    """What the outermost group of the query asks for."""
    start = next(place for place, part in enumerate(parts) if part.text == "{")
    return _Reader(text, parts, prefixes).group(start, closing_bracket(parts, start))


def _variables(parts: Sequence[Token]) -> frozenset[str]:
    return frozenset(part.text[1:] for part in parts if part.kind == "variable")


class _Reader(TripleReader):
    """Reads the groups of one query."""

    def __init__(self, text: str, parts: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        super().__init__(parts, prefixes)
        self.text = text
        opened = [place + 1 for place, part in enumerate(parts) if part.kind == "word" and part.text == "EXISTS"]
        self.bodies = [(place, closing_bracket(parts, place)) for place in opened]

    def group(self, start: int, end: int) -> GraphPattern:
        """The group between these two braces."""
        group = GraphPattern(names=_variables(self.parts[start:end]), elsewhere=self._outside(start, end))
        assigned: dict[str, PatternFilter] = {}
        conditions: list[tuple[int, int]] = []
        place = start + 1
        while place < end:
            place = self._element(place, end, group, assigned, conditions)
        for first, last in conditions:
            try:
                group.filters.append(self._expression(first, last, assigned))
            except UnsupportedQueryError:
                group.clear = False
        # What BIND assigns depends on where it stands.
        group.clear = group.clear and not assigned
        return group

    def _outside(self, start: int, end: int) -> frozenset[str]:
        """The variables outside of the group, but for those within an EXISTS beside it, which gives them no value here."""
        beside = [(first, last) for first, last in self.bodies if not first <= start <= last]
        places = (place for place in range(len(self.parts)) if not start <= place <= end)
        return _variables([self.parts[place] for place in places if not any(first <= place <= last for first, last in beside)])

    def _element(
        self, place: int, end: int, group: GraphPattern, assigned: dict[str, PatternFilter], conditions: list[tuple[int, int]]
    ) -> int:
        """Read the element that begins at the place; where the next one does."""
        part = self.parts[place]
        if part.text == ".":
            return place + 1
        if part.kind == "word" and part.text == "FILTER":
            return self._filter(place + 1, group, conditions)
        try:
            if part.kind == "word" and part.text == "BIND":
                last = closing_bracket(self.parts, place + 1)
                assigned[self.parts[last - 1].text[1:]] = self._expression(place + 2, last - 2, assigned)
                return last + 1
            if part.text != "{" and (part.kind != "word" or part.text in _VERBLIKE):
                last = self._end_of_triples(place, end)
                group.edges += self._triples(place, last)
                return last
        except UnsupportedQueryError:
            group.clear = False
        return self._after(place, end, group)

    def _after(self, place: int, end: int, group: GraphPattern) -> int:
        """Where the element ends that is not understood: with its group or bracket, or at the next dot or keyword."""
        group.clear = False
        part = self.parts[place]
        if part.text == "{" or part.kind == "word":
            opened = next((p for p in range(place, end) if self.parts[p].text in {"{", "("}), None)
            return end if opened is None else closing_bracket(self.parts, opened) + 1
        return self._end_of_triples(place, end)

    def _filter(self, place: int, group: GraphPattern, conditions: list[tuple[int, int]]) -> int:
        negated = self.parts[place].text == "NOT"
        if self.parts[place + negated].text == "EXISTS":
            opened = place + negated + 1
            last = closing_bracket(self.parts, opened)
            (group.absent if negated else group.present).append(self.group(opened, last))
            return last + 1
        opened = next(p for p in range(place, len(self.parts)) if self.parts[p].text == "(")
        last = closing_bracket(self.parts, opened)
        conditions += self._conjuncts(place + 1, last) if opened == place else [(place, last + 1)]
        return last + 1

    def _conjuncts(self, first: int, last: int) -> list[tuple[int, int]]:
        """The conditions that « && » joins, each of which must hold; « || » binds less, and keeps them together."""
        depth, cuts = 0, [first - 2]
        for place in range(first, last - 1):
            pair = self.parts[place].text + self.parts[place + 1].text
            depth += (pair[0] in OPENING) - (pair[0] in CLOSING)
            if not depth and pair == "||":
                return [(first, last)]
            if not depth and pair == "&&":
                cuts.append(place)
        return [(start + 2, end) for start, end in zip(cuts, [*cuts[1:], last], strict=True)]

    def _expression(self, start: int, end: int, assigned: Mapping[str, "PatternFilter"]) -> PatternFilter:
        """The expression, with what BIND assigns written out where it is used."""
        text, names, reached = "", set[str](), 0
        for part in self.parts[start:end]:
            if part.kind == "word" and part.text in _UNSTEADY:
                raise UnsupportedQueryError
            text += " " if text and part.start > reached else ""
            reached = part.end
            written = assigned.get(part.text[1:]) if part.kind == "variable" else None
            # As it stands: a token's keyword is in capitals.
            text += self.text[part.start : part.end] if written is None else f"({written.text})"
            names |= set(written.names) if written is not None else {part.text[1:]} if part.kind == "variable" else set()
        if len(text) > _LONGEST:
            raise UnsupportedQueryError
        return PatternFilter(text, tuple(sorted(names)))

    def _end_of_triples(self, place: int, end: int) -> int:
        while place < end:
            part = self.parts[place]
            if part.text in {".", "{"} or (part.kind == "word" and part.text not in _VERBLIKE):
                return place
            place = closing_bracket(self.parts, place) + 1 if part.text in OPENING else place + 1
        return end

    def _triples(self, place: int, end: int) -> Iterator[PatternEdge]:
        """« subject verb object , object ; verb object … »."""
        subject, place = self.end(place, end)
        while place < end:
            edge, place = self._verb(place, end)
            target, place = self.end(place, end)
            yield edge(subject, target)
            while place < end and self.parts[place].text == ",":
                target, place = self.end(place + 1, end)
                yield edge(subject, target)
            if place < end and self.parts[place].text != ";":
                raise UnsupportedQueryError
            while place < end and self.parts[place].text == ";":
                place += 1

    def _verb(self, place: int, end: int) -> tuple[Callable[[End, End], PatternEdge], int]:
        part = self.parts[place]
        if part.kind == "variable":
            if part.text[1:] == "PATH":
                raise UnsupportedQueryError
            return (lambda subject, target: PatternEdge(subject, target, None, None, part.text[1:])), place + 1
        (ahead, back), place = self.path(place, end)
        return (lambda subject, target: PatternEdge(subject, target, ahead, back)), place
