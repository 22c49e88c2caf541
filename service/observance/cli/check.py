"""`observance check`: terms, quality queries, OWL 2 RL and consistency of the knowledge, and whether its rules can be evaluated."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from observance.assessment import RuleBase
from observance.cli.options import knowledge_option, lang_option, load_settings, resolve_language
from observance.core import LANGUAGES, InconsistentDataError, compact, translate
from observance.knowledge import CheckStep, Fault, check_steps, find_root, load_knowledge


@click.command()
@knowledge_option
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@click.pass_context
def check(context: click.Context, *, knowledge: Path | None, format: str, lang: str | None) -> None:
    """Check the knowledge itself: terms, quality queries, OWL 2 RL, consistency, rules.

    Exit code 0: nothing to repair; 1: faults; 2: a file cannot be read or the reasoner is not installed.
    """
    root = find_root(load_settings(knowledge).knowledge)
    sound = _print_json(root) if format == "json" else _print_text(root, lang=resolve_language(lang))
    context.exit(0 if sound else 1)


def _steps(root: Path) -> Iterator[CheckStep]:
    """The checks of the knowledge, then that of its rules and readings, which stops at the first fault."""
    yield from check_steps(root)
    rule_base = RuleBase(load_knowledge(root))
    try:
        _ = rule_base.rule_set, rule_base.readings
    except InconsistentDataError as error:
        yield CheckStep("rules", (Fault(None, "", "rule-cannot-be-evaluated", error.sentences()),))
    else:
        yield CheckStep("rules", ())


def _print_text(root: Path, *, lang: str) -> bool:
    """Print each step as soon as it is done; return whether none found a fault."""
    sound = True
    for step in _steps(root):
        title = translate(f"check.step-{step.name}", lang, **step.values)
        if not step.faults:
            click.echo(f"✓ {title}")
            continue
        sound = False
        count = translate("check.faults", lang, count=len(step.faults))
        click.echo(f"✗ {title}: {count}" if lang == "en" else f"✗ {title} : {count}")
        for fault in step.faults:
            click.echo("  " + _fault_line(fault, lang=lang))
    return sound


def _fault_line(fault: Fault, *, lang: str) -> str:
    node = fault.node if fault.node == fault.file or ":" not in fault.node else compact(fault.node)
    return " · ".join((fault.file or "–", node or "–", fault.rule, fault.detail[lang]))


def _print_json(root: Path) -> bool:
    steps = tuple(_steps(root))
    sound = not any(step.faults for step in steps)
    answer = {"clean": sound, "steps": [_step_object(step) for step in steps]}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    return sound


def _step_object(step: CheckStep) -> dict[str, object]:
    title = {lang: translate(f"check.step-{step.name}", lang, **step.values) for lang in LANGUAGES}
    faults = [{"file": fault.file, "node": fault.node, "rule": fault.rule, "detail": dict(fault.detail)} for fault in step.faults]
    return {"name": step.name, "title": title, "faults": faults}
