"""`observance benchmark`: progress compared, by standard, region or peer group, with what is not known."""

import json

import click

from observance.assessment.tell import Teller
from observance.assessor import bearer
from observance.cli.moment import Asked, moment_options
from observance.review import cube, sheet, tell_compare
from observance.review.compare import BY
from observance.review.compare import benchmark as compared
from observance.review.tell import Speaker


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
    with asked.house() as house:
        found = compared(asked.answers(house))
        party = None if member is None else bearer(member, case=house.case, house=house)
    speaker = Speaker(Teller(found.answers.case, asked.lang))
    if form == "turtle":
        click.echo(cube.as_turtle(found, by=by), nl=False)
    elif form == "json":
        click.echo(json.dumps(tell_compare.as_object(found, by=by, speaker=speaker, member=party), ensure_ascii=False, indent=2))
    else:
        told = tell_compare.sheet(found, by=by, speaker=speaker, member=party)
        click.echo(sheet.page(told, lang=asked.lang) if form == "html" else sheet.text(told, lang=asked.lang), nl=False)
