"""Progress compared: the Members at each level of implementation, standard by standard, and those whose level is unknown.

Only statements about one edition and a day within the period are compared; each pair of Member and standard without a comparable
statement has a reason. Unions are not compared, because the text speaks of each Member. There is no ranking and no score.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import product
from typing import Final

from msgspec import Struct

from observance.assessment import Assessment, AssessmentSet
from observance.core import InconsistentDataError, NotFoundError, UsageError, calendar, compact
from observance.datasets import RegisterQuestions, groups_on, membership_periods, open_register_questions, row_day
from observance.rdf import Store

GROUPINGS: Final = ("standard", "region", "peer-group")
REASONS: Final = ("edition", "period", "undated", "contradicted", "withheld")


class ComparisonCriteria(Struct, frozen=True):
    """The criteria of comparable statements: the edition of the standards, and the period from `first` to `last`.

    `unknown` and `not_compared` are the concepts that stand for a missing level; `source` is the assumption that sets the criteria.
    """

    source: str
    edition: str
    first: date
    last: date
    unknown: str
    not_compared: str


class LevelStatement(Struct, frozen=True):
    """A level that a party reports for a standard, about a day, in a current document."""

    party: str
    standard: str
    level: str
    day: date | None
    edition: str | None
    document: str
    withheld: bool


class StandardLevel(Struct, frozen=True):
    """The level of one Member on one standard, or the concept that stands for a missing level.

    `reason` is one of REASONS if there are statements but none is comparable, else None.
    """

    party: str
    standard: str
    level: str
    statements: tuple[LevelStatement, ...]
    reason: str | None


class LevelCounts(Struct, frozen=True):
    """The number of Members at each level, in the order of the scale.

    Of the number `counted`, at least `lower` and at most `upper` are at the top level.
    """

    counts: Mapping[str, int]
    counted: int
    lower: int
    upper: int


class Benchmark(Struct, frozen=True, dict=True):
    """The level of every Member on every standard on a day, and the groups in which Members are counted.

    `groups` maps a grouping to the Members of each of its groups; `considerations` assess the duty to consider benchmarking.
    """

    questions: RegisterQuestions
    criteria: ComparisonCriteria
    levels: tuple[str, ...]
    top_level: str
    standards: tuple[str, ...]
    standard_levels: tuple[StandardLevel, ...]
    members: tuple[str, ...]
    unions: tuple[str, ...]
    groups: Mapping[str, Mapping[str, tuple[str, ...]]]
    considerations: tuple[Assessment, ...]

    @property
    def assessment_set(self) -> AssessmentSet:
        """The assessments whose register and moment are compared."""
        return self.questions.assessment_set

    @property
    def not_compared(self) -> tuple[StandardLevel, ...]:
        """The pairs of Member and standard whose statements are not comparable, with the reason."""
        return tuple(level for level in self.standard_levels if level.reason is not None)

    @cached_property
    def level_by_pair(self) -> Mapping[tuple[str, str], StandardLevel]:
        """The levels by pair of Member and standard."""
        return {(level.party, level.standard): level for level in self.standard_levels}

    def count_levels(self, *, members: Iterable[str], standards: Iterable[str]) -> LevelCounts:
        """The number of pairs of these Members and standards at each level."""
        counts = Counter(self.level_by_pair[pair].level for pair in product(members, standards))
        lower = counts[self.top_level]
        undetermined = counts[self.criteria.unknown] + counts[self.criteria.not_compared]
        return LevelCounts({level: counts[level] for level in self.levels}, counts.total(), lower, lower + undetermined)

    def members_by_group(self, by: str) -> Mapping[str, tuple[str, ...]]:
        """The Members of each region or peer group, in the order of the groups; empty for `standard`.

        Raises UsageError for a value that is not in GROUPINGS.
        """
        if by not in GROUPINGS:
            raise UsageError("review.bad-by", by=by, known=", ".join(GROUPINGS))
        return self.groups.get(by, {})

    def groups_of(self, party: str, *, by: str) -> tuple[str, ...]:
        """The groups in which a Member is counted.

        Raises UsageError for a Union, NotFoundError for a party that is not a Member on the day.
        """
        if party in self.unions:
            raise UsageError("review.union-not-compared", party=compact(party))
        if party not in self.members:
            raise NotFoundError("review.not-a-member", party=compact(party), day=self.criteria.last.isoformat())
        return tuple(group for group, members in self.members_by_group(by).items() if party in members)


def build_benchmark(assessment_set: AssessmentSet, *, store: Store | None = None) -> Benchmark:
    """The comparison at the moment of the assessments.

    Raises NotFoundError if the knowledge has no criteria of comparable statements, InconsistentDataError for a malformed duration.
    """
    questions, day = open_register_questions(assessment_set, store=store), assessment_set.moment.as_of
    criteria = _criteria(questions, day=day)
    groups = groups_on(day, periods=membership_periods(questions))
    members = tuple(party for party, group in groups.items() if group == "member")
    standards = tuple(dict.fromkeys(row["standard"] for row in questions.rows("standards") if row["edition"] == criteria.edition))
    statements = _level_statements(questions)
    standard_levels = (_standard_level(p, s, statements.get((p, s), ()), criteria=criteria) for p, s in product(members, standards))
    levels, norms = questions.rows("levels"), {row["norm"] for row in questions.rows("considered")}
    return Benchmark(
        questions, criteria,
        levels=tuple(row["level"] for row in levels),
        top_level=next((row["level"] for row in levels if row["top"] == "true"), ""),
        standards=standards,
        standard_levels=tuple(standard_levels),
        members=members,
        unions=tuple(party for party, group in groups.items() if group == "union"),
        groups=_groups(questions, members=members),
        considerations=tuple(a for a in assessment_set.assessments if a.duty.norm in norms),
    )  # fmt: skip


def _criteria(questions: RegisterQuestions, *, day: date) -> ComparisonCriteria:
    row = next(iter(questions.rows("comparison")), None)
    if row is None:
        raise NotFoundError("review.no-comparison")
    try:
        months, days = calendar.parse_duration(row["reaches"])
    except ValueError:
        raise InconsistentDataError("review.bad-reach", comparison=compact(row["comparison"]), value=row["reaches"]) from None
    first = calendar.add_duration(day, months=-months, days=-days)
    return ComparisonCriteria(row["comparison"], row["edition"], first, day, row["unknown"], row["not_compared"])


def _level_statements(questions: RegisterQuestions) -> Mapping[tuple[str, str], Sequence[LevelStatement]]:
    statements: dict[tuple[str, str], list[LevelStatement]] = defaultdict(list)
    for row in questions.rows("statements"):
        statement = LevelStatement(
            row["party"], row["standard"], row["level"], row_day(row, "day"), row.get("edition"), row["document"], row["withheld"] == "true"
        )
        statements[statement.party, statement.standard].append(statement)
    return statements


def _groups(questions: RegisterQuestions, *, members: Sequence[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    groupings: dict[str, dict[str, tuple[str, ...]]] = {by: {} for by in GROUPINGS[1:]}
    for row in questions.rows("groups"):
        if row["party"] in members:
            groups = groupings[row["by"]]
            groups[row["group"]] = (*groups.get(row["group"], ()), row["party"])
    return groupings


def _standard_level(party: str, standard: str, statements: Sequence[LevelStatement], *, criteria: ComparisonCriteria) -> StandardLevel:
    """The level of the latest comparable statement; without one, the reason why the latest statement is not comparable."""
    if not statements:
        return StandardLevel(party, standard, criteria.unknown, (), None)
    comparable = [(s.day, s) for s in statements if s.day and _reason_not_compared(s, criteria=criteria) is None]
    if not comparable:
        latest = max(statements, key=lambda statement: (statement.day or calendar.EARLIEST, statement.document))
        return StandardLevel(party, standard, criteria.not_compared, tuple(statements), _reason_not_compared(latest, criteria=criteria))
    latest_day = max(day for day, _ in comparable)
    latest_statements = tuple(statement for day, statement in comparable if day == latest_day)
    if len({statement.level for statement in latest_statements}) > 1:
        return StandardLevel(party, standard, criteria.not_compared, latest_statements, "contradicted")
    return StandardLevel(party, standard, latest_statements[0].level, latest_statements, None)


def _reason_not_compared(statement: LevelStatement, *, criteria: ComparisonCriteria) -> str | None:
    """The reason, one of REASONS, why a statement is not comparable; None for a comparable statement."""
    if statement.withheld:
        return "withheld"
    if statement.edition != criteria.edition:
        return "edition"
    if statement.day is None:
        return "undated"
    return None if criteria.first <= statement.day <= criteria.last else "period"
