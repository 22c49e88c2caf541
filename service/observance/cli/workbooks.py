"""`observance workbook`: a workbook to fill in; and the reports of `observance validate` on workbooks."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from observance.cli import LazyGroup
from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.cli.validate import WORKBOOKS
from observance.core import VERSION, UsageError, translate, write_durably
from observance.forms import start_from
from observance.knowledge_base import KnowledgeBase
from observance.rdf import parse_document, read_source
from observance.workbooks import (
    check_workbook,
    example_of,
    findings_workbook,
    marked_workbook,
    new_workbook,
    report_to_data,
    report_to_text,
)


@click.group(cls=LazyGroup, table={"new": "observance.cli.workbooks", "import": "observance.cli.register_workbooks"})
def workbook() -> None:
    """Workbooks (.xlsx) to prepare a submission without RDF; `observance validate FILE.xlsx` checks them."""


@click.command()
@click.argument("name")
@click.option("--from", "start", type=click.Path(path_type=Path), metavar="FILE", help="Fill it in with the submission of this file.")
@click.option(
    "--as", "start_as", type=click.Choice(["revision", "next"]), help="What it is to be: a revision of that submission, or the next."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The file to write.  [default: NAME.xlsx]")
@register_option
@knowledge_option
@lang_option
def new(
    *,
    name: str,
    start: Path | None,
    start_as: str | None,
    output: Path | None,
    registers: tuple[Path, ...],
    knowledge: Path | None,
    lang: str | None,
) -> None:
    """Make the workbook of a form: that of a paragraph, such as 2.5, or `withdrawal`, `justification` …"""
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        form = kb.forms.form(name)
        filled = None
        if start_as is not None and start is None:
            raise UsageError("workbooks.as-without-from")
        if start is not None:
            source = read_source(start, settings=kb.settings)
            filled = kb.forms.read(parse_document(source, settings=kb.settings, contexts=kb.contexts), name=form.name)
            filled = start_from(form, filled, is_revision=start_as == "revision") if start_as is not None else filled
        content = new_workbook(
            form,
            lang=language,
            version=VERSION,
            filled=filled,
            example=example_of(form, forms=kb.forms, lookup=kb.lookup, settings=kb.settings),
        )
    file = output or Path(f"{form.name}.xlsx")
    write_new(file, content)
    click.echo(translate("workbooks.written", language, file=file))


def write_new(file: Path, content: bytes, *, may_replace: bool = False) -> None:
    """Write a new file, or one that it `may_replace`; raises UsageError if there is one, or if it cannot be written."""
    if file.exists() and not (may_replace and file.is_file()):
        raise UsageError("cli.exists", folder=file)
    try:
        write_durably(file, content)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=file, reason=error.strerror or type(error).__name__) from None


def validate_workbooks(files: Sequence[Path], *, kb: KnowledgeBase, format: str, lang: str, marked: Path | None) -> int:
    """Print the reports on the workbooks, write the marked one, and return the exit code.

    Raises UsageError for another format than text and JSON, for several files of which one is to be marked, and what reading raises.
    """
    if format not in {"text", "json"}:
        raise UsageError("workbooks.report-format", format=format)
    if not all(path.suffix.lower() in WORKBOOKS for path in files) or (marked is not None and len(files) > 1):
        raise UsageError("workbooks.apart")
    reports = []
    for path in files:
        content = read_source(path, settings=kb.settings).content
        checked = check_workbook(content, name=str(path), forms=kb.forms, settings=kb.settings)
        reports.append(checked)
        if format == "text":
            click.echo(report_to_text(checked, lang=lang))
        if marked is not None:
            changed = marked_workbook(content, checked.findings, lang=lang, settings=kb.settings)
            write_new(marked, changed if changed is not None else findings_workbook(checked.findings, lang=lang))
            click.echo(translate("workbooks.written" if changed is not None else "workbooks.written-apart", lang, file=marked), err=True)
    if format == "json":
        values = [report_to_data(checked) for checked in reports]
        click.echo(json.dumps(values if len(files) > 1 else values[0], ensure_ascii=False, indent=2))
    return int(not all(checked.is_ready for checked in reports))
