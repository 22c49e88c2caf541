"""A shape that was compiled: what it checks, as functions, and how it is run over focus nodes (SHACL 1.0, section 3.4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from observance.shacl.index import Index
from observance.shacl.result import Path, Result
from observance.shacl.sparql.session import Session
from observance.shacl.terms import Resource, Term


@dataclass(frozen=True, slots=True)
class Run:
    """One validation: the data, and the SPARQL engine's view of it, which is filled when a constraint first asks."""

    data: Index
    sparql: Session


Check = Callable[[Run, Term, Sequence[Term], list[Result]], None]
"""Adds to the list what is wrong with the value nodes of a focus node."""

Values = Callable[[Index, Term], Sequence[Term]]

Batch = Callable[[Run, Sequence[Term], list[Result]], None]
"""Adds to the list what is wrong with the focus nodes, all at once."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape (without path) or a property shape."""

    node: Resource
    path: Path | None
    deactivated: bool
    checks: tuple[Check, ...]
    lone: tuple[Check, ...]
    """Those of the checks that may find something where there are no value nodes."""
    properties: tuple["Shape", ...]
    batches: tuple[Batch, ...]
    predicate: ox.NamedNode | None = field(init=False)
    """The path, where it is a predicate."""
    _always: tuple[int, ...] = field(init=False)
    _by_predicate: Mapping[ox.NamedNode, Sequence[int]] = field(init=False)

    def __post_init__(self) -> None:
        """Note which of the properties only say something of nodes that have their predicate."""
        path = None if self.path is None else self.path.node
        object.__setattr__(self, "predicate", path if isinstance(path, ox.NamedNode) else None)
        always: list[int] = []
        by_predicate: dict[ox.NamedNode, list[int]] = {}
        for place, shape in enumerate(self.properties):
            if shape.predicate is None or shape.lone or shape.batches:
                always.append(place)
            else:
                by_predicate.setdefault(shape.predicate, []).append(place)
        object.__setattr__(self, "_always", tuple(always))
        object.__setattr__(self, "_by_predicate", by_predicate)

    def run(self, run: Run, focus: Sequence[Term], found: list[Result]) -> None:
        """Add the results of these focus nodes. 3.4.2: « the union of the results of the validation of each focus node »."""
        if self.deactivated:
            return
        if self.path is None:
            for check in self.checks:
                for node in focus:
                    check(run, node, (node,), found)
            if self.properties:
                self._describe(run, focus, found)
        else:
            values_of, data = self.path.values, run.data
            for node in focus:
                self._judge(run, node, values_of(data, node), found)
        for batch in self.batches:
            batch(run, focus, found)

    def _describe(self, run: Run, focus: Sequence[Term], found: list[Result]) -> None:
        """Run the properties that have something to say, in their order; most say nothing of a node without their predicate."""
        edges = [run.data.edges(node) for node in focus]
        places = set(self._always)
        for predicate in {predicate for own in edges for predicate in own} if self._by_predicate else ():
            places.update(self._by_predicate.get(predicate, ()))
        for place in sorted(places):
            shape = self.properties[place]
            if shape.predicate is None or shape.batches or shape.deactivated:
                shape.run(run, focus, found)
            else:
                for node, own in zip(focus, edges, strict=True):
                    shape._judge(run, node, own.get(shape.predicate, ()), found)

    def _judge(self, run: Run, node: Term, values: Sequence[Term], found: list[Result]) -> None:
        """What the checks and properties say of the value nodes of one focus node."""
        for check in self.checks if values else self.lone:
            check(run, node, values, found)
        if values and self.properties:
            self._describe(run, values, found)

    def causes(self, run: Run, node: Term) -> tuple[Result, ...]:
        """Why the node does not conform to the shape; nothing when it conforms (3.5: conformance checking)."""
        found: list[Result] = []
        self.run(run, (node,), found)
        return tuple(found)
