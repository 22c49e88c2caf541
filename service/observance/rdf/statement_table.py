"""Statements in columns, and a disk cache of such tables.

Parsing Turtle takes three times as long as reading the cache. A cache file is data, never code, and is named by the digest of everything
that it was computed from. It is read only if no other user can have written it, and only if it is complete.
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
    """A quad as a tuple of its four terms: building an ox.Quad copies their texts, which takes longer than reading them."""

    subject: Any
    predicate: ox.NamedNode
    object: Any
    graph_name: ox.NamedNode | ox.BlankNode | ox.DefaultGraph


_SUBJECT, _PREDICATE, _OBJECT = range(3)
_ARRAY_TYPE: Final = "I"
_SEPARATOR: Final = "\0"
# The first character of a key says of what kind its term is.
_IRI, _BLANK, _PLAIN, _TAGGED, _TYPED, _OTHER = "<", "_", '"', "@", "^", "?"


class StatementTable:
    """Statements in their order, indexed by subject, predicate and object.

    Each term is stored once, as a key; a row is four consecutive positions in the list of keys. An offset is where a row begins.
    """

    def __init__(self, keys: Sequence[str], positions: "array[int]", *, terms: Sequence[Any] = ()) -> None:
        """Hold the keys of the terms and four positions among them for each statement; `terms` are the terms of the keys, if known."""
        self._keys, self._positions = keys, positions
        self._terms: list[Any] = list(terms) or [None] * len(keys)
        self._indexes: dict[int, tuple[array[int], array[int]]] = {}

    @classmethod
    def of(cls, quads: Iterable[ox.Quad]) -> Self:
        """Return the table of the quads."""
        position_of: dict[Any, int] = {}
        positions = array(_ARRAY_TYPE, [position_of.setdefault(term, len(position_of)) for quad in quads for term in quad])
        return cls([_key(term) for term in position_of], positions, terms=tuple(position_of))

    def __len__(self) -> int:
        """Return the number of statements."""
        return len(self._positions) // 4

    def __iter__(self) -> Iterator[StatementRow]:
        """Iterate over the statements in their order."""
        terms = map(self._term, self._positions)
        return map(StatementRow._make, zip(terms, terms, terms, terms, strict=True))

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The IRIs that occur as subjects."""
        keys = (self._keys[position] for position in set(self._positions[_SUBJECT::4]))
        return frozenset(key[1:] for key in keys if key[0] == _IRI)

    def edges(self, subject: Term) -> dict[ox.NamedNode, list[Any]]:
        """Return the objects, by predicate, of the statements with this subject, without duplicates."""
        return self._edges_by_predicate(_SUBJECT, _key(subject), end_column=_OBJECT)

    def back_edges(self, target: Term) -> dict[ox.NamedNode, list[Any]]:
        """Return the subjects, by predicate, of the statements with this object, without duplicates."""
        return self._edges_by_predicate(_OBJECT, _key(target), end_column=_SUBJECT)

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[Any, Any]]:
        """Return the distinct (subject, object) pairs of the statements with this predicate."""
        positions = self._positions
        pairs = dict.fromkeys((positions[offset], positions[offset + _OBJECT]) for offset in self._offsets(_PREDICATE, _key(predicate)))
        return ((self._term(subject), self._term(target)) for subject, target in pairs)

    def values(self, subject: str, predicate: str) -> tuple[str, ...]:
        """Return the distinct IRIs and lexical forms that are objects of the statements with this subject and predicate, in row order."""
        keys = (self._keys[position] for position in self._object_positions(_IRI + subject, predicate))
        return tuple(dict.fromkeys(_text(key) for key in keys if key[0] != _BLANK))

    def objects(self, subject: Term, predicate: str) -> list[Any]:
        """Return the distinct objects of the statements with this subject and predicate, in row order."""
        return [self._term(position) for position in dict.fromkeys(self._object_positions(_key(subject), predicate))]

    def _object_positions(self, subject: str, predicate: str) -> Iterator[int]:
        positions, predicate_position = self._positions, self._position_of.get(_IRI + predicate)
        offsets = self._offsets(_SUBJECT, subject)
        return (positions[offset + _OBJECT] for offset in offsets if positions[offset + _PREDICATE] == predicate_position)

    def subjects_with(self, predicate: str, value: str) -> tuple[str, ...]:
        """Return the distinct IRIs that are subjects of the statements with this predicate and an object of this IRI or lexical form."""
        positions, predicate_position = self._positions, self._position_of.get(_IRI + predicate)
        if _IRI + value in self._position_of:
            offsets = (offset for offset in self._offsets(_OBJECT, _IRI + value) if positions[offset + _PREDICATE] == predicate_position)
        else:
            offsets = (
                offset for offset in self._offsets(_PREDICATE, _IRI + predicate) if self._is_literal(positions[offset + _OBJECT], value)
            )
        keys = (self._keys[positions[offset]] for offset in offsets)
        return tuple(dict.fromkeys(key[1:] for key in keys if key[0] == _IRI))

    def _is_literal(self, position: int, lexical_form: str) -> bool:
        key = self._keys[position]
        return key[0] not in {_IRI, _BLANK} and _text(key) == lexical_form

    def _edges_by_predicate(self, column: int, key: str, *, end_column: int) -> dict[ox.NamedNode, list[Any]]:
        edges: dict[ox.NamedNode, list[Any]] = {}
        positions, seen = self._positions, set[tuple[int, int]]()
        for offset in self._offsets(column, key):
            edge = positions[offset + _PREDICATE], positions[offset + end_column]
            if edge not in seen:
                seen.add(edge)
                edges.setdefault(self._term(edge[0]), []).append(self._term(edge[1]))
        return edges

    def _offsets(self, column: int, key: str) -> "Sequence[int]":
        """Return the offsets of the rows whose given column holds the term, in row order."""
        position = self._position_of.get(key)
        if position is None:
            return ()
        starts, offsets = self._index(column)
        return offsets[starts[position] : starts[position + 1]]

    def _index(self, column: int) -> "tuple[array[int], array[int]]":
        """Return two arrays: for each term, where its part of the second one begins; and the offsets of all rows, grouped by term."""
        index = self._indexes.get(column)
        if index is None:
            positions = self._positions[column::4]
            counts = [0] * (len(self._keys) + 1)
            for position in positions:
                counts[position + 1] += 1
            offsets = array(_ARRAY_TYPE, (4 * row for row in sorted(range(len(positions)), key=positions.__getitem__)))
            index = self._indexes[column] = array(_ARRAY_TYPE, accumulate(counts)), offsets
        return index

    @cached_property
    def _position_of(self) -> Mapping[str, int]:
        return dict(zip(self._keys, range(len(self._keys)), strict=True))

    def _term(self, position: int) -> Any:
        term = self._terms[position]
        if term is None:
            term = self._terms[position] = _term_of(self._keys[position])
        return term

    # ── serialisation ──────────────────────────────────────────────────────────────────────────────────────────────

    def to_bytes(self) -> bytes | None:
        """Serialise the table for this machine; None if a term is of RDF 1.2 or holds the separator character."""
        if any(key[0] == _OTHER or _SEPARATOR in key for key in self._keys):
            return None
        columns = [column for column_number in (_SUBJECT, _PREDICATE, _OBJECT) for column in self._index(column_number)]
        keys = _SEPARATOR.join(self._keys).encode()
        header = json.dumps([len(keys), *(len(column) for column in (self._positions, *columns))]).encode()
        return b"".join((header, b"\n", keys, *(column.tobytes() for column in (self._positions, *columns))))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the table that `to_bytes` serialised; raises ValueError, TypeError or LookupError for other bytes."""
        header, _, body = content.partition(b"\n")
        size, *lengths = json.loads(header)
        keys = body[:size].decode().split(_SEPARATOR) if size else []
        positions, *columns = _arrays(body[size:], lengths)
        if max(positions, default=-1) >= len(keys) or len(columns) != 6:
            raise ValueError(lengths)
        table = cls(keys, positions)
        table._indexes = {
            column_number: (columns[2 * column_number], columns[2 * column_number + 1]) for column_number in (_SUBJECT, _PREDICATE, _OBJECT)
        }
        return table


def _arrays(body: bytes, lengths: Sequence[int]) -> "Iterator[array[int]]":
    start = 0
    for length in lengths:
        column = array(_ARRAY_TYPE)
        end = start + length * column.itemsize
        column.frombytes(body[start:end])
        if len(column) != length:
            raise ValueError(length)
        yield column
        start = end


def _key(term: Any) -> str:
    """Return a text that identifies the term and its kind."""
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
    """Return the IRI or lexical form of the term with this key."""
    return key[1:] if key[0] in {_IRI, _PLAIN} else key.partition("\n")[2]


def _term_of(key: str) -> Any:
    kind, text = key[0], key[1:]
    if kind == _IRI:
        return ox.NamedNode(text)
    if kind == _BLANK:
        return ox.BlankNode(text)
    if kind == _PLAIN:
        return ox.Literal(text)
    qualifier, _, text = text.partition("\n")
    return ox.Literal(text, language=qualifier) if kind == _TAGGED else ox.Literal(text, datatype=ox.NamedNode(qualifier))


OFF: Final = "off"
_FORMAT: Final = 3
_MAX_FILES: Final = 8
_MAX_BYTES: Final = 200_000_000


def cache_folder(setting: str) -> Path | None:
    """Return the folder that the setting names, the user's own by default; None for `off` and on systems without file owners."""
    if setting == OFF or not hasattr(os, "getuid"):
        return None
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return Path(setting) if setting else base / "observance"


def read_table(folder: Path, *, digest: str) -> StatementTable | None:
    """Return the table cached for the digest; None if there is none, or if it is damaged or another user may have written it."""
    body = read_cached(folder, digest=digest)
    try:
        return StatementTable.from_bytes(body) if body is not None else None
    except (ValueError, LookupError, TypeError):
        return None


def read_cached(folder: Path, *, digest: str) -> bytes | None:
    """Return the content cached for the digest; None if there is none, or if it is damaged or another user may have written it."""
    try:
        checksum, _, body = _private_content(folder, name=_file_name(digest)).partition(b"\n")
    except OSError:
        return None
    return body if checksum == hashlib.sha256(body).hexdigest().encode() else None


def write_table(folder: Path, table: StatementTable, *, digest: str) -> None:
    """Cache the table for the digest, if the folder is private to the user and the table survives serialisation unchanged."""
    content = table.to_bytes()
    if content is not None and list(StatementTable.from_bytes(content)) == list(table):
        write_cached(folder, content, digest=digest)


def write_cached(folder: Path, content: bytes, *, digest: str) -> None:
    """Cache the content for the digest, if the folder is private to the user."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder.lstat(), is_kind=stat.S_ISDIR):
            return
        # Imported here because importing it takes longer than reading the cache.
        import tempfile

        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".draft")
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            draft.replace(folder / _file_name(digest))
        finally:
            draft.unlink(missing_ok=True)
        for outdated in sorted(folder.iterdir(), key=lambda cached: cached.stat().st_mtime, reverse=True)[_MAX_FILES:]:
            outdated.unlink()


def _file_name(digest: str) -> str:
    sources = f"{_FORMAT} {VERSION} {ox.__version__} {sys.byteorder} {digest}"
    return hashlib.sha256(sources.encode()).hexdigest()[:32] + ".kept"


def _private_content(folder: Path, *, name: str) -> bytes:
    if not _is_private(folder.lstat(), is_kind=stat.S_ISDIR):
        return b""
    with os.fdopen(os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(_MAX_BYTES) if _is_private(os.fstat(file.fileno()), is_kind=stat.S_ISREG) else b""


def _is_private(status: os.stat_result, *, is_kind: Any) -> bool:
    return is_kind(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
