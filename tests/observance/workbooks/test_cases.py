"""Every case of the shapes that a form can hold says the same in a workbook: statements, findings and whether it is ready."""

import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from observance.core import ObservanceError
from observance.forms import FilledForm, Form, interpret
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import check_workbook, new_workbook
from workbook_files import canonical, filled_by

CASES = sorted((ROOT / "tests" / "shapes").rglob("*.ttl"))
NAMED = (
    "para-2-5-timetable/invalid.milestone-elsewhere.ttl",
    "para-2-6-cooperation/invalid.boundary-cooperation-not-described.ttl",
    "para-2-7-meetings/invalid.boundary-participation-not-described.ttl",
    "envelope-document/invalid.list.ttl",
    "para-3-notification/valid.boundary-one-is-true.ttl",
)
"""Cases that workbooks once did not hold."""
SAMPLED = CASES if os.environ.get("OBSERVANCE_TEST_WHOLE") else [f for n, f in enumerate(CASES) if n % 40 == 0 or str(f).endswith(NAMED)]


def filled(file: Path, kb: KnowledgeBase) -> tuple[Form, FilledForm] | None:
    """The form that the case fills in; None for a case that is no submission, or no document at all."""
    try:
        return filled_by(file, kb)
    except ObservanceError:
        return None


def graph(form: Form, filled: FilledForm) -> set[ox.Quad]:
    """The statements of the form."""
    return canonical(interpret(form, filled).triples)


@pytest.mark.parametrize("file", SAMPLED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_case(kb: KnowledgeBase, file: Path) -> None:
    """The workbook of a case gives back its statements, and the findings that the form gives."""
    found = filled(file, kb)
    if found is None:
        return
    form, case = found
    lang = "fr" if len(file.name) % 2 else "en"
    by_form = kb.forms.check(case)
    content = new_workbook(form, lang=lang, version="1", filled=case)
    by_workbook = check_workbook(content, name="x.xlsx", forms=kb.forms, settings=kb.settings)
    if by_workbook.content.problems:
        # What a form cannot take is told by a workbook at the cell where the form tells it at the field.
        assert not by_form.is_ready
        return
    assert graph(form, by_workbook.content.filled) == graph(form, case)
    assert sorted((f.severity, f.shape) for f in by_workbook.checked.findings) == sorted((f.severity, f.shape) for f in by_form.findings)
    assert by_workbook.is_ready == by_form.is_ready
