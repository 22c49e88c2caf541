"""The periods in which each declared party was a Member or a Union, according to the register."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from observance.datasets.register_questions import RegisterQuestions, row_day


class MembershipPeriod(Struct, frozen=True):
    """A period in which a declared party was a Member or a Union (its `group`), first and last day included."""

    party: str
    group: str
    first: date
    last: date


def membership_periods(questions: RegisterQuestions) -> tuple[MembershipPeriod, ...]:
    """The membership periods of the declared parties, as known at the moment."""
    periods = []
    for row in questions.rows("roles"):
        first, last = row_day(row, "from"), row_day(row, "until")
        if first and last:
            periods.append(MembershipPeriod(row["party"], row["group"], first, last))
    return tuple(periods)


def groups_on(day: date, *, periods: Sequence[MembershipPeriod]) -> Mapping[str, str]:
    """The group of each party that is a Member or a Union on the day, in the order of the parties."""
    return {p.party: p.group for p in sorted(periods, key=lambda period: period.party) if p.first <= day <= p.last}
