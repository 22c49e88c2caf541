"""Words that all kinds of sheets share: days, moments, column headings, and the quotes of the paragraphs that a sheet rests on."""

from datetime import date
from typing import Any

from msgspec import Struct

from observance.assessment import AssessmentSet, Verbaliser, format_day
from observance.core import calendar, translate
from observance.datasets import RegisterQuestions, term_text
from observance.presentation.sheet import Quote


class SheetWriter(Struct, frozen=True):
    """The words of sheets in the language of a verbaliser."""

    verbaliser: Verbaliser

    @property
    def lang(self) -> str:
        """The language of the sheet."""
        return self.verbaliser.lang

    def translate(self, key: str, **values: object) -> str:
        """A message of the area `review`."""
        return translate(f"review.{key}", self.lang, **values)

    def format_day(self, day: date | None) -> str:
        """A day in words, or that there is none."""
        return self.translate("no-day") if day is None else format_day(day.isoformat(), self.lang)

    def column_headings(self, *names: str) -> tuple[str, ...]:
        """The headings of a table's columns, from the message keys `head-…`."""
        return tuple(self.translate(f"head-{name}") for name in names)

    def moment_sentence(self, assessment_set: AssessmentSet) -> str:
        """The day, the time and the reading of assessments, as a sentence."""
        moment = moment_to_json(assessment_set)
        return translate("assessment.as-of", self.lang, **{**moment, "reading": self.verbaliser.reading(moment["reading"])})


def moment_to_json(assessment_set: AssessmentSet) -> dict[str, Any]:
    """The day, the time and the reading of assessments, as a JSON object."""
    moment, reading = assessment_set.derivation.moment, assessment_set.derivation.reading
    return {"asOf": moment.as_of.isoformat(), "knownAt": calendar.format_time(moment.known_at), "reading": reading.name}


def quoted_paragraphs(subject: str, *, questions: RegisterQuestions, lang: str) -> tuple[Quote, ...]:
    """The authentic texts of the paragraphs on a subject, each with its translation into the language if there is one."""
    quotes: dict[str, Quote] = {}
    for row in questions.term_rows("words"):
        number, translation = term_text(row["number"]), row.get("translation")
        is_translated = translation is not None and getattr(translation, "language", None) == lang
        if term_text(row["subject"]) == subject and (number not in quotes or is_translated):
            text_language = getattr(row["text"], "language", None) or ""
            quotes[number] = Quote(number, term_text(row["text"]), text_language, term_text(translation) if is_translated else None)
    return tuple(quotes.values())
