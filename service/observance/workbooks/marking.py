"""A workbook given back with findings at its cells: comments and a coloured ground, and not a byte of any other part changed."""

import io
import posixpath
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final
from xml.parsers.expat import ExpatError

import xlsxwriter

from observance.core import ObservanceError, Settings, translate
from observance.workbooks.checking import SIGNS, folded
from observance.workbooks.grid import cell_place, read_grids
from observance.workbooks.model import CellFinding, well_formed
from observance.workbooks.notes import DELIMITER, with_boxes, with_comments
from observance.workbooks.package import CONTENT_TYPES, OFFICE, RELATIONSHIPS, SHEET, Package, read_package
from observance.workbooks.xml_edit import XmlDocument

_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_FORMULA: Final = 'LEN("observance")&gt;0'
_OURS: Final = (b'LEN("observance")', b"LEN(&quot;observance&quot;)")
_FILL: Final = (
    f'<dxf xmlns="{SHEET}"><fill><patternFill patternType="solid"><fgColor rgb="FFFFE699"/>'
    '<bgColor rgb="FFFFE699"/></patternFill></fill></dxf>'
)
_LONGEST: Final = 4_000
_SHEET_ORDER: Final = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges",
    "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
    "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""The order of the elements of a sheet, as its schema has it."""
_STYLE_ORDER: Final = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst",
)  # fmt: skip
_MADE: Final = (1980, 1, 1, 0, 0, 0)


def marked_workbook(content: bytes, findings: Iterable[CellFinding], *, lang: str, settings: Settings) -> bytes | None:
    """Return the workbook with the findings at their cells, in place of those of an earlier time.

    None where something in it does not allow that, such as a signature or conversations at cells; `findings_workbook` then tells them.
    Raises what reading raises.
    """
    package = read_package(content, settings=settings)
    grids = read_grids(package, settings=settings)
    texts: dict[str, dict[str, str]] = {}
    for finding in folded(findings):
        of_sheet = texts.setdefault(finding.cell.sheet, {})
        line = f"{SIGNS[finding.severity]} {well_formed(finding.message[lang])}"
        before = of_sheet.get(finding.cell.reference, DELIMITER)
        of_sheet[finding.cell.reference] = before if line in before.split("\n") else f"{before}\n{line}"[:_LONGEST]
    if any(name.startswith("_xmlsignatures/") for name in package.parts):
        return None
    marker = _Marker(package)
    try:
        for grid in grids:
            marker.mark(grid.part, texts.get(grid.name, {}))
        return marker.content()
    except (ValueError, ExpatError, UnicodeError, ObservanceError, AssertionError, IndexError):
        return None


class _Marker:
    """The parts of a workbook, and those that were changed."""

    def __init__(self, package: Package) -> None:
        """Begin with the parts as they are."""
        self.package = package
        self.changed: dict[str, bytes] = {}
        self.overrides: list[str] = []
        self._fill: int | None = None

    def mark(self, sheet: str, texts: Mapping[str, str]) -> None:
        """Put the texts at the cells of the sheet; raises ValueError where that cannot be done."""
        relations = self.package.relationships(sheet)
        if any("threadedComment" in relation.kind for relation in relations):
            raise ValueError
        comments = self.package.related(sheet, "comments")
        if not texts and comments is None and not any(mark in self.package.part(sheet) for mark in _OURS):
            return
        document = XmlDocument(self.package.part(sheet))
        self._mark_ground(document, texts)
        self._comment(document, sheet, comments, texts)
        self._change(sheet, document.changed())

    def _change(self, name: str, content: bytes) -> None:
        if self.package.parts.get(name) != content:
            self.changed[name] = content

    def _part(self, name: str) -> bytes:
        return self.changed.get(name) or self.package.part(name)

    def _mark_ground(self, document: XmlDocument, texts: Mapping[str, str]) -> None:
        """Colour the cells by a conditional format, which leaves their own styles as they are."""
        for element in document.elements(1):
            is_format = element.local_name == "conditionalFormatting"
            if is_format and any(mark in document.content[element.start : element.end] for mark in _OURS):
                document.remove(element)
        if texts:
            rule = f'<cfRule type="expression" dxfId="{self._ground()}" priority="1"><formula>{_FORMULA}</formula></cfRule>'
            text = f'<conditionalFormatting xmlns="{SHEET}" sqref="{" ".join(texts)}">{rule}</conditionalFormatting>'
            document.insert_in_order(text, "conditionalFormatting", _SHEET_ORDER)

    def _ground(self) -> int:
        """The number of the format, which is added to the styles."""
        if self._fill is None:
            book = self.package.related("", "officeDocument")
            part = self.package.related(book or "", "styles")
            if part is None:
                raise ValueError
            document = XmlDocument(self.package.part(part))
            formats = next((element for element in document.elements(1) if element.local_name == "dxfs"), None)
            held = [document.content[e.start : e.end] for e in document.elements(2) if e.local_name == "dxf"]
            if _FILL.encode() in held:
                self._fill = held.index(_FILL.encode())
                return self._fill
            self._fill = len(held)
            if formats is None:
                document.insert_in_order(f'<dxfs xmlns="{SHEET}" count="1">{_FILL}</dxfs>', "dxfs", _STYLE_ORDER)
            else:
                document.append(formats, _FILL, count=len(held) + 1)
            self._change(part, document.changed())
        return self._fill

    def _comment(self, document: XmlDocument, sheet: str, part: str | None, texts: Mapping[str, str]) -> None:
        comments, gone, added = with_comments(self.package.part(part) if part else None, texts)
        drawing = self._drawing(document, sheet)
        boxes = with_boxes(self.package.part(drawing) if drawing else None, gone={*map(cell_place, gone)}, added={*map(cell_place, added)})
        folder, _, file = sheet.rpartition("/")
        stem = posixpath.splitext(file)[0]
        if part is None:
            part = self._add(sheet, "comments", f"{folder}/observance-comments-{stem}.xml")
            self._declare(f'<Override xmlns="{_TYPES}" PartName="/{part}" ContentType="{_COMMENTS_TYPE}"/>')
        if drawing is None:
            drawing = self._add(sheet, "vmlDrawing", f"{folder}/observance-{stem}.vml")
            self._declare(f'<Override xmlns="{_TYPES}" PartName="/{drawing}" ContentType="{_DRAWING_TYPE}"/>')
            text = f'<legacyDrawing xmlns="{SHEET}" xmlns:r="{OFFICE}" r:id="{self._id(stem, "vmlDrawing")}"/>'
            document.insert_in_order(text, "legacyDrawing", _SHEET_ORDER)
        self._change(part, comments)
        self._change(drawing, boxes)

    def _drawing(self, document: XmlDocument, sheet: str) -> str | None:
        """The name of the drawing that holds the boxes of the sheet; None if it has none."""
        element = next((element for element in document.elements(1) if element.local_name == "legacyDrawing"), None)
        if element is None:
            return None
        identifier = element.attributes.get(f"{OFFICE}}}id")
        return next(relation.target for relation in self.package.relationships(sheet) if relation.id == identifier)

    def _id(self, stem: str, kind: str) -> str:
        return f"observance-{kind}-{stem}"

    def _add(self, sheet: str, kind: str, name: str) -> str:
        """Relate the sheet to a new part, and return its name."""
        folder, _, file = sheet.rpartition("/")
        relations = f"{folder}/_rels/{file}.rels"
        old = self.changed.get(relations) or self.package.parts.get(relations)
        document = XmlDocument(
            old or f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{RELATIONSHIPS}"></Relationships>'.encode()
        )
        identifier = self._id(posixpath.splitext(file)[0], kind)
        relation = f'Id="{identifier}" Type="{OFFICE}/{kind}" Target="{posixpath.basename(name)}"'
        document.append(document.elements(0)[0], f'<Relationship xmlns="{RELATIONSHIPS}" {relation}/>')
        self._change(relations, document.changed())
        return name

    def _declare(self, override: str) -> None:
        self.overrides.append(override)

    def content(self) -> bytes:
        """Return the file: its parts in their order, and new ones after them."""
        if self.overrides:
            document = XmlDocument(self._part(CONTENT_TYPES))
            document.append(document.elements(0)[0], "".join(self.overrides))
            self._change(CONTENT_TYPES, document.changed())
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as archive:
            for entry in self.package.entries:
                copy = zipfile.ZipInfo(entry.filename, entry.date_time)
                copy.compress_type, copy.external_attr = entry.compress_type, entry.external_attr
                archive.writestr(copy, self._part(entry.filename))
            for name in (name for name in self.changed if name not in self.package.parts):
                archive.writestr(zipfile.ZipInfo(name, _MADE), self.changed[name], zipfile.ZIP_DEFLATED)
        return output.getvalue()


def findings_workbook(findings: Iterable[CellFinding], *, lang: str) -> bytes:
    """Return a workbook that lists the findings: sheet, cell, and what was found."""
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet(translate("workbooks.findings-title", lang))
        header, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
        sheet.set_column(3, 3, 100)
        for column, key in enumerate(("sheet", "cell", "severity", "text")):
            sheet.write_string(0, column, translate(f"workbooks.finding-column-{key}", lang), header)
        for row, finding in enumerate(findings, 1):
            cells = (finding.cell.sheet, finding.cell.reference, SIGNS[finding.severity], finding.message[lang])
            for column, text in enumerate(cells):
                sheet.write_string(row, column, well_formed(text)[:_LONGEST], wrapped)
    return output.getvalue()
