"""`observance register workbook` and `observance workbook import`: a register as a workbook, and drafts from it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from observance.cli.knowledge import write_folder
from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.cli.workbooks import write_new
from observance.core import VERSION, local_name, translate
from observance.knowledge_base import KnowledgeBase
from observance.rdf import read_source
from observance.workbooks import SIGNS, RegisterDraft, drafts_from_workbook, register_workbook, submissions_on_record

_PATH: Final = click.Path(path_type=Path)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.]+")
_LONGEST: Final = 40


@click.command()
@click.argument("path", type=_PATH)
@click.option("-o", "--output", type=_PATH, metavar="FILE", required=True, help="The file to write.")
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@knowledge_option
@lang_option
def workbook(*, path: Path, output: Path, force: bool, knowledge: Path | None, lang: str | None) -> None:
    """Write the submissions of the register PATH, a folder or ledger, into a workbook: a sheet for each kind, of all Members."""
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=(path,)) as kb:
        content = submissions_on_record(kb.forms)
        workbook = register_workbook(content, forms=kb.forms.forms, lang=language, version=VERSION, settings=kb.settings)
    write_new(output, workbook, may_replace=force)
    click.echo(translate("workbooks.written", language, file=output))
    if content.unnamed:
        click.echo(translate("workbooks.register-unnamed", language, count=content.unnamed), err=True)


@click.command("import")
@click.argument("file", type=_PATH)
@click.option("-o", "--output", type=_PATH, metavar="DIR", required=True, help="The folder of drafts to write, new or empty.")
@register_option
@knowledge_option
@lang_option
def import_(*, file: Path, output: Path, registers: tuple[Path, ...], knowledge: Path | None, lang: str | None) -> int:
    """Write a draft of every submission in the workbook FILE of a register that differs from the one on record; nothing enters it."""
    language = resolve_language(lang)
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        content = read_source(file, settings=kb.settings).content
        found = drafts_from_workbook(content, forms=kb.forms, version=VERSION, settings=kb.settings)
    drafts = {_name(number, draft): draft for number, draft in enumerate(found.drafts, 1)}
    if drafts:
        write_folder(output, lambda folder: _write(folder, drafts), may_be_empty=True)
    for name, draft in drafts.items():
        click.echo(_line(output / name, draft, language))
    click.echo(translate("workbooks.register-unchanged", language, count=found.unchanged))
    if found.absent:
        click.echo(translate("workbooks.register-absent", language, count=found.absent))
    for finding in found.findings:
        click.echo(
            f"{SIGNS[finding.severity]} {finding.cell.address}{' :' if language == 'fr' else ':'} {finding.message[language]}", err=True
        )
    return int(any(finding.severity == "Violation" for finding in found.findings))


def _name(number: int, draft: RegisterDraft) -> str:
    words: Sequence[str] = (f"{number:03}", local_name(draft.party).lower(), draft.checked.form.name)
    return "-".join(_UNSAFE.sub("-", word)[:_LONGEST] for word in words if word) + ".ttl"


def _write(folder: Path, drafts: Mapping[str, RegisterDraft]) -> None:
    folder.mkdir()
    for name, draft in drafts.items():
        (folder / name).write_text(draft.checked.turtle, encoding="utf-8")


def _line(file: Path, draft: RegisterDraft, lang: str) -> str:
    """What is said of a draft: its party and kind, what it revises, and how many findings the check has."""
    form = draft.checked.form
    values = {"file": file, "party": local_name(draft.party) or "–", "kind": form.part.label.get(lang, form.name)}
    count = len(draft.checked.findings)
    if draft.revised is None:
        return translate("workbooks.draft-new", lang, count=count, **values)
    return translate("workbooks.draft-revises", lang, count=count, node=draft.revised.node, **values)
