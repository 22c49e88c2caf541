"""The dataset that a question with layers is asked of: the register as it stood and what was concluded from it, as triples."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

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
    find_reasons,
    premise_report,
    reason_triples,
    rejected_rules,
    same_duty,
    smallest_changes,
)
from observance.core import LANGUAGES, OBS, PREFIXES, RDF, XSD, AnswerBasis, calendar
from observance.questions import Question, Term, used_parameters
from observance.rdf import Triple, parse_term
from observance.register import Moment

_REPORT: Final = PREFIXES["report"]


class DatasetRequest(Struct, frozen=True):
    """What is asked of: layers, moment, reading; `earlier` for the layer of that name; reasons are only told for `parties`, if any."""

    layers: frozenset[str]
    at: Moment
    reading: Reading
    earlier: Moment | None = None
    parties: frozenset[str] = frozenset()


def build_dataset(wanted: DatasetRequest, *, case: AssessmentInputs) -> tuple[ox.Triple, ...]:
    """What the layers hold, each statement once, without what the knowledge says already.

    `facts`: the register as it stood, what its parts are called, and the facts that rules conclude from it alone. Every other layer
    adds to it what is concluded for each instance under the reading, and its status. `reasons`: sentences for statuses and premises.
    `rivals`: the rules tried in vain. `changes`: the smallest changes. `readings`: the statuses under every other reading. `earlier`:
    the statuses at the earlier moment, and the premises on which the two differ.
    """
    known = frozenset(quad.triple for quad in case.knowledge.quads)
    found = dict.fromkeys(_everything(wanted, case=case))
    return tuple(triple for triple in found if triple not in known)


def _everything(wanted: DatasetRequest, *, case: AssessmentInputs) -> Iterator[ox.Triple]:
    snapshot = case.snapshot(wanted.at)
    stood = snapshot.statements
    yield from stood
    yield from _called(stood, case=case)
    if wanted.layers <= {"facts", "validation"}:
        start = derivation_input(
            snapshot, background=case.rule_base.background, rule_set=case.rule_set, norms=(), reading=wanted.reading
        )  # fmt: skip
        yield from map(_triple, start.facts)
        return
    derivation = case.derive(reading=wanted.reading, at=wanted.at)
    yield from map(_triple, derivation.facts)
    yield from _assessed(derivation)
    chosen = [a for a in derivation.assessments if not wanted.parties or a.duty.bearer in wanted.parties]
    if "readings" in wanted.layers:
        for reading in case.readings.values():
            if reading.iri != wanted.reading.iri:
                yield from _assessed(case.derive(reading=reading, at=wanted.at))
    verbalisers = [Verbaliser(case, lang) for lang in LANGUAGES]
    for assessment in chosen:
        yield from _reasoned(assessment, of=AssessmentSet(case, derivation), layers=wanted.layers, verbalisers=verbalisers)
    if wanted.earlier is not None:
        yield from _compared(
            chosen, earlier=case.derive(reading=wanted.reading, at=wanted.earlier), later=derivation, verbalisers=verbalisers
        )


def _triple(triple: Triple) -> ox.Triple:
    subject, predicate, target = map(parse_term, triple)
    return ox.Triple(subject, predicate, target)  # type: ignore[arg-type]  # a fact has an IRI for its predicate


def _called(stood: Iterable[ox.Triple], *, case: AssessmentInputs) -> Iterator[ox.Triple]:
    """The one name of each bearer and of each thing in the register that has a type."""
    bearers = (ox.NamedNode(bearer) for norm in case.norms for bearer in norm.bearers if bearer)
    typed = (t.subject for t in stood if t.predicate.value == RDF + "type" and isinstance(t.subject, ox.NamedNode))
    for node in dict.fromkeys((*bearers, *typed)):
        for lang in LANGUAGES:
            yield ox.Triple(node, ox.NamedNode(OBS + "called"), ox.Literal(case.names.name(node.value, lang), language=lang))


def _assessed(derivation: Derivation) -> Iterator[ox.Triple]:
    for assessment in derivation.assessments:
        yield from reason_triples(find_reasons(assessment, derivation=derivation), derivation=derivation)


def _reasoned(
    assessment: Assessment, *, of: AssessmentSet, layers: Collection[str], verbalisers: Sequence[Verbaliser]
) -> Iterator[ox.Triple]:
    case, derivation = of.inputs, of.derivation
    if "reasons" in layers:
        yield from _told(find_reasons(assessment, derivation=derivation).findings, assessment, verbalisers=verbalisers)
    if "rivals" in layers:
        yield from _tried(assessment, derivation=derivation, verbalisers=verbalisers)
    if "changes" in layers:
        for number, change in enumerate(smallest_changes(assessment, inputs=case, derivation=derivation), 1):
            yield from _change(change, assessment, number=number, verbalisers=verbalisers)


def _told(findings: Iterable[PremiseFinding], assessment: Assessment, *, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    """The sentences of the answer."""
    for verbaliser in verbalisers:
        yield _said(assessment.iri, verbaliser.verdict(assessment), verbaliser.lang)
        for number, finding in enumerate(findings, 1):
            yield _said(f"{assessment.iri}#{number}", verbaliser.sentence(finding, assessment=assessment), verbaliser.lang)


def _tried(assessment: Assessment, *, derivation: Derivation, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    """Every other rule of the norm, with each of its premises: whether it held, and by what."""
    for place, attempt in enumerate(rejected_rules(assessment, derivation=derivation), 1):
        node = f"{assessment.iri}#rival-{place}"
        yield _linked(assessment.iri, OBS + "alsoTried", node)
        yield _linked(node, RDF + "type", _REPORT + "RuleReport")
        yield _linked(node, _REPORT + "rule", attempt.rule.iri)
        for number, finding in enumerate(attempt.findings, 1):
            yield from premise_report(finding, node=node, report=f"{node}.{number}", position=number)
            if finding.holds:
                yield from (_said(f"{node}.{number}", t.sentence(finding, assessment=assessment), t.lang) for t in verbalisers)


def _change(change: Change, assessment: Assessment, *, number: int, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    node = f"{assessment.iri}#change-{number}"
    yield _linked(assessment.iri, OBS + "wouldChangeBy", node)
    yield _linked(node, RDF + "type", OBS + "Change")
    yield _linked(node, OBS + "givesStatus", change.status.iri)
    yield _number(node, number)
    for action in change.actions:
        yield _linked(node, OBS + "byAction", action.iri)
    yield from (_said(node, verbaliser.change(change, assessment=assessment), verbaliser.lang) for verbaliser in verbalisers)


def _compared(
    chosen: Iterable[Assessment], *, earlier: Derivation, later: Derivation, verbalisers: Sequence[Verbaliser]
) -> Iterator[ox.Triple]:
    yield from _assessed(earlier)
    for assessment in chosen:
        before = next((a for a in earlier.assessments if same_duty(a.duty, assessment.duty)), None)
        if before is not None and before.iri != assessment.iri:
            yield from _turns(compare_assessments(before, assessment, earlier=earlier, later=later), verbalisers=verbalisers)


def _turns(found: AssessmentComparison, *, verbalisers: Sequence[Verbaliser]) -> Iterator[ox.Triple]:
    after = found.after.iri
    yield _linked(after, OBS + "comparedWith", found.before.iri)
    for number, turn in enumerate(found.changes, 1):
        node = f"{after}#turn-{number}"
        yield _linked(after, OBS + "turn", node)
        yield _linked(node, RDF + "type", OBS + "Turn")
        yield _linked(node, OBS + "premise", turn.after.premise.iri)
        yield _number(node, number)
        yield from (
            _said(node, text, verbaliser.lang)
            for verbaliser in verbalisers
            for text in verbaliser.premise_changes([turn], before=found.before, after=found.after)
        )


def ends(day: Moment) -> Moment:
    """The same day of the world, as the register was known at its end."""
    return Moment(day.as_of, calendar.parse_time(f"{day.as_of.isoformat()}T23:59:59Z"))


def _linked(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))


def _number(subject: str, number: int) -> ox.Triple:
    value = ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(OBS + "position"), value)


def _said(subject: str, text: str, lang: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(OBS + "told"), ox.Literal(text, language=lang))


Results = Callable[[frozenset[str]], tuple[ox.Triple, ...]]
"""The results of validating what a register holds of these parties; of all, for none."""

# With these the reasons of each instance are told, which is much: only those of the parties that the question names.
_BY_PARTY: Final = frozenset({"reasons", "rivals", "changes", "earlier", "validation"})


class QuestionDataset(Struct, frozen=True):
    """A question put: what it is asked of, the terms that its text takes, and what the answer rests on."""

    wanted: DatasetRequest
    substitutions: Mapping[str, Term]
    basis: AnswerBasis


def dataset_for(question: Question, terms: Mapping[str, Term], *, case: AssessmentInputs) -> QuestionDataset:
    """The question with these terms; what is left out is the last moment recorded and the default reading.

    Raises what the moment and the reading raise: UsageError for a day before the instrument, NotFoundError for an unknown reading.
    """
    at = _moment(terms, case=case, prefix="")
    reading = choose_reading(terms["reading"].value if "reading" in terms else None, among=case.readings)
    earlier = _earlier(terms, case=case, at=at) if "earlier" in question.layers else None
    named = frozenset(terms[p.name].value for p in question.params if p.type == "party" and p.name in terms)
    layers = frozenset(question.layers)
    wanted = DatasetRequest(layers, at, reading, earlier, named if layers & _BY_PARTY else frozenset())
    compared = _dated(earlier, prefix="earlier") if earlier else {}
    every = {**terms, **_dated(at, prefix=""), **compared, "reading": ox.NamedNode(reading.iri)}
    reads = any(param.name == "reading" for param in question.params)
    basis = AnswerBasis(
        at.as_of, calendar.format_time(at.known_at), reading.label if reads else None, default=not {"asOf", "knownAt"} & terms.keys()
    )
    used = used_parameters(question)
    return QuestionDataset(wanted, {name: term for name, term in every.items() if name in used}, basis)


def dataset_triples(wanted: DatasetRequest, *, case: AssessmentInputs, results: Results) -> tuple[ox.Triple, ...]:
    """All that the layers hold."""
    found = build_dataset(wanted, case=case)
    return (*found, *results(wanted.parties)) if "validation" in wanted.layers else found


def _moment(terms: Mapping[str, Term], *, case: AssessmentInputs, prefix: str) -> Moment:
    day, time = (terms.get(_name(prefix, name)) for name in ("asOf", "knownAt"))
    as_of = date.fromisoformat(day.value) if day is not None else None
    known_at: datetime | None = calendar.parse_time(time.value) if time is not None else None
    return case.moment(as_of=as_of, known_at=known_at)


def _earlier(terms: Mapping[str, Term], *, case: AssessmentInputs, at: Moment) -> Moment:
    """The moment that is compared with: another day as it is known now, or by default the same day, as it was known at its end."""
    day, time = terms.get("earlierAsOf"), terms.get("earlierKnownAt")
    as_of = date.fromisoformat(day.value) if day is not None else at.as_of
    if time is not None:
        return case.moment(as_of=as_of, known_at=calendar.parse_time(time.value))
    return case.moment(as_of=as_of, known_at=at.known_at) if as_of != at.as_of else ends(at)


def _dated(at: Moment, *, prefix: str) -> dict[str, Term]:
    day = ox.Literal(at.as_of.isoformat(), datatype=ox.NamedNode(XSD + "date"))
    time = ox.Literal(calendar.format_time(at.known_at), datatype=ox.NamedNode(XSD + "dateTime"))
    return {_name(prefix, "asOf"): day, _name(prefix, "knownAt"): time}


def _name(prefix: str, name: str) -> str:
    return prefix + name[:1].upper() + name[1:] if prefix else name
