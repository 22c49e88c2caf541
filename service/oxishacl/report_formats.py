"""A validation report as text, as JSON, as a sh:ValidationReport in Turtle, and as the results of a SARIF log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox

from oxishacl.documents import DataDocuments
from oxishacl.parsing.source import quote, valid_text
from oxishacl.report import ValidationReport, ValidationResult
from oxishacl.report_text import PREFIXES, compact, message, sentences
from oxishacl.sarif import SARIF_LEVELS, sarif_location, sarif_log, sarif_uri
from oxishacl.targets import ShapeCount

_HOME: Final = "https://www.w3.org/TR/shacl/"


def report_to_text(report: ValidationReport, documents: DataDocuments, *, lang: str, counts: Iterable[ShapeCount] = ()) -> str:
    """The results, each with its place and its causes, then how many there are, then the counts of focus nodes."""
    lines = [line for result in report.results for line in _lines(result, documents, lang)]
    if report.results:
        by_severity = Counter(_severity(result) for result in report.results)
        severities = ", ".join(message("severity", lang, severity=name, text=number) for name, number in sorted(by_severity.items()))
        lines.append(message("results", lang, count=len(report.results), severities=severities))
    if report.conforms:
        lines.append(message("conforms-nevertheless" if report.results else "conforms", lang))
    lines += [_count_line(count, lang) for count in counts]
    return "\n".join(lines) + "\n"


def _lines(result: ValidationResult, documents: DataDocuments, lang: str) -> Iterator[str]:
    position = documents.position(result)
    location = f"{quote(position[0])}:{position[1].line}:{position[1].column}: " if position else ""
    yield location + message("severity", lang, severity=_severity(result), text=quote(_sentence(result, lang)))
    yield "  " + message("focus-node", lang, term=quote(compact(result.focus)))
    if result.path is not None:
        yield "  " + message("result-path", lang, path=quote(result.path.sparql))
    if result.value is not None:
        yield "  " + message("result-value", lang, term=quote(compact(result.value)))
    yield "  " + message("source-shape", lang, shape=quote(compact(result.shape)), component=compact(result.component))
    yield from _cause_lines(result, lang, indent="  ")


def _cause_lines(result: ValidationResult, lang: str, *, indent: str) -> Iterator[str]:
    for cause in result.details:
        path = "" if cause.path is None else f"{cause.path.sparql} "
        about = quote(f"{compact(cause.focus)} {path}".strip())
        yield indent + message("cause", lang, about=about, text=quote(_sentence(cause, lang)))
        yield from _cause_lines(cause, lang, indent=indent + "  ")


def _sentence(result: ValidationResult, lang: str) -> str:
    """The message in the language, else without language, else in English, else the first."""
    texts = sentences(result, lang)
    return next((text for choice in (lang, "", "en") for text, language in texts if language == choice), texts[0][0])


def _severity(result: ValidationResult) -> str:
    return compact(result.severity).removeprefix("sh:")


def _count_line(count: ShapeCount, lang: str) -> str:
    targets = "; ".join(
        f"{compact(target.declared_by)} {compact(target.value)}: "
        + (str(target.nodes) if target.in_data else message("not-in-data", lang, number=target.nodes))
        for target in count.targets
    )
    return message("shape-count", lang, shape=quote(compact(count.shape)), number=count.focus_nodes, targets=targets or "sh:shape")


def report_to_object(
    report: ValidationReport, documents: DataDocuments, *, lang: str, counts: Sequence[ShapeCount] = ()
) -> Mapping[str, Any]:
    """The report as a JSON object, under the local names of SHACL's properties; terms in N-Triples syntax, paths in SPARQL's."""
    skipped = [phrase.sentence(lang) for phrase in report.skipped]
    return {
        "conforms": report.conforms,
        **({"skippedShapes": skipped} if skipped else {}),
        "results": [_object(result, documents, lang) for result in report.results],
        **({"shapes": [_count_object(count) for count in counts]} if counts else {}),
    }


def _object(result: ValidationResult, documents: DataDocuments, lang: str) -> Mapping[str, Any]:
    position = documents.position(result)
    return {
        "focusNode": str(result.focus),
        "resultPath": None if result.path is None else result.path.sparql,
        "value": None if result.value is None else str(result.value),
        "sourceShape": str(result.shape),
        "sourceConstraint": None if result.constraint is None else str(result.constraint),
        "sourceConstraintComponent": result.component.value,
        "resultSeverity": result.severity.value,
        "resultMessage": [{"text": text, "language": language or None} for text, language in sentences(result, lang)],
        "position": position and {"file": valid_text(position[0]), "line": position[1].line, "column": position[1].column},
        "detail": [_object(cause, documents, lang) for cause in result.details],
    }


def _count_object(count: ShapeCount) -> Mapping[str, Any]:
    targets = [
        {"target": target.declared_by.value, "value": str(target.value), "nodes": target.nodes, "inData": target.in_data}
        for target in count.targets
    ]
    return {"shape": str(count.shape), "focusNodes": count.focus_nodes, "targets": targets}


def report_to_turtle(report: ValidationReport) -> str:
    """The sh:ValidationReport."""
    text = (ox.serialize((quad.triple for quad in report.quads()), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()
    lines = text.splitlines(keepends=True)
    # Oxigraph writes the prefixes in a different order in every run.
    return "".join((*sorted(lines[: len(PREFIXES)]), *lines[len(PREFIXES) :]))


def report_to_sarif_results(report: ValidationReport, documents: DataDocuments, *, lang: str) -> list[Mapping[str, Any]]:
    """The results as those of a SARIF log."""
    return [_sarif_result(result, documents, lang) for result in report.results]


def _sarif_result(result: ValidationResult, documents: DataDocuments, lang: str) -> Mapping[str, Any]:
    name, place = documents.position(result) or (documents.documents[0].name, None)
    properties = _object(result, documents, lang)
    return {
        "ruleId": compact(result.shape if isinstance(result.shape, ox.NamedNode) else result.component),
        "level": SARIF_LEVELS.get(_severity(result), "warning"),
        "message": {"text": _sentence(result, lang)},
        "locations": [sarif_location(name, artifact=None, place=place, focus=str(result.focus))],
        "properties": {name: value for name, value in properties.items() if name not in {"position", "resultMessage"}},
    }


def sarif_document(files: Sequence[str], results: Sequence[Mapping[str, Any]], *, lang: str, errors: Sequence[tuple[str, str]] = ()) -> str:
    """The SARIF log of all files, each of which it names once."""
    rules = [{"id": rule} for rule in dict.fromkeys(result["ruleId"] for result in results)]
    driver = {"name": "oxishacl", "informationUri": _HOME, "rules": rules}
    artifacts = [{"location": {"uri": sarif_uri(name)}} for name in dict.fromkeys(files)]
    return sarif_log(driver=driver, lang=lang, artifacts=artifacts, results=results, errors=errors) + "\n"
