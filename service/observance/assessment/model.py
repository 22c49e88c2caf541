"""The values that pass between the steps of an assessment: frozen, with nothing of any resolution in them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment.rules.matcher import Pattern
from observance.rdf import Row
from observance.register import Moment

Node = ox.NamedNode | ox.BlankNode
Labels = Mapping[str, str]


class Identified(Struct, frozen=True):
    """A value known by its identifying fields: those of `texts` take no part in its hash and written form, which versions digest."""

    texts: ClassVar[tuple[str, ...]] = ()

    def _identifying(self) -> tuple[tuple[str, Any], ...]:
        return tuple((name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.texts)

    def __hash__(self) -> int:
        """The hash of the identifying fields."""
        return hash(self._identifying())

    def __repr__(self) -> str:
        """The identifying fields with their values, in the order in which they are declared."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._identifying())})"


class Premise(Identified, frozen=True):
    """One condition of a rule: `present` says whether it holds by what is found; `licence` is None unless it holds by what is not."""

    texts = ("label", "sentence", "convention")

    iri: str
    pattern: Pattern
    present: bool
    licence: str | None
    label: Labels
    sentence: Labels
    anchor: str | None
    convention: Labels


class Rule(Struct, frozen=True):
    """What concludes one status of the instances of one norm."""

    iri: str
    norm: str
    status: str
    precedence: int
    premises: tuple[Premise, ...]


class FactRule(Struct, frozen=True):
    """What concludes facts; `order` is the step in which it is tried, `recursive` says whether it may feed itself."""

    iri: str
    when: Pattern
    unless: tuple[Pattern, ...]
    then: Pattern
    order: int
    recursive: bool
    of_duties: bool


class Action(Identified, frozen=True):
    """Something that someone can still bring about; `norms` is empty where it is open for every norm."""

    texts = ("label",)

    iri: str
    norms: frozenset[str]
    when: Pattern
    adds: Pattern
    label: Labels


class Need(Struct, frozen=True):
    """For what kind of records, and about whom if not the bearer, a register must be said to be complete."""

    norm: str
    kind: str
    about: str | None


class Status(Identified, frozen=True):
    """A status: its order of trial, how it is counted, and how it is said."""

    texts = ("label", "verdict")

    iri: str
    position: int
    tally: str
    label: Labels
    verdict: Labels


class ReadingParameter(Identified, frozen=True):
    """One assumption or choice of a reading; what it does not set is None or empty."""

    texts = ("label",)

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
    label: Labels


class Reading(Identified, frozen=True):
    """A reading with the parameters in effect: its own, and the default reading's where it sets none."""

    texts = ("label", "triples")

    iri: str
    name: str
    label: Labels
    parameters: tuple[ReadingParameter, ...]
    own: frozenset[str]
    triples: tuple[tuple[str, str, str], ...]


class Duty(Struct, frozen=True):
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


class PremiseFinding(Struct, frozen=True):
    """What was found for a premise of one instance: whether it holds, by what, or by what licence."""

    premise: Premise
    holds: bool
    rows: tuple[Row, ...]
    statements: tuple[Row, ...]


class Assessment(Struct, frozen=True):
    """The status of one instance, at a moment, under a reading, by a rule; `iri` depends on nothing else."""

    iri: str
    duty: Duty
    status: Status
    rule: Rule
    reading: str
    moment: Moment
