"""From a filled form to RDF: the statements that it makes, the problems of its entries, and where in the form each node stands.

A submission without a name gets one that depends on what it says, so that two who fill in the same form never give one name to two
submissions. The parts that a form repeats are named after it; those of which there is one are blank nodes.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import HOME, LANGUAGES, RDF, translate
from observance.forms.model import NODE, SEPARATOR, EntryProblem, Field, FilledForm, FilledPart, Form, FormEntry, Part
from observance.forms.values import EntryError, statement_of
from observance.rdf import is_iri
from oxishacl import node_name

_TYPE: Final = ox.NamedNode(RDF + "type")
_UNNAMED: Final = "urn:uuid:00000000-0000-0000-0000-000000000000"
_BLANK: Final = re.compile(r"_:[A-Za-z0-9][A-Za-z0-9_-]*")
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, HOME)


class Interpretation(Struct, frozen=True, dict=True):
    """What a filled form states: its statements, those that the form does not know at the end; problems in the order of the form.

    `nodes` are the paths of the nodes by name, the submission's path empty; `node` is the name of the submission.
    """

    node: str
    triples: tuple[ox.Triple, ...]
    problems: tuple[EntryProblem, ...]
    nodes: Mapping[str, str]

    @cached_property
    def by_subject(self) -> Mapping[str, list[ox.Triple]]:
        """The statements by the name of their subject."""
        found: dict[str, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(node_name(triple.subject), []).append(triple)
        return found

    @cached_property
    def by_value(self) -> Mapping[str, list[ox.Triple]]:
        """The statements by their value, as reports write it."""
        found: dict[str, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(_text(triple.object), []).append(triple)
        return found


def interpret(form: Form, filled: FilledForm) -> Interpretation:
    """Return what the filled form states."""
    if (about := form.part.field(NODE)) is not None:
        text = next((entry.text.strip() for entry in filled.part.entries.get(NODE, ())), "")
        if is_iri(text):
            return _interpret(form, filled, text)
        message = {lang: translate("forms.no-node", lang, field=about.name[lang]) for lang in LANGUAGES}
        return Interpretation("", (), (EntryProblem(f"{NODE}/0", message),), {})
    if _is_name(filled.part.node):
        return _interpret(form, filled, filled.part.node)
    draft = _interpret(form, filled, _UNNAMED)
    text = "\n".join(map(str, draft.triples))
    return _interpret(form, filled, uuid.uuid5(_NAMESPACE, text).urn)


def _interpret(form: Form, filled: FilledForm, node: str) -> Interpretation:
    rest, refused = _rest(filled.rest)
    writer = _Writer(
        node, frozenset(_names(filled.part)) | {node_name(term) for triple in rest for term in (triple.subject, triple.object)}
    )
    writer.part(form.part, filled.part, node, path="")
    triples = tuple(dict.fromkeys((*writer.triples, *rest)))
    return Interpretation(node, triples, (*writer.problems, *refused), writer.nodes)


def _rest(lines: tuple[str, ...]) -> tuple[tuple[ox.Triple, ...], tuple[EntryProblem, ...]]:
    """The statements of the lines, and the problem if they are no N-Triples."""
    try:
        quads = ox.parse("\n".join(lines), format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)
        return tuple(ox.Triple(q.subject, q.predicate, q.object) for q in quads), ()
    except (SyntaxError, ValueError):
        return (), (EntryProblem("", {lang: translate("forms.rest-not-read", lang) for lang in LANGUAGES}),)


def _names(part: FilledPart) -> Iterator[str]:
    yield part.node
    for entries in part.entries.values():
        for entry in entries:
            if entry.part is not None:
                yield from _names(entry.part)


class _Writer(Struct, frozen=True):
    """Writes the statements of parts."""

    root: str
    taken: frozenset[str]
    triples: list[ox.Triple] = field(default_factory=list)
    problems: list[EntryProblem] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)

    def part(self, part: Part, filled: FilledPart, node: str, *, path: str) -> None:
        """Write what is stated of the node; entries of fields that the part does not have are left out."""
        self.nodes.setdefault(node, path)
        subject = _node(node)
        classes = filled.classes if filled.classes is not None else (part.kind,) if part.kind else ()
        self.triples.extend(ox.Triple(subject, _TYPE, ox.NamedNode(iri)) for iri in classes if is_iri(iri))
        for asked in (asked for asked in part.fields if asked.key != NODE):
            entries = filled.entries.get(asked.key, ())
            if asked.is_fixed and not entries and not _is_name(filled.node):
                entries = (FormEntry(asked.default),)
            for number, entry in enumerate(entries):
                self._entry(asked, entry, subject, path=_join(path, asked.key, str(number)))

    def _entry(self, asked: Field, entry: FormEntry, subject: ox.NamedNode | ox.BlankNode, *, path: str) -> None:
        if asked.part is not None:
            if entry.part is not None and not is_empty(asked.part, entry.part):
                name = self._name(asked, entry.part, path)
                self.triples.append(ox.Triple(subject, ox.NamedNode(asked.alternatives[0].predicate), _node(name)))
                self.part(asked.part, entry.part, name, path=path)
        elif entry.text.strip():
            try:
                stated = statement_of(asked, entry)
            except EntryError as error:
                self.problems.append(EntryProblem(path, error.message))
            else:
                self.triples.append(ox.Triple(subject, ox.NamedNode(stated.predicate), stated.value))

    def _name(self, asked: Field, filled: FilledPart, path: str) -> str:
        """The name of a part: its own, or a new one that no other node has."""
        if _is_name(filled.node):
            return filled.node
        stem = _slug(path)
        is_repeated = asked.most != 1 and not self.root.startswith("_:")
        local = asked.key.partition(":")[2]
        number = int(path.rpartition(SEPARATOR)[2]) + 1
        name = f"{self.root}#{local}-{number}" if is_repeated else f"_:{stem}"
        while name in self.taken or name in self.nodes:
            name += "-"
        return name


def _is_name(node: str) -> bool:
    """Whether the text can name a node: an IRI, or `_:label`."""
    return is_iri(node) or _BLANK.fullmatch(node) is not None


def _slug(path: str) -> str:
    return "form" + "".join(c if c.isascii() and c.isalnum() else "-" for c in path)


def _join(*parts: str) -> str:
    return SEPARATOR.join(part for part in parts if part)


def _node(name: str) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(name[2:]) if name.startswith("_:") else ox.NamedNode(name)


def is_empty(part: Part, filled: FilledPart) -> bool:
    """Whether a new part states nothing: nothing was written in it, or only what the form suggested."""
    if _is_name(filled.node):
        return False
    entries = ((asked, entry) for asked in part.fields for entry in filled.entries.get(asked.key, ()))
    written = [asked.key for asked, entry in entries if _is_written(asked, entry)]
    return not written or (filled.is_suggested and set(written) == {part.rows_by})


def _is_written(asked: Field, entry: FormEntry) -> bool:
    if asked.part is not None:
        return entry.part is not None and not is_empty(asked.part, entry.part)
    return bool(entry.text.strip())


def place_of(form: Form, interpretation: Interpretation, *, focus: str, path: str | None, value: str | None) -> str:
    """Return the path of the entry or field that a finding is about, whose focus node, path and value a report gives.

    Empty for a finding about the whole form, or about a node that the form does not show.
    """
    at = interpretation.nodes.get(focus)
    if at is None:
        return ""
    part = _part_at(form.part, at)
    asked = next((asked for asked in part.fields if path and _has(asked, path)), None) if part is not None else None
    values = [t for t in interpretation.by_subject.get(focus, ()) if value is not None and _text(t.object) == value]
    if asked is None and part is not None and values:
        asked = next((f for f in part.fields if any(a.predicate == values[0].predicate.value for a in f.alternatives)), None)
    if asked is None and value is not None and path is None:
        return _within(form, interpretation, value, at) or at
    return _join(at, asked.key) if asked is not None else at


def _within(form: Form, interpretation: Interpretation, value: str, at: str) -> str:
    """The path of the last field within the part at the path that has the value; empty if none has."""
    for triple in reversed(interpretation.by_value.get(value, ())):
        inner = interpretation.nodes.get(node_name(triple.subject))
        part = _part_at(form.part, inner) if inner else None
        asked = next((asked for asked in part.fields if _has(asked, triple.predicate.value)), None) if part is not None else None
        if inner and asked is not None and (not at or f"{inner}{SEPARATOR}".startswith(at + SEPARATOR)):
            return _join(inner, asked.key)
    return ""


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.Literal) else node_name(term)  # type: ignore[arg-type]


def _has(asked: Field, path: str) -> bool:
    """Whether the field takes the values of the property, or of a path in SPARQL syntax that holds it."""
    return any(path == way.predicate or f"<{way.predicate}>" in path for way in asked.alternatives)


def _part_at(part: Part | None, path: str) -> Part | None:
    """The part to which the path leads."""
    for key in path.split(SEPARATOR)[::2] if path else ():
        asked = part.field(key) if part is not None else None
        part = asked.part if asked is not None else None
    return part
