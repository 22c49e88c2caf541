"""`observance rules`: the rules for people, or for other engines."""

from collections.abc import Iterator
from pathlib import Path

import click

from observance.assessment.inputs import RuleBase
from observance.assessment.rules import export
from observance.assessment.rules.compiler import Rulebook
from observance.cli.options import chosen, knowledge_option, lang_option, settings
from observance.core.errors import UsageError
from observance.core.i18n import translate
from observance.core.namespaces import local_name
from observance.knowledge_base import KnowledgeBase, open_knowledge_base


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "shacl", "n3"]), default="text", show_default=True,
    help="For people, as SHACL rules (Turtle), or in N3, one step after another.",
)  # fmt: skip
@click.option(
    "--output", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False), help="Write N3 into a folder, one file a step."
)
@knowledge_option
@lang_option
def rules(*, form: str, output: Path | None, knowledge: Path | None, lang: str | None) -> None:
    """Show the rules: for each norm, in the order of trial, the status and the premises from which it follows.

    Other engines run the same rules: any that knows SHACL Advanced Features, or an N3 reasoner, which is run once for each step.
    """
    if output is not None and form != "n3":
        raise UsageError("assessment.output-is-n3")
    with open_knowledge_base(settings(knowledge)) as kb:
        book = RuleBase(kb.knowledge).book
        if form == "shacl":
            click.echo(export.shacl(book), nl=False)
        elif form == "n3":
            _steps(export.n3(book), output=output)
        else:
            click.echo("\n".join(_lines(book, kb=kb, lang=chosen(lang))))


def _steps(texts: tuple[str, ...], *, output: Path | None) -> None:
    if output is None:
        click.echo("".join(f"# {number}\n{text}\n" for number, text in enumerate(texts)), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (output / f"step-{number:02}.n3").write_text(text, encoding="utf-8")
        click.echo(output / f"step-{number:02}.n3")


def _lines(book: Rulebook, *, kb: KnowledgeBase, lang: str) -> Iterator[str]:
    yield translate("assessment.rules-version", lang, version=book.version)
    for norm, found in book.rules.items():
        yield ""
        yield f"{local_name(norm)}: {kb.case.names.name(norm, lang)}"
        for rule in found:
            premises = translate("assessment.separator", lang).join(premise.label[lang] for premise in rule.premises)
            yield f"  {rule.precedence:>4}  {book.statuses[rule.status].label[lang]}: {premises}"
