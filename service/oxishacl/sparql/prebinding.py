"""Pre-binding (SHACL 1.0, section 5.3.1 and appendix A): queries of shapes, checked and rewritten, and their evaluation in a store.

A pre-bound variable has its value in every group of the query. Blank nodes and literals cannot be written into the text to that effect,
and values substituted when the query starts are hidden from Oxigraph's planner. So each group that mentions a pre-bound variable begins
with a triple pattern that reads it from a graph of its own, where the store holds the values during one evaluation. The planner starts
from that pattern; the text is the same for every focus node, and one evaluation can serve many of them.

The store of a background graph is filled once and kept as long as its index; a document's triples are added for one validation and removed
again. One validation at a time uses a background's store; others wait for it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, takewhile
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index, TripleLike
from oxishacl.errors import ForbiddenError, Phrase, unknown_function
from oxishacl.sparql.grammar import QuerySyntaxError, parse_with_tokens
from oxishacl.sparql.pattern_function import MATCHES, PatternFunction, check_pattern
from oxishacl.sparql.prefilter import Prefilter, build_prefilter
from oxishacl.sparql.scope import (
    all_variables,
    assigned_variables,
    expression_variables,
    expressions_of,
    group_variables,
    query_expressions,
    query_groups,
    subqueries,
)
from oxishacl.sparql.syntax import Group, InlineData, Minus, NamedGraph, Operation, Query, Service, SubSelect, TriplePattern, Variable
from oxishacl.sparql.tokenizer import Token
from oxishacl.terms import Term

SHAPES_GRAPH: Final = ox.NamedNode("urn:oxishacl:shapes")
_PREBINDING: Final = ox.NamedNode("urn:oxishacl:prebinding")
_NO_GRAPH: Final = ox.NamedNode("urn:oxishacl:none")
_PREBINDING_PATTERN: Final = Path(__file__).with_name("prebinding.rq").read_text(encoding="utf-8").strip()
_FORBIDDEN: Final[Mapping[type, str]] = {Minus: "MINUS", InlineData: "VALUES", Service: "SERVICE"}
_AnyTerm = Term | ox.Triple
_EMPTY_STORE: Final = ox.Store()
_MAX_LENGTH: Final = 50_000
# Oxigraph plans a join of 100 patterns in a second or two, and one of 200 in twenty.
_MAX_PATTERNS: Final = 80


class PreparedQuery(Struct, frozen=True, dict=True):
    """A query that was checked and rewritten for pre-binding."""

    text: str
    syntax: Query
    prefixes: Mapping[str, str]
    pre_bound: Collection[str]
    variables: frozenset[str]
    """The pre-bound variables that the query mentions."""
    is_batchable: bool
    """Whether one evaluation can serve several focus nodes."""
    uses_patterns: bool
    """Whether it calls MATCHES."""

    @cached_property
    def prefilter(self) -> Prefilter | None:
        """What the index can say of the query's solutions; None when it can say nothing."""
        return build_prefilter(self.syntax, pre_bound=self.pre_bound)


def prepare_query(
    text: str,
    *,
    shape: str,
    form: str,
    prefixes: Mapping[str, str],
    pre_bound: Collection[str],
    potentially_pre_bound: Collection[str],
    path: str | None,
) -> PreparedQuery:
    """Check a query and rewrite it for pre-binding.

    `form` is SELECT or ASK; `pre_bound` are the variables that get values, `potentially_pre_bound` those that the query may not assign;
    `path` replaces `$PATH`. Raises ForbiddenError, naming the shape, for what SHACL-SPARQL does not allow.
    """
    if len(text) > _MAX_LENGTH:
        raise ForbiddenError("sparql-size", shape=shape, length=_MAX_LENGTH, patterns=_MAX_PATTERNS)
    query, tokens = _parsed(text, prefixes=prefixes, shape=shape)
    if any(_is_path(token) for token in tokens):
        text = _with_path(text, tokens, path=path, shape=shape)
        query, tokens = _parsed(text, prefixes=prefixes, shape=shape)
    if query.form != form:
        raise ForbiddenError("sparql-form", shape=shape, form=form)
    queries = list(subqueries(query))
    elements = (element for each in queries for group in query_groups(each) for element in group.elements)
    if sum(isinstance(element, TriplePattern) for element in elements) > _MAX_PATTERNS:
        raise ForbiddenError("sparql-size", shape=shape, length=_MAX_LENGTH, patterns=_MAX_PATTERNS)
    for each in queries:
        _check_words(each, shape=shape)
        _check_assignments(each, protected=potentially_pre_bound, shape=shape)
        _check_projection(each, is_subselect=each is not query, protected=potentially_pre_bound, shape=shape)
    patterns = [part for each in queries for part in expressions_of(each) if isinstance(part, Operation) and part.name == "REGEX"]
    for operation in patterns:
        check_pattern(operation, shape=shape)
    graphs = [element for each in queries for group in query_groups(each) for element in group.elements if isinstance(element, NamedGraph)]
    free = [graph for graph in graphs if isinstance(graph.name, Variable) and graph.name.name not in pre_bound]
    groups = [(group, names & frozenset(pre_bound)) for group, names in _groups(query)]
    prepared = PreparedQuery(
        _rewritten(text, groups, patterns, free), query, prefixes, pre_bound, frozenset[str]().union(*(names for _, names in groups)),
        not any(each.aggregates or each.having or each.limit is not None or each.offset_of_solutions for each in queries), bool(patterns),
    )  # fmt: skip
    _check_syntax(prepared, shape=shape)
    return prepared


def _parsed(text: str, *, prefixes: Mapping[str, str], shape: str) -> tuple[Query, Sequence[Token]]:
    try:
        return parse_with_tokens(text, prefixes=prefixes)
    except QuerySyntaxError as error:
        raise ForbiddenError("sparql-prefix" if error.code == "query-prefix" else "sparql-syntax", shape=shape, detail=error) from None


def _is_path(token: Token) -> bool:
    return token.kind == "variable" and token.text[1:] == "PATH"


def _with_path(text: str, tokens: Sequence[Token], *, path: str | None, shape: str) -> str:
    """The text with the path in the place of `$PATH`. 5.3.1: it stands for the path « in the predicate position »."""
    if path is None:
        raise ForbiddenError("sparql-path", shape=shape)
    replacement = path if path.startswith("<") and path.count("<") == 1 else f"({path})"
    for token in reversed(tokens):
        if _is_path(token):
            text = text[: token.offset] + replacement + text[token.end :]
    return text


def _groups(query: Query) -> Iterator[tuple[Group, frozenset[str]]]:
    """The groups of the query at every depth, each with the variables that it mentions at any depth.

    A group whose inner groups alone mention a variable needs its value too: the solutions of all groups are joined, and those of one focus
    node must not meet those of another. What SELECT, GROUP BY, HAVING and ORDER BY mention counts to the group of WHERE.
    """
    for each in subqueries(query):
        outside = frozenset(projection.variable.name for projection in each.projection or ()).union(
            *map(expression_variables, query_expressions(each))
        )
        for group in query_groups(each):
            # A group that is a sub-select holds nothing else; its own group reads the values.
            if not any(isinstance(element, SubSelect) for element in group.elements):
                yield group, all_variables(group) | (outside if group is each.where else frozenset())


def _check_words(query: Query, *, shape: str) -> None:
    """5.2.1: « must not contain a MINUS clause … a federated query (SERVICE) … a VALUES clause »; FROM is refused as well."""
    words = {_FORBIDDEN[type(element)] for group in query_groups(query) for element in group.elements if type(element) in _FORBIDDEN}
    words |= {"VALUES"} if query.values is not None else set()
    words |= {"FROM"} if query.has_dataset else set()
    if words:
        raise ForbiddenError("sparql-word", shape=shape, word=min(words))


def _check_assignments(query: Query, *, protected: Collection[str], shape: str) -> None:
    """5.2.1: « SPARQL queries must not use the syntax form AS ?var for any potentially pre-bound variable »."""
    for name in assigned_variables(query):
        if name in protected:
            raise ForbiddenError("sparql-assigned", shape=shape, variable=f"${name}")


def _check_projection(query: Query, *, is_subselect: bool, protected: Collection[str], shape: str) -> None:
    """5.2.1: « Subqueries must return all potentially pre-bound variables »; required here of `$this` and of those that they mention."""
    if query.form != "SELECT":
        return
    if query.projection is None and not is_subselect:
        if "this" not in group_variables(query.where):
            raise ForbiddenError("sparql-projection", shape=shape, variables="$this")
        return
    mentioned = all_variables(query.where) & frozenset(protected) if is_subselect else frozenset[str]()
    required = mentioned - {"shapesGraph", "currentShape"} | {"this"}
    if query.projection is None or not required <= {projection.variable.name for projection in query.projection}:
        raise ForbiddenError("sparql-projection", shape=shape, variables=", ".join(f"${name}" for name in sorted(required)))


def _rewritten(
    text: str, groups: Iterable[tuple[Group, frozenset[str]]], patterns: Iterable[Operation], graphs: Iterable[NamedGraph]
) -> str:
    """The text with a pattern for each pre-bound variable at the start of each group that mentions it, and MATCHES for REGEX.

    The data graph of SHACL is one graph without a name: GRAPH with a free variable finds nothing, and not the graphs of this module.
    """
    edits = [(operation.offset, operation.offset + len(operation.name), str(MATCHES)) for operation in patterns]
    free = ((graph.offset, graph.name) for graph in graphs if isinstance(graph.name, Variable))
    edits += [(offset, offset + 1 + len(variable.name), str(_NO_GRAPH)) for offset, variable in free]
    for group, names in groups:
        triples = " ".join(_PREBINDING_PATTERN.replace("NAME", name) for name in sorted(names))
        edits.append((group.start, group.start, f" {triples} "))
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _check_syntax(query: PreparedQuery, *, shape: str) -> None:
    """Oxigraph has the last word on what a query may contain."""
    try:
        _EMPTY_STORE.query(query.text, prefixes=dict(query.prefixes), custom_functions={MATCHES: PatternFunction()})
    except (SyntaxError, ValueError, RuntimeError) as error:
        function = unknown_function(error)
        detail = Phrase("query-refused") if function is None else Phrase("query-unknown-function", {"name": function})
        raise ForbiddenError("sparql-syntax", shape=shape, detail=detail) from error


class _BackgroundStore:
    """The store of a background graph with what lies over it at present, and the lock of the validation that uses it."""

    def __init__(self, base: Index) -> None:
        self.lock = Lock()
        self.store = ox.Store()
        self.store.extend(_default_graph(base.triples()))
        self._layers: list[tuple[Index, list[ox.Quad]]] = []

    def lay(self, layers: Sequence[Index]) -> None:
        """Put these layers in the place of the present ones; the lowest of them stay as long as they are the same."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0][0] is pair[1], zip(self._layers, layers, strict=False)))
        while len(self._layers) > same:
            self.remove(self._layers.pop()[1])
        for layer in layers[same:]:
            self._layers.append((layer, self.add(layer)))

    def add(self, layer: Index) -> list[ox.Quad]:
        """Add the triples of the layer, and return those that the store did not have: another form of a value is no other triple there."""
        added = [quad for quad in _default_graph(layer.triples()) if quad not in self.store]
        self.store.extend(added)
        return added

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Remove the quads."""
        for quad in quads:
            self.store.remove(quad)


_background_stores: Final[WeakKeyDictionary[Index, _BackgroundStore]] = WeakKeyDictionary()
_background_stores_lock: Final = Lock()


def _background_store(base: Index) -> _BackgroundStore:
    with _background_stores_lock:
        if base not in _background_stores:
            _background_stores[base] = _BackgroundStore(base)
        return _background_stores[base]


def _default_graph(triples: Iterable[TripleLike]) -> Iterator[ox.Quad]:
    """The triples as quads of the default graph: SHACL has one data graph."""
    return (ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)


class ConstraintStore:
    """The data graph of one validation as a SPARQL store; a context manager that restores the background's store at the end."""

    def __init__(self, data: Index, *, shapes: Index) -> None:
        """Nothing is loaded yet."""
        self._data, self._shapes = data, shapes
        self._store: ox.Store | None = None
        self._background: _BackgroundStore | None = None
        self._added: list[ox.Quad] = []
        self._has_shapes_graph = False
        self._written_forms: dict[ox.Literal, ox.Literal] | None = None

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove the triples that were added, and release the background's store."""
        if self._store is not None and self._background is not None:
            self._background.remove(self._added)
            self._store = None
            self._background.lock.release()

    def ask(self, query: PreparedQuery, *, bindings: Mapping[str, Term]) -> bool:
        """The answer of an ASK query, with one value for each pre-bound variable."""
        with _Evaluation(self._opened(query), query, {name: (value,) for name, value in bindings.items()}) as answer:
            return bool(answer)

    def select(self, query: PreparedQuery, *, bindings: Mapping[str, Sequence[Term]]) -> list[dict[str, Term]]:
        """The solutions of a SELECT query for all values of the pre-bound variables, each as variable name to term."""
        with _Evaluation(self._opened(query), query, bindings) as answer:
            assert isinstance(answer, ox.QuerySolutions)
            names = [variable.value for variable in answer.variables]
            return [
                {name: self._as_written(term) for name, term in zip(names, solution, strict=True) if term is not None}
                for solution in answer
            ]

    def _opened(self, query: PreparedQuery) -> ox.Store:
        if self._store is None:
            base, *layers = reversed(tuple(self._data.layers))
            self._background = _background_store(base)
            self._background.lock.acquire()
            self._store = self._background.store
            self._background.lay(layers[:-1])
            if layers:
                self._added = self._background.add(layers[-1])
        if "shapesGraph" in query.variables and not self._has_shapes_graph:
            self._has_shapes_graph = True
            quads = [ox.Quad(triple.subject, triple.predicate, triple.object, SHAPES_GRAPH) for triple in self._shapes.triples()]
            self._added += quads
            self._store.extend(quads)
        return self._store

    def _as_written(self, term: Any) -> Any:
        """The literal in the lexical form of the data: Oxigraph's store keeps values, so that « 01 » comes back as « 1 »."""
        if not isinstance(term, ox.Literal) or term.language is not None or self._data.back_edges(term):
            return term
        if self._written_forms is None:
            triples = chain.from_iterable(layer.triples() for layer in self._data.layers)
            self._written_forms = _written_forms(list(dict.fromkeys(t.object for t in triples if isinstance(t.object, ox.Literal))))
        return self._written_forms.get(term, term)


def _written_forms(literals: Sequence[ox.Literal]) -> dict[ox.Literal, ox.Literal]:
    """For the literals that Oxigraph's store changes: the form in the store to the first of the literals with that value."""
    scratch = ox.Store()
    forms: dict[ox.Literal, ox.Literal] = {}
    for literal in literals:
        quad = ox.Quad(_PREBINDING, _PREBINDING, literal)
        scratch.add(quad)
        for stored in scratch:
            if isinstance(stored.object, ox.Literal) and stored.object != literal:
                forms.setdefault(stored.object, literal)
        scratch.remove(quad)
    return forms


class _Evaluation:
    """One evaluation of a query, during which the values of its pre-bound variables are in the graph where the query reads them."""

    def __init__(self, store: ox.Store, query: PreparedQuery, bindings: Mapping[str, Sequence[Term]]) -> None:
        self.store, self.query, self.matcher = store, query, PatternFunction()
        self.functions: dict[ox.NamedNode, Callable[..., _AnyTerm | None]] = {MATCHES: self.matcher} if query.uses_patterns else {}
        self.quads = [
            ox.Quad(_PREBINDING, ox.NamedNode(f"urn:oxishacl:{name}"), value, _PREBINDING)
            for name, values in bindings.items()
            if name in query.variables
            for value in values
        ]

    def __enter__(self) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        for quad in self.quads:
            self.store.add(quad)
        try:
            return self.store.query(self.query.text, prefixes=dict(self.query.prefixes), custom_functions=self.functions)
        except BaseException:
            self._clear()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._clear()
        if error is None and self.matcher.failure is not None:
            raise self.matcher.failure

    def _clear(self) -> None:
        for quad in self.quads:
            self.store.remove(quad)
