"""`observance relay send`: what is prepared is sent and recorded, each once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

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
    archived_messages,
    message_content,
    open_journal,
    read_outbox,
    send_messages,
)
from observance.rdf import parse_document, rdf_files, read_source

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
