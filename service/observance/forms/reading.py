"""From RDF to a filled form: every statement becomes an entry, or is kept among those that the form does not know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph as ox
from msgspec import Struct, field
from msgspec.structs import replace

from observance.core import PROV, RDF
from observance.forms.model import NODE, Field, FilledForm, FilledPart, Form, FormEntry, Part
from observance.forms.values import entry_of
from oxishacl import node_name

_TYPE = RDF + "type"


def read_filled(form: Form, triples: Iterable[ox.Triple | ox.Quad], node: str) -> FilledForm:
    """Return the form as the statements fill it in for the node, an IRI or `_:label`."""
    reader = _Reader.of(triples)
    part = reader.part(form.part, node)
    if form.part.field(NODE) is not None:
        part = replace(part, node="", entries={NODE: (FormEntry(node),), **part.entries})
    return FilledForm(form.name, part, reader.rest())


class _Reader(Struct, frozen=True):
    """Reads parts from statements, and remembers what was read."""

    edges: Mapping[str, list[ox.Triple]]
    triples: tuple[ox.Triple, ...]
    claimed: set[ox.Triple] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, triples: Iterable[ox.Triple | ox.Quad]) -> "_Reader":
        """Return the reader of the statements, in their order."""
        ordered = tuple(dict.fromkeys(ox.Triple(t.subject, t.predicate, t.object) for t in triples))
        edges: dict[str, list[ox.Triple]] = defaultdict(list)
        for triple in ordered:
            edges[node_name(triple.subject)].append(triple)
        return cls(edges, ordered)

    def part(self, part: Part, node: str) -> FilledPart:
        """Return what the statements say of the node, as far as the fields of the part ask for it."""
        self.visited.add(node)
        classes = []
        for triple in self.edges.get(node, ()):
            if triple.predicate.value == _TYPE and isinstance(triple.object, ox.NamedNode):
                classes.append(triple.object.value)
                self.claimed.add(triple)
        entries = {asked.key: found for asked in part.fields if (found := self._entries(asked, node))}
        return FilledPart(entries, node, tuple(classes))

    def _entries(self, asked: Field, node: str) -> tuple[FormEntry, ...]:
        predicates = {alternative.predicate for alternative in asked.alternatives}
        found: list[FormEntry] = []
        for triple in self.edges.get(node, ()):
            if triple.predicate.value in predicates and triple not in self.claimed:
                entry = self._part_entry(asked, triple, count=len(found)) if asked.part is not None else _entry(asked, triple)
                if entry is not None:
                    self.claimed.add(triple)
                    found.append(entry)
        return tuple(found)

    def _part_entry(self, asked: Field, triple: ox.Triple, *, count: int) -> FormEntry | None:
        """The part that the statement leads to: a node that stands nowhere else in the form, and no more of them than it can show."""
        target = node_name(triple.object)
        if isinstance(triple.object, ox.Literal | ox.Triple) or target in self.visited or (asked.most == 1 and count):
            return None
        assert asked.part is not None
        return FormEntry(part=self.part(asked.part, target))

    def rest(self) -> tuple[str, ...]:
        """The statements that are no entry, in N-Triples, one each."""
        return tuple(f"{triple} ." for triple in self.triples if triple not in self.claimed)


def _entry(asked: Field, triple: ox.Triple) -> FormEntry | None:
    return entry_of(asked, triple.predicate.value, triple.object)


def start_from(form: Form, filled: FilledForm, *, is_revision: bool, keeps_all: bool = False) -> FilledForm:
    """Return the form filled in as before, for a new submission: a revision of the one given, or the next of its kind.

    Nodes are new; fields that start empty are empty, unless it `keeps_all`; statements that the form does not know are left behind.
    """
    part = _renewed(form.part, filled.part, keeps_all=keeps_all)
    key = next((asked.key for asked in form.part.fields if asked.alternatives[0].predicate == PROV + "wasRevisionOf"), "")
    entries = {name: entry for name, entry in part.entries.items() if name != key}
    if is_revision and key and not filled.part.node.startswith("_:"):
        entries[key] = (FormEntry(filled.part.node),)
    return FilledForm(form.name, replace(part, entries=entries))


def _renewed(part: Part, filled: FilledPart, *, keeps_all: bool) -> FilledPart:
    entries = {}
    for asked in part.fields:
        found = filled.entries.get(asked.key, ())
        if found and (keeps_all or not asked.starts_empty):
            inner = asked.part
            entries[asked.key] = (
                found
                if inner is None
                else tuple(FormEntry(part=_renewed(inner, e.part, keeps_all=keeps_all)) for e in found if e.part is not None)
            )
    # A row that the form suggests is one of these again, unless nothing but the row itself is written in it.
    is_suggested = len(entries) > 1 and any(entry.text in part.rows for entry in entries.get(part.rows_by, ()))
    return FilledPart(entries, is_suggested=is_suggested)
