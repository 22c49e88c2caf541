"""The submissions of a register as a workbook shows them: each filled into its form, with what is to be told of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import OBS, PREFIXES, PROV, RDF
from observance.forms import FilledForm, FilledPart, Form, FormService, read_filled
from observance.knowledge import Knowledge
from observance.rdf import quad_as_meant
from observance.workbooks.grid import LONGEST
from observance.workbooks.layout import PartTable, entries_at, tables
from oxishacl import node_name

PARTY: Final = OBS + "onBehalfOf"
DATE: Final = PREFIXES["dcterms"] + "dateSubmitted"
REVISES: Final = PROV + "wasRevisionOf"
_WITHDRAWS: Final = OBS + "withdraws"
_TYPE: Final = RDF + "type"
_ORG: Final = PREFIXES["org"]


class RegisterSubmission(Struct, frozen=True):
    """A submission on record: its IRI, its form filled in, and the IRIs of the submissions of its party that revise or withdraw it.

    The `rest` of `filled` are those of its statements that the form does not know.
    """

    node: str
    form: Form
    filled: FilledForm
    revised_by: tuple[str, ...] = ()
    withdrawn_by: tuple[str, ...] = ()

    @property
    def party(self) -> str:
        """The IRI of its party; empty if it names none."""
        return _first(self.form, self.filled.part, PARTY)

    @property
    def sort_key(self) -> tuple[str, str, str]:
        """Its party, date and IRI."""
        return self.party, _first(self.form, self.filled.part, DATE), self.node


class RegisterContent(Struct, frozen=True):
    """The submissions of a register by form, in the order of the forms, then by party, date and IRI.

    `unnamed` is the number of submissions without an IRI, or with one too long for a cell, which no workbook holds.
    """

    submissions: Mapping[str, Sequence[RegisterSubmission]]
    unnamed: int = 0


def field_key(form: Form, predicate: str) -> str:
    """Return the key of the field for the values of the property; empty if the form has none."""
    return next((asked.key for asked in form.part.fields if any(a.predicate == predicate for a in asked.alternatives)), "")


def main_table(form: Form) -> PartTable | None:
    """Return the table whose rows a sheet of the register has: the first of the form; None if it has none."""
    return next(tables(form), None)


def submissions_on_record(forms: FormService) -> RegisterContent:
    """Return the submissions of the register beside which the forms are, those for which there is a form."""
    kinds = {form.kind: form for form in forms.forms.values() if not form.is_record}
    graph = _Graph(map(quad_as_meant, forms.register().quads), forms.knowledge)
    found: dict[str, list[RegisterSubmission]] = {form.name: [] for form in kinds.values()}
    unnamed = set()
    for node, kind in graph.typed:
        if kind not in kinds:
            continue
        if isinstance(node, ox.NamedNode) and len(node.value) <= LONGEST:
            found[kinds[kind].name].append(graph.submission(node, kinds[kind]))
        else:
            unnamed.add(node)
    ordered = {name: sorted(submissions, key=lambda s: s.sort_key) for name, submissions in found.items() if submissions}
    return RegisterContent(ordered, len(unnamed))


class _Graph:
    """The statements of a register by subject, and what refers to what."""

    def __init__(self, quads: Iterable[ox.Quad], knowledge: Knowledge) -> None:
        """Index the statements, as they are meant."""
        self.knowledge = knowledge
        self.parts = knowledge.subclasses(OBS + "SubmissionPart")
        self.by_subject: dict[object, dict[ox.Triple, None]] = defaultdict(dict)
        self.typed: dict[tuple[object, str], None] = {}
        self.referrers: dict[object, set[object]] = defaultdict(set)
        self.referring: dict[tuple[str, str], list[str]] = defaultdict(list)
        for quad in quads:
            target, predicate = quad.object, quad.predicate.value
            self.by_subject[quad.subject][ox.Triple(quad.subject, quad.predicate, target)] = None
            if predicate == _TYPE and isinstance(target, ox.NamedNode):
                self.typed[quad.subject, target.value] = None
            else:
                self.referrers[target].add(quad.subject)
            if predicate in (REVISES, _WITHDRAWS) and isinstance(target, ox.NamedNode) and isinstance(quad.subject, ox.NamedNode):
                self.referring[target.value, predicate].append(quad.subject.value)
        self.bounds = {node for node, kind in self.typed if self._is_record(kind)}

    def submission(self, node: ox.NamedNode, form: Form) -> RegisterSubmission:
        """Return the submission as it fills in the form."""
        reached = self._reached(node)
        filled = read_filled(form, (triple for one in reached for triple in self.by_subject[one]), node.value)
        filled = replace(filled, rest=self._own_rest(filled, reached))
        revising, withdrawing = (tuple(self._of_same_party(node, predicate)) for predicate in (REVISES, _WITHDRAWS))
        return RegisterSubmission(node.value, form, filled, revising, withdrawing)

    def _is_record(self, kind: str) -> bool:
        """Whether nodes of the class are described for themselves, so that they are no part of a submission."""
        return kind not in self.parts and (self.knowledge.owns(kind) or kind.startswith(_ORG))

    def _reached(self, root: ox.NamedNode) -> Mapping[object, None]:
        """Return the node and the described nodes to which its statements lead, but for what is described for itself."""
        reached: dict[object, None] = {root: None}
        pending: list[object] = [root]
        while pending:
            for triple in self.by_subject.get(pending.pop(), ()):
                target = triple.object
                if target in self.by_subject and target not in reached and target not in self.bounds:
                    reached[target] = None
                    pending.append(target)
        return reached

    def _own_rest(self, filled: FilledForm, reached: Mapping[object, None]) -> tuple[str, ...]:
        """The statements that the form does not know, without those about parts of other submissions to which this one refers."""
        shown = set(_nodes(filled.part))
        own = {node for node in reached if node_name(node) in shown or self.referrers[node] <= reached.keys()}  # type: ignore[arg-type]
        lines = {f"{triple} ." for node in own for triple in self.by_subject[node]}
        return tuple(line for line in filled.rest if line in lines)

    def _of_same_party(self, node: ox.NamedNode, predicate: str) -> Iterator[str]:
        """Yield the submissions of the same party that refer to the node by the property."""
        parties = self._parties(node)
        for other in sorted(set(self.referring.get((node.value, predicate), ()))):
            if other != node.value and self._parties(ox.NamedNode(other)) & parties:
                yield other

    def _parties(self, node: ox.NamedNode) -> set[str]:
        return {node_name(triple.object) for triple in self.by_subject.get(node, ()) if triple.predicate.value == PARTY}


def _nodes(part: FilledPart) -> Iterator[str]:
    yield part.node
    for entries in part.entries.values():
        for entry in entries:
            if entry.part is not None:
                yield from _nodes(entry.part)


def _first(form: Form, filled: FilledPart, predicate: str) -> str:
    key = field_key(form, predicate)
    return next((entry.text for entry in entries_at(filled, (key,))), "") if key else ""
