"""The values that pass between the steps of an assessment: frozen, and free of any instrument's terms."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from msgspec import Struct

from observance.assessment.rules.matcher import Pattern
from observance.rdf import Row
from observance.register import Moment

Labels = Mapping[str, str]
"""Texts by language."""


class Identified(Struct, frozen=True):
    """A value whose hash and repr, which rule set versions digest, leave out its wording: the fields in `text_fields`."""

    text_fields: ClassVar[tuple[str, ...]] = ()

    def _identifying_fields(self) -> tuple[tuple[str, Any], ...]:
        return tuple((name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.text_fields)

    def __hash__(self) -> int:
        """The hash of the identifying fields."""
        return hash(self._identifying_fields())

    def __repr__(self) -> str:
        """The identifying fields with their values, in the order of their declaration."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._identifying_fields())})"


class Premise(Identified, frozen=True):
    """One condition of a rule.

    A positive premise (`present`) holds if its pattern matches. A negative one holds if it does not match, by its `licence`: the
    IRI of the kind of reason for which absence counts; None for a positive premise. `points` are the open points on which it asks for one
    alternative.
    """

    text_fields = ("label", "sentence", "convention")

    iri: str
    pattern: Pattern
    present: bool
    licence: str | None
    points: frozenset[str]
    label: Labels
    sentence: Labels
    anchor: str | None
    convention: Labels


class Rule(Struct, frozen=True):
    """A rule that concludes one status for duties under one norm. Of rules whose premises hold, the lowest precedence decides."""

    iri: str
    norm: str
    status: str
    precedence: int
    premises: tuple[Premise, ...]


class FactRule(Struct, frozen=True):
    """A rule that concludes facts: `then` for every match of `when` without a match of `unless`.

    `order` is the number of its stratum; a `recursive` rule may derive facts that it matches itself; a rule `of_duties` depends on
    facts about duties, so that it can be evaluated only once the duties are known.
    """

    iri: str
    when: Pattern
    unless: tuple[Pattern, ...]
    then: Pattern
    order: int
    recursive: bool
    of_duties: bool


class Action(Identified, frozen=True):
    """Facts that the bearer or the Organization can still add or remove, under these norms; under every norm if `norms` is empty."""

    text_fields = ("label",)

    iri: str
    norms: frozenset[str]
    when: Pattern
    adds: Pattern | None
    removes: Pattern | None
    label: Labels


class Need(Struct, frozen=True):
    """The kinds of records for which a register must be complete before absence counts under a norm.

    `about` is the party that the records are about; None for the bearer of the duty.
    """

    norm: str
    kinds: tuple[str, ...]
    about: str | None


class Note(Identified, frozen=True):
    """What an explanation also tells under these norms, or under every norm, for each row of the pattern.

    `sets_aside` says whether it is the reason for which a document does not count.
    """

    text_fields = ("label", "sentence")

    iri: str
    norms: frozenset[str]
    pattern: Pattern
    sets_aside: bool
    label: Labels
    sentence: Labels


class Count(Identified, frozen=True):
    """A whole and its parts, each a pattern that finds items, and the sentence that tells their numbers under these norms."""

    text_fields = ("label", "sentence")

    iri: str
    norms: frozenset[str]
    whole: Pattern
    parts: tuple[tuple[str, Pattern], ...]
    label: Labels
    sentence: Labels


class Status(Identified, frozen=True):
    """A status of duties: its position in the list of statuses, the class in which it is tallied, its label and its verdict.

    `general` is the label under any norm, where `label` is that under one.
    """

    text_fields = ("label", "verdict", "general")

    iri: str
    position: int
    tally: str
    label: Labels
    verdict: Labels
    general: Labels


class ReadingParameter(Identified, frozen=True):
    """One assumption or choice of a reading; fields that do not apply to its kind are None, zero or empty.

    `months` and `days` are the length of the window, `valid` the first and last day on which the parameter applies.
    """

    text_fields = ("label",)

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
    """A reading with the parameters in effect, including those inherited from the default reading."""

    text_fields = ("label",)

    iri: str
    name: str
    label: Labels
    parameters: tuple[ReadingParameter, ...]


class Duty(Struct, frozen=True):
    """A norm for one bearer in one window; only duties have a status.

    `bearer` is None for an announced proceeding, `occasion` the event or document for which the duty exists, `opens` and `closes` the
    first and last day of the window, `opened_by` the event that opens it, `set_by` the reading parameter that defines it, `role_day`
    the day on which the bearer's role is examined.
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
    """The finding about one premise of one duty: whether it holds, the rows of its pattern, and the completeness statements."""

    premise: Premise
    holds: bool
    rows: tuple[Row, ...]
    statements: tuple[Row, ...]


class Assessment(Struct, frozen=True):
    """The status of one duty at a moment, under a reading, and the rule that decided; `iri` is derived from these alone."""

    iri: str
    duty: Duty
    status: Status
    rule: Rule
    reading: str
    moment: Moment
