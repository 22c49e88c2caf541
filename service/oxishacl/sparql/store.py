"""What SPARQL constraints see of the data: an Oxigraph store, filled when the first of them has a node to look at.

The background is loaded once and kept as long as its index; a submission's own triples are added for one validation and taken out again.
One validation at a time uses a background's store; others that need it wait.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from types import TracebackType
from typing import Final, Self
from weakref import WeakKeyDictionary

import pyoxigraph as ox

from oxishacl.data_graph import Index, TripleLike
from oxishacl.sparql.prebinding import PreparedQuery
from oxishacl.terms import Term

GIVEN: Final = "urn:oxishacl:given"
SHAPES: Final = ox.NamedNode("urn:oxishacl:shapes")
_GIVEN: Final = ox.NamedNode(GIVEN)


class _Bench:
    """The store of a background, and the lock of whoever works with it."""

    def __init__(self, data: Index) -> None:
        self.lock = Lock()
        self.store = ox.Store()
        while True:
            self.store.extend(_plain(data.statements()))
            if data.background is None:
                break
            data = data.background


_benches: Final[WeakKeyDictionary[Index, _Bench]] = WeakKeyDictionary()
_opening: Final = Lock()


def _bench(data: Index) -> _Bench:
    with _opening:
        if data not in _benches:
            _benches[data] = _Bench(data)
        return _benches[data]


def _plain(quads: Iterable[TripleLike]) -> Iterator[ox.Quad]:
    """The quads as statements of the default graph: SHACL sees one data graph."""
    return (ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)


class ConstraintStore:
    """The store during one validation; used with `with`, after which the background's store is as before."""

    def __init__(self, data: Index, *, shapes: Index) -> None:
        """Nothing is filled yet."""
        self._data, self._shapes = data, shapes
        self._store: ox.Store | None = None
        self._bench: _Bench | None = None
        self._added: list[ox.Quad] = []
        self._has_shapes = False
        self._originals: dict[ox.Literal, ox.Literal] | None = None

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take out what was added and let others in."""
        if self._store is not None and self._bench is not None:
            for quad in self._added:
                self._store.remove(quad)
            self._store = None
            self._bench.lock.release()

    def ask(self, query: PreparedQuery, *, given: Mapping[str, Term]) -> bool:
        """The answer of an ASK query."""
        with _Given(self._opened(query), query, {name: (value,) for name, value in given.items()}) as answer:
            return bool(answer)

    def select(self, query: PreparedQuery, *, given: Mapping[str, Sequence[Term]]) -> list[dict[str, Term]]:
        """The solutions of a SELECT query, each a mapping from the names that are bound."""
        with _Given(self._opened(query), query, given) as answer:
            assert isinstance(answer, ox.QuerySolutions)
            names = [variable.value for variable in answer.variables]
            return [
                {name: self._original(term) for name, term in zip(names, solution, strict=True) if term is not None} for solution in answer
            ]

    def _opened(self, query: PreparedQuery) -> ox.Store:
        if self._store is None:
            beneath = self._data.background
            self._bench = _bench(self._data if beneath is None else beneath)
            self._bench.lock.acquire()
            self._store = self._bench.store
            if beneath is not None:
                self._added = list(_plain(self._data.statements()))
                self._store.extend(self._added)
        if "shapesGraph" in query.given and not self._has_shapes:
            self._has_shapes = True
            own = [ox.Quad(quad.subject, quad.predicate, quad.object, SHAPES) for quad in self._shapes.statements()]
            self._added += own
            self._store.extend(own)
        return self._store

    def _original(self, term: Term | ox.Triple) -> Term:
        """The literal as it was written: Oxigraph's store keeps the value of numbers and dates, and « 01 » comes back as « 1 »."""
        assert not isinstance(term, ox.Triple)
        if not isinstance(term, ox.Literal) or term.language is not None or self._is_written(term):
            return term
        if self._originals is None:
            written: dict[ox.Literal, None] = {}
            layer: Index | None = self._data
            while layer is not None:
                written.update((quad.object, None) for quad in layer.statements() if isinstance(quad.object, ox.Literal))
                layer = layer.background
            self._originals = stored(list(written))
        return self._originals.get(term, term)

    def _is_written(self, term: ox.Literal) -> bool:
        return bool(self._data.back_edges(term))


def stored(literals: Sequence[ox.Literal]) -> dict[ox.Literal, ox.Literal]:
    """Of the literals that Oxigraph's store writes otherwise: the form there to the first form given."""
    scratch = ox.Store()
    found: dict[ox.Literal, ox.Literal] = {}
    for literal in literals:
        quad = ox.Quad(_GIVEN, _GIVEN, literal)
        scratch.add(quad)
        for kept in scratch:
            if isinstance(kept.object, ox.Literal) and kept.object != literal:
                found.setdefault(kept.object, literal)
        scratch.remove(quad)
    return found


class _Given:
    """The values of a query's variables, in the graph where the query reads them, for one evaluation."""

    def __init__(self, store: ox.Store, query: PreparedQuery, given: Mapping[str, Sequence[Term]]) -> None:
        self.store, self.query = store, query
        self.quads = [
            ox.Quad(_GIVEN, ox.NamedNode(f"urn:oxishacl:{name}"), value, _GIVEN)
            for name, values in given.items()
            if name in query.given
            for value in values
        ]

    def __enter__(self) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        for quad in self.quads:
            self.store.add(quad)
        try:
            return self.store.query(self.query.text, prefixes=dict(self.query.prefixes))
        except BaseException:
            self._clear()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._clear()

    def _clear(self) -> None:
        for quad in self.quads:
            self.store.remove(quad)
