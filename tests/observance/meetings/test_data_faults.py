"""Faults in the records of meetings and reports: one sentence for each, and all other output is still produced."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from conftest import ROOT
from fixtures_of_rules import build_inputs, parse_turtle
from observance.assessment import Verbaliser, assess
from observance.core import calendar
from observance.meetings import (
    MeetingRegister,
    MeetingSheetWriter,
    build_dossier,
    build_dossier_sheet,
    build_meetings_sheet,
    meeting_register,
)
from observance.presentation import render_text

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.ttl"))
QUESTIONS = sorted(file.stem for file in (ROOT / "queries" / "review" / "troubles").glob("*.rq"))


def head(case: Path, name: str) -> str:
    """The value of a field in the header of a case."""
    (value,) = re.findall(rf"^#\+ {name}: (\S+)$", case.read_text(encoding="utf-8"), re.MULTILINE)
    return value


@cache
def meetings_of(case: Path, reading: str = "per-meeting") -> MeetingRegister:
    """The register of meetings of the case, as of the day in its header."""
    day = date.fromisoformat(head(case, "as-of"))
    return meeting_register(
        assess(build_inputs(tuple(parse_turtle(case))), as_of=day, known_at=calendar.parse_time(day.isoformat()), reading=reading)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_data_fault(case: Path):
    """A register with one fault gives one sentence in each language, from the question named in the header; without a fault, none."""
    faults = meetings_of(case).data_faults

    assert [fault.name for fault in faults] == [name for name in [head(case, "expects")] if name != "-"]
    assert all(fault.message(lang).count("{") == 0 and fault.message(lang).endswith(".") for fault in faults for lang in ("fr", "en"))
    assert all(fault.message("fr") != fault.message("en") for fault in faults)


def test_every_data_fault_has_a_case():
    """Every question about data faults has a case in which it finds one."""
    assert sorted({head(case, "expects") for case in CASES} - {"-"}) == QUESTIONS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_sheets_despite_faults(case: Path, lang: str):
    """With any fault, the list and the dossier of every meeting are written, and the first meeting's dossier has its report."""
    register = meetings_of(case)
    writer = MeetingSheetWriter(Verbaliser(register.assessment_set.inputs, lang))

    assert render_text(build_meetings_sheet(register, writer=writer), lang=lang)
    for meeting in register.meetings:
        assert render_text(build_dossier_sheet(build_dossier(meeting.key, register=register), writer=writer), lang=lang)
    assert "https://example.org/report-1" in {report.document.iri for report in build_dossier("meeting-1", register=register).reports}


def test_no_attendance_without_day():
    """A meeting recorded as held, but without a day, has no attendance."""
    register = meetings_of(HERE / "held-without-day.ttl")

    assert [meeting.key for meeting, _ in register.attendances] == ["meeting-1"]
    assert build_dossier("meeting-2", register=register).attendances == ()


def test_report_of_cancelled_meeting_is_undiscussed():
    """A report that only a cancelled meeting names is undiscussed once another meeting was held."""
    dossier = build_dossier("meeting-3", register=meetings_of(HERE / "report-for-meeting-not-held.ttl"))

    undiscussed = [(report.document.iri, [m.key for m in meetings]) for report, meetings in dossier.undiscussed_reports]
    assert undiscussed == [("https://example.org/report-2", ["meeting-3"])]


def test_announcements_have_no_bearer():
    """Announcements are in a table without parties, and the sentences about undiscussed reports blame no Member."""
    dossier = build_dossier("meeting-3", register=meetings_of(HERE / "report-for-meeting-not-held.ttl"))
    sheet = build_dossier_sheet(dossier, writer=MeetingSheetWriter(Verbaliser(dossier.register.assessment_set.inputs, "en")))
    sections = {section.name: section for section in sheet.sections}

    assert {a.duty.bearer for a in dossier.duties if a.duty.norm.endswith("b")} == {None}
    assert len(sections["announced"].table.rows) == 2
    assert "says nothing of the party that filed" in " ".join(sections["never"].sentences)
