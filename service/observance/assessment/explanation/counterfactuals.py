"""Counterfactuals: the smallest changes of a status, over a closed list of actions that are still possible.

The rules evaluate each change on a copy of the register; only changes that give another status are returned.
"""

from collections.abc import Iterator
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

MAX_ACTIONS: Final = 2
"""The largest number of actions in one change."""


class Change(Struct, frozen=True):
    """Actions that change a status together, the facts that they add and remove, and the resulting status."""

    actions: tuple[Action, ...]
    facts: tuple[Triple, ...]
    removed: tuple[Triple, ...]
    status: Status


class PossibleAction(Struct, frozen=True):
    """An action that is possible for a duty, with the facts that it adds and removes."""

    action: Action
    added: tuple[Triple, ...]
    removed: tuple[Triple, ...]


def smallest_changes(assessment: Assessment, *, inputs: AssessmentInputs, derivation: Derivation) -> tuple[Change, ...]:
    """The minimal changes of the status, in order of size; no change contains another one."""
    narrowed = inputs.narrowed_to(assessment.duty, occasion_alone=True)
    candidates = list(_possible_actions(assessment, derivation=derivation))
    changes: list[Change] = []
    for size in range(1, MAX_ACTIONS + 1):
        for combination in combinations(candidates, size):
            actions = tuple(possible.action for possible in combination)
            if any(set(change.actions) <= set(actions) for change in changes):
                continue
            facts = tuple(triple for possible in combination for triple in possible.added)
            removed = tuple(triple for possible in combination for triple in possible.removed)
            changed = narrowed.with_facts(facts, removed=removed)
            status = _status_under(changed, assessment=assessment, derivation=derivation)
            if status is not None and status != assessment.status:
                changes.append(Change(actions, facts, removed, status))
    return tuple(changes)


def _possible_actions(assessment: Assessment, *, derivation: Derivation) -> Iterator[PossibleAction]:
    """The actions that are possible for the duty; no two add and remove the same facts."""
    duty, seen = assessment.duty, set[frozenset[Triple]]()
    for number, action in enumerate(derivation.rule_set.actions):
        if action.norms and duty.norm not in action.norms:
            continue
        values = _template_values(assessment, number=number)
        added, removed = (
            instantiate_facts(template, action.when, facts=derivation.facts, values=values) if template is not None else ()
            for template in (action.adds, action.removes)
        )
        key = frozenset((*added, *removed))
        if key and key not in seen:
            seen.add(key)
            yield PossibleAction(action, added, removed)


def _template_values(assessment: Assessment, *, number: int) -> dict[str, str]:
    """The values of the variables in the template of an action: new nodes, the time of the assessment, and the duty."""
    new_nodes = {name: f"<urn:observance:what-if:{number}:{name}>" for name in ("new", "part", "period", "instant")}
    known_at = f'"{calendar.format_time(assessment.moment.known_at)}"^^<{XSD}dateTime>'
    return {**new_nodes, "known": known_at, DUTY: f"<{assessment.duty.iri}>"}


def _status_under(inputs: AssessmentInputs, *, assessment: Assessment, derivation: Derivation) -> Status | None:
    """The duty's status in these inputs; None if the duty does not exist in them."""
    changed = inputs.derive(reading=derivation.reading, at=derivation.moment)
    return next((a.status for a in changed.assessments if same_duty(a.duty, assessment.duty)), None)
