"""`observance check`: is the knowledge sound, before anything is derived from it?"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from observance.assessment import RuleBase, RuleSet, export_n3, export_shacl
from observance.cli.options import knowledge_option, lang_option, load_settings, resolve_language
from observance.core import LANGUAGES, VERSION, NotFoundError, UsageError, compact, local_name, translate
from observance.knowledge import CheckStep, Fault, check_steps, find_root, is_shipped
from observance.knowledge_base import KnowledgeBase
from observance.questions import render_text_table


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
        count = translate("check.faults" if len(step.faults) > 1 else "check.faults-one", lang, count=len(step.faults))
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
            _copied(kb, output=output)
            click.echo(translate("cli.demo-copied", resolve_language(lang), folder=output))
        else:
            contents = kb.questions.page("register-contents", {"lang": resolve_language(lang)})
            click.echo(translate("cli.demo-holds", resolve_language(lang)))
            click.echo(render_text_table(contents.body, lang=resolve_language(lang), without=("lang",)), nl=False)


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
    """Write the knowledge as HTML pages: vocabulary, code lists, norms, open points, readings, instruments, links, lists of parties.

    In every language, unless --lang names one. The same knowledge gives the same bytes.
    """
    from observance.documentation import build_documentation  # only this command needs Jinja

    if output.exists():
        raise UsageError("cli.exists", folder=output)
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        pages = build_documentation(
            lambda name: kb.questions.page(name, {}).body,
            languages=(lang,) if lang else LANGUAGES,
            version=VERSION,
            guides=is_shipped(kb.root),
        )
    _write(pages, output=output)
    count = sum(name.endswith(".html") for name in pages)
    click.echo(translate("publishing.written", resolve_language(lang), count=count, folder=output, first=output / "index.html"))


def _write(pages: Mapping[str, bytes], *, output: Path) -> None:
    """The files in the folder: all of them or none."""
    partial = output.with_name(output.name + ".partial")
    try:
        for name, content in pages.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(content)
        partial.rename(output)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise UsageError("cli.cannot-write", folder=output, reason=error.strerror or type(error).__name__) from None


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
    with KnowledgeBase.open(load_settings(knowledge)) as kb:
        book = RuleBase(kb.knowledge).book
        if form == "shacl":
            click.echo(export_shacl(book), nl=False)
        elif form == "n3":
            _steps(export_n3(book), output=output)
        else:
            click.echo("\n".join(_lines(book, kb=kb, lang=resolve_language(lang))))


def _steps(texts: tuple[str, ...], *, output: Path | None) -> None:
    if output is None:
        click.echo("".join(f"# {number}\n{text}\n" for number, text in enumerate(texts)), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (output / f"step-{number:02}.n3").write_text(text, encoding="utf-8")
        click.echo(output / f"step-{number:02}.n3")


def _lines(book: RuleSet, *, kb: KnowledgeBase, lang: str) -> Iterator[str]:
    yield translate("assessment.rules-version", lang, version=book.version)
    for norm, found in book.rules.items():
        yield ""
        yield f"{local_name(norm)}: {kb.assessment.inputs.names.name(norm, lang)}"
        for rule in found:
            premises = translate("assessment.separator", lang).join(premise.label[lang] for premise in rule.premises)
            yield f"  {rule.precedence:>4}  {book.statuses[rule.status].label[lang]}: {premises}"
