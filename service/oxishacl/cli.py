"""The command `oxishacl validate -s SHAPES DATA…`, with a report as text, JSON, SARIF or a sh:ValidationReport in Turtle.

Exit codes: 0 the data conform; 1 there are results; 2 an error, told in one sentence and never with a traceback.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from msgspec import Struct, structs

from oxishacl.compiler import VERSIONS, Validator, compile_shapes
from oxishacl.data_graph import Index
from oxishacl.documents import STDIN, DataDocuments, file_iris, parsed_document, read_documents, read_sources
from oxishacl.errors import LANGUAGES, OxishaclError, UsageError
from oxishacl.parsing.source import Source, quote, valid_text
from oxishacl.report_formats import report_to_object, report_to_sarif_results, report_to_text, report_to_turtle, sarif_document
from oxishacl.report_text import message

_FORMATS: Final = ("text", "json", "turtle", "sarif")
_UNREADABLE: Final = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """SHACL validation on Oxigraph's terms."""


@cli.command()
@click.option("-s", "--shapes", "shapes", metavar="SHAPES", multiple=True, help="A file of shapes; may be repeated.")
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True, help="Format of the report.")
@click.option(
    "--shacl", "version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True,
    help="Version of SHACL, where 1.2 contradicts 1.0; what 1.2 adds is validated anyhow.",
)  # fmt: skip
@click.option("--skip-ill-formed", is_flag=True, help="Leave ill-formed shapes out, and say so, instead of refusing the shapes.")
@click.option("--counts", is_flag=True, help="Also tell how many focus nodes each shape has, by each of its targets (text, JSON).")
@click.option("--each", is_flag=True, help="Validate each file as a data graph of its own, instead of all together.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="With --each, in how many processes.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the report; by default that of the locale, else English.")
@click.argument("data", nargs=-1, metavar="DATA...")
def validate(
    *, shapes: tuple[str, ...], data: tuple[str, ...], format_: str, version: str, skip_ill_formed: bool, counts: bool, each: bool,
    jobs: int, lang: str | None,
) -> int:  # fmt: skip
    """Validate the data graph that the files DATA make up together (`-`: standard input), in any RDF syntax, also in gzip or zip files.

    Exit code 0: the data conform; 1: there are results; 2: a file cannot be read, a shape is ill-formed, or the command was put wrongly.
    """
    if not shapes:
        raise UsageError("no-shapes")
    if not data:
        raise UsageError("no-data")
    if (*shapes, *data).count(STDIN) > 1:
        raise UsageError("standard-input-twice")
    if counts and format_ not in {"text", "json"}:
        raise UsageError("counts-format")
    if each and format_ == "turtle":
        raise UsageError("each-turtle")
    if jobs > 1 and not each:
        raise UsageError("jobs-each")
    used_labels: set[str] = set()
    documents = None if each else read_documents(data, used_labels=used_labels)
    validator = compile_shapes(
        read_documents(shapes, used_labels=used_labels).quads, version=version, skip_ill_formed=skip_ill_formed
    )  # fmt: skip
    command = _Validation(validator, format_, _language(lang), counts, used_labels)
    for warning in (*validator.warnings(given=file_iris(shapes)), *validator.left_out()):
        _warn(warning.sentence(command.lang), lang=command.lang)
    return _validate_each(command, data, jobs=jobs) if documents is None else _validate_together(command, documents)


class _Outcome(Struct, frozen=True):
    """What the report on one data graph says, in its format; or the error with which it could not be validated."""

    name: str
    rendered: Any = None
    conforms: bool = True
    has_focus_nodes: bool = True
    error: OxishaclError | None = None


class _Validation(Struct, frozen=True):
    """How data graphs are validated and reported on."""

    validator: Validator
    format: str
    lang: str
    with_counts: bool
    shape_labels: set[str]

    def outcome(self, documents: DataDocuments) -> _Outcome:
        """The report on the data graph of the documents."""
        index = Index(documents.quads)
        report = self.validator.report(index)
        counts = self.validator.target_counts(index) if self.with_counts else ()
        name = valid_text(documents.documents[0].name)
        if self.format == "text":
            rendered: Any = report_to_text(report, documents, lang=self.lang, counts=counts)
        elif self.format == "json":
            rendered = report_to_object(report, documents, lang=self.lang, counts=counts)
        elif self.format == "turtle":
            rendered = report_to_turtle(report)
        else:
            rendered = report_to_sarif_results(report, documents, lang=self.lang)
        has_focus_nodes = bool(report.results) or next(self.validator.focus_nodes(index), None) is not None
        return _Outcome(name, rendered, report.conforms, has_focus_nodes)

    def outcomes_of_file(self, name: str) -> list[_Outcome]:
        """The outcome of each document in the file."""
        try:
            sources = read_sources([name])
        except OxishaclError as error:
            return [_Outcome(valid_text(name), error=error)]
        return [self._outcome_of_source(source) for source in sources]

    def _outcome_of_source(self, source: Source) -> _Outcome:
        try:
            return self.outcome(DataDocuments((parsed_document(source, used_labels=set(self.shape_labels)),)))
        except OxishaclError as error:
            return _Outcome(valid_text(source.name), error=error)


def _validate_together(command: _Validation, documents: DataDocuments) -> int:
    outcome = command.outcome(documents)
    if not outcome.has_focus_nodes:
        _warn(message("no-focus-nodes", command.lang), lang=command.lang)
    names = [document.name for document in documents.documents]
    if command.format == "json":
        _write(_json_text(outcome.rendered), encoding="utf-8")
    elif command.format == "sarif":
        _write(sarif_document(names, outcome.rendered, lang=command.lang), encoding="utf-8")
    else:
        _write(outcome.rendered, encoding=sys.stdout.encoding if command.format == "text" else "utf-8")
    return 0 if outcome.conforms else 1


def _validate_each(command: _Validation, names: Sequence[str], *, jobs: int) -> int:
    """Validate each document of each file, and print all reports; an unreadable file is told, and the others are validated."""
    # Imported here because one data graph needs no processes.
    from oxishacl.parallel import InterruptFlag, map_in_processes, with_progress

    command.validator.compile_all()
    outcomes: list[_Outcome] = []
    validated = 0
    with InterruptFlag() as interrupt:
        # A forked process has no standard input.
        found = map_in_processes(
            command.outcomes_of_file, names, jobs=1 if STDIN in names else jobs, interrupt=interrupt, on_death=_died
        )  # fmt: skip
        for of_file in with_progress(found, count=len(names)):
            validated += 1
            for outcome in of_file:
                _tell(outcome, command)
                outcomes.append(structs.replace(outcome, rendered=None) if command.format == "text" else outcome)
    if command.format == "json":
        _write(_json_text([_each_object(outcome, command.lang) for outcome in outcomes]), encoding="utf-8")
    elif command.format == "sarif":
        results = [result for outcome in outcomes for result in outcome.rendered or ()]
        errors = [(outcome.name, outcome.error.sentence(command.lang)) for outcome in outcomes if outcome.error is not None]
        _write(sarif_document([outcome.name for outcome in outcomes], results, lang=command.lang, errors=errors), encoding="utf-8")
    if interrupt.requested:
        return _failed(message("interrupted-after", command.lang, count=validated, files=len(names)))
    return max((_exit_code(outcome) for outcome in outcomes), default=0)


def _tell(outcome: _Outcome, command: _Validation) -> None:
    """Print the report of one data graph where the format is text, and on standard error what keeps it from being one."""
    if outcome.error is not None:
        click.echo(outcome.error.sentence(command.lang), err=True)
    elif not outcome.has_focus_nodes:
        _warn(message("no-focus-nodes-in", command.lang, name=quote(outcome.name)), lang=command.lang)
    if command.format == "text" and outcome.error is None:
        heading = message("file", command.lang, name=quote(outcome.name))
        _write(f"{heading}\n{outcome.rendered}", encoding=sys.stdout.encoding)


def _each_object(outcome: _Outcome, lang: str) -> Mapping[str, Any]:
    report = {"error": outcome.error.sentence(lang)} if outcome.error is not None else outcome.rendered
    return {"file": outcome.name, **report}


def _exit_code(outcome: _Outcome) -> int:
    return _UNREADABLE if outcome.error is not None else int(not outcome.conforms)


def _died(name: str) -> list[_Outcome]:
    return [_Outcome(valid_text(name), error=UsageError("process-died", name=quote(name)))]


def _json_text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _warn(sentence: str, *, lang: str) -> None:
    click.echo(message("warning", lang, text=sentence), err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command, which prints its report or one sentence about an error; the exit code."""
    lang = _language(_lang_option(arguments))
    try:
        code = cli.main(args=arguments, prog_name="oxishacl", standalone_mode=False)
    except OxishaclError as error:
        return _failed(error.sentence(lang))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "oxishacl"
        return _failed(UsageError("usage", problem=error.format_message(), help=f"{context} --help").sentence(lang))
    except SystemExit:
        # Click exits with 1 when the reader of the help has gone; here 1 says that there are results.
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _failed(message("interrupted", lang))
    except Exception as error:  # noqa: BLE001 - a fault of this program is one sentence too, and never exit code 1
        return _failed(message("fault", lang, kind=type(error).__name__, detail=quote(str(error))))
    return code if isinstance(code, int) else 0


def _failed(sentence: str) -> int:
    click.echo(sentence, err=True)
    return 2


def _language(requested: str | None) -> str:
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return next((lang for lang in (requested, locale[:2]) if lang in LANGUAGES), "en")


def _lang_option(arguments: Sequence[str]) -> str | None:
    """The value of `--lang` in any arguments, so that errors in them are told in that language too."""
    for option, value in zip(arguments, [*arguments[1:], None], strict=True):
        if option == "--lang":
            return value
        if option.startswith("--lang="):
            return option.removeprefix("--lang=")
    return None


def _write(text: str, *, encoding: str) -> None:
    """Print the text; raises UsageError when standard output cannot be written, and exits with 2 when its reader has gone."""
    try:
        click.echo(text.encode(encoding, errors="backslashreplace"), nl=False)
    except OSError as error:
        # Otherwise Python tries to flush the output again when it exits, and fails.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(2) from None
        raise UsageError("cannot-write", detail=error.strerror or type(error).__name__) from None
