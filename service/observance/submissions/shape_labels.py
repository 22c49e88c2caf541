"""A shape in a few words of Turtle, for a sentence that must name one without an IRI."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from observance.core.namespaces import SH, XSD, compact
from oxishacl.data_graph import Index
from oxishacl.terms import FIRST, Term, sh

_DEEPEST: Final = 4
_LONGEST: Final = 160
_BARE: Final = frozenset(XSD + name for name in ("integer", "decimal", "boolean"))
# What a shape says about itself, not about values.
_UNSAID: Final = frozenset(sh(name) for name in ("message", "severity", "name", "description", "order", "group", "sparql", "prefixes"))


def describe(node: Term, *, graph: Index) -> str:
    """The IRI, compact, or what the blank node asks for: `sh:not [ sh:datatype xsd:date ]`, cut where it grows long."""
    text = node_text(node) if not isinstance(node, ox.BlankNode) else " ; ".join(_properties(node, graph=graph, depth=0))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def node_text(term: Term) -> str:
    """The term as a person writes it: compact, a literal between quotation marks."""
    if isinstance(term, ox.NamedNode):
        return compact(term.value)
    if isinstance(term, ox.Literal):
        if term.datatype.value in _BARE:
            return term.value[:80]
        shown = term.value if len(term.value) <= 80 else term.value[:77] + "…"
        return f'"{shown}"' + (f"@{term.language}" if term.language else "")
    return str(term)


def _properties(node: Term, *, graph: Index, depth: int) -> Iterator[str]:
    for predicate in graph.predicates(node):
        if predicate.value.startswith(SH) and predicate not in _UNSAID:
            for value in graph.objects(node, predicate):
                yield f"{compact(predicate.value)} {_value(value, graph=graph, depth=depth)}"


def _value(value: Term, *, graph: Index, depth: int) -> str:
    if not isinstance(value, ox.BlankNode):
        return node_text(value)
    if depth >= _DEEPEST:
        return "…"
    if graph.objects(value, FIRST):
        return "( " + " ".join(_value(member, graph=graph, depth=depth + 1) for member in graph.members(value) or ()) + " )"
    return "[ " + " ; ".join(_properties(value, graph=graph, depth=depth + 1)) + " ]"
