"""`observance template`: a commented example to start from."""

from pathlib import Path

import click

from observance.cli.language import knowledge_option, lang_option, settings
from observance.house import open_house


@click.command()
@click.argument("paragraph")
@knowledge_option
@lang_option
def template(*, paragraph: str, knowledge: Path | None, **_: str | None) -> None:
    """Print a complete, commented example for PARAGRAPH, for instance 2.5, to start a submission from."""
    with open_house(settings(knowledge)) as house:
        click.echo(house.template(paragraph), nl=False)
