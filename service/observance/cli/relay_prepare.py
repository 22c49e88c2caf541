"""`observance relay plan` and `observance relay prepare`: who is to receive what was notified, and the messages for them."""

import json
from pathlib import Path

import click

from observance.assessment import reckon
from observance.assessment.answer import moment_asked
from observance.cli.assess import moment_options
from observance.cli.language import chosen, settings, time_asked
from observance.errors import Misused
from observance.house import open_house
from observance.phrases import say
from observance.querying.table import columns
from observance.relay import prepare as outboxes
from observance.relay import write
from observance.relay.values import Plan


@click.command()
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
@click.option("--missing", is_flag=True, help="Only what is still to be passed on.")
def plan(
    *, registers: tuple[Path, ...], as_of: str | None, known_at: str | None, reading: str | None, form: str, missing: bool,
    knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Say for each notification who is to receive it, who did, and who is missing, over a register (by default the demo's)."""
    day, moment = moment_asked(as_of, known_at)
    language = chosen(lang)
    with open_house(settings(knowledge), registers=registers) as house:
        found = house.relay(as_of=day, known_at=moment, reading=reading)
    found = write.narrowed(found) if missing else found
    click.echo(_said(found, lang=language, default=as_of is None and known_at is None), err=form != "table")
    if form == "json":
        click.echo(json.dumps(write.as_object(found, lang=language), ensure_ascii=False, indent=2))
    elif form == "turtle":
        click.echo(write.as_turtle(found), nl=False)
    elif found.transmissions:
        heads = [say(f"relay.head-{name}", language) for name in ("who", "state", "day", "channel")]
        click.echo(columns([heads, *map(list, write.rows(found, lang=language))]), nl=False)
    else:
        click.echo(say("relay.nothing", language))


@click.command()
@click.argument("outbox", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--sender", metavar="ADDRESS", help="Address from which they are sent; by default OBSERVANCE_RELAY_SENDER.")
@click.option(
    "--date", "written", metavar="TIME", help="Date that the messages bear; by default the time as of which the register is known."
)
@click.option("--attach-document", "attach", is_flag=True, help="Enclose the document itself, where its disclosure allows it.")
@moment_options
def prepare(
    *, outbox: Path, sender: str | None, written: str | None, attach: bool, registers: tuple[Path, ...], as_of: str | None,
    known_at: str | None, reading: str | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Write into the new folder OUT one message for each recipient that is missing, and an Atom feed. Nothing is sent."""
    day, moment = moment_asked(as_of, known_at)
    language = chosen(lang)
    dated = None if written is None else time_asked("--date", written)
    with open_house(settings(knowledge), registers=registers) as house:
        found = house.relay(as_of=day, known_at=moment, reading=reading)
        address = sender or house.settings.relay_sender
    if not address:
        raise Misused("relay.no-sender")
    made = outboxes.prepare(found, sender=address, date=dated or found.known_at, attach=attach)
    outboxes.write(made, outbox)
    click.echo(_said(found, lang=language, default=as_of is None and known_at is None))
    for left in made.left_out:
        name, title = left.recipient.name[language], write.title(left.transmission, lang=language)
        click.echo(say("relay.left-out", language, recipient=name, document=title, fault=say(f"relay.{left.fault}", language)), err=True)
    if made.withheld:
        click.echo(say("relay.withheld", language, count=made.withheld), err=True)
    click.echo(say("relay.prepared", language, count=len(made.letters), folder=outbox))
    if made.left_out:
        raise click.exceptions.Exit(1)


def _said(found: Plan, *, lang: str, default: bool) -> str:
    name = "assessment.as-of-default" if default else "assessment.as-of"
    return say(name, lang, asOf=found.as_of.isoformat(), knownAt=reckon.written(found.known_at), reading=found.reading_name[lang])
