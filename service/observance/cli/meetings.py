"""`observance meeting`: the review meetings of a register, the dossier of one, and what moved between two."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from observance.assessment.explanation.reasons import status_named
from observance.assessment.explanation.verbalise import Verbaliser
from observance.benchmarking import comparison_sheet, data_cube
from observance.benchmarking.comparison import BY
from observance.benchmarking.comparison import build_benchmark as compared
from observance.cli.moment_options import AssessmentOptions, moment_options
from observance.cli.options import Command
from observance.core.i18n import translate
from observance.handlers.assessment import resolve_bearer
from observance.meetings import dossier_json, dossier_sheet
from observance.meetings.counts import CountsWithoutKind, counts_without_kind
from observance.meetings.dossier import MeetingRegister, build_dossier, changes_between
from observance.meetings.dossier import meeting_register as known_at_the_moment
from observance.meetings.dossier import status_changes as between_meetings
from observance.presentation import sheet
from observance.presentation.sheet import Table, aligned
from observance.presentation.verbaliser import SheetVerbaliser, moment_object
from observance.questions.text_table import align_columns

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
    def called(*, asked: AssessmentOptions, form: str, **given: str | None) -> None:
        with asked.open_knowledge_base() as kb:
            agenda = known_at_the_moment(asked.assess(kb))
            speaker = dossier_sheet.MeetingVerbaliser(Verbaliser(agenda.answers.case, asked.lang))
            data, found = command(agenda=agenda, speaker=speaker, **given)
        if form == "json":
            click.echo(json.dumps(data(), ensure_ascii=False, indent=2))
        else:
            click.echo(sheet.page(found(), lang=asked.lang) if form == "html" else sheet.text(found(), lang=asked.lang), nl=False)

    return called


@meeting.command("list")
@_shown
def listing(*, agenda: MeetingRegister, speaker: dossier_sheet.MeetingVerbaliser) -> Shown:
    """List the meetings that a register knows (by default the demo's)."""
    return lambda: dossier_json.listing(agenda), lambda: dossier_sheet.listing(agenda, speaker=speaker)


@meeting.command("dossier")
@click.argument("name", metavar="MEETING")
@_shown
def one(*, agenda: MeetingRegister, speaker: dossier_sheet.MeetingVerbaliser, name: str) -> Shown:
    """Make the dossier of MEETING, named by its IRI or as `meeting list` names it."""
    found = build_dossier(name, of=agenda)
    return lambda: dossier_json.dossier(found, verbaliser=speaker.verbaliser), lambda: dossier_sheet.sheet(found, speaker=speaker)


@meeting.command("moves")
@click.argument("earlier", metavar="MEETING")
@click.argument("later", metavar="MEETING")
@click.option("--before", metavar="STATUS", help="Only the duties that had this status at the first meeting.")
@click.option("--after", metavar="STATUS", help="Only those that have this status at the second.")
@_shown
def moved(
    *, agenda: MeetingRegister, speaker: dossier_sheet.MeetingVerbaliser, earlier: str, later: str, before: str | None, after: str | None
) -> Shown:
    """Say which duties moved between the days of two meetings, and from where to where."""
    answers = agenda.answers
    first, last, every = between_meetings(earlier, later, of=agenda)
    ends = [None if status is None else status_named(status, derivation=answers.derivation).iri for status in (before, after)]
    found = changes_between(every, before=ends[0], after=ends[1])

    def data() -> dict[str, Any]:
        rows = [dossier_json.move(m, verbaliser=speaker.verbaliser) for m in found]
        return {**moment_object(answers), "since": first.isoformat(), "until": last.isoformat(), "moved": rows}

    def told() -> sheet.Sheet:
        title = speaker.say("moves-title")
        sentence = speaker.say(
            "changes-some" if found else "moves-none", count=len(found), since=speaker.day(first), until=speaker.day(last)
        )
        section = sheet.Section("moves", title, (sentence,), dossier_sheet.moved(found, speaker=speaker))
        return sheet.Sheet(title, (speaker.moment(answers),), (section,))

    return data, told


@click.command()
@click.option("--disregard", "kind", metavar="KIND", required=True, help="Leave the documents of this kind out of account: Justification …")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def counts(*, asked: AssessmentOptions, kind: str, form: str) -> None:
    """Say how the counts would change if documents of one kind were disregarded, and for whom."""
    with asked.open_knowledge_base() as kb:
        answers = asked.assess(kb)
        found = counts_without_kind(kind, of=answers)
    click.echo(asked.moment_sentence(answers), err=form != "table")
    if form == "json":
        click.echo(json.dumps(found.as_object(), ensure_ascii=False, indent=2))
    else:
        click.echo(_table(found, lang=asked.lang), nl=False)


def _table(found: CountsWithoutKind, *, lang: str) -> str:
    speaker = dossier_sheet.MeetingVerbaliser(Verbaliser(found.answers.case, lang))
    title = translate("review.counts-title", lang, kind=speaker.verbaliser.name(found.kind))
    rows = [[status.label[lang], str(one), str(other)] for status, one, other in found.rows()]
    one, other = found.with_them, found.without_them
    bounds = translate(
        "review.counts-bounds", lang, counted=one.counted, lower=one.lower, upper=one.upper, undetermined=one.undetermined,
        other_counted=other.counted, other_lower=other.lower, other_upper=other.upper, other_undetermined=other.undetermined,
    )  # fmt: skip
    parts = [
        title,
        translate("review.counts-lead", lang, count=found.documents),
        align_columns([speaker.heads("status", "with", "without"), *rows]),
        bounds,
    ]
    if found.moves:
        table = dossier_sheet.moved(found.moves, speaker=speaker)
        parts.append(aligned(Table((*table.heads[:-2], *speaker.heads("with", "without")), table.rows)))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


@click.command()
@click.option("--by", type=click.Choice(BY), default=BY[0], show_default=True, help="What Members are counted by.")
@click.option("--member", metavar="CODE", help="One Member beside the groups that it is in.")
@moment_options
@click.option(
    "--format", "form", type=click.Choice(["table", "html", "json", "turtle"]), default="table", show_default=True, help="Format."
)
def benchmark(*, asked: AssessmentOptions, by: str, member: str | None, form: str) -> None:
    """Count the Members that report each level of implementation (by default the demo's), beside those of whom nothing is known.

    Nobody is ranked. Statements about another edition or too distant a day are not compared, and the reason is told.
    """
    with asked.open_knowledge_base() as kb:
        found = compared(asked.assess(kb))
        party = None if member is None else resolve_bearer(member, case=kb.case, kb=kb)
    speaker = SheetVerbaliser(Verbaliser(found.answers.case, asked.lang))
    if form == "turtle":
        click.echo(data_cube.as_turtle(found, by=by), nl=False)
    elif form == "json":
        click.echo(json.dumps(comparison_sheet.as_object(found, by=by, speaker=speaker, member=party), ensure_ascii=False, indent=2))
    else:
        told = comparison_sheet.sheet(found, by=by, speaker=speaker, member=party)
        click.echo(sheet.page(told, lang=asked.lang) if form == "html" else sheet.text(told, lang=asked.lang), nl=False)
