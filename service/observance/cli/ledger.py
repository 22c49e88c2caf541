"""A register in a ledger: importing, exporting, backups, verification, receipts and decisions."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from observance.cli.options import Command, knowledge_option, lang_option, load_settings, resolve_language
from observance.cli.receipts import note_in, receipt_lines
from observance.core import NotFoundError, create_durably, current_time, translate
from observance.filing import export_folder
from observance.knowledge_base import KnowledgeBase
from observance.ledger import (
    ERASURE,
    SEALING,
    Ledger,
    copy_ledger,
    make_consistency,
    make_receipt,
    opened_ledger,
    verify_ledger,
)

_PATH: Final = click.Path(path_type=Path)


def _ledger_command(command: Callable[..., Any]) -> Command:
    """Decorator for a command about the ledger LEDGER, which is passed on open as `ledger`, and for `--lang`, resolved as `lang`."""

    @wraps(command)
    def wrapper(*, file: Path, lang: str | None, **arguments: Any) -> Any:
        with opened_ledger(file) as ledger:
            return command(ledger=ledger, lang=resolve_language(lang), **arguments)

    return click.argument("file", metavar="LEDGER", type=_PATH)(lang_option(wrapper))


@click.command("import")
@click.argument("folder", metavar="DIR", type=_PATH)
@click.argument("file", metavar="LEDGER", type=_PATH)
@click.option("--origin", metavar="NAME", help="Create the ledger; the name of its log, as register.example.org/ecommerce.")
@knowledge_option
@lang_option
def import_(*, folder: Path, file: Path, origin: str | None, knowledge: Path | None, lang: str | None) -> None:
    """Enter all files of the register in the folder DIR into LEDGER, each with its name and bytes."""
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        names = kb.filing(file).import_folder(folder, origin=origin, now=current_time())
    click.echo(translate("ledger.entered", resolve_language(lang), count=len(names), file=file))


@click.command()
@click.argument("file", metavar="LEDGER", type=_PATH)
@knowledge_option
@lang_option
def verdicts(*, file: Path, knowledge: Path | None, lang: str | None) -> None:
    """Enter in LEDGER what validation says now of each communication, where it says something else than before."""
    with KnowledgeBase.open(load_settings(knowledge), registers=[file]) as kb:
        count = kb.filing(file).add_verdicts(now=current_time())
    click.echo(translate("ledger.verdicts", resolve_language(lang), count=count))


@click.command()
@click.argument("file", metavar="LEDGER", type=_PATH)
@click.argument("folder", metavar="DIR", type=_PATH)
@lang_option
def export(*, file: Path, folder: Path, lang: str | None) -> None:
    """Write every document of LEDGER into the new folder DIR, each with its name and bytes."""
    names = export_folder(file, folder)
    click.echo(translate("ledger.exported", resolve_language(lang), count=len(names), folder=folder))


@click.command()
@_ledger_command
@click.argument("copy", metavar="FILE", type=_PATH)
def backup(*, ledger: Ledger, copy: Path, lang: str) -> None:
    """Copy LEDGER, while it is in use, into the new file FILE, without its private key."""
    _copy(ledger, copy, lang=lang)


@click.command()
@_ledger_command
@click.argument("copy", metavar="NEW", type=_PATH)
def restore(*, ledger: Ledger, copy: Path, lang: str) -> None:
    """Copy the backup LEDGER to where NEW says; put the private key beside it to go on with its log."""
    _copy(ledger, copy, lang=lang)


def _copy(ledger: Ledger, copy: Path, *, lang: str) -> None:
    copied = copy_ledger(ledger, copy)
    click.echo(translate("ledger.copied", lang, count=copied.size, file=copy, key=copied.location.key))
    copied.close()


@click.command()
@_ledger_command
@click.option(
    "--given", "given", metavar="FILE", multiple=True, type=_PATH, help="Receipt or checkpoint given out before; may be repeated."
)
@click.pass_context
def verify(context: click.Context, *, ledger: Ledger, given: tuple[Path, ...], lang: str) -> None:
    """Recompute LEDGER and its log, and hold it to what was given out before. Exit code 1 if anything differs."""
    verification = verify_ledger(ledger, notes=[note_in(file) for file in given])
    for fault in verification.faults:
        click.echo(f"✗ {fault.sentence(lang)}")
    if verification.faults:
        context.exit(1)
    click.echo(translate("ledger.verified", lang, count=verification.size))


@click.command()
@_ledger_command
def checkpoint(*, ledger: Ledger, lang: str) -> None:  # noqa: ARG001 - a checkpoint is in no language
    """Print the last signed checkpoint of LEDGER, to be kept where its keeper cannot change it."""
    click.echo(ledger.checkpoint, nl=False)


@click.command()
@_ledger_command
@click.argument("earlier", metavar="CHECKPOINT", type=_PATH)
def consistency(*, ledger: Ledger, earlier: Path, lang: str) -> None:  # noqa: ARG001 - a proof is in no language
    """Print the proof that the log of LEDGER begins with that of the earlier CHECKPOINT, which `receipt consistency` verifies."""
    click.echo(make_consistency(ledger, note_in(earlier)).to_json(), nl=False)


@click.command()
@_ledger_command
def key(*, ledger: Ledger, lang: str) -> None:  # noqa: ARG001 - a key is in no language
    """Print the public key of LEDGER, with which receipts and checkpoints are verified."""
    click.echo(str(ledger.verifier))


@click.command()
@_ledger_command
@click.argument("entry")
@click.option("--to", "target", metavar="FILE", type=_PATH, help="Write the receipt that programs verify into the new file.")
def receipt(*, ledger: Ledger, entry: str, target: Path | None, lang: str) -> None:
    """Print the receipt of ENTRY, the number or the name of an entry of LEDGER."""
    made = make_receipt(ledger, _number(ledger, entry))
    if target is not None:
        create_durably(target, made.to_json().encode())
    for line in receipt_lines(made, lang=lang):
        click.echo(line)


def _number(ledger: Ledger, entry: str) -> int:
    """Return the number of the entry with this number or name; raises NotFoundError if there is none."""
    if not entry.isprintable():
        raise NotFoundError("ledger.no-entry", number=ascii(entry)[1:-1])
    number = int(entry) if entry.isascii() and entry.isdecimal() and len(entry) < 19 else ledger.number_of(entry)
    if number is None:
        raise NotFoundError("ledger.no-entry", number=entry)
    return number


def _decision(kind: str, name: str, help_text: str) -> click.Command:
    @click.command(name, help=help_text)
    @_ledger_command
    @click.argument("entry")
    @click.option("--reason", metavar="TEXT", required=True, help="Why, in words that may stay on record.")
    @click.option("--by", metavar="NAME", required=True, help="Who decides.")
    def decide(*, ledger: Ledger, entry: str, reason: str, by: str, lang: str) -> None:
        number = _number(ledger, entry)
        decided = ledger.decide(kind, number, reason=reason, by=by, now=current_time())
        if decided.entry is not None:
            click.echo(translate(f"ledger.{kind}", lang, number=number, decision=decided.entry.number))
        if not decided.is_cleared:
            click.echo(translate("ledger.not-cleared", lang), err=True)
        elif kind == ERASURE:
            click.echo(translate("ledger.cleared" if ledger.location.is_sqlite else "ledger.cleared-postgresql", lang))
        if decided.others:
            click.echo(translate("ledger.same-bytes", lang, numbers=", ".join(map(str, decided.others))), err=True)

    return decide


seal = _decision(SEALING, "seal", "Keep the bytes of ENTRY, a number or name, of LEDGER, and give them to nobody any more.")
erase = _decision(
    ERASURE, "erase", "Delete the bytes of ENTRY, a number or name, of LEDGER, and what is stated of them; digest and decision stay."
)
