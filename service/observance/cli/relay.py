"""`observance relay plan|prepare|send`: who is to receive what was notified, the messages for them, and their sending."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from observance.assessment import reckon
from observance.assessment.answer import moment_asked
from observance.cli.assess import moment_options
from observance.cli.language import chosen, lang_option, settings
from observance.errors import Misused, ObservanceError, Unreadable
from observance.house import open_house
from observance.intake.parse import parse
from observance.intake.read import gather, read
from observance.namespaces import OBS, PROV
from observance.phrases import say
from observance.querying.table import columns
from observance.relay import archive, journal, prepare, send, write
from observance.relay.post import Server
from observance.relay.values import Plan
from observance.settings import Settings

_FOLDER: Final = click.Path(path_type=Path)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@click.group()
def relay() -> None:
    """Pass on what was notified: plan it, prepare the messages, send them."""


@relay.command(name="plan")
@moment_options
@click.option("--format", "form", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
@click.option("--missing", is_flag=True, help="Only what is still to be passed on.")
def plan_(
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


@relay.command(name="prepare")
@click.argument("outbox", metavar="OUT", type=_FOLDER)
@click.option("--sender", metavar="ADDRESS", help="Address from which they are sent; by default OBSERVANCE_RELAY_SENDER.")
@click.option(
    "--date", "written", metavar="TIME", help="Date that the messages bear; by default the time as of which the register is known."
)
@click.option("--attach-document", "attach", is_flag=True, help="Enclose the document itself, where its disclosure allows it.")
@moment_options
def prepare_(
    *, outbox: Path, sender: str | None, written: str | None, attach: bool, registers: tuple[Path, ...], as_of: str | None,
    known_at: str | None, reading: str | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Write into the new folder OUT one message for each recipient that is missing, and an Atom feed. Nothing is sent."""
    day, moment = moment_asked(as_of, known_at)
    language = chosen(lang)
    dated = None if written is None else _time("--date", written)
    with open_house(settings(knowledge), registers=registers) as house:
        found = house.relay(as_of=day, known_at=moment, reading=reading)
        address = sender or house.settings.relay_sender
    if not address:
        raise Misused("relay.no-sender")
    made = prepare.prepare(found, sender=address, date=dated or found.known_at, attach=attach)
    prepare.write(made, outbox)
    click.echo(_said(found, lang=language, default=as_of is None and known_at is None))
    for left in made.left_out:
        name, title = left.recipient.name[language], write.title(left.transmission, lang=language)
        click.echo(say("relay.left-out", language, recipient=name, document=title, fault=say(f"relay.{left.fault}", language)), err=True)
    if made.withheld:
        click.echo(say("relay.withheld", language, count=made.withheld), err=True)
    click.echo(say("relay.prepared", language, count=len(made.letters), folder=outbox))
    if made.left_out:
        raise click.exceptions.Exit(1)


@relay.command(name="send")
@click.argument("outbox", metavar="OUT", type=_FOLDER)
@click.option("--register", "register", metavar="DIR", required=True, type=_FOLDER, help="Folder of the register that records deliveries.")
@click.option("--at", "at", metavar="TIME", required=True, help="The time at which this is sent: YYYY-MM-DDThh:mm:ssZ.")
@click.option(
    "--resolve-doubt", "settle", type=click.Choice([send.RESEND, send.ASSUME, send.CHECK]), help="What to do with what is in doubt."
)
@click.option("--archive", "kept", metavar="PATH", type=_FOLDER, help="Where the server keeps what it takes, for --resolve-doubt check.")
@lang_option
def send_(*, outbox: Path, register: Path, at: str, settle: str | None, kept: Path | None, lang: str | None) -> None:
    """Send what lies in OUT and is not yet delivered, and record each delivery in the register. Run it again after a failure."""
    language, chosen_settings = chosen(lang), settings()
    if (settle == send.CHECK) != (kept is not None):
        raise Misused("relay.archive-with-check")
    moment = reckon.written(_time("--at", at))
    letters = prepare.read(outbox)
    counts: Counter[str] = Counter()
    with Server(chosen_settings) as server, journal.opened(register) as book:
        given = send.Given(
            moment, _informed(register, settings=chosen_settings), settle,
            partial(archive.taken, archive=kept or Path(), settle=chosen_settings.relay_settle_seconds),
        )  # fmt: skip
        try:
            for outcome in send.send(letters, journal=book, server=server, content=partial(prepare.content, folder=outbox), given=given):
                counts[outcome.kind] += 1
                if outcome.kind in send.FAULTS:
                    click.echo(_problem(outcome, lang=language), err=True)
        except ObservanceError:
            click.echo(_summary(counts, of=len(letters), lang=language))
            raise
    click.echo(_summary(counts, of=len(letters), lang=language))
    if any(counts[kind] for kind in send.FAULTS):
        raise click.exceptions.Exit(1)


def _problem(outcome: send.Outcome, *, lang: str) -> str:
    letter = outcome.letter
    return say(
        f"relay.outcome-{outcome.kind}", lang, to=letter.to, file=Path(letter.file).name, message=letter.message, detail=outcome.detail
    )


def _summary(counts: Counter[str], *, of: int, lang: str) -> str:
    fresh = counts[send.DELIVERED]
    earlier = counts[send.RECOVERED] + counts[send.SETTLED]
    failed = sum(counts[kind] for kind in send.FAULTS - {send.DOUBT})
    return say(
        "relay.summary", lang, fresh=fresh, earlier=earlier, already=counts[send.ALREADY], failed=failed, doubt=counts[send.DOUBT], of=of
    )


def _said(found: Plan, *, lang: str, default: bool) -> str:
    name = "assessment.as-of-default" if default else "assessment.as-of"
    return say(name, lang, asOf=found.as_of.isoformat(), knownAt=reckon.written(found.known_at), reading=found.reading_name[lang])


def _time(option: str, text: str) -> datetime:
    """The time as it was typed; a day is its beginning in UTC. Raises Misused for what is neither."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if _DAY.fullmatch(text) else reckon.moment(text)
    except ValueError:
        raise Misused("relay.bad-time", option=option, value=text) from None


def _informed(register: Path, *, settings: Settings) -> Collection[tuple[str, str]]:
    """What the register has on record: pairs of a document and a body that an act informed of it."""
    used: dict[object, set[str]] = defaultdict(set)
    informed: dict[object, set[str]] = defaultdict(set)
    with open_house(settings) as house:
        for number, file in enumerate(_files(register)):
            for quad in parse(read(file, settings=settings), settings=settings, contexts=house.contexts).quads:
                kept = {PROV + "used": used, OBS + "informedParty": informed}.get(quad.predicate.value)
                if kept is not None and isinstance(quad.object, ox.NamedNode):
                    act = quad.subject if isinstance(quad.subject, ox.NamedNode) else (number, quad.subject)
                    kept[act].add(quad.object.value)
    return {(document, body) for act, documents in used.items() for document in documents for body in informed[act]}


def _files(register: Path) -> Sequence[Path]:
    """The files of the register; none yet is no fault, what cannot be listed is one."""
    try:
        return gather([register])
    except Unreadable as error:
        if error.phrase != "intake.no-rdf-in-folder":
            raise
        return ()
