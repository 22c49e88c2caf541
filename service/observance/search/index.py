"""The index: full text search of SQLite (FTS5) over the tokens of entries, as the bytes of a database in memory.

The bytes can be shared between processes and be extended; a process that searches opens them as a database of its own. The words of a query
are always quoted, so that they can never be operators.
"""

import difflib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from observance.search.model import KINDS, SearchEntry, Text
from observance.search.words import text_tokens, words

_SCHEMA: Final = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE name (name TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (name, entry)) WITHOUT ROWID;
CREATE TABLE word (word TEXT PRIMARY KEY, shown TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(
  code, label, alternative, text, content='', tokenize="unicode61 remove_diacritics 0 tokenchars '._'");
CREATE VIRTUAL TABLE token USING fts5vocab(found, row);
"""
_SCORES: Final = "SELECT rowid, bm25(found, 10.0, 8.0, 5.0, 1.0) FROM found WHERE found MATCH ?"
_MATCHING: Final = """
SELECT entry.id, entry.kind, bm25(found, 10.0, 8.0, 5.0, 1.0), entry.id IN (SELECT rowid FROM found WHERE found MATCH ?),
  EXISTS (SELECT 1 FROM name WHERE name.name = ? AND name.entry = entry.id)
FROM found JOIN entry ON entry.id = found.rowid WHERE found MATCH ?
"""
_NAMED: Final = "SELECT entry.id, entry.kind FROM name JOIN entry ON entry.id = name.entry WHERE name.name = ?"
_NAMED_FACTOR: Final = 1_000.0
"""What a name that is searched for as a whole counts beside any number of words."""
_PREFIX_FACTOR: Final = 0.3
"""What words count that only begin with what was typed."""
_LABEL_FACTOR: Final = 3.0
"""What a label that has all words counts beside other texts that have them."""
_LIKE_WORDS: Final = "SELECT word, shown FROM word WHERE word >= ? AND word < ? AND length(word) BETWEEN ? AND ?"
_LAST_SIGN: Final = "\U0010ffff"
_SHORTEST_MISSPELT: Final = 4
_LONGEST_DIFFERENCE: Final = 2
_LEAST_LIKENESS: Final = 0.74

_MOST_REMEMBERED: Final = 4_096

Ranked = Sequence[tuple[int, str]]
"""The numbers of entries in the order of their rank, each with its kind."""


def build(entries: Iterable[SearchEntry], *, base: bytes = b"") -> bytes:
    """Return the index of the entries, and of those of the index `base`."""
    connection = _opened(base)
    try:
        if not base:
            connection.executescript(_SCHEMA)
        _add(connection, entries)
        connection.execute("INSERT INTO found(found) VALUES ('optimize')")
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def _opened(content: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    if content:
        connection.deserialize(content)
    return connection


def _add(connection: sqlite3.Connection, entries: Iterable[SearchEntry]) -> None:
    spellings = dict[str, str]()
    next_id = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM entry").fetchone()[0]
    for number, entry in enumerate(entries, start=next_id):
        labels = [(label, lang) for lang, label in entry.labels.items()]
        columns = (_untagged(entry.codes), labels, (*entry.alternatives, *entry.mentions), (*entry.texts, *entry.translations))
        analysed = [[_analysed(*text) for text in column] for column in columns]
        tokens = [" ".join(text.tokens for text in column) for column in analysed]
        connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?)", (number, entry.kind, msgspec.json.encode(replace(entry, alternatives=(), mentions=())))
        )
        connection.execute("INSERT INTO found(rowid, code, label, alternative, text) VALUES (?, ?, ?, ?, ?)", (number, *tokens))
        connection.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", ((name, number) for name in _names(entry)))
        for text in (text for column in analysed for text in column):
            spellings.update(text.spellings)
    connection.executemany("INSERT OR IGNORE INTO word VALUES (?, ?)", spellings.items())


class _Analysed(Struct, frozen=True):
    """The tokens of a text, and how its words are written, by their folded form."""

    tokens: str
    spellings: Mapping[str, str]


@lru_cache(_MOST_REMEMBERED)
def _analysed(text: str, lang: str) -> _Analysed:
    """The analysis of a text; many documents have names and labels in common."""
    return _Analysed(text_tokens(text, lang), {word.folded: text[word.start : word.end].lower() for word in words(text)})


def _untagged(texts: Iterable[str]) -> list[Text]:
    return [(text, "") for text in texts]


def _names(entry: SearchEntry) -> Iterator[str]:
    """The names of an entry that stand for it as a whole."""
    if entry.iri:
        yield entry.iri
    names = (*entry.codes, *entry.labels.values(), *(text for text, _ in entry.alternatives))
    yield from filter(None, map(name_key, names))


def name_key(text: str) -> str:
    """The form in which names are compared as a whole."""
    return " ".join(word.folded for word in words(text))


class SearchIndex:
    """An open index; use it from one thread at a time."""

    def __init__(self, content: bytes) -> None:
        """Open the index with these bytes."""
        self._connection = _opened(content)

    def ranked(self, expression: str, *, best: str, name: str) -> Ranked:
        """Return the entries that match the expression of FTS5, the best first: those with the name, then those that match `best` too."""
        scores = dict(self._connection.execute(_SCORES, (best,)).fetchall())
        rows = self._connection.execute(_MATCHING, (f"label : ({expression})", name, expression))
        scored = [
            (
                scores.get(number, score * _PREFIX_FACTOR) * KINDS.get(kind, 1.0)
                * (_LABEL_FACTOR if in_label else 1.0) * (_NAMED_FACTOR if is_named else 1.0),
                number,
                kind,
            )
            for number, kind, score, in_label, is_named in rows
        ]  # fmt: skip
        return [(number, kind) for _, number, kind in sorted(scored)]

    def named(self, name: str) -> Ranked:
        """Return the entries with exactly this name or IRI."""
        return [(number, kind) for number, kind in self._connection.execute(_NAMED, (name,))]

    def entries(self, numbers: Sequence[int]) -> list[SearchEntry]:
        """Return the entries with the numbers."""
        query = "SELECT content FROM entry WHERE id = ?"
        return [msgspec.json.decode(self._connection.execute(query, (number,)).fetchone()[0], type=SearchEntry) for number in numbers]

    def has_token(self, tokens: Iterable[str], *, prefix: str = "") -> bool:
        """Return whether any entry has one of the tokens, or one that begins with `prefix`."""
        exists = any(self._has("term = ?", (token,)) for token in tokens)
        return exists or bool(prefix and self._has("term >= ? AND term < ?", (prefix, prefix + _LAST_SIGN)))

    def _has(self, condition: str, values: tuple[Any, ...]) -> bool:
        return self._connection.execute(f"SELECT 1 FROM token WHERE {condition} LIMIT 1", values).fetchone() is not None  # noqa: S608

    def nearest(self, word: str) -> str:
        """Return the word of the index that is nearest to this folded one, as it is written there; empty if none is near.

        A slip in the first letter is rare, so words with another are not looked at.
        """
        if len(word) < _SHORTEST_MISSPELT or any(sign.isdigit() for sign in word):
            return ""
        lengths = len(word) - _LONGEST_DIFFERENCE, len(word) + _LONGEST_DIFFERENCE
        rows = self._connection.execute(_LIKE_WORDS, (word[0], word[0] + _LAST_SIGN, *lengths))
        shown = dict(rows.fetchall())
        near = difflib.get_close_matches(word, shown, n=1, cutoff=_LEAST_LIKENESS)
        return shown[near[0]] if near else ""
