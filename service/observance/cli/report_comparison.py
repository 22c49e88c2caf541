"""`observance validate NEW --against OLD`: what is new, what is resolved, what persists."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from observance.core.errors import UsageError
from observance.core.i18n import translate
from observance.core.model import Report
from observance.core.namespaces import compact
from observance.knowledge_base import KnowledgeBase
from observance.submissions import report as written
from observance.submissions.checker import ReportOptions
from observance.submissions.comparison import KINDS, compare

_SIGNS = {"new": "+", "persisting": "=", "resolved": "−"}


def compared(new: Report, old: Path, *, kb: KnowledgeBase, engine: str, form: str, lang: str) -> str:
    """The comparison with a submission as it was, or with an earlier report in JSON, as text or JSON.

    Raises what reading and validating raise, Misused for another format.
    """
    if form not in {"text", "json"}:
        raise UsageError("cli.against-format", formats="text, json")
    results = _earlier(old)
    if results is None:
        results = written.as_object(kb.validate(old, engine=engine, wanted=ReportOptions()))["results"]
    found = compare(written.as_object(new)["results"], results)
    if form == "json":
        return json.dumps({"new_file": new.name, "old_file": str(old), **found}, ensure_ascii=False, indent=2)
    lines = [translate("report.against", lang, new=new.name, old=old)]
    for kind in KINDS:
        lines.append("  " + translate(f"report.{kind}", lang, count=len(found[kind])))
        lines += [f"    {_SIGNS[kind]} {_line(result, lang=lang)}" for result in found[kind]]
    return "\n".join(lines)


def _earlier(file: Path) -> list[Mapping[str, Any]] | None:
    """The results of a report that this program wrote; None for any other file."""
    if file.suffix != ".json" or not file.is_file():
        return None
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list) or not all(_is_result(each) for each in results):
        return None
    return results


def _is_result(found: Any) -> bool:
    keys = {"fingerprint": str, "shape": str, "focus": str, "message": dict}
    return isinstance(found, dict) and all(isinstance(found.get(key), kind) for key, kind in keys.items())


def _line(result: Mapping[str, Any], *, lang: str) -> str:
    place = result.get("place")
    where = f"{place['line']}:{place['column']} " if isinstance(place, dict) and {"line", "column"} <= place.keys() else ""
    text = result["message"].get(lang) or next(iter(result["message"].values()), "")
    return f"{where}{text} · {compact(result['shape'])} · {result['fingerprint'][:12]}"
