"""The register as it stood, with what the rules concluded from it, put to the questions of `queries/review`."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.assessment import AssessmentSet
from observance.core import calendar
from observance.knowledge import find_root
from observance.questions import Question, read_catalogue
from observance.rdf import MemoryStore, Row, Store

Questions = Mapping[str, Question]
_SNAPSHOT: Final = "urn:observance:snapshot"
_FOLDER: Final = Path("queries") / "review"
_TROUBLES: Final = _FOLDER / "troubles"


class RegisterQuestions(Struct, frozen=True, dict=True):
    """Answers at a moment, and the questions that may be put to the knowledge and the register of that moment."""

    answers: AssessmentSet
    questions: Questions
    troubles: Questions

    @cached_property
    def store(self) -> Store:
        """Everything known at the moment, in one graph: the knowledge, the register as it stood, and what follows from both."""
        store = MemoryStore()
        case, derivation = self.answers.inputs, self.answers.derivation
        facts = "".join(f"{' '.join(triple)} .\n" for triple in derivation.facts).encode()
        concluded = ox.parse(facts, format=ox.RdfFormat.N_TRIPLES)
        # Rules ask for few literals and are given no others.
        triples = chain((quad.triple for quad in case.knowledge.quads), (quad.triple for quad in concluded), derivation.snapshot.statements)
        store.replace_graph(_SNAPSHOT, triples)
        return store

    def terms(self, question: Question) -> tuple[Row, ...]:
        """The rows of a question, in its order: what is not found in a row is not in it."""
        solutions = self.store.query(question.text)
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        return tuple({name: row[name] for name in names if row[name] is not None} for row in solutions)

    def rows(self, name: str) -> tuple[Mapping[str, str], ...]:
        """The rows of the question of that name as text; none in a knowledge base that does not ask it."""
        if name not in self.questions:
            return ()
        return tuple({key: term_text(term) for key, term in row.items()} for row in self.terms(self.questions[name]))

    def term_rows(self, name: str) -> tuple[Row, ...]:
        """The rows of the question of that name as terms, for texts that have a language."""
        return self.terms(self.questions[name]) if name in self.questions else ()


def open_register_questions(answers: AssessmentSet) -> RegisterQuestions:
    """The answers with the questions that the program has; the knowledge base may replace any by its own, or add some."""
    root = answers.inputs.knowledge.root
    return RegisterQuestions(answers, _questions(root, _FOLDER), _questions(root, _TROUBLES))


@cache
def _questions(root: Path, folder: Path) -> Questions:
    found = {question.name: question for place in (find_root(), root) for question in read_catalogue(place / folder)}
    return {name: found[name] for name in sorted(found)}


def term_text(term: object) -> str:
    """The IRI or the lexical form; a blank node by its label."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else str(term)


def row_day(row: Mapping[str, str], name: str) -> date | None:
    """The day in a column; None where there is none, or what stands there is no day."""
    try:
        return calendar.first_day(row[name]) if name in row else None
    except ValueError:
        return None


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
