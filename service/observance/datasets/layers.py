"""The dataset of a question with layers: the snapshot of the register and the conclusions of the rules, as triples."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment import (
    Assessment,
    AssessmentComparison,
    AssessmentInputs,
    AssessmentSet,
    Change,
    Derivation,
    PremiseFinding,
    Reading,
    Verbaliser,
    choose_reading,
    compare_assessments,
    derivation_input,
    disclosed_triples,
    find_reasons,
    premise_report,
    reason_triples,
    rejected_rules,
    same_duty,
    smallest_changes,
    status_triples,
)
from observance.core import LANGUAGES, OBS, PREFIXES, RDF, XSD, AnswerBasis, calendar
from observance.questions import Question, Term, used_parameters
from observance.rdf import Triple, parse_term
from observance.register import Moment, Snapshot

_REPORT: Final = PREFIXES["report"]
FACTS: Final = frozenset({"facts", "validation"})
"""The layers that rest on no status of any duty."""


class DatasetRequest(Struct, frozen=True):
    """The contents of a dataset: its layers, moment and reading.

    `earlier` is the moment of the layer of that name. With `parties`, explanations cover the duties of these parties only.
    """

    layers: frozenset[str]
    at: Moment
    reading: Reading
    earlier: Moment | None = None
    parties: frozenset[str] = frozenset()

    @property
    def has_facts_alone(self) -> bool:
        """Whether the layers rest on no status of any duty."""
        return self.layers <= FACTS


def build_dataset(request: DatasetRequest, *, inputs: AssessmentInputs) -> tuple[ox.Triple, ...]:
    """Return the triples of the layers but `validation`, each once, without those that the knowledge contains.

    `facts`: the snapshot of the register, the names of its nodes, and the facts that rules conclude from the snapshot alone. Every
    other layer adds the conclusions about each duty under the reading, and its status. `reasons`: sentences for statuses and
    premises. `rivals`: the rules that do not hold, with sentences beside `reasons`. `changes`: the smallest changes that give another
    status. `readings`: the statuses under every other reading, without reasons. `earlier`: the statuses at the earlier moment, likewise,
    and the premises on which the two differ.
    """
    known = frozenset(quad.triple for quad in inputs.knowledge.quads)
    triples = dict.fromkeys((*shared_triples(request, inputs=inputs), *own_triples(request, inputs=inputs)))
    return tuple(triple for triple in triples if triple not in known)


def shared_triples(request: DatasetRequest, *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    """Yield the triples that all questions at the moment under the reading share, some more than once; see `build_dataset`."""
    statements = Snapshot(inputs.disclosed_records, request.at).statements
    yield from statements
    yield from _name_triples(statements, inputs=inputs)
    if request.has_facts_alone:
        conclusions = derivation_input(inputs.register_facts(request.at), norms=(), reading=request.reading)
        yield from _parse_triples(conclusions.facts)
        return
    derivation = inputs.derive(reading=request.reading, at=request.at)
    undisclosed = _undisclosed_facts(derivation, inputs=inputs)
    yield from filter(inputs.may_tell, _parse_triples(fact for fact in derivation.facts if fact not in undisclosed))
    yield from _assessment_triples(derivation, inputs=inputs)


def _undisclosed_facts(derivation: Derivation, *, inputs: AssessmentInputs) -> frozenset[Triple]:
    """The statements of the register among the facts that may not be told, also where they name no withheld node."""
    if inputs.disclosure is None:
        return frozenset()
    return frozenset(derivation.snapshot.facts).difference(Snapshot(inputs.disclosed_records, derivation.moment).facts)


def own_triples(request: DatasetRequest, *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    """Yield the triples that the layers of this request add, some more than once; see `build_dataset`."""
    return filter(inputs.may_tell, _own_triples(request, inputs=inputs))


def _own_triples(request: DatasetRequest, *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    if not request.layers & _OWN:
        return
    assessment_set = AssessmentSet(inputs, request.reading, request.at)
    if "readings" in request.layers:
        for reading in inputs.readings.values():
            if reading.iri != request.reading.iri:
                yield from _status_triples(request, reading, at=request.at, inputs=inputs)
    verbalisers = [Verbaliser(inputs, lang) for lang in LANGUAGES]
    assessments = [a for a in assessment_set.assessments if not request.parties or a.duty.bearer in request.parties]
    if request.layers & _EXPLAINED:
        for assessment in assessments:
            yield from _explanation_triples(assessment, of=assessment_set, layers=request.layers, verbalisers=verbalisers)
    if request.earlier is not None:
        earlier = inputs.derive(reading=request.reading, at=request.earlier)
        yield from _status_triples(request, request.reading, at=request.earlier, inputs=inputs)
        yield from _earlier_triples(assessments, earlier=earlier, later=assessment_set.derivation, verbalisers=verbalisers)


def _parse_triples(triples: Iterable[Triple]) -> Iterator[ox.Triple]:
    terms: dict[str, Any] = {}

    def parsed(text: str) -> Any:
        term = terms.get(text)
        if term is None:
            term = terms[text] = parse_term(text)
        return term

    return (ox.Triple(parsed(subject), parsed(predicate), parsed(target)) for subject, predicate, target in triples)


def _name_triples(statements: Iterable[ox.Triple], *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    """The name of each bearer and of each typed node of the register, one in each language."""
    bearers = (ox.NamedNode(bearer) for norm in inputs.norms for bearer in norm.bearers if bearer)
    typed = (t.subject for t in statements if t.predicate.value == RDF + "type" and isinstance(t.subject, ox.NamedNode))
    for node in dict.fromkeys((*bearers, *typed)):
        for lang in LANGUAGES:
            yield ox.Triple(node, ox.NamedNode(OBS + "called"), ox.Literal(inputs.names.name(node.value, lang), language=lang))


def _assessment_triples(derivation: Derivation, *, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    # The reasons of all duties are not kept: they would take as much memory as the facts.
    derivation = derivation.with_own_cache()
    for assessment in derivation.assessments:
        reasons = find_reasons(assessment, derivation=derivation)
        if inputs.disclosure is None:
            yield from reason_triples(reasons, derivation=derivation)
        else:
            yield from disclosed_triples(reasons, derivation, inputs=inputs)


def _status_triples(request: DatasetRequest, reading: Reading, *, at: Moment, inputs: AssessmentInputs) -> Iterator[ox.Triple]:
    """The statuses at a moment under a reading, without reasons; with parties in the request, those of their duties."""
    if request.parties:
        inputs = inputs.narrowed_to_bearers(request.parties)
    for assessment in inputs.assessments(reading=reading, at=at):
        if not request.parties or assessment.duty.bearer in request.parties:
            yield from status_triples(assessment, reading=reading)


def _explanation_triples(
    assessment: Assessment, *, of: AssessmentSet, layers: Collection[str], verbalisers: Sequence[Verbaliser]
) -> Iterator[ox.Triple]:
    inputs, derivation = of.inputs, of.derivation
    if "reasons" in layers:
        findings = find_reasons(assessment, derivation=derivation).findings
        yield from _sentence_triples(findings, assessment, verbalisers=verbalisers)
    if "rivals" in layers:
        told = verbalisers if "reasons" in layers else ()
        yield from _rejected_status_triples(assessment, derivation=derivation, verbalisers=told)
    if "changes" in layers:
        for number, change in enumerate(smallest_changes(assessment, inputs=inputs, derivation=derivation), 1):
            yield from _change_triples(change, assessment, number=number, verbalisers=verbalisers)


def _sentence_triples(
    findings: Iterable[PremiseFinding], assessment: Assessment, *, verbalisers: Sequence[Verbaliser]
) -> Iterator[ox.Triple]:
    """The sentences of the assessment: its verdict, and one for each premise."""
    for verbaliser in verbalisers:
        yield _sentence(assessment.iri, verbaliser.verdict(assessment), verbaliser.lang)
        for number, finding in enumerate(findings, 1):
            yield _sentence(f"{assessment.iri}#{number}", verbaliser.sentence(finding, assessment=assessment), verbaliser.lang)


def _rejected_status_triples(assessment: Assessment, *, derivation: Derivation, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    """A report on every other rule of the norm: whether each of its premises holds, and its witnesses."""
    for position, attempt in enumerate(rejected_rules(assessment, derivation=derivation), 1):
        node = f"{assessment.iri}#rival-{position}"
        yield _link(assessment.iri, OBS + "alsoTried", node)
        yield _link(node, RDF + "type", _REPORT + "RuleReport")
        yield _link(node, _REPORT + "rule", attempt.rule.iri)
        for number, finding in enumerate(attempt.findings, 1):
            report = f"{node}.{number}"
            yield from premise_report(finding, node=node, report=report, position=number)
            if finding.holds:
                yield from (_sentence(report, v.sentence(finding, assessment=assessment), v.lang) for v in verbalisers)


def _change_triples(change: Change, assessment: Assessment, *, number: int, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    node = f"{assessment.iri}#change-{number}"
    yield _link(assessment.iri, OBS + "wouldChangeBy", node)
    yield _link(node, RDF + "type", OBS + "Change")
    yield _link(node, OBS + "givesStatus", change.status.iri)
    yield _position(node, number)
    for action in change.actions:
        yield _link(node, OBS + "byAction", action.iri)
    yield from (_sentence(node, verbaliser.change(change, assessment=assessment), verbaliser.lang) for verbaliser in verbalisers)


def _earlier_triples(
    assessments: Iterable[Assessment], *, earlier: Derivation, later: Derivation, verbalisers: Sequence[Verbaliser]
) -> Iterator[ox.Triple]:
    for after in assessments:
        before = next((a for a in earlier.assessments if same_duty(a.duty, after.duty)), None)
        if before is not None and before.iri != after.iri:
            comparison = compare_assessments(before, after, earlier=earlier, later=later)
            yield from _premise_change_triples(comparison, verbalisers=verbalisers)


def _premise_change_triples(comparison: AssessmentComparison, *, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    before, after = comparison.before, comparison.after
    yield _link(after.iri, OBS + "comparedWith", before.iri)
    for number, change in enumerate(comparison.changes, 1):
        node = f"{after.iri}#turn-{number}"
        yield _link(after.iri, OBS + "turn", node)
        yield _link(node, RDF + "type", OBS + "Turn")
        yield _link(node, OBS + "premise", change.after.premise.iri)
        yield _position(node, number)
        yield from (
            _sentence(node, text, verbaliser.lang)
            for verbaliser in verbalisers
            for text in verbaliser.premise_changes([change], before=before, after=after)
        )


def end_of_day(at: Moment) -> Moment:
    """The same day, with the register as known at the end of that day (23:59:59 UTC)."""
    return Moment(at.as_of, calendar.parse_time(f"{at.as_of.isoformat()}T23:59:59Z"))


def _link(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _position(subject: str, number: int) -> ox.Triple:
    value = ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(OBS + "position"), value)


def _sentence(subject: str, text: str, lang: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(OBS + "told"), ox.Literal(text, language=lang))


ValidationResults = Callable[[frozenset[str]], tuple[ox.Triple, ...]]
"""The results of validating the submissions of these parties in the register; of all parties if the set is empty."""

# These layers explain each duty at length: the dataset explains only the duties of the parties that the question names.
_BY_PARTY: Final = frozenset({"reasons", "rivals", "changes", "readings", "earlier", "validation"})
# These layers are made for one request; all others are shared.
_EXPLAINED: Final = frozenset({"reasons", "rivals", "changes"})
_OWN: Final = _EXPLAINED | {"earlier", "readings"}


class QuestionDataset(Struct, frozen=True):
    """The dataset of a question, the terms that replace the variables of its text, and the basis of the answer."""

    request: DatasetRequest
    substitutions: Mapping[str, Term]
    basis: AnswerBasis


def question_dataset(question: Question, terms: Mapping[str, Term], *, inputs: AssessmentInputs) -> QuestionDataset:
    """The dataset of the question with these terms; by default at the last moment recorded and under the default reading.

    Raises UsageError for a day before the instrument, NotFoundError for an unknown reading.
    """
    at = _requested_moment(terms, inputs=inputs)
    reading = choose_reading(terms["reading"].value if "reading" in terms else None, among=inputs.readings)
    earlier = _earlier_moment(terms, inputs=inputs, at=at) if "earlier" in question.layers else None
    layers = frozenset(question.layers)
    parties = (terms[param.name].value for param in question.params if param.type == "party" and param.name in terms)
    request = DatasetRequest(layers, at, reading, earlier, frozenset(parties) if layers & _BY_PARTY else frozenset())
    all_terms: dict[str, Term] = {**terms, **_moment_terms(at, names=("asOf", "knownAt")), "reading": ox.NamedNode(reading.iri)}
    if earlier:
        all_terms |= _moment_terms(earlier, names=("earlierAsOf", "earlierKnownAt"))
    has_reading = any(param.name == "reading" for param in question.params)
    basis = AnswerBasis(
        at.as_of,
        calendar.format_time(at.known_at),
        reading.label if has_reading else None,
        default=not {"asOf", "knownAt"} & terms.keys(),
        warning=inputs.warning,
    )
    used = used_parameters(question)
    return QuestionDataset(request, {name: term for name, term in all_terms.items() if name in used}, basis)


def default_request(inputs: AssessmentInputs) -> DatasetRequest:
    """The request for statuses at the last moment recorded under the default reading."""
    return DatasetRequest(frozenset({"assessments"}), inputs.moment(as_of=None, known_at=None), choose_reading(None, among=inputs.readings))


def dataset_triples(request: DatasetRequest, *, inputs: AssessmentInputs, results: ValidationResults) -> tuple[ox.Triple, ...]:
    """The triples of the layers, with the validation results if the layer `validation` is requested."""
    triples = build_dataset(request, inputs=inputs)
    return (*triples, *results(request.parties)) if "validation" in request.layers else triples


def _requested_moment(terms: Mapping[str, Term], *, inputs: AssessmentInputs) -> Moment:
    day, time = terms.get("asOf"), terms.get("knownAt")
    as_of = date.fromisoformat(day.value) if day is not None else None
    known_at: datetime | None = calendar.parse_time(time.value) if time is not None else None
    return inputs.moment(as_of=as_of, known_at=known_at)


def _earlier_moment(terms: Mapping[str, Term], *, inputs: AssessmentInputs, at: Moment) -> Moment:
    """The moment of the layer `earlier`: another day, as now known; by default the same day, as known at its end."""
    day, time = terms.get("earlierAsOf"), terms.get("earlierKnownAt")
    as_of = date.fromisoformat(day.value) if day is not None else at.as_of
    if time is not None:
        return inputs.moment(as_of=as_of, known_at=calendar.parse_time(time.value))
    return inputs.moment(as_of=as_of, known_at=at.known_at) if as_of != at.as_of else end_of_day(at)


def _moment_terms(at: Moment, *, names: tuple[str, str]) -> dict[str, Term]:
    day = ox.Literal(at.as_of.isoformat(), datatype=ox.NamedNode(XSD + "date"))
    time = ox.Literal(calendar.format_time(at.known_at), datatype=ox.NamedNode(XSD + "dateTime"))
    return dict(zip(names, (day, time), strict=True))
