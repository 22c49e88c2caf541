"""The cases of the shapes: files whose name begins with the verdict and whose header lists the shapes that must give results."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from observance.core import OBS, PREFIXES, RDF
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.submissions import ENGINES, SEVERITIES, ReportOptions, ValidationBackground
from observance.submissions.engines import ON_RECORD, DataGraph, engine_results
from observance.submissions.findings import FindingBuilder, paths_from_submissions
from observance.submissions.model import Finding
from observance.submissions.validation import DocumentContext, document_facts, paragraphs_in, report_on_document
from oxishacl import Document, node_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "shapes"
_EXPECTS = re.compile(r"^#\+ expects: (\S+)", re.MULTILINE)
_COMPILED = re.compile(r"^#\+ expects compiled: (\S+)", re.MULTILINE)
_REGISTER = re.compile(r"^#\+ register: (\S+)", re.MULTILINE)
_AS_OF = re.compile(r"^#\+ as-of: (\S+)", re.MULTILINE)
VERDICTS = {"valid": None, "invalid": "Violation", "warning": "Warning", "info": "Info"}


@dataclass(frozen=True)
class Case:
    """A case: its file, the worst severity of its results (None for no result), and the shapes that must give results.

    pySHACL ignores some ill-formed literals, so another shape gives the result than with our engine (tests/conformance/differences.md).
    The header of such a case has both, `expects` for pySHACL and `expects compiled` for our engine.
    """

    path: Path
    worst: str | None
    by_pyshacl: frozenset[str]
    by_compiled: frozenset[str]
    registers: tuple[Path, ...]
    as_of: str | None = None

    @property
    def is_record(self) -> bool:
        """Whether the file is a document of the register that it names: a case of the shapes for records."""
        return self.path.parent.name.startswith("register-")

    @property
    def expected(self) -> frozenset[str]:
        """The shapes that give results with either engine."""
        return self.by_pyshacl | self.by_compiled

    def expected_by(self, engine: str) -> frozenset[str]:
        """The shapes that must give results with the engine."""
        return self.by_compiled if engine == "compiled" else self.by_pyshacl

    def matches(self, findings: Iterable[Finding], *, engine: str) -> bool:
        """Whether exactly the expected shapes gave findings, and the worst severity is that of the verdict."""
        all_findings = list(findings)
        worst = next((severity for severity in SEVERITIES if any(f.severity == severity for f in all_findings)), None)
        return {finding.shape for finding in all_findings} == self.expected_by(engine) and worst == self.worst


def findings_of(case: Case, *, kb: KnowledgeBase, engine: str = ENGINES[0]) -> tuple[Finding, ...]:
    """The findings about a case, validated as a submission or, if it is one, as a document of the register that it names."""
    if not case.is_record:
        # No register named is none opened: the background is then the same for all cases, and made once for each engine.
        options = ReportOptions(as_of=case.as_of)
        return kb.submissions.validate(case.path, registers=case.registers or None, engine=engine, options=options).findings
    document = parse_document(read_source(case.path, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)
    return findings_on(document, case=case, background=background_of(case.registers, kb), engine=engine)


@cache
def background_of(registers: tuple[Path, ...], kb: KnowledgeBase) -> ValidationBackground:
    """The validation background with these registers; cached, because pySHACL takes long to load it."""
    return ValidationBackground(kb.knowledge, kb.shapes, kb.register.open(registers).quads)


def findings_on(document: Document, *, case: Case, background: ValidationBackground, engine: str = ENGINES[0]) -> tuple[Finding, ...]:
    """The findings about the document of a case over the background."""
    if not case.is_record:
        return report_on_document(document, background=background, engine=engine).findings
    knowledge, quads = background.knowledge, document.quads
    classes = knowledge.subclasses(OBS + "Submission")
    types = [quad for quad in quads if quad.predicate.value == RDF + "type"]
    submissions = {node_name(q.subject): q.object.value for q in types if isinstance(q.object, ox.NamedNode) and q.object.value in classes}
    context = DocumentContext(knowledge, background.described, is_of_register=True, is_record=not submissions)
    facts = document_facts(quads, context=context, submissions=submissions.keys())
    data = DataGraph((*quads, *facts, ON_RECORD), background.graph, submissions)
    paths = paths_from_submissions(quads, roots=submissions)
    paragraphs = paragraphs_in(quads, submissions, knowledge=knowledge)
    builder = FindingBuilder(background.shapes, knowledge=knowledge, paragraphs=paragraphs, paths=paths, data=None)
    described = {quad.subject for quad in quads}
    results = engine_results(data, shapes=background.shapes, engine=engine)
    return tuple(builder.finding(result) for result in results if result.focus in described)


def cases_of(stem: str) -> list[Case]:
    """The cases of the shapes file with this stem, in the order of their names."""
    files = sorted((FOLDER / stem).glob("*.*"))
    return [read_case(file) for file in files if file.name.partition(".")[0] in VERDICTS]


def read_case(file: Path) -> Case:
    """The case in the file."""
    text = file.read_text(encoding="utf-8")
    by_pyshacl = frozenset(_expand(name) for name in _EXPECTS.findall(text))
    return Case(
        path=file,
        worst=VERDICTS[file.name.partition(".")[0]],
        by_pyshacl=by_pyshacl,
        by_compiled=frozenset(_expand(name) for name in _COMPILED.findall(text)) or by_pyshacl,
        as_of=next(iter(_AS_OF.findall(text)), None),
        registers=tuple(file.parent / name for name in _REGISTER.findall(text)),
    )


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
