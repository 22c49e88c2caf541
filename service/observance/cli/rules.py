"""`observance rules`: the rules as text, in the order of trial, or exported for other engines."""

from collections.abc import Iterator
from pathlib import Path

import click

from observance.assessment import RuleBase, RuleSet, export_n3, export_shacl
from observance.cli.options import knowledge_option, lang_option, load_settings, resolve_language
from observance.core import UsageError, local_name, translate
from observance.knowledge_base import KnowledgeBase


@click.command()
@click.option(
    "--format", type=click.Choice(["text", "shacl", "n3"]), default="text", show_default=True,
    help="For people, as SHACL rules (Turtle), or in N3, one step after another.",
)  # fmt: skip
@click.option(
    "--output", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False), help="Write N3 into a folder, one file a step."
)
@knowledge_option
@lang_option
def rules(*, format: str, output: Path | None, knowledge: Path | None, lang: str | None) -> None:
    """Show the rules: for each provision, in the order of trial, the status and the premises from which it follows.

    Other engines run the same rules: any that knows SHACL Advanced Features, or an N3 reasoner, which is run once for each step.
    """
    if output is not None and format != "n3":
        raise UsageError("assessment.output-is-n3")
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        rule_set = RuleBase(kb.knowledge).rule_set
        if format == "shacl":
            click.echo(export_shacl(rule_set), nl=False)
        elif format == "n3":
            _write_steps(export_n3(rule_set), output=output)
        else:
            click.echo("\n".join(_rule_lines(rule_set, kb=kb, lang=resolve_language(lang))))


def _write_steps(texts: tuple[str, ...], *, output: Path | None) -> None:
    if output is None:
        click.echo("".join(f"# {number}\n{text}\n" for number, text in enumerate(texts)), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (output / f"step-{number:02}.n3").write_text(text, encoding="utf-8")
        click.echo(output / f"step-{number:02}.n3")


def _rule_lines(rule_set: RuleSet, *, kb: KnowledgeBase, lang: str) -> Iterator[str]:
    yield translate("assessment.rules-version", lang, version=rule_set.version)
    for norm, norm_rules in rule_set.rules.items():
        yield ""
        yield f"{local_name(norm)}: {kb.assessment.inputs.names.name(norm, lang)}"
        for rule in norm_rules:
            premises = translate("assessment.separator", lang).join(premise.label[lang] for premise in rule.premises)
            yield f"  {rule.precedence:>4}  {rule_set.status(rule.status, norm=rule.norm).label[lang]}: {premises}"
