"""Statements in columns, and the cache of them that is kept between runs.

Reading Turtle again takes three times as long as reading the cache. A file there is data, never code, and is named by the digest of all
that it was made from. It is used only where nobody but the user can have written it, and only when it is whole.
"""

import hashlib
import json
import os
import stat
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pyoxigraph as ox

from observance.core import VERSION, XSD

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


OFF: Final = "off"
_FORMAT: Final = 3
_MOST_FILES: Final = 6
_MOST_BYTES: Final = 200_000_000


def cache_folder(setting: str) -> Path | None:
    """The folder that the setting names: none for `off`, that of the user for an empty one; None too where files have no owner."""
    if setting == OFF or not hasattr(os, "getuid"):
        return None
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return Path(setting) if setting else base / "observance"


def read_table(below: Path, *, digest: str) -> StatementTable | None:
    """The statements kept for the digest; None when there are none, or none that can be trusted and are whole."""
    try:
        check, _, body = _bytes(below, name=_name(digest)).partition(b"\n")
        return StatementTable.read(body) if check == hashlib.sha256(body).hexdigest().encode() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_table(below: Path, statements: StatementTable, *, digest: str) -> None:
    """The statements are kept for the digest, if the folder is the user's own and what would be read again is the same."""
    content = statements.written()
    if content is None or list(StatementTable.read(content)) != list(statements):
        return
    with suppress(OSError):
        below.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(below.lstat(), kind=stat.S_ISDIR):
            return
        # Importing it takes longer than reading what is kept.
        import tempfile

        number, draft = tempfile.mkstemp(dir=below, suffix=".draft")
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        Path(draft).replace(below / _name(digest))
        for old in sorted(below.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)[_MOST_FILES:]:
            old.unlink()


def _name(digest: str) -> str:
    made_by = f"{_FORMAT} {VERSION} {ox.__version__} {sys.byteorder} {digest}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:32] + ".kept"


def _bytes(below: Path, *, name: str) -> bytes:
    if not _is_private(below.lstat(), kind=stat.S_ISDIR):
        return b""
    with os.fdopen(os.open(below / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(_MOST_BYTES) if _is_private(os.fstat(file.fileno()), kind=stat.S_ISREG) else b""


def _is_private(status: os.stat_result, *, kind: Any) -> bool:
    return kind(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
