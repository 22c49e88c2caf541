"""The form service: the forms of a knowledge base, and what is found out about a form that somebody filled in."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import LANGUAGES, OBS, RDF, NotFoundError, translate
from observance.forms.choices import ChoiceFinder
from observance.forms.derivation import FormDeriver
from observance.forms.interpretation import Interpretation, interpret, place_of
from observance.forms.model import (
    FORM,
    PRACTICE,
    SEPARATOR,
    TEXT,
    CheckedForm,
    EntryProblem,
    Field,
    FilledForm,
    Form,
    Part,
    PlacedFinding,
)
from observance.forms.presentation import labels
from observance.forms.reading import read_filled
from observance.knowledge import Knowledge
from observance.rdf import nested_turtle, quad_as_meant
from observance.register import Register
from observance.submissions import Finding, RegisterGraph, ShapesGraph, SubmissionReport
from oxishacl import Document, Source, node_name

_TERM: Final = re.compile(r"\b([a-z]+):([A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9])|<(https?://[^>]+)>")
_LITERAL: Final = re.compile(r'"([^"\\]*)"(?:\^\^[a-z]+:[A-Za-z]+|@[a-z-]+)?')
_TEXTUAL: Final = OBS + "TextualRequest"
_REPEATED: Final = re.compile(r"([“«][^“”«»]*[”»])(?:(?:,| or| ou)* \1)+")
_VALUE_OF: Final = re.compile(r"([”»]) ([“«])")
_QUOTES: Final = {"en": "“{}”", "fr": "« {} »"}


class FormService(Struct, frozen=True, dict=True):
    """The forms of a knowledge base beside a register; `validate` gives the report on a submission."""

    knowledge: Knowledge
    shapes: ShapesGraph
    register: Callable[[], Register]
    validate: Callable[[Source], SubmissionReport]

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """The forms by name: those of submissions in the order of the texts, then those of records."""
        register = self.register()
        choices = ChoiceFinder(self.knowledge, tuple(register.quads), tuple(register.declared))
        return FormDeriver(self.knowledge, self.shapes, choices).forms

    def form(self, name: str) -> Form:
        """Return the form with the name, or that of the class with this IRI; raises NotFoundError with the names that exist."""
        form = self.forms.get(name) or next((form for form in self.forms.values() if form.kind == name), None)
        if form is None:
            raise NotFoundError("forms.no-form", name=ascii(name)[:60], known=", ".join(self.forms))
        return form

    def read(self, document: Document, *, name: str = "") -> FilledForm:
        """Return the form as the document fills it in: its first submission or record, or the first that the form with the name is for.

        Raises NotFoundError if there is none.
        """
        for form, node in self.nodes(document):
            if name in ("", form.name):
                return read_filled(form, document.quads, node)
        raise NotFoundError("forms.none-in-document", name=document.source.name)

    def nodes(self, document: Document) -> Iterator[tuple[Form, str]]:
        """Yield the nodes of the document for which there is a form, in its order.

        Forms about what is described elsewhere come last, and are not for nodes that are records themselves.
        """
        forms = {form.kind: form for form in self.forms.values()}
        quads = tuple(map(quad_as_meant, document.quads))
        kinds = ((node_name(q.subject), node_name(q.object)) for q in quads if q.predicate.value == RDF + "type")
        properties = ((node_name(q.subject), q.predicate.value) for q in quads)
        classified = dict.fromkeys((node, kind) for node, kind in kinds if kind in forms)
        records = {node for node, kind in classified if forms[kind].is_record}
        about = dict.fromkeys((node, kind) for node, kind in properties if kind in forms and node not in records)
        return ((forms[kind], node) for node, kind in (*classified, *about))

    def check(self, filled: FilledForm) -> CheckedForm:
        """Return what is found out about the filled form. Raises NotFoundError for a form that does not exist."""
        form = self.form(filled.form)
        interpretation = interpret(form, filled)
        found, is_on_record = self._findings(form, interpretation) if interpretation.triples else ((), False)
        findings = tuple(self._placed(form, interpretation, finding) for finding in found)
        problems = interpretation.problems
        findings = tuple(finding for finding in findings if not _is_explained(finding, problems))
        is_ready = not problems and all(finding.severity != "Violation" for finding in findings)
        turtle = "" if problems else nested_turtle(interpretation.triples)
        return CheckedForm(form, filled, problems, findings, turtle, is_ready, is_on_record)

    def _findings(self, form: Form, interpretation: Interpretation) -> tuple[Sequence[Finding], bool]:
        """The findings about a submission, and whether one of its name is on record.

        For a record they are those about a document of the register beside the others.
        """
        if not form.is_record:
            # N-Triples keep the labels of blank nodes, by which findings are placed.
            statements = "".join(f"{triple} .\n" for triple in interpretation.triples)
            report = self.validate(Source(f"{form.name}.nt", statements.encode(), "application/n-triples"))
            return report.findings, interpretation.node in report.on_record
        documents = self.register().document_quads
        own = tuple(ox.Quad(t.subject, t.predicate, t.object) for t in interpretation.triples)
        graph = RegisterGraph((*documents, own), self.knowledge, self.shapes)
        return tuple(found.finding for found in graph.findings((len(documents),))), False

    def _placed(self, form: Form, interpretation: Interpretation, finding: Finding) -> PlacedFinding:
        path = place_of(form, interpretation, focus=finding.focus, path=finding.path, value=finding.value)
        asked_by = PRACTICE if finding.severity == "Info" else TEXT if finding.fault_of == _TEXTUAL else FORM
        message = {lang: self.in_words(form, text, lang) for lang, text in finding.message.items()}
        return PlacedFinding(path, finding.severity, message, asked_by, finding.shape)

    def in_words(self, form: Form, message: str, lang: str) -> str:
        """Return the message with the names that the form and the knowledge give to terms, and literals as texts."""

        def named(match: re.Match[str]) -> str:
            iri = match[3] or self.knowledge.prefixes.get(match[1], "") + match[2]
            name = self._field_names[form.name].get(iri) or (labels(self.knowledge, iri) if iri in self.knowledge.subjects else None)
            return _QUOTES[lang].format(name[lang]) if name and lang in name else match[0]

        text = _TERM.sub(named, _LITERAL.sub(lambda match: _QUOTES[lang].format(match[1]), message))
        # Properties of one name are named once; a property and its value are told apart.
        return _VALUE_OF.sub(rf"\1{translate('web.colon', lang)} \2", _REPEATED.sub(r"\1", text))

    @cached_property
    def _field_names(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """The names of fields by form and property."""
        return {form.name: dict(_names(form.part)) for form in self.forms.values()}


def _names(part: Part) -> list[tuple[str, Mapping[str, str]]]:
    """The names of the fields of a part and of the parts within it, by property; those of the part itself last, so that they hold."""
    inner = [item for asked in part.fields if asked.part is not None for item in _names(asked.part)]
    return [
        *inner,
        *((way.predicate, _name(asked)) for asked in part.fields for way in asked.alternatives if set(asked.name) >= set(LANGUAGES)),
    ]


def _name(asked: Field) -> Mapping[str, str]:
    """What a sentence calls a value of the field: a part by its own name, such as a step of a timetable."""
    return asked.part.label if asked.part is not None and asked.most != 1 else asked.name


def _is_explained(finding: PlacedFinding, problems: tuple[EntryProblem, ...]) -> bool:
    """Whether the finding is about a field of which an entry could not be taken, so that it may follow from that alone."""
    return any(
        finding.path == problem.path.rpartition(SEPARATOR)[0] or (finding.path and problem.path.startswith(finding.path + SEPARATOR))
        for problem in problems
    )
