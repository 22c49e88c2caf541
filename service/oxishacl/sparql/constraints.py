"""SPARQL-based constraints (sh:sparql) and SPARQL-based constraint components (SHACL 1.0, sections 5 and 6)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.data_graph import Index
from oxishacl.errors import ForbiddenError, InvalidInputError
from oxishacl.paths import predicate_path
from oxishacl.report import ResultSource, ValidationResult
from oxishacl.shape import BatchCheck, ValidationContext, ValueCheck
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.sparql.lookups import NONE, POSSIBLE
from oxishacl.sparql.prebinding import SHAPES_GRAPH, PreparedQuery, prepare_query
from oxishacl.terms import IMPORTS, Term, is_resource, is_text, is_true, n_triples, sh

_ALWAYS_PRE_BOUND: Final = ("this", "shapesGraph", "currentShape")
_RESULT_VARIABLES: Final = frozenset({"this", "path", "value", "message", "failure"})
_LOCAL_NAME: Final = re.compile(r"[^\W\d]\w*$")
_RESERVED: Final = frozenset({"this", "shapesGraph", "currentShape", "path", "PATH", "value"})


def compile_sparql_constraints(declaration: ShapeDeclaration) -> Iterator[BatchCheck]:
    """5.1: « The values of sh:sparql at a shape are … SPARQL-based constraints », each compiled."""
    for node in declaration.values("sparql"):
        if not is_resource(node):
            raise declaration.error("not-a-shape", "sparql")
        if any(is_true(value) for value in declaration.graph.objects(node, sh("deactivated"))):
            continue
        query = prepare_query(
            _query_text(node, "select", graph=declaration.graph),
            shape=declaration.graph.name(node),
            form="SELECT",
            prefixes=declared_prefixes(node, graph=declaration.graph),
            pre_bound=_ALWAYS_PRE_BOUND,
            potentially_pre_bound=_ALWAYS_PRE_BOUND,
            path=None if declaration.path is None else declaration.path.sparql,
        )
        source = declaration.result_source("SPARQL", constraint=node, messages=_messages(node, graph=declaration.graph))
        yield _select_check(query, source=source, parameters={}, graph=declaration.graph)


def _query_text(node: Term, name: str, *, graph: Index) -> str:
    """5.2: « exactly one value for the property sh:select », an xsd:string; the same for sh:ask (6.2.1)."""
    values = graph.objects(node, sh(name))
    if len(values) != 1 or not isinstance(values[0], ox.Literal) or values[0].language:
        raise ForbiddenError("sparql-missing", shape=graph.name(node), parameter=f"sh:{name}")
    return values[0].value


def _messages(node: Term, *, graph: Index) -> tuple[ox.Literal, ...]:
    return tuple(message for message in graph.objects(node, sh("message")) if isinstance(message, ox.Literal) and is_text(message))


def _select_check(query: PreparedQuery, *, source: ResultSource, parameters: Mapping[str, Term], graph: Index) -> BatchCheck:
    """5.3.1: « for each solution … there is a validation result »; one evaluation for all focus nodes where the query allows it."""
    constants: dict[str, Term] = {**parameters, "shapesGraph": SHAPES_GRAPH, "currentShape": source.shape}
    bindings: dict[str, Sequence[Term]] = {name: (value,) for name, value in constants.items()}

    def check(context: ValidationContext, focus_nodes: Sequence[Term], results: list[ValidationResult]) -> None:
        if query.prefilter is not None:
            outcome, data = query.prefilter, context.data
            focus_nodes = [node for node in focus_nodes if outcome(data, {**constants, "this": node}) != NONE]
        if query.is_batchable and len(focus_nodes) > 1 and not any(isinstance(node, ox.Literal) for node in focus_nodes):
            solutions: dict[Term, list[dict[str, Term]]] = {}
            for solution in context.store.select(query, bindings={**bindings, "this": focus_nodes}):
                solutions.setdefault(solution["this"], []).append(solution)
            results += (_result(node, solution, source=source, graph=graph) for node in focus_nodes for solution in solutions.get(node, ()))
        else:
            for node in focus_nodes:
                of_node = context.store.select(query, bindings={**bindings, "this": (node,)})
                results += (_result(node, solution, source=source, graph=graph) for solution in of_node)

    return check


def _result(focus_node: Term, solution: Mapping[str, Term], *, source: ResultSource, graph: Index) -> ValidationResult:
    """5.3.2: the value is `?value`, « else … the value node » at a node shape; the path is `?path`, else the shape's."""
    if is_true(solution.get("failure")):
        raise ForbiddenError("sparql-failure", shape=graph.name(source.constraint or source.shape))
    path, message = solution.get("path"), solution.get("message")
    return ValidationResult(
        focus_node,
        predicate_path(path) if isinstance(path, ox.NamedNode) else source.path,
        solution.get("value", focus_node if source.path is None else None),
        source,
        bindings=tuple((name, term) for name, term in solution.items() if name not in _RESULT_VARIABLES),
        message=message if isinstance(message, ox.Literal) else None,
    )


def declared_prefixes(node: Term, *, graph: Index) -> Mapping[str, str]:
    """5.2.1: « the values of the SPARQL property path sh:prefixes/owl:imports*/sh:declare »; one namespace for each prefix."""
    prefixes: dict[str, str] = {}
    ontologies = dict.fromkeys(
        ontology for start in graph.objects(node, sh("prefixes")) for ontology in graph.transitive_objects(start, IMPORTS)
    )
    for declaration in (declaration for ontology in ontologies for declaration in graph.objects(ontology, sh("declare"))):
        prefix, namespace = graph.first_object(declaration, sh("prefix")), graph.first_object(declaration, sh("namespace"))
        if not isinstance(prefix, ox.Literal) or not isinstance(namespace, ox.Literal):
            raise InvalidInputError("prefix", shape=graph.name(node), prefix=n_triples(prefix))
        if prefixes.setdefault(prefix.value, namespace.value) != namespace.value:
            raise InvalidInputError("prefix", shape=graph.name(node), prefix=prefix.value)
    return prefixes


class ComponentParameter(Struct, frozen=True):
    """A parameter of a constraint component; `name` is that of the variable which has its value."""

    predicate: ox.NamedNode
    name: str
    is_optional: bool


class ConstraintComponent(Struct, frozen=True):
    """A SPARQL-based constraint component of a shapes graph, with its validators for node shapes and for property shapes."""

    node: ox.NamedNode
    parameters: tuple[ComponentParameter, ...]
    node_validator: Term | None
    property_validator: Term | None


def read_components(graph: Index) -> list[ConstraintComponent]:
    """6.1: every SHACL instance of sh:ConstraintComponent in the shapes graph that has parameters."""
    return [
        _read_component(node, graph=graph) for node in graph.instances(sh("ConstraintComponent")) if graph.objects(node, sh("parameter"))
    ]


def _read_component(node: Term, *, graph: Index) -> ConstraintComponent:
    parameters = [_read_parameter(parameter, graph=graph, component=node) for parameter in graph.objects(node, sh("parameter"))]
    if not isinstance(node, ox.NamedNode) or all(parameter.is_optional for parameter in parameters):
        raise InvalidInputError("component", shape=graph.name(node))
    either = graph.first_object(node, sh("validator"))
    node_validator = graph.first_object(node, sh("nodeValidator")) or either
    property_validator = graph.first_object(node, sh("propertyValidator")) or either
    return ConstraintComponent(node, tuple(sorted(parameters, key=lambda parameter: parameter.name)), node_validator, property_validator)


def _read_parameter(node: Term, *, graph: Index, component: Term) -> ComponentParameter:
    """6.2.1: the variable is « the local name of an IRI … the longest NCNAME at the end »; some names are reserved."""
    paths = graph.objects(node, sh("path"))
    name = _LOCAL_NAME.search(paths[0].value) if len(paths) == 1 and isinstance(paths[0], ox.NamedNode) else None
    if name is None or name[0] in _RESERVED:
        raise InvalidInputError("component", shape=graph.name(component))
    assert isinstance(paths[0], ox.NamedNode)
    return ComponentParameter(paths[0], name[0], is_true(graph.first_object(node, sh("optional"))))


def compile_components(
    declaration: ShapeDeclaration, *, components: Sequence[ConstraintComponent]
) -> tuple[list[ValueCheck], list[BatchCheck]]:
    """6.3: the constraints of the components for which the shape has a value of each parameter that is not optional."""
    value_checks: list[ValueCheck] = []
    batch_checks: list[BatchCheck] = []
    for component in components:
        validator = component.node_validator if declaration.path is None else component.property_validator
        for values in () if validator is None else _parameter_values(declaration, component):
            assert validator is not None
            query, source = _prepared(declaration, component=component, validator=validator, values=values)
            if _is_ask(validator, graph=declaration.graph):
                value_checks.append(_ask_check(query, source=source, parameters=values))
            else:
                batch_checks.append(_select_check(query, source=source, parameters=values, graph=declaration.graph))
    return value_checks, batch_checks


def _is_ask(validator: Term, *, graph: Index) -> bool:
    return bool(graph.objects(validator, sh("ask")))


def _parameter_values(declaration: ShapeDeclaration, component: ConstraintComponent) -> Iterator[Mapping[str, Term]]:
    """6.1: a component with one parameter has a constraint for each value; with several, each parameter has one value at most."""
    declared = [(parameter, declaration.graph.objects(declaration.node, parameter.predicate)) for parameter in component.parameters]
    if any(not values and not parameter.is_optional for parameter, values in declared):
        return
    if len(declared) == 1:
        yield from ({declared[0][0].name: value} for value in declared[0][1])
        return
    for parameter, values in declared:
        if len(values) > 1:
            shape = declaration.graph.name(declaration.node)
            raise InvalidInputError("several-values", shape=shape, parameter=n_triples(parameter.predicate))
    yield {parameter.name: values[0] for parameter, values in declared if values}


def _prepared(
    declaration: ShapeDeclaration, *, component: ConstraintComponent, validator: Term, values: Mapping[str, Term]
) -> tuple[PreparedQuery, ResultSource]:
    graph = declaration.graph
    is_ask = _is_ask(validator, graph=graph)
    value_variable = ("value",) if is_ask else ()
    query = prepare_query(
        _query_text(validator, "ask" if is_ask else "select", graph=graph),
        shape=graph.name(validator),
        form="ASK" if is_ask else "SELECT",
        prefixes=declared_prefixes(validator, graph=graph),
        pre_bound=(*_ALWAYS_PRE_BOUND, *values, *value_variable),
        potentially_pre_bound=(*_ALWAYS_PRE_BOUND, *(parameter.name for parameter in component.parameters), *value_variable),
        path=None if declaration.path is None else declaration.path.sparql,
    )
    predicates = {parameter.name: parameter.predicate for parameter in component.parameters}
    messages = declaration.messages or _messages(validator, graph=graph) or _messages(component.node, graph=graph)
    return query, declaration.result_source(
        component.node, ((predicates[name], value) for name, value in values.items()), messages=messages
    )


def _ask_check(query: PreparedQuery, *, source: ResultSource, parameters: Mapping[str, Term]) -> ValueCheck:
    """6.3: « for each value node … where the SPARQL ASK query … returns false »; $value is bound to the value node."""
    constants = {**parameters, "shapesGraph": SHAPES_GRAPH, "currentShape": source.shape}
    path = source.path

    def check(context: ValidationContext, focus_node: Term, values: Sequence[Term], results: list[ValidationResult]) -> None:
        for value in values:
            bindings = {**constants, "this": focus_node, "value": value}
            outcome = POSSIBLE if query.prefilter is None else query.prefilter(context.data, dict(bindings))
            if outcome == NONE or (outcome == POSSIBLE and not context.store.ask(query, bindings=bindings)):
                results.append(ValidationResult(focus_node, path, value, source))

    return check
