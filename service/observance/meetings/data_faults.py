"""What is wrong in a register of meetings and reports: one sentence each, and everything else goes on."""

from collections.abc import Mapping
from dataclasses import dataclass

from observance.assessment.inputs import AssessmentInputs
from observance.datasets.register_questions import RegisterQuestions
from observance.rdf.fact_base import Row


@dataclass(frozen=True)
class DataFault:
    """One thing wrong: the question that found it, and what it found."""

    name: str
    sentence: Mapping[str, str]
    row: Row
    case: AssessmentInputs

    def said(self, lang: str) -> str:
        """What is wrong, where, and what to do."""
        return self.sentence[lang].format(**{name: self.case.term(term, lang) for name, term in self.row.items()})


def data_faults(asked: RegisterQuestions) -> tuple[DataFault, ...]:
    """What the questions of trouble find, in the order of their names."""
    return tuple(
        DataFault(name, question.summary, row, asked.answers.case)
        for name, question in asked.troubles.items()
        for row in asked.terms(question)
    )
