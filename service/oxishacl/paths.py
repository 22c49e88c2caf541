"""Property paths (SHACL 1.0, section 2.3.1): read from their RDF form, compiled to functions, written in SPARQL's syntax."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl.data_graph import Edges, Index
from oxishacl.errors import InvalidInputError
from oxishacl.report import PropertyPath
from oxishacl.terms import FIRST, REST, Resource, Term, is_resource, sh, shown

Step = Callable[[Index, Term], Sequence[Term]]

_DEEPEST: Final = 100
_INVERSE, _ALTERNATIVE = sh("inversePath"), sh("alternativePath")
_REPEATED: Final = {sh("zeroOrMorePath"): "*", sh("oneOrMorePath"): "+", sh("zeroOrOnePath"): "?"}


def read_path(node: Term, *, graph: Index, shape: Term) -> PropertyPath:
    """The path that the node describes; raises InvalidInputError, with the shape named, for what is no well-formed path."""
    text, step = _Reader(graph, shape).read(node, inverse=False, depth=0)
    assert is_resource(node)
    return PropertyPath(node, text, tuple(_description(node, graph=graph)), step, _ends(step))


class _Reader:
    """Reads one path; `inverse` is true below an odd number of sh:inversePath, where steps are taken from object to subject."""

    def __init__(self, graph: Index, shape: Term) -> None:
        self.graph, self.shape = graph, shape

    def read(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, Step]:
        """2.3.1: « a node in an RDF graph is a well-formed SHACL property path p if it satisfies exactly one of the syntax rules »."""
        if isinstance(node, ox.NamedNode) and not self.graph.objects(node, FIRST):
            return f"<{node.value}>", backward(node) if inverse else forward(node)
        if depth > _DEEPEST or not isinstance(node, ox.BlankNode):
            raise self._fault(node)
        # A node may also be the head of a list: W3C's tests ask that the list then wins.
        if self.graph.objects(node, FIRST):
            return self._sequence(node, inverse=inverse, depth=depth)
        kinds = [predicate for predicate in (_INVERSE, _ALTERNATIVE, *_REPEATED) if self.graph.objects(node, predicate)]
        if len(kinds) != 1 or len(self.graph.objects(node, kinds[0])) != 1:
            raise self._fault(node)
        inner = self.graph.objects(node, kinds[0])[0]
        if kinds[0] == _ALTERNATIVE:
            return self._alternative(inner, inverse=inverse, depth=depth)
        text, step = self.read(inner, inverse=inverse != (kinds[0] == _INVERSE), depth=depth + 1)
        grouped = _grouped(text, node=inner)
        if kinds[0] == _INVERSE:
            return "^" + grouped, step
        suffix = _REPEATED[kinds[0]]
        return grouped + suffix, repeated(step, suffix)

    def _sequence(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, Step]:
        """2.3.1.2: « a sequence path is a blank node that is a SHACL list with at least two members »."""
        texts, steps = self._parts(node, inverse=inverse, depth=depth)
        return "/".join(texts), sequence(reversed(steps) if inverse else steps)

    def _alternative(self, node: Term, *, inverse: bool, depth: int) -> tuple[str, Step]:
        """2.3.1.3: « the value of sh:alternativePath … is a SHACL list with at least two members »."""
        texts, steps = self._parts(node, inverse=inverse, depth=depth)
        return "|".join(texts), alternative(steps)

    def _parts(self, node: Term, *, inverse: bool, depth: int) -> tuple[list[str], list[Step]]:
        members = self.graph.members(node)
        if members is None or len(members) < 2:
            raise self._fault(node)
        parts = [self.read(member, inverse=inverse, depth=depth + 1) for member in members]
        return [_grouped(text, node=member) for (text, _), member in zip(parts, members, strict=True)], [step for _, step in parts]

    def _fault(self, node: Term) -> InvalidInputError:
        return InvalidInputError("path", shape=shown(self.shape), node=shown(node))


def _grouped(text: str, *, node: Term) -> str:
    return text if isinstance(node, ox.NamedNode) else f"({text})"


def forward(predicate: ox.NamedNode) -> Step:
    """From a subject to the objects."""
    return partial(_forward, predicate)


def backward(predicate: ox.NamedNode) -> Step:
    """From an object to the subjects."""
    return partial(_backward, predicate)


def sequence(steps: Iterable[Step]) -> Step:
    """One step after the other."""
    return partial(_sequence, tuple(steps))


def alternative(steps: Iterable[Step]) -> Step:
    """What any of the steps reaches."""
    each = tuple(steps)
    predicates = [predicate for step in each if (predicate := only(step)) is not None]
    return partial(_any_forward, predicates) if len(predicates) == len(each) else partial(_alternative, each)


def repeated(step: Step, suffix: str) -> Step:
    """The step as often as SPARQL's `*`, `+` or `?` says."""
    return partial(_REPETITIONS[suffix], step)


def only(step: Step) -> ox.NamedNode | None:
    """The predicate, where the step only goes from a subject to its objects."""
    return step.args[0] if isinstance(step, partial) and step.func is _forward else None


def _forward(predicate: ox.NamedNode, data: Index, node: Term) -> Sequence[Term]:
    return data.edges(node).get(predicate, ())


def _backward(predicate: ox.NamedNode, data: Index, node: Term) -> Sequence[Term]:
    return data.subjects(predicate, node)


def _sequence(steps: Sequence[Step], data: Index, node: Term) -> Sequence[Term]:
    nodes: Sequence[Term] = (node,)
    for step in steps:
        nodes = step(data, nodes[0]) if len(nodes) == 1 else list(dict.fromkeys(found for each in nodes for found in step(data, each)))
    return nodes


def _alternative(steps: Sequence[Step], data: Index, node: Term) -> Sequence[Term]:
    found = [found for step in steps for found in step(data, node)]
    return found if len(found) < 2 else list(dict.fromkeys(found))


def _any_forward(predicates: Sequence[ox.NamedNode], data: Index, node: Term) -> Sequence[Term]:
    return _any(predicates, data.edges(node))


def _any(predicates: Sequence[ox.NamedNode], edges: Edges) -> Sequence[Term]:
    found = [found for predicate in predicates if predicate in edges for found in edges[predicate]]
    return found if len(found) < 2 else list(dict.fromkeys(found))


def _one(predicate: ox.NamedNode, edges: Edges) -> Sequence[Term]:
    return edges.get(predicate, ())


def _ends(step: Step) -> Callable[[Edges], Sequence[Term]] | None:
    """What the step does, from a node's edges; None where it needs more than those."""
    if not isinstance(step, partial) or step.func not in {_forward, _any_forward}:
        return None
    return partial(_one if step.func is _forward else _any, step.args[0])


def _zero_or_one(step: Step, data: Index, node: Term) -> Sequence[Term]:
    return list(dict.fromkeys((node, *step(data, node))))


def _one_or_more(step: Step, data: Index, node: Term) -> Sequence[Term]:
    found = dict.fromkeys(step(data, node))
    todo = list(found)
    for each in todo:
        for target in step(data, each):
            if target not in found:
                found[target] = None
                todo.append(target)
    return todo


def _zero_or_more(step: Step, data: Index, node: Term) -> Sequence[Term]:
    return list(dict.fromkeys((node, *_one_or_more(step, data, node))))


_REPETITIONS: Final = {"*": _zero_or_more, "+": _one_or_more, "?": _zero_or_one}


def _description(path: Resource, *, graph: Index) -> Iterator[ox.Triple]:
    todo: list[Term] = [path]
    seen: set[Term] = set()
    for node in todo:
        if isinstance(node, ox.BlankNode) and node not in seen:
            seen.add(node)
            own = [(predicate, target) for predicate in graph.predicates(node) for target in graph.objects(node, predicate)]
            for predicate, target in sorted(own, key=lambda edge: (edge[0] == REST, str(edge[0]), str(edge[1]))):
                yield ox.Triple(node, predicate, target)
                todo.append(target)
