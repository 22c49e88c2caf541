"""Disclosure: who reads which documents of a register, and the register that is left for them.

A document is a file of a register; what parties send in it are submissions. A submission belongs to the document that types it, with the
nodes that are described there and are no record of the Secretariat. What another document says of a submission can make its audience
narrower, never wider.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, PREFIXES, RDF
from observance.knowledge import Knowledge
from observance.rdf import quad_as_meant

DISCLOSURE: Final = OBS + "disclosure"
RESTRICTED: Final = OBS + "Restricted"
MEMBERS_ONLY: Final = OBS + "MembersOnly"
_PUBLIC: Final = OBS + "Public"
_TYPE: Final = RDF + "type"
_OF_PARTY: Final = (OBS + "onBehalfOf", OBS + "submittedBy")
_ORG: Final = PREFIXES["org"]

Quads = Sequence[ox.Quad]


class Audience(Struct, frozen=True):
    """Those to whom a register is disclosed.

    They read the submissions with one of these `disclosures` (None: all submissions), and those of `party`, if there is one.
    """

    name: str
    disclosures: tuple[str, ...] | None
    party: str | None = None

    @property
    def reads_members_only(self) -> bool:
        """Whether it reads what Members may see, so that all that it does not read is restricted."""
        return self.disclosures is None or MEMBERS_ONLY in self.disclosures

    def reads(self, disclosures: Collection[str]) -> bool:
        """Whether it reads a submission with these disclosures, of which the narrowest applies; an unknown one is the narrowest of all."""
        return self.disclosures is None or all(disclosure in self.disclosures for disclosure in disclosures)


PUBLIC: Final = Audience("public", (_PUBLIC,))
MEMBERS: Final = Audience("members", (_PUBLIC, MEMBERS_ONLY))
SECRETARIAT: Final = Audience("secretariat", None)


def party_audience(party: str) -> Audience:
    """Return the audience of a party, by its IRI: it reads what Members read, and its own submissions."""
    return replace(MEMBERS, name="party", party=party)


class _Document:
    """What one document of a register describes, as it is meant."""

    def __init__(self, quads: Quads, *, knowledge: Knowledge, classes: Collection[str], parts: Collection[str]) -> None:
        self.targets: dict[Any, list[Any]] = defaultdict(list)
        self.disclosures: dict[Any, set[str]] = defaultdict(set)
        self.parties: dict[Any, set[str]] = defaultdict(set)
        self.typed, self.submissions, self.records = set[Any](), set[Any](), set[Any]()
        for quad in map(quad_as_meant, quads):
            subject, predicate, target = quad.subject, quad.predicate.value, quad.object
            self.targets[subject].append(target)
            if predicate == _TYPE and isinstance(target, ox.NamedNode):
                self.typed.add(subject)
                if target.value in classes:
                    self.submissions.add(subject)
                elif target.value not in parts and (knowledge.owns(target.value) or target.value.startswith(_ORG)):
                    self.records.add(subject)
            elif predicate == DISCLOSURE:
                self.disclosures[subject].add(_text(target))
            elif predicate in _OF_PARTY:
                self.parties[subject].add(_text(target))

    def belongings(self, roots: Iterable[Any], *, bounds: Collection[Any]) -> set[Any]:
        """Return the nodes described here to which statements lead from the roots, not beyond submissions and records."""
        reached, pending = set[Any](), [target for root in roots for target in self.targets.get(root, ())]
        while pending:
            node = pending.pop()
            if node in self.targets and node not in reached and node not in bounds and node not in self.records:
                reached.add(node)
                pending += self.targets[node]
        return reached


class Disclosure(Struct, frozen=True, dict=True):
    """What an audience reads of the documents of a register, which are given by their quads; no two have a blank node in common."""

    documents: tuple[Quads, ...]
    audience: Audience
    knowledge: Knowledge

    @cached_property
    def _described(self) -> tuple[_Document, ...]:
        classes, parts = (self.knowledge.subclasses(OBS + name) for name in ("Submission", "SubmissionPart"))
        return tuple(_Document(quads, knowledge=self.knowledge, classes=classes, parts=parts) for quads in self.documents)

    @cached_property
    def _submissions(self) -> Mapping[Any, Sequence[_Document]]:
        """The submissions, each with the documents that type it.

        What the knowledge describes is none. A node that is typed as a record is one only if it is typed as a submission too.
        """
        holders: dict[Any, list[_Document]] = {}
        records = {node for document in self._described for node in document.records}
        for document in self._described:
            for node in (*document.submissions, *document.disclosures):
                if _text(node) in self.knowledge.subjects or (node not in document.submissions and node in records):
                    continue
                holders.setdefault(node, []).extend([document] if node in document.submissions else [])
        return {node: list(dict.fromkeys(documents)) for node, documents in holders.items()}

    @cached_property
    def _hidden(self) -> frozenset[Any]:
        """The submissions that the audience does not read."""
        stated: dict[Any, set[str]] = defaultdict(set)
        for document in self._described:
            for node, disclosures in document.disclosures.items():
                stated[node] |= disclosures
        return frozenset(
            node for node, holders in self._submissions.items()
            if not self._is_own(node, holders)
            and not self.audience.reads(stated[node] | {MEMBERS_ONLY for holder in holders if node not in holder.disclosures})
        )  # fmt: skip

    def _is_own(self, node: Any, holders: Sequence[_Document]) -> bool:
        """Whether every document that types the submission says that it is the party's: no party can claim what another sent."""
        party = self.audience.party
        return party is not None and bool(holders) and all(party in holder.parties.get(node, ()) for holder in holders)

    @cached_property
    def _withheld_in(self) -> tuple[frozenset[Any], ...]:
        """The nodes that each document describes for submissions that the audience does not read.

        Of two submissions that share a node, one that is read discloses it. A node to which only a record leads is the record's.
        """
        return tuple(map(self._withheld_of, self._described))

    def _withheld_of(self, document: _Document) -> frozenset[Any]:
        hidden = self._hidden.intersection(document.targets)
        if not hidden:
            return frozenset()
        bounds = self._submissions
        roots = [node for node in document.targets if node in bounds and node not in hidden]
        shown, theirs, of_records = (document.belongings(nodes, bounds=bounds) for nodes in (roots, hidden, document.records))
        described = {node for node in document.targets if node not in document.records and node not in bounds}
        return frozenset(described - shown - (of_records - theirs))

    @cached_property
    def _withheld_nodes(self) -> frozenset[Any]:
        """The nodes that no statement may name, except in a document that describes such a node itself and is disclosed.

        A node that a hidden document only mentions, such as a party, is what others say it is.
        """
        records = {node for document in self._described for node in document.records}
        return self._hidden | {
            node
            for document, nodes in zip(self._described, self._withheld_in, strict=True)
            for node in nodes
            if isinstance(node, ox.BlankNode)
            or (_text(node) not in self.knowledge.subjects and (node in document.typed or node not in records))
        }

    @cached_property
    def withheld(self) -> frozenset[str]:
        """The nodes of which the audience may learn only that they exist, in N-Triples syntax."""
        return frozenset(map(str, self._withheld_nodes))

    @cached_property
    def read(self) -> tuple[tuple[bool, ...], ...]:
        """Whether the audience reads each quad of each document."""
        return tuple(tuple(self._quads_read(number)) for number in range(len(self.documents)))

    def _quads_read(self, number: int) -> Iterator[bool]:
        quads, withheld_here = self.documents[number], self._withheld_in[number]
        own = {node for node in self._described[number].targets if node not in withheld_here and node not in self._hidden}
        for quad in quads:
            subjects = set(nodes_in(quad.subject))
            named = subjects.union(nodes_in(quad.object), nodes_in(quad.graph_name))
            yield subjects.isdisjoint(withheld_here) and not any(node in self._withheld_nodes and node not in own for node in named)

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The quads that the audience reads."""
        return tuple(chain.from_iterable(map(compress, self.documents, self.read)))


def nodes_in(term: Any) -> Iterator[Any]:
    """Yield the nodes in a term: the node itself, or those of a triple term."""
    if isinstance(term, ox.Triple):
        for part in (term.subject, term.object):
            yield from nodes_in(part)
    elif isinstance(term, ox.NamedNode | ox.BlankNode):
        yield term


def _text(term: Any) -> str:
    """Return the IRI of a named node; any other term in N-Triples syntax, so that it is no IRI."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)
