"""`observance benchmark`: progress compared, by standard, region or peer group, with what is not known."""

import json

import click

from observance.assessment.explanation.verbalise import Verbaliser
from observance.benchmarking import comparison_sheet, data_cube
from observance.benchmarking.comparison import BY
from observance.benchmarking.comparison import benchmark as compared
from observance.cli.moment_options import Asked, moment_options
from observance.handlers.assessment import bearer
from observance.meetings.dossier_sheet import Speaker
from observance.presentation import sheet


@click.command()
@click.option("--by", type=click.Choice(BY), default=BY[0], show_default=True, help="What Members are counted by.")
@click.option("--member", metavar="CODE", help="One Member beside the groups that it is in.")
@moment_options
@click.option(
    "--format", "form", type=click.Choice(["table", "html", "json", "turtle"]), default="table", show_default=True, help="Format."
)
def benchmark(*, asked: Asked, by: str, member: str | None, form: str) -> None:
    """Count the Members that report each level of implementation (by default the demo's), beside those of whom nothing is known.

    Nobody is ranked. Statements about another edition or too distant a day are not compared, and the reason is told.
    """
    with asked.kb() as kb:
        found = compared(asked.answers(kb))
        party = None if member is None else bearer(member, case=kb.case, kb=kb)
    speaker = Speaker(Verbaliser(found.answers.case, asked.lang))
    if form == "turtle":
        click.echo(data_cube.as_turtle(found, by=by), nl=False)
    elif form == "json":
        click.echo(json.dumps(comparison_sheet.as_object(found, by=by, speaker=speaker, member=party), ensure_ascii=False, indent=2))
    else:
        told = comparison_sheet.sheet(found, by=by, speaker=speaker, member=party)
        click.echo(sheet.page(told, lang=asked.lang) if form == "html" else sheet.text(told, lang=asked.lang), nl=False)
