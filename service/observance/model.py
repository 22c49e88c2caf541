"""The values that pass between corridors: frozen, without behaviour that needs a store, a clock or a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyoxigraph as ox

SEVERITIES: Final = ("Violation", "Warning", "Info")
LAYERS: Final = ("facts", "assessments", "reasons", "rivals", "changes", "readings", "earlier", "validation")
"""What a question can be asked of besides the knowledge and the register (`asking.Wanted` says what each holds)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes as they came: `name` is the file's name or what the sender called it, `media_type` what it declared."""

    name: str
    content: bytes
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A source that was read: its quads in document order, its syntax, and notes to pass on (phrase, values)."""

    source: Source
    syntax: str
    quads: tuple[ox.Quad, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """The same focus node, value and path as RDF terms; a path that is no IRI is the first subject of `path_triples`."""

    focus: ox.NamedNode | ox.BlankNode | ox.Literal
    value: ox.NamedNode | ox.BlankNode | ox.Literal | None
    path: ox.NamedNode | ox.BlankNode | None
    path_triples: tuple[ox.Triple, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of validation.

    `severity` is one of SEVERITIES; `message` maps a language to a sentence; `path` is in SPARQL syntax; `shape` and
    `component` are full IRIs; `focus` and `value` are IRIs, `_:label` or the lexical form of a literal.
    """

    paragraph: str | None
    severity: str
    message: Mapping[str, str]
    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    terms: Terms | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found in one source, findings in a stable order."""

    name: str
    findings: tuple[Finding, ...]
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()
    submissions: tuple[tuple[str, str], ...] = ()
    """The submissions recognised: (IRI or blank node label, class IRI)."""

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, of any severity (SHACL 1.0, section 3.6.1.1)."""
        return not self.findings

    @property
    def processable(self) -> bool:
        """Whether nothing keeps the submission from being processed: no result of severity sh:Violation."""
        return all(finding.severity != "Violation" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed parameter of a catalogue query; `label` maps a language to a sentence."""

    name: str
    type: str
    required: bool
    default: str | None
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """A catalogue query: what its header says and its SPARQL text; `summary` maps a language to a sentence.

    With `layers` (of LAYERS) it is asked of the register as it stood at a moment, and of what was concluded from it; the moment and
    the reading are then among its parameters.
    """

    name: str
    summary: Mapping[str, str]
    paragraph: str | None
    params: tuple[Parameter, ...]
    text: str
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """The day of the world and the time of the register of an answer, the reading if it rests on one, and whether they are defaults.

    `known_at` is an xsd:dateTime; `reading` maps a language to what the reading is called.
    """

    as_of: date
    known_at: str
    reading: Mapping[str, str] | None
    default: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The serialised answer of a query and its media type; `basis` when it was asked of a register as it stood."""

    media_type: str
    body: bytes
    basis: Basis | None = None
