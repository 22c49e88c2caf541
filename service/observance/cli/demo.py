"""`observance demo`: the register of invented parties that questions are asked of by default."""

import shutil
from pathlib import Path

import click

from observance.cli.language import chosen, knowledge_option, lang_option, settings
from observance.errors import Misused, NotFound
from observance.house import House, open_house
from observance.phrases import say
from observance.querying.table import table


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Copy the register's files into this new folder.")
@knowledge_option
@lang_option
def demo(*, output: Path | None, knowledge: Path | None, lang: str | None) -> None:
    """Say what the demo register holds, or copy it into a folder. All its Members and Unions are invented."""
    with open_house(settings(knowledge)) as house:
        if not house.demo:
            raise NotFound("cli.no-demo")
        if output is not None:
            _copied(house, output=output)
            click.echo(say("cli.demo-copied", chosen(lang), folder=output))
        else:
            contents = house.page("register-contents", {"lang": chosen(lang)})
            click.echo(say("cli.demo-holds", chosen(lang)))
            click.echo(table(contents.body, lang=chosen(lang), without=("lang",)), nl=False)


def _copied(house: House, *, output: Path) -> None:
    if output.exists():
        raise Misused("cli.exists", folder=output)
    (folder,) = house.demo
    # Whole or not at all: a copy that was cut short must not look like a register.
    partial = output.with_name(output.name + ".partial")
    try:
        shutil.copytree(folder, partial, ignore=shutil.ignore_patterns("*.rq"))
        partial.rename(output)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise Misused("cli.cannot-write", folder=output, reason=error.strerror or type(error).__name__) from None
