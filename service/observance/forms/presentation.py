"""How forms present what the shapes ask for: names, order, groups and widgets, as the knowledge base states them beside its shapes.

A presentation is a node shape without a target, so that it validates nothing, which `obs:presents` a class or a property. Its property
shapes have the non-validating properties of SHACL 1.0, section 2.3.2 (`sh:name`, `sh:description`, `sh:order`, `sh:group`,
`sh:defaultValue`), and widgets of DASH. A kind without a presentation has a form all the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, OBS, RDF, RDFS, SH, SKOS, local_name
from observance.knowledge import Knowledge
from observance.rdf import StatementTable

DASH: Final = "http://datashapes.org/dash#"
_FIRST: Final = ox.NamedNode(RDF + "first")
_REST: Final = ox.NamedNode(RDF + "rest")
_NIL: Final = ox.NamedNode(RDF + "nil")
_ALTERNATIVE: Final = ox.NamedNode(SH + "alternativePath")
_CAPITAL: Final = re.compile(r"(?<=[a-z])[A-Z](?=[a-z])")
_LAST: Final = 1_000_000.0
"""The place of a field without `sh:order`."""

Node = ox.NamedNode | ox.BlankNode


class Path(Struct, frozen=True):
    """The property, or the properties of which each value has one."""

    predicates: tuple[str, ...]


class Statements(Struct, frozen=True, dict=True):
    """The statements of the shapes, read by node and property."""

    table: StatementTable

    def values(self, node: Node, iri: str) -> Sequence[ox.NamedNode | ox.BlankNode | ox.Literal]:
        """The values of the property, in file order."""
        return self.table.edges(node).get(ox.NamedNode(iri), ())

    def value(self, node: Node, iri: str) -> str:
        """The IRI or lexical form of the first value; empty if there is none."""
        return next((value.value for value in self.values(node, iri)), "")

    def texts(self, node: Node, iri: str) -> Mapping[str, str]:
        """The values of the property by language."""
        return texts(self.values(node, iri))

    def members(self, head: object) -> Iterator[ox.NamedNode | ox.Literal]:
        """Yield the members of a list."""
        while isinstance(head, ox.BlankNode):
            edges = self.table.edges(head)
            yield from edges.get(_FIRST, ())
            head = next(iter(edges.get(_REST, ())), _NIL)

    def path(self, shape: Node) -> Path | None:
        """The path of a property shape, if it is a property or an alternative of properties."""
        for value in self.values(shape, SH + "path"):
            if isinstance(value, ox.NamedNode):
                return Path((value.value,))
            for head in self.table.edges(value).get(_ALTERNATIVE, ()):
                members = tuple(self.members(head))
                if members and all(isinstance(member, ox.NamedNode) for member in members):
                    return Path(tuple(member.value for member in members))
        return None

    def subjects(self, iri: str) -> Iterator[tuple[Node, str]]:
        """Yield the subjects of the property, each with the IRI or lexical form of its value."""
        return ((subject, value.value) for subject, value in self.table.pairs(ox.NamedNode(iri)))


def texts(values: Sequence[object]) -> Mapping[str, str]:
    """Return the texts by language, the first of each."""
    found: dict[str, str] = {}
    for value in values:
        if isinstance(value, ox.Literal) and value.language:
            found.setdefault(value.language, value.value)
    return found


def labels(knowledge: Knowledge, iri: str) -> Mapping[str, str]:
    """Return the label of the term by language; the words of its local name if it has none."""
    edges = knowledge.statements.edges(ox.NamedNode(iri))
    found = texts(edges.get(ox.NamedNode(SKOS + "prefLabel"), ())) or texts(edges.get(ox.NamedNode(RDFS + "label"), ()))
    return found or dict.fromkeys(LANGUAGES, _CAPITAL.sub(lambda match: f" {match[0].lower()}", local_name(iri)))


def definitions(knowledge: Knowledge, iri: str) -> Mapping[str, str]:
    """Return the definition of the term by language; empty if it has none."""
    return texts(knowledge.statements.edges(ox.NamedNode(iri)).get(ox.NamedNode(SKOS + "definition"), ()))


class FieldPresentation(Struct, frozen=True, dict=True):
    """How a field is presented: the nodes that say so, the most specific one first."""

    statements: Statements
    nodes: tuple[Node, ...] = ()

    def value(self, iri: str) -> str:
        """The first value of the property; empty if no node has one."""
        return next((value.value for value in self.values(iri)), "")

    def values(self, iri: str) -> Sequence[ox.NamedNode | ox.BlankNode | ox.Literal]:
        """The values of the property at the first node that has any."""
        return next((values for node in self.nodes if (values := self.statements.values(node, iri))), ())

    def texts(self, iri: str) -> Mapping[str, str]:
        """The texts of the property by language."""
        return texts(self.values(iri))

    def is_true(self, iri: str) -> bool:
        """Whether the property is true."""
        return self.value(iri) == "true"

    @property
    def order(self) -> float:
        """The place among the fields."""
        return float(self.value(SH + "order") or _LAST)

    @property
    def choices(self) -> tuple[ox.NamedNode | ox.Literal, ...]:
        """The members of `sh:in`."""
        return tuple(member for head in self.values(SH + "in") for member in self.statements.members(head))


class Presentations(Struct, frozen=True, dict=True):
    """The presentations of a knowledge base."""

    statements: Statements
    knowledge: Knowledge

    @cached_property
    def _nodes(self) -> Mapping[str, tuple[Node, ...]]:
        nodes: dict[str, list[Node]] = {}
        for node, target in self.statements.subjects(OBS + "presents"):
            nodes.setdefault(target, []).append(node)
        return {target: tuple(found) for target, found in nodes.items()}

    def of(self, targets: Sequence[str]) -> tuple[Node, ...]:
        """The presentations of the classes or properties, in the order given."""
        return tuple(node for target in targets for node in self._nodes.get(target, ()))

    def text(self, targets: Sequence[str], iri: str) -> Mapping[str, str]:
        """The texts of a property of the presentations by language."""
        return FieldPresentation(self.statements, self.of(targets)).texts(iri)

    def value(self, targets: Sequence[str], iri: str) -> str:
        """The first value of a property of the presentations; empty if there is none."""
        return FieldPresentation(self.statements, self.of(targets)).value(iri)

    def name(self, target: str) -> str:
        """The local name of the presentation of the target, without what all have in common."""
        return next((local_name(node.value).removeprefix("form-") for node in self.of((target,))), "")

    def fields(self, targets: Sequence[str], *, is_record: bool) -> Mapping[Path, FieldPresentation]:
        """The fields that the presentations name, by path; those for records alone only if it is a record that is presented."""
        found: dict[Path, list[Node]] = {}
        for node in self.of(targets):
            if not is_record and self.statements.value(node, OBS + "validates"):
                continue
            for shape in self.statements.values(node, SH + "property"):
                path = self.statements.path(shape) if not isinstance(shape, ox.Literal) else None
                if path is not None and not isinstance(shape, ox.Literal):
                    found.setdefault(path, []).append(shape)
        return {path: FieldPresentation(self.statements, tuple(nodes)) for path, nodes in found.items()}

    @cached_property
    def groups(self) -> Mapping[str, tuple[float, Mapping[str, str]]]:
        """The place and heading of each group, by its local name."""
        table, found = self.statements, {}
        for node, kind in table.subjects(RDF + "type"):
            if kind == SH + "PropertyGroup" and isinstance(node, ox.NamedNode):
                order = float(table.value(node, SH + "order") or _LAST)
                found[local_name(node.value)] = (order, table.texts(node, RDFS + "label"))
        return found
