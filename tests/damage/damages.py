"""Single damages to the files of a register, by kind: a mistake such as a hand makes that keeps a folder.

A damage changes one file, renames it, or adds a file that describes what another describes. `unseen.csv` lists what is left out because
nobody can see it in a folder: a statement that need not be there, or one of several values.
"""

import csv
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from observance.core import PREFIXES, RDF, compact

HERE = Path(__file__).parent
_TYPE = ox.NamedNode(RDF + "type")
_XSD = PREFIXES["xsd"]
_DATES = {_XSD + name for name in ("date", "dateTime", "gYear", "gYearMonth")}
# Comments, texts, IRIs and prefixed names of Turtle; only the last two are names.
_TOKEN = re.compile(r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"|<([^<>"\s]*)>|#[^\n]*|(?<![\w@:])([a-z]+:[\w.-]*\w)')


@dataclass(frozen=True)
class Damage:
    """A damage: its kind, what it does, the names under which the damaged file may be known, and the files of the folder afterwards.

    `lost` are the nodes that the file described before and no file does now, as messages write them.
    """

    kind: str
    change: str
    names: frozenset[str]
    files: Mapping[str, bytes]
    lost: frozenset[str] = frozenset()


Files = Mapping[str, bytes]
Kind = Callable[[Files, random.Random], Damage]


def damage(files: Files, *, seed: int, number: int) -> Damage:
    """The damage of this number: the kinds take turns, the place is drawn with the seed."""
    return KINDS[number % len(KINDS)](files, random.Random(f"{seed} {number}"))


# ── A misspelt term ─────────────────────────────────────────────────────────────────────────────────────────


def misspelt_term(files: Files, rng: random.Random) -> Damage:
    """One name in one place, or a namespace as it is declared, with a typing mistake."""
    name = _weighted(files, rng)
    text = files[name].decode()
    start, end = rng.choice(_names(text))
    word = text[start:end]
    kept = 0 if word.startswith("http") else word.find(":") + 1
    changed = word[:kept] + _typo(word[kept:], rng)
    return _in_file(files, name, (text[:start] + changed + text[end:]).encode(), "misspelt term", f"{word} → {changed} at {start}")


@cache
def _names(text: str) -> list[tuple[int, int]]:
    """The start and end of each name and IRI in the Turtle text."""
    spans = (match.span(1) if match.group(1) else match.span(2) for match in _TOKEN.finditer(text) if match.group(1) or match.group(2))
    return [(start, end) for start, end in spans if end > start]


def _typo(word: str, rng: random.Random) -> str:
    """The word with a letter left out, doubled or exchanged with the next, or with another case."""
    while True:
        n = rng.randrange(len(word))
        a, b = word[n], word[n + 1 : n + 2]
        variants = (
            word[:n] + word[n + 1 :],
            word[:n] + a + word[n:],
            word[:n] + b + a + word[n + 2 :],
            word[:n] + a.swapcase() + word[n + 1 :],
        )
        wrong = rng.choice(variants)
        if wrong != word and wrong and wrong[-1] != ".":
            return wrong


# ── A statement that is missing ─────────────────────────────────────────────────────────────────────────────


def dropped_statement(files: Files, rng: random.Random) -> Damage:
    """A file without one statement that has to be there: the only one of its subject and predicate, and not one of `unseen.csv`."""
    while True:
        name = _weighted(files, rng)
        quads = _quads(files[name])
        counts = Counter((quad.subject, quad.predicate) for quad in quads)
        quad = rng.choice(quads)
        if counts[quad.subject, quad.predicate] == 1 and not _is_optional(quad, quads):
            return _changed(files, name, [q for q in quads if q != quad], "dropped statement", f"without {_text(quad)}")


def _is_optional(quad: ox.Quad, quads: Sequence[ox.Quad]) -> bool:
    """Whether `unseen.csv` lists the predicate for a class of the subject, or of what a subject without a name is part of."""
    holders = {q.subject for q in quads if q.object == quad.subject and isinstance(quad.subject, ox.BlankNode)}
    classes = {compact(q.object.value) for q in quads if q.subject in {quad.subject, *holders} and q.predicate == _TYPE} | {""}
    return any((class_, compact(quad.predicate.value)) in _optional() for class_ in classes)


@cache
def _optional() -> frozenset[tuple[str, str]]:
    """The classes (empty for any) and predicates of statements that need not be there, as `unseen.csv` lists them."""
    with (HERE / "unseen.csv").open(encoding="utf-8", newline="") as table:
        return frozenset((row["class"], row["predicate"]) for row in csv.DictReader(table))


# ── A reference that leads nowhere, or to something else ────────────────────────────────────────────────────


def wrong_reference(files: Files, rng: random.Random) -> Damage:
    """A reference to something that nothing describes, to something of another class, or to a text."""
    name = _weighted(files, rng)
    quads = _quads(files[name])
    quad = rng.choice([q for q in quads if isinstance(q.object, ox.NamedNode)])
    classes = _classes(files)
    own = classes.get(quad.object, frozenset())
    others = [node for node, its in classes.items() if not its & own and isinstance(node, ox.NamedNode)]
    dangling = ox.NamedNode(quad.object.value + rng.choice(("-9", "x", "/2")))
    wrong = rng.choice(
        (dangling, dangling, rng.choice(others), rng.choice(others), ox.Literal(compact(quad.object.value)), ox.BlankNode("unknown"))
    )
    changed = ox.Quad(quad.subject, quad.predicate, wrong)
    return _replaced(files, name, quad, changed, "wrong reference")


def _classes(files: Files) -> Mapping[object, frozenset[object]]:
    """The classes of each node of the register."""
    classes: dict[object, set[object]] = {}
    for content in files.values():
        for quad in _quads(content):
            if quad.predicate == _TYPE:
                classes.setdefault(quad.subject, set()).add(quad.object)
    return {node: frozenset(its) for node, its in classes.items()}


# ── A day that cannot be ────────────────────────────────────────────────────────────────────────────────────


def impossible_date(files: Files, rng: random.Random) -> Damage:
    """A day or time that does not exist, is written in another form, or lies centuries away."""
    name = _weighted(files, rng)
    quads = _quads(files[name])
    dates = [q for q in quads if isinstance(q.object, ox.Literal) and q.object.datatype.value in _DATES]
    if not dates:
        return impossible_date(files, rng)
    quad = rng.choice(dates)
    value, datatype = quad.object.value, quad.object.datatype
    day, rest = value[:10], value[10:]
    year, month = value[:4], value[5:7]
    variants = [
        (f"{year}-02-30{rest}", datatype), (f"{year}-13-01{rest}", datatype), (f"{year}-00-10{rest}", datatype),
        (f"2{year[2:]}2{value[4:]}", datatype), (f"3{year[1:]}{value[4:]}", datatype),
        (f"10{year[2:]}{value[4:]}", datatype), (f"0{year[1:]}{value[4:]}", datatype), (f"{year[:3]}{value[4:]}", datatype),
        (f"{day[8:10]}/{month}/{year}", datatype), (value, ox.NamedNode(_XSD + "string")), (year, ox.NamedNode(_XSD + "integer")),
        (value, ox.NamedNode(_XSD + ("date" if rest else "dateTime"))), (f"{day}T25:00:00Z", datatype), ("", datatype),
        (f"{value}+02:00", datatype),
    ]  # fmt: skip
    text, type_ = rng.choice(variants)
    wrong = ox.Literal(text, datatype=type_)
    if wrong == quad.object:
        return impossible_date(files, rng)
    return _replaced(files, name, quad, ox.Quad(quad.subject, quad.predicate, wrong), "impossible date")


# ── Two things with one identity ────────────────────────────────────────────────────────────────────────────


def duplicate_identity(files: Files, rng: random.Random) -> Damage:
    """Two things under one IRI, in one file or two; a copy of a file beside it, unchanged or with one statement less."""
    name = _weighted(files, rng)
    quads = _quads(files[name])
    choice = rng.randrange(4)
    if choice == 0:
        stem, _, suffix = name.rpartition(".")
        copy = rng.choice((f"{stem}-copy.{suffix}", f"{stem} (1).{suffix}", f"a-{name}"))
        content = files[name] if rng.random() < 0.5 else _turtle([q for q in quads if q != rng.choice(quads)])
        return Damage("duplicate identity", f"{name} copied to {copy}", frozenset({name, copy}), {**files, copy: content})
    nodes = list(dict.fromkeys(q.subject for q in quads if q.predicate == _TYPE and isinstance(q.subject, ox.NamedNode)))
    if not nodes:
        return duplicate_identity(files, rng)
    node = rng.choice(nodes)
    kinds = {q.object for q in quads if q.subject == node and q.predicate == _TYPE}
    same = [n for n, its in _classes(files).items() if n != node and isinstance(n, ox.NamedNode) and (choice == 1 or its & kinds)]
    if not same:
        return duplicate_identity(files, rng)
    other = rng.choice(same)
    changed = [ox.Quad(other, q.predicate, q.object) if q.subject == node else q for q in quads]
    return _changed(files, name, changed, "duplicate identity", f"{compact(node.value)} described as {compact(other.value)}")


# ── A file that is not read ─────────────────────────────────────────────────────────────────────────────────


def unread_file(files: Files, rng: random.Random) -> Damage:
    """A file that is saved under a name that is not read, or with a mistake in its syntax, or emptied."""
    name = rng.choice(sorted(files))
    content = files[name]
    others = {other: bytes_ for other, bytes_ in files.items() if other != name}
    stem, _, suffix = name.rpartition(".")
    if rng.random() < 0.5:
        saved = rng.choice(
            (f"{name}.txt", f"{stem}.txt", stem, f"{name}~", f"{name}.bak", f"{stem}.tt", f"{stem}.doc", f"{stem}.{suffix}_", f".{name}")
        )
        return Damage("unread file", f"{name} saved as {saved}", frozenset({name, saved}), {**others, saved: content})
    kind = rng.randrange(4)
    if kind == 0:
        marks = [match.start() for match in re.finditer(rb'[.;,"<>\]\[]', content)]
        n = rng.choice(marks)
        return _in_file(files, name, content[:n] + content[n + 1 :], "unread file", f"without the character at {n}")
    if kind == 1:
        end = rng.choice([match.start() for match in re.finditer(rb" ;\n", content)])
        return _in_file(files, name, content[:end], "unread file", f"cut off at {end}")
    if kind == 2:
        return _in_file(files, name, b"", "unread file", "emptied")
    n = rng.randrange(len(content))
    return _in_file(files, name, content[:n] + b"\xff" + content[n:], "unread file", f"a byte at {n} that is no UTF-8")


KINDS: tuple[Kind, ...] = (misspelt_term, dropped_statement, wrong_reference, impossible_date, duplicate_identity, unread_file)


# ── Changing a file ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def _quads(content: bytes) -> tuple[ox.Quad, ...]:
    return tuple(ox.parse(content, format=ox.RdfFormat.TURTLE))


def _turtle(quads: Iterable[ox.Quad]) -> bytes:
    return ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.TURTLE) or b""


def _changed(files: Files, name: str, quads: Iterable[ox.Quad], kind: str, change: str) -> Damage:
    return _in_file(files, name, _turtle(quads), kind, change)


def _in_file(files: Files, name: str, content: bytes, kind: str, change: str) -> Damage:
    damaged = {**files, name: content}
    return Damage(kind, f"{name}: {change}", frozenset({name}), damaged, _nodes(files) - _nodes(damaged))


def _nodes(files: Files) -> frozenset[str]:
    """The nodes that the files describe, those of a file that cannot be read left out, as messages write them."""
    return frozenset(node for content in files.values() for node in _described(content))


@cache
def _described(content: bytes) -> frozenset[str]:
    try:
        return frozenset(compact(quad.subject.value) for quad in _quads(content) if isinstance(quad.subject, ox.NamedNode))
    except (SyntaxError, ValueError):
        return frozenset()


def _replaced(files: Files, name: str, quad: ox.Quad, by: ox.Quad, kind: str) -> Damage:
    quads = [by if q == quad else q for q in _quads(files[name])]
    return _changed(files, name, quads, kind, f"{_text(quad)} → {_text(by)}")


def _text(quad: ox.Quad) -> str:
    return " ".join(compact(t.value) if isinstance(t, ox.NamedNode) else str(t) for t in (quad.subject, quad.predicate, quad.object))


def _weighted(files: Files, rng: random.Random) -> str:
    """The name of a file; one with more in it more often."""
    names = sorted(files)
    return rng.choices(names, [len(files[name]) for name in names])[0]
