"""Review meetings: the register of meetings, the dossier of each, and the duties whose status changed between two.

`meeting_register` gives the meetings known at the moment of assessments; the dossiers and status changes are built from it. Everything is
imported on first use, because sheets need Jinja.
"""

from typing import TYPE_CHECKING

from observance.core.lazy import lazy_exports

if TYPE_CHECKING:
    from observance.meetings.dossier import MeetingRegister, build_dossier, changes_between_meetings, meeting_register
    from observance.meetings.dossier_json import dossier_to_json, meetings_to_json, status_change_to_json
    from observance.meetings.dossier_sheet import MeetingSheetWriter, build_dossier_sheet, build_meetings_sheet, status_change_table
    from observance.meetings.meetings import Meeting
    from observance.meetings.status_changes import CountsWithoutKind, counts_without_kind, filter_changes

__all__ = [
    "CountsWithoutKind", "Meeting", "MeetingRegister", "MeetingSheetWriter", "build_dossier", "build_dossier_sheet",
    "build_meetings_sheet", "changes_between_meetings", "counts_without_kind", "dossier_to_json", "filter_changes", "meeting_register",
    "meetings_to_json", "status_change_table", "status_change_to_json",
]  # fmt: skip

__getattr__, __dir__ = lazy_exports(__name__, {
    "MeetingRegister": "dossier", "build_dossier": "dossier", "changes_between_meetings": "dossier", "meeting_register": "dossier",
    "dossier_to_json": "dossier_json", "meetings_to_json": "dossier_json", "status_change_to_json": "dossier_json",
    "MeetingSheetWriter": "dossier_sheet", "build_dossier_sheet": "dossier_sheet", "build_meetings_sheet": "dossier_sheet",
    "status_change_table": "dossier_sheet",
    "Meeting": "meetings",
    "CountsWithoutKind": "status_changes", "counts_without_kind": "status_changes", "filter_changes": "status_changes",
})  # fmt: skip
