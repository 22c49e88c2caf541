"""`observance document`: the knowledge as pages to read or to publish."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from observance import __version__
from observance.cli.options import chosen, knowledge_option, lang_option, settings
from observance.core.errors import UsageError
from observance.core.i18n import LANGUAGES, translate
from observance.documentation.build import build
from observance.knowledge_base import open_knowledge_base


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), required=True, help="Write the pages into this new folder.")
@knowledge_option
@lang_option
def document(*, output: Path, knowledge: Path | None, lang: str | None) -> None:
    """Write the knowledge as HTML pages: vocabulary, code lists, norms, open points, readings, instruments, links, lists of parties.

    In every language, unless --lang names one. The same knowledge gives the same bytes.
    """
    if output.exists():
        raise UsageError("cli.exists", folder=output)
    with open_knowledge_base(settings(knowledge)) as kb:
        pages = build(lambda name: kb.page(name, {}).body, languages=(lang,) if lang else LANGUAGES, version=__version__)
    _write(pages, output=output)
    count = sum(name.endswith(".html") for name in pages)
    click.echo(translate("publishing.written", chosen(lang), count=count, folder=output, first=output / "index.html"))


def _write(pages: Mapping[str, bytes], *, output: Path) -> None:
    """The files in the folder: all of them or none."""
    partial = output.with_name(output.name + ".partial")
    try:
        for name, content in pages.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(content)
        partial.rename(output)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError("cli.cannot-write", folder=output, reason=error.strerror or type(error).__name__) from None
