"""`observance validate`: reports on submissions, and whether each can be processed."""

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import pyoxigraph as ox

from observance.cli.options import knowledge_option, lang_option, load_settings, register_option, resolve_language
from observance.core import LANGUAGES, RDFS, ObservanceError, UsageError, WorkerDiedError, compact, translate
from observance.knowledge_base import KnowledgeBase
from observance.rdf import rdf_files, serialize_turtle
from observance.submissions import (
    COMPARISON_KINDS,
    ENGINES,
    ReportOptions,
    SubmissionReport,
    compare_reports,
    report_to_json,
    report_to_text,
    reports_to_sarif,
    reports_to_turtle,
)
from oxishacl import Source

WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""The endings of the names of workbooks, of which all but the first are refused with what to do."""

ValidationOutcome = SubmissionReport | tuple[str, ObservanceError]
"""The report on a file, or its name and the error if it could not be read."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@register_option
@click.option(
    "--format",
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
@click.option("--marked", type=click.Path(path_type=Path), metavar="FILE", help="Write the workbook with what was found at its cells.")
@click.option("--cross-check", is_flag=True, help="Run both engines and show where they disagree.")
@knowledge_option
@lang_option
@click.pass_context
def validate(
    context: click.Context, *, files: tuple[Path, ...], registers: tuple[Path, ...], format: str, engine: str, cross_check: bool, jobs: int,
    evidence: bool, repairs: bool | None, against: Path | None, as_of: datetime | None,
    marked: Path | None, knowledge: Path | None, lang: str | None,
) -> None:  # fmt: skip
    """Validate submissions: files or folders in any RDF syntax, workbooks (.xlsx), or `-` for standard input.

    \b
    Exit code 0: nothing keeps them from being processed; 1: there are findings to repair (✗);
    2: a file could not be read. Remarks (! and ·) never change the exit code.
    """  # noqa: D301 - \b keeps the lines below it apart
    if not files:
        raise UsageError("cli.no-files")
    several = len(files) > 1 or files[0].is_dir()
    if against is not None and several:
        raise UsageError("cli.against-several")
    if marked is not None or any(path.suffix.lower() in WORKBOOKS for path in files):
        has_others = evidence or cross_check or (against, as_of) != (None, None) or engine != ENGINES[0]
        context.exit(_validate_workbooks(files, registers, knowledge, format=format, lang=lang, marked=marked, has_others=has_others))
    options = ReportOptions(not several if repairs is None else repairs, evidence, provenance=True, as_of=_iso_date(as_of))
    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb, ExitStack() as stack:
        paths = rdf_files(files)

        def check(path: Path) -> ValidationOutcome:
            return _validate_file(path, kb=kb, engine=engine, options=options, single=not several)

        outcomes: Iterable[ValidationOutcome] = map(check, paths)
        if several:
            # Imported here because a single file needs no processes, and the import takes as long as its validation.
            from oxishacl import parallel

            kb.submissions.warm_up(engine=engine)
            # A forked process has no standard input.
            outcomes = parallel.map_in_processes(
                check, paths, jobs=1 if Path("-") in paths else jobs,
                interrupt=stack.enter_context(parallel.InterruptFlag()), on_death=_died,
            )  # fmt: skip
            outcomes = parallel.with_progress(outcomes, count=len(paths))
        if against is not None:
            outcomes = list(outcomes)
            report = next(outcome for outcome in outcomes if isinstance(outcome, SubmissionReport))
            click.echo(render_comparison(report, against, kb=kb, engine=engine, format=format, lang=resolve_language(lang)))
            context.exit(max(map(exit_code, outcomes), default=0))
        printer = ReportPrinter(format, lang=resolve_language(lang), several=several, keep=cross_check)
        for outcome in outcomes:
            printer.print(outcome)
        printer.end(count=len(paths))
        if cross_check:
            _cross_check(printer.outcomes, files=paths, kb=kb, engine=engine, lang=resolve_language(lang))
    context.exit(printer.code)


def _iso_date(time: datetime | None) -> str | None:
    return None if time is None else time.date().isoformat()


def _validate_workbooks(
    files: Sequence[Path], registers: Sequence[Path], knowledge: Path | None, *, format: str, lang: str | None, marked: Path | None,
    has_others: bool,
) -> int:  # fmt: skip
    """Return the exit code for workbooks; raises UsageError if other options are given (`has_others`), which mean nothing for them."""
    if has_others:
        raise UsageError("workbooks.options")
    # Imported here because the package of workbooks can be taken away.
    from observance.cli.workbooks import validate_workbooks

    with KnowledgeBase.open(load_settings(knowledge), registers=registers) as kb:
        return validate_workbooks(files, kb=kb, format=format, lang=resolve_language(lang), marked=marked)


def _validate_file(path: Path, *, kb: KnowledgeBase, engine: str, options: ReportOptions, single: bool) -> ValidationOutcome:
    """The outcome for a file; with `single` an error is raised, otherwise it is the outcome, so that the next files are validated."""
    try:
        source = Source("-", sys.stdin.buffer.read(kb.settings.max_bytes + 1)) if str(path) == "-" else path
        return kb.submissions.validate(source, engine=engine, options=options)
    except ObservanceError as error:
        if single:
            raise
        return str(path), error


def _died(path: Path) -> ValidationOutcome:
    return str(path), WorkerDiedError("cli.worker-died", name=str(path))


def _cross_check(outcomes: Sequence[ValidationOutcome], *, files: Sequence[Path], kb: KnowledgeBase, engine: str, lang: str) -> None:
    """Print the disagreements with the other engine on standard error; standard input cannot be read twice and is skipped."""
    other_engine = next(engine_name for engine_name in ENGINES if engine_name != engine)
    pairs = zip(files, outcomes, strict=False)
    reports = [(path, outcome) for path, outcome in pairs if isinstance(outcome, SubmissionReport) and str(path) != "-"]
    agreements = 0
    for path, report in reports:
        engine_keys, other_keys = _result_keys(report), _result_keys(kb.submissions.validate(path, engine=other_engine))
        agreements += engine_keys == other_keys
        for engine_name, keys in ((engine, engine_keys - other_keys), (other_engine, other_keys - engine_keys)):
            for focus, shape, *_ in sorted(keys):
                click.echo(translate("cli.disagreement", lang, file=path, engine=engine_name, focus=focus, shape=compact(shape)), err=True)
    click.echo(translate("cli.cross-checked", lang, same=agreements, count=len(reports), one=engine, other=other_engine), err=True)


def _result_keys(report: SubmissionReport) -> set[tuple[str, ...]]:
    """The keys of the results: all fields on which two engines must agree, without the messages."""
    return {(f.focus, f.shape, f.path or "", f.value or "", f.component, f.severity, f.paragraph or "") for f in report.findings}


_SIGNS = {"new": "+", "persisting": "=", "resolved": "−"}


def render_comparison(new: SubmissionReport, old: Path, *, kb: KnowledgeBase, engine: str, format: str, lang: str) -> str:
    """The comparison with an earlier submission, or with an earlier report in JSON, as text or JSON.

    Raises what validation raises, and UsageError for another format.
    """
    if format not in {"text", "json"}:
        raise UsageError("cli.against-format", formats="text, json")
    results = _read_results(old)
    if results is None:
        results = report_to_json(kb.submissions.validate(old, engine=engine, options=ReportOptions()))["results"]
    comparison = compare_reports(report_to_json(new)["results"], results)
    if format == "json":
        return json.dumps({"new_file": new.name, "old_file": str(old), **comparison}, ensure_ascii=False, indent=2)
    lines = [translate("report.against", lang, new=new.name, old=old)]
    for kind in COMPARISON_KINDS:
        lines.append("  " + translate(f"report.{kind}", lang, count=len(comparison[kind])))
        lines += [f"    {_SIGNS[kind]} {_result_line(result, lang=lang)}" for result in comparison[kind]]
    return "\n".join(lines)


def _read_results(file: Path) -> list[Mapping[str, Any]] | None:
    """The results in a JSON report of this program; None for any other file."""
    if file.suffix != ".json" or not file.is_file():
        return None
    try:
        report = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None
    results = report.get("results") if isinstance(report, dict) else None
    if not isinstance(results, list) or not all(map(_is_result, results)):
        return None
    return results


def _is_result(value: Any) -> bool:
    keys = {"fingerprint": str, "shape": str, "focus": str, "message": dict}
    return isinstance(value, dict) and all(isinstance(value.get(key), types) for key, types in keys.items())


def _result_line(result: Mapping[str, Any], *, lang: str) -> str:
    position = result.get("place")
    where = f"{position['line']}:{position['column']} " if isinstance(position, dict) and {"line", "column"} <= position.keys() else ""
    text = result["message"].get(lang) or next(iter(result["message"].values()), "")
    return f"{where}{text} · {compact(result['shape'])} · {result['fingerprint'][:12]}"


_UNREADABLE: Final = 2


class ReportPrinter:
    """Prints outcomes on standard output in one format and errors on standard error; `code` is the exit code so far."""

    def __init__(self, format: str, *, lang: str, several: bool, keep: bool) -> None:
        """With `keep`, and for a format that needs all of them at the end, `outcomes` collects the outcomes."""
        self.format, self.lang, self.several = format, lang, several
        self.outcomes: list[ValidationOutcome] = []
        self.code = self.count = 0
        self._keeps_outcomes = keep or format == "sarif"

    def print(self, outcome: ValidationOutcome) -> None:
        """Print one outcome."""
        self.count += 1
        self.code = max(self.code, exit_code(outcome))
        if self._keeps_outcomes:
            self.outcomes.append(outcome)
        if not isinstance(outcome, SubmissionReport):
            click.echo(outcome[1].sentence(self.lang), err=True)
        if self.format == "json":
            self._item(_outcome_object(outcome))
        elif isinstance(outcome, SubmissionReport) and self.format == "text":
            click.echo(report_to_text(outcome, lang=self.lang))
        elif isinstance(outcome, SubmissionReport) and self.format == "turtle":
            click.echo(reports_to_turtle([outcome], first=self.count), nl=False)

    def end(self, *, count: int) -> None:
        """Complete the output; if fewer than `count` files were validated, print that it is partial and set the exit code to 2."""
        partial = count > self.count
        messages = {lang: translate("cli.partial", lang, done=self.count, count=count) for lang in LANGUAGES} if partial else {}
        if partial:
            self.code = _UNREADABLE
        if self.format == "json" and self.several:
            if partial:
                self._item({"partial": True, "validated": self.count, "files": count, "message": messages})
            click.echo("\n]" if self.count or partial else "[]")
        elif self.format == "sarif":
            self._end_sarif(messages)
        elif self.format == "turtle" and partial:
            node = ox.BlankNode("partial")
            click.echo(serialize_turtle([_comment_triple(node, text, lang) for lang, text in messages.items()]), nl=False)
        elif self.format == "text" and partial:
            click.echo(messages[self.lang])

    def _item(self, item: dict[str, Any]) -> None:
        text = json.dumps(item, ensure_ascii=False, indent=2)
        if not self.several:
            click.echo(text)
            return
        first = (self.count == 1 and "partial" not in item) or not self.count
        click.echo(("[\n" if first else ",\n") + textwrap.indent(text, "  "), nl=False)

    def _end_sarif(self, messages: dict[str, str]) -> None:
        errors = [(outcome[0], outcome[1].sentence(self.lang)) for outcome in self.outcomes if not isinstance(outcome, SubmissionReport)]
        errors += [("", messages[self.lang])] if messages else []
        click.echo(
            reports_to_sarif([outcome for outcome in self.outcomes if isinstance(outcome, SubmissionReport)], lang=self.lang, errors=errors)
        )


def exit_code(outcome: ValidationOutcome) -> int:
    """The exit code for one outcome: 0 nothing to repair, 1 findings to repair, 2 not readable."""
    return _UNREADABLE if not isinstance(outcome, SubmissionReport) else int(not outcome.processable)


def _outcome_object(outcome: ValidationOutcome) -> dict[str, Any]:
    return report_to_json(outcome) if isinstance(outcome, SubmissionReport) else {"file": outcome[0], "error": outcome[1].sentences()}


def _comment_triple(node: ox.BlankNode, text: str, lang: str) -> ox.Triple:
    return ox.Triple(node, ox.NamedNode(RDFS + "comment"), ox.Literal(text, language=lang))
