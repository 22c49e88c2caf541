"""The statements of files, in columns of numbers: kept between runs as they stand, and looked up without being read whole.

Each term has a place in a table and is made when it is first asked for; a statement is four places. Three more columns hold the
statements sorted by subject, by predicate and by object, so that what is said of one node is found at once.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Final, NamedTuple, Self

import pyoxigraph as ox

from observance.core import XSD

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class StatementRow(NamedTuple):
    """A quad as its four terms: what Oxigraph makes of them copies the text of each, which costs more than reading them."""

    subject: Any
    predicate: ox.NamedNode
    object: Any
    graph_name: ox.NamedNode | ox.BlankNode | ox.DefaultGraph


_SUBJECT, _PREDICATE, _OBJECT = range(3)
_NUMBERS: Final = "I"
_BETWEEN: Final = "\0"
_IRI, _BLANK, _PLAIN, _TAGGED, _TYPED, _OTHER = "<", "_", '"', "@", "^", "?"


class StatementTable:
    """Statements in their order, found by subject, predicate and object."""

    def __init__(self, keys: Sequence[str], numbers: "array[int]", *, terms: Sequence[Any] = ()) -> None:
        """Terms by their keys, and four of their places for each statement; `terms` when they are there already."""
        self._keys, self._numbers = keys, numbers
        self._terms: list[Any] = list(terms) or [None] * len(keys)
        self._sorted: dict[int, tuple[array[int], array[int]]] = {}

    @classmethod
    def of(cls, quads: Iterable[ox.Quad]) -> Self:
        """The statements of the quads."""
        places: dict[Any, int] = {}
        numbers = array(_NUMBERS, [places.setdefault(term, len(places)) for quad in quads for term in quad])
        return cls([_key(term) for term in places], numbers, terms=tuple(places))

    def __len__(self) -> int:
        """How many statements there are."""
        return len(self._numbers) // 4

    def __iter__(self) -> Iterator[StatementRow]:
        """The statements in their order."""
        ends = map(self._term, self._numbers)
        return map(StatementRow._make, zip(ends, ends, ends, ends, strict=True))

    @cached_property
    def subjects(self) -> frozenset[str]:
        """Every IRI about which something is said."""
        keys = (self._keys[place] for place in set(self._numbers[_SUBJECT::4]))
        return frozenset(key[1:] for key in keys if key[0] == _IRI)

    def edges(self, subject: Term) -> dict[ox.NamedNode, list[Any]]:
        """The predicates of the statements with this subject, with their objects, each once."""
        return self._ends(_SUBJECT, _key(subject), other=_OBJECT)

    def back_edges(self, target: Term) -> dict[ox.NamedNode, list[Any]]:
        """The predicates of the statements with this object, with their subjects, each once."""
        return self._ends(_OBJECT, _key(target), other=_SUBJECT)

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Any, Any]]:
        """Subject and object of the statements with this predicate, each pair once."""
        numbers = self._numbers
        found = dict.fromkeys((numbers[row], numbers[row + _OBJECT]) for row in self._rows(_PREDICATE, _key(predicate)))
        return ((self._term(subject), self._term(target)) for subject, target in found)

    def values(self, subject: str, predicate: str) -> tuple[str, ...]:
        """The IRIs and lexical forms that are objects of the statements with these IRIs, each once."""
        wanted = self._place.get(_IRI + predicate)
        rows = (row for row in self._rows(_SUBJECT, _IRI + subject) if self._numbers[row + _PREDICATE] == wanted)
        keys = (self._keys[self._numbers[row + _OBJECT]] for row in rows)
        return tuple(dict.fromkeys(_text(key) for key in keys if key[0] != _BLANK))

    def holders(self, predicate: str, value: str) -> tuple[str, ...]:
        """The IRIs that are subjects of the statements with this predicate, and with an object of this IRI or lexical form, each once."""
        numbers, wanted = self._numbers, self._place.get(_IRI + predicate)
        if _IRI + value in self._place:
            rows = (row for row in self._rows(_OBJECT, _IRI + value) if numbers[row + _PREDICATE] == wanted)
        else:
            rows = (row for row in self._rows(_PREDICATE, _IRI + predicate) if self._holds(numbers[row + _OBJECT], value))
        keys = (self._keys[numbers[row]] for row in rows)
        return tuple(dict.fromkeys(key[1:] for key in keys if key[0] == _IRI))

    def _holds(self, place: int, value: str) -> bool:
        key = self._keys[place]
        return key[0] not in {_IRI, _BLANK} and _text(key) == value

    def _ends(self, column: int, key: str, *, other: int) -> dict[ox.NamedNode, list[Any]]:
        found: dict[ox.NamedNode, list[Any]] = {}
        numbers, seen = self._numbers, set[tuple[int, int]]()
        for row in self._rows(column, key):
            edge = numbers[row + _PREDICATE], numbers[row + other]
            if edge not in seen:
                seen.add(edge)
                found.setdefault(self._term(edge[0]), []).append(self._term(edge[1]))
        return found

    def _rows(self, column: int, key: str) -> "Sequence[int]":
        """Where in the numbers the statements begin that have the term in the column, in their order."""
        place = self._place.get(key)
        if place is None:
            return ()
        starts, rows = self._in_order(column)
        return rows[starts[place] : starts[place + 1]]

    def _in_order(self, column: int) -> "tuple[array[int], array[int]]":
        """For each term where its statements begin in the second array, which holds the statements in the order of their terms."""
        known = self._sorted.get(column)
        if known is None:
            own = self._numbers[column::4]
            counts = [0] * (len(self._keys) + 1)
            for place in own:
                counts[place + 1] += 1
            rows = array(_NUMBERS, (4 * number for number in sorted(range(len(own)), key=own.__getitem__)))
            known = self._sorted[column] = array(_NUMBERS, accumulate(counts)), rows
        return known

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return dict(zip(self._keys, range(len(self._keys)), strict=True))

    def _term(self, place: int) -> Any:
        found = self._terms[place]
        if found is None:
            found = self._terms[place] = _made(self._keys[place])
        return found

    # ── As bytes ────────────────────────────────────────────────────────────────────────────────────────────────

    def written(self) -> bytes | None:
        """The statements as bytes for this machine; None where a term is of RDF 1.2, or has a character that terms rarely have."""
        if any(key[0] == _OTHER or _BETWEEN in key for key in self._keys):
            return None
        columns = [column for number in (_SUBJECT, _PREDICATE, _OBJECT) for column in self._in_order(number)]
        keys = _BETWEEN.join(self._keys).encode()
        head = json.dumps([len(keys), *(len(column) for column in (self._numbers, *columns))]).encode()
        return b"".join((head, b"\n", keys, *(column.tobytes() for column in (self._numbers, *columns))))

    @classmethod
    def read(cls, content: bytes) -> Self:
        """What `written` gave; raises ValueError, TypeError or LookupError for what it did not give."""
        head, _, body = content.partition(b"\n")
        size, *lengths = json.loads(head)
        keys = body[:size].decode().split(_BETWEEN) if size else []
        numbers, *columns = _arrays(body[size:], lengths)
        if max(numbers, default=-1) >= len(keys) or len(columns) != 6:
            raise ValueError(lengths)
        found = cls(keys, numbers)
        found._sorted = {number: (columns[2 * number], columns[2 * number + 1]) for number in (_SUBJECT, _PREDICATE, _OBJECT)}
        return found


def _arrays(body: bytes, lengths: Sequence[int]) -> "Iterator[array[int]]":
    start = 0
    for length in lengths:
        column = array(_NUMBERS)
        end = start + length * column.itemsize
        column.frombytes(body[start:end])
        if len(column) != length:
            raise ValueError(length)
        yield column
        start = end


def _key(term: Any) -> str:
    """A text that no other term has, and that says what the term is."""
    if isinstance(term, ox.NamedNode):
        return _IRI + term.value
    if isinstance(term, ox.BlankNode):
        return _BLANK + term.value
    if not isinstance(term, ox.Literal) or getattr(term, "direction", None) is not None:
        return _OTHER + str(term)
    if term.language:
        return f"{_TAGGED}{term.language}\n{term.value}"
    datatype = term.datatype.value
    return _PLAIN + term.value if datatype == XSD + "string" else f"{_TYPED}{datatype}\n{term.value}"


def _text(key: str) -> str:
    """The IRI or lexical form of the term with this key."""
    return key[1:] if key[0] in {_IRI, _PLAIN} else key.partition("\n")[2]


def _made(key: str) -> Any:
    kind, text = key[0], key[1:]
    if kind == _IRI:
        return ox.NamedNode(text)
    if kind == _BLANK:
        return ox.BlankNode(text)
    if kind == _PLAIN:
        return ox.Literal(text)
    label, _, text = text.partition("\n")
    return ox.Literal(text, language=label) if kind == _TAGGED else ox.Literal(text, datatype=ox.NamedNode(label))
