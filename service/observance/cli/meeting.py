"""`observance meeting`: the review meetings of a register, the dossier of one, and what moved between two."""

import json
from pathlib import Path

import click

from observance.assessment.answer import moment_asked
from observance.assessment.explain import status_named
from observance.assessment.tell import Teller
from observance.cli.assess import moment_options
from observance.cli.language import chosen, settings
from observance.house import open_house
from observance.phrases import say
from observance.review import sheet, tell, written
from observance.review.dossier import Agenda, dossier
from observance.review.dossier import agenda as known_at_the_moment
from observance.review.dossier import moved as between_meetings
from observance.review.moves import between

_FORMATS = click.Choice(["text", "html", "json"])


@click.group()
def meeting() -> None:
    """Show review meetings: planned, held, postponed or cancelled; who came, what was received, what was taken up."""


@meeting.command("list")
@moment_options
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="Format.")
def listing(
    *, registers: tuple[Path, ...], as_of: str | None, known_at: str | None, reading: str | None, form: str,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """List the meetings that a register knows (by default the demo's)."""
    day, time = moment_asked(as_of, known_at)
    language = chosen(lang)
    with open_house(settings(knowledge), registers=registers) as house:
        agenda = known_at_the_moment(house.assess(as_of=day, known_at=time, reading=reading))
        if form == "json":
            _json(written.listing(agenda))
        else:
            _show(tell.listing(agenda, speaker=_speaker(agenda, language)), form=form, lang=language)


@meeting.command("dossier")
@click.argument("name", metavar="MEETING")
@moment_options
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="Format.")
def one(
    *, name: str, registers: tuple[Path, ...], as_of: str | None, known_at: str | None, reading: str | None, form: str,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Make the dossier of MEETING, named by its IRI or as `meeting list` names it."""
    day, time = moment_asked(as_of, known_at)
    language = chosen(lang)
    with open_house(settings(knowledge), registers=registers) as house:
        agenda = known_at_the_moment(house.assess(as_of=day, known_at=time, reading=reading))
        found = dossier(name, of=agenda)
        speaker = _speaker(agenda, language)
        if form == "json":
            _json(written.dossier(found, teller=speaker.teller))
        else:
            _show(tell.sheet(found, speaker=speaker), form=form, lang=language)


@meeting.command("moves")
@click.argument("earlier", metavar="MEETING")
@click.argument("later", metavar="MEETING")
@click.option("--before", metavar="STATUS", help="Only the duties that had this status at the first meeting.")
@click.option("--after", metavar="STATUS", help="Only those that have this status at the second.")
@moment_options
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="Format.")
def moved(
    *, earlier: str, later: str, before: str | None, after: str | None, registers: tuple[Path, ...], as_of: str | None,
    known_at: str | None, reading: str | None, form: str, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Say which duties moved between the days of two meetings, and from where to where."""
    day, time = moment_asked(as_of, known_at)
    language = chosen(lang)
    with open_house(settings(knowledge), registers=registers) as house:
        agenda = known_at_the_moment(house.assess(as_of=day, known_at=time, reading=reading))
        answers = agenda.answers
        first, last, every = between_meetings(earlier, later, of=agenda)
        ends = [None if status is None else status_named(status, derivation=answers.derivation).iri for status in (before, after)]
        found = between(every, before=ends[0], after=ends[1])
    speaker = _speaker(agenda, language)
    if form == "json":
        rows = [written.move(m, teller=speaker.teller) for m in found]
        _json({**written.moment(answers), "since": first.isoformat(), "until": last.isoformat(), "moved": rows})
        return
    phrase = "review.changes-some" if found else "review.moves-none"
    sentence = say(phrase, language, count=len(found), since=speaker.day(first), until=speaker.day(last))
    title = say("review.moves-title", language)
    section = sheet.Section("moves", title, (sentence,), tell.moved(found, speaker=speaker))
    _show(sheet.Sheet(title, (speaker.moment(answers),), (section,)), form=form, lang=language)


def _speaker(agenda: Agenda, lang: str) -> tell.Speaker:
    return tell.Speaker(Teller(agenda.answers.case, lang))


def _json(found: object) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _show(found: sheet.Sheet, *, form: str, lang: str) -> None:
    click.echo(sheet.page(found, lang=lang) if form == "html" else sheet.text(found, lang=lang), nl=False)
