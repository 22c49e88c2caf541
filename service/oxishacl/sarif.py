"""Logs in SARIF 2.1.0 (OASIS, 2020), for editors and other tools that show results in a source text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from oxishacl.parsing.source import Place, valid_text

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SARIF_LEVELS: Final = {"Violation": "error", "Warning": "warning", "Info": "note", "Debug": "note", "Trace": "note"}
"""Section 3.27.10: « note », « warning » and « error », for each severity of SHACL; other severities are warnings."""


def sarif_log(
    *,
    driver: Mapping[str, Any],
    lang: str,
    artifacts: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    errors: Sequence[tuple[str, str]] = (),
) -> str:
    """One log with one run over all files, messages in the language; `errors` are (file, message) pairs of unreadable files."""
    run = {
        "tool": {"driver": driver},
        "language": lang,
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": [_notification(*error) for error in errors]}],
        "artifacts": artifacts,
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def sarif_uri(name: str) -> str:
    """The file name as a URI reference."""
    return quote(valid_text(name))


def sarif_location(name: str, *, artifact: int | None, place: Place | None, focus: str) -> dict[str, Any]:
    """The location of a result: the file (where given, with its number among the artifacts), the place in it, the focus node."""
    index = {} if artifact is None else {"index": artifact}
    physical: dict[str, Any] = {"artifactLocation": {"uri": sarif_uri(name), **index}}
    logical = [{"fullyQualifiedName": focus, "kind": "resource"}]
    if place is not None:
        physical["region"] = sarif_region(place)
        if place.pointer:
            logical.append({"fullyQualifiedName": place.pointer, "kind": "member"})
    return {"physicalLocation": physical, "logicalLocations": logical}


def sarif_region(place: Place) -> dict[str, int]:
    """The region of a place in a text."""
    return {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column}


def _notification(name: str, text: str) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": sarif_uri(name)}}}],
    }
