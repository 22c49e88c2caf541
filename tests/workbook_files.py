"""Workbooks made from examples, and changes to the file of one."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.parsers import expat

import openpyxl
import pyoxigraph as ox

from conftest import ROOT
from observance.forms import FilledForm, Form
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.workbooks import WorkbookContent

EXAMPLES = sorted(file for file in (ROOT / "shapes" / "examples").glob("*.ttl") if not file.name.startswith("register"))
TIMETABLE = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"
Read = Callable[[bytes], WorkbookContent]


def filled_by(file: Path, kb: KnowledgeBase) -> tuple[Form, FilledForm]:
    """The form of the submission in the file, filled in with it."""
    filled = kb.forms.read(parse_document(read_source(file, settings=kb.settings), settings=kb.settings, contexts=kb.contexts))
    return kb.forms.form(filled.form), filled


def with_parts(content: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The file with other parts in place of some, or without them (None); new ones stand at the end."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        for name in dict.fromkeys((*names, *changes)):
            part = changes[name] if name in changes else old.read(name)
            if part is not None:
                new.writestr(name, part)
    return output.getvalue()


def parts(content: bytes) -> dict[str, bytes]:
    """The parts of a file by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def answer_cell(content: bytes, key: str) -> str:
    """The reference of the cell for the answer to the question with the key, on the main sheet."""
    sheet = next(s for s in openpyxl.load_workbook(io.BytesIO(content)).worksheets if str(s["A1"].value).startswith("observance:form "))
    return next(f"C{cell.row}" for cell in sheet["A"] if cell.value == key)


def canonical(triples: Iterable[ox.Triple | ox.Quad]) -> set[ox.Quad]:
    """The statements with blank nodes that bear the same labels in isomorphic graphs."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def changed(content: bytes, change: Callable[[openpyxl.Workbook], object]) -> bytes:
    """The workbook after the change."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def ill_formed(content: bytes) -> Iterator[str]:
    """The parts of the file that are not well-formed XML."""
    for name, part in parts(content).items():
        if name.endswith((".xml", ".rels", ".vml")):
            try:
                expat.ParserCreate().Parse(part, True)
            except expat.ExpatError:
                yield name
