"""`observance relay`: who is to be informed of what was notified; messages for them, and sending these."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from observance.cli import Commands
from observance.cli.moment_options import AssessmentOptions, moment_options
from observance.cli.options import lang_option, load_settings, parse_time, resolve_language
from observance.core import OBS, PROV, InvalidInputError, ObservanceError, Settings, UsageError, calendar, translate
from observance.knowledge import find_root, known_contexts
from observance.notifications import (
    ALREADY_RECORDED,
    ASSUME_SENT,
    CHECK_ARCHIVE,
    DELIVERED,
    FAULTS,
    IN_DOUBT,
    RECOVERED,
    RESEND,
    SETTLED_SENT,
    MailServer,
    SendingOptions,
    SendingOutcome,
    TransmissionPlan,
    archived_messages,
    message_content,
    missing_only,
    open_journal,
    plan_rows,
    plan_to_json,
    plan_transmissions,
    plan_turtle,
    prepare_outbox,
    read_outbox,
    send_messages,
    transmission_title,
    write_outbox,
)
from observance.questions import align_columns
from observance.rdf import parse_document, rdf_files, read_source

_COMMANDS: Final = {
    "plan": "observance.cli.notifications",
    "prepare": "observance.cli.notifications",
    "send": "observance.cli.notifications",
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


_FOLDER: Final = click.Path(path_type=Path)


@click.command()
@click.argument("outbox", metavar="OUT", type=_FOLDER)
@click.option("--register", "register", metavar="DIR", required=True, type=_FOLDER, help="Folder of the register that records deliveries.")
@click.option("--at", "at", metavar="TIME", required=True, help="The time at which this is sent: YYYY-MM-DDThh:mm:ssZ.")
@click.option(
    "--resolve-doubt",
    "settle",
    type=click.Choice([RESEND, ASSUME_SENT, CHECK_ARCHIVE]),
    help="How to settle doubts.",
)
@click.option("--archive", "kept", metavar="PATH", type=_FOLDER, help="Where the server keeps what it takes, for --resolve-doubt check.")
@lang_option
def send(*, outbox: Path, register: Path, at: str, settle: str | None, kept: Path | None, lang: str | None) -> None:
    """Send what lies in OUT and is not yet delivered, and record each delivery in the register. Run it again after a failure."""
    language, chosen_settings = resolve_language(lang), load_settings()
    if (settle == CHECK_ARCHIVE) != (kept is not None):
        raise UsageError("relay.archive-with-check")
    moment = calendar.format_time(parse_time("--at", at))
    letters = read_outbox(outbox)
    counts: Counter[str] = Counter()
    with MailServer(chosen_settings) as server, open_journal(register) as book:
        given = SendingOptions(
            moment, _informed(register, settings=chosen_settings), settle,
            partial(archived_messages, archive=kept or Path(), retry_delay=chosen_settings.relay_settle_seconds),
        )  # fmt: skip
        try:
            for outcome in send_messages(
                letters, journal=book, server=server, content=partial(message_content, folder=outbox), options=given
            ):
                counts[outcome.kind] += 1
                if outcome.kind in FAULTS:
                    click.echo(_problem(outcome, lang=language), err=True)
        except ObservanceError:
            click.echo(_summary(counts, of=len(letters), lang=language))
            raise
    click.echo(_summary(counts, of=len(letters), lang=language))
    if any(counts[kind] for kind in FAULTS):
        raise click.exceptions.Exit(1)


def _problem(outcome: SendingOutcome, *, lang: str) -> str:
    letter = outcome.message
    return translate(
        f"relay.outcome-{outcome.kind}", lang, to=letter.to, file=Path(letter.file).name, message=letter.message, detail=outcome.detail
    )


def _summary(counts: Counter[str], *, of: int, lang: str) -> str:
    earlier = counts[RECOVERED] + counts[SETTLED_SENT]
    doubt = counts[IN_DOUBT]
    failed = sum(counts[kind] for kind in FAULTS) - doubt
    values = {"fresh": counts[DELIVERED], "already": counts[ALREADY_RECORDED]}
    return translate("relay.summary", lang, **values, earlier=earlier, failed=failed, doubt=doubt, of=of)


def _informed(register: Path, *, settings: Settings) -> Collection[tuple[str, str]]:
    """What the register has on record: pairs of a document and a body that an act informed of it."""
    used: dict[object, set[str]] = defaultdict(set)
    informed: dict[object, set[str]] = defaultdict(set)
    contexts = known_contexts(find_root(settings.knowledge))
    for number, file in enumerate(_files(register)):
        for quad in parse_document(read_source(file, settings=settings), settings=settings, contexts=contexts).quads:
            kept = {PROV + "used": used, OBS + "informedParty": informed}.get(quad.predicate.value)
            if kept is not None and isinstance(quad.object, ox.NamedNode):
                act = quad.subject if isinstance(quad.subject, ox.NamedNode) else (number, quad.subject)
                kept[act].add(quad.object.value)
    return {(document, body) for act, documents in used.items() for document in documents for body in informed[act]}


def _files(register: Path) -> Sequence[Path]:
    """The files of the register; none yet is no fault, what cannot be listed is one."""
    try:
        return rdf_files([register])
    except InvalidInputError as error:
        if error.key != "intake.no-rdf-in-folder":
            raise
        return ()
