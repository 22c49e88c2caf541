"""A shape that was compiled: what it checks, as functions, and how it is run over focus nodes (SHACL 1.0, section 3.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    properties: tuple["Shape", ...]
    batches: tuple[Batch, ...]

    def run(self, run: Run, focus: Sequence[Term], found: list[Result]) -> None:
        """Add the results of these focus nodes. 3.4.2: « the union of the results of the validation of each focus node »."""
        if self.deactivated:
            return
        if self.path is None:
            for check in self.checks:
                for node in focus:
                    check(run, node, (node,), found)
            for shape in self.properties:
                shape.run(run, focus, found)
        else:
            self._reach(self.path.values, run, focus, found)
        for batch in self.batches:
            batch(run, focus, found)

    def _reach(self, values_of: Values, run: Run, focus: Sequence[Term], found: list[Result]) -> None:
        data = run.data
        for node in focus:
            values = values_of(data, node)
            for check in self.checks:
                check(run, node, values, found)
            for shape in self.properties if values else ():
                shape.run(run, values, found)

    def causes(self, run: Run, node: Term) -> tuple[Result, ...]:
        """Why the node does not conform to the shape; nothing when it conforms (3.5: conformance checking)."""
        found: list[Result] = []
        self.run(run, (node,), found)
        return tuple(found)
