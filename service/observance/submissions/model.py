"""The values of reports: immutable, and without behaviour that needs a store, a clock or a network."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field
from msgspec.structs import replace

from observance.core import OBS
from oxishacl import Place

SEVERITIES: Final = ("Violation", "Warning", "Info")

REGISTER_FORM: Final = OBS + "RegisterForm"
"""The origin of faults in the form that this register asks for."""


class ResultTerms(Struct, frozen=True):
    """The focus node, value and path of a result as RDF terms; `path_triples` describe a path that is no IRI, its own node first."""

    focus: ox.NamedNode | ox.BlankNode | ox.Literal
    value: ox.NamedNode | ox.BlankNode | ox.Literal | None
    path: ox.NamedNode | ox.BlankNode | None
    path_triples: tuple[ox.Triple, ...] = ()


class CauseBranch(Struct, frozen=True):
    """The validation of a value against one of the shapes that a constraint refers to; without causes, the value conforms."""

    shape: str
    """The IRI of the shape, or a description of its constraints if it has none."""
    value: str
    causes: tuple["Cause", ...] = ()


class Cause(Struct, frozen=True):
    """The reason why a value does not conform to a shape: a result within another.

    `facts` and `message` map a language to a sentence: the value found and the constraint, and the message of the shape's author; `shape`
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


class TextEdit(Struct, frozen=True):
    """A text that takes the place of another in a source; where the place is empty, nothing is replaced."""

    place: Place
    text: str


class Repair(Struct, frozen=True):
    """A change that removes a finding and adds none of the same or a higher severity: lines to write, and those they replace.

    They are in the syntax of the document. With `gap`, a sign … stands where the author's own value belongs; `choices` has the values of a
    closed list. `edits` make the change in the text of the document; they are empty where that is not known to be possible.
    """

    write: str
    instead_of: str
    gap: bool
    choices: tuple[str, ...] = ()
    edits: tuple[TextEdit, ...] = ()


class Finding(Struct, frozen=True):
    """A validation result with its explanation.

    `severity` is one of SEVERITIES; `message` maps a language to a sentence; `path` is in SPARQL syntax; `shape` and
    `component` are full IRIs; `focus` and `value` are IRIs, `_:label` or the lexical form of a literal. `facts` maps a language to
    a sentence with the value found and the constraint (empty for pySHACL, whose results have no such details). `fault_of` is the IRI of
    the origin of the fault that the shape declares, None if it declares none. Findings with the same `fingerprint` are the same fault at
    the same node, in another run, file or order.
    """

    paragraph: str | None
    fault_of: str | None
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
    """A statement of a document in N-Triples syntax, with its place in the source."""

    subject: str
    predicate: str
    object: str
    place: Place | None


class MetShape(Struct, frozen=True):
    """A shape to which a node conforms, and the statements of the document that it covers there."""

    paragraph: str | None
    shape: str
    focus: str
    statements: tuple[LocatedStatement, ...]


class Evidence(Struct, frozen=True):
    """The positive results for a document: the shapes that are met, and the statements that no shape covers."""

    met: tuple[MetShape, ...]
    uncovered: tuple[LocatedStatement, ...]


class Provenance(Struct, frozen=True):
    """The digests of a report's inputs; the same values give the same report.

    `sha256` is of the bytes as received, `rdfc10` of the canonical N-Quads (RDFC-1.0; None if canonicalisation would take too long).
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
    """The findings for one source, in a stable order."""

    name: str
    findings: tuple[Finding, ...]
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()
    submissions: tuple[tuple[str, str], ...] = ()
    """The submissions of the source: (IRI or `_:label`, class IRI)."""
    provenance: Provenance | None = None
    evidence: Evidence | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    """The number of findings of each severity that the report leaves out for its length."""
    on_record: tuple[str, ...] = ()
    """The submissions of which the register holds another version: the source is read as their revision."""

    def shortened(self, most: int) -> "SubmissionReport":
        """Return the report with so many findings at the most, the severest ones, in their order."""
        ranked = sorted(range(len(self.findings)), key=lambda number: SEVERITIES.index(self.findings[number].severity))
        kept = set(ranked[:most])
        left_out = Counter(finding.severity for number, finding in enumerate(self.findings) if number not in kept)
        findings = tuple(finding for number, finding in enumerate(self.findings) if number in kept)
        return replace(self, findings=findings, left_out=dict(left_out))

    @property
    def conforms(self) -> bool:
        """Whether there are no results, of any severity (SHACL 1.0, section 3.6.1.1)."""
        return not self.findings

    @property
    def processable(self) -> bool:
        """Whether the submission can be processed: no result has severity sh:Violation."""
        return all(finding.severity != "Violation" for finding in self.findings) and "Violation" not in self.left_out
