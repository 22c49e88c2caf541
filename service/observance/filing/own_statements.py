"""What a sender may state: its own submissions, their parts, and nothing that the register or another document tells."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import DEMO, HOME, OBS, PREFIXES
from observance.knowledge import Knowledge
from observance.rdf import quad_as_meant
from observance.register import Register, nodes_in
from oxishacl import node_name

_TYPE: Final = PREFIXES["rdf"] + "type"
_PARTICIPANT: Final = OBS + "participant"


class OwnStatements(Struct, frozen=True, dict=True):
    """Tells a document's own statements from others; statements are read as they are meant.

    `is_made_here` says that this program made the document, which may then give IRIs below that of the register.
    """

    statements: Sequence[ox.Quad]
    register: Register
    knowledge: Knowledge
    is_made_here: bool = False

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The statements as they are meant."""
        return tuple(map(quad_as_meant, self.statements))

    @cached_property
    def submissions(self) -> tuple[str, ...]:
        """The nodes of the submissions."""
        classes = self.knowledge.subclasses(OBS + "Submission")
        return tuple(
            dict.fromkeys(node_name(q.subject) for q in self.quads if q.predicate.value == _TYPE and node_name(q.object) in classes)
        )

    def objects(self, predicate: str, *, of: str | None = None) -> tuple[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, ...]:
        """The objects of the property, each once; those of one node, if it is given."""
        found = (q.object for q in self.quads if q.predicate.value == predicate and (of is None or node_name(q.subject) == of))
        return tuple(dict.fromkeys(found))

    def foreign(self) -> Iterator[str]:
        """Yield the nodes of which the document states what is not its sender's to state.

        These are nodes that no submission of the document leads to, that the knowledge or another document describes, whose IRIs belong to
        this project or to the register, or that are said to be a record of the Secretariat; what only a register may state; and the
        participation of another party.
        """
        reserved = frozenset(self.knowledge.subjects_with(OBS + "reserved", "true"))
        parties = {node_name(term) for term in self.objects(OBS + "onBehalfOf")}
        for quad in self.quads:
            subject, predicate, target = node_name(quad.subject), quad.predicate.value, node_name(quad.object)
            is_type = predicate == _TYPE and isinstance(quad.object, ox.NamedNode)
            if (
                subject not in self._reached
                or self._is_elsewhere(subject)
                or predicate in reserved
                or (is_type and (target in reserved or self._is_record(target)))
                or (predicate == _PARTICIPANT and target not in parties)
            ):
                yield subject

    @cached_property
    def _reached(self) -> Collection[str]:
        """The nodes of the document to which its submissions lead."""
        targets: dict[str, set[str]] = defaultdict(set)
        for quad in self.quads:
            targets[node_name(quad.subject)].update(map(node_name, nodes_in(quad.object)))
        reached, pending = set[str](), list(self.submissions)
        while pending:
            node = pending.pop()
            if node not in reached:
                reached.add(node)
                pending += targets.get(node, ())
        return reached

    def _is_elsewhere(self, node: str) -> bool:
        base = self.register.iri.removesuffix("register")
        is_ours = (node.startswith(HOME) and not node.startswith(DEMO)) or (bool(base) and node.startswith(base) and not self.is_made_here)
        return is_ours or node in self._described or node in self.knowledge.subjects

    @cached_property
    def _described(self) -> Collection[str]:
        return {quad.subject.value for quad in self.register.quads if isinstance(quad.subject, ox.NamedNode)}

    def _is_record(self, kind: str) -> bool:
        """Whether the class is one of records: of ours or of organisations, and not of submissions or their parts."""
        return (self.knowledge.owns(kind) or kind.startswith(PREFIXES["org"])) and kind not in self._of_senders

    @cached_property
    def _of_senders(self) -> Collection[str]:
        classes = (self.knowledge.subclasses(OBS + name) for name in ("Submission", "SubmissionPart"))
        return frozenset[str]().union(*classes)
