"""The report in SARIF 2.1.0 (OASIS, 2020), for editors and other tools that show findings in a source text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import asdict

from observance.core import HOME, VERSION, compact
from observance.submissions.model import CauseBranch, Finding, Repair, SubmissionReport
from oxishacl import SARIF_LEVELS, sarif_location, sarif_log, sarif_region, sarif_uri

_FINGERPRINT: Final = "observance/v1"


def reports_to_sarif(reports: Sequence[SubmissionReport], *, lang: str, errors: Sequence[tuple[str, str]] = ()) -> str:
    """Serialise one log with one run over all files, messages in the language; `errors` are (file, message) pairs of unreadable files."""
    rules = list(dict.fromkeys(finding.shape for report in reports for finding in report.findings))
    rule_indexes = {shape: index for index, shape in enumerate(rules)}
    first_findings = {shape: next(f for report in reports for f in report.findings if f.shape == shape) for shape in rules}
    driver = {"name": "observance", "version": VERSION, "informationUri": HOME, "rules": [_rule(first_findings[shape]) for shape in rules]}
    results = [_result(f, artifact=n, report=r, rule_indexes=rule_indexes, lang=lang) for n, r in enumerate(reports) for f in r.findings]
    return sarif_log(driver=driver, lang=lang, artifacts=[_artifact(report) for report in reports], results=results, errors=errors)


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": compact(finding.shape),
        "helpUri": finding.shape,
        "defaultConfiguration": {"level": SARIF_LEVELS[finding.severity]},
        "properties": {"paragraph": finding.paragraph},
    }


def _artifact(report: SubmissionReport) -> dict[str, Any]:
    artifact: dict[str, Any] = {
        "location": {"uri": sarif_uri(report.name)},
        "properties": {"conforms": report.conforms, "readyToBeProcessed": report.processable},
    }
    if report.provenance is not None:
        artifact["hashes"] = {"sha-256": report.provenance.sha256}
        artifact["properties"]["provenance"] = asdict(report.provenance)
    return artifact


def _result(finding: Finding, *, artifact: int, report: SubmissionReport, rule_indexes: Mapping[str, int], lang: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "paragraph": finding.paragraph,
        "fault_of": finding.fault_of,
        "path": finding.path,
        "value": finding.value,
        "component": finding.component,
        "causes": list(_causes(finding.branches, lang=lang)),
    }
    if finding.repair is not None:
        properties["repair"] = to_builtins(finding.repair)
    result: dict[str, Any] = {
        "ruleId": compact(finding.shape),
        "ruleIndex": rule_indexes[finding.shape],
        "level": SARIF_LEVELS[finding.severity],
        "message": {"text": _joined(_text(finding.message, lang), finding.facts.get(lang))},
        "locations": [sarif_location(report.name, artifact=artifact, place=finding.place, focus=finding.focus)],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": properties,
    }
    if finding.repair is not None and finding.repair.edits and not finding.repair.gap:
        result["fixes"] = [_fix(finding.repair, report=report, artifact=artifact)]
    return result


def _fix(repair: Repair, *, report: SubmissionReport, artifact: int) -> dict[str, Any]:
    replacements = [{"deletedRegion": sarif_region(edit.place), "insertedContent": {"text": edit.text}} for edit in repair.edits]
    return {"artifactChanges": [{"artifactLocation": {"uri": sarif_uri(report.name), "index": artifact}, "replacements": replacements}]}


def _causes(branches: Sequence[CauseBranch], *, lang: str) -> Iterator[dict[str, Any]]:
    for branch in branches:
        causes = [
            {"text": _joined(cause.message.get(lang), cause.facts[lang]), "causes": list(_causes(cause.branches, lang=lang))}
            for cause in branch.causes
        ]
        yield {"shape": branch.shape, "value": branch.value, "causes": causes}


def _text(message: Mapping[str, str], lang: str) -> str:
    return message.get(lang) or next(iter(message.values()), "")


def _joined(*texts: str | None) -> str:
    return " ".join(text for text in texts if text)
