"""Which register a command is about, at which moment and under which reading: the options of all commands that assess, in one value."""

from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from observance.assessment import AssessmentSet, Verbaliser, parse_moment
from observance.cli.options import Command, knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import calendar, translate
from observance.knowledge_base import KnowledgeBase

_NAMES = ("registers", "as_of", "known_at", "reading", "knowledge", "lang")


class AssessmentOptions(Struct, frozen=True):
    """What was asked for: registers (none: the demo's), moment, reading, and the language to speak."""

    registers: tuple[Path, ...]
    as_of: date | None
    known_at: datetime | None
    reading: str | None
    knowledge: Path | None
    lang: str

    def open_knowledge_base(self) -> KnowledgeBase:
        """The knowledge base with the registers open."""
        return KnowledgeBase.open(load_settings(self.knowledge), registers=self.registers)

    def assess(self, kb: KnowledgeBase, *, what_if: Path | None = None) -> AssessmentSet:
        """The answers at the moment, under the reading, as if the document had been received; raises what `KnowledgeBase.assess` raises."""
        return kb.assessment.assess(as_of=self.as_of, known_at=self.known_at, reading=self.reading, what_if=what_if)

    @property
    def is_default_moment(self) -> bool:
        """Whether the moment is left to the register."""
        return self.as_of is None and self.known_at is None

    def moment_sentence(self, found: AssessmentSet) -> str:
        """The moment and the reading of the answers, and whether they were chosen by default."""
        return moment_sentence(found, lang=self.lang, default=self.is_default_moment)


def moment_options(command: Command) -> Command:
    """`--as-of`, `--known-at`, `--reading`, what opens a register, and `--lang`: the command is given one value, `asked`."""

    @wraps(command)
    def called(**given: Any) -> Any:
        registers, as_of, known_at, reading, knowledge, lang = (given.pop(name) for name in _NAMES)
        day, time = parse_moment(as_of, known_at)
        return command(asked=AssessmentOptions(registers, day, time, reading, knowledge, resolve_language(lang)), **given)

    text = "Reading, by its name or as a Turtle file that holds one; by default the literal one."
    made: Command = called
    for option in (
        lang_option,
        knowledge_option,
        click.option("--reading", metavar="READING", help=text),
        click.option(
            "--known-at", "known_at", metavar="TIME", help="As the register was known at this time; by default the last recorded."
        ),
        click.option("--as-of", "as_of", metavar="DAY", help="As of this day; by default the last one recorded in the register."),
        register_option,
    ):
        made = option(made)
    return made


def moment_sentence(found: AssessmentSet, *, lang: str, default: bool) -> str:
    """The day, the time and the reading, and whether they were chosen by default."""
    at = found.derivation.moment
    name = "assessment.as-of-default" if default else "assessment.as-of"
    reading = Verbaliser(found.inputs, lang).reading(found.derivation.reading.name)
    return translate(name, lang, asOf=at.as_of.isoformat(), knownAt=calendar.format_time(at.known_at), reading=reading)
