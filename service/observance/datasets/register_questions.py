"""The questions of `queries/review`, evaluated over the snapshot of the register and the conclusions of the rules."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment import AssessmentSet
from observance.core import calendar
from observance.knowledge import find_root
from observance.questions import Question, read_catalogue
from observance.rdf import MemoryStore, Row, Store, iri_of

Questions = Mapping[str, Question]
_FOLDER: Final = Path("queries") / "review"
_FAULTS: Final = _FOLDER / "troubles"
# The columns by which questions say of each document whether it may be named, and on which record a row rests.
_DOCUMENT: Final = "document"
_RECORD: Final = "record"
_WITHHELD: Final = "withheld"


class RegisterQuestions(Struct, frozen=True):
    """The questions about one set of assessments: those with answers for people, and those whose rows are faults in the records.

    They are asked of `store`: the knowledge, the snapshot of the register and the conclusions of the rules.
    """

    assessment_set: AssessmentSet
    questions: Questions
    fault_questions: Questions
    store: Store

    def solutions(self, question: Question) -> tuple[Row, ...]:
        """The solutions of a question in its order, each without its unbound variables, as far as the audience may be told them."""
        solutions = self.store.query(question.text)
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        rows = ({name: row[name] for name in names if row[name] is not None} for row in solutions)
        return tuple(disclosed for row in rows if (disclosed := self._disclosed(row)) is not None)

    def _disclosed(self, row: Row) -> Row | None:
        """The row as the audience may be told it, None if not at all.

        Where a row says whether its document is withheld, the document is counted. Where it names the record that it rests on, it is told
        without that. Any other row with a withheld node is left out.
        """
        inputs = self.assessment_set.inputs
        if inputs.disclosure is None:
            return row
        withheld = {name for name, term in row.items() if not isinstance(term, ox.Literal) and iri_of(str(term)) in inputs.withheld}
        if _WITHHELD in row:
            told = {name: term for name, term in row.items() if name not in withheld or name == _DOCUMENT}
            return {**told, _WITHHELD: ox.Literal(_DOCUMENT in withheld)}
        return None if withheld - {_RECORD} else {name: term for name, term in row.items() if name not in withheld}

    def rows(self, name: str) -> tuple[Mapping[str, str], ...]:
        """The solutions of the question of that name, terms as text; empty in a knowledge base without that question."""
        if name not in self.questions:
            return ()
        return tuple({key: term_text(term) for key, term in row.items()} for row in self.solutions(self.questions[name]))

    def term_rows(self, name: str) -> tuple[Row, ...]:
        """The solutions of the question of that name, terms with their languages; empty in a knowledge base without it."""
        return self.solutions(self.questions[name]) if name in self.questions else ()


def open_register_questions(assessment_set: AssessmentSet, *, store: Store | None = None) -> RegisterQuestions:
    """The questions about the assessments; questions of the knowledge base replace the program's of the same name.

    `store` is the dataset of the same moment and reading, if there is one already.
    """
    root = assessment_set.inputs.knowledge.root
    return RegisterQuestions(
        assessment_set, _read_questions(root, _FOLDER), _read_questions(root, _FAULTS), store or _load_store(assessment_set)
    )


def _load_store(assessment_set: AssessmentSet) -> Store:
    derivation, knowledge = assessment_set.derivation, assessment_set.inputs.knowledge
    # The facts of the derivation hold only the literals that rules match: all others come from the snapshot.
    literals = (t for t in derivation.snapshot.statements if isinstance(t.object, ox.Literal))
    lines = chain(map(" ".join, derivation.facts), (f"{t.subject} {t.predicate} {t.object}" for t in literals))
    store = MemoryStore(merged=(row[:3] for row in knowledge.statements))
    store.load("".join(f"{line} .\n" for line in lines).encode())
    return store


@cache
def _read_questions(root: Path, folder: Path) -> Questions:
    questions = {question.name: question for base in (find_root(), root) for question in read_catalogue(base / folder)}
    return {name: questions[name] for name in sorted(questions)}


def term_text(term: object) -> str:
    """The IRI, the lexical form of a literal, or the label of a blank node."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else str(term)


def row_day(row: Mapping[str, str], name: str) -> date | None:
    """The day in a column of the row; None if the column is unbound or holds no date."""
    try:
        return calendar.first_day(row[name]) if name in row else None
    except ValueError:
        return None


class MembershipPeriod(Struct, frozen=True):
    """A period in which a declared party was a Member or a Union (its `group`), including the first and the last day."""

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
    """The group of each party that is a Member or a Union on the day, by the IRI of the party, in their order."""
    return {p.party: p.group for p in sorted(periods, key=lambda period: period.party) if p.first <= day <= p.last}
