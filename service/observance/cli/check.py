"""`observance check`: terms, quality queries, OWL 2 RL, consistency and rules of the knowledge; or the documents of a register."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from observance.assessment import RuleBase
from observance.cli.options import (
    knowledge_option,
    lang_option,
    load_settings,
    parse_day,
    register_option,
    resolve_language,
)
from observance.core import LANGUAGES, InconsistentDataError, compact, current_time, translate
from observance.knowledge import CheckStep, Fault, check_steps, find_root, load_knowledge
from observance.knowledge_base import KnowledgeBase
from observance.register import RegisterFault
from observance.submissions import SEVERITIES, Finding, check_register
from oxishacl import Place

_SIGNS: Final = dict(zip(SEVERITIES, "✗!i", strict=True))


@click.command()
@register_option
@click.option("--today", metavar="DAY", help="With --register: the day after which nothing on record can have happened; by default today.")
@knowledge_option
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
@click.pass_context
def check(
    context: click.Context, *, registers: tuple[Path, ...], today: str | None, knowledge: Path | None, format: str, lang: str | None
) -> None:
    """Check the knowledge: terms, quality queries, OWL 2 RL, consistency, rules. With --register, check a register instead.

    Exit code 0: nothing to repair; 1: faults; 2: a file cannot be read or the reasoner is not installed.
    """
    settings, language = load_settings(knowledge), resolve_language(lang)
    if registers:
        day = current_time().date() if today is None else parse_day("--today", today)
        with KnowledgeBase.open(settings) as kb:
            register = kb.register.inspect(registers, today=day)
            report = check_register(register, knowledge=kb.knowledge, shapes=kb.shapes, settings=kb.settings, contexts=kb.contexts)
        entries = register_entries(register.faults, report.findings)
        click.echo(_register_json(entries) if format == "json" else _register_text(entries, count=len(register.documents), lang=language))
        context.exit(1 if any(entry.severity == SEVERITIES[0] for entry in entries) else 0)
    root = find_root(settings.knowledge)
    sound = _print_json(root) if format == "json" else _print_text(root, lang=language)
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


class RegisterEntry(Struct, frozen=True):
    """A line of the check of a register: what is said of which document, and where; a finding of a shape has a node and a shape."""

    document: str
    severity: str
    message: Mapping[str, str]
    place: Place | None
    node: str | None = None
    shape: str | None = None


def register_entries(faults: Iterable[RegisterFault], findings: Iterable[tuple[str, Finding]]) -> list[RegisterEntry]:
    """The faults of a register and the findings about its documents, by document, the gravest first and then in the order of the lines."""
    entries = [
        RegisterEntry(fault.document, fault.severity, {lang: fault.sentence(lang) for lang in LANGUAGES}, fault.place) for fault in faults
    ]
    entries += [RegisterEntry(name, f.severity, f.message, f.place, f.focus, f.shape) for name, f in findings]
    return sorted(entries, key=lambda e: (e.document, SEVERITIES.index(e.severity), e.place.line if e.place else 0, e.shape or ""))


def _register_text(entries: Iterable[RegisterEntry], *, count: int, lang: str) -> str:
    lines = []
    severities = Counter(entry.severity for entry in entries)
    for document, group in groupby(entries, key=lambda entry: entry.document):
        lines.append(document)
        # The same thing said of one line of many values is told once, with their number.
        for (severity, place, shape), same in groupby(group, key=lambda entry: (entry.severity, entry.place, entry.shape)):
            first, *others = same
            position = f"{place.line}:{place.column} " if place is not None else ""
            more = f" (+{len(others)})" if shape and others else ""
            lines.append(f"  {_SIGNS[severity]} {position}{first.message[lang]}{more}")
            lines += [f"  {_SIGNS[severity]} {position}{other.message[lang]}" for other in others if not shape]
            if first.node is not None and shape is not None:
                lines.append(f"      {first.node if first.node.startswith('_:') else compact(first.node)} · {compact(shape)}")
    counts = " · ".join(
        f"{_SIGNS[severity]} " + translate(f"report.count-{severity.lower()}", lang, count=severities[severity])
        for severity in SEVERITIES
        if severities[severity]
    )
    return "\n".join((*lines, translate("register.checked", lang, count=count) + (f" {counts}" if counts else "")))


def _register_json(entries: Iterable[RegisterEntry]) -> str:
    objects = [
        {
            "document": entry.document,
            "line": entry.place.line if entry.place else None,
            "column": entry.place.column if entry.place else None,
            "severity": entry.severity,
            "message": dict(entry.message),
            "node": entry.node,
            "shape": entry.shape,
        }
        for entry in entries
    ]
    clean = all(entry.severity != SEVERITIES[0] for entry in entries)
    return json.dumps({"clean": clean, "faults": objects}, ensure_ascii=False, indent=2)


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
