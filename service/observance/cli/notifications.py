"""`observance relay plan|prepare|send`: who is to receive what was notified, the messages for them, and their sending."""

import json
from pathlib import Path
from typing import Final

import click

from observance.cli import Commands
from observance.cli.moment_options import AssessmentOptions, moment_options
from observance.cli.options import parse_time
from observance.core import UsageError, calendar, translate
from observance.notifications import (
    TransmissionPlan,
    missing_only,
    plan_rows,
    plan_to_json,
    plan_transmissions,
    plan_turtle,
    prepare_outbox,
    transmission_title,
    write_outbox,
)
from observance.questions import align_columns

_COMMANDS: Final = {
    "plan": "observance.cli.notifications",
    "prepare": "observance.cli.notifications",
    "send": "observance.cli.notification_sending",
}


@click.group(cls=Commands, table=_COMMANDS)
def relay() -> None:
    """Pass on what was notified: plan it, prepare the messages, send them."""


@click.command()
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
@click.option("--missing", is_flag=True, help="Only what is still to be passed on.")
def plan(*, asked: AssessmentOptions, form: str, missing: bool) -> None:
    """Say for each notification who is to receive it, who did, and who is missing, over a register (by default the demo's)."""
    with asked.open_knowledge_base() as kb:
        found = plan_transmissions(asked.assess(kb))
    found = missing_only(found) if missing else found
    click.echo(_said(found, asked=asked), err=form != "table")
    if form == "json":
        click.echo(json.dumps(plan_to_json(found, lang=asked.lang), ensure_ascii=False, indent=2))
    elif form == "turtle":
        click.echo(plan_turtle(found), nl=False)
    elif found.transmissions:
        heads = [translate(f"relay.head-{name}", asked.lang) for name in ("who", "state", "day", "channel")]
        click.echo(align_columns([heads, *map(list, plan_rows(found, lang=asked.lang))]), nl=False)
    else:
        click.echo(translate("relay.nothing", asked.lang))


@click.command()
@click.argument("outbox", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--sender", metavar="ADDRESS", help="Address from which they are sent; by default OBSERVANCE_RELAY_SENDER.")
@click.option(
    "--date", "written", metavar="TIME", help="Date that the messages bear; by default the time as of which the register is known."
)
@click.option("--attach-document", "attach", is_flag=True, help="Enclose the document itself, where its disclosure allows it.")
@moment_options
def prepare(*, asked: AssessmentOptions, outbox: Path, sender: str | None, written: str | None, attach: bool) -> None:
    """Write into the new folder OUT one message for each recipient that is missing, and an Atom feed. Nothing is sent."""
    language = asked.lang
    dated = None if written is None else parse_time("--date", written)
    with asked.open_knowledge_base() as kb:
        found = plan_transmissions(asked.assess(kb))
        address = sender or kb.settings.relay_sender
    if not address:
        raise UsageError("relay.no-sender")
    made = prepare_outbox(found, sender=address, date=dated or found.known_at, attach=attach)
    write_outbox(made, outbox)
    click.echo(_said(found, asked=asked))
    for left in made.unreachable:
        name, title = left.recipient.name[language], transmission_title(left.transmission, lang=language)
        click.echo(
            translate("relay.left-out", language, recipient=name, document=title, fault=translate(f"relay.{left.fault}", language)),
            err=True,
        )
    if made.withheld:
        click.echo(translate("relay.withheld", language, count=made.withheld), err=True)
    click.echo(translate("relay.prepared", language, count=len(made.messages), folder=outbox))
    if made.unreachable:
        raise click.exceptions.Exit(1)


def _said(found: TransmissionPlan, *, asked: AssessmentOptions) -> str:
    name, lang = "assessment.as-of-default" if asked.is_default_moment else "assessment.as-of", asked.lang
    return translate(
        name, lang, asOf=found.as_of.isoformat(), knownAt=calendar.format_time(found.known_at), reading=found.reading_name[lang]
    )
