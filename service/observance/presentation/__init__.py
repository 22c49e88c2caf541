"""Sheets and drawings: the document model of pages and files, its rendering as text and HTML, and the words that all sheets share.

Everything is imported on first use, because Jinja takes long to import.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.presentation.drawings import BarSegment, TimelinePoint, attendance_grid, bar_chart, timeline
    from observance.presentation.sheet import (
        Cell,
        ParagraphReference,
        Section,
        Sheet,
        Table,
        align_table,
        format_counts,
        render_fragment,
        render_page,
        render_text,
    )
    from observance.presentation.sheet_writer import SheetWriter, moment_to_json, quoted_paragraphs

__all__ = [
    "BarSegment", "Cell", "ParagraphReference", "Section", "Sheet", "SheetWriter", "Table", "TimelinePoint", "align_table",
    "attendance_grid", "bar_chart", "format_counts", "moment_to_json", "quoted_paragraphs", "render_fragment", "render_page",
    "render_text", "timeline",
]  # fmt: skip

__getattr__, __dir__ = lazy_exports(__name__, {
    "BarSegment": "drawings", "TimelinePoint": "drawings", "attendance_grid": "drawings", "bar_chart": "drawings",
    "timeline": "drawings",
    "Cell": "sheet", "ParagraphReference": "sheet", "Section": "sheet", "Sheet": "sheet", "Table": "sheet", "align_table": "sheet",
    "format_counts": "sheet", "render_fragment": "sheet", "render_page": "sheet", "render_text": "sheet",
    "SheetWriter": "sheet_writer", "moment_to_json": "sheet_writer", "quoted_paragraphs": "sheet_writer",
})  # fmt: skip
