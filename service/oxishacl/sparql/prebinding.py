"""A query of a shape, made ready: what SHACL forbids is refused, and variables that are bound beforehand get their values.

Pre-binding (SHACL 1.0, section 5.3.1 and appendix A) means that a variable has its value in every group of the query. Oxigraph cannot be
told so for blank nodes and literals by writing them into the text; bound only when the query starts, they are hidden from its planner.
So each group that mentions such a variable begins by reading it from a graph in which the session has put the value: one triple pattern
with one solution, from which the planner starts. The text is then the same for every focus node, and one evaluation can serve them all.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.errors import ForbiddenError
from oxishacl.sparql.prefilter import Needs, build_prefilter
from oxishacl.sparql.tokenizer import Token, tokens

_GIVEN: Final = Path(__file__).with_name("given.rq").read_text(encoding="utf-8").strip()
_FORBIDDEN: Final = frozenset({"MINUS", "VALUES", "SERVICE", "FROM"})
_WHOLE: Final = frozenset({"LIMIT", "OFFSET", "GROUP", "HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_EMPTY: Final = ox.Store()
_DEEPEST: Final = 100
_MOST: Final = 5_000


class PreparedQuery(Struct, frozen=True, dict=True):
    """A query that is ready: its text, its prefixes, the variables that it reads, and whether one evaluation may serve several nodes."""

    text: str
    prefixes: Mapping[str, str]
    given: frozenset[str]
    together: bool
    read: Callable[[], Needs | None]

    @cached_property
    def needs(self) -> Needs | None:
        """What a focus node must have for the query to have a solution, where that is known; read when a first node asks."""
        return self.read()


class _Group(Struct):
    """A pair of braces: where it opens, what it mentions itself, and whether it only holds a sub-select."""

    opened: int
    parent: "_Group | None"
    selects: bool = False
    mentions: set[str] = field(default_factory=set)


def prepare_query(
    text: str, *, shape: str, form: str, prefixes: Mapping[str, str], given: Collection[str], fixed: Collection[str], path: str | None
) -> PreparedQuery:
    """The query made ready; raises ForbiddenError, with the shape named, for what SHACL-SPARQL does not allow.

    `form` is SELECT or ASK; `given` are the variables that get values, `fixed` those that the query may not assign itself.
    """
    try:
        parts = list(tokens(text))
    except ValueError as fault:
        raise ForbiddenError("sparql-syntax", shape=shape, detail=str(fault)) from fault
    _check_size(parts, shape=shape)
    _check_words(parts, shape=shape, form=form)
    _check_assignments(parts, shape=shape, fixed=fixed)
    groups = _groups(parts, given=given, shape=shape)
    _check_selects(parts, shape=shape, form=form, fixed=fixed)
    written = _written(text, parts, groups=groups, path=path, shape=shape)
    names = {name for part in parts if part.kind == "name" for name in [part.text.partition(":")[0]]}
    used = {name: iri for name, iri in prefixes.items() if name in names}
    mentioned = frozenset(part.text[1:] for part in parts if part.kind == "variable") & frozenset(given)
    together = not any(part.kind == "word" and part.text in _WHOLE for part in parts)
    read = partial(build_prefilter, text, parts, prefixes=prefixes, given=given) if form == "SELECT" else lambda: None
    query = PreparedQuery(written, used, mentioned, together, read)
    _check_syntax(query, shape=shape)
    return query


def _check_size(parts: Sequence[Token], *, shape: str) -> None:
    """Oxigraph's parser calls itself for each bracket: deep ones would end the process."""
    depth = deepest = 0
    for part in parts:
        depth += (part.text in {"{", "(", "["}) - (part.text in {"}", ")", "]"})
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or len(parts) > _MOST:
        raise ForbiddenError("sparql-size", shape=shape, tokens=_MOST, depth=_DEEPEST)


def _check_words(parts: Sequence[Token], *, shape: str, form: str) -> None:
    """5.2.1: « must not contain a MINUS clause … a federated query (SERVICE) … a VALUES clause »; and no dataset of their own."""
    for part in parts:
        if part.kind == "word" and part.text in _FORBIDDEN:
            raise ForbiddenError("sparql-word", shape=shape, word=part.text)
    words = [part.text for part in parts if part.kind == "word" and part.text not in {"PREFIX", "BASE"}]
    if not words or words[0] != form:
        raise ForbiddenError("sparql-form", shape=shape, form=form)


def _check_assignments(parts: Sequence[Token], *, shape: str, fixed: Collection[str]) -> None:
    """5.2.1: « SPARQL queries must not use the syntax form AS ?var for any potentially pre-bound variable »."""
    for word, variable in pairwise(parts):
        if word.text == "AS" and word.kind == "word" and variable.kind == "variable" and variable.text[1:] in fixed:
            raise ForbiddenError("sparql-assigned", shape=shape, variable=variable.text)


def _check_selects(parts: Sequence[Token], *, shape: str, form: str, fixed: Collection[str]) -> None:
    """5.2.1: « Subqueries must return all potentially pre-bound variables », here: `$this` and those that they mention."""
    depth = 0
    for place, part in enumerate(parts):
        depth += (part.text == "{") - (part.text == "}")
        if part.kind != "word" or part.text != "SELECT":
            continue
        names, end = _projected(parts, place)
        mentioned = {p.text[1:] for p in _inside(parts, end) if p.kind == "variable"} & set(fixed) if depth else set[str]()
        needed = mentioned - {"shapesGraph", "currentShape"} | ({"this"} if form == "SELECT" else set())
        if (names is None and depth) or (names is not None and not needed <= names):
            raise ForbiddenError("sparql-projection", shape=shape, variables=", ".join(f"${name}" for name in sorted(needed)) or "…")


def _projected(parts: Sequence[Token], start: int) -> tuple[set[str] | None, int]:
    """The names that a SELECT returns (None for `*`), and where its group opens."""
    names: set[str] = set()
    depth = 0
    for place in range(start + 1, len(parts)):
        part = parts[place]
        depth += (part.text == "(") - (part.text == ")")
        if part.text == "{":
            return names, place
        if part.text == "*" and not depth:
            return None, place
        if part.kind == "variable" and (not depth or parts[place - 1].text == "AS"):
            names.add(part.text[1:])
    return names, len(parts)


def _inside(parts: Sequence[Token], opened: int) -> Iterator[Token]:
    depth = 0
    for part in parts[opened:]:
        depth += (part.text == "{") - (part.text == "}")
        yield part
        if not depth:
            return


def _groups(parts: Sequence[Token], *, given: Collection[str], shape: str) -> list[_Group]:
    root = current = _Group(-1, None, selects=True)
    found: list[_Group] = []
    for place, part in enumerate(parts):
        if part.text == "{":
            following = parts[place + 1] if place + 1 < len(parts) else part
            current = _Group(part.end, current, selects=following.kind == "word" and following.text == "SELECT")
            found.append(current)
        elif part.text == "}":
            if current.parent is None:
                raise ForbiddenError("sparql-syntax", shape=shape, detail="}")
            current = current.parent
        elif part.kind == "variable" and part.text[1:] in given:
            current.mentions.add(part.text[1:])
    if current is not root:
        raise ForbiddenError("sparql-syntax", shape=shape, detail="{")
    return found


def _written(text: str, parts: Sequence[Token], *, groups: Sequence[_Group], path: str | None, shape: str) -> str:
    """The text with each group's values read at its start, and `$PATH` replaced (5.3.1)."""
    changes: list[tuple[int, int, str]] = []
    for group in groups:
        if not group.selects:
            above = group.parent.mentions if group.parent is not None and group.parent.selects else set()
            patterns = " ".join(_GIVEN.replace("NAME", name) for name in sorted(group.mentions | above))
            changes.append((group.opened, group.opened, f" {patterns} "))
    for part in parts:
        if part.kind == "variable" and part.text[1:] == "PATH":
            if path is None:
                raise ForbiddenError("sparql-path", shape=shape)
            changes.append((part.start, part.end, path if path.startswith("<") and path.count("<") == 1 else f"({path})"))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _check_syntax(query: PreparedQuery, *, shape: str) -> None:
    try:
        _EMPTY.query(query.text, prefixes=dict(query.prefixes))
    except (SyntaxError, ValueError, RuntimeError) as fault:
        raise ForbiddenError("sparql-syntax", shape=shape, detail=str(fault)) from fault
