"""`observance demo`: the register of invented parties that questions are asked of by default."""

import shutil
from pathlib import Path

import click

from observance.cli.options import chosen, knowledge_option, lang_option, settings
from observance.core.errors import NotFoundError, UsageError
from observance.core.i18n import translate
from observance.knowledge_base import KnowledgeBase, open_knowledge_base
from observance.questions.text_table import table


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Copy the register's files into this new folder.")
@knowledge_option
@lang_option
def demo(*, output: Path | None, knowledge: Path | None, lang: str | None) -> None:
    """Say what the demo register holds, or copy it into a folder. All its Members and Unions are invented."""
    with open_knowledge_base(settings(knowledge)) as kb:
        if not kb.demo:
            raise NotFoundError("cli.no-demo")
        if output is not None:
            _copied(kb, output=output)
            click.echo(translate("cli.demo-copied", chosen(lang), folder=output))
        else:
            contents = kb.page("register-contents", {"lang": chosen(lang)})
            click.echo(translate("cli.demo-holds", chosen(lang)))
            click.echo(table(contents.body, lang=chosen(lang), without=("lang",)), nl=False)


def _copied(kb: KnowledgeBase, *, output: Path) -> None:
    if output.exists():
        raise UsageError("cli.exists", folder=output)
    (folder,) = kb.demo
    # Whole or not at all: a copy that was cut short must not look like a register.
    partial = output.with_name(output.name + ".partial")
    try:
        shutil.copytree(folder, partial, ignore=shutil.ignore_patterns("*.rq"))
        partial.rename(output)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError("cli.cannot-write", folder=output, reason=error.strerror or type(error).__name__) from None
