"""Which dataset a question with layers is asked of: its layers at a moment, under a reading."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment import AssessmentInputs, choose_reading
from observance.core import XSD, AnswerBasis, calendar
from observance.datasets import graph
from observance.datasets.graph import DatasetRequest
from observance.questions import Question, Term, used_parameters
from observance.register import Moment

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
    found = graph.build_dataset(wanted, case=case)
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
    return case.moment(as_of=as_of, known_at=at.known_at) if as_of != at.as_of else graph.ends(at)


def _dated(at: Moment, *, prefix: str) -> dict[str, Term]:
    day = ox.Literal(at.as_of.isoformat(), datatype=ox.NamedNode(XSD + "date"))
    time = ox.Literal(calendar.format_time(at.known_at), datatype=ox.NamedNode(XSD + "dateTime"))
    return {_name(prefix, "asOf"): day, _name(prefix, "knownAt"): time}


def _name(prefix: str, name: str) -> str:
    return prefix + name[:1].upper() + name[1:] if prefix else name
