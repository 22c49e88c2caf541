"""Workbooks hold what is filled in: from RDF to a workbook and back nothing changes, also after LibreOffice saved it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from observance.core import LANGUAGES
from observance.forms import FilledForm, FilledPart, FormEntry, interpret
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.workbooks import check_workbook, example_of, new_workbook
from workbook_files import EXAMPLES, Read, canonical, filled_by


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_from_rdf_and_back(kb: KnowledgeBase, read: Read, file: Path) -> None:
    """Each example is isomorphic after its workbook was read in either language, and no cell of it is a problem."""
    form, filled = filled_by(file, kb)
    document = parse_document(read_source(file, settings=kb.settings), settings=kb.settings, contexts=kb.contexts)
    for lang in LANGUAGES:
        found = read(new_workbook(form, lang=lang, version="1", filled=filled, example=filled))
        assert (found.lang, found.version, found.problems, found.notices) == (lang, "1", (), ())
        assert canonical(interpret(form, found.filled).triples) == canonical(document.quads)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_same_report(kb: KnowledgeBase, file: Path) -> None:
    """The workbook of an example is ready, and gets the findings that the form gets."""
    form, filled = filled_by(file, kb)
    content = new_workbook(form, lang="fr", version="1", filled=filled)
    checked = check_workbook(content, name="x.xlsx", forms=kb.forms, settings=kb.settings)
    assert checked.is_ready
    assert [(f.path, f.shape) for f in checked.checked.findings] == [(f.path, f.shape) for f in kb.forms.check(filled).findings]
    assert len(checked.findings) == len(checked.checked.findings)


def test_same_bytes(kb: KnowledgeBase) -> None:
    """The same form, filled in the same way, gives the same bytes; each form gives a workbook in each language."""
    for form in kb.forms.forms.values():
        for lang in LANGUAGES:
            example = example_of(form, forms=kb.forms, lookup=kb.lookup, settings=kb.settings)
            first, second = (new_workbook(form, lang=lang, version="1", example=example) for _ in range(2))
            assert first == second


def test_blank_workbook_says_nothing(kb: KnowledgeBase, read: Read) -> None:
    """A workbook as it is given out has no row of a table, though rows are suggested, and only the values that the form gives."""
    form = kb.forms.form("2.5")
    found = read(new_workbook(form, lang="fr", version="1"))
    assert "obs:milestone" not in found.filled.part.entries
    assert set(found.filled.part.entries) == {asked.key for asked in form.part.fields if asked.default}
    assert found.problems == found.notices == ()


def test_texts_in_other_languages(kb: KnowledgeBase, read: Read) -> None:
    """Texts in a third language and several in one are kept, as are signs that formulas and XML begin with."""
    texts = (FormEntry("=1+1", "fr"), FormEntry("<&>", "fr"), FormEntry("El plan\nsegún", "es"), FormEntry("@x", "en"))
    filled = FilledForm("2.5", FilledPart({"obs:adaptation": texts}))
    found = read(new_workbook(kb.forms.form("2.5"), lang="en", version="1", filled=filled))
    assert sorted(found.filled.part.entries["obs:adaptation"], key=repr) == sorted(texts, key=repr)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed; .ci/run installs it")
def test_saved_by_libreoffice(kb: KnowledgeBase, read: Read, timetable: bytes, tmp_path: Path) -> None:
    """What LibreOffice saved is read as before, to the cell; so is a blank workbook."""
    blank = new_workbook(kb.forms.form("2.8"), lang="en", version="1")
    for name, content in (("timetable.xlsx", timetable), ("blank.xlsx", blank)):
        (tmp_path / name).write_bytes(content)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx", "--outdir", "saved"]
    subprocess.run([*command, "timetable.xlsx", "blank.xlsx"], cwd=tmp_path, check=True, timeout=300, env=os.environ, capture_output=True)
    for name, content in (("timetable.xlsx", timetable), ("blank.xlsx", blank)):
        saved = (tmp_path / "saved" / name).read_bytes()
        assert saved != content
        assert read(saved) == read(content)
