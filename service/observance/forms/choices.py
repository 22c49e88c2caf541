"""The values to choose from: code lists of the knowledge, and what a register holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from babel import Locale
from msgspec import Struct

from observance.core import DCTERMS, LANGUAGES, OBS, RDF, RDFS, SKOS, format_day
from observance.forms.model import Choice
from observance.forms.presentation import labels, texts
from observance.knowledge import Knowledge
from oxishacl import node_name

_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title", DCTERMS + "description")
_POSITION: Final = OBS + "position"

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class ChoiceFinder(Struct, frozen=True, dict=True):
    """Finds the values to choose from in a knowledge base and the statements of a register; `declared` are the register's parties."""

    knowledge: Knowledge
    register: Sequence[ox.Quad] = ()
    declared: tuple[str, ...] = ()

    def instances(self, kind: str, *, referring_to: str = "") -> tuple[Choice, ...]:
        """Return the instances of the class: of the knowledge, those of a code list in its order, and of the register, the newest first.

        Where the register declares parties, only those of the knowledge's parties are given; with `referring_to`,
        only terms of the knowledge that refer to an instance of that class.
        """
        found = self._instances.get((kind, referring_to))
        if found is None:
            found = self._instances[kind, referring_to] = self._found(kind, referring_to)
        return found

    @cached_property
    def _instances(self) -> dict[tuple[str, str], tuple[Choice, ...]]:
        return {}

    def _found(self, kind: str, referring_to: str) -> tuple[Choice, ...]:
        listed = self.knowledge.instances(kind)
        if referring_to:
            targets = frozenset(self.knowledge.instances(referring_to))
            listed = tuple(iri for iri in listed if self._refers(iri, targets))
        if self.declared and not set(listed).isdisjoint(self.declared):
            listed = tuple(iri for iri in listed if iri in self.declared)
        several = len({self._kind(iri) for iri in listed}) > 1
        shared = [Choice(iri, labels(self.knowledge, iri), self._help(iri), self._group(iri) if several else {}) for iri in listed]
        return (*sorted(shared, key=self._place), *self._on_record(kind, known=frozenset(listed)))

    def _refers(self, iri: str, targets: frozenset[str]) -> bool:
        edges = self.knowledge.statements.edges(ox.NamedNode(iri))
        return any(isinstance(value, ox.NamedNode) and value.value in targets for values in edges.values() for value in values)

    def _place(self, choice: Choice) -> tuple[str, float]:
        kind = self._kind(choice.term)
        position = next(iter(self.knowledge.objects(choice.term, _POSITION)), "")
        return kind, float(position) if position else 0.0

    def _kind(self, iri: str) -> str:
        return next((kind for kind in self.knowledge.objects(iri, RDF + "type") if self.knowledge.owns(kind)), "")

    def _group(self, iri: str) -> Mapping[str, str]:
        kind = self._kind(iri)
        return labels(self.knowledge, kind) if kind else {}

    def _help(self, iri: str) -> Mapping[str, str]:
        edges = self.knowledge.statements.edges(ox.NamedNode(iri))
        return texts(edges.get(ox.NamedNode(SKOS + "definition"), ())) or texts(edges.get(ox.NamedNode(OBS + "gist"), ()))

    @cached_property
    def _edges(self) -> Mapping[str, Mapping[str, Sequence[Term]]]:
        edges: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for quad in self.register:
            edges[node_name(quad.subject)][quad.predicate.value].append(quad.object)
        return edges

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for node, edges in self._edges.items():
            for kind in edges.get(RDF + "type", ()):
                if not node.startswith("_:"):
                    found[node_name(kind)].append(node)
        return {kind: tuple(nodes) for kind, nodes in found.items()}

    @cached_property
    def _parties(self) -> Mapping[str, str]:
        """The party on whose behalf each submission, and each node that one leads to, was sent."""
        found: dict[str, str] = {}
        for node, edges in self._edges.items():
            for party in edges.get(OBS + "onBehalfOf", ()):
                found.setdefault(node, node_name(party))
                for target in (value for values in edges.values() for value in values if isinstance(value, ox.NamedNode)):
                    if target.value in self._edges:
                        found.setdefault(target.value, node_name(party))
        return found

    def _on_record(self, kind: str, *, known: frozenset[str]) -> Iterator[Choice]:
        kinds = self.knowledge.subclasses(kind)
        nodes = sorted({node for one in kinds for node in self._by_kind.get(one, ()) if node not in known})
        for node in sorted(nodes, key=self._day, reverse=True):
            yield Choice(node, self._label(node), {}, self._record_group(node, kinds), self._parties.get(node, ""))

    def _record_group(self, node: str, kinds: Iterable[str]) -> Mapping[str, str]:
        kind = next((node_name(kind) for kind in self._edges[node].get(RDF + "type", ()) if node_name(kind) in kinds), "")
        return labels(self.knowledge, kind) if kind else {}

    def _day(self, node: str) -> str:
        """The day of a submission; empty for anything else."""
        return next((term.value for term in self._edges[node].get(DCTERMS + "dateSubmitted", ()) if isinstance(term, ox.Literal)), "")

    def _label(self, node: str) -> Mapping[str, str]:
        """The first text of the node in each language, with the party and day of a submission; the IRI if there is none."""
        edges = self._edges[node]
        found = next((found for iri in _LABELS if (found := texts(edges.get(iri, ())))), {})
        day = self._day(node)
        kind = next((node_name(kind) for kind in edges.get(RDF + "type", ()) if self.knowledge.owns(node_name(kind))), "")
        names = labels(self.knowledge, kind) if kind else {}
        first = next(iter(found.values()), "")
        party = labels(self.knowledge, self._parties[node]) if day and node in self._parties else {}

        def label(lang: str) -> str:
            text = found.get(lang) or first or (names.get(lang, "") if day else "")
            return ", ".join(filter(None, (text, party.get(lang, ""), format_day(day, lang) if day else ""))) or node

        return {lang: label(lang) for lang in LANGUAGES}


def language_choices(tags: Iterable[str]) -> tuple[Choice, ...]:
    """Return the languages with these tags, with their names in each language."""
    return tuple(Choice(tag, {lang: Locale.parse(lang).languages.get(tag, tag) for lang in LANGUAGES}) for tag in tags)
