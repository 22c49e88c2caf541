"""SPARQL-based constraints: sh:sparql (SHACL 1.0, section 5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.errors import ForbiddenError, InvalidInputError
from oxishacl.report import PropertyPath, ResultSource, ValidationResult
from oxishacl.shape import Batch, ValidationRun
from oxishacl.shapes_graph import ShapeDeclaration
from oxishacl.sparql.prebinding import PreparedQuery, prepare_query
from oxishacl.sparql.store import SHAPES
from oxishacl.terms import IMPORTS, Term, is_resource, is_text, is_true, sh, shown

ALWAYS: Final = ("this", "shapesGraph", "currentShape")
_SAID: Final = frozenset({"this", "path", "value", "message", "failure"})
_NOTHING: Final = Index(())


def compile_sparql_constraints(declared: ShapeDeclaration) -> Iterator[Batch]:
    """5.1: « The values of sh:sparql at a shape are … SPARQL-based constraints », each compiled."""
    for node in declared.all("sparql"):
        if not is_resource(node):
            raise declared.fault("not-a-shape", "sparql")
        if any(is_true(value) for value in declared.graph.objects(node, sh("deactivated"))):
            continue
        query = prepare_query(
            text_of(node, "select", graph=declared.graph),
            shape=shown(node),
            form="SELECT",
            prefixes=declared_prefixes(node, graph=declared.graph),
            given=ALWAYS,
            fixed=ALWAYS,
            path=None if declared.path is None else declared.path.sparql,
        )
        source = declared.source("SPARQL", constraint=node, messages=messages(node, graph=declared.graph))
        yield select_constraint(query, source=source, parameters={})


def text_of(node: Term, name: str, *, graph: Index) -> str:
    """5.2: « exactly one value for the property sh:select », an xsd:string; the same for sh:ask (6.2.1)."""
    values = graph.objects(node, sh(name))
    if len(values) != 1 or not isinstance(values[0], ox.Literal) or values[0].language:
        raise ForbiddenError("sparql-missing", shape=shown(node), parameter=f"sh:{name}")
    return values[0].value


def messages(node: Term, *, graph: Index) -> tuple[ox.Literal, ...]:
    """The texts of sh:message at the node."""
    return tuple(text for text in graph.objects(node, sh("message")) if isinstance(text, ox.Literal) and is_text(text))


def select_constraint(query: PreparedQuery, *, source: ResultSource, parameters: Mapping[str, Term]) -> Batch:
    """5.3.1: « for each solution … there is a validation result »; several focus nodes are asked about at once where that is the same."""
    fixed: dict[str, Sequence[Term]] = {name: (value,) for name, value in parameters.items()}
    fixed |= {"shapesGraph": (SHAPES,), "currentShape": (source.shape,)}

    def batch(run: ValidationRun, focus: Sequence[Term], found: list[ValidationResult]) -> None:
        if query.needs is not None:
            needs, data = query.needs, run.data
            focus = [node for node in focus if needs(data, node)]
        if query.together and len(focus) > 1 and not any(isinstance(node, ox.Literal) for node in focus):
            solutions: dict[Term, list[dict[str, Term]]] = {}
            for solution in run.sparql.select(query, given={**fixed, "this": focus}):
                solutions.setdefault(solution["this"], []).append(solution)
            found += (_result(node, solution, source=source) for node in focus for solution in solutions.get(node, ()))
        else:
            for node in focus:
                answers = run.sparql.select(query, given={**fixed, "this": (node,)})
                found += (_result(node, solution, source=source) for solution in answers)

    return batch


def _result(focus: Term, solution: Mapping[str, Term], *, source: ResultSource) -> ValidationResult:
    """5.3.2: the value is that of `?value`, « else … the value node » at a node shape; the path that of `?path`, else the shape's."""
    if is_true(solution.get("failure")):
        raise ForbiddenError("sparql-failure", shape=shown(source.constraint or source.shape))
    step, message = solution.get("path"), solution.get("message")
    path: PropertyPath | None = paths.read_path(step, graph=_NOTHING, shape=source.shape) if isinstance(step, ox.NamedNode) else source.path
    return ValidationResult(
        focus,
        path,
        solution.get("value", focus if source.path is None else None),
        source,
        bindings=tuple((name, term) for name, term in solution.items() if name not in _SAID),
        message=message if isinstance(message, ox.Literal) else None,
    )


def declared_prefixes(node: Term, *, graph: Index) -> Mapping[str, str]:
    """5.2.1: « the values of the SPARQL property path sh:prefixes/owl:imports*/sh:declare »; one namespace for each prefix."""
    found: dict[str, str] = {}
    ontologies = dict.fromkeys(each for start in graph.objects(node, sh("prefixes")) for each in graph.closure(start, IMPORTS))
    for declaration in (each for ontology in ontologies for each in graph.objects(ontology, sh("declare"))):
        prefix, namespace = graph.one(declaration, sh("prefix")), graph.one(declaration, sh("namespace"))
        if not isinstance(prefix, ox.Literal) or not isinstance(namespace, ox.Literal):
            raise InvalidInputError("prefix", shape=shown(node), prefix=shown(prefix))
        if found.setdefault(prefix.value, namespace.value) != namespace.value:
            raise InvalidInputError("prefix", shape=shown(node), prefix=prefix.value)
    return found
