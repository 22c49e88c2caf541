"""`observance meeting`: the review meetings of a register, the dossier of one, and what moved between two."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from observance.assessment.explanation.reasons import status_named
from observance.assessment.explanation.verbalise import Verbaliser
from observance.cli.moment_options import Asked, moment_options
from observance.cli.options import Command
from observance.meetings import dossier_json, dossier_sheet
from observance.meetings.dossier import Agenda, dossier
from observance.meetings.dossier import agenda as known_at_the_moment
from observance.meetings.dossier import moved as between_meetings
from observance.meetings.status_changes import between
from observance.presentation import sheet

Shown = tuple[Callable[[], dict[str, Any]], Callable[[], sheet.Sheet]]
"""What a command shows, for programs and for people, made when it is known for whom."""


@click.group()
def meeting() -> None:
    """Show review meetings: planned, held, postponed or cancelled; who came, what was received, what was taken up."""


def _shown(command: Callable[..., Shown]) -> Command:
    """The command with the options that all of them have; it is given the meetings known at the moment and who speaks of them."""

    @moment_options
    @click.option("--format", "form", type=click.Choice(["text", "html", "json"]), default="text", show_default=True, help="Format.")
    @wraps(command)
    def called(*, asked: Asked, form: str, **given: str | None) -> None:
        with asked.kb() as kb:
            agenda = known_at_the_moment(asked.answers(kb))
            speaker = dossier_sheet.Speaker(Verbaliser(agenda.answers.case, asked.lang))
            data, found = command(agenda=agenda, speaker=speaker, **given)
        if form == "json":
            click.echo(json.dumps(data(), ensure_ascii=False, indent=2))
        else:
            click.echo(sheet.page(found(), lang=asked.lang) if form == "html" else sheet.text(found(), lang=asked.lang), nl=False)

    return called


@meeting.command("list")
@_shown
def listing(*, agenda: Agenda, speaker: dossier_sheet.Speaker) -> Shown:
    """List the meetings that a register knows (by default the demo's)."""
    return lambda: dossier_json.listing(agenda), lambda: dossier_sheet.listing(agenda, speaker=speaker)


@meeting.command("dossier")
@click.argument("name", metavar="MEETING")
@_shown
def one(*, agenda: Agenda, speaker: dossier_sheet.Speaker, name: str) -> Shown:
    """Make the dossier of MEETING, named by its IRI or as `meeting list` names it."""
    found = dossier(name, of=agenda)
    return lambda: dossier_json.dossier(found, teller=speaker.teller), lambda: dossier_sheet.sheet(found, speaker=speaker)


@meeting.command("moves")
@click.argument("earlier", metavar="MEETING")
@click.argument("later", metavar="MEETING")
@click.option("--before", metavar="STATUS", help="Only the duties that had this status at the first meeting.")
@click.option("--after", metavar="STATUS", help="Only those that have this status at the second.")
@_shown
def moved(*, agenda: Agenda, speaker: dossier_sheet.Speaker, earlier: str, later: str, before: str | None, after: str | None) -> Shown:
    """Say which duties moved between the days of two meetings, and from where to where."""
    answers = agenda.answers
    first, last, every = between_meetings(earlier, later, of=agenda)
    ends = [None if status is None else status_named(status, derivation=answers.derivation).iri for status in (before, after)]
    found = between(every, before=ends[0], after=ends[1])

    def data() -> dict[str, Any]:
        rows = [dossier_json.move(m, teller=speaker.teller) for m in found]
        return {**dossier_json.moment(answers), "since": first.isoformat(), "until": last.isoformat(), "moved": rows}

    def told() -> sheet.Sheet:
        title = speaker.say("moves-title")
        sentence = speaker.say(
            "changes-some" if found else "moves-none", count=len(found), since=speaker.day(first), until=speaker.day(last)
        )
        section = sheet.Section("moves", title, (sentence,), dossier_sheet.moved(found, speaker=speaker))
        return sheet.Sheet(title, (speaker.moment(answers),), (section,))

    return data, told
