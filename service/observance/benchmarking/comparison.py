"""Progress compared: Members counted at each level, standard by standard, beside those of whom nothing is known.

Only statements on one edition about days near enough are compared; what is left out is told with its reason. A Union is not compared:
the text speaks of each Member. Nobody is ranked and there is no score.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from observance.assessment.answers import AssessmentSet
from observance.assessment.model import Assessment
from observance.core import calendar
from observance.core.errors import InconsistentDataError, NotFoundError, UsageError
from observance.core.namespaces import compact
from observance.datasets.memberships import in_role, roles
from observance.datasets.register_questions import RegisterQuestions, register_questions, row_day

BY: Final = ("standard", "region", "peer-group")
REASONS: Final = ("edition", "period", "undated", "contradicted", "withheld")


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared: an edition, days from `first` to `last`, and what stands for no level; `source` names the assumption."""

    source: str
    edition: str
    first: date
    last: date
    unknown: str
    not_compared: str


@dataclass(frozen=True, slots=True)
class LevelStatement:
    """One level that a party reports for a standard, about a day, in a document in force."""

    party: str
    standard: str
    level: str
    day: date | None
    edition: str | None
    document: str
    withheld: bool


@dataclass(frozen=True, slots=True)
class StandardLevel:
    """One Member on one standard: a level, or what stands for none; `reason` is one of REASONS if statements could not be compared."""

    party: str
    standard: str
    level: str
    statements: tuple[LevelStatement, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """Members at each level, in the order of the scale; at least `lower` of `counted` are at its top, at most `upper`."""

    counts: Mapping[str, int]
    counted: int
    lower: int
    upper: int


@dataclass(frozen=True)
class Benchmark:
    """The standings of every Member on every standard on the day, and the groups in which they are counted."""

    asked: RegisterQuestions
    measure: Measure
    levels: tuple[str, ...]
    top: str
    standards: tuple[str, ...]
    standings: tuple[StandardLevel, ...]
    members: tuple[str, ...]
    unions: tuple[str, ...]
    groups: Mapping[str, Mapping[str, tuple[str, ...]]]
    considered: tuple[Assessment, ...]

    @property
    def answers(self) -> AssessmentSet:
        """The answers of the moment."""
        return self.asked.answers

    @property
    def refused(self) -> tuple[StandardLevel, ...]:
        """What could not be compared, with its reason."""
        return tuple(standing for standing in self.standings if standing.reason is not None)

    @cached_property
    def by_pair(self) -> Mapping[tuple[str, str], StandardLevel]:
        """The standing of each Member on each standard."""
        return {(standing.party, standing.standard): standing for standing in self.standings}

    def vector(self, *, members: Iterable[str], standards: Iterable[str]) -> LevelCounts:
        """The counts over the Members and standards named: each pair of one of either counts once."""
        chosen = tuple(standards)
        pairs = [self.by_pair[party, standard] for party in members for standard in chosen]
        found = Counter(standing.level for standing in pairs)
        lower = found[self.top]
        open_ended = found[self.measure.unknown] + found[self.measure.not_compared]
        return LevelCounts({level: found[level] for level in self.levels}, len(pairs), lower, lower + open_ended)

    def grouped(self, by: str) -> Mapping[str, tuple[str, ...]]:
        """The Members in each group of a kind of BY, in the order of the groups; by standard there is one group of all."""
        if by not in BY:
            raise UsageError("review.bad-by", by=by, known=", ".join(BY))
        return self.groups.get(by, {})

    def group_of(self, party: str, *, by: str) -> tuple[str, ...]:
        """The groups in which a Member is counted; UsageError for a Union, NotFoundError for who is no Member on the day."""
        if party in self.unions:
            raise UsageError("review.union-not-compared", party=compact(party))
        if party not in self.members:
            raise NotFoundError("review.not-a-member", party=compact(party), day=self.measure.last.isoformat())
        return tuple(group for group, found in self.grouped(by).items() if party in found)


def build_benchmark(answers: AssessmentSet) -> Benchmark:
    """The comparison at the moment of the answers; NotFoundError where the knowledge does not say what makes statements comparable."""
    put, on = register_questions(answers), answers.derivation.moment.as_of
    measure = _measure(put, on=on)
    groups = in_role(on, among=roles(put))
    members = tuple(party for party, group in groups.items() if group == "member")
    standards = tuple(dict.fromkeys(row["standard"] for row in put.rows("standards") if row["edition"] == measure.edition))
    said = _statements(put)
    standings = (_standing(p, s, said.get((p, s), ()), measure=measure) for p in members for s in standards)
    levels, norms = put.rows("levels"), {row["norm"] for row in put.rows("considered")}
    return Benchmark(
        put, measure,
        levels=tuple(row["level"] for row in levels),
        top=next((row["level"] for row in levels if row["top"] == "true"), ""),
        standards=standards,
        standings=tuple(standings),
        members=members,
        unions=tuple(party for party, group in groups.items() if group == "union"),
        groups=_groups(put, members=members),
        considered=tuple(a for a in answers.assessments if a.duty.norm in norms),
    )  # fmt: skip


def _measure(asked: RegisterQuestions, *, on: date) -> Measure:
    row = next(iter(asked.rows("comparison")), None)
    if row is None:
        raise NotFoundError("review.no-comparison")
    try:
        months, days = calendar.parse_duration(row["reaches"])
    except ValueError:
        raise InconsistentDataError("review.bad-reach", comparison=compact(row["comparison"]), value=row["reaches"]) from None
    first = calendar.add_duration(on, months=-months, days=-days)
    return Measure(row["comparison"], row["edition"], first, on, row["unknown"], row["not_compared"])


def _statements(asked: RegisterQuestions) -> Mapping[tuple[str, str], Sequence[LevelStatement]]:
    found: dict[tuple[str, str], list[LevelStatement]] = defaultdict(list)
    for row in asked.rows("statements"):
        said = LevelStatement(
            row["party"], row["standard"], row["level"], row_day(row, "day"), row.get("edition"), row["document"], row["withheld"] == "true"
        )
        found[said.party, said.standard].append(said)
    return found


def _groups(asked: RegisterQuestions, *, members: Sequence[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {by: {} for by in BY[1:]}
    for row in asked.rows("groups"):
        if row["party"] in members:
            of_kind = found[row["by"]]
            of_kind[row["group"]] = (*of_kind.get(row["group"], ()), row["party"])
    return found


def _standing(party: str, standard: str, said: Sequence[LevelStatement], *, measure: Measure) -> StandardLevel:
    """The latest level that can be compared; where there is none, why not."""
    if not said:
        return StandardLevel(party, standard, measure.unknown, (), None)
    fit = [(statement.day, statement) for statement in said if _unfit(statement, measure=measure) is None and statement.day]
    if not fit:
        latest = max(said, key=lambda statement: (statement.day or calendar.EARLIEST, statement.document))
        return StandardLevel(party, standard, measure.not_compared, tuple(said), _unfit(latest, measure=measure))
    last = max(on for on, _ in fit)
    chosen = tuple(statement for on, statement in fit if on == last)
    if len({statement.level for statement in chosen}) > 1:
        return StandardLevel(party, standard, measure.not_compared, chosen, "contradicted")
    return StandardLevel(party, standard, chosen[0].level, chosen, None)


def _unfit(statement: LevelStatement, *, measure: Measure) -> str | None:
    """Why a statement is not compared; None if it is."""
    if statement.withheld:
        return "withheld"
    if statement.edition != measure.edition:
        return "edition"
    if statement.day is None:
        return "undated"
    return None if measure.first <= statement.day <= measure.last else "period"
