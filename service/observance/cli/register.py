"""`observance register`: keeping a register; each command adds records to its folder, validated, and never writes over a file.

A name in an argument is a code of a party, the name of a record in the register (`meetings/2019`), a term (`ByEMail`, `wco:council`) or an
IRI.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from msgspec import Struct

from observance.cli import LazyGroup
from observance.cli.options import (
    Command,
    knowledge_option,
    lang_option,
    load_settings,
    parse_day,
    parse_time,
    resolve_language,
)
from observance.core import LANGUAGES, Settings, UsageError, current_time, translate
from observance.filing import (
    AttendanceEntry,
    CompletenessEntry,
    Entry,
    FiledDocument,
    MeetingEntry,
    MembershipEntry,
    PartyEntry,
    ReceiptEntry,
    TransmissionEntry,
)
from observance.knowledge_base import KnowledgeBase

_COMMANDS: Final = {
    **dict.fromkeys(
        ("new", "party", "membership", "receive", "meeting", "participation", "transmission", "completeness"), "observance.cli.register"
    ),
    "validate": "observance.cli.register_shapes",
    "workbook": "observance.cli.register_workbooks",
    **dict.fromkeys(
        ("import", "export", "backup", "restore", "verify", "checkpoint", "consistency", "key", "receipt", "verdicts", "seal", "erase"),
        "observance.cli.ledger",
    ),
}
_PATH: Final = click.Path(path_type=Path)


@click.group(cls=LazyGroup, table=_COMMANDS)
def register() -> None:
    """Keep a register: begin one, add what was received, met, passed on or learnt, validate it, and keep it in a ledger."""


class FilingOptions(Struct, frozen=True):
    """The options of every command that adds to a register; `revises` is the name of a record."""

    folder: Path
    entered: datetime
    revises: str | None
    settings: Settings
    lang: str

    def add(self, entry: Entry) -> None:
        """Add the records of the entry and say which files were written."""
        with KnowledgeBase.open(self.settings) as kb:
            service = kb.filing(self.folder)
            now = current_time()
            filed = service.receive(entry, now=now) if isinstance(entry, ReceiptEntry) else service.add(entry, now=now)
        report(filed, lang=self.lang)


def report(filed: Sequence[FiledDocument], *, lang: str) -> None:
    """Print the files that were written, and on standard error what is worth knowing of them."""
    for document in filed:
        click.echo(translate("register.written", lang, file=document.file))
        faults = sum(finding.severity == "Violation" for finding in document.findings)
        if faults:
            click.echo(translate("register.received-with-findings", lang, count=faults), err=True)
        for finding in document.findings:
            if finding.severity == "Warning" and not document.is_received:
                click.echo(f"! {finding.message[lang]}", err=True)


def filing_options(*, revises: bool = True) -> Callable[[Command], Command]:
    """Decorator for `--register`, `--entered`, `--revises`, `--knowledge` and `--lang`: passed on as `options`."""

    def decorator(command: Command) -> Command:
        @wraps(command)
        def wrapper(
            *,
            folder: Path | None,
            entered: str | None,
            knowledge: Path | None,
            lang: str | None,
            revised: str | None = None,
            **arguments: Any,
        ) -> Any:
            settings = load_settings(knowledge)
            if folder is None and len(settings.registers) != 1:
                raise UsageError("register.no-single-register")
            time = current_time() if entered is None else parse_time("--entered", entered)
            options = FilingOptions(folder or settings.registers[0], time, revised, settings, resolve_language(lang))
            return command(options=options, **arguments)

        decorated: Command = wrapper
        decorated = lang_option(knowledge_option(decorated))
        decorated = click.option("--entered", metavar="TIME", help="Time of entry: YYYY-MM-DDThh:mm:ssZ; by default now.")(decorated)
        if revises:
            help_text = "The record that this one revises, by its name in the register."
            decorated = click.option("--revises", "revised", metavar="NAME", help=help_text)(decorated)
        return click.option(
            "--register", "folder", metavar="PATH", type=_PATH, help="Folder or ledger of the register; by default the one open."
        )(decorated)

    return decorator


def day_option(name: str, *, help: str, required: bool = False) -> Callable[[Command], Command]:
    """Decorator for an option that is a day."""

    def read(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
        return None if value is None else parse_day(parameter.opts[0], value)

    return click.option(name, metavar="DAY", required=required, callback=read, help=help)


def text_option(name: str, *, help: str) -> Callable[[Command], Command]:
    """Decorator for an option that is a text with its language, such as `en=Altamar`; it may be repeated."""

    def read(_: click.Context, __: click.Parameter, values: Sequence[str]) -> dict[str, str]:
        texts = {}
        for value in values:
            lang, sign, text = value.partition("=")
            if lang not in LANGUAGES or not sign or not text:
                raise UsageError("register.bad-text", value=value)
            texts[lang] = text
        return texts

    return click.option(name, metavar="LANG=TEXT", multiple=True, callback=read, help=help)


@click.command()
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option("--base", metavar="IRI", required=True, help="IRI with which those of its records begin; ends in / or #.")
@text_option("--title", help="Title of the register; may be repeated.")
@knowledge_option
@lang_option
def new(*, folder: Path, base: str, title: dict[str, str], knowledge: Path | None, lang: str | None) -> None:
    """Begin a register in the new folder DIR, or in a ledger, if its name ends in .db, .sqlite or .toml."""
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        filed = kb.filing(folder).create(base, title=title, now=current_time())
    click.echo(translate("register.written", resolve_language(lang), file=filed.file))


@click.command()
@click.argument("party", metavar="CODE")
@click.option("--kind", metavar="CLASS", required=True, help="What it is: CouncilMember or CustomsOrEconomicUnion.")
@text_option("--name", help="Its name; may be repeated.")
@text_option("--administration", help="Name of its customs administration; may be repeated.")
@click.option("--language", metavar="TAG", help="Language in which it is written to, for example fr.")
@click.option("--email", metavar="ADDRESS", help="Address to which a transmission goes.")
@filing_options()
def party(
    *,
    options: FilingOptions,
    party: str,
    kind: str,
    name: dict[str, str],
    administration: dict[str, str],
    language: str | None,
    email: str | None,
) -> None:
    """Declare a party, with its customs administration and address."""
    options.add(
        PartyEntry(
            party=party, kind=kind, name=name, administration=administration, language=language, email=email,
            entered=options.entered, revises=options.revises,
        )
    )  # fmt: skip


@click.command()
@click.argument("party", metavar="CODE")
@click.option("--in", "organization", metavar="NAME", help="Organization or Union of which it is a member, for example wco:council or XU.")
@click.option("--role", metavar="ROLE", help="Role that it gives: MemberRole or UnionRole; a Union gives its members none.")
@day_option("--since", required=True, help="First day.")
@day_option("--until", help="Last day; without one, it lasts.")
@filing_options()
def membership(*, options: FilingOptions, party: str, organization: str | None, role: str | None, since: date, until: date | None) -> None:
    """Record since when, and until when, a party is in a role or belongs to a Union."""
    options.add(
        MembershipEntry(
            party=party, organization=organization, role=role, since=since, until=until, entered=options.entered, revises=options.revises
        )
    )


@click.command()
@click.argument("file", type=_PATH)
@click.option("--by", "sender", metavar="NAME", required=True, help="Body that sent it.")
@day_option("--on", required=True, help="Day of receipt.")
@day_option("--addressed", help="Day on which the letter was addressed, if it is known.")
@filing_options(revises=False)
def receive(*, options: FilingOptions, file: Path, sender: str, on: date, addressed: date | None) -> None:
    """Put FILE on record as it was received, with its receipt."""
    options.add(ReceiptEntry(file=file, sender=sender, received=on, addressed=addressed, entered=options.entered))


@click.command()
@click.argument("name")
@click.option("--state", metavar="STATE", required=True, help="MeetingPlanned, MeetingHeld, MeetingPostponed or MeetingCancelled.")
@text_option("--title", help="What it is called; may be repeated.")
@day_option("--planned", help="Day for which it is or was planned.")
@day_option("--held", help="Day on which it was held, the first of several.")
@day_option("--until", help="Last of several days.")
@click.option("--postponed-to", metavar="NAME", help="Meeting that takes its place.")
@click.option("--discussed", metavar="NAME", multiple=True, help="Report that was discussed; may be repeated.")
@filing_options()
def meeting(
    *,
    options: FilingOptions,
    name: str,
    state: str,
    title: dict[str, str],
    planned: date | None,
    held: date | None,
    until: date | None,
    postponed_to: str | None,
    discussed: tuple[str, ...],
) -> None:
    """Record a review meeting under NAME: planned, held, postponed or cancelled."""
    options.add(
        MeetingEntry(
            name=name, title=title, state=state, planned=planned, held=held, until=until, postponed_to=postponed_to, discussed=discussed,
            entered=options.entered, revises=options.revises,
        )
    )  # fmt: skip


@click.command()
@click.argument("meeting")
@click.argument("parties", metavar="CODE...", nargs=-1, required=True)
@click.option("--as", "attendance", metavar="ATTENDANCE", required=True, help="Attended, Excused or Absent.")
@filing_options()
def participation(*, options: FilingOptions, meeting: str, parties: tuple[str, ...], attendance: str) -> None:
    """Record which parties attended MEETING, were excused or absent."""
    entry = AttendanceEntry(meeting=meeting, parties=parties, attendance=attendance, entered=options.entered, revises=options.revises)
    options.add(entry)


@click.command()
@click.argument("notification")
@click.argument("recipients", metavar="NAME...", nargs=-1, required=True)
@day_option("--on", required=True, help="Day on which it was passed on.")
@click.option("--channel", metavar="CHANNEL", help="ByEMail, ByPost or ByOtherMeans.")
@click.option("--by", "sent_by", metavar="NAME", help="Body that passed it on, for example wco:organization.")
@filing_options()
def transmission(
    *, options: FilingOptions, notification: str, recipients: tuple[str, ...], on: date, channel: str | None, sent_by: str | None
) -> None:
    """Record that NOTIFICATION was passed on to administrations and Unions."""
    options.add(
        TransmissionEntry(
            notification=notification, recipients=recipients, day=on, channel=channel, sent_by=sent_by,
            entered=options.entered, revises=options.revises,
        )
    )  # fmt: skip


@click.command()
@click.argument("parties", metavar="CODE...", nargs=-1, required=True)
@click.option("--for", "kinds", metavar="CLASS", multiple=True, required=True, help="Kind of documents or records; may be repeated.")
@day_option("--until", required=True, help="Last day.")
@click.option("--by", "stated_by", metavar="NAME", required=True, help="Body that states it, for example wco:organization.")
@filing_options()
def completeness(*, options: FilingOptions, parties: tuple[str, ...], kinds: tuple[str, ...], until: date, stated_by: str) -> None:
    """Record the statement that the register is complete about parties."""
    entry = CompletenessEntry(
        kinds=kinds, parties=parties, until=until, stated_by=stated_by, entered=options.entered, revises=options.revises
    )
    options.add(entry)
