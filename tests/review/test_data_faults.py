"""What is wrong in a register of meetings and reports is one sentence each, and the rest goes on."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from conftest import ROOT
from fixtures_of_rules import make_inputs, read_quads
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
    """The value of a name in the header of a case."""
    (found,) = re.findall(rf"^#\+ {name}: (\S+)$", case.read_text(encoding="utf-8"), re.MULTILINE)
    return found


@cache
def known(case: Path, reading: str = "per-meeting") -> MeetingRegister:
    """The meetings of the case on its day."""
    day = date.fromisoformat(head(case, "as-of"))
    return meeting_register(
        assess(make_inputs(tuple(read_quads(case))), as_of=day, known_at=calendar.parse_time(day.isoformat()), reading=reading)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_data_fault(case: Path):
    """A register with one fault gives one sentence in each language, by the question that its head names; a sound one none."""
    found = known(case).data_faults

    assert [fault.name for fault in found] == [name for name in [head(case, "expects")] if name != "-"]
    assert all(fault.message(lang).count("{") == 0 and fault.message(lang).endswith(".") for fault in found for lang in ("fr", "en"))
    assert all(fault.message("fr") != fault.message("en") for fault in found)


def test_every_data_fault_has_a_case():
    """Every question about a data fault has a case in which it finds one."""
    assert sorted({head(case, "expects") for case in CASES} - {"-"}) == QUESTIONS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_rest_goes_on(case: Path, lang: str):
    """Whatever is wrong, the list and the dossier of every meeting are made, and the first meeting's dossier has its report."""
    found = known(case)
    writer = MeetingSheetWriter(Verbaliser(found.assessment_set.inputs, lang))

    assert render_text(build_meetings_sheet(found, writer=writer), lang=lang)
    for meeting in found.meetings:
        assert render_text(build_dossier_sheet(build_dossier(meeting.key, register=found), writer=writer), lang=lang)
    assert "https://example.org/report-1" in {report.document.iri for report in build_dossier("meeting-1", register=found).reports}


def test_presence_at_a_meeting_without_day_counts_for_nothing():
    """Where a meeting is said to be held on no known day, nobody is shown there and nothing follows from it."""
    found = known(HERE / "held-without-day.ttl")

    assert [meeting.key for meeting, _ in found.attendances] == ["meeting-1"]
    assert build_dossier("meeting-2", register=found).attendances == ()


def test_report_of_a_cancelled_meeting_was_not_taken_up():
    """A report named by a cancelled meeting only is received, current, and among those never taken up once a meeting was held."""
    found = build_dossier("meeting-3", register=known(HERE / "report-for-meeting-not-held.ttl"))

    undiscussed = [(report.document.iri, [m.key for m in meetings]) for report, meetings in found.never_taken_up]
    assert undiscussed == [("https://example.org/report-2", ["meeting-3"])]


def test_nothing_is_laid_on_a_member():
    """What is announced of nobody stands in no row of a party, and no sentence about what was never taken up names a duty of a Member."""
    found = build_dossier("meeting-3", register=known(HERE / "report-for-meeting-not-held.ttl"))
    sheet = build_dossier_sheet(found, writer=MeetingSheetWriter(Verbaliser(found.register.assessment_set.inputs, "en")))
    sections = {section.name: section for section in sheet.sections}

    assert {a.duty.bearer for a in found.duties if a.duty.norm.endswith("b")} == {None}
    assert len(sections["announced"].table.rows) == 2
    assert "says nothing of the party that filed" in " ".join(sections["never"].sentences)
