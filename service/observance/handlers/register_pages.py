"""What is asked about proceedings: who was informed of what was notified, review meetings, progress compared.

Each as data, or as what a page is made from; the addresses of the pages that it leads to come with the request (`addresses`).
"""

from collections.abc import Mapping
from typing import Any

from observance.assessment import AssessmentSet, Verbaliser, moment_view
from observance.benchmarking import GROUPINGS, benchmark_to_json, build_benchmark, build_comparison_sheet, cube_turtle
from observance.core import translate
from observance.knowledge_base import KnowledgeBase
from observance.meetings import (
    Meeting,
    MeetingSheetWriter,
    build_dossier,
    build_dossier_sheet,
    build_meetings_sheet,
    dossier_to_json,
    meeting_register,
    meetings_to_json,
)
from observance.notifications import missing_only, plan_to_json, plan_turtle, transmission_lines, transmission_state, transmission_title
from observance.presentation import Sheet, render_fragment

KEY = "meeting-key"
"""Stands for the name of a meeting in the address of its page."""

Request = Mapping[str, Any]


class RegisterPageHandlers:
    """Answers about the proceedings of one register."""

    kb: KnowledgeBase

    def _assessments(self, request: Request) -> AssessmentSet:
        """The answers at the moment and under the reading of a request."""
        raise NotImplementedError

    def relay(self, request: Request, _body: bytes = b"") -> Any:
        """Who is to receive what was notified, who did and who is missing; only those who are if `missing` says so."""
        found, lang = self._assessments(request), request["lang"]
        plan = self.kb.planned(found)
        plan = missing_only(plan) if request["missing"] else plan
        if request["format"] == "turtle":
            return plan_turtle(plan)
        if request["format"] == "json":
            return plan_to_json(plan, lang=lang)
        return {
            "moment": moment_view(found, lang=lang),
            "readingName": plan.reading_name[lang],
            "wordings": [{"authentic": wording.authentic, "translation": wording.translation} for wording in plan.wordings.values()],
            "transmissions": [
                {
                    "title": transmission_title(t, lang=lang),
                    "state": transmission_state(t, lang=lang),
                    "lines": list(transmission_lines(t, plan=plan, lang=lang)),
                }
                for t in plan.transmissions
            ],
        }  # fmt: skip

    def meetings(self, request: Request, _body: bytes = b"") -> Any:
        """The review meetings of the register."""
        found = meeting_register(self._assessments(request))
        if request["format"] == "json":
            return meetings_to_json(found)
        return _sheet_page(build_meetings_sheet(found, writer=_writer(found.assessment_set, request)), request)

    def meeting(self, request: Request, _body: bytes = b"") -> Any:
        """The dossier of the meeting that `key` names."""
        found = build_dossier(request["key"], register=meeting_register(self._assessments(request)))
        writer = _writer(found.register.assessment_set, request)
        if request["format"] == "json":
            return dossier_to_json(found, verbaliser=writer.verbaliser)
        return _sheet_page(build_dossier_sheet(found, writer=writer), request)

    def benchmark(self, request: Request, _body: bytes = b"") -> Any:
        """Progress compared, `by` what it is grouped, and with one `member` beside the others if one is named."""
        found, by = build_benchmark(self._assessments(request)), request["by"]
        found.members_by_group(by)
        party = self.kb.party(request["member"]) if request["member"] else None
        writer = _writer(found.assessment_set, request)
        if request["format"] == "turtle":
            return cube_turtle(found, by=by)
        if request["format"] == "json":
            return benchmark_to_json(found, by=by, writer=writer, member=party)
        names = [(iri, writer.verbaliser.name(iri)) for iri in found.members]
        return {
            **_sheet_page(build_comparison_sheet(found, by=by, writer=writer, member=party), request),
            "member": party or "",
            "by": [(name, translate(f"review.by-{name}", writer.lang)) for name in GROUPINGS],
            "members": [("", translate("review.all-members", writer.lang)), *names],
        }


def _writer(answers: AssessmentSet, request: Request) -> MeetingSheetWriter:
    def address(meeting: Meeting) -> str:
        return str(request["addresses"]["meeting"]).replace(KEY, meeting.key)

    return MeetingSheetWriter(Verbaliser(answers.case, request["lang"]), address)


def _sheet_page(found: Sheet, request: Request) -> dict[str, Any]:
    return {"title": found.title, "body": render_fragment(found, lang=request["lang"], address=request["addresses"]["paragraphs"].get)}
