"""`observance check`: is the knowledge sound, before anything is derived from it?"""

import json
from pathlib import Path

import click

from observance.cli.options import knowledge_option, lang_option, load_settings, resolve_language
from observance.core import LANGUAGES, compact, translate
from observance.knowledge import CheckStep, Fault, check_steps, find_root


@click.command()
@knowledge_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@click.pass_context
def check(context: click.Context, *, knowledge: Path | None, form: str, lang: str | None) -> None:
    """Check the knowledge itself: terms, quality queries, OWL 2 RL, consistency.

    Exit code 0: nothing to repair; 1: faults; 2: a file cannot be read or the reasoner is not installed.
    """
    root = find_root(load_settings(knowledge).knowledge)
    done = _as_json(root) if form == "json" else _as_text(root, lang=resolve_language(lang))
    context.exit(0 if done else 1)


def _as_text(root: Path, *, lang: str) -> bool:
    """Say each step as soon as it is done; whether all were clean."""
    clean = True
    for step in check_steps(root):
        title = translate(f"check.step-{step.name}", lang, **step.values)
        if not step.faults:
            click.echo(f"✓ {title}")
            continue
        clean = False
        count = translate("check.faults", lang, count=len(step.faults))
        click.echo(f"✗ {title}: {count}" if lang == "en" else f"✗ {title} : {count}")
        for fault in step.faults:
            click.echo("  " + _line(fault, lang=lang))
    return clean


def _line(fault: Fault, *, lang: str) -> str:
    node = fault.node if fault.node == fault.file or ":" not in fault.node else compact(fault.node)
    return " · ".join((fault.file or "–", node or "–", fault.rule, fault.detail[lang]))


def _as_json(root: Path) -> bool:
    done = tuple(check_steps(root))
    clean = not any(step.faults for step in done)
    answer = {"clean": clean, "steps": [_step(step) for step in done]}
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    return clean


def _step(step: CheckStep) -> dict[str, object]:
    title = {lang: translate(f"check.step-{step.name}", lang, **step.values) for lang in LANGUAGES}
    listed = [{"file": fault.file, "node": fault.node, "rule": fault.rule, "detail": dict(fault.detail)} for fault in step.faults]
    return {"name": step.name, "title": title, "faults": listed}
