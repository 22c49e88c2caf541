"""`observance meeting`: the review meetings of a register, the dossier of one, and what moved between two."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from observance.assessment import Verbaliser, find_status
from observance.benchmarking import GROUPINGS, benchmark_to_json, build_benchmark, build_comparison_sheet, cube_turtle
from observance.cli.moment_options import AssessmentOptions, moment_options
from observance.cli.options import Command
from observance.core import translate
from observance.handlers import resolve_bearer
from observance.meetings import (
    CountsWithoutKind,
    MeetingRegister,
    MeetingSheetWriter,
    build_dossier,
    build_dossier_sheet,
    build_meetings_sheet,
    changes_between_meetings,
    counts_without_kind,
    dossier_to_json,
    filter_changes,
    meeting_register,
    meetings_to_json,
    status_change_table,
    status_change_to_json,
)
from observance.presentation import Section, Sheet, SheetWriter, Table, align_table, moment_to_json, render_page, render_text
from observance.questions import align_columns

Shown = tuple[Callable[[], dict[str, Any]], Callable[[], Sheet]]
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
            agenda = meeting_register(asked.assess(kb))
            writer = MeetingSheetWriter(Verbaliser(agenda.assessment_set.inputs, asked.lang))
            data, found = command(agenda=agenda, writer=writer, **given)
        if form == "json":
            click.echo(json.dumps(data(), ensure_ascii=False, indent=2))
        else:
            click.echo(render_page(found(), lang=asked.lang) if form == "html" else render_text(found(), lang=asked.lang), nl=False)

    return called


@meeting.command("list")
@_shown
def listing(*, agenda: MeetingRegister, writer: MeetingSheetWriter) -> Shown:
    """List the meetings that a register knows (by default the demo's)."""
    return lambda: meetings_to_json(agenda), lambda: build_meetings_sheet(agenda, writer=writer)


@meeting.command("dossier")
@click.argument("name", metavar="MEETING")
@_shown
def one(*, agenda: MeetingRegister, writer: MeetingSheetWriter, name: str) -> Shown:
    """Make the dossier of MEETING, named by its IRI or as `meeting list` names it."""
    found = build_dossier(name, register=agenda)
    return lambda: dossier_to_json(found, verbaliser=writer.verbaliser), lambda: build_dossier_sheet(found, writer=writer)


@meeting.command("moves")
@click.argument("earlier", metavar="MEETING")
@click.argument("later", metavar="MEETING")
@click.option("--before", metavar="STATUS", help="Only the duties that had this status at the first meeting.")
@click.option("--after", metavar="STATUS", help="Only those that have this status at the second.")
@_shown
def moved(*, agenda: MeetingRegister, writer: MeetingSheetWriter, earlier: str, later: str, before: str | None, after: str | None) -> Shown:
    """Say which duties moved between the days of two meetings, and from where to where."""
    answers = agenda.assessment_set
    first, last, every = changes_between_meetings(earlier, later, register=agenda)
    ends = [None if status is None else find_status(status, derivation=answers.derivation).iri for status in (before, after)]
    found = filter_changes(every, before=ends[0], after=ends[1])

    def data() -> dict[str, Any]:
        rows = [status_change_to_json(m, verbaliser=writer.verbaliser) for m in found]
        return {**moment_to_json(answers), "since": first.isoformat(), "until": last.isoformat(), "moved": rows}

    def told() -> Sheet:
        title = writer.translate("moves-title")
        sentence = writer.translate(
            "changes-some" if found else "moves-none", count=len(found), since=writer.format_day(first), until=writer.format_day(last)
        )
        section = Section("moves", title, (sentence,), status_change_table(found, writer=writer))
        return Sheet(title, (writer.moment_sentence(answers),), (section,))

    return data, told


@click.command()
@click.option("--disregard", "kind", metavar="KIND", required=True, help="Leave the documents of this kind out of account: Justification …")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def counts(*, asked: AssessmentOptions, kind: str, form: str) -> None:
    """Say how the counts would change if documents of one kind were disregarded, and for whom."""
    with asked.open_knowledge_base() as kb:
        answers = asked.assess(kb)
        found = counts_without_kind(kind, assessment_set=answers)
    click.echo(asked.moment_sentence(answers), err=form != "table")
    if form == "json":
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(_table(found, lang=asked.lang), nl=False)


def _table(found: CountsWithoutKind, *, lang: str) -> str:
    writer = MeetingSheetWriter(Verbaliser(found.assessment_set.inputs, lang))
    title = translate("review.counts-title", lang, kind=writer.verbaliser.name(found.kind))
    rows = [[status.label[lang], str(one), str(other)] for status, one, other in found.rows()]
    one, other = found.tally_with, found.tally_without
    bounds = translate(
        "review.counts-bounds", lang, counted=one.counted, lower=one.lower, upper=one.upper, undetermined=one.undetermined,
        other_counted=other.counted, other_lower=other.lower, other_upper=other.upper, other_undetermined=other.undetermined,
    )  # fmt: skip
    parts = [
        title,
        translate("review.counts-lead", lang, count=found.documents),
        align_columns([writer.column_headings("status", "with", "without"), *rows]),
        bounds,
    ]
    if found.status_changes:
        table = status_change_table(found.status_changes, writer=writer)
        parts.append(align_table(Table((*table.headings[:-2], *writer.column_headings("with", "without")), table.rows)))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


@click.command()
@click.option("--by", type=click.Choice(GROUPINGS), default=GROUPINGS[0], show_default=True, help="What Members are counted by.")
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
        found = build_benchmark(asked.assess(kb))
        party = None if member is None else resolve_bearer(member, case=kb.assessment.inputs, lookup=kb.lookup)
    writer = SheetWriter(Verbaliser(found.assessment_set.inputs, asked.lang))
    if form == "turtle":
        click.echo(cube_turtle(found, by=by), nl=False)
    elif form == "json":
        click.echo(json.dumps(benchmark_to_json(found, by=by, writer=writer, member=party), ensure_ascii=False, indent=2))
    else:
        told = build_comparison_sheet(found, by=by, writer=writer, member=party)
        click.echo(render_page(told, lang=asked.lang) if form == "html" else render_text(told, lang=asked.lang), nl=False)
