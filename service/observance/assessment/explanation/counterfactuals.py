"""What would change an answer: the smallest changes over a closed list of things that someone can still do.

Each change is made on a copy of the register and tried by the same rules; only what really changes the answer is told.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct

from observance.assessment.derivation import Derivation, instantiate_facts
from observance.assessment.explanation.differences import same_duty
from observance.assessment.inputs import AssessmentInputs
from observance.assessment.model import Action, Assessment, Status
from observance.assessment.rules.compiler import DUTY
from observance.core import XSD, calendar
from observance.rdf import Triple

LARGEST: Final = 2
"""The most things done at once."""


class Change(Struct, frozen=True):
    """Things that someone can do, and the status that they would give."""

    actions: tuple[Action, ...]
    facts: tuple[Triple, ...]
    status: Status


def smallest_changes(assessment: Assessment, *, case: AssessmentInputs, derivation: Derivation) -> tuple[Change, ...]:
    """The smallest changes that change the status, one thing before two; no change contains a smaller one."""
    near = case.about(assessment.duty)
    offered = list(_offered(assessment, derivation=derivation))
    found: list[Change] = []
    for size in range(1, LARGEST + 1):
        for chosen in combinations(offered, size):
            actions = tuple(action for action, _ in chosen)
            if any(set(change.actions) <= set(actions) for change in found):
                continue
            facts = tuple(triple for _, triples in chosen for triple in triples)
            status = _status(near, facts, assessment=assessment, derivation=derivation)
            if status is not None and status != assessment.status:
                found.append(Change(actions, facts, status))
    return tuple(found)


def _offered(assessment: Assessment, *, derivation: Derivation) -> Iterator[tuple[Action, tuple[Triple, ...]]]:
    """What someone can do about the instance, with the facts that it would add."""
    duty, seen = assessment.duty, set[frozenset[Triple]]()
    for number, action in enumerate(derivation.book.actions):
        if action.norms and duty.norm not in action.norms:
            continue
        facts = instantiate_facts(action.adds, action.when, facts=derivation.facts, values=_values(assessment, number=number))
        said = frozenset(facts)
        if facts and said not in seen:
            seen.add(said)
            yield action, facts


def _values(assessment: Assessment, *, number: int) -> dict[str, str]:
    new = {name: f"<urn:observance:what-if:{number}:{name}>" for name in ("new", "part", "period", "instant")}
    known = f'"{calendar.format_time(assessment.moment.known_at)}"^^<{XSD}dateTime>'
    return {**new, "known": known, DUTY: f"<{assessment.duty.iri}>"}


def _status(near: AssessmentInputs, facts: Sequence[Triple], *, assessment: Assessment, derivation: Derivation) -> Status | None:
    """The status that the rules give with the facts; None if the instance is then another one."""
    then = near.with_facts(facts).derive(reading=derivation.reading, at=derivation.moment)
    return next((found.status for found in then.assessments if same_duty(found.duty, assessment.duty)), None)
