"""`observance relay`: the plan of transmissions, the messages for missing recipients, and their sending."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from observance.cli import LazyGroup
from observance.cli.moment_options import AssessmentOptions, moment_options
from observance.cli.options import lang_option, load_settings, parse_time, resolve_language
from observance.core import (
    OBS,
    PROV,
    InvalidInputError,
    ObservanceError,
    Settings,
    UsageError,
    calendar,
    format_day,
    format_time,
    translate,
)
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
    prepared_for,
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


@click.group(cls=LazyGroup, table=_COMMANDS)
def relay() -> None:
    """Pass on what was notified: plan it, prepare the messages, send them."""


@click.command()
@moment_options
@click.option("--format", type=click.Choice(["table", "json", "turtle"]), default="table", show_default=True, help="Format.")
@click.option("--missing", is_flag=True, help="Only what is still to be passed on.")
def plan(*, options: AssessmentOptions, format: str, missing: bool) -> None:
    """Say for each notification who is to receive it, who did, and who is missing, over a register (by default the demo's)."""
    with options.open_knowledge_base() as kb:
        transmission_plan = plan_transmissions(options.assess(kb))
    transmission_plan = missing_only(transmission_plan) if missing else transmission_plan
    click.echo(_moment_sentence(transmission_plan, options=options), err=format != "table")
    if format == "json":
        click.echo(json.dumps(plan_to_json(transmission_plan, lang=options.lang), ensure_ascii=False, indent=2))
    elif format == "turtle":
        click.echo(plan_turtle(transmission_plan), nl=False)
    elif transmission_plan.transmissions:
        headings = [translate(f"relay.head-{name}", options.lang) for name in ("who", "state", "day", "channel")]
        click.echo(align_columns([headings, *map(list, plan_rows(transmission_plan, lang=options.lang))]), nl=False)
    else:
        click.echo(translate("relay.nothing", options.lang))


@click.command()
@click.argument("outbox", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--sender", metavar="ADDRESS", help="Address from which they are sent; by default OBSERVANCE_RELAY_SENDER.")
@click.option("--attach-document", "attach", is_flag=True, help="Enclose the document itself, where its disclosure allows it.")
@moment_options
def prepare(*, options: AssessmentOptions, outbox: Path, sender: str | None, attach: bool) -> None:
    """Write into the new folder OUT one message for each recipient that is missing, and an Atom feed. Nothing is sent."""
    language = options.lang
    with options.open_knowledge_base() as kb:
        transmission_plan = plan_transmissions(options.assess(kb))
        address = sender or kb.settings.relay_sender
    if not address:
        raise UsageError("relay.no-sender")
    package = prepare_outbox(transmission_plan, sender=address, attach=attach)
    write_outbox(package, outbox)
    click.echo(_moment_sentence(transmission_plan, options=options))
    for unreachable in package.unreachable:
        name, title = unreachable.recipient.name[language], transmission_title(unreachable.transmission, lang=language)
        click.echo(
            translate("relay.left-out", language, recipient=name, document=title, fault=translate(f"relay.{unreachable.fault}", language)),
            err=True,
        )
    if package.withheld:
        click.echo(translate("relay.withheld", language, count=package.withheld), err=True)
    click.echo(translate("relay.prepared", language, count=len(package.messages), folder=outbox))
    if package.unreachable:
        raise click.exceptions.Exit(1)


def _moment_sentence(transmission_plan: TransmissionPlan, *, options: AssessmentOptions) -> str:
    key, lang = "assessment.as-of-default" if options.is_default_moment else "assessment.as-of", options.lang
    sentence = translate(
        key,
        lang,
        asOf=format_day(transmission_plan.as_of.isoformat(), lang),
        knownAt=format_time(calendar.format_time(transmission_plan.known_at), lang),
        reading=transmission_plan.reading_name[lang],
    )
    return "\n".join((sentence, *filter(None, [transmission_plan.warning.get(lang)])))


_FOLDER: Final = click.Path(path_type=Path)


@click.command()
@click.argument("outbox", metavar="OUT", type=_FOLDER)
@click.option("--register", "register", metavar="DIR", required=True, type=_FOLDER, help="Folder of the register that records deliveries.")
@click.option(
    "--at", "at", metavar="TIME", required=True, help="The time at which this is sent, which the messages bear: YYYY-MM-DDThh:mm:ssZ."
)
@click.option(
    "--resolve-doubt",
    "doubt_policy",
    type=click.Choice([RESEND, ASSUME_SENT, CHECK_ARCHIVE]),
    help="How to settle doubts.",
)
@click.option("--archive", metavar="PATH", type=_FOLDER, help="Where the server keeps what it takes, for --resolve-doubt check.")
@lang_option
def send(*, outbox: Path, register: Path, at: str, doubt_policy: str | None, archive: Path | None, lang: str | None) -> None:
    """Send what lies in OUT and is not yet delivered, and record each delivery in the register. Run it again after a failure."""
    language, settings = resolve_language(lang), load_settings()
    if (doubt_policy == CHECK_ARCHIVE) != (archive is not None):
        raise UsageError("relay.archive-with-check")
    time, messages = parse_time("--at", at), read_outbox(outbox)
    known_at = prepared_for(outbox)
    if time < known_at:
        raise UsageError("relay.at-in-the-past", at=at, known=calendar.format_time(known_at))
    moment = calendar.format_time(time)
    counts: Counter[str] = Counter()
    with MailServer(settings) as server, open_journal(register) as journal:
        options = SendingOptions(
            moment, _informed_parties(register, settings=settings), doubt_policy,
            partial(archived_messages, archive=archive or Path(), retry_delay=settings.relay_settle_seconds),
        )  # fmt: skip
        try:
            for outcome in send_messages(
                messages, journal=journal, server=server, content=partial(message_content, folder=outbox), options=options
            ):
                counts[outcome.kind] += 1
                if outcome.kind in FAULTS:
                    click.echo(_outcome_sentence(outcome, lang=language), err=True)
        except ObservanceError:
            click.echo(_summary(counts, of=len(messages), lang=language))
            raise
    click.echo(_summary(counts, of=len(messages), lang=language))
    if any(counts[kind] for kind in FAULTS):
        raise click.exceptions.Exit(1)


def _outcome_sentence(outcome: SendingOutcome, *, lang: str) -> str:
    message = outcome.message
    return translate(
        f"relay.outcome-{outcome.kind}", lang, to=message.to, file=Path(message.file).name, message=message.message, detail=outcome.detail
    )


def _summary(counts: Counter[str], *, of: int, lang: str) -> str:
    earlier = counts[RECOVERED] + counts[SETTLED_SENT]
    doubt = counts[IN_DOUBT]
    failed = sum(counts[kind] for kind in FAULTS) - doubt
    values = {"fresh": counts[DELIVERED], "already": counts[ALREADY_RECORDED]}
    return translate("relay.summary", lang, **values, earlier=earlier, failed=failed, doubt=doubt, of=of)


def _informed_parties(register: Path, *, settings: Settings) -> Collection[tuple[str, str]]:
    """The deliveries on record in the register: pairs of a document and a body that was informed of it."""
    used: dict[object, set[str]] = defaultdict(set)
    informed: dict[object, set[str]] = defaultdict(set)
    contexts = known_contexts(find_root(settings.knowledge))
    for number, file in enumerate(_register_files(register)):
        for quad in parse_document(read_source(file, settings=settings), settings=settings, contexts=contexts).quads:
            values = {PROV + "used": used, OBS + "informedParty": informed}.get(quad.predicate.value)
            if values is not None and isinstance(quad.object, ox.NamedNode):
                act = quad.subject if isinstance(quad.subject, ox.NamedNode) else (number, quad.subject)
                values[act].add(quad.object.value)
    return {(document, body) for act, documents in used.items() for document in documents for body in informed[act]}


def _register_files(register: Path) -> Sequence[Path]:
    """The files of the register, which may be empty; raises InvalidInputError if the folder cannot be listed."""
    try:
        return rdf_files([register])
    except InvalidInputError as error:
        if error.key != "intake.no-rdf-in-folder":
            raise
        return ()
