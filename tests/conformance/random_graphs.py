"""Small random shapes graphs and data graphs, as hypothesis draws them."""

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
# Literals that have an order among themselves: one family a draw, since pySHACL also orders what SPARQL does not compare.
FAMILIES = (
    (*(_typed(text, "integer") for text in ("0", "1", "7", "-3")), *(_typed(text, "decimal") for text in ("1.5", "7.0"))),
    tuple(_typed(text, "date") for text in ("2018-06-29", "2020-02-29", "2020-03-01")),
    tuple(_typed(text, "dateTime") for text in ("2018-06-29T10:00:00Z", "2020-02-29T00:00:00Z", "2018-06-29T11:00:00+02:00")),
    tuple(ox.Literal(text) for text in ("", "a", "abc", "2020-01", "été")),
)
TEXTS = tuple(ox.Literal(text, language=tag) for text, tag in (("a", "en"), ("a", "fr"), ("b", "en"), ("c", "fr-ca"), ("d", "EN")))
MIXED = (*(literal for family in FAMILIES for literal in family[:2]), *TEXTS, _typed("true", "boolean"))
PATTERNS = ("^a", "b", "^[0-9]{4}-[0-9]{2}$", "^https?://", ".", "é$", "^(a|b)*c$")
KINDS = ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
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
    below = draw(st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=2))
    quads = [ox.Quad(s, p, o) for s, p, o in triples]
    quads += [ox.Quad(s, TYPE, o) for s, o in types]
    return quads + [ox.Quad(s, ox.NamedNode(RDFS + "subClassOf"), o) for s, o in below]


@st.composite
def shapes_graphs(draw, literals: Sequence[ox.Literal], *, ordered: bool) -> list[ox.Quad]:
    """One to three shapes with targets, each with a few constraints, nested two deep at most."""
    writer = _Writer(draw, literals, ordered=ordered)
    for number in range(draw(st.integers(1, 3))):
        writer.target(writer.shape(depth=2, name=f"{EX}shape{number}"))
    return writer.quads


class _Writer:
    """Writes shapes as quads, each choice drawn."""

    def __init__(self, draw: Draw, literals: Sequence[ox.Literal], *, ordered: bool) -> None:
        self.ordered = ordered
        self.draw, self.literals, self.quads, self._count = draw, literals, [], 0
        self.named: Sequence[Term] = [*(node for node in NODES if isinstance(node, ox.NamedNode)), *literals]

    def choose(self, options: Sequence) -> object:
        return self.draw(st.sampled_from(options))

    def say(self, subject: Resource, name: str, value: Term) -> None:
        self.quads.append(ox.Quad(subject, sh(name), value))

    def fresh(self) -> ox.BlankNode:
        self._count += 1
        return ox.BlankNode(f"s{self._count}")

    def listed(self, members: Sequence[Term]) -> Resource:
        head: Resource = NIL
        for member in reversed(members):
            node = self.fresh()
            self.quads += [ox.Quad(node, FIRST, member), ox.Quad(node, REST, head)]
            head = node
        return head

    def target(self, node: Resource) -> None:
        kind = self.choose(("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf"))
        options = {"targetNode": self.named, "targetClass": CLASSES}.get(kind, PREDICATES)
        self.say(node, kind, self.choose(options))

    def shape(self, *, depth: int, name: str | None = None, only_nodes: bool = False) -> Resource:
        node = ox.NamedNode(name) if name else self.fresh()
        is_property = not only_nodes and self.choose((True, True, False))
        self.quads.append(ox.Quad(node, TYPE, sh("PropertyShape" if is_property else "NodeShape")))
        if is_property:
            self.say(node, "path", self.path(depth=2))
        names = [*ANYWHERE, *(ON_PATHS if is_property else ()), *(NESTED if depth else ()), *(QUALIFIED if depth and is_property else ())]
        names = [name for name in names if self.ordered or not ("clusive" in name or name.startswith("lessThan"))]
        for constraint in self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
            self.constrain(node, constraint, depth=depth)
        if self.choose((True, False, False)):
            self.say(node, "severity", sh(self.choose(("Info", "Warning", "Violation"))))
        return node

    def path(self, *, depth: int) -> Resource:
        kind = self.choose(("plain", "plain", "plain", "inverse", "sequence", "alternative", "*", "+", "?")) if depth else "plain"
        if kind == "plain":
            return self.choose(PREDICATES)
        if kind == "sequence":
            return self.listed([self.path(depth=depth - 1), self.path(depth=depth - 1)])
        node = self.fresh()
        names = {"inverse": "inversePath", "*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}
        if kind == "alternative":
            self.say(node, "alternativePath", self.listed([self.path(depth=depth - 1), self.path(depth=depth - 1)]))
        else:
            self.say(node, names[kind], self.path(depth=depth - 1))
        return node

    def constrain(self, node: Resource, name: str, *, depth: int) -> None:
        if name in {"not", "node", "property"}:
            inner = self.shape(depth=depth - 1, only_nodes=name == "node")
            if name == "property" and not any(q.subject == inner and q.predicate == sh("path") for q in self.quads):
                name = "node"
            self.say(node, name, inner)
        elif name in {"and", "or", "xone"}:
            self.say(node, name, self.listed([self.shape(depth=depth - 1) for _ in range(self.draw(st.integers(1, 2)))]))
        elif name == "qualifiedValueShape":
            self.say(node, name, self.shape(depth=depth - 1, only_nodes=True))
            self.say(node, self.choose(("qualifiedMinCount", "qualifiedMaxCount")), self.count())
        elif name == "closed":
            self.say(node, name, _typed("true", "boolean"))
            self.say(node, "ignoredProperties", self.listed([ox.NamedNode(RDF + "type"), self.choose(PREDICATES)]))
        else:
            self.say(node, name, self.value(name))

    def count(self) -> ox.Literal:
        return _typed(str(self.draw(st.integers(0, 3))), "integer")

    def value(self, name: str) -> Term:
        if name in {"in", "languageIn"}:
            texts = [ox.Literal(tag) for tag in ("en", "fr", "*")]
            return self.listed(self.draw(st.lists(st.sampled_from(self.named if name == "in" else texts), max_size=4)))
        options = {
            "class": CLASSES,
            "datatype": [ox.NamedNode(XSD + kind) for kind in DATATYPES] + [ox.NamedNode(RDF + "langString")],
            "nodeKind": [sh(kind) for kind in KINDS],
            "pattern": [ox.Literal(pattern) for pattern in PATTERNS],
            "hasValue": self.named,
            "uniqueLang": [_typed("true", "boolean"), _typed("false", "boolean")],
        }
        if name in options:
            return self.choose(options[name])
        if name in {"equals", "disjoint", "lessThan", "lessThanOrEquals"}:
            return self.choose(PREDICATES)
        if "clusive" in name:
            return self.choose(self.literals)
        # A blank node has no length: pySHACL lets it pass sh:minLength 0.
        return _typed(str(self.draw(st.integers(1, 3))), "integer") if name == "minLength" else self.count()


ANYWHERE = (
    "class", "datatype", "nodeKind", "minLength", "maxLength", "pattern", "in", "languageIn", "hasValue", "equals", "disjoint", "closed",
    "minInclusive", "minExclusive", "maxInclusive", "maxExclusive",
)  # fmt: skip
ON_PATHS = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")
NESTED = ("not", "node", "property", "and", "or", "xone")
# pySHACL passes over it at node shapes.
QUALIFIED = ("qualifiedValueShape",)
