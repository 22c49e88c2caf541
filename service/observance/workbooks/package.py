"""The parts of an .xlsx file, read within bounds: a zip archive of XML documents without document type.

Nothing in it is followed, unpacked to a folder or run. A file in another format is refused with what to do.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote
from xml.parsers import expat

from msgspec import Struct

from observance.core import ForbiddenError, InvalidInputError, LimitExceededError, Settings, UnsupportedFormatError

SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES: Final = "[Content_Types].xml"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTION_FLAG: Final = 0x1
_SMALL: Final = 1_000_000
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MACROS: Final = ("vbaproject.bin", "macrosheets/")

Start = Callable[[str, Mapping[str, str]], None]
"""Is given the name of an element, `namespace}name`, and its attributes."""


class Relationship(Struct, frozen=True):
    """A relationship of a part: its kind, the name of the part that it leads to, and whether that lies outside."""

    id: str
    kind: str
    target: str
    is_external: bool


class Package(Struct, frozen=True):
    """The parts of a file by name, in their order, and the entries of the archive that hold them."""

    parts: Mapping[str, bytes]
    entries: tuple[zipfile.ZipInfo, ...]

    def part(self, name: str) -> bytes:
        """Return the part; raises InvalidInputError if there is none."""
        content = self.parts.get(name)
        if content is None:
            raise InvalidInputError("workbooks.damaged", detail=ascii(name))
        return content

    def relationships(self, name: str) -> tuple[Relationship, ...]:
        """Return the relationships of the part, or of the package if the name is empty."""
        folder, _, file = name.rpartition("/")
        content = self.parts.get(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: list[Relationship] = []

        def start(element: str, attributes: Mapping[str, str]) -> None:
            if element == f"{RELATIONSHIPS}}}Relationship":
                is_external = attributes.get("TargetMode") == "External"
                target = unquote(attributes.get("Target", ""))
                target = target if is_external else posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found.append(Relationship(attributes.get("Id", ""), attributes.get("Type", ""), target, is_external))

        if content is not None:
            parse_xml(content, start=start)
        return tuple(found)

    def related(self, name: str, kind: str) -> str | None:
        """Return the name of the first part of the kind that the part leads to; None if there is none."""
        relations = self.relationships(name)
        return next((r.target for r in relations if r.kind == f"{OFFICE}/{kind}" and r.target in self.parts and not r.is_external), None)


def read_package(content: bytes, *, settings: Settings) -> Package:
    """Return the parts of the file.

    Raises UnsupportedFormatError for another format, LimitExceededError for one over a limit, ForbiddenError for macros or a document
    type, InvalidInputError for a damaged one.
    """
    if len(content) > settings.max_bytes:
        raise LimitExceededError("workbooks.too-large", limit=settings.max_bytes)
    if content.startswith(_OLE):
        raise UnsupportedFormatError("workbooks.encrypted" if _ENCRYPTED in content else "workbooks.old-format")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = tuple(entry for entry in archive.infolist() if not entry.is_dir())
            _check_entries(entries, settings=settings)
            parts = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InvalidInputError("workbooks.damaged", detail=_detail(error)) from None
    _check_format(parts)
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            parse_xml(part)
    return Package(parts, entries)


def _check_entries(entries: Sequence[zipfile.ZipInfo], *, settings: Settings) -> None:
    """Raise for an archive that is over a limit, or whose entries are not plain."""
    if len(entries) > settings.max_workbook_parts:
        raise LimitExceededError("workbooks.too-many-parts", limit=settings.max_workbook_parts)
    if sum(entry.file_size for entry in entries) > settings.max_workbook_bytes:
        raise LimitExceededError("workbooks.too-large-unpacked", limit=settings.max_workbook_bytes)
    for entry in entries:
        if entry.file_size > max(_SMALL, entry.compress_size * settings.max_workbook_ratio):
            raise LimitExceededError("workbooks.too-dense", limit=settings.max_workbook_ratio)
        if entry.flag_bits & _ENCRYPTION_FLAG:
            raise UnsupportedFormatError("workbooks.encrypted")
        if entry.compress_type not in _METHODS:
            raise InvalidInputError("workbooks.damaged", detail=ascii(entry.filename)[:80])
    if len({entry.filename.casefold() for entry in entries}) < len(entries):
        raise InvalidInputError("workbooks.damaged", detail="2 × 1")


def _check_format(parts: Mapping[str, bytes]) -> None:
    """Raise for an archive that is no .xlsx file, or that holds macros."""
    if parts.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
        raise UnsupportedFormatError("workbooks.open-document")
    if "xl/workbook.bin" in parts:
        raise UnsupportedFormatError("workbooks.old-format")
    if any(mark in name.casefold() for name in parts for mark in _MACROS) or b"macroEnabled" in parts.get(CONTENT_TYPES, b""):
        raise ForbiddenError("workbooks.macros")
    if CONTENT_TYPES not in parts or "_rels/.rels" not in parts:
        raise UnsupportedFormatError("workbooks.other-format")


def parse_xml(
    content: bytes, *, start: Start | None = None, end: Callable[[str], None] | None = None, text: Callable[[str], None] | None = None
) -> None:
    """Give the elements and texts of the document to the functions.

    Raises ForbiddenError for a document type, InvalidInputError for what is not well-formed, and what the functions raise.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    if start is not None:
        parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, UnicodeError, ValueError) as error:
        raise InvalidInputError("workbooks.damaged", detail=_detail(error)) from None


def _refuse_document_type(*_: Any) -> None:
    raise ForbiddenError("workbooks.document-type")


def _detail(error: Exception) -> str:
    return ascii(str(error))[1:81]
