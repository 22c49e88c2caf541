"""`observance receipt verify|consistency`: receipts and proofs, without the register that gave them."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

import click

from observance.cli import LazyGroup
from observance.cli.options import lang_option, resolve_language
from observance.core import InvalidInputError, LimitExceededError, NotFoundError, format_day, format_time, translate
from observance.ledger import (
    LedgerReceipt,
    consistency_faults,
    format_entered,
    parse_checkpoint,
    parse_consistency,
    parse_receipt,
    parse_verifier,
    receipt_faults,
)

_PATH: Final = click.Path(path_type=Path)
_LARGEST: Final = 1_000_000


def read_file(file: Path) -> bytes:
    """Return the bytes of a receipt or checkpoint; raises NotFoundError, InvalidInputError for no file and LimitExceededError."""
    with open_file(file) as opened:
        content = opened.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise LimitExceededError("ledger.too-large", file=file, limit=_LARGEST)
    return content


@contextmanager
def open_file(file: Path) -> Iterator[BufferedReader]:
    """The file, open; raises NotFoundError, and InvalidInputError for anything but a file that can be read."""
    try:
        if file.exists() and not file.is_file():
            raise InvalidInputError("ledger.no-file", name=file)
        with file.open("rb") as opened:
            yield opened
    except (FileNotFoundError, ValueError):
        raise NotFoundError("intake.no-file", name=ascii(str(file))[1:-1]) from None
    except OSError as error:
        raise InvalidInputError("intake.cannot-read", name=file, detail=error.strerror or type(error).__name__) from None


def note_in(file: Path) -> str:
    """Return the checkpoint in a file, which is a receipt or the checkpoint itself; raises InvalidInputError for another file."""
    content = read_file(file)
    try:
        return parse_receipt(content).checkpoint
    except InvalidInputError:
        note = content.decode(errors="replace").replace("\r\n", "\n")
    parse_checkpoint(note)
    return note


def receipt_lines(receipt: LedgerReceipt, *, lang: str) -> list[str]:
    """Return the receipt as a person reads it; signs that are not printed are written by their numbers."""
    entry, stated = receipt.parsed
    values: list[tuple[str, object]] = [
        ("number", entry.number),
        ("log", receipt.checkpoint.partition("\n")[0]),
        ("document", stated.name),
        ("sender", stated.sender),
        ("on-behalf-of", ", ".join(stated.on_behalf_of)),
        ("dated", format_day(stated.dated.isoformat(), lang) if stated.dated else ""),
        ("received", format_day(stated.received.isoformat(), lang) if stated.received else ""),
        ("entered", format_time(format_entered(entry.entered), lang)),
        ("digest", entry.content),
    ]
    return [translate(f"ledger.receipt-{name}", lang, value=_printable(str(value))) for name, value in values if value != ""]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _exit_at_faults(context: click.Context, faults: Iterable[str], *, lang: str) -> None:
    """Print what a proof does not show and end the command with exit code 1, if there is anything."""
    lines = [f"✗ {translate(fault, lang)}" for fault in faults]
    for line in lines:
        click.echo(line)
    if lines:
        context.exit(1)


_key_option = click.option("--key", metavar="LINE", help="Public key of the register's log, as it publishes it.")


@click.group(cls=LazyGroup, table=dict.fromkeys(("verify", "consistency"), "observance.cli.receipts"))
def receipt() -> None:
    """Verify receipts, without the register that gave them."""


@click.command()
@click.argument("file", metavar="FILE", type=_PATH)
@click.argument("receipt", metavar="RECEIPT", type=_PATH)
@_key_option
@lang_option
@click.pass_context
def verify(context: click.Context, *, file: Path, receipt: Path, key: str | None, lang: str | None) -> None:
    """Say whether RECEIPT proves that FILE is entered in the log of a register. Exit code 1 if it does not."""
    language = resolve_language(lang)
    parsed = parse_receipt(read_file(receipt))
    with open_file(file) as opened:
        digest = f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    _exit_at_faults(context, receipt_faults(parsed, digest, verifier=parse_verifier(key) if key is not None else None), lang=language)
    for line in receipt_lines(parsed, lang=language):
        click.echo(line)
    click.echo(translate("ledger.receipt-proves" if key is not None else "ledger.receipt-proves-by-its-key", language, key=parsed.key))


@click.command()
@click.argument("earlier", metavar="CHECKPOINT", type=_PATH)
@click.argument("proof", metavar="PROOF", type=_PATH)
@_key_option
@lang_option
@click.pass_context
def consistency(context: click.Context, *, earlier: Path, proof: Path, key: str | None, lang: str | None) -> None:
    """Say whether PROOF shows that the log of an earlier CHECKPOINT only grew. Exit code 1 if it does not."""
    language, note, parsed = resolve_language(lang), note_in(earlier), parse_consistency(read_file(proof))
    _exit_at_faults(context, consistency_faults(parsed, note, verifier=parse_verifier(key) if key is not None else None), lang=language)
    first, second = parse_checkpoint(note).size, parse_checkpoint(parsed.checkpoint).size
    click.echo(translate("ledger.consistent", language, first=first, second=second, key=parsed.key))
