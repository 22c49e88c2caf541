"""From the statements of a store to the description of one thing: what is said of it, and what refers to it, within bounds."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import DCTERMS, OBS, OWL, PROV, RDF, RDFS, SKOS, local_name
from observance.rdf import Store, is_iri
from observance.resources.labels import NAMES, NOTATION, TYPE, Labels, Term
from observance.resources.model import Resource, ResourceStatement, ResourceValue

_DEFINED_BY: Final = RDFS + "isDefinedBy"
_ONTOLOGY: Final = ox.NamedNode(OWL + "Ontology")
_WORDS: Final = (OBS + "authenticText", OBS + "workingTranslation")
_DEFINITION: Final = (SKOS + "definition", DCTERMS + "description", RDFS + "comment", SKOS + "scopeNote", SKOS + "note")
_PROVENANCE: Final = (
    OBS + "assertedBy", OBS + "confidence", OBS + "confidenceNote", DCTERMS + "source", DCTERMS + "creator", PROV + "wasDerivedFrom",
    PROV + "wasAttributedTo", PROV + "wasGeneratedBy", _DEFINED_BY,
)  # fmt: skip
_REST: Final = RDF + "rest"
_FIRST: Final = RDF + "first"
_MOST_STATEMENTS: Final = 5_000
"""How many statements are read of a thing and the nodes without names that belong to it."""
_MOST_DEPTH: Final = 8
_MOST_VALUES: Final = 60
"""How many values of a property are shown."""
_MOST_REFERENCES: Final = 50_000
"""How many references are counted; a kind that more things are of says so."""
_SHOWN: Final = 12
"""How many references by one property are shown before they are asked for."""

Node = ox.NamedNode | ox.BlankNode
Edges = Mapping[Node, Mapping[str, list[Term]]]


class ResourceReader(Struct, frozen=True, dict=True):
    """Describes things of a store in a language."""

    store: Store
    lang: str

    @cached_property
    def labels(self) -> Labels:
        """The labels of the things."""
        return Labels(self.store, self.lang)

    def find(self, candidates: Iterable[str]) -> str | None:
        """Return the first of the IRIs of which anything is said, else the first to which anything refers; None if there is none."""
        nodes = [ox.NamedNode(iri) for iri in candidates if is_iri(iri)]
        described = (node for node in nodes if next(self.store.statements(subject=node), None) is not None)
        named = (node for node in nodes if next(self.store.statements(value=node), None) is not None)
        found = next(described, None) or next(named, None)
        return found.value if found is not None else None

    def statements(self, iri: str) -> tuple[ox.Triple, ...]:
        """Return what is said of the thing, and of the nodes without names to which that leads, within bounds."""
        return tuple(islice(self._reached(ox.NamedNode(iri)), _MOST_STATEMENTS))

    def whole(self, iri: str) -> tuple[ox.Triple, ...]:
        """Return what is said of the thing and, if it is a vocabulary or another list of terms, of everything that it defines."""
        node, own = ox.NamedNode(iri), self.statements(iri)
        if not any(t.object == _ONTOLOGY and t.predicate.value == TYPE for t in own):
            return own
        terms = {triple.subject for triple in islice(self.store.statements(predicate=_DEFINED_BY, value=node), _MOST_REFERENCES)}
        defined = (triple for term in sorted(terms, key=str) if isinstance(term, Node) for triple in self._reached(term))
        return tuple(dict.fromkeys((*own, *islice(defined, _MOST_REFERENCES))))

    def _reached(self, node: Node) -> Iterator[ox.Triple]:
        pending, seen = [node], {node}
        while pending:
            for triple in self.store.statements(subject=pending.pop()):
                yield triple
                if isinstance(triple.object, ox.BlankNode) and triple.object not in seen:
                    seen.add(triple.object)
                    pending.append(triple.object)

    def describe(self, iri: str) -> Resource:
        """Return the description of the thing with the first references by each property."""
        edges: dict[Node, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for triple in self.statements(iri):
            if isinstance(triple.subject, ox.NamedNode | ox.BlankNode):
                edges[triple.subject][triple.predicate.value].append(triple.object)
        own = edges[ox.NamedNode(iri)]
        groups = self._references(iri)
        code = next((value.value for value in own.get(NOTATION, ()) if isinstance(value, ox.Literal)), "")
        listed = [self._statement(predicate, values, edges=edges) for predicate, values in own.items() if predicate not in (*NAMES, TYPE)]
        placed = {*_WORDS, *_DEFINITION, *_PROVENANCE, NOTATION}
        return Resource(
            iri,
            self.labels.of(iri),
            code,
            tuple(self._other_names(own)),
            tuple(self.labels.value(kind.value) for kind in own.get(TYPE, ()) if isinstance(kind, ox.NamedNode)),
            _chosen(listed, _WORDS),
            _chosen(listed, _DEFINITION),
            tuple(sorted((s for s in listed if s.iri not in placed), key=_by_label)),
            _chosen(listed, _PROVENANCE),
            tuple(sorted((self._group(p, found[:_SHOWN], count=len(found)) for p, found in groups.items()), key=_by_label)),
            sum(map(len, groups.values())) >= _MOST_REFERENCES,
            self.store.graphs_about(ox.NamedNode(iri)),
        )

    def references(self, iri: str, predicate: str) -> list[str]:
        """Return the IRIs of what refers to the thing by the property, in their order."""
        found = self.store.statements(predicate=predicate, value=ox.NamedNode(iri))
        return sorted({root for triple in islice(found, _MOST_REFERENCES) if (root := self._named(triple.subject))})

    def listed(self, predicate: str, iris: Iterable[str], *, count: int) -> ResourceStatement:
        """Return the references by the property to these things, of so many."""
        return self._group(predicate, list(iris), count=count)

    def _references(self, iri: str) -> Mapping[str, list[str]]:
        """The IRIs of what refers to the thing, by property."""
        groups: dict[str, set[str]] = defaultdict(set)
        for triple in islice(self.store.statements(value=ox.NamedNode(iri)), _MOST_REFERENCES):
            if root := self._named(triple.subject):
                groups[triple.predicate.value].add(root)
        return {predicate: sorted(found) for predicate, found in groups.items()}

    def _named(self, node: object) -> str:
        """The IRI of the node, or that of the thing to which a node without a name belongs; empty if none is found."""
        for _ in range(_MOST_DEPTH * 4):
            if not isinstance(node, ox.BlankNode):
                break
            above = next(self.store.statements(value=node), None)
            node = above.subject if above is not None else None
        return node.value if isinstance(node, ox.NamedNode) else ""

    def _group(self, predicate: str, iris: list[str], *, count: int) -> ResourceStatement:
        return self._about(predicate, map(self.labels.value, iris), count=count)

    def _about(self, predicate: str, values: Iterable[ResourceValue], *, count: int) -> ResourceStatement:
        return ResourceStatement(predicate, self.labels.of(predicate), tuple(values), count, self.labels.is_described(predicate))

    def _other_names(self, own: Mapping[str, list[Term]]) -> Iterator[ResourceValue]:
        """The names in other languages that it has by the property of the label itself."""
        for predicate in NAMES:
            texts = [value for value in own.get(predicate, ()) if isinstance(value, ox.Literal) and value.language]
            if texts:
                yield from (ResourceValue(text.value, lang=text.language or "") for text in texts if text.language != self.lang)
                return

    def _statement(self, predicate: str, values: list[Term], *, edges: Edges, depth: int = 0) -> ResourceStatement:
        texts = [value for value in values if isinstance(value, ox.Literal) and value.language]
        if predicate not in _WORDS and any(text.language == self.lang for text in texts):
            values = [value for value in values if not (isinstance(value, ox.Literal) and value.language not in (None, self.lang))]
        flat = [member for value in values for member in _members(value, edges)]
        shown = [self._value(value, edges=edges, depth=depth) for value in flat[:_MOST_VALUES]]
        return self._about(predicate, sorted(shown, key=lambda v: (bool(v.statements), v.text)), count=len(flat))

    def _value(self, value: Term, *, edges: Edges, depth: int) -> ResourceValue:
        if isinstance(value, ox.NamedNode):
            return self.labels.value(value.value)
        if isinstance(value, ox.Literal):
            return ResourceValue(value.value, lang=value.language or "", kind="" if value.language else local_name(value.datatype.value))
        if isinstance(value, ox.Triple):
            return ResourceValue(str(value))
        inner = edges.get(value, {}) if depth < _MOST_DEPTH else {}
        nested = (self._statement(p, found, edges=edges, depth=depth + 1) for p, found in inner.items() if p != TYPE)
        return ResourceValue("" if inner else "…", statements=tuple(sorted(nested, key=_by_label)))


def closest(iri: str, known: Iterable[str], *, most: int = 5) -> list[str]:
    """Return the IRIs that are most like this one."""
    return difflib.get_close_matches(iri, list(known), n=most, cutoff=0.7)


def _chosen(listed: Iterable[ResourceStatement], predicates: tuple[str, ...]) -> tuple[ResourceStatement, ...]:
    """The statements by these properties, in the order of the properties."""
    return tuple(sorted((s for s in listed if s.iri in predicates), key=lambda s: predicates.index(s.iri)))


def _by_label(statement: ResourceStatement) -> tuple[str, str]:
    return statement.label.casefold(), statement.iri


def _members(value: Term, edges: Edges) -> Iterator[Term]:
    """The members of a list, or the value itself if it is none."""
    if not isinstance(value, ox.BlankNode) or _FIRST not in edges.get(value, {}):
        yield value
        return
    seen: set[object] = set()
    while isinstance(value, ox.BlankNode) and value not in seen:
        seen.add(value)
        yield from edges.get(value, {}).get(_FIRST, ())
        value = next(iter(edges.get(value, {}).get(_REST, ())), ox.NamedNode(RDF + "nil"))
