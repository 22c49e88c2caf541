"""The values that pass between the steps of an assessment: frozen, with nothing of any resolution in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyoxigraph as ox

from observance.assessment.rules.patterns import Pattern
from observance.rdf import Row
from observance.register import Moment

Node = ox.NamedNode | ox.BlankNode
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Premise:
    """One condition of a rule: `present` says whether it holds by what is found; `licence` is None unless it holds by what is not."""

    iri: str
    pattern: Pattern
    present: bool
    licence: str | None
    label: Labels = field(hash=False, repr=False)
    sentence: Labels = field(hash=False, repr=False)
    anchor: str | None
    convention: Labels = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """What concludes one status of the instances of one norm."""

    iri: str
    norm: str
    status: str
    precedence: int
    premises: tuple[Premise, ...]


@dataclass(frozen=True, slots=True)
class FactRule:
    """What concludes facts; `order` is the step in which it is tried, `recursive` says whether it may feed itself."""

    iri: str
    when: Pattern
    unless: tuple[Pattern, ...]
    then: Pattern
    order: int
    recursive: bool
    of_duties: bool


@dataclass(frozen=True, slots=True)
class Action:
    """Something that someone can still bring about; `norms` is empty where it is open for every norm."""

    iri: str
    norms: frozenset[str]
    when: Pattern
    adds: Pattern
    label: Labels = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Need:
    """For what kind of records, and about whom if not the bearer, a register must be said to be complete."""

    norm: str
    kind: str
    about: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """A status: its order of trial, how it is counted, and how it is said."""

    iri: str
    position: int
    tally: str
    label: Labels = field(hash=False, repr=False)
    verdict: Labels = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReadingParameter:
    """One assumption or choice of a reading; what it does not set is None or empty."""

    iri: str
    kind: str
    norm: str | None
    window_from: str | None
    months: int
    days: int
    duration: str | None
    cycle: str | None
    chosen: str | None
    point: str | None
    admits: frozenset[str]
    assumed: bool
    source: str
    valid: tuple[date, date]
    label: Labels = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading with the parameters in effect: its own, and the default reading's where it sets none."""

    iri: str
    name: str
    label: Labels = field(hash=False, repr=False)
    parameters: tuple[ReadingParameter, ...]
    own: frozenset[str]
    triples: tuple[tuple[str, str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Duty:
    """One norm, for one bearer, in one window: the only thing that has a status.

    `bearer` is None for what is announced of nobody; `occasion` the event or document for which the instance exists; `opens` and
    `closes` the first and last day of the window, if there is one; `set_by` the parameter that adds it.
    """

    iri: str
    norm: str
    bearer: str | None
    occasion: str | None
    opens: date | None
    closes: date | None
    opened_by: str | None
    set_by: str | None
    role_day: date


@dataclass(frozen=True, slots=True)
class PremiseFinding:
    """What was found for a premise of one instance: whether it holds, by what, or by what licence."""

    premise: Premise
    holds: bool
    rows: tuple[Row, ...]
    statements: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The status of one instance, at a moment, under a reading, by a rule; `iri` depends on nothing else."""

    iri: str
    duty: Duty
    status: Status
    rule: Rule
    reading: str
    moment: Moment
