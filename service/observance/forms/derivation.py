"""Forms derived from the shapes: which fields a kind of submission or record has, how many values each takes, and of what form.

What a shape says of a class, or of the values of a property, gives the fields; presentations name them, order them and add those that
no shape asks for.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.core import DCTERMS, LANGUAGES, OBS, RDFS, SH, XSD, local_name, translate
from observance.forms.choices import ChoiceFinder, language_choices
from observance.forms.model import FORM, LANGUAGE_TEXT, NODE, PRACTICE, TEXT, Choice, Field, FieldGroup, Form, Part, ValueKind
from observance.forms.presentation import (
    DASH,
    FieldPresentation,
    Node,
    Path,
    Presentations,
    Statements,
    definitions,
    labels,
)
from observance.knowledge import Knowledge
from observance.submissions import ShapesGraph

_SUBMISSION: Final = OBS + "Submission"
_RECORDED: Final = OBS + "RecordedDocument"
_TEXTUAL: Final = OBS + "TextualRequest"
_LITERAL: Final = SH + "Literal"
_RANGE: Final = RDFS + "range"
_RANGE_INCLUDES: Final = "https://schema.org/rangeIncludes"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_DEPTH: Final = 4
"""How many parts may stand within each other."""
_EDITORS: Final = {
    LANGUAGE_TEXT: "TextAreaWithLangEditor",
    XSD + "boolean": "BooleanSelectEditor",
    XSD + "date": "DatePickerEditor",
    XSD + "dateTime": "DateTimePickerEditor",
}


class Constraints(Struct, frozen=True):
    """What shapes ask of one path: the property shapes, and the statements that they are read from."""

    statements: Statements
    shapes: tuple[Node, ...] = ()

    def first(self, iri: str) -> str:
        """The first value of a parameter; empty if no shape has one."""
        return next((value for shape in self.shapes if (value := self.statements.value(shape, iri))), "")

    @property
    def least(self) -> tuple[int, str]:
        """How many values are asked for at least, and by whom; (0, "") if none is."""
        asked = [shape for shape in self.shapes if self.statements.value(shape, SH + "minCount") not in ("", "0")]
        if not asked:
            return 0, ""
        severities = {self.statements.value(shape, SH + "severity").removeprefix(SH): shape for shape in asked}
        severity, shape = min(severities.items(), key=lambda item: ("Violation", "", "Warning", "Info").index(item[0]))
        is_textual = self.statements.value(shape, OBS + "faultOf") == _TEXTUAL
        asked_by = PRACTICE if severity == "Info" else TEXT if is_textual else FORM
        return int(self.statements.value(shape, SH + "minCount")), asked_by

    @property
    def most(self) -> int | None:
        """How many values are taken; None for any number."""
        counts = [int(value) for shape in self.shapes if (value := self.statements.value(shape, SH + "maxCount"))]
        return min(counts, default=None)

    @property
    def allowed(self) -> tuple[ox.NamedNode | ox.Literal, ...]:
        """The members of `sh:in`."""
        return tuple(
            member for shape in self.shapes for head in self.statements.values(shape, SH + "in") for member in self.statements.members(head)
        )


class FormDeriver(Struct, frozen=True, dict=True):
    """Derives forms from the shapes of a knowledge base; `choices` finds the values to choose from."""

    knowledge: Knowledge
    shapes: ShapesGraph
    choices: ChoiceFinder

    @cached_property
    def _statements(self) -> Statements:
        return Statements(self.shapes.statements)

    @cached_property
    def _presentations(self) -> Presentations:
        return Presentations(self._statements, self.knowledge)

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """The forms by name: those of submissions in the order of the texts, those without a paragraph, and those of records."""
        kinds = [*self._submission_kinds, *self._record_kinds]
        paragraphs = {kind: self._paragraph(kind) for kind in kinds}
        order = {iri: number for number, iri in enumerate(self.knowledge.paragraph_names)}
        kinds.sort(key=lambda kind: (kind in self._record_kinds, order.get(paragraphs[kind], len(order))))
        by_paragraph: dict[str, list[str]] = defaultdict(list)
        for kind in kinds:
            by_paragraph[paragraphs[kind]].append(kind)
        forms = (self._form(kind, paragraphs[kind], is_single=len(by_paragraph[paragraphs[kind]]) == 1) for kind in kinds)
        return {form.name: form for form in forms}

    @cached_property
    def _submission_kinds(self) -> tuple[str, ...]:
        kinds = self.knowledge.subclasses(_SUBMISSION)
        targets = self._targets[SH + "targetClass"]
        return tuple(sorted(kind for kind in kinds if self.knowledge.subclasses(kind) == {kind} and kind in targets))

    @cached_property
    def _record_kinds(self) -> tuple[str, ...]:
        """The kinds of records of which a presentation makes a form."""
        kinds = self.shapes.record_kinds - self.knowledge.subclasses(_SUBMISSION)
        return tuple(sorted(kind for kind in kinds if self._presentations.of((kind,))))

    @cached_property
    def _targets(self) -> Mapping[str, Mapping[str, tuple[Node, ...]]]:
        """The node shapes by kind of target and by target."""
        found = {}
        for kind in ("targetClass", "targetObjectsOf", "targetSubjectsOf"):
            nodes: dict[str, list[Node]] = defaultdict(list)
            for node, target in self._statements.subjects(SH + kind):
                nodes[target].append(node)
            found[SH + kind] = {target: tuple(shapes) for target, shapes in nodes.items()}
        return found

    def _superclasses(self, kind: str) -> tuple[str, ...]:
        """The class and those above it, the nearest first."""
        found, todo = dict[str, None](), [kind]
        while todo:
            current = todo.pop(0)
            if current and current not in found:
                found[current] = None
                todo += self.knowledge.objects(current, RDFS + "subClassOf")
        return tuple(iri for iri in found if not iri.startswith("_:"))

    def _paragraph(self, kind: str) -> str:
        """The operative paragraph that the shapes of the class name as their source; empty if there is none."""
        nodes = self._targets[SH + "targetClass"].get(kind, ())
        sources = (self._statements.value(node, DCTERMS + "source") for node in nodes)
        return next((source for source in sources if source in self.knowledge.paragraph_names), "")

    def _form(self, kind: str, paragraph: str, *, is_single: bool) -> Form:
        is_record = kind in self._record_kinds
        number = self.knowledge.paragraph_names.get(paragraph, "")
        node_of = self._presentations.value((kind,), OBS + "nodeOf")
        slug = _slug(local_name(kind)) if not node_of else self._presentations.name(kind)
        classes = self._superclasses(kind)
        part = self._part(kind, arriving="", is_record=is_record)
        if node_of:
            part = replace(
                part, kind="", label=self._presentations.text((kind,), RDFS + "label"), fields=(self._node(kind, node_of), *part.fields)
            )
        if paragraph:
            part = _with_fixed(part, OBS + "underParagraph", paragraph)
        groups = sorted((order, key, label) for key, (order, label) in self._presentations.groups.items())
        used = {asked.group for asked in part.fields}
        return Form(
            kind=kind,
            name=(number if is_single else f"{number}-{slug}") if number else slug,
            part=part,
            groups=tuple(FieldGroup(key, label) for _, key, label in groups if key in used),
            paragraph=paragraph,
            number=number,
            quotation=next(iter(self.knowledge.objects(paragraph, OBS + "authenticText")), "") if paragraph else "",
            translation=next(iter(self.knowledge.objects(paragraph, OBS + "workingTranslation")), "") if paragraph else "",
            is_record=is_record,
            is_voluntary=bool(paragraph) and not self.knowledge.subjects_with(OBS + "requiresSubmissionOf", kind),
            help=self._presentations.text((kind,), SH + "description") or definitions(self.knowledge, kind),
            statement=self._presentations.text(classes, OBS + "sentence"),
        )

    def _node(self, kind: str, node_of: str) -> Field:
        """The field for the node that a form of the kind is about."""
        name = self._presentations.text((kind,), SH + "name")
        choices = self.choices.instances(node_of)
        return Field(NODE, name, "InstancesSelectEditor", (ValueKind(""),), least=1, most=1, asked_by=FORM, choices=choices, is_open=True)

    def _part(self, kind: str, *, arriving: str, is_record: bool, depth: int = 0) -> Part:
        """The fields of a node of the class to which the property leads."""
        classes = self._superclasses(kind)
        targets = (arriving, *classes) if arriving else (kind,) if is_record else classes
        presented = self._presentations.fields(targets, is_record=is_record)
        nodes = [node for one in classes for node in self._targets[SH + "targetClass"].get(one, ())]
        nodes += self._targets[SH + "targetObjectsOf"].get(arriving, ())
        asked = self._constraints(node for node in nodes if is_record or not self._is_for_records(node))
        paths = dict.fromkeys((*presented, *asked))
        covered = {predicate for path in paths if len(path.predicates) > 1 for predicate in path.predicates}
        fields = []
        for path in paths:
            if len(path.predicates) > 1 or path.predicates[0] not in covered:
                presentation = presented.get(path) or FieldPresentation(self._statements)
                asked_field = self._field(path, asked, presentation, of=kind, is_record=is_record, depth=depth)
                group = self._presentations.groups.get(asked_field.group, (0.0, {}))[0]
                fields.append((group, presentation.order, asked_field.key, asked_field))
        fields.sort(key=lambda item: item[:3])
        rows_by = self._presentations.value((arriving, *classes), OBS + "rowsBy")
        rows_of = self._presentations.value((arriving, *classes), OBS + "rowsOf")
        return Part(
            kind=kind,
            label=self._presentations.text((kind,), RDFS + "label") or labels(self.knowledge, kind),
            fields=tuple(field for *_, field in fields),
            rows_by=self._key(rows_by) if rows_by else "",
            rows=tuple(choice.term for choice in self.choices.instances(rows_of)) if rows_of else (),
        )

    def _key(self, iri: str) -> str:
        """The name of the property with a prefix of the knowledge base; quoted as in an address if there is none."""
        for prefix, base in sorted(self.knowledge.prefixes.items(), key=lambda item: -len(item[1])):
            name = iri.removeprefix(base)
            if name != iri and _NAME.fullmatch(name):
                return f"{prefix}:{name}"
        return quote(iri, safe=":")

    def _is_for_records(self, node: Node) -> bool:
        return isinstance(node, ox.NamedNode) and node.value in self.shapes.for_records

    def _constraints(self, nodes: Iterable[Node]) -> Mapping[Path, tuple[Node, ...]]:
        """The property shapes of the node shapes, by path."""
        found: dict[Path, list[Node]] = defaultdict(list)
        for node in nodes:
            for shape in self._statements.values(node, SH + "property"):
                if not isinstance(shape, ox.Literal) and (path := self._statements.path(shape)) is not None:
                    found[path].append(shape)
        return {path: tuple(dict.fromkeys(shapes)) for path, shapes in found.items()}

    def _field(
        self, path: Path, asked: Mapping[Path, tuple[Node, ...]], presentation: FieldPresentation, *, of: str, is_record: bool, depth: int
    ) -> Field:
        """The field of the path in a form or part of the class `of`."""
        first = path.predicates[0]
        shapes = [shape for other, found in asked.items() if set(other.predicates) <= set(path.predicates) for shape in found]
        for node in self._targets[SH + "targetSubjectsOf"].get(first, ()):
            if is_record or not self._is_for_records(node):
                shapes += self._constraints((node,)).get(path, ())
        constraints = Constraints(self._statements, tuple(shapes))
        least, asked_by = constraints.least
        alternatives = tuple(ValueKind(iri, self._datatype(iri, asked, presentation)) for iri in path.predicates)
        part = self._part_of(path, presentation, alternatives=alternatives, is_record=is_record, depth=depth)
        choices, is_open = ((), False) if part is not None else self._choices(path, constraints, presentation, alternatives, of=of)
        most = int(presentation.value(SH + "maxCount") or 0) or constraints.most
        return Field(
            key=self._key(first),
            name=presentation.texts(SH + "name") or labels(self.knowledge, first),
            editor=self._editor(alternatives, presentation, part=part, choices=choices),
            alternatives=alternatives,
            help=presentation.texts(SH + "description") or definitions(self.knowledge, first),
            group=local_name(presentation.value(SH + "group")) if presentation.value(SH + "group") else "",
            least=least,
            most=most,
            asked_by=asked_by,
            words=presentation.value(OBS + "servesWords"),
            choices=choices,
            is_open=is_open,
            default=presentation.value(SH + "defaultValue"),
            part=part,
            is_table=presentation.value(DASH + "viewer") == DASH + "ValueTableViewer",
            starts_empty=presentation.is_true(OBS + "startsEmpty"),
            asked_of=presentation.value(OBS + "askedOf"),
        )

    def _datatype(self, predicate: str, asked: Mapping[Path, tuple[Node, ...]], presentation: FieldPresentation) -> str | None:
        """The datatype of the property's values: what shapes say, else the vocabulary; None for IRIs."""
        shapes = asked.get(Path((predicate,)), ()) + tuple(
            shape
            for node in self._targets[SH + "targetSubjectsOf"].get(predicate, ())
            for shape in self._constraints((node,)).get(Path((predicate,)), ())
        )
        stated = Constraints(self._statements, shapes)
        found = stated.first(SH + "datatype") or presentation.value(SH + "datatype")
        if found:
            return found
        if stated.first(SH + "class") or stated.first(SH + "nodeKind") == SH + "IRI" or presentation.value(SH + "class"):
            return None
        literals = [value for value in (*stated.allowed, *presentation.choices) if isinstance(value, ox.Literal)]
        if literals:
            return literals[0].datatype.value
        ranges = [*self.knowledge.objects(predicate, _RANGE), *self.knowledge.objects(predicate, _RANGE_INCLUDES)]
        datatypes = [iri for iri in ranges if iri.startswith(XSD) or iri == LANGUAGE_TEXT]
        if datatypes:
            return datatypes[0]
        is_literal = presentation.value(SH + "nodeKind") == _LITERAL or stated.first(SH + "nodeKind") == _LITERAL
        return XSD + "string" if is_literal else None

    def _part_of(
        self, path: Path, presentation: FieldPresentation, *, alternatives: Sequence[ValueKind], is_record: bool, depth: int
    ) -> Part | None:
        """What is asked of the values, where shapes target them and they are not terms to choose."""
        first = path.predicates[0]
        if len(alternatives) > 1 or alternatives[0].datatype is not None or depth >= _DEPTH:
            return None
        kind = self._class(path, presentation)
        nodes = self._targets[SH + "targetClass"].get(kind, ())
        is_described = first in self._targets[SH + "targetObjectsOf"] or any(
            self._statements.values(node, SH + "property") for node in nodes
        )
        is_elsewhere = kind in self.knowledge.subclasses(_SUBMISSION) or (is_record and kind in self._record_kinds)
        if not is_described or presentation.choices or self._is_reserved(kind) or is_elsewhere:
            return None
        return self._part(kind, arriving=first, is_record=is_record, depth=depth + 1)

    def _is_reserved(self, kind: str) -> bool:
        return "true" in self.knowledge.objects(kind, OBS + "reserved")

    def _class(self, path: Path, presentation: FieldPresentation, constraints: Constraints | None = None) -> str:
        """The class of the values; empty if nothing says one."""
        first = path.predicates[0]
        stated = presentation.value(SH + "class") or (constraints.first(SH + "class") if constraints is not None else "")
        ranges = [*self.knowledge.objects(first, _RANGE), *self.knowledge.objects(first, _RANGE_INCLUDES)]
        return stated or next((iri for iri in ranges if not iri.startswith((XSD, "_:")) and iri != LANGUAGE_TEXT), "")

    def _choices(
        self, path: Path, constraints: Constraints, presentation: FieldPresentation, alternatives: Sequence[ValueKind], *, of: str
    ) -> tuple[tuple[Choice, ...], bool]:
        """The values to choose from, and whether others are taken."""
        allowed, shown = constraints.allowed, presentation.choices
        if alternatives[0].datatype == XSD + "language":
            return language_choices(term.value for term in shown), True
        if allowed or shown:
            return tuple(map(self._allowed_choice, shown or allowed)), not allowed
        if alternatives[0].datatype is not None:
            return (), False
        kind = of if presentation.is_true(OBS + "choicesOfSameKind") else self._class(path, presentation, constraints)
        if not kind:
            return (), False
        found = self.choices.instances(kind, referring_to=presentation.value(OBS + "choicesReferringTo"))
        is_list = bool(constraints.first(SH + "class")) and bool(self.knowledge.instances(kind))
        return found, not is_list

    def _allowed_choice(self, term: ox.NamedNode | ox.Literal) -> Choice:
        if isinstance(term, ox.NamedNode):
            return Choice(term.value, labels(self.knowledge, term.value))
        word = {"true": "web.yes", "false": "web.no"}.get(term.value) if term.datatype.value == XSD + "boolean" else None
        return Choice(term.value, {lang: translate(word, lang) if word else term.value for lang in LANGUAGES})

    def _editor(
        self, alternatives: Sequence[ValueKind], presentation: FieldPresentation, *, part: Part | None, choices: Sequence[Choice]
    ) -> str:
        stated = presentation.value(DASH + "editor").removeprefix(DASH)
        if stated or part is not None:
            return stated or "DetailsEditor"
        datatype = next((a.datatype for a in alternatives if a.datatype in _EDITORS), alternatives[0].datatype)
        if choices:
            return "EnumSelectEditor" if datatype is not None else "InstancesSelectEditor"
        return "URIEditor" if datatype is None else _EDITORS.get(datatype, "TextFieldEditor")


def _slug(name: str) -> str:
    """The name in lower case, with hyphens between its words."""
    return "".join(f"-{c.lower()}" if c.isupper() and number else c.lower() for number, c in enumerate(name))


def _with_fixed(part: Part, predicate: str, value: str) -> Part:
    """Return the part with the field of the property fixed to the value."""
    fields = (
        replace(asked, default=value, is_fixed=True) if asked.alternatives[0].predicate == predicate else asked for asked in part.fields
    )
    return replace(part, fields=tuple(fields))
