"""Property paths (SHACL 1.0, section 2.3.1): read from RDF, compiled to functions, written in SPARQL's syntax."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Edges, Index
from oxishacl.errors import InvalidInputError
from oxishacl.terms import FIRST, REST, Resource, Term, is_resource, n_triples, sh

PathFunction = Callable[[Index, Term], Sequence[Term]]
"""The nodes that a path reaches from a node, each once."""

_MAX_DEPTH: Final = 100
_INVERSE, _ALTERNATIVE = sh("inversePath"), sh("alternativePath")
_QUANTIFIERS: Final = {sh("zeroOrMorePath"): "*", sh("oneOrMorePath"): "+", sh("zeroOrOnePath"): "?"}


class PropertyPath(Struct, frozen=True):
    """A property path: its RDF node, its SPARQL text, and the function that evaluates it."""

    node: Resource
    sparql: str
    triples: tuple[ox.Triple, ...]
    """The triples that describe the path, those about `node` first; none for a predicate path."""
    values: PathFunction
    """The value nodes of a focus node, each once."""
    values_from_edges: Callable[[Edges], Sequence[Term]] | None = None
    """The same from the focus node's edges; None unless the path is a predicate or an alternative of predicates."""


def read_path(node: Term, *, graph: Index, shape: Term) -> PropertyPath:
    """The path that the node describes; raises InvalidInputError, naming the shape, for an ill-formed path."""
    text, function = _PathReader(graph, shape).read(node, inverse=False, depth=0)
    assert is_resource(node)
    return PropertyPath(node, text, tuple(_description(node, graph=graph)), function, _function_of_edges(function))


def predicate_path(predicate: ox.NamedNode) -> PropertyPath:
    """The predicate path of one IRI."""
    function = predicate_function(predicate)
    return PropertyPath(predicate, f"<{predicate.value}>", (), function, _function_of_edges(function))


class _PathReader:
    """Reads one path; `inverse` is true below an odd number of sh:inversePath, where steps go from object to subject."""

    def __init__(self, graph: Index, shape: Term) -> None:
        self.graph, self.shape = graph, shape

    def read(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, PathFunction]:
        """2.3.1: « a node in an RDF graph is a well-formed SHACL property path p if it satisfies exactly one of the syntax rules »."""
        if isinstance(node, ox.NamedNode) and not self.graph.objects(node, FIRST):
            return f"<{node.value}>", inverse_function(node) if inverse else predicate_function(node)
        if depth > _MAX_DEPTH or not isinstance(node, ox.BlankNode):
            raise self._error(node)
        # W3C's tests ask that a node which is also the head of a list be read as a sequence path.
        if self.graph.objects(node, FIRST):
            return self._sequence(node, inverse=inverse, depth=depth)
        kinds = [predicate for predicate in (_INVERSE, _ALTERNATIVE, *_QUANTIFIERS) if self.graph.objects(node, predicate)]
        if len(kinds) != 1 or len(self.graph.objects(node, kinds[0])) != 1:
            raise self._error(node)
        inner = self.graph.objects(node, kinds[0])[0]
        if kinds[0] == _ALTERNATIVE:
            return self._alternative(inner, inverse=inverse, depth=depth)
        text, function = self.read(inner, inverse=inverse != (kinds[0] == _INVERSE), depth=depth + 1)
        grouped = _grouped(text, node=inner)
        if kinds[0] == _INVERSE:
            return "^" + grouped, function
        quantifier = _QUANTIFIERS[kinds[0]]
        return grouped + quantifier, quantified_function(function, quantifier)

    def _sequence(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, PathFunction]:
        """2.3.1.2: « a sequence path is a blank node that is a SHACL list with at least two members »."""
        texts, functions = self._members(node, inverse=inverse, depth=depth)
        return "/".join(texts), sequence_function(reversed(functions) if inverse else functions)

    def _alternative(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, PathFunction]:
        """2.3.1.3: « the value of sh:alternativePath … is a SHACL list with at least two members »."""
        texts, functions = self._members(node, inverse=inverse, depth=depth)
        return "|".join(texts), alternative_function(functions)

    def _members(self, node: Term, *, inverse: bool, depth: int) -> tuple[list[str], list[PathFunction]]:
        members = self.graph.list_members(node)
        if members is None or len(members) < 2:
            raise self._error(node)
        paths = [self.read(member, inverse=inverse, depth=depth + 1) for member in members]
        texts = [_grouped(text, node=member) for (text, _), member in zip(paths, members, strict=True)]
        return texts, [function for _, function in paths]

    def _error(self, node: Term) -> InvalidInputError:
        return InvalidInputError("path", shape=self.graph.name(self.shape), node=n_triples(node))


def _grouped(text: str, *, node: Term) -> str:
    return text if isinstance(node, ox.NamedNode) else f"({text})"


def predicate_function(predicate: ox.NamedNode) -> PathFunction:
    """From a subject to the objects of the predicate."""
    return partial(_objects, predicate)


def inverse_function(predicate: ox.NamedNode) -> PathFunction:
    """From an object to the subjects of the predicate."""
    return partial(_subjects, predicate)


def sequence_function(functions: Iterable[PathFunction]) -> PathFunction:
    """One path after the other."""
    return partial(_sequence, tuple(functions))


def alternative_function(functions: Iterable[PathFunction]) -> PathFunction:
    """The nodes that any of the paths reaches."""
    members = tuple(functions)
    predicates = [predicate for function in members if (predicate := single_predicate(function)) is not None]
    return partial(_objects_of_any, predicates) if len(predicates) == len(members) else partial(_alternative, members)


def quantified_function(function: PathFunction, quantifier: str) -> PathFunction:
    """The path repeated as SPARQL's `*`, `+` or `?` says."""
    return partial(_QUANTIFIED[quantifier], function)


def single_predicate(function: PathFunction) -> ox.NamedNode | None:
    """The predicate of a predicate path; None for any other path."""
    return function.args[0] if isinstance(function, partial) and function.func is _objects else None


def _objects(predicate: ox.NamedNode, data: Index, node: Term) -> Sequence[Term]:
    return data.edges(node).get(predicate, ())


def _subjects(predicate: ox.NamedNode, data: Index, node: Term) -> Sequence[Term]:
    return data.subjects(predicate, node)


def _sequence(functions: Sequence[PathFunction], data: Index, node: Term) -> Sequence[Term]:
    nodes: Sequence[Term] = (node,)
    for function in functions:
        if len(nodes) == 1:
            nodes = function(data, nodes[0])
        else:
            nodes = list(dict.fromkeys(target for start in nodes for target in function(data, start)))
    return nodes


def _alternative(functions: Sequence[PathFunction], data: Index, node: Term) -> Sequence[Term]:
    targets = [target for function in functions for target in function(data, node)]
    return targets if len(targets) < 2 else list(dict.fromkeys(targets))


def _objects_of_any(predicates: Sequence[ox.NamedNode], data: Index, node: Term) -> Sequence[Term]:
    return _ends_of_any(predicates, data.edges(node))


def _ends_of_any(predicates: Sequence[ox.NamedNode], edges: Edges) -> Sequence[Term]:
    ends = [end for predicate in predicates if predicate in edges for end in edges[predicate]]
    return ends if len(ends) < 2 else list(dict.fromkeys(ends))


def _ends(predicate: ox.NamedNode, edges: Edges) -> Sequence[Term]:
    return edges.get(predicate, ())


def _function_of_edges(function: PathFunction) -> Callable[[Edges], Sequence[Term]] | None:
    """The path as a function of a node's edges; None when it needs more than these."""
    if not isinstance(function, partial) or function.func not in {_objects, _objects_of_any}:
        return None
    return partial(_ends if function.func is _objects else _ends_of_any, function.args[0])


def _zero_or_one(function: PathFunction, data: Index, node: Term) -> Sequence[Term]:
    return list(dict.fromkeys((node, *function(data, node))))


def _one_or_more(function: PathFunction, data: Index, node: Term) -> Sequence[Term]:
    visited = dict.fromkeys(function(data, node))
    queue = list(visited)
    for start in queue:
        for target in function(data, start):
            if target not in visited:
                visited[target] = None
                queue.append(target)
    return queue


def _zero_or_more(function: PathFunction, data: Index, node: Term) -> Sequence[Term]:
    return list(dict.fromkeys((node, *_one_or_more(function, data, node))))


_QUANTIFIED: Final = {"*": _zero_or_more, "+": _one_or_more, "?": _zero_or_one}


def _description(path: Resource, *, graph: Index) -> Iterator[ox.Triple]:
    queue: list[Term] = [path]
    visited: set[Term] = set()
    for node in queue:
        if isinstance(node, ox.BlankNode) and node not in visited:
            visited.add(node)
            edges = [(predicate, target) for predicate in graph.predicates(node) for target in graph.objects(node, predicate)]
            for predicate, target in sorted(edges, key=lambda edge: (edge[0] == REST, str(edge[0]), str(edge[1]))):
                yield ox.Triple(node, predicate, target)
                queue.append(target)
