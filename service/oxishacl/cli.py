"""The command `oxishacl validate -s SHAPES DATA…`: data against shapes, for people, for programs, or as a SHACL report.

Exit codes: 0 the data conform; 1 there are results; 2 something cannot be read, is refused or was asked for wrongly. Never a traceback.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import click
import pyoxigraph as ox
from msgspec import Struct

from oxishacl.compiler import validate as validate_graph
from oxishacl.errors import LANGUAGES, InvalidInputError, OxishaclError, UsageError, messages
from oxishacl.parsing.parser import parse_source
from oxishacl.parsing.source import Document, Limits, Place, Source
from oxishacl.parsing.text_positions import quote
from oxishacl.positions import SourcePositions
from oxishacl.positions.finder import PositionFinder
from oxishacl.report import ValidationReport, ValidationResult
from oxishacl.terms import OWL, RDF, RDFS, SH, XSD, Term

_PREFIXES: Final = {"owl": OWL, "rdf": RDF, "rdfs": RDFS, "sh": SH, "xsd": XSD}
_STDIN: Final = "-"
_LIMITS: Final = Limits()


class DataFile(Struct, frozen=True, dict=True):
    """A file of the data graph: its quads with blank nodes that no other file has, and where each was written."""

    document: Document
    quads: tuple[ox.Quad, ...]

    @cached_property
    def finder(self) -> PositionFinder:
        """Finds the statement that a result is about."""
        return PositionFinder(self.quads, positions=SourcePositions(self.document, limits=_LIMITS, contexts={}))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """SHACL validation on Oxigraph's terms."""


@cli.command()
@click.option("-s", "--shapes", "shapes", metavar="SHAPES", multiple=True, help="A file of shapes; may be repeated.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True, help="Format of the report."
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the report; by default that of the locale, else English.")
@click.argument("data", nargs=-1, metavar="DATA...")
def validate(*, shapes: tuple[str, ...], data: tuple[str, ...], form: str, lang: str | None) -> int:
    r"""Validate the data graph that the files DATA make up together (`-`: standard input), in any RDF syntax.

    \b
    Exit code 0: the data conform; 1: there are results; 2: a file could not be read or is not well-formed.
    """
    if not shapes:
        raise UsageError("no-shapes")
    if not data:
        raise UsageError("no-data")
    files = [_data_file(name, number=number) for number, name in enumerate(data)]
    shapes_quads = [quad for number, name in enumerate(shapes) for quad in _data_file(name, number=number).quads]
    report = validate_graph([quad for file in files for quad in file.quads], shapes_quads)
    writer = {"text": _text, "json": _json, "turtle": _turtle}[form]
    click.echo(writer(report, files, _language(lang)), nl=False)
    return 0 if report.conforms else 1


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """The exit code of the command, after it has printed its report or one sentence about what is wrong."""
    lang = _language(next((after for option, after in pairwise(arguments) if option == "--lang"), None))
    try:
        code = cli.main(args=arguments, prog_name="oxishacl", standalone_mode=False)
        sys.stdout.flush()
    except OxishaclError as error:
        return _failed(error.sentence(lang))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "oxishacl"
        return _failed(UsageError("usage", problem=error.format_message(), help=f"{context} --help").sentence(lang))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _failed(_message("interrupted", lang))
    return code if isinstance(code, int) else 0


def _failed(sentence: str) -> int:
    click.echo(sentence, err=True)
    return 2


def _message(code: str, lang: str, **values: object) -> str:
    return messages()[code][lang].format(**values)


def _language(asked: str | None) -> str:
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return next((choice for choice in (asked, locale[:2]) if choice in LANGUAGES), "en")


def _data_file(name: str, *, number: int) -> DataFile:
    document = parse_source(_read(name), limits=_LIMITS)
    return DataFile(document, tuple(_with_own_blank_nodes(document.quads, number=number)))


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


def _with_own_blank_nodes(quads: Iterable[ox.Quad], *, number: int) -> Iterator[ox.Quad]:
    """The quads; those of every file but the first with blank nodes that the files before it cannot have."""
    for subject, predicate, target, graph in quads:
        yield ox.Quad(_apart(subject, number=number), predicate, _apart(target, number=number), graph)


def _apart(term: Any, *, number: int) -> Any:
    return ox.BlankNode(f"f{number}.{term.value}") if number and isinstance(term, ox.BlankNode) else term


def _position(result: ValidationResult, files: Sequence[DataFile]) -> tuple[str, Place] | None:
    """The file and the place in it that the result is about; None for a node that no file states anything of."""
    path = None if result.path is None else result.path.node
    found = ((file, file.finder.place(result.focus, path=path, value=result.value)) for file in files)
    return next(((file.document.source.name, place) for file, place in found if place is not None), None)


def _sentences(result: ValidationResult, lang: str) -> list[tuple[str, str]]:
    """The messages as (text, language or empty): the solution's own, else the shape's, else what the constraint asks for."""
    stated = (result.message,) if result.message is not None else result.messages
    if stated:
        return [(_filled(literal.value, result), literal.language or "") for literal in stated]
    asked = "; ".join(f"{_compact(name)} {_compact(value)}" for name, value in result.source.parameters) or _compact(result.component)
    return [(_message("asked", lang, constraint=asked), lang)]


def _filled(text: str, result: ValidationResult) -> str:
    """The message with the placeholders `{?name}` and `{$name}` filled (SHACL 1.0, section 5.3.2)."""
    path = None if result.path is None else result.path.sparql
    values = {"this": _compact(result.focus), "path": path, "value": None if result.value is None else _compact(result.value)}
    for name, value in {**values, **{name: _compact(term) for name, term in result.bindings}}.items():
        if value is not None:
            text = text.replace(f"{{?{name}}}", value).replace(f"{{${name}}}", value)
    return text


def _compact(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        for prefix, base in _PREFIXES.items():
            if term.value.startswith(base) and term.value.removeprefix(base).isalnum():
                return f"{prefix}:{term.value.removeprefix(base)}"
    return str(term)


def _text(report: ValidationReport, files: Sequence[DataFile], lang: str) -> str:
    lines = [line for result in report.results for line in _lines(result, files, lang)]
    if report.conforms:
        return _message("conforms", lang) + "\n"
    counted = Counter(_compact(result.severity).removeprefix("sh:") for result in report.results)
    severities = ", ".join(f"{name}: {count}" for name, count in sorted(counted.items()))
    return "\n".join([*lines, _message("results", lang, count=len(report.results), severities=severities)]) + "\n"


def _lines(result: ValidationResult, files: Sequence[DataFile], lang: str) -> Iterator[str]:
    position = _position(result, files)
    where = f"{quote(position[0])}:{position[1].line}:{position[1].column}: " if position else ""
    sentences = _sentences(result, lang)
    chosen = next((text for wanted in (lang, "", "en") for text, language in sentences if language == wanted), sentences[0][0])
    yield f"{where}{_compact(result.severity).removeprefix('sh:')}: {quote(chosen)}"
    yield f"  {_message('focus-node', lang)}: {_compact(result.focus)}"
    if result.path is not None:
        yield f"  {_message('result-path', lang)}: {result.path.sparql}"
    if result.value is not None:
        yield f"  {_message('result-value', lang)}: {quote(_compact(result.value))}"
    yield f"  {_message('source-shape', lang)}: {_compact(result.shape)} ({_compact(result.component)})"


def _json(report: ValidationReport, files: Sequence[DataFile], lang: str) -> str:
    found = {"conforms": report.conforms, "results": [_object(result, files, lang) for result in report.results]}
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def _object(result: ValidationResult, files: Sequence[DataFile], lang: str) -> Mapping[str, Any]:
    """A result under SHACL's own names; terms in N-Triples syntax, the path in SPARQL's."""
    position = _position(result, files)
    place = position and {"file": position[0], "line": position[1].line, "column": position[1].column}
    return {
        "focusNode": str(result.focus),
        "resultPath": None if result.path is None else result.path.sparql,
        "value": None if result.value is None else str(result.value),
        "sourceShape": str(result.shape),
        "sourceConstraint": None if result.constraint is None else str(result.constraint),
        "sourceConstraintComponent": result.component.value,
        "resultSeverity": result.severity.value,
        "resultMessage": [{"text": text, "language": language or None} for text, language in _sentences(result, lang)],
        "position": place,
    }


def _turtle(report: ValidationReport, _files: Sequence[DataFile], _lang: str) -> str:
    triples = (quad.triple for quad in report.quads())
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES) or b"").decode()
