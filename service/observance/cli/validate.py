"""`observance validate`: is a submission ready to be processed, and if not, what is to be repaired?"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from observance.cli.against import compared
from observance.cli.language import chosen, knowledge_option, lang_option, register_option, settings
from observance.errors import Misused, ObservanceError
from observance.house import House, open_house
from observance.intake import report as written
from observance.intake.check import Wanted
from observance.intake.engines import ENGINES
from observance.intake.read import gather
from observance.model import Report, Source
from observance.namespaces import compact
from observance.phrases import say

FORMATS = ("text", "json", "turtle", "sarif")

Outcome = Report | tuple[str, ObservanceError]


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
@click.option("--cross-check", is_flag=True, help="Run both engines and show where they disagree.")
@knowledge_option
@lang_option
@click.pass_context
def validate(
    context: click.Context, *, files: tuple[Path, ...], registers: tuple[Path, ...], form: str, engine: str, cross_check: bool,
    evidence: bool, repairs: bool | None, against: Path | None, as_of: datetime | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    r"""Validate submissions: files or folders in any RDF syntax, or `-` for standard input.

    \b
    Exit code 0: nothing keeps them from being processed; 1: there are findings to repair (✗);
    2: a file could not be read. Remarks (! and ·) never change the exit code.
    """
    if not files:
        raise Misused("cli.no-files")
    several = len(files) > 1 or files[0].is_dir()
    if against is not None and several:
        raise Misused("cli.against-several")
    date = None if as_of is None else as_of.date().isoformat()
    wanted = Wanted(not several if repairs is None else repairs, evidence, provenance=True, as_of=date)
    with open_house(settings(knowledge), registers=registers) as house:
        found = _outcomes(files, house=house, engine=engine, wanted=wanted)
        if against is not None:
            outcomes = list(found)
            report = next(outcome for outcome in outcomes if isinstance(outcome, Report))
            click.echo(compared(report, against, house=house, engine=engine, form=form, lang=chosen(lang)))
            context.exit(_code(outcomes))
        outcomes = list(_shown(found, form=form, lang=chosen(lang)))
        if cross_check:
            _cross_checked(outcomes, files=files, house=house, engine=engine, lang=chosen(lang))
    if form == "json":
        click.echo(written.as_json([_object(outcome) for outcome in outcomes], several=several) if several or outcomes else "[]")
    elif form == "sarif":
        reports = [outcome for outcome in outcomes if isinstance(outcome, Report)]
        errors = [(outcome[0], outcome[1].sentence(chosen(lang))) for outcome in outcomes if not isinstance(outcome, Report)]
        click.echo(written.as_sarif(reports, lang=chosen(lang), errors=errors))
    context.exit(_code(outcomes))


def _outcomes(files: Sequence[Path], *, house: House, engine: str, wanted: Wanted) -> Iterator[Outcome]:
    """The report on each file; one that cannot be read does not stop the others."""
    alone = len(files) == 1 and not files[0].is_dir()
    for path in gather(files):
        try:
            source = Source("-", sys.stdin.buffer.read(house.settings.max_bytes + 1)) if str(path) == "-" else path
            yield house.validate(source, engine=engine, wanted=wanted)
        except ObservanceError as error:
            if alone:
                raise
            yield str(path), error


def _cross_checked(outcomes: Sequence[Outcome], *, files: Sequence[Path], house: House, engine: str, lang: str) -> None:
    """Say on standard error where the other engine finds something else; standard input cannot be read twice."""
    other = next(name for name in ENGINES if name != engine)
    pairs = zip(gather(files), outcomes, strict=True)
    reports = [(path, outcome) for path, outcome in pairs if isinstance(outcome, Report) and str(path) != "-"]
    same = 0
    for path, report in reports:
        mine, theirs = _keys(report), _keys(house.validate(path, engine=other))
        same += mine == theirs
        for name, keys in ((engine, mine - theirs), (other, theirs - mine)):
            for focus, shape, *_ in sorted(keys):
                click.echo(say("cli.disagreement", lang, file=path, engine=name, focus=focus, shape=compact(shape)), err=True)
    click.echo(say("cli.cross-checked", lang, same=same, count=len(reports), one=engine, other=other), err=True)


def _keys(report: Report) -> set[tuple[str, ...]]:
    """What two engines must agree on: everything but the words."""
    return {(f.focus, f.shape, f.path or "", f.value or "", f.component, f.severity, f.paragraph or "") for f in report.findings}


def _shown(outcomes: Iterable[Outcome], *, form: str, lang: str) -> Iterator[Outcome]:
    """Each outcome, said as soon as it is there where the format allows it."""
    for number, outcome in enumerate(outcomes, 1):
        if not isinstance(outcome, Report):
            click.echo(outcome[1].sentence(lang), err=True)
        elif form == "text":
            click.echo(written.as_text(outcome, lang=lang))
        elif form == "turtle":
            click.echo(written.as_turtle([outcome], first=number), nl=False)
        yield outcome


def _object(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Report):
        return written.as_object(outcome)
    name, error = outcome
    return {"file": name, "error": error.sentences()}


def _code(outcomes: Iterable[Outcome]) -> int:
    codes = [0 if isinstance(outcome, Report) and outcome.processable else 1 if isinstance(outcome, Report) else 2 for outcome in outcomes]
    return max(codes, default=0)
