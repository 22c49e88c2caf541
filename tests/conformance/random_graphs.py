"""Hypothesis strategies for small random shapes graphs and data graphs."""

from collections.abc import Callable, Sequence

import pyoxigraph as ox
from hypothesis import strategies as st

from observance.core import RDF, RDFS, XSD
from oxishacl import FIRST, TYPE, Term, sh
from oxishacl.terms import NIL, REST, Resource

Draw = Callable[[st.SearchStrategy], object]

EX = "https://example.org/"


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


NODES: Sequence[Resource] = (*(ox.NamedNode(f"{EX}n{i}") for i in range(4)), ox.BlankNode("b0"), ox.BlankNode("b1"))
PREDICATES = tuple(ox.NamedNode(f"{EX}p{i}") for i in range(3))
CLASSES = tuple(ox.NamedNode(f"{EX}C{i}") for i in range(3))
# Families of literals that are comparable with each other. Each draw uses one, because pySHACL also orders literals that SPARQL cannot.
FAMILIES = (
    (*(_typed(text, "integer") for text in ("0", "1", "7", "-3")), *(_typed(text, "decimal") for text in ("1.5", "7.0"))),
    tuple(_typed(text, "date") for text in ("2018-06-29", "2020-02-29", "2020-03-01")),
    tuple(_typed(text, "dateTime") for text in ("2018-06-29T10:00:00Z", "2020-02-29T00:00:00Z", "2018-06-29T11:00:00+02:00")),
    tuple(ox.Literal(text) for text in ("", "a", "abc", "2020-01", "été")),
)
TEXTS = tuple(ox.Literal(text, language=tag) for text, tag in (("a", "en"), ("a", "fr"), ("b", "en"), ("c", "fr-ca"), ("d", "EN")))
MIXED = (*(literal for family in FAMILIES for literal in family[:2]), *TEXTS, _typed("true", "boolean"))
PATTERNS = ("^a", "b", "^[0-9]{4}-[0-9]{2}$", "^https?://", ".", "é$", "^(a|b)*c$")
NODE_KINDS = ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
DATATYPES = ("integer", "decimal", "date", "dateTime", "string", "boolean")


@st.composite
def graphs(draw) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """A shapes graph and a data graph over the same few terms."""
    family = draw(st.sampled_from((*FAMILIES, ())))
    literals = family or MIXED
    return draw(shapes_graphs(literals, ordered=bool(family))), draw(data_graphs(literals))


@st.composite
def data_graphs(draw, literals: Sequence[ox.Literal]) -> list[ox.Quad]:
    """Up to some twenty triples over a few nodes, with classes and subclasses."""
    terms = (*NODES, *literals)
    triples = draw(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(terms)), max_size=16))
    types = draw(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(CLASSES)), max_size=4))
    subclasses = draw(st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=2))
    quads = [ox.Quad(s, p, o) for s, p, o in triples]
    quads += [ox.Quad(s, TYPE, o) for s, o in types]
    return quads + [ox.Quad(s, ox.NamedNode(RDFS + "subClassOf"), o) for s, o in subclasses]


@st.composite
def shapes_graphs(draw, literals: Sequence[ox.Literal], *, ordered: bool) -> list[ox.Quad]:
    """One to three shapes with targets, each with a few constraints, nested two deep at most."""
    writer = _Writer(draw, literals, ordered=ordered)
    for number in range(draw(st.integers(1, 3))):
        writer.add_target(writer.add_shape(depth=2, name=f"{EX}shape{number}"))
    return writer.quads


class _Writer:
    """A writer of shapes as quads, whose choices are drawn by hypothesis."""

    def __init__(self, draw: Draw, literals: Sequence[ox.Literal], *, ordered: bool) -> None:
        self.ordered = ordered
        self.draw, self.literals, self.quads, self._count = draw, literals, [], 0
        self.iris_and_literals: Sequence[Term] = [*(node for node in NODES if isinstance(node, ox.NamedNode)), *literals]

    def choose(self, options: Sequence) -> object:
        return self.draw(st.sampled_from(options))

    def add(self, subject: Resource, name: str, value: Term) -> None:
        self.quads.append(ox.Quad(subject, sh(name), value))

    def new_node(self) -> ox.BlankNode:
        self._count += 1
        return ox.BlankNode(f"s{self._count}")

    def add_list(self, members: Sequence[Term]) -> Resource:
        head: Resource = NIL
        for member in reversed(members):
            node = self.new_node()
            self.quads += [ox.Quad(node, FIRST, member), ox.Quad(node, REST, head)]
            head = node
        return head

    def add_target(self, node: Resource) -> None:
        kind = self.choose(("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf"))
        options = {"targetNode": self.iris_and_literals, "targetClass": CLASSES}.get(kind, PREDICATES)
        self.add(node, kind, self.choose(options))

    def add_shape(self, *, depth: int, name: str | None = None, only_nodes: bool = False) -> Resource:
        node = ox.NamedNode(name) if name else self.new_node()
        is_property = not only_nodes and self.choose((True, True, False))
        self.quads.append(ox.Quad(node, TYPE, sh("PropertyShape" if is_property else "NodeShape")))
        if is_property:
            self.add(node, "path", self.add_path(depth=2))
        names = [
            *ANY_SHAPE_CONSTRAINTS,
            *(PROPERTY_SHAPE_CONSTRAINTS if is_property else ()),
            *(SHAPE_BASED_CONSTRAINTS if depth else ()),
            *(QUALIFIED_CONSTRAINTS if depth and is_property else ()),
        ]
        names = [name for name in names if self.ordered or not ("clusive" in name or name.startswith("lessThan"))]
        for constraint in self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
            self.add_constraint(node, constraint, depth=depth)
        if self.choose((True, False, False)):
            self.add(node, "severity", sh(self.choose(("Info", "Warning", "Violation"))))
        return node

    def add_path(self, *, depth: int) -> Resource:
        kind = self.choose(("plain", "plain", "plain", "inverse", "sequence", "alternative", "*", "+", "?")) if depth else "plain"
        if kind == "plain":
            return self.choose(PREDICATES)
        if kind == "sequence":
            return self.add_list([self.add_path(depth=depth - 1), self.add_path(depth=depth - 1)])
        node = self.new_node()
        names = {"inverse": "inversePath", "*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}
        if kind == "alternative":
            self.add(node, "alternativePath", self.add_list([self.add_path(depth=depth - 1), self.add_path(depth=depth - 1)]))
        else:
            self.add(node, names[kind], self.add_path(depth=depth - 1))
        return node

    def add_constraint(self, node: Resource, name: str, *, depth: int) -> None:
        if name in {"not", "node", "property"}:
            inner = self.add_shape(depth=depth - 1, only_nodes=name == "node")
            if name == "property" and not any(q.subject == inner and q.predicate == sh("path") for q in self.quads):
                name = "node"
            self.add(node, name, inner)
        elif name in {"and", "or", "xone"}:
            self.add(node, name, self.add_list([self.add_shape(depth=depth - 1) for _ in range(self.draw(st.integers(1, 2)))]))
        elif name == "qualifiedValueShape":
            self.add(node, name, self.add_shape(depth=depth - 1, only_nodes=True))
            self.add(node, self.choose(("qualifiedMinCount", "qualifiedMaxCount")), self.count())
        elif name == "closed":
            self.add(node, name, _typed("true", "boolean"))
            self.add(node, "ignoredProperties", self.add_list([ox.NamedNode(RDF + "type"), self.choose(PREDICATES)]))
        else:
            self.add(node, name, self.value(name))

    def count(self) -> ox.Literal:
        return _typed(str(self.draw(st.integers(0, 3))), "integer")

    def value(self, name: str) -> Term:
        if name in {"in", "languageIn"}:
            texts = [ox.Literal(tag) for tag in ("en", "fr", "*")]
            return self.add_list(self.draw(st.lists(st.sampled_from(self.iris_and_literals if name == "in" else texts), max_size=4)))
        options = {
            "class": CLASSES,
            "datatype": [ox.NamedNode(XSD + kind) for kind in DATATYPES] + [ox.NamedNode(RDF + "langString")],
            "nodeKind": [sh(kind) for kind in NODE_KINDS],
            "pattern": [ox.Literal(pattern) for pattern in PATTERNS],
            "hasValue": self.iris_and_literals,
            "uniqueLang": [_typed("true", "boolean"), _typed("false", "boolean")],
        }
        if name in options:
            return self.choose(options[name])
        if name in {"equals", "disjoint", "lessThan", "lessThanOrEquals"}:
            return self.choose(PREDICATES)
        if "clusive" in name:
            return self.choose(self.literals)
        # A blank node has no length, but pySHACL lets it conform to sh:minLength 0.
        return _typed(str(self.draw(st.integers(1, 3))), "integer") if name == "minLength" else self.count()


ANY_SHAPE_CONSTRAINTS = (
    "class", "datatype", "nodeKind", "minLength", "maxLength", "pattern", "in", "languageIn", "hasValue", "equals", "disjoint", "closed",
    "minInclusive", "minExclusive", "maxInclusive", "maxExclusive",
)  # fmt: skip
PROPERTY_SHAPE_CONSTRAINTS = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")
SHAPE_BASED_CONSTRAINTS = ("not", "node", "property", "and", "or", "xone")
# pySHACL ignores it in node shapes.
QUALIFIED_CONSTRAINTS = ("qualifiedValueShape",)
