"""What a group of a query certainly asks for: its triple patterns, its filters, and the groups that must or must not exist.

Only a part of SPARQL is read, and what is read is a part of what the group asks: « clear » says whether it is all. Nothing is evaluated
here; Oxigraph's own parser decides what is a query (SPARQL 1.1, sections 5, 6, 8 and 9).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from oxishacl.paths import Step
from oxishacl.sparql.tokenizer import Token
from oxishacl.sparql.triple_patterns import BOOLEANS, CLOSING, OPENING, End, Steps, Unclear, closing

_VERBLIKE: Final = frozenset({"A", *BOOLEANS})
_LONGEST: Final = 2_000
# Their value differs between two evaluations, or they look at what is bound rather than at values.
_UNSTEADY: Final = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE", "EXISTS", "BOUND", "COALESCE", "SELECT"})


class Edge(Struct, frozen=True):
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


class Filter(Struct, frozen=True):
    """One condition of a FILTER: its text, in which assigned variables are written out, and its variables."""

    text: str
    names: tuple[str, ...]


class Group(Struct):
    """What a group asks for, all at once; `absent` and `present` are the groups of (NOT) EXISTS."""

    edges: list[Edge] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    present: list["Group"] = field(default_factory=list)
    absent: list["Group"] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    """Every variable between its braces."""
    elsewhere: frozenset[str] = frozenset()
    """The variables that may have a value from outside of them."""
    clear: bool = True


def outermost(text: str, parts: Sequence[Token], *, prefixes: Mapping[str, str]) -> Group:
    """What the outermost group of the query asks for."""
    start = next(place for place, part in enumerate(parts) if part.text == "{")
    return _Reader(text, parts, prefixes).group(start, closing(parts, start))


def _variables(parts: Sequence[Token]) -> frozenset[str]:
    return frozenset(part.text[1:] for part in parts if part.kind == "variable")


class _Reader(Steps):
    """Reads the groups of one query."""

    def __init__(self, text: str, parts: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        super().__init__(parts, prefixes)
        self.text = text
        opened = [place + 1 for place, part in enumerate(parts) if part.kind == "word" and part.text == "EXISTS"]
        self.bodies = [(place, closing(parts, place)) for place in opened]

    def group(self, start: int, end: int) -> Group:
        """The group between these two braces."""
        group = Group(names=_variables(self.parts[start:end]), elsewhere=self._outside(start, end))
        assigned: dict[str, Filter] = {}
        conditions: list[tuple[int, int]] = []
        place = start + 1
        while place < end:
            place = self._element(place, end, group, assigned, conditions)
        for first, last in conditions:
            try:
                group.filters.append(self._expression(first, last, assigned))
            except Unclear:
                group.clear = False
        # What BIND assigns depends on where it stands.
        group.clear = group.clear and not assigned
        return group

    def _outside(self, start: int, end: int) -> frozenset[str]:
        """The variables outside of the group, but for those within an EXISTS beside it, which gives them no value here."""
        beside = [(first, last) for first, last in self.bodies if not first <= start <= last]
        places = (place for place in range(len(self.parts)) if not start <= place <= end)
        return _variables([self.parts[place] for place in places if not any(first <= place <= last for first, last in beside)])

    def _element(self, place: int, end: int, group: Group, assigned: dict[str, Filter], conditions: list[tuple[int, int]]) -> int:
        """Read the element that begins at the place; where the next one does."""
        part = self.parts[place]
        if part.text == ".":
            return place + 1
        if part.kind == "word" and part.text == "FILTER":
            return self._filter(place + 1, group, conditions)
        try:
            if part.kind == "word" and part.text == "BIND":
                last = closing(self.parts, place + 1)
                assigned[self.parts[last - 1].text[1:]] = self._expression(place + 2, last - 2, assigned)
                return last + 1
            if part.text != "{" and (part.kind != "word" or part.text in _VERBLIKE):
                last = self._end_of_triples(place, end)
                group.edges += self._triples(place, last)
                return last
        except Unclear:
            group.clear = False
        return self._after(place, end, group)

    def _after(self, place: int, end: int, group: Group) -> int:
        """Where the element ends that is not understood: with its group or bracket, or at the next dot or keyword."""
        group.clear = False
        part = self.parts[place]
        if part.text == "{" or part.kind == "word":
            opened = next((p for p in range(place, end) if self.parts[p].text in {"{", "("}), None)
            return end if opened is None else closing(self.parts, opened) + 1
        return self._end_of_triples(place, end)

    def _filter(self, place: int, group: Group, conditions: list[tuple[int, int]]) -> int:
        negated = self.parts[place].text == "NOT"
        if self.parts[place + negated].text == "EXISTS":
            opened = place + negated + 1
            last = closing(self.parts, opened)
            (group.absent if negated else group.present).append(self.group(opened, last))
            return last + 1
        opened = next(p for p in range(place, len(self.parts)) if self.parts[p].text == "(")
        last = closing(self.parts, opened)
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

    def _expression(self, start: int, end: int, assigned: Mapping[str, "Filter"]) -> Filter:
        """The expression, with what BIND assigns written out where it is used."""
        text, names, reached = "", set[str](), 0
        for part in self.parts[start:end]:
            if part.kind == "word" and part.text in _UNSTEADY:
                raise Unclear
            text += " " if text and part.start > reached else ""
            reached = part.end
            written = assigned.get(part.text[1:]) if part.kind == "variable" else None
            # As it stands: a token's keyword is in capitals.
            text += self.text[part.start : part.end] if written is None else f"({written.text})"
            names |= set(written.names) if written is not None else {part.text[1:]} if part.kind == "variable" else set()
        if len(text) > _LONGEST:
            raise Unclear
        return Filter(text, tuple(sorted(names)))

    def _end_of_triples(self, place: int, end: int) -> int:
        while place < end:
            part = self.parts[place]
            if part.text in {".", "{"} or (part.kind == "word" and part.text not in _VERBLIKE):
                return place
            place = closing(self.parts, place) + 1 if part.text in OPENING else place + 1
        return end

    def _triples(self, place: int, end: int) -> Iterator[Edge]:
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
                raise Unclear
            while place < end and self.parts[place].text == ";":
                place += 1

    def _verb(self, place: int, end: int) -> tuple[Callable[[End, End], Edge], int]:
        part = self.parts[place]
        if part.kind == "variable":
            if part.text[1:] == "PATH":
                raise Unclear
            return (lambda subject, target: Edge(subject, target, None, None, part.text[1:])), place + 1
        (ahead, back), place = self.path(place, end)
        return (lambda subject, target: Edge(subject, target, ahead, back)), place
