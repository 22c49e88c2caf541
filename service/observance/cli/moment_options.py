"""The options of all commands that assess (registers, moment, reading, language), as one value."""

from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from observance.assessment import AssessmentSet, Verbaliser, parse_moment
from observance.cli.options import Command, knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import calendar, format_day, format_time, translate
from observance.knowledge_base import KnowledgeBase

_NAMES = ("registers", "as_of", "known_at", "reading", "knowledge", "lang")


class AssessmentOptions(Struct, frozen=True):
    """The options of a command that assesses: registers (the demo's if empty), moment, reading and language; None is the default."""

    registers: tuple[Path, ...]
    as_of: date | None
    known_at: datetime | None
    reading: str | None
    knowledge: Path | None
    lang: str

    def open_knowledge_base(self) -> KnowledgeBase:
        """Return the knowledge base with the registers open, a context manager."""
        return KnowledgeBase.open(load_settings(self.knowledge), registers=self.registers)

    def assess(self, kb: KnowledgeBase, *, what_if: Path | None = None) -> AssessmentSet:
        """Return the assessments, with `what_if` as if that document had been received; raises what `AssessmentService.assess` raises."""
        return kb.assessment.assess(as_of=self.as_of, known_at=self.known_at, reading=self.reading, what_if=what_if)

    @property
    def is_default_moment(self) -> bool:
        """Whether the moment is the default: the last one recorded in the register."""
        return self.as_of is None and self.known_at is None

    def moment_sentence(self, assessment_set: AssessmentSet) -> str:
        """The sentence on the moment and reading of the assessments."""
        return moment_sentence(assessment_set, lang=self.lang, default=self.is_default_moment)


def moment_options(command: Command) -> Command:
    """Decorator for `--register`, `--as-of`, `--known-at`, `--reading`, `--knowledge` and `--lang`: passed on as `options`."""

    @wraps(command)
    def wrapper(**arguments: Any) -> Any:
        registers, as_of, known_at, reading, knowledge, lang = (arguments.pop(name) for name in _NAMES)
        day, time = parse_moment(as_of, known_at)
        return command(options=AssessmentOptions(registers, day, time, reading, knowledge, resolve_language(lang)), **arguments)

    help_text = "Reading, by its name or as a Turtle file that holds one; by default the closest-to-text one."
    decorated: Command = wrapper
    for option in (
        lang_option,
        knowledge_option,
        click.option("--reading", metavar="READING", help=help_text),
        click.option(
            "--known-at", "known_at", metavar="TIME", help="As the register was known at this time; by default the last recorded."
        ),
        click.option("--as-of", "as_of", metavar="DAY", help="As of this day; by default the last one recorded in the register."),
        register_option,
    ):
        decorated = option(decorated)
    return decorated


def moment_sentence(assessment_set: AssessmentSet, *, lang: str, default: bool) -> str:
    """The sentence on the moment and reading of the assessments, and a line of warning if the register has faults.

    `default` says that the moment is the default.
    """
    at = assessment_set.moment
    key = "assessment.as-of-default" if default else "assessment.as-of"
    reading = Verbaliser(assessment_set.inputs, lang).reading(assessment_set.reading.name)
    day, time = format_day(at.as_of.isoformat(), lang), format_time(calendar.format_time(at.known_at), lang)
    sentence = translate(key, lang, asOf=day, knownAt=time, reading=reading)
    return "\n".join((sentence, *filter(None, [assessment_set.inputs.warning.get(lang)])))
