"""The values of reports: frozen, without behaviour that needs a store, a clock or a network."""

from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl import Place

SEVERITIES: Final = ("Violation", "Warning", "Info")


class ResultTerms(Struct, frozen=True):
    """The same focus node, value and path as RDF terms; a path that is no IRI is the first subject of `path_triples`."""

    focus: ox.NamedNode | ox.BlankNode | ox.Literal
    value: ox.NamedNode | ox.BlankNode | ox.Literal | None
    path: ox.NamedNode | ox.BlankNode | None
    path_triples: tuple[ox.Triple, ...] = ()


class CauseBranch(Struct, frozen=True):
    """One of the shapes on which a constraint rests, for one value; without a cause, the value has the shape."""

    shape: str
    """Its IRI, or what it asks for when it has none."""
    value: str
    causes: tuple["Cause", ...] = ()


class Cause(Struct, frozen=True):
    """Why a value lacks a shape: one result within another.

    `facts` and `message` map a language to a sentence: what was found and asked for, and what the author of the shape says; `shape`
    is None for a shape without IRI.
    """

    facts: Mapping[str, str]
    message: Mapping[str, str]
    focus: str
    path: str | None
    value: str | None
    shape: str | None
    component: str
    severity: str
    branches: tuple[CauseBranch, ...] = ()
    terms: ResultTerms | None = None


class Repair(Struct, frozen=True):
    """A change after which a finding is gone and no other of its gravity has come: lines of Turtle to write, and those they replace.

    `example` says that a value is an example or a guess, which the author must replace or confirm.
    """

    write: str
    instead_of: str
    example: bool


class Finding(Struct, frozen=True):
    """One result of validation.

    `severity` is one of SEVERITIES; `message` maps a language to a sentence; `path` is in SPARQL syntax; `shape` and
    `component` are full IRIs; `focus` and `value` are IRIs, `_:label` or the lexical form of a literal. `facts` maps a language to
    what was found and asked for (empty for an engine that does not say). Findings with the same `fingerprint` are the same fault of
    the same part, in another run, file or order.
    """

    paragraph: str | None
    severity: str
    message: Mapping[str, str]
    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    terms: ResultTerms | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    branches: tuple[CauseBranch, ...] = ()
    place: Place | None = None
    fingerprint: str = ""
    repair: Repair | None = None


class LocatedStatement(Struct, frozen=True):
    """A statement of a document in N-Triples syntax, and where it stands."""

    subject: str
    predicate: str
    object: str
    place: Place | None


class MetShape(Struct, frozen=True):
    """A shape that one node meets, and the statements of the document that it looks at there."""

    paragraph: str | None
    shape: str
    focus: str
    statements: tuple[LocatedStatement, ...]


class Evidence(Struct, frozen=True):
    """What speaks for a document: the shapes that are met, and the statements that no shape looks at."""

    met: tuple[MetShape, ...]
    uncovered: tuple[LocatedStatement, ...]


class Provenance(Struct, frozen=True):
    """What a report was made from; the same values give the same report.

    `sha256` is of the bytes as they came, `rdfc10` of the canonical N-Quads (RDFC-1.0; None when canonicalising is out of bounds).
    """

    sha256: str
    rdfc10: str | None
    shapes: str
    knowledge: str
    register: str | None
    engine: str
    version: str
    as_of: str | None = None


class SubmissionReport(Struct, frozen=True):
    """What validation found in one source, findings in a stable order."""

    name: str
    findings: tuple[Finding, ...]
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()
    submissions: tuple[tuple[str, str], ...] = ()
    """The submissions recognised: (IRI or blank node label, class IRI)."""
    provenance: Provenance | None = None
    evidence: Evidence | None = None

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, of any severity (SHACL 1.0, section 3.6.1.1)."""
        return not self.findings

    @property
    def processable(self) -> bool:
        """Whether nothing keeps the submission from being processed: no result of severity sh:Violation."""
        return all(finding.severity != "Violation" for finding in self.findings)
