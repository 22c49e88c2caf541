"""Assessment as a service of a knowledge base: where the duties of its register stand, and one duty explained in full."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

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
    deciding_readings,
    find_reasons,
    under_readings,
    why_not,
)
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.inputs import AssessmentInputs, RuleBase
from observance.assessment.model import Assessment, Labels, Reading
from observance.assessment.outputs import serialisation
from observance.assessment.readings import choose_reading, own_reading
from observance.core import OBS, RDF, XSD, NotFoundError, Settings, UsageError, calendar, local_name
from observance.knowledge import Knowledge
from observance.rdf import parse_document, read_source
from observance.register import RegisterService
from oxishacl import Contexts, Source


class AssessmentSet(Struct, frozen=True):
    """The statuses of all instances, with the case that they are about."""

    case: AssessmentInputs
    derivation: Derivation

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """One for each instance, in their order."""
        return self.derivation.assessments

    @property
    def statuses(self) -> Mapping[str, Labels]:
        """What the status of each instance is called."""
        return {a.duty.iri: a.status.label for a in self.assessments}

    def of(self, bearer: str | None = None, *, paragraph: str | None = None) -> tuple[Assessment, ...]:
        """The answers about a bearer and under a paragraph, by their IRIs; what is announced of nobody is under no bearer."""
        return tuple(
            a for a in self.assessments
            if (bearer is None or a.duty.bearer == bearer)
            and (paragraph is None or paragraph in self.case.knowledge.objects(a.duty.norm, OBS + "expressedBy"))
        )  # fmt: skip

    def as_turtle(self, assessments: Iterable[Assessment]) -> str:
        """Some of the answers as a graph."""
        return serialisation.assessments_to_turtle(assessments, derivation=self.derivation, withheld=self.case.withheld)

    def one(self, name: str) -> Assessment:
        """The answer about the duty with this IRI, or this end of it; NotFoundError otherwise."""
        found = next((a for a in self.assessments if name in (a.duty.iri, a.duty.iri.removeprefix(DUTIES))), None)
        if found is None:
            raise NotFoundError("assessment.no-duty", name=name)
        return found


class ExplainedAssessment(Struct, frozen=True):
    """One duty with its reasons; what was not asked for is None."""

    answers: AssessmentSet
    because: Reasons
    elsewhere: tuple[OtherReading, ...]
    changes: tuple[Change, ...] | None
    rival: RejectedStatus | None
    comparison: AssessmentComparison | None

    def sentences(self, lang: str) -> tuple[str, ...]:
        """The answer in sentences, one text for each part."""
        verbaliser = Verbaliser(self.answers.case, lang)
        said = tuple(verbaliser.paragraphs(self.because, changes=self.changes, elsewhere=self.elsewhere, rival=self.rival))
        return (*said, *verbaliser.comparison(self.comparison)) if self.comparison else said

    def as_object(self, lang: str) -> dict[str, Any]:
        """The answer for programs."""
        verbaliser = Verbaliser(self.answers.case, lang)
        found = serialisation.explanation_to_json(
            self.because, verbaliser=verbaliser, changes=self.changes, elsewhere=self.elsewhere, rival=self.rival
        )
        if self.comparison is not None:
            found["changed"] = {
                "before": serialisation.assessment_to_json(self.comparison.before, verbaliser=verbaliser),
                "after": serialisation.assessment_to_json(self.comparison.after, verbaliser=verbaliser),
                "sentences": list(verbaliser.comparison(self.comparison)),
            }
        return found

    def as_turtle(self) -> str:
        """The answer as a graph."""
        return self.answers.as_turtle([self.because.assessment])


def assess(
    case: AssessmentInputs,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    reading: str | None = None,
    own: Sequence[ox.Quad] = (),
) -> AssessmentSet:
    """The statuses of all instances; `own` is a reading of the user's own, which `reading` then names the file of."""
    if own:
        case = replace(case, rule_base=case.rule_base.with_reading(own))
    chosen: Reading = choose_reading(own_reading(own, name=reading or "–") if own else reading, among=case.readings)
    return AssessmentSet(case, case.derive(reading=chosen, at=case.moment(as_of=as_of, known_at=known_at)))


def explain_assessment(
    assessment: Assessment,
    *,
    of: AssessmentSet,
    status: str | None = None,
    since: date | None = None,
    varied: bool = True,
    readings: bool = True,
) -> ExplainedAssessment:
    """One duty with its reasons: why not `status`, what would change it, under which readings, what changed since a day."""
    case, derivation = of.case, of.derivation
    elsewhere = under_readings(assessment.duty, case=case, readings=case.readings, at=derivation.moment) if readings else ()
    return ExplainedAssessment(
        of,
        find_reasons(assessment, derivation=derivation),
        deciding_readings(elsewhere, than=assessment.status.iri),
        counterfactuals.smallest_changes(assessment, case=case, derivation=derivation) if varied else None,
        why_not(assessment, status=status, derivation=derivation) if status is not None else None,
        _since(since, assessment, of=of) if since is not None else None,
    )


def _since(day: date, assessment: Assessment, *, of: AssessmentSet) -> AssessmentComparison:
    moment = of.case.moment(as_of=day, known_at=of.derivation.moment.known_at)
    earlier = of.case.derive(reading=of.derivation.reading, at=moment)
    before = next((a for a in earlier.assessments if same_duty(a.duty, assessment.duty)), None)
    if before is None:
        raise NotFoundError("assessment.no-duty-then", name=local_name(assessment.duty.iri), day=day)
    return compare_assessments(before, assessment, earlier=earlier, later=of.derivation)


def with_supposed_document(
    quads: Sequence[ox.Quad], *, case: AssessmentInputs, as_of: date | None = None, known_at: datetime | None = None
) -> AssessmentInputs:
    """The case if a document were in the register; a submission in it without a day of receipt is received on the day looked at."""
    at = case.moment(as_of=as_of, known_at=known_at)
    kinds = case.knowledge.subclasses(OBS + "Submission")
    nodes = {q.subject for q in quads if q.predicate.value == RDF + "type" and getattr(q.object, "value", "") in kinds}
    received = {q.subject for q in quads if q.predicate.value == OBS + "receivedOn"}
    day, known = (_typed(at.as_of.isoformat(), "date"), _typed(calendar.format_time(at.known_at), "dateTime"))
    given = [(node, "receivedOn", day) for node in nodes - received] + [(node, "recordedAt", known) for node in nodes]
    # It is not yet in any register: nothing that it says of its recording counts.
    said = [q.triple for q in quads if q.predicate.value != OBS + "recordedAt"]
    added = [ox.Triple(node, ox.NamedNode(OBS + name), value) for node, name, value in given]
    return replace(case, quads=(*case.quads, *(ox.Quad(*triple) for triple in (*said, *added))))


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def parse_moment(
    as_of: str | None, known_at: str | None, *, names: tuple[str, str] = ("--as-of", "--known-at")
) -> tuple[date | None, datetime | None]:
    """The day and the time as they were typed under these names; raises UsageError for what is neither."""
    try:
        day = date.fromisoformat(as_of) if as_of is not None else None
    except ValueError:
        raise UsageError("assessment.bad-date", option=names[0], value=as_of) from None
    try:
        return day, calendar.parse_time(known_at) if known_at is not None else None
    except ValueError:
        raise UsageError("assessment.bad-date", option=names[1], value=known_at) from None


class AssessmentService:
    """Assesses the duties of one register."""

    def __init__(self, *, knowledge: Callable[[], Knowledge], register: RegisterService, settings: Settings, contexts: Contexts) -> None:
        """Nothing is read before it is needed."""
        self._knowledge, self._register, self._settings, self._contexts = knowledge, register, settings, contexts

    @cached_property
    def rule_base(self) -> RuleBase:
        """The knowledge with its rules and readings."""
        return RuleBase(self._knowledge())

    @property
    def readings(self) -> Mapping[str, Reading]:
        """The readings of the knowledge base by name, the default one first."""
        return self.rule_base.readings

    @cached_property
    def inputs(self) -> AssessmentInputs:
        """The register that is open, else the demo's, ready to be assessed."""
        register = self._register.queried
        return AssessmentInputs(self.rule_base, register.quads, register.declared)

    def assess(
        self, *, as_of: date | None = None, known_at: datetime | None = None, reading: str | None = None, what_if: Path | None = None
    ) -> AssessmentSet:
        """Return where every duty stands at the moment, by default the last one recorded.

        `reading` is a name, or a file that holds a reading; `what_if` names a document that is supposed to be in the register. Raises
        what reading these files raises, NotFoundError for an unknown reading, UsageError for a moment before the instrument,
        InconsistentDataError for rules or a register that contradict themselves.
        """
        own = self._read(Path(reading)) if reading and reading.endswith(".ttl") else ()
        inputs = self.inputs
        if what_if is not None:
            inputs = with_supposed_document(self._read(what_if), case=inputs, as_of=as_of, known_at=known_at)
        return assess(inputs, as_of=as_of, known_at=known_at, reading=reading, own=own)

    def parse(self, source: Source) -> tuple[ox.Quad, ...]:
        """Return the statements of a document or reading that was sent; raises what parsing raises."""
        return parse_document(source, settings=self._settings, contexts=self._contexts).quads

    def _read(self, file: Path) -> tuple[ox.Quad, ...]:
        return self.parse(read_source(file, settings=self._settings))
