"""`observance template`: a commented example to start from."""

from pathlib import Path

import click

from observance.cli.options import knowledge_option, lang_option, settings
from observance.knowledge_base import open_knowledge_base


@click.command()
@click.argument("paragraph")
@knowledge_option
@lang_option
def template(*, paragraph: str, knowledge: Path | None, **_: str | None) -> None:
    """Print a complete, commented example for PARAGRAPH, for instance 2.5, to start a submission from."""
    with open_knowledge_base(settings(knowledge)) as kb:
        click.echo(kb.template(paragraph), nl=False)
