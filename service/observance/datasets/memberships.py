"""When each declared party was a Member or a Union, as the register says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from observance.datasets.register_questions import RegisterQuestions, row_day


@dataclass(frozen=True, slots=True)
class MembershipPeriod:
    """A time during which a declared party was a Member or a Union; days included."""

    party: str
    group: str
    first: date
    last: date


def roles(asked: RegisterQuestions) -> tuple[MembershipPeriod, ...]:
    """The roles of the declared parties, as known at the moment."""
    found = []
    for row in asked.rows("roles"):
        first, last = row_day(row, "from"), row_day(row, "until")
        if first and last:
            found.append(MembershipPeriod(row["party"], row["group"], first, last))
    return tuple(found)


def in_role(on: date, *, among: Sequence[MembershipPeriod]) -> Mapping[str, str]:
    """Each party that is in a role on the day, with its group, in the order of their names."""
    return {role.party: role.group for role in sorted(among, key=lambda role: role.party) if role.first <= on <= role.last}
