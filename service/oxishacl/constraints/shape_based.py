"""Shape-based constraints (SHACL 1.0, section 4.7); sh:property is run by the shape itself, since its results are results of their own."""

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from oxishacl.report import ConstraintBranch, ResultSource, ValidationResult
from oxishacl.shape import Check, Shape, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _node(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.7.1: « each value node that does not conform to $node »."""
    for value, shape in declared.shapes("node"):
        if shape.path is not None:
            raise declared.fault("not-a-node-shape", "node")
        yield _conforming(declared.source("Node", [(sh("node"), value)]), shape)


def _conforming(source: ResultSource, shape: Shape) -> Check:
    path = source.path

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        for value in values:
            causes = shape.causes(run, value)
            if causes:
                found.append(ValidationResult(focus, path, value, source, (ConstraintBranch(shape.node, value, causes),)))

    return check


def _qualified(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.7.3: the « number of value nodes that conform to the given shape », siblings' left out where the shapes are to be disjoint."""
    path = declared.path
    least, most = declared.integer("qualifiedMinCount"), declared.integer("qualifiedMaxCount")
    wanted = declared.one("qualifiedValueShape")
    if wanted is None or (least is None and most is None):
        return
    shape = declared.shape("qualifiedValueShape", wanted)
    siblings = tuple(declared.shape("qualifiedValueShape", sibling) for sibling in _siblings(declared, own=wanted))
    low = declared.source("QualifiedMinCount", _parameters(declared, "qualifiedMinCount"))
    high = declared.source("QualifiedMaxCount", _parameters(declared, "qualifiedMaxCount"))

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        count, branches = 0, list[ConstraintBranch]()
        for value in values:
            own = shape.causes(run, value)
            branches.append(ConstraintBranch(shape.node, value, own))
            count += not own and all(sibling.causes(run, value) for sibling in siblings)
        if least is not None and count < least:
            found.append(ValidationResult(focus, path, None, low, tuple(branches), count))
        if most is not None and count > most:
            found.append(ValidationResult(focus, path, None, high, tuple(each for each in branches if not each.causes), count))

    yield check


def _siblings(declared: ShapeDeclaration, *, own: Term) -> Sequence[Term]:
    """4.7.3: « the set of all values of the SPARQL property path sh:property/sh:qualifiedValueShape for any shape in ps »."""
    if not declared.flag("qualifiedValueShapesDisjoint"):
        return ()
    graph, prop = declared.graph, sh("property")
    parents = graph.subjects(prop, declared.node)
    beside = [shape for parent in parents for shape in graph.objects(parent, prop)]
    found = dict.fromkeys(value for shape in beside for value in graph.objects(shape, sh("qualifiedValueShape")))
    return [value for value in found if value != own]


def _parameters(declared: ShapeDeclaration, name: str) -> list[tuple[ox.NamedNode, Term]]:
    return [(sh(each), value) for each in (name, "qualifiedValueShape") for value in declared.all(each)]


BUILDERS: Final = {"node": _node, "qualifiedValueShape": _qualified}
