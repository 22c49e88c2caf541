"""What is asked about proceedings: who was informed of what was notified, review meetings, progress compared.

Each as data, or as what a page is made from; the addresses of the pages that it leads to come with the request (`addresses`).
"""

from collections.abc import Mapping
from typing import Any

from observance.assessment import show
from observance.assessment.answer import Answers
from observance.assessment.tell import Teller
from observance.house import House
from observance.phrases import say
from observance.relay import write
from observance.review import cube, sheet, tell, tell_compare, written
from observance.review.compare import BY, benchmark
from observance.review.dossier import agenda, dossier
from observance.review.meetings import Meeting

KEY = "meeting-key"
"""Stands for the name of a meeting in the address of its page."""

Request = Mapping[str, Any]


class Proceedings:
    """Answers about the proceedings of one register."""

    house: House

    def _answers(self, request: Request) -> Answers:
        """The answers at the moment and under the reading of a request."""
        raise NotImplementedError

    def relay(self, request: Request, _body: bytes = b"") -> Any:
        """Who is to receive what was notified, who did and who is missing; only those who are if `missing` says so."""
        found, lang = self._answers(request), request["lang"]
        plan = self.house.planned(found)
        plan = write.narrowed(plan) if request["missing"] else plan
        if request["format"] == "turtle":
            return write.as_turtle(plan)
        if request["format"] == "json":
            return write.as_object(plan, lang=lang)
        return {
            "moment": show.moment(found, lang=lang),
            "readingName": plan.reading_name[lang],
            "wordings": [{"authentic": wording.authentic, "translation": wording.translation} for wording in plan.wordings.values()],
            "transmissions": [
                {
                    "title": write.title(t, lang=lang), "state": write.state(t, lang=lang),
                    "lines": list(write.lines(t, plan=plan, lang=lang)),
                }
                for t in plan.transmissions
            ],
        }  # fmt: skip

    def meetings(self, request: Request, _body: bytes = b"") -> Any:
        """The review meetings of the register."""
        found = agenda(self._answers(request))
        if request["format"] == "json":
            return written.listing(found)
        return _page(tell.listing(found, speaker=_speaker(found.answers, request)), request)

    def meeting(self, request: Request, _body: bytes = b"") -> Any:
        """The dossier of the meeting that `key` names."""
        found = dossier(request["key"], of=agenda(self._answers(request)))
        speaker = _speaker(found.agenda.answers, request)
        if request["format"] == "json":
            return written.dossier(found, teller=speaker.teller)
        return _page(tell.sheet(found, speaker=speaker), request)

    def benchmark(self, request: Request, _body: bytes = b"") -> Any:
        """Progress compared, `by` what it is grouped, and with one `member` beside the others if one is named."""
        found, by = benchmark(self._answers(request)), request["by"]
        found.grouped(by)
        party = self.house.party(request["member"]) if request["member"] else None
        speaker = _speaker(found.answers, request)
        if request["format"] == "turtle":
            return cube.as_turtle(found, by=by)
        if request["format"] == "json":
            return tell_compare.as_object(found, by=by, speaker=speaker, member=party)
        names = [(iri, speaker.teller.name(iri)) for iri in found.members]
        return {
            **_page(tell_compare.sheet(found, by=by, speaker=speaker, member=party), request),
            "member": party or "",
            "by": [(name, say(f"review.by-{name}", speaker.lang)) for name in BY],
            "members": [("", say("review.all-members", speaker.lang)), *names],
        }


def _speaker(answers: Answers, request: Request) -> tell.Speaker:
    def address(meeting: Meeting) -> str:
        return str(request["addresses"]["meeting"]).replace(KEY, meeting.key)

    return tell.Speaker(Teller(answers.case, request["lang"]), address)


def _page(found: sheet.Sheet, request: Request) -> dict[str, Any]:
    return {"title": found.title, "body": sheet.fragment(found, lang=request["lang"], address=request["addresses"]["paragraphs"].get)}
