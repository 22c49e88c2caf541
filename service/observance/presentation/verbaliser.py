"""What several kinds of sheets say in the same words: days, moments, column headings, and the words that a sheet rests on."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from observance.assessment.answers import AssessmentSet
from observance.assessment.explanation.names import format_day
from observance.assessment.explanation.verbalise import Verbaliser
from observance.core import calendar
from observance.core.i18n import translate
from observance.datasets.register_questions import RegisterQuestions, term_text
from observance.presentation.sheet import Quote


@dataclass(frozen=True)
class SheetVerbaliser:
    """Words for sheets in the language of its verbaliser."""

    verbaliser: Verbaliser

    @property
    def lang(self) -> str:
        """The language."""
        return self.verbaliser.lang

    def say(self, key: str, **values: object) -> str:
        """A phrase of this area."""
        return translate(f"review.{key}", self.lang, **values)

    def day(self, on: date | None) -> str:
        """A day in words."""
        return self.say("no-day") if on is None else format_day(on.isoformat(), self.lang)

    def heads(self, *names: str) -> tuple[str, ...]:
        """The heads of a table."""
        return tuple(self.say(f"head-{name}") for name in names)

    def moment(self, found: AssessmentSet) -> str:
        """The day, the time and the reading that the sheet is about."""
        at, reading = found.derivation.moment, self.verbaliser.reading(found.derivation.reading.name)
        return translate(
            "assessment.as-of", self.lang, asOf=at.as_of.isoformat(), knownAt=calendar.format_time(at.known_at), reading=reading
        )


def moment_object(found: AssessmentSet) -> dict[str, Any]:
    """The day, the time and the reading of assessments, for JSON."""
    at = found.derivation.moment
    return {"asOf": at.as_of.isoformat(), "knownAt": calendar.format_time(at.known_at), "reading": found.derivation.reading.name}


def quotes(subject: str, *, asked: RegisterQuestions, lang: str) -> tuple[Quote, ...]:
    """The words that a sheet rests on: authentic, and translated where there is a translation in the language."""
    found: dict[str, Quote] = {}
    for row in asked.term_rows("words"):
        number, authentic, translated = term_text(row["number"]), row["text"], row.get("translation")
        tongue, other = getattr(authentic, "language", None) or "", getattr(translated, "language", None)
        if term_text(row["subject"]) == subject and (number not in found or other == lang):
            found[number] = Quote(
                number, term_text(authentic), tongue, term_text(translated) if translated is not None and other == lang else None
            )
    return tuple(found.values())
