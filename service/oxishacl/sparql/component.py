"""SPARQL-based constraint components: parameters and validators that a shapes graph itself declares (SHACL 1.0, section 6)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index
from oxishacl.errors import InvalidInputError
from oxishacl.report import ResultSource, ValidationResult
from oxishacl.shape import Batch, Check, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.sparql.constraint import ALWAYS, declared_prefixes, messages, select_constraint, text_of
from oxishacl.sparql.prebinding import PreparedQuery, prepare_query
from oxishacl.sparql.store import SHAPES
from oxishacl.terms import Term, is_true, sh, shown

_NAME: Final = re.compile(r"[^\W\d]\w*$")
_RESERVED: Final = frozenset({"this", "shapesGraph", "currentShape", "path", "PATH", "value"})


class ComponentParameter(Struct, frozen=True):
    """A parameter of a component: its property, the variable that holds its value, and whether a shape may leave it out."""

    predicate: ox.NamedNode
    name: str
    optional: bool


class ConstraintComponent(Struct, frozen=True):
    """A constraint component that a shapes graph declares."""

    node: ox.NamedNode
    parameters: tuple[ComponentParameter, ...]
    for_nodes: Term | None
    for_properties: Term | None


def read_components(graph: Index) -> list[ConstraintComponent]:
    """6.1: every SHACL instance of sh:ConstraintComponent in the shapes graph that has parameters."""
    return [_component(node, graph=graph) for node in graph.instances(sh("ConstraintComponent")) if graph.objects(node, sh("parameter"))]


def _component(node: Term, *, graph: Index) -> ConstraintComponent:
    parameters = [_parameter(each, graph=graph, component=node) for each in graph.objects(node, sh("parameter"))]
    if not isinstance(node, ox.NamedNode) or all(each.optional for each in parameters):
        raise InvalidInputError("component", shape=shown(node))
    either = graph.one(node, sh("validator"))
    own = graph.one(node, sh("nodeValidator")), graph.one(node, sh("propertyValidator"))
    return ConstraintComponent(node, tuple(sorted(parameters, key=lambda each: each.name)), own[0] or either, own[1] or either)


def _parameter(node: Term, *, graph: Index, component: Term) -> ComponentParameter:
    """6.2.1: « The local name of an IRI is … the longest NCNAME at the end »: the name of the variable; some names are SHACL's own."""
    predicates = graph.objects(node, sh("path"))
    name = _NAME.search(predicates[0].value) if len(predicates) == 1 and isinstance(predicates[0], ox.NamedNode) else None
    if name is None or name[0] in _RESERVED:
        raise InvalidInputError("component", shape=shown(component))
    assert isinstance(predicates[0], ox.NamedNode)
    return ComponentParameter(predicates[0], name[0], is_true(graph.one(node, sh("optional"))))


def compile_component(declared: ShapeDeclaration, *, known: Sequence[ConstraintComponent]) -> tuple[list[Check], list[Batch]]:
    """6.3: what validators of the components say of a shape that has a value for each parameter that is not optional."""
    checks: list[Check] = []
    batches: list[Batch] = []
    for component in known:
        validator = component.for_nodes if declared.path is None else component.for_properties
        for values in () if validator is None else _values(declared, component):
            assert validator is not None
            query, source = _prepared(declared, component=component, validator=validator, values=values)
            if _asks(validator, graph=declared.graph):
                checks.append(_asking(query, source=source, parameters=values))
            else:
                batches.append(select_constraint(query, source=source, parameters=values))
    return checks, batches


def _asks(validator: Term, *, graph: Index) -> bool:
    return bool(graph.objects(validator, sh("ask")))


def _values(declared: ShapeDeclaration, component: ConstraintComponent) -> Iterator[Mapping[str, Term]]:
    """6.1: a component with one parameter has a constraint for each value; with several, each parameter has one value at most."""
    given = [(each, declared.graph.objects(declared.node, each.predicate)) for each in component.parameters]
    if any(not values and not each.optional for each, values in given):
        return
    if len(given) == 1:
        yield from ({given[0][0].name: value} for value in given[0][1])
        return
    for each, values in given:
        if len(values) > 1:
            raise InvalidInputError("several-values", shape=shown(declared.node), parameter=shown(each.predicate))
    yield {each.name: values[0] for each, values in given if values}


def _prepared(
    declared: ShapeDeclaration, *, component: ConstraintComponent, validator: Term, values: Mapping[str, Term]
) -> tuple[PreparedQuery, ResultSource]:
    graph = declared.graph
    asks = _asks(validator, graph=graph)
    subject = ("value",) if asks else ()
    query = prepare_query(
        text_of(validator, "ask" if asks else "select", graph=graph),
        shape=shown(validator if isinstance(validator, ox.NamedNode) else component.node),
        form="ASK" if asks else "SELECT",
        prefixes=declared_prefixes(validator, graph=graph),
        given=(*ALWAYS, *values, *subject),
        fixed=(*ALWAYS, *(each.name for each in component.parameters), *subject),
        path=None if declared.path is None else declared.path.sparql,
    )
    predicates = {each.name: each.predicate for each in component.parameters}
    said = declared.messages or messages(validator, graph=graph) or messages(component.node, graph=graph)
    return query, declared.source(component.node, ((predicates[name], value) for name, value in values.items()), messages=said)


def _asking(query: PreparedQuery, *, source: ResultSource, parameters: Mapping[str, Term]) -> Check:
    """6.3: « for each value node … where the SPARQL ASK query … returns false »; here $value is bound to the value node."""
    fixed = {**parameters, "shapesGraph": SHAPES, "currentShape": source.shape}
    path = source.path

    def check(run: ValidationRun, focus: Term, values: Sequence[Term], found: list[ValidationResult]) -> None:
        ask = run.sparql.ask
        found += [
            ValidationResult(focus, path, value, source)
            for value in values
            if not ask(query, given={**fixed, "this": focus, "value": value})
        ]

    return check
