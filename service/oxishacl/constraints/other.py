"""Other constraints (SHACL 1.0, section 4.8)."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import pyoxigraph as ox

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.report import PropertyPath, ValidationResult
from oxishacl.shape import Check, Test, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.terms import Term, sh


def _closed(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.8.1: « each triple that has a value node as its subject and a predicate that is not explicitly enumerated »."""
    ignored = declared.one("ignoredProperties")
    allowed = set(() if ignored is None else declared.members("ignoredProperties", ignored))
    if any(not isinstance(predicate, ox.NamedNode) for predicate in allowed):
        raise declared.fault("not-an-iri", "ignoredProperties")
    if not declared.flag("closed"):
        return
    allowed |= {path for shape in declared.all("property") for path in declared.graph.objects(shape, sh("path"))}
    source = declared.source("Closed", [(sh("closed"), declared.all("closed")[0])])

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        for value in values:
            for predicate in run.data.predicates(value):
                if predicate not in allowed:
                    path = _step(predicate)
                    found += (ValidationResult(focus, path, target, source) for target in run.data.objects(value, predicate))

    yield check


def _step(predicate: ox.NamedNode) -> PropertyPath:
    return paths.read_path(predicate, graph=_NOTHING, shape=predicate)


_NOTHING: Final = Index(())


def _has_value(declared: ShapeDeclaration) -> Iterator[Check]:
    """4.8.2: « If the RDF term $hasValue is not among the value nodes, there is a validation result »."""
    for wanted in declared.all("hasValue"):
        yield _holding(declared, wanted)


def _holding(declared: ShapeDeclaration, wanted: Term) -> Check:
    path, source = declared.path, declared.source("HasValue", [(sh("hasValue"), wanted)])

    def check(_: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        if wanted not in values:
            found.append(ValidationResult(focus, path, None, source, count=len(values)))

    return check


def _in(declared: ShapeDeclaration) -> Iterator[Test]:
    """4.8.3: « each value node that is not a member of $in »."""
    head = declared.one("in")
    assert head is not None
    members = declared.members("in", head)
    yield Test(declared.source("In", [(sh("in"), member) for member in members]), partial(_is_among, frozenset(members)))


def _is_among(members: frozenset[Term], _: Index, value: Term) -> bool:
    return value in members


BUILDERS: Final = {"closed": _closed, "hasValue": _has_value, "in": _in}
