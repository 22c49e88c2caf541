"""The reader of workbooks, and a workbook to read."""

import pytest

from observance.knowledge_base import KnowledgeBase
from observance.workbooks import new_workbook, read_workbook
from workbook_files import TIMETABLE, Read, filled_by


@pytest.fixture
def read(kb: KnowledgeBase) -> Read:
    """The reader, with this project's forms."""
    return lambda content: read_workbook(content, forms=kb.forms.forms, settings=kb.settings)


@pytest.fixture(scope="session")
def timetable(kb: KnowledgeBase) -> bytes:
    """The workbook of the example of 2.5, in French."""
    form, filled = filled_by(TIMETABLE, kb)
    return new_workbook(form, lang="fr", version="1", filled=filled)
