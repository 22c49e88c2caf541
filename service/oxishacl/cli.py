"""The command `oxishacl validate -s SHAPES DATA…`, with a report as text, as JSON or as a sh:ValidationReport in Turtle.

Exit codes: 0 the data conform; 1 there are results; 2 an error, told in one sentence and never with a traceback.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

import click
import pyoxigraph as ox
from msgspec import Struct

from oxishacl.compiler import VERSIONS, compile_shapes
from oxishacl.data_graph import Index
from oxishacl.errors import LANGUAGES, InvalidInputError, OxishaclError, UsageError
from oxishacl.parsing import parse_source
from oxishacl.parsing.source import Document, Limits, Place, Source, quote
from oxishacl.positions import QuadFinder, SourcePositions
from oxishacl.report import ValidationReport, ValidationResult
from oxishacl.report_text import PREFIXES, compact, message, sentences
from oxishacl.terms import Term

_STDIN: Final = "-"
_LIMITS: Final = Limits()
# The blank node labels of `report_quads`.
_REPORT_LABEL: Final = re.compile(r"report|result\d+(?:-\d+)*")


class ParsedFile(Struct, frozen=True, dict=True):
    """A document, and its quads in document order with blank node labels that no other file has."""

    document: Document
    quads: tuple[ox.Quad, ...]

    @cached_property
    def positions(self) -> SourcePositions:
        """The places of the quads."""
        return SourcePositions(self.document, limits=_LIMITS, contexts={})


class DataFiles(Struct, frozen=True, dict=True):
    """The files whose quads make up the data graph."""

    files: tuple[ParsedFile, ...]

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The data graph."""
        return tuple(chain.from_iterable(file.quads for file in self.files))

    @cached_property
    def _finder(self) -> QuadFinder:
        return QuadFinder(self.quads)

    def position(self, result: ValidationResult) -> tuple[str, Place] | None:
        """The name of the file, and the place in it, that the result is about; None for a node that no file names."""
        located = self._finder.find(result.focus, path=None if result.path is None else result.path.node, value=result.value)
        if located is None:
            return None
        number = located.number
        for file in self.files:
            if number < len(file.quads):
                place = file.positions.of_subject(number) if located.subject_only else file.positions.of(number)
                return None if place is None else (file.document.source.name, place)
            number -= len(file.quads)
        return None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """SHACL validation on Oxigraph's terms."""


@cli.command()
@click.option("-s", "--shapes", "shapes", metavar="SHAPES", multiple=True, help="A file of shapes; may be repeated.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True, help="Format of the report."
)
@click.option(
    "--shacl", "version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True,
    help="Version of SHACL, where 1.2 contradicts 1.0; what 1.2 adds is validated anyhow.",
)  # fmt: skip
@click.option("--skip-ill-formed", is_flag=True, help="Leave ill-formed shapes out, and say so, instead of refusing the shapes.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the report; by default that of the locale, else English.")
@click.argument("data", nargs=-1, metavar="DATA...")
def validate(*, shapes: tuple[str, ...], data: tuple[str, ...], format_: str, version: str, skip_ill_formed: bool, lang: str | None) -> int:
    """Validate the data graph that the files DATA make up together (`-`: standard input), in any RDF syntax.

    Exit code 0: the data conform; 1: there are results; 2: a file cannot be read, a shape is ill-formed, or the command was put wrongly.
    """
    if not shapes:
        raise UsageError("no-shapes")
    if not data:
        raise UsageError("no-data")
    if (*shapes, *data).count(_STDIN) > 1:
        raise UsageError("standard-input-twice")
    used_labels: set[str] = set()
    files = DataFiles(tuple(_parsed(name, used_labels=used_labels) for name in data))
    shapes_quads = [quad for name in shapes for quad in _parsed(name, used_labels=used_labels).quads]
    validator = compile_shapes(shapes_quads, version=version, skip_ill_formed=skip_ill_formed)
    report = validator.report(Index(files.quads))
    for warning in (*validator.warnings(given=_names(shapes)), *validator.left_out()):
        click.echo(message("warning", _language(lang), text=warning.sentence(_language(lang))), err=True)
    writer = {"text": _text, "json": _json, "turtle": _turtle}[format_]
    _write(writer(report, files, _language(lang)), encoding=sys.stdout.encoding if format_ == "text" else "utf-8")
    return 0 if report.conforms else 1


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


def _parsed(name: str, *, used_labels: set[str]) -> ParsedFile:
    """Parse the file, rename blank nodes whose labels are in `used_labels`, and add its labels to these."""
    document = parse_source(_read(name), limits=_LIMITS)
    return ParsedFile(document, _with_unused_labels(document.quads, used_labels=used_labels))


def _names(files: Sequence[str]) -> list[str]:
    """The IRIs by which other files may import these: their addresses as files."""
    return [Path(name).resolve().as_uri() for name in files if name != _STDIN]


def _read(name: str) -> Source:
    try:
        if name == _STDIN:
            return Source(name, sys.stdin.buffer.read(_LIMITS.max_bytes + 1))
        with open(name, "rb") as file:  # noqa: PTH123 - the name is shown as it was given
            return Source(name, file.read(_LIMITS.max_bytes + 1))
    except (FileNotFoundError, ValueError):
        raise InvalidInputError("no-file", name=quote(name)) from None
    except OSError as error:
        raise InvalidInputError("cannot-read", name=quote(name), detail=error.strerror or type(error).__name__) from None


def _with_unused_labels(quads: tuple[ox.Quad, ...], *, used_labels: set[str]) -> tuple[ox.Quad, ...]:
    labels = {term.value for quad in quads for term in (quad.subject, quad.object) if isinstance(term, ox.BlankNode)}
    renamed: dict[Term, ox.BlankNode] = {}
    for label in sorted(label for label in labels if label in used_labels or _REPORT_LABEL.fullmatch(label)):
        unused = next(name for name in (f"{label}.{number}" for number in count(1)) if name not in used_labels and name not in labels)
        renamed[ox.BlankNode(label)] = ox.BlankNode(unused)
    used_labels |= labels | {node.value for node in renamed.values()}
    return tuple(_relabelled(quads, renamed)) if renamed else quads


def _relabelled(quads: Iterable[ox.Quad], renamed: Mapping[Any, ox.BlankNode]) -> Iterator[ox.Quad]:
    for subject, predicate, target, graph in quads:
        yield ox.Quad(renamed.get(subject, subject), predicate, renamed.get(target, target), graph)


def _text(report: ValidationReport, files: DataFiles, lang: str) -> str:
    if not report.results:
        return message("conforms", lang) + "\n"
    lines = [line for result in report.results for line in _lines(result, files, lang)]
    counts = Counter(_severity(result) for result in report.results)
    severities = ", ".join(message("severity", lang, severity=name, text=number) for name, number in sorted(counts.items()))
    lines.append(message("results", lang, count=len(report.results), severities=severities))
    if report.conforms:
        lines.append(message("conforms-nevertheless", lang))
    return "\n".join(lines) + "\n"


def _lines(result: ValidationResult, files: DataFiles, lang: str) -> Iterator[str]:
    position = files.position(result)
    location = f"{quote(position[0])}:{position[1].line}:{position[1].column}: " if position else ""
    texts = sentences(result, lang)
    preferred = (lang, "", "en")
    sentence = next((text for choice in preferred for text, language in texts if language == choice), texts[0][0])
    yield location + message("severity", lang, severity=_severity(result), text=quote(sentence))
    yield "  " + message("focus-node", lang, term=quote(compact(result.focus)))
    if result.path is not None:
        yield "  " + message("result-path", lang, path=quote(result.path.sparql))
    if result.value is not None:
        yield "  " + message("result-value", lang, term=quote(compact(result.value)))
    yield "  " + message("source-shape", lang, shape=quote(compact(result.shape)), component=compact(result.component))


def _severity(result: ValidationResult) -> str:
    return compact(result.severity).removeprefix("sh:")


def _json(report: ValidationReport, files: DataFiles, lang: str) -> str:
    skipped = [phrase.sentence(lang) for phrase in report.skipped]
    document = {
        "conforms": report.conforms,
        **({"skippedShapes": skipped} if skipped else {}),
        "results": [_object(result, files, lang) for result in report.results],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _object(result: ValidationResult, files: DataFiles, lang: str) -> Mapping[str, Any]:
    """The result under the local names of SHACL's properties; terms in N-Triples syntax, the path in SPARQL's."""
    position = files.position(result)
    return {
        "focusNode": str(result.focus),
        "resultPath": None if result.path is None else result.path.sparql,
        "value": None if result.value is None else str(result.value),
        "sourceShape": str(result.shape),
        "sourceConstraint": None if result.constraint is None else str(result.constraint),
        "sourceConstraintComponent": result.component.value,
        "resultSeverity": result.severity.value,
        "resultMessage": [{"text": text, "language": language or None} for text, language in sentences(result, lang)],
        "position": position and {"file": _valid_text(position[0]), "line": position[1].line, "column": position[1].column},
    }


def _valid_text(name: str) -> str:
    """The file name with U+FFFD for bytes that are not UTF-8."""
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")


def _turtle(report: ValidationReport, _files: DataFiles, _lang: str) -> str:
    text = (ox.serialize((quad.triple for quad in report.quads()), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()
    lines = text.splitlines(keepends=True)
    # Oxigraph writes the prefixes in a different order in every run.
    return "".join((*sorted(lines[: len(PREFIXES)]), *lines[len(PREFIXES) :]))
