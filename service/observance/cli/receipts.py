"""`observance receipt verify`: a receipt and a file, without the register that gave it."""

import hashlib
from pathlib import Path
from typing import Final

import click

from observance.cli import LazyGroup
from observance.cli.ledger import note_in, open_file, read_file, receipt_lines
from observance.cli.options import lang_option, resolve_language
from observance.core import translate
from observance.ledger import consistency_faults, parse_checkpoint, parse_consistency, parse_receipt, parse_verifier, receipt_faults

_PATH: Final = click.Path(path_type=Path)


@click.group(cls=LazyGroup, table=dict.fromkeys(("verify", "consistency"), "observance.cli.receipts"))
def receipt() -> None:
    """Verify receipts, without the register that gave them."""


@click.command()
@click.argument("file", metavar="FILE", type=_PATH)
@click.argument("receipt", metavar="RECEIPT", type=_PATH)
@click.option("--key", metavar="LINE", help="Public key of the register's log, as it publishes it.")
@lang_option
@click.pass_context
def verify(context: click.Context, *, file: Path, receipt: Path, key: str | None, lang: str | None) -> None:
    """Say whether RECEIPT proves that FILE is entered in the log of a register. Exit code 1 if it does not."""
    language = resolve_language(lang)
    parsed = parse_receipt(read_file(receipt))
    with open_file(file) as opened:
        digest = f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    faults = list(receipt_faults(parsed, digest, verifier=parse_verifier(key) if key is not None else None))
    for fault in faults:
        click.echo(f"✗ {translate(fault, language)}")
    if faults:
        context.exit(1)
    for line in receipt_lines(parsed, lang=language):
        click.echo(line)
    click.echo(translate("ledger.receipt-proves" if key is not None else "ledger.receipt-proves-by-its-key", language, key=parsed.key))


@click.command()
@click.argument("earlier", metavar="CHECKPOINT", type=_PATH)
@click.argument("proof", metavar="PROOF", type=_PATH)
@click.option("--key", metavar="LINE", help="Public key of the register's log, as it publishes it.")
@lang_option
@click.pass_context
def consistency(context: click.Context, *, earlier: Path, proof: Path, key: str | None, lang: str | None) -> None:
    """Say whether PROOF shows that the log of an earlier CHECKPOINT only grew. Exit code 1 if it does not."""
    language, note, parsed = resolve_language(lang), note_in(earlier), parse_consistency(read_file(proof))
    faults = list(consistency_faults(parsed, note, verifier=parse_verifier(key) if key is not None else None))
    for fault in faults:
        click.echo(f"✗ {translate(fault, language)}")
    if faults:
        context.exit(1)
    first, second = parse_checkpoint(note).size, parse_checkpoint(parsed.checkpoint).size
    click.echo(translate("ledger.consistent", language, first=first, second=second, key=parsed.key))
