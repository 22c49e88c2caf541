"""The assessment service of a knowledge base: the statuses of all duties of its register, and the explanation of one of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct
from msgspec.structs import replace

from observance.assessment.derivation import Derivation
from observance.assessment.duties import DUTIES
from observance.assessment.explanation import counterfactuals
from observance.assessment.explanation.counterfactuals import Change
from observance.assessment.explanation.differences import AssessmentComparison, compare_assessments, same_duty
from observance.assessment.explanation.reasons import (
    OtherReading,
    Reasons,
    RejectedStatus,
    assess_under_readings,
    find_reasons,
    sort_by_difference,
    why_not,
)
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.inputs import AssessmentInputs, RuleBase
from observance.assessment.model import Assessment, Labels, Reading
from observance.assessment.outputs import serialisation
from observance.assessment.readings import choose_reading, custom_reading_iri
from observance.core import OBS, PROV, RDF, XSD, NotFoundError, Settings, UsageError, calendar, local_name
from observance.rdf import cache_folder, parse_document, read_source
from observance.register import Moment, Register, RegisterService
from observance.submissions import PlaceFinder, ShapesGraph, Verdicts
from oxishacl import Contexts, Document, Source

_SUPPOSED: Final = "-supposed"
"""The ending of the names of a supposed document's own versions of what is on record."""


class AssessmentSet(Struct, frozen=True, dict=True):
    """The assessments of all duties at a moment under a reading, with the inputs that they are derived from."""

    inputs: AssessmentInputs
    reading: Reading
    moment: Moment

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        """The assessment of each duty, sorted by bearer, norm and window; raises what `AssessmentInputs.derive` raises."""
        return self.inputs.assessments(reading=self.reading, at=self.moment)

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the assessments, with its facts: for reasons and explanations."""
        return self.inputs.derive(reading=self.reading, at=self.moment)

    @property
    def statuses(self) -> Mapping[str, Labels]:
        """The labels of the status of each duty, by the duty's IRI."""
        return {a.duty.iri: a.status.label for a in self.assessments}

    def select(self, bearer: str | None = None, *, paragraph: str | None = None) -> tuple[Assessment, ...]:
        """The assessments of duties of the bearer and under the paragraph, both as IRIs; None selects all."""
        return tuple(
            a for a in self.assessments
            if (bearer is None or a.duty.bearer == bearer)
            and (paragraph is None or paragraph in self.inputs.knowledge.objects(a.duty.norm, OBS + "expressedBy"))
        )  # fmt: skip

    def as_turtle(self, assessments: Iterable[Assessment]) -> str:
        """Some of the assessments with their reasons in Turtle."""
        return serialisation.assessments_to_turtle(assessments, derivation=self.derivation, inputs=self.inputs)

    def find(self, name: str) -> Assessment:
        """The assessment of the duty with this IRI, in full or after `…/duties/`; raises NotFoundError."""
        assessment = next((a for a in self.assessments if name in (a.duty.iri, a.duty.iri.removeprefix(DUTIES))), None)
        if assessment is None:
            raise NotFoundError("assessment.no-duty", name=name)
        return assessment


class ExplainedAssessment(Struct, frozen=True):
    """The explanation of one duty's status.

    `other_readings` are the statuses under every reading, `changes` the smallest changes of the status, `rejected` the rejection of a
    status that was asked about, `comparison` the comparison with an earlier day; None or empty unless requested.
    """

    assessment_set: AssessmentSet
    reasons: Reasons
    other_readings: tuple[OtherReading, ...]
    changes: tuple[Change, ...] | None
    rejected: RejectedStatus | None
    comparison: AssessmentComparison | None

    def sentences(self, lang: str) -> tuple[str, ...]:
        """The explanation as texts, one for each part."""
        verbaliser = Verbaliser(self.assessment_set.inputs, lang)
        parts = tuple(
            verbaliser.explanation(self.reasons, changes=self.changes, other_readings=self.other_readings, rejected=self.rejected)
        )
        return (*parts, *verbaliser.comparison(self.comparison)) if self.comparison else parts

    def as_object(self, lang: str) -> dict[str, Any]:
        """The explanation as JSON can hold it."""
        verbaliser = Verbaliser(self.assessment_set.inputs, lang)
        explanation = serialisation.explanation_to_json(
            self.reasons, verbaliser=verbaliser, changes=self.changes, other_readings=self.other_readings, rejected=self.rejected
        )
        if self.comparison is not None:
            explanation["changed"] = {
                "before": serialisation.assessment_to_json(self.comparison.before, verbaliser=verbaliser),
                "after": serialisation.assessment_to_json(self.comparison.after, verbaliser=verbaliser),
                "sentences": list(verbaliser.comparison(self.comparison)),
            }
        return explanation

    def as_turtle(self) -> str:
        """The assessment with its reasons in Turtle."""
        return self.assessment_set.as_turtle([self.reasons.assessment])


def assess(
    inputs: AssessmentInputs,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    reading: str | None = None,
    custom_reading: Sequence[ox.Quad] = (),
) -> AssessmentSet:
    """Return the assessments of all duties, by default at the last moment on record and under the default reading.

    `custom_reading` holds the statements of a user's file with one reading, which then applies; `reading` is the file's name.
    """
    name = reading
    if custom_reading:
        inputs = replace(inputs, rule_base=inputs.rule_base.with_reading(custom_reading))
        name = custom_reading_iri(custom_reading, name=reading or "–")
    chosen: Reading = choose_reading(name, among=inputs.readings)
    assessment_set = AssessmentSet(inputs, chosen, inputs.moment(as_of=as_of, known_at=known_at))
    _ = assessment_set.assessments  # what is inconsistent is said here
    return assessment_set


def explain_assessment(
    assessment: Assessment,
    *,
    assessment_set: AssessmentSet,
    status: str | None = None,
    since: date | None = None,
    with_changes: bool = True,
    with_readings: bool = True,
) -> ExplainedAssessment:
    """Return the explanation of an assessment: its reasons, why the duty does not have `status`, and what changed since a day.

    Raises NotFoundError for an unknown status, and if the duty did not exist on the day `since`.
    """
    inputs, derivation = assessment_set.inputs, assessment_set.derivation
    other_readings = (
        assess_under_readings(assessment.duty, inputs=inputs, readings=inputs.readings, at=derivation.moment) if with_readings else ()
    )
    return ExplainedAssessment(
        assessment_set,
        find_reasons(assessment, derivation=derivation),
        sort_by_difference(other_readings, than=assessment.status.iri),
        counterfactuals.smallest_changes(assessment, inputs=inputs, derivation=derivation) if with_changes else None,
        why_not(assessment, status=status, derivation=derivation) if status is not None else None,
        _compare_since(since, assessment, assessment_set=assessment_set) if since is not None else None,
    )


def _compare_since(day: date, assessment: Assessment, *, assessment_set: AssessmentSet) -> AssessmentComparison:
    inputs, derivation = assessment_set.inputs, assessment_set.derivation
    moment = inputs.moment(as_of=day, known_at=derivation.moment.known_at)
    earlier = inputs.derive(reading=derivation.reading, at=moment)
    before = next((a for a in earlier.assessments if same_duty(a.duty, assessment.duty)), None)
    if before is None:
        raise NotFoundError("assessment.no-duty-then", name=local_name(assessment.duty.iri), day=day)
    return compare_assessments(before, assessment, earlier=earlier, later=derivation)


def with_supposed_document(
    quads: Sequence[ox.Quad],
    *,
    inputs: AssessmentInputs,
    name: str = "data",
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> AssessmentInputs:
    """Return the inputs with a document added to the register, recorded at the moment.

    Submissions in it without a day of receipt are received on the day `as_of`; one whose IRI is on record is taken for its revision, see
    `revised_submissions`. `name` is the document's name in what is said of it.
    """
    at = inputs.moment(as_of=as_of, known_at=known_at)
    quads = _as_revision(quads, revised_submissions(quads, inputs=inputs), inputs=inputs)
    classes = inputs.knowledge.subclasses(OBS + "Submission")
    submissions = {q.subject for q in quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in classes}
    received = {q.subject for q in quads if q.predicate.value == OBS + "receivedOn"}
    day, time = _typed(at.as_of.isoformat(), "date"), _typed(calendar.format_time(at.known_at), "dateTime")
    # The document is in no register yet, so its own statements about its recording do not count.
    stated = [q.triple for q in quads if q.predicate.value != OBS + "recordedAt"]
    supplied = [
        *(ox.Triple(node, ox.NamedNode(OBS + "receivedOn"), day) for node in submissions - received),
        *(ox.Triple(node, ox.NamedNode(OBS + "recordedAt"), time) for node in submissions),
    ]
    document = Document(Source(name, b""), "turtle", tuple(ox.Quad(*triple) for triple in (*stated, *supplied)))
    return replace(inputs, register=Register((*inputs.register.documents, document)))


def revised_submissions(quads: Iterable[ox.Quad], *, inputs: AssessmentInputs) -> tuple[str, ...]:
    """Return the IRIs of the submissions in the document that are on record already, and that the audience may know to be."""
    classes = inputs.knowledge.subclasses(OBS + "Submission")

    def submissions(statements: Iterable[ox.Quad]) -> dict[str, None]:
        typed = (q for q in statements if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in classes)
        return dict.fromkeys(q.subject.value for q in typed if isinstance(q.subject, ox.NamedNode))

    on_record = submissions(inputs.quads).keys() - inputs.withheld
    return tuple(node for node in submissions(quads) if node in on_record)


def _as_revision(quads: Sequence[ox.Quad], revised: Collection[str], *, inputs: AssessmentInputs) -> Sequence[ox.Quad]:
    """Return the document with names of its own for what is on record, each submission as the revision of the one with its name."""
    if not revised:
        return quads
    on_record = [_named_subjects(document.quads) for document in inputs.register.documents]
    described = _named_subjects(quads) & set[str]().union(*(nodes for nodes in on_record if not nodes.isdisjoint(revised)))

    def own(term: Any) -> Any:
        return ox.NamedNode(f"{term.value}{_SUPPOSED}") if isinstance(term, ox.NamedNode) and term.value in described else term

    renamed = [ox.Quad(own(q.subject), q.predicate, own(q.object)) for q in quads]
    return (*renamed, *(ox.Quad(own(ox.NamedNode(node)), ox.NamedNode(PROV + "wasRevisionOf"), ox.NamedNode(node)) for node in revised))


def _named_subjects(quads: Iterable[ox.Quad]) -> set[str]:
    return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def parse_moment(
    as_of: str | None, known_at: str | None, *, names: tuple[str, str] = ("--as-of", "--known-at")
) -> tuple[date | None, datetime | None]:
    """Parse a date and a time; raises UsageError, with the name of the option or parameter from `names`, for malformed ones."""
    try:
        day = date.fromisoformat(as_of) if as_of is not None else None
    except ValueError:
        raise UsageError("assessment.bad-date", option=names[0], value=as_of) from None
    try:
        return day, calendar.parse_time(known_at) if known_at is not None else None
    except ValueError:
        raise UsageError("assessment.bad-date", option=names[1], value=known_at) from None


class AssessmentService:
    """Assesses the duties of the register of a knowledge base."""

    def __init__(
        self,
        *,
        rule_base: Callable[[], RuleBase],
        shapes: Callable[[], ShapesGraph],
        register: RegisterService,
        settings: Settings,
        contexts: Contexts,
    ) -> None:
        """Rules, shapes and register are read on first use."""
        self._rule_base, self._shapes, self._register = rule_base, shapes, register
        self._settings, self._contexts = settings, contexts

    @property
    def rule_base(self) -> RuleBase:
        """The knowledge with its compiled rules and readings."""
        return self._rule_base()

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The readings of the knowledge base by name, the default one first."""
        return self.rule_base.readings

    def reading(self, name: str | None) -> Reading:
        """Return the reading of that name, by default the first; raises NotFoundError for an unknown name."""
        return choose_reading(name, among=self.readings)

    @cached_property
    def inputs(self) -> AssessmentInputs:
        """The inputs from the open register, or the demo register if none is open."""
        register = self._register.queried
        return AssessmentInputs(self.rule_base, register, self._verdicts)

    def _verdicts(self, register: Register) -> Verdicts:
        def places(number: int) -> PlaceFinder:
            return PlaceFinder(register.documents[number], number=number, settings=self._settings, contexts=self._contexts)

        cache = cache_folder(self._settings.cache)
        return Verdicts(register, knowledge=self.rule_base.knowledge, shapes=self._shapes(), places=places, cache=cache)

    def assess(
        self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None, what_if: Path | None = None
    ) -> AssessmentSet:
        """Return the assessments of all duties at the moment, by default the last one on record.

        `reading` is the name of a reading or of a file with one; `what_if` is a document that is added to the register. Raises what
        parsing these files raises, NotFoundError for an unknown reading, UsageError for a moment before the instrument, and
        InconsistentDataError for rules or a register that are inconsistent.
        """
        custom_reading = self._read(Path(reading)) if reading and reading.endswith(".ttl") else ()
        inputs = self.inputs
        if what_if is not None:
            inputs = with_supposed_document(self._read(what_if), inputs=inputs, as_of=as_of, known_at=known_at)
        return assess(inputs, as_of=as_of, known_at=known_at, reading=reading, custom_reading=custom_reading)

    def revised_by(self, file: Path) -> tuple[str, ...]:
        """Return the IRIs of the submissions in the file that are on record; raises what parsing it raises."""
        return revised_submissions(self._read(file), inputs=self.inputs)

    def parse(self, source: Source) -> tuple[ox.Quad, ...]:
        """Return the statements of a document or reading; raises what parsing raises."""
        return parse_document(source, settings=self._settings, contexts=self._contexts).quads

    def _read(self, file: Path) -> tuple[ox.Quad, ...]:
        return self.parse(read_source(file, settings=self._settings))
