"""`observance validate`: is a submission ready to be processed, and if not, what is to be repaired?"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click

from observance.cli.options import chosen, knowledge_option, lang_option, register_option, settings
from observance.cli.report_printer import Outcome, Printer, code
from observance.core.errors import ObservanceError, UsageError
from observance.core.i18n import translate
from observance.core.model import Report, Source
from observance.core.namespaces import compact
from observance.knowledge_base import KnowledgeBase, open_knowledge_base
from observance.rdf.files import gather
from observance.submissions.checker import ReportOptions
from observance.submissions.engines import ENGINES

FORMATS = ("text", "json", "turtle", "sarif")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@register_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "turtle", "sarif"]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="Our own engine, or its referee.")
@click.option("--evidence", is_flag=True, help="Also say which statements met which paragraph, and which no shape looks at.")
@click.option("--repairs/--no-repairs", default=None, help="Propose repairs, each tried first.  [default: for one file]")
@click.option("--against", type=click.Path(path_type=Path), metavar="OLD", help="Compare with an earlier submission or JSON report.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The date that the report is made for; it is written into it.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="In how many processes to validate several files.")
@click.option("--cross-check", is_flag=True, help="Run both engines and show where they disagree.")
@knowledge_option
@lang_option
@click.pass_context
def validate(
    context: click.Context, *, files: tuple[Path, ...], registers: tuple[Path, ...], form: str, engine: str, cross_check: bool, jobs: int,
    evidence: bool, repairs: bool | None, against: Path | None, as_of: datetime | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    r"""Validate submissions: files or folders in any RDF syntax, or `-` for standard input.

    \b
    Exit code 0: nothing keeps them from being processed; 1: there are findings to repair (✗);
    2: a file could not be read. Remarks (! and ·) never change the exit code.
    """
    if not files:
        raise UsageError("cli.no-files")
    several = len(files) > 1 or files[0].is_dir()
    if against is not None and several:
        raise UsageError("cli.against-several")
    date = None if as_of is None else as_of.date().isoformat()
    wanted = ReportOptions(not several if repairs is None else repairs, evidence, provenance=True, as_of=date)
    with open_knowledge_base(settings(knowledge), registers=registers) as kb, ExitStack() as stack:
        paths = gather(files)

        def check(path: Path) -> Outcome:
            return _outcome(path, kb=kb, engine=engine, wanted=wanted, alone=not several)

        found: Iterable[Outcome] = map(check, paths)
        if several:
            # One file needs no processes, and importing them takes as long as validating it.
            from observance.cli import parallel_validation

            kb.prepare(engine=engine)
            found = parallel_validation.outcomes(paths, check=check, jobs=jobs, stopped=stack.enter_context(parallel_validation.Stopped()))
            found = parallel_validation.progress(found, count=len(paths))
        if against is not None:
            from observance.cli.report_comparison import compared

            outcomes = list(found)
            report = next(outcome for outcome in outcomes if isinstance(outcome, Report))
            click.echo(compared(report, against, kb=kb, engine=engine, form=form, lang=chosen(lang)))
            context.exit(max(map(code, outcomes), default=0))
        printer = Printer(form, lang=chosen(lang), several=several, keep=cross_check)
        for outcome in found:
            printer.print(outcome)
        printer.end(count=len(paths))
        if cross_check:
            _cross_checked(printer.kept, files=paths, kb=kb, engine=engine, lang=chosen(lang))
    context.exit(printer.code)


def _outcome(path: Path, *, kb: KnowledgeBase, engine: str, wanted: ReportOptions, alone: bool) -> Outcome:
    """The report on a file; one of several that cannot be read does not stop the others."""
    try:
        source = Source("-", sys.stdin.buffer.read(kb.settings.max_bytes + 1)) if str(path) == "-" else path
        return kb.validate(source, engine=engine, wanted=wanted)
    except ObservanceError as error:
        if alone:
            raise
        return str(path), error


def _cross_checked(outcomes: Sequence[Outcome], *, files: Sequence[Path], kb: KnowledgeBase, engine: str, lang: str) -> None:
    """Say on standard error where the other engine finds something else; standard input cannot be read twice."""
    other = next(name for name in ENGINES if name != engine)
    pairs = zip(files, outcomes, strict=False)
    reports = [(path, outcome) for path, outcome in pairs if isinstance(outcome, Report) and str(path) != "-"]
    same = 0
    for path, report in reports:
        mine, theirs = _keys(report), _keys(kb.validate(path, engine=other))
        same += mine == theirs
        for name, keys in ((engine, mine - theirs), (other, theirs - mine)):
            for focus, shape, *_ in sorted(keys):
                click.echo(translate("cli.disagreement", lang, file=path, engine=name, focus=focus, shape=compact(shape)), err=True)
    click.echo(translate("cli.cross-checked", lang, same=same, count=len(reports), one=engine, other=other), err=True)


def _keys(report: Report) -> set[tuple[str, ...]]:
    """What two engines must agree on: everything but the words."""
    return {(f.focus, f.shape, f.path or "", f.value or "", f.component, f.severity, f.paragraph or "") for f in report.findings}
