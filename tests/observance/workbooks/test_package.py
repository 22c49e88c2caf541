"""Files that are no workbook, are hostile or are over a limit are refused, each with what to do in both languages."""

import io
import re
import zipfile

import openpyxl
import pytest
from msgspec.structs import replace

from observance.core import LANGUAGES, ObservanceError, Settings
from observance.knowledge_base import KnowledgeBase
from observance.workbooks import read_workbook
from workbook_files import Read, parts, with_parts

SHEET = "xl/worksheets/sheet3.xml"
NO_STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


def foreign() -> bytes:
    """A workbook that was not made from a form."""
    output = io.BytesIO()
    openpyxl.Workbook().save(output)
    return output.getvalue()


def encrypted(content: bytes) -> bytes:
    """The file with the sign of encryption at each of its entries."""
    changed = bytearray(content)
    for found in re.finditer(rb"PK\x01\x02", content):
        changed[found.start() + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old-format"),
        (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (lambda c: with_parts(c, {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "open-document"),
        (lambda c: with_parts(c, {"xl/vbaProject.bin": b"x"}), "macros"),
        (lambda c: with_parts(c, {"xl/workbook.bin": b"x"}), "old-format"),
        (lambda c: with_parts(c, {"[Content_Types].xml": None}), "other-format"),
        (lambda c: with_parts(c, {"docProps/core.xml": DOCTYPE}), "document-type"),
        (lambda c: with_parts(c, {SHEET: DOCTYPE}), "document-type"),
        (lambda c: with_parts(c, {SHEET: None}), "damaged"),
        (lambda c: with_parts(c, {SHEET: parts(c)[SHEET][:-20]}), "damaged"),
        (lambda c: with_parts(c, {SHEET: parts(c)[SHEET].replace(b'r="B6"', b'r="A6"')}), "damaged"),
        (lambda c: with_parts(c, {"xl/sharedStrings.xml": NO_STRINGS}), "damaged"),
        (lambda c: c[:-100], "damaged"),
        (lambda c: c[:2000] + b"\0" * 50 + c[2050:], "damaged"),
        (lambda c: with_parts(c, {"xl/media/image1.png": bytes(5_000_000)}), "too-dense"),
        (lambda c: with_parts(c, {f"x{number}.xml": b"<a/>" for number in range(1001)}), "too-many-parts"),
        (lambda _: foreign(), "no-form"),
        (encrypted, "encrypted"),
    ],
)  # fmt: skip
def test_refused(read: Read, timetable: bytes, change, key: str) -> None:
    """Each is refused with its own sentence."""
    with pytest.raises(ObservanceError) as raised:
        read(change(timetable))
    assert raised.value.key == f"workbooks.{key}"
    assert all(raised.value.sentence(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ({"max_bytes": 5_000}, "too-large"),
        ({"max_workbook_bytes": 5_000}, "too-large-unpacked"),
        ({"max_workbook_cells": 100}, "too-many-cells"),
        ({"max_workbook_rows": 5}, "too-far"),
        ({"max_workbook_columns": 2}, "too-far"),
    ],
)
def test_limits(kb: KnowledgeBase, timetable: bytes, setting: dict[str, int], key: str) -> None:
    """What is over a limit of the settings is refused, and read within them."""
    with pytest.raises(ObservanceError) as raised:
        read_workbook(timetable, forms=kb.forms.forms, settings=replace(Settings(), **setting))
    assert raised.value.key == f"workbooks.{key}"


def test_no_bomb_is_unpacked(read: Read) -> None:
    """An archive that says a part is small, and holds a large one, is damaged; nothing more of it is unpacked than it says."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", bytes(900_000))
    content = output.getvalue().replace((900_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(ObservanceError) as raised:
        read(content)
    assert raised.value.key == "workbooks.damaged"
