"""A shape that was compiled: what it checks, as functions, and how it is run over focus nodes (SHACL 1.0, section 3.4)."""

from collections.abc import Callable, Iterable, Sequence

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Edges, Index
from oxishacl.report import PropertyPath, ResultSource, ValidationResult
from oxishacl.sparql.store import ConstraintStore
from oxishacl.terms import Resource, Term


class ValidationRun(Struct, frozen=True):
    """One validation: the data, and the SPARQL engine's view of it, which is filled when a constraint first asks."""

    data: Index
    sparql: ConstraintStore


Check = Callable[[ValidationRun, Term, Sequence[Term], list[ValidationResult]], None]
"""Adds to the list what is wrong with the value nodes of a focus node."""


class Test(Struct, frozen=True):
    """A constraint that looks at each value node by itself: what must hold of it, and where a result comes from when it does not."""

    source: ResultSource
    holds: Callable[[Index, Term], bool]


Batch = Callable[[ValidationRun, Sequence[Term], list[ValidationResult]], None]
"""Adds to the list what is wrong with the focus nodes, all at once."""


class Shape(Struct, eq=False):
    """A node shape (without path) or a property shape."""

    node: Resource
    path: PropertyPath | None
    deactivated: bool
    tests: tuple[Test, ...]
    checks: tuple[Check, ...]
    """Those that look at value nodes otherwise; where there are none they need not run."""
    lone: tuple[Check, ...]
    """Those of the checks that may find something where there are no value nodes."""
    counts: tuple[Check, ...]
    """Those that look at the number of value nodes only, and have nothing to say within `bounds`."""
    bounds: tuple[int, int]
    properties: tuple["Shape", ...]
    batches: tuple[Batch, ...]
    _predicate: ox.NamedNode | None = None
    """The path, where it is a predicate and the value nodes are the edges of a focus node."""
    _ends: Callable[[Edges], Sequence[Term]] | None = None
    """The value nodes, from the edges of a focus node, where the path only goes from it over a predicate or several."""
    _plain: bool = False
    """Whether it is its tests and checks, and nothing else."""
    _always: tuple[int, ...] = ()
    _by_predicate: dict[ox.NamedNode, list[int]] = {}

    def __post_init__(self) -> None:
        """Note which of the properties only say something of nodes that have their predicate."""
        self._plain = self.path is None and not (self.deactivated or self.properties or self.batches)
        self._ends = None if self.path is None or self.deactivated or self.batches else self.path.from_edges
        node = None if self._ends is None or self.path is None else self.path.node
        self._predicate = node if isinstance(node, ox.NamedNode) else None
        always: list[int] = []
        for place, shape in enumerate(self.properties):
            if shape._predicate is None or shape.lone or shape.bounds[0]:
                always.append(place)
            else:
                self._by_predicate.setdefault(shape._predicate, []).append(place)
        self._always = tuple(always)

    def run(self, run: ValidationRun, focus: Sequence[Term], found: list[ValidationResult]) -> None:
        """Add the results of these focus nodes. 3.4.2: « the union of the results of the validation of each focus node »."""
        if self.deactivated:
            return
        if self.path is None:
            for test in self.tests:
                holds, data = test.holds, run.data
                found += [ValidationResult(node, None, node, test.source) for node in focus if not holds(data, node)]
            for check in self.checks:
                for node in focus:
                    check(run, node, (node,), found)
            if self.properties:
                self._describe(run, focus, found)
        else:
            values_of, data = self.path.values, run.data
            self._judge(run, ((node, values_of(data, node)) for node in focus), found)
        for batch in self.batches:
            batch(run, focus, found)

    def _describe(self, run: ValidationRun, focus: Sequence[Term], found: list[ValidationResult]) -> None:
        """Run the properties that have something to say, in their order; most say nothing of a node without their predicate."""
        edges_of = run.data.edges
        described = [(node, edges_of(node)) for node in focus]
        having: dict[int, list[tuple[Term, Sequence[Term]]]] = {place: [] for place in self._always}
        if self._by_predicate:
            by_predicate = self._by_predicate
            for node, edges in described:
                for predicate in edges:
                    if predicate in by_predicate:
                        for place in by_predicate[predicate]:
                            having.setdefault(place, []).append((node, edges[predicate]))
        for place in sorted(having):
            shape = self.properties[place]
            if having[place]:
                shape._judge(run, having[place], found)
            elif (path := shape._predicate) is not None:
                shape._judge(run, [(node, edges.get(path, ())) for node, edges in described], found)
            elif (ends := shape._ends) is not None:
                shape._judge(run, [(node, ends(edges)) for node, edges in described], found)
            else:
                shape.run(run, focus, found)

    def _judge(self, run: ValidationRun, valued: Iterable[tuple[Term, Sequence[Term]]], found: list[ValidationResult]) -> None:
        """What the checks and properties say of focus nodes, each given with its value nodes."""
        data, path, tests, checks, properties, (least, most) = run.data, self.path, self.tests, self.checks, self.properties, self.bounds
        for node, values in valued:
            if not least <= len(values) <= most:
                _run(self.counts, run, node, values, found)
            if not values:
                _run(self.lone, run, node, values, found)
                continue
            for test in tests:
                for value in values:
                    if test.holds(data, value):
                        continue
                    found.append(ValidationResult(node, path, value, test.source))
            if checks:
                _run(checks, run, node, values, found)
            if properties:
                self._describe(run, values, found)

    def causes(self, run: ValidationRun, node: Term) -> tuple[ValidationResult, ...]:
        """Why the node does not conform to the shape; nothing when it conforms (3.5: conformance checking)."""
        if self._plain and not self.checks:
            data = run.data
            return tuple([ValidationResult(node, None, node, test.source) for test in self.tests if not test.holds(data, node)])
        found: list[ValidationResult] = []
        self.run(run, (node,), found)
        return tuple(found)


def _run(checks: Iterable[Check], run: ValidationRun, node: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
    for check in checks:
        check(run, node, values, found)
