"""`observance meeting`, `counts` and `benchmark`: review meetings, counts without a kind of document, comparison of progress."""

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

MeetingOutput = tuple[Callable[[], dict[str, Any]], Callable[[], Sheet]]
"""The two outputs of a command, JSON for programs and a sheet for people, as functions: only one of them is called."""


@click.group()
def meeting() -> None:
    """Show review meetings: planned, held, postponed or cancelled; who came, what was received, what was taken up."""


def _meeting_command(command: Callable[..., MeetingOutput]) -> Command:
    """Decorator for a command on meetings: it receives the `register` of meetings at the moment and the `writer` of sheets."""

    @moment_options
    @click.option("--format", type=click.Choice(["text", "html", "json"]), default="text", show_default=True, help="Format.")
    @wraps(command)
    def wrapper(*, options: AssessmentOptions, format: str, **arguments: str | None) -> None:
        with options.open_knowledge_base() as kb:
            register = meeting_register(options.assess(kb))
            writer = MeetingSheetWriter(Verbaliser(register.assessment_set.inputs, options.lang))
            data, sheet = command(register=register, writer=writer, **arguments)
        if format == "json":
            click.echo(json.dumps(data(), ensure_ascii=False, indent=2))
        else:
            click.echo(render_page(sheet(), lang=options.lang) if format == "html" else render_text(sheet(), lang=options.lang), nl=False)

    return wrapper


@meeting.command("list")
@_meeting_command
def listing(*, register: MeetingRegister, writer: MeetingSheetWriter) -> MeetingOutput:
    """List the meetings that a register knows (by default the demo's)."""
    return lambda: meetings_to_json(register), lambda: build_meetings_sheet(register, writer=writer)


@meeting.command("dossier")
@click.argument("name", metavar="MEETING")
@_meeting_command
def dossier(*, register: MeetingRegister, writer: MeetingSheetWriter, name: str) -> MeetingOutput:
    """Make the dossier of MEETING, named by its IRI or as `meeting list` names it."""
    result = build_dossier(name, register=register)
    return lambda: dossier_to_json(result, verbaliser=writer.verbaliser), lambda: build_dossier_sheet(result, writer=writer)


@meeting.command("moves")
@click.argument("earlier", metavar="MEETING")
@click.argument("later", metavar="MEETING")
@click.option("--before", metavar="STATUS", help="Only the follow-up items that had this status at the first meeting.")
@click.option("--after", metavar="STATUS", help="Only those that have this status at the second.")
@_meeting_command
def moves(
    *, register: MeetingRegister, writer: MeetingSheetWriter, earlier: str, later: str, before: str | None, after: str | None
) -> MeetingOutput:
    """Say which follow-up items moved between the days of two meetings, and from where to where."""
    assessment_set = register.assessment_set
    first, last, all_changes = changes_between_meetings(earlier, later, register=register)
    statuses = [None if status is None else find_status(status, derivation=assessment_set.derivation).iri for status in (before, after)]
    changes = filter_changes(all_changes, before=statuses[0], after=statuses[1])

    def data() -> dict[str, Any]:
        rows = [status_change_to_json(change, verbaliser=writer.verbaliser) for change in changes]
        return {**moment_to_json(assessment_set), "since": first.isoformat(), "until": last.isoformat(), "moved": rows}

    def sheet() -> Sheet:
        title = writer.translate("moves-title")
        sentence = writer.translate(
            "changes-some" if changes else "moves-none", count=len(changes), since=writer.format_day(first), until=writer.format_day(last)
        )
        section = Section("moves", title, (sentence,), status_change_table(changes, writer=writer))
        return Sheet(title, (writer.moment_sentence(assessment_set),), (section,))

    return data, sheet


@click.command()
@click.option("--disregard", "kind", metavar="KIND", required=True, help="Leave the documents of this kind out of account: Justification …")
@moment_options
@click.option("--format", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def counts(*, options: AssessmentOptions, kind: str, format: str) -> None:
    """Say how the counts would change if documents of one kind were disregarded, and for whom."""
    with options.open_knowledge_base() as kb:
        assessment_set = options.assess(kb)
        result = counts_without_kind(kind, assessment_set=assessment_set)
    click.echo(options.moment_sentence(assessment_set), err=format != "table")
    if format == "json":
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(_counts_text(result, lang=options.lang), nl=False)


def _counts_text(result: CountsWithoutKind, *, lang: str) -> str:
    writer = MeetingSheetWriter(Verbaliser(result.assessment_set.inputs, lang))
    title = translate("review.counts-title", lang, kind=writer.verbaliser.name(result.kind))
    rows = [[status.label[lang], str(number_with), str(number_without)] for status, number_with, number_without in result.rows()]
    all_kinds, remaining = result.tally_with, result.tally_without
    bounds = translate(
        "review.counts-bounds", lang, counted=all_kinds.counted, lower=all_kinds.lower, upper=all_kinds.upper,
        undetermined=all_kinds.undetermined, other_counted=remaining.counted, other_lower=remaining.lower,
        other_upper=remaining.upper, other_undetermined=remaining.undetermined,
    )  # fmt: skip
    parts = [
        title,
        translate("review.counts-lead", lang, count=result.documents),
        align_columns([writer.column_headings("status", "with", "without"), *rows]),
        bounds,
    ]
    if result.status_changes:
        table = status_change_table(result.status_changes, writer=writer)
        parts.append(align_table(Table((*table.headings[:-2], *writer.column_headings("with", "without")), table.rows)))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


@click.command()
@click.option("--by", type=click.Choice(GROUPINGS), default=GROUPINGS[0], show_default=True, help="What Members are counted by.")
@click.option("--member", metavar="CODE", help="One Member beside the groups that it is in.")
@moment_options
@click.option("--format", type=click.Choice(["table", "html", "json", "turtle"]), default="table", show_default=True, help="Format.")
def benchmark(*, options: AssessmentOptions, by: str, member: str | None, format: str) -> None:
    """Count the Members that report each level of implementation (by default the demo's), beside those of whom nothing is known.

    Nobody is ranked. Statements about another edition or too distant a day are not compared, and the reason is told.
    """
    with options.open_knowledge_base() as kb:
        result = build_benchmark(options.assess(kb))
        party = None if member is None else resolve_bearer(member, inputs=kb.assessment.inputs, lookup=kb.lookup)
    writer = SheetWriter(Verbaliser(result.assessment_set.inputs, options.lang))
    if format == "turtle":
        click.echo(cube_turtle(result, by=by), nl=False)
    elif format == "json":
        click.echo(json.dumps(benchmark_to_json(result, by=by, writer=writer, member=party), ensure_ascii=False, indent=2))
    else:
        sheet = build_comparison_sheet(result, by=by, writer=writer, member=party)
        click.echo(render_page(sheet, lang=options.lang) if format == "html" else render_text(sheet, lang=options.lang), nl=False)
