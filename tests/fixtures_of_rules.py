"""The cases of the rules: registers of a few statements, whose file name begins with the expected status.

The header of a case gives the moment, the reading and the duty assessed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from observance.assessment import Assessment, AssessmentInputs, AssessmentSet, RuleBase, assess, find_reasons
from observance.assessment.duties import DUTIES
from observance.assessment.readings import custom_reading_iri
from observance.assessment.rules.compiler import COMPLETENESS
from observance.core import OBS, RDF, Settings, calendar, local_name
from observance.knowledge import load_knowledge
from observance.register import Register
from observance.submissions import PlaceFinder, ShapesGraph, Verdicts
from oxishacl import Document, Source

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "rules"
KNOWLEDGE = load_knowledge(ROOT)
RULE_BASE = RuleBase(KNOWLEDGE)
SHAPES = ShapesGraph.read(ROOT, cache=None)
_RESERVED = frozenset(KNOWLEDGE.subjects_with(OBS + "reserved", "true"))
_HEADER_FIELD = re.compile(r"^#\+ ([a-z-]+): (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class RuleCase:
    """A case: its file, and the fields of its header, which are also attributes (`as_of` for `as-of`)."""

    path: Path
    header: tuple[tuple[str, str], ...]

    def __getattr__(self, name: str) -> str:
        return dict(self.header)[name.replace("_", "-")]

    @property
    def name(self) -> str:
        """The stem of the paragraph and the name of the file, for messages."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def expected(self) -> str:
        """The expected status in kebab case, the first word of the file name."""
        return self.path.name.partition(".")[0]


def rule_cases() -> list[RuleCase]:
    """All cases, in the order of their names."""
    files = sorted(file for file in FOLDER.glob("para-*/*.ttl") if not file.name.endswith(".reading.ttl"))
    return [RuleCase(file, tuple(_HEADER_FIELD.findall(file.read_text(encoding="utf-8")))) for file in files]


def kebab_case(iri: str) -> str:
    """The local name in kebab case."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", local_name(iri)).lower()


def parse_turtle(file: Path) -> Iterator[ox.Quad]:
    """The statements of the file; its blank nodes differ from those of other files."""
    return ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)


@cache
def base_statements() -> tuple[ox.Quad, ...]:
    """The statements that are part of every case."""
    return tuple(parse_turtle(FOLDER / "base.ttl"))


@cache
def rule_base_with(reading: Path | None) -> RuleBase:
    """The rule base, with the reading in the file if there is one; cached for all cases."""
    return RULE_BASE if reading is None else RULE_BASE.with_reading(parse_turtle(reading))


def build_inputs(quads: tuple[ox.Quad, ...], *, reading: Path | None = None, rule_base: RuleBase | None = None) -> AssessmentInputs:
    """The assessment inputs of a register with the base statements and these; records and submissions are documents of their own."""
    records, submitted = split_records(quads)
    return register_inputs((*base_statements(), *records), submitted, rule_base=rule_base or rule_base_with(reading))


def split_records(quads: Iterable[ox.Quad]) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """The statements of the register's own records with their blank nodes, and what parties submitted."""
    all_quads = list(quads)
    nodes = {q.subject for q in all_quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in _RESERVED}
    size = 0
    while size < len(nodes):
        size = len(nodes)
        nodes |= {q.object for q in all_quads if q.subject in nodes and isinstance(q.object, ox.BlankNode)}
    is_record = [q.subject in nodes or q.predicate.value in _RESERVED for q in all_quads]
    return [q for q, own in zip(all_quads, is_record, strict=True) if own], [
        q for q, own in zip(all_quads, is_record, strict=True) if not own
    ]


def register_inputs(*documents: Iterable[ox.Quad], rule_base: RuleBase | None = None) -> AssessmentInputs:
    """The assessment inputs of a register with these documents, and the verdicts of the shapes on them."""
    return AssessmentInputs(rule_base or RULE_BASE, register_of(*documents), verdicts)


def register_of(*documents: Iterable[ox.Quad], names: Iterable[str] = ()) -> Register:
    """A register with these documents, which have these names, else their numbers."""
    named = dict(enumerate(names))
    sources = (Source(named.get(number, f"{number}.ttl"), b"") for number in range(len(documents)))
    return Register(tuple(Document(source, "turtle", tuple(quads)) for source, quads in zip(sources, documents, strict=True)))


def verdicts(register: Register, *, shapes: ShapesGraph = SHAPES, cache: Path | None = None) -> Verdicts:
    """The verdicts of the shapes on the documents of the register, computed anew unless they are kept in the folder."""

    def places(number: int) -> PlaceFinder:
        return PlaceFinder(register.documents[number], number=number, settings=Settings(), contexts={})

    return Verdicts(register, knowledge=KNOWLEDGE, shapes=shapes, places=places, cache=cache)


def assess_case(case: RuleCase, *, quads: tuple[ox.Quad, ...] | None = None, rule_base: RuleBase | None = None) -> AssessmentSet:
    """The assessments of the case at its moment and under its reading, optionally with other statements or another rule base."""
    reading = case.path.parent / case.reading if case.reading.endswith(".ttl") else None
    inputs = build_inputs(tuple(parse_turtle(case.path)) if quads is None else quads, reading=reading, rule_base=rule_base)
    return assess(
        inputs,
        as_of=date.fromisoformat(case.as_of),
        known_at=calendar.parse_time(case.known_at),
        reading=custom_reading_iri(parse_turtle(reading), name=reading.name) if reading else case.reading,
    )


@cache
def case_assessment(case: RuleCase) -> Assessment:
    """The assessment of the duty that the case names."""
    return duty_assessment(case, assess_case(case))


TOLD = ("notes", "counts", "edition", "reads", "premises", "due", "unclear")
"""What the header of a case may name besides its status; `-` is nothing."""


def told_by_header(case: RuleCase) -> dict[str, set[str]]:
    """What the header says that the explanation tells: names of notes, `name=number` of counts, the edition counted in, parameters of the
    reading, premises, to whom a transmission is due and which documents leave the item open.
    """
    return {field: set(text.split(",")) - {"-"} for field, text in case.header if field in TOLD}


def told(case: RuleCase, assessment_set: AssessmentSet) -> dict[str, set[str]]:
    """What the explanation tells, as far as the header of the case speaks of it."""
    named = told_by_header(case)
    if not named:
        return {}
    assessment, facts = duty_assessment(case, assessment_set), assessment_set.derivation.facts
    iri, reasons = assessment.duty.iri, find_reasons(assessment, derivation=assessment_set.derivation)
    numbers = [count.numbers(withheld=frozenset()) for count in reasons.counts] if "counts" in named else []
    all_told = {
        "notes": {local_name(finding.note.iri) for finding in reasons.notes},
        "counts": {f"{name}={number}" for each in numbers for name, number in each.items()},
        "edition": set(map(local_name, facts.objects(iri, OBS + "measuredAgainst"))),
        "reads": {local_name(parameter.iri) for parameter in reasons.parameters},
        "premises": {local_name(finding.premise.iri) for finding in reasons.findings},
        "due": set(map(local_name, facts.objects(iri, OBS + "dueTo"))),
        "unclear": set(map(local_name, facts.subjects(OBS + "unclearFor", iri))),
    }
    return {field: all_told[field] for field in named}


EXCLUDE_EACH_OTHER = (
    ("setAsideAsFiledByUnion", "onRecordFor"), ("setAsideAsFiledByAnother", "onRecordFor"), ("setAsideAsOutsideRole", "onRecordFor"),
    ("setAsideByItsPeriod", "onRecordFor"), ("setAsideByItsReceipt", "onRecordFor"), ("setAsideAsOfOpenCycle", "onRecordFor"),
    ("setAsideAsFiledByUnion", "setAsideAsFiledByAnother"), ("setAsideAsEarlier", "latestFor"),
)  # fmt: skip
"""Of a document and an item at most one of each pair is concluded."""


def contradictions(assessment_set: AssessmentSet) -> list[tuple[str, ...]]:
    """What no register may lead to: a document set aside that counts, a named one overtaken or called another, silence unexplained."""
    facts = assessment_set.derivation.facts
    named_norms = {iri.strip("<>") for iri in facts.objects_by_subject(f"<{OBS}requiresSubmissionOf>")}
    pairs = [(triple, f"<{OBS}{other}>") for one, other in EXCLUDE_EACH_OTHER for triple in _facts_with(one, assessment_set)]
    found = [triple for triple, other in pairs if (triple[0], other, triple[2]) in facts]
    found += [t for t in _facts_with("setAsideAsNotNamed", assessment_set) if (t[0], f"<{RDF}type>", f"<{OBS}NamedDocument>") in facts]
    items = {f"<{assessment.duty.iri}>" for assessment in assessment_set.assessments if assessment.duty.norm in named_norms}
    found += [triple for triple in _facts_with("setAsideAsEarlier", assessment_set) if triple[2] in items]
    return found + [(a.duty.iri, a.rule.iri) for a in assessment_set.assessments if not _rests_on_silence_rightly(a)]


ABSENT = frozenset({"NotYetProvided", "NotYetDue", "Behind", "JustifiedDelay", "NoEvidenceOnRecord"})
"""The statuses that say that something is not on record."""


def _rests_on_silence_rightly(assessment: Assessment) -> bool:
    """Whether absence rests on a register that is complete, and what is not established on silence in one of which nothing says so."""
    missing = [premise for premise in assessment.rule.premises if not premise.present]
    if local_name(assessment.status.iri) in ABSENT:
        return any(premise.licence == COMPLETENESS for premise in missing)
    about_completeness = [OBS + "covers" in premise.pattern.terms for premise in missing]
    is_silence = assessment.status.iri == OBS + "Unknown" and len(missing) == len(assessment.rule.premises)
    return not is_silence or (any(about_completeness) and not all(about_completeness))


def _facts_with(name: str, assessment_set: AssessmentSet) -> Iterator[tuple[str, str, str]]:
    predicate = f"<{OBS}{name}>"
    for subject, targets in assessment_set.derivation.facts.objects_by_subject(predicate).items():
        yield from ((subject, predicate, target) for target in targets)


def duty_assessment(case: RuleCase, assessment_set: AssessmentSet) -> Assessment:
    """The assessment, in the set, of the duty that the case names; the name of an event may lack its digest."""
    assessments = {a.duty.iri.removeprefix(DUTIES): a for a in assessment_set.assessments}
    if case.duty in assessments:
        return assessments[case.duty]
    (assessment,) = [a for name, a in assessments.items() if re.fullmatch(re.escape(case.duty) + "-[0-9a-f]{6}", name)]
    return assessment
