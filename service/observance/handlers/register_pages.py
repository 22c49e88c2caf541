"""What is asked about proceedings: who was informed of what was notified, review meetings, progress compared.

Each as data, or as what a page is made from; the addresses of the pages that it leads to come with the request (`addresses`).
"""

from collections.abc import Mapping
from typing import Any

from observance.assessment.answers import AssessmentSet
from observance.assessment.explanation.verbalise import Verbaliser
from observance.assessment.outputs import view_models
from observance.benchmarking import comparison_sheet, data_cube
from observance.benchmarking.comparison import BY, build_benchmark
from observance.core.i18n import translate
from observance.knowledge_base import KnowledgeBase
from observance.meetings import dossier_json, dossier_sheet
from observance.meetings.dossier import build_dossier, meeting_register
from observance.meetings.meetings import Meeting
from observance.notifications import plan_serialisation
from observance.presentation import sheet

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
        plan = plan_serialisation.only_missing(plan) if request["missing"] else plan
        if request["format"] == "turtle":
            return plan_serialisation.plan_turtle(plan)
        if request["format"] == "json":
            return plan_serialisation.plan_object(plan, lang=lang)
        return {
            "moment": view_models.moment(found, lang=lang),
            "readingName": plan.reading_name[lang],
            "wordings": [{"authentic": wording.authentic, "translation": wording.translation} for wording in plan.wordings.values()],
            "transmissions": [
                {
                    "title": plan_serialisation.transmission_title(t, lang=lang),
                    "state": plan_serialisation.transmission_state(t, lang=lang),
                    "lines": list(plan_serialisation.transmission_lines(t, plan=plan, lang=lang)),
                }
                for t in plan.transmissions
            ],
        }  # fmt: skip

    def meetings(self, request: Request, _body: bytes = b"") -> Any:
        """The review meetings of the register."""
        found = meeting_register(self._assessments(request))
        if request["format"] == "json":
            return dossier_json.listing(found)
        return _sheet_page(dossier_sheet.listing(found, speaker=_speaker(found.answers, request)), request)

    def meeting(self, request: Request, _body: bytes = b"") -> Any:
        """The dossier of the meeting that `key` names."""
        found = build_dossier(request["key"], of=meeting_register(self._assessments(request)))
        speaker = _speaker(found.agenda.answers, request)
        if request["format"] == "json":
            return dossier_json.dossier(found, verbaliser=speaker.verbaliser)
        return _sheet_page(dossier_sheet.sheet(found, speaker=speaker), request)

    def benchmark(self, request: Request, _body: bytes = b"") -> Any:
        """Progress compared, `by` what it is grouped, and with one `member` beside the others if one is named."""
        found, by = build_benchmark(self._assessments(request)), request["by"]
        found.grouped(by)
        party = self.kb.party(request["member"]) if request["member"] else None
        speaker = _speaker(found.answers, request)
        if request["format"] == "turtle":
            return data_cube.as_turtle(found, by=by)
        if request["format"] == "json":
            return comparison_sheet.as_object(found, by=by, speaker=speaker, member=party)
        names = [(iri, speaker.verbaliser.name(iri)) for iri in found.members]
        return {
            **_sheet_page(comparison_sheet.sheet(found, by=by, speaker=speaker, member=party), request),
            "member": party or "",
            "by": [(name, translate(f"review.by-{name}", speaker.lang)) for name in BY],
            "members": [("", translate("review.all-members", speaker.lang)), *names],
        }


def _speaker(answers: AssessmentSet, request: Request) -> dossier_sheet.MeetingVerbaliser:
    def address(meeting: Meeting) -> str:
        return str(request["addresses"]["meeting"]).replace(KEY, meeting.key)

    return dossier_sheet.MeetingVerbaliser(Verbaliser(answers.case, request["lang"]), address)


def _sheet_page(found: sheet.Sheet, request: Request) -> dict[str, Any]:
    return {"title": found.title, "body": sheet.fragment(found, lang=request["lang"], address=request["addresses"]["paragraphs"].get)}
