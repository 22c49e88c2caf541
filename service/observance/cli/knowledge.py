"""`observance template`, `demo`, `document` and `knowledge`: examples, the demo register, HTML pages, and a new knowledge base."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from observance.cli.options import knowledge_option, lang_option, load_settings, resolve_language
from observance.core import LANGUAGES, VERSION, NotFoundError, UsageError, translate
from observance.knowledge import SCAFFOLD, is_shipped
from observance.knowledge_base import KnowledgeBase
from observance.questions import render_text_table


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Copy the register's files into this new folder.")
@knowledge_option
@lang_option
def demo(*, output: Path | None, knowledge: Path | None, lang: str | None) -> None:
    """Say what the demo register holds, or copy it into a folder. All its Members and Unions are invented."""
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        if not kb.demo:
            raise NotFoundError("cli.no-demo")
        if output is not None:
            _copy_demo(kb, output=output)
            click.echo(translate("cli.demo-copied", resolve_language(lang), folder=output))
        else:
            contents = kb.questions.page("register-contents", {"lang": resolve_language(lang)})
            click.echo(translate("cli.demo-holds", resolve_language(lang)))
            click.echo(render_text_table(contents.body, lang=resolve_language(lang), excluded=("lang",)), nl=False)


def _copy_demo(kb: KnowledgeBase, *, output: Path) -> None:
    (folder,) = kb.demo
    write_folder(output, lambda partial: shutil.copytree(folder, partial, ignore=shutil.ignore_patterns("*.rq")))


def write_folder(output: Path, write: Callable[[Path], object], *, may_be_empty: bool = False) -> None:
    """Write the new folder, or nothing; raises UsageError if it exists (and is not empty, if it `may_be_empty`) or cannot be written.

    `write` writes into another folder, whose renaming is atomic: what was interrupted must not look complete.
    """
    try:
        if output.exists() and not (may_be_empty and output.is_dir() and not any(output.iterdir())):
            raise UsageError("cli.exists", folder=output)
        output.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as folder:
            partial = Path(folder) / output.name
            write(partial)
            partial.rename(output)
    except OSError as error:
        raise UsageError("cli.cannot-write", folder=output, reason=error.strerror or type(error).__name__) from None


@click.command()
@click.argument("paragraph")
@knowledge_option
@lang_option
def template(*, paragraph: str, knowledge: Path | None, **_: str | None) -> None:
    """Print a complete, commented example for PARAGRAPH, for instance 2.5, to start a submission from."""
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        click.echo(kb.lookup.template(paragraph), nl=False)


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), required=True, help="Write the pages into this new folder.")
@knowledge_option
@lang_option
def document(*, output: Path, knowledge: Path | None, lang: str | None) -> None:
    """Write the knowledge as HTML pages: vocabulary, code lists, provisions, open points, readings, instruments, links, lists of parties.

    In every language, unless --lang names one. The same knowledge gives the same bytes.
    """
    from observance.documentation import build_documentation  # only this command needs Jinja

    if output.exists():  # said before the pages are made, which takes time
        raise UsageError("cli.exists", folder=output)
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        pages = build_documentation(
            lambda name: kb.questions.page(name, {}).body,
            languages=(lang,) if lang else LANGUAGES,
            version=VERSION,
            guides=is_shipped(kb.root),
        )
    write_folder(output, lambda partial: _write_pages(pages, partial))
    count = sum(name.endswith(".html") for name in pages)
    click.echo(translate("publishing.written", resolve_language(lang), count=count, folder=output, first=output / "index.html"))


def _write_pages(pages: Mapping[str, bytes], folder: Path) -> None:
    for name, content in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@click.group()
def knowledge() -> None:
    """Knowledge bases of one's own, for other instruments."""


@knowledge.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@lang_option
def new(*, folder: Path, lang: str | None) -> None:
    """Write a knowledge base into the new folder DIR: an invented instrument of one paragraph, complete, to be changed.

    It has all four rooms and passes `observance check --knowledge DIR` as it stands.
    """
    write_folder(folder, lambda partial: shutil.copytree(SCAFFOLD, partial))
    language = resolve_language(lang)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        click.echo(file)
    click.echo(translate("cli.knowledge-written", language, folder=folder))
