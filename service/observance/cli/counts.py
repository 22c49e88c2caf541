"""`observance counts`: how many duties stand where, with and without the documents of a kind."""

import json

import click

from observance.assessment.explanation.verbalise import Verbaliser
from observance.cli.moment_options import Asked, moment_options
from observance.core.i18n import translate
from observance.meetings import dossier_sheet
from observance.meetings.counts import Disregarded, disregard
from observance.presentation.sheet import Table, aligned
from observance.questions.text_table import columns


@click.command()
@click.option("--disregard", "kind", metavar="KIND", required=True, help="Leave the documents of this kind out of account: Justification …")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def counts(*, asked: Asked, kind: str, form: str) -> None:
    """Say how the counts would change if documents of one kind were disregarded, and for whom."""
    with asked.kb() as kb:
        answers = asked.answers(kb)
        found = disregard(kind, of=answers)
    click.echo(asked.said(answers), err=form != "table")
    if form == "json":
        click.echo(json.dumps(found.as_object(), ensure_ascii=False, indent=2))
    else:
        click.echo(_table(found, lang=asked.lang), nl=False)


def _table(found: Disregarded, *, lang: str) -> str:
    speaker = dossier_sheet.Speaker(Verbaliser(found.answers.case, lang))
    title = translate("review.counts-title", lang, kind=speaker.teller.name(found.kind))
    rows = [[status.label[lang], str(one), str(other)] for status, one, other in found.rows()]
    one, other = found.with_them, found.without_them
    bounds = translate(
        "review.counts-bounds", lang, counted=one.counted, lower=one.lower, upper=one.upper, undetermined=one.undetermined,
        other_counted=other.counted, other_lower=other.lower, other_upper=other.upper, other_undetermined=other.undetermined,
    )  # fmt: skip
    parts = [
        title,
        translate("review.counts-lead", lang, count=found.documents),
        columns([speaker.heads("status", "with", "without"), *rows]),
        bounds,
    ]
    if found.moves:
        table = dossier_sheet.moved(found.moves, speaker=speaker)
        parts.append(aligned(Table((*table.heads[:-2], *speaker.heads("with", "without")), table.rows)))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"
