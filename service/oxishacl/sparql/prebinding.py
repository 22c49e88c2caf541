"""Pre-binding (SHACL 1.0, section 5.3.1 and appendix A): queries of shapes, checked and rewritten, and their evaluation in a store.

A pre-bound variable has its value in every group of the query. Blank nodes and literals cannot be written into the text to that effect,
and values substituted when the query starts are hidden from Oxigraph's planner. So each group that mentions a pre-bound variable begins
with a triple pattern that reads it from a graph of its own, where the store holds the values during one evaluation. The planner starts
from that pattern; the text is the same for every focus node, and one evaluation can serve many of them.

The store of a background graph is filled once and kept as long as its index; a document's triples are added for one validation and removed
again. One validation at a time uses a background's store; others wait for it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, pairwise, takewhile
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self
from weakref import WeakKeyDictionary

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl.data_graph import Index, TripleLike
from oxishacl.errors import ForbiddenError
from oxishacl.sparql.prefilter import Prefilter, build_prefilter
from oxishacl.sparql.tokenizer import Token, sparql_tokens
from oxishacl.terms import Term

SHAPES_GRAPH: Final = ox.NamedNode("urn:oxishacl:shapes")
_PREBINDING: Final = ox.NamedNode("urn:oxishacl:prebinding")
_PREBINDING_PATTERN: Final = Path(__file__).with_name("prebinding.rq").read_text(encoding="utf-8").strip()
_FORBIDDEN: Final = frozenset({"MINUS", "VALUES", "SERVICE", "FROM"})
# With one of these, the solutions for one focus node depend on those for the others.
_SOLUTION_SET_WORDS: Final = frozenset(
    {"LIMIT", "OFFSET", "GROUP", "HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"}
)
_EMPTY_STORE: Final = ox.Store()
_MAX_DEPTH: Final = 100
_MAX_TOKENS: Final = 5_000


class PreparedQuery(Struct, frozen=True, dict=True):
    """A query that was checked and rewritten for pre-binding."""

    text: str
    prefixes: Mapping[str, str]
    variables: frozenset[str]
    """The pre-bound variables that the query mentions."""
    is_batchable: bool
    """Whether one evaluation can serve several focus nodes."""
    build_prefilter: Callable[[], Prefilter | None]

    @cached_property
    def prefilter(self) -> Prefilter | None:
        """Whether the query may have a solution for a focus node; None when that cannot be told."""
        return self.build_prefilter()


class _Group(Struct):
    """A group between braces: the offset after its opening brace, and the pre-bound variables that it mentions outside of inner groups."""

    offset: int
    parent: "_Group | None"
    is_subselect: bool = False
    variables: set[str] = field(default_factory=set)


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
    tokens = list(sparql_tokens(text))
    for token in tokens:
        if token.text == "\\":
            # A codepoint escape outside of strings and IRIs could hide a keyword.
            raise ForbiddenError("sparql-syntax", shape=shape, detail=text[token.offset : token.offset + 20])
    _check_size(tokens, shape=shape)
    _check_words(tokens, shape=shape, form=form)
    _check_assignments(tokens, shape=shape, protected=potentially_pre_bound)
    groups = _groups(tokens, pre_bound=pre_bound, shape=shape)
    _check_projections(tokens, shape=shape, form=form, protected=potentially_pre_bound)
    rewritten = _rewritten(text, tokens, groups=groups, path=path, shape=shape)
    used = {token.text.partition(":")[0] for token in tokens if token.kind == "name"}
    mentioned = frozenset(token.text[1:] for token in tokens if token.kind == "variable") & frozenset(pre_bound)
    query = PreparedQuery(
        rewritten,
        {prefix: iri for prefix, iri in prefixes.items() if prefix in used},
        mentioned,
        not any(token.keyword in _SOLUTION_SET_WORDS for token in tokens),
        partial(build_prefilter, tokens, prefixes=prefixes, pre_bound=pre_bound) if form == "SELECT" else lambda: None,
    )
    _check_syntax(query, shape=shape)
    return query


def _check_size(tokens: Sequence[Token], *, shape: str) -> None:
    """Oxigraph's parser is recursive: deeply nested brackets would exhaust its stack."""
    depth = deepest = 0
    for token in tokens:
        depth += (token.text in {"{", "(", "["}) - (token.text in {"}", ")", "]"})
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH or len(tokens) > _MAX_TOKENS:
        raise ForbiddenError("sparql-size", shape=shape, tokens=_MAX_TOKENS, depth=_MAX_DEPTH)


def _check_words(tokens: Sequence[Token], *, shape: str, form: str) -> None:
    """5.2.1: « must not contain a MINUS clause … a federated query (SERVICE) … a VALUES clause »; FROM is refused as well."""
    for token in tokens:
        if token.keyword in _FORBIDDEN:
            raise ForbiddenError("sparql-word", shape=shape, word=token.keyword)
    first = next((token.keyword for token in tokens if token.kind == "word" and token.keyword not in {"PREFIX", "BASE"}), None)
    if first != form:
        raise ForbiddenError("sparql-form", shape=shape, form=form)


def _check_assignments(tokens: Sequence[Token], *, shape: str, protected: Collection[str]) -> None:
    """5.2.1: « SPARQL queries must not use the syntax form AS ?var for any potentially pre-bound variable »."""
    for word, variable in pairwise(tokens):
        if word.keyword == "AS" and variable.kind == "variable" and variable.text[1:] in protected:
            raise ForbiddenError("sparql-assigned", shape=shape, variable=variable.text)


def _check_projections(tokens: Sequence[Token], *, shape: str, form: str, protected: Collection[str]) -> None:
    """5.2.1: « Subqueries must return all potentially pre-bound variables »; required here of `$this` and of those that they mention."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.text == "{") - (token.text == "}")
        if token.keyword != "SELECT":
            continue
        projected, opening = _projection(tokens, index)
        inner = {part.text[1:] for part in _group_tokens(tokens, opening) if part.kind == "variable"}
        mentioned = inner & set(protected) if depth else set[str]()
        required = mentioned - {"shapesGraph", "currentShape"} | ({"this"} if form == "SELECT" else set())
        if (projected is None and depth) or (projected is not None and not required <= projected):
            raise ForbiddenError("sparql-projection", shape=shape, variables=", ".join(f"${name}" for name in sorted(required)) or "…")


def _projection(tokens: Sequence[Token], select: int) -> tuple[set[str] | None, int]:
    """The variables that a SELECT returns (None for `*`), and the index of the brace that opens its group."""
    names: set[str] = set()
    depth = 0
    for index in range(select + 1, len(tokens)):
        token = tokens[index]
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "{":
            return names, index
        if token.text == "*" and not depth:
            return None, index
        if token.kind == "variable" and (not depth or tokens[index - 1].keyword == "AS"):
            names.add(token.text[1:])
    return names, len(tokens)


def _group_tokens(tokens: Sequence[Token], opening: int) -> Iterator[Token]:
    depth = 0
    for token in tokens[opening:]:
        depth += (token.text == "{") - (token.text == "}")
        yield token
        if not depth:
            return


def _groups(tokens: Sequence[Token], *, pre_bound: Collection[str], shape: str) -> list[_Group]:
    root = current = _Group(-1, None, is_subselect=True)
    groups: list[_Group] = []
    for index, token in enumerate(tokens):
        if token.text == "{":
            is_subselect = index + 1 < len(tokens) and tokens[index + 1].keyword == "SELECT"
            current = _Group(token.end, current, is_subselect=is_subselect)
            groups.append(current)
        elif token.text == "}":
            if current.parent is None:
                raise ForbiddenError("sparql-syntax", shape=shape, detail="}")
            current = current.parent
        elif token.kind == "variable" and token.text[1:] in pre_bound:
            current.variables.add(token.text[1:])
    if current is not root:
        raise ForbiddenError("sparql-syntax", shape=shape, detail="{")
    return groups


def _rewritten(text: str, tokens: Sequence[Token], *, groups: Sequence[_Group], path: str | None, shape: str) -> str:
    """The text with a pattern for each pre-bound variable at the start of each group, and with `$PATH` replaced (5.3.1)."""
    edits: list[tuple[int, int, str]] = []
    for group in groups:
        if not group.is_subselect:
            # The projection of a sub-select mentions variables too; their values are read in its group.
            projected = group.parent.variables if group.parent is not None and group.parent.is_subselect else set()
            patterns = " ".join(_PREBINDING_PATTERN.replace("NAME", name) for name in sorted(group.variables | projected))
            edits.append((group.offset, group.offset, f" {patterns} "))
    for token in tokens:
        if token.kind == "variable" and token.text[1:] == "PATH":
            if path is None:
                raise ForbiddenError("sparql-path", shape=shape)
            edits.append((token.offset, token.end, path if path.startswith("<") and path.count("<") == 1 else f"({path})"))
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _check_syntax(query: PreparedQuery, *, shape: str) -> None:
    try:
        _EMPTY_STORE.query(query.text, prefixes=dict(query.prefixes))
    except (SyntaxError, ValueError, RuntimeError) as error:
        raise ForbiddenError("sparql-syntax", shape=shape, detail=str(error)) from error


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

    def _as_written(self, term: Term | ox.Triple) -> Term:
        """The literal in the lexical form of the data: Oxigraph's store keeps values, so that « 01 » comes back as « 1 »."""
        assert not isinstance(term, ox.Triple)
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
        self.store, self.query = store, query
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
            return self.store.query(self.query.text, prefixes=dict(self.query.prefixes))
        except BaseException:
            self._clear()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._clear()

    def _clear(self) -> None:
        for quad in self.quads:
            self.store.remove(quad)
