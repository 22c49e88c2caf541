"""Every question is answered on a register of 2,000 submissions within the deadline that is shipped, the first time that it is asked."""

from pathlib import Path

import pytest

from bench import history
from observance.core import ObservanceError, Settings
from observance.knowledge_base import KnowledgeBase
from observance.questions import QueryParameter, Question

SUBMISSIONS = 2000
VALUES = {"party": "party-3", "paragraph": "2.5", "date": "2024-01-01", "lang": "en", "iri": "https://w3id.org/observance/wco/luxor-2017"}


def value(param: QueryParameter) -> str:
    """A value for a parameter that a question needs."""
    return VALUES.get(param.type, VALUES["date"])


@pytest.mark.whole
def test_every_question_within_its_deadline(tmp_path: Path) -> None:
    """No question exceeds its deadline or the limit for an answer."""
    history.write_register(tmp_path, SUBMISSIONS)
    missed: list[str] = []

    def ask(question: Question) -> None:
        params = {param.name: value(param) for param in question.params if param.required}
        try:
            kb.questions.answer(question.name, params, format="turtle" if "CONSTRUCT" in question.text else "csv")
        except ObservanceError as error:
            missed.append(f"{question.name}: {error}")

    with KnowledgeBase.open(Settings(workers=2), registers=[tmp_path]) as kb:
        kb.start()
        assert len(list(tmp_path.rglob("*.ttl"))) > SUBMISSIONS * 0.9
        for question in kb.questions.catalogue.questions:
            ask(question)
    assert not missed
