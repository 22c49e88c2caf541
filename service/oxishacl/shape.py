"""Compiled shapes and how they validate focus nodes (SHACL 1.0, section 3.4)."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Edges, Index
from oxishacl.incompleteness import incompleteness
from oxishacl.paths import PropertyPath
from oxishacl.report import ResultSource, ValidationResult
from oxishacl.sparql.prebinding import ConstraintStore
from oxishacl.terms import Resource, Term

_CHUNK: Final = 1_000


class ValidationContext(Struct, frozen=True, dict=True):
    """The data graph of one validation, indexed and as a SPARQL store; the store is filled on first use."""

    data: Index
    store: ConstraintStore
    incomplete: Callable[[Term], bool] | None = None
    """Which nodes the caller knows to be incomplete, besides those that the data declare so."""

    @cached_property
    def is_incomplete(self) -> Callable[[Term], bool]:
        """Whether a node is incomplete (SHACL 1.2); asked only of nodes that would have a result."""
        declared, known = incompleteness(self.data), self.incomplete
        return declared if known is None else lambda node: known(node) or declared(node)


class ValueTest(Struct, frozen=True):
    """A constraint on each value node by itself: `holds` decides it, `source` is where the result for a failing node comes from."""

    source: ResultSource
    holds: Callable[[Index, Term], bool]
    may_excuse: Callable[[Term], bool] | None = None
    """The value nodes that have no result where they are incomplete; None when there are none."""

    def excuses(self, context: ValidationContext, value: Term) -> bool:
        """Whether a value node for which the test does not hold has no result, because it is incomplete."""
        return self.may_excuse is not None and context.is_incomplete(value) and self.may_excuse(value)


ValueCheck = Callable[[ValidationContext, Term, Sequence[Term], list[ValidationResult]], None]
"""A constraint on a focus node and its value nodes; appends the results to the list."""

BatchCheck = Callable[[ValidationContext, Sequence[Term], list[ValidationResult]], None]
"""A constraint on many focus nodes at once; appends the results to the list."""


class Shape(Struct, eq=False):
    """A compiled node shape (without path) or property shape."""

    node: Resource
    path: PropertyPath | None
    deactivated: bool
    value_tests: tuple[ValueTest, ...]
    value_checks: tuple[ValueCheck, ...]
    """The other constraints on value nodes; not run for a focus node without value nodes."""
    checks_without_values: tuple[ValueCheck, ...]
    """Those of `value_checks` that can have results for a focus node without value nodes."""
    cardinality_checks: tuple[ValueCheck, ...]
    """sh:minCount and sh:maxCount; run only where the number of value nodes is out of `cardinality`."""
    cardinality: tuple[int, int]
    property_shapes: tuple["Shape", ...]
    batch_checks: tuple[BatchCheck, ...]
    _predicate: ox.NamedNode | None = None
    """The predicate, where the path is a predicate path and the value nodes can be taken from the focus node's edges."""
    _values_from_edges: Callable[[Edges], Sequence[Term]] | None = None
    """The value nodes as a function of the focus node's edges, where the path allows it."""
    _has_value_constraints_only: bool = False
    """Whether the shape is a node shape that consists of value tests and value checks."""
    _unconditional: tuple[int, ...] = ()
    """The property shapes, by index, that can have results for a focus node without their predicate."""
    _conditional: dict[ox.NamedNode, list[int]] = {}
    """The other property shapes, by the predicate that a focus node must have."""

    def __post_init__(self) -> None:
        """Sort the property shapes into unconditional and conditional ones."""
        self._has_value_constraints_only = self.path is None and not (self.deactivated or self.property_shapes or self.batch_checks)
        self._values_from_edges = None if self.path is None or self.deactivated or self.batch_checks else self.path.values_from_edges
        path_node = None if self._values_from_edges is None or self.path is None else self.path.node
        self._predicate = path_node if isinstance(path_node, ox.NamedNode) else None
        unconditional: list[int] = []
        for index, shape in enumerate(self.property_shapes):
            if shape._predicate is None or shape.checks_without_values or shape.cardinality[0]:
                unconditional.append(index)
            else:
                self._conditional.setdefault(shape._predicate, []).append(index)
        self._unconditional = tuple(unconditional)

    def validate(self, context: ValidationContext, focus_nodes: Sequence[Term], results: list[ValidationResult]) -> None:
        """Append the results. 3.4.2: « the union of the results of the validation of each focus node »."""
        if self.deactivated:
            return
        if self.path is None:
            for test in self.value_tests:
                holds, data = test.holds, context.data
                failing = [node for node in focus_nodes if not holds(data, node) and not test.excuses(context, node)]
                results += [ValidationResult(node, None, node, test.source) for node in failing]
            for check in self.value_checks:
                for node in focus_nodes:
                    check(context, node, (node,), results)
            if self.property_shapes:
                self._validate_property_shapes(context, focus_nodes, results)
        else:
            values_of, data = self.path.values, context.data
            self._validate_values(context, ((node, values_of(data, node)) for node in focus_nodes), results)
        for batch_check in self.batch_checks:
            batch_check(context, focus_nodes, results)

    def _validate_property_shapes(self, context: ValidationContext, focus_nodes: Sequence[Term], results: list[ValidationResult]) -> None:
        """Run the property shapes, in declaration order.

        Of very many focus nodes all property shapes look at some before any looks at the next: these stay in the processor's cache.
        """
        if len(focus_nodes) <= _CHUNK:
            self._validate_chunk(context, focus_nodes, [results] * len(self.property_shapes))
            return
        found: list[list[ValidationResult]] = [[] for _ in self.property_shapes]
        for start in range(0, len(focus_nodes), _CHUNK):
            self._validate_chunk(context, focus_nodes[start : start + _CHUNK], found)
        for of_shape in found:
            results += of_shape

    def _validate_chunk(self, context: ValidationContext, focus_nodes: Sequence[Term], found: Sequence[list[ValidationResult]]) -> None:
        """Run the property shapes that can have results; most have none for a node without their predicate. `found` has a list for each."""
        edges_of = context.data.edges
        nodes_with_edges = [(node, edges_of(node)) for node in focus_nodes]
        values_by_shape: dict[int, list[tuple[Term, Sequence[Term]]]] = {index: [] for index in self._unconditional}
        if self._conditional:
            conditional = self._conditional
            for node, edges in nodes_with_edges:
                for predicate in edges:
                    if predicate in conditional:
                        for index in conditional[predicate]:
                            values_by_shape.setdefault(index, []).append((node, edges[predicate]))
        for index in sorted(values_by_shape):
            shape, results = self.property_shapes[index], found[index]
            if values_by_shape[index]:
                shape._validate_values(context, values_by_shape[index], results)
            elif (path := shape._predicate) is not None:
                shape._validate_values(context, [(node, edges.get(path, ())) for node, edges in nodes_with_edges], results)
            elif (values_from_edges := shape._values_from_edges) is not None:
                shape._validate_values(context, [(node, values_from_edges(edges)) for node, edges in nodes_with_edges], results)
            else:
                shape.validate(context, focus_nodes, results)

    def _validate_values(
        self, context: ValidationContext, nodes_with_values: Iterable[tuple[Term, Sequence[Term]]], results: list[ValidationResult]
    ) -> None:
        """Run the constraints of a property shape on focus nodes, each with its value nodes."""
        data, path, tests, checks, (min_count, max_count) = context.data, self.path, self.value_tests, self.value_checks, self.cardinality
        property_shapes = self.property_shapes
        for node, values in nodes_with_values:
            if not min_count <= len(values) <= max_count:
                _run_checks(self.cardinality_checks, context, node, values, results)
            if not values:
                _run_checks(self.checks_without_values, context, node, values, results)
                continue
            for test in tests:
                for value in values:
                    if test.holds(data, value) or test.excuses(context, value):
                        continue
                    results.append(ValidationResult(node, path, value, test.source))
            if checks:
                _run_checks(checks, context, node, values, results)
            if property_shapes:
                count = len(results)
                self._validate_property_shapes(context, values, results)
                if len(results) > count and any(map(context.is_incomplete, values)):
                    del results[count:]
                    self._validate_property_shapes(context, [value for value in values if not context.is_incomplete(value)], results)

    def validate_node(self, context: ValidationContext, node: Term) -> tuple[ValidationResult, ...]:
        """The results for one node; none when it conforms (section 3.5, conformance checking)."""
        if self._has_value_constraints_only and not self.value_checks:
            data = context.data
            failing = [test for test in self.value_tests if not test.holds(data, node) and not test.excuses(context, node)]
            return tuple([ValidationResult(node, None, node, test.source) for test in failing])
        results: list[ValidationResult] = []
        self.validate(context, (node,), results)
        return tuple(results)


def on_complete_values(check: ValueCheck) -> ValueCheck:
    """The constraint without the value nodes that are incomplete."""

    def run(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        count = len(results)
        check(context, focus_node, values, results)
        if len(results) > count and any(map(context.is_incomplete, values)):
            del results[count:]
            check(context, focus_node, [value for value in values if not context.is_incomplete(value)], results)

    return run


def on_complete_focus_nodes(check: ValueCheck) -> ValueCheck:
    """The constraint without the focus nodes that are incomplete."""

    def run(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        count = len(results)
        check(context, focus_node, values, results)
        if len(results) > count and context.is_incomplete(focus_node):
            del results[count:]

    return run


def _run_checks(
    checks: Iterable[ValueCheck], context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]
) -> None:
    for check in checks:
        check(context, focus_node, values, results)
