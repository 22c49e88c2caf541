"""The report in each of its forms: an object (JSON), text for people, and with its siblings Turtle and SARIF."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from msgspec.structs import asdict

from observance.core import LANGUAGES, compact, translate
from observance.submissions.model import SEVERITIES, Cause, CauseBranch, Evidence, Finding, LocatedStatement, Provenance, SubmissionReport
from oxishacl import Place

_SIGNS: Final = {"Violation": "✗", "Warning": "!", "Info": "·"}
_FULL: Final = 3
# What a query found is in the author's message.
_QUERY: Final = "#SPARQLConstraintComponent"
# An IRI in N-Triples, alone or as a datatype.
_IRI: Final = re.compile(r"(?:(?<=^)|(?<=\"\^\^))<([^<>]*)>$")


def report_to_json(report: SubmissionReport) -> dict[str, Any]:
    """The report as a JSON object: `conforms` is SHACL's, `processable` says that no result is a violation."""
    found: dict[str, Any] = {
        "file": report.name,
        "conforms": report.conforms,
        "processable": report.processable,
        "submissions": [{"node": node, "class": kind} for node, kind in report.submissions],
        "notes": [{lang: translate(f"oxishacl.{code}", lang, **values) for lang in LANGUAGES} for code, values in report.notes],
        "results": [_result(finding) for finding in report.findings],
    }
    if report.evidence is not None:
        found["evidence"] = _evidence(report.evidence)
    if report.provenance is not None:
        found["provenance"] = asdict(report.provenance)
    return found


def reports_to_json(reports: Sequence[SubmissionReport | dict[str, Any]], *, several: bool) -> str:
    """One object for one input, a list for several; what could not be read stands in the list as its error."""
    objects = [report_to_json(report) if isinstance(report, SubmissionReport) else report for report in reports]
    return json.dumps(objects if several else objects[0], ensure_ascii=False, indent=2)


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "paragraph": finding.paragraph,
        "severity": finding.severity,
        "message": dict(finding.message),
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "shape": finding.shape,
        "component": finding.component,
        "place": None if finding.place is None else asdict(finding.place),
        "facts": dict(finding.facts),
        "branches": [_branch(branch) for branch in finding.branches],
        "repair": None if finding.repair is None else asdict(finding.repair),
        "fingerprint": finding.fingerprint,
    }


def _branch(branch: CauseBranch) -> dict[str, Any]:
    return {"shape": branch.shape, "value": branch.value, "causes": [_cause(cause) for cause in branch.causes]}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "facts": dict(cause.facts),
        "message": dict(cause.message),
        "focus": cause.focus,
        "path": cause.path,
        "value": cause.value,
        "shape": cause.shape,
        "component": cause.component,
        "branches": [_branch(branch) for branch in cause.branches],
    }


def _statement(statement: LocatedStatement) -> dict[str, Any]:
    return {**asdict(statement), "place": None if statement.place is None else asdict(statement.place)}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    met = [
        {"paragraph": m.paragraph, "shape": m.shape, "focus": m.focus, "statements": [_statement(each) for each in m.statements]}
        for m in evidence.met
    ]
    return {"met": met, "uncovered": [_statement(each) for each in evidence.uncovered]}


def report_to_text(report: SubmissionReport, *, lang: str) -> str:
    """The report for people: the verdict first, then the findings by paragraph, each with where it is, why, and what to do."""
    return "\n".join(_lines(report, lang=lang))


def _lines(report: SubmissionReport, *, lang: str) -> Iterator[str]:
    verdict = "conforms" if report.conforms else "processable" if report.processable else "to-repair"
    yield f"{report.name}: {translate(f'report.{verdict}', lang)}"
    for node, kind in report.submissions:
        yield "  " + translate("report.submission", lang, node=_shown(node), kind=compact(kind))
    for code, values in report.notes:
        yield "  " + translate("report.note", lang, note=translate(f"oxishacl.{code}", lang, **values))
    for paragraph, findings in groupby(report.findings, key=lambda finding: finding.paragraph):
        yield "  " + _heading(paragraph, lang=lang)
        for _, alike in groupby(findings, key=lambda finding: (finding.severity, finding.focus, finding.shape)):
            yield from _told(list(alike), lang=lang)
    if report.findings:
        counts = ((s, sum(f.severity == s for f in report.findings)) for s in SEVERITIES)
        yield "  " + " · ".join(f"{_SIGNS[s]} " + translate(f"report.count-{s.lower()}", lang, count=count) for s, count in counts if count)
    if report.evidence is not None:
        yield from _spoken_for(report.evidence, lang=lang)
    yield "  " + translate("report.shacl", lang, answer=translate("report.yes" if report.conforms else "report.no", lang))
    yield "  " + translate("report.ready", lang, answer=translate("report.yes" if report.processable else "report.no", lang))
    if report.provenance is not None:
        yield "  " + translate("report.made-from", lang, **_digests(report.provenance))
        if report.provenance.as_of is not None:
            yield "  " + translate("report.as-of", lang, date=report.provenance.as_of)


def _heading(paragraph: str | None, *, lang: str) -> str:
    return translate("report.paragraph", lang, number=paragraph) if paragraph else translate("report.document", lang)


def _digests(made: Provenance) -> Mapping[str, str]:
    submission = f"rdfc10:{made.rdfc10[:12]}" if made.rdfc10 else f"sha256:{made.sha256[:12]}"
    return {
        "submission": submission,
        "shapes": made.shapes[:12],
        "knowledge": made.knowledge[:12],
        "engine": f"{made.engine} {made.version}",
    }


def _told(findings: Sequence[Finding], *, lang: str) -> Iterator[str]:
    """What one shape says of one node: the first few in full, and how many more there are."""
    for finding in findings[:_FULL]:
        yield f"    {_SIGNS[finding.severity]} {finding_message(finding, lang=lang)}"
        if finding.place is not None:
            yield f"      {_at(finding.place, lang=lang)}"
        if lang in finding.facts and not finding.component.endswith(_QUERY):
            yield f"      {finding.facts[lang]}"
        yield from _branches(finding.branches, lang=lang, indent="      ")
        yield from _repair(finding, lang=lang)
    if len(findings) > _FULL:
        yield f"    {_SIGNS[findings[0].severity]} " + translate("report.more", lang, count=len(findings) - _FULL)
    yield f"      {_shown(findings[0].focus)} · {compact(findings[0].shape)}"


def _branches(branches: Sequence[CauseBranch], *, lang: str, indent: str) -> Iterator[str]:
    for branch in branches:
        phrase = "report.branch-lacks" if branch.causes else "report.branch-has"
        yield indent + "– " + translate(phrase, lang, value=branch.value, shape=branch.shape)
        for cause in branch.causes:
            yield f"{indent}  " + " ".join(text for text in (cause.message.get(lang), cause.facts[lang]) if text)
            yield from _branches(cause.branches, lang=lang, indent=indent + "    ")


def _repair(finding: Finding, *, lang: str) -> Iterator[str]:
    repair = finding.repair
    if repair is None:
        return
    yield "      " + translate("report.repair-example" if repair.example else "report.repair", lang)
    yield from (f"        {line}" for line in repair.write.splitlines())
    if repair.instead_of:
        yield "      " + translate("report.repair-instead", lang)
        yield from (f"        {line}" for line in repair.instead_of.splitlines())


def _at(place: Place, *, lang: str) -> str:
    where = translate("report.place", lang, line=place.line, column=place.column)
    return f"{where} ({place.pointer})" if place.pointer else where


def _spoken_for(evidence: Evidence, *, lang: str) -> Iterator[str]:
    yield "  " + translate("report.evidence", lang)
    for paragraph, met in groupby(evidence.met, key=lambda each: each.paragraph):
        yield "    " + _heading(paragraph, lang=lang)
        for each in met:
            yield f"      ✓ {compact(each.shape)} · {_shown(each.focus)}"
            yield from (f"          {_stated(statement)}" for statement in each.statements)
    yield "  " + translate("report.uncovered", lang, count=len(evidence.uncovered))
    yield from (f"      {_stated(statement)}" for statement in evidence.uncovered)


def _stated(statement: LocatedStatement) -> str:
    place = f"{statement.place.line}:{statement.place.column} " if statement.place else ""
    return place + statement_text(asdict(statement))


def statement_text(statement: Mapping[str, Any]) -> str:
    """The statement (a JSON object of a report) with its IRIs compact."""
    terms = (statement["subject"], statement["predicate"], statement["object"])
    return " ".join(_IRI.sub(lambda found: compact(found[1]), term) for term in terms)


def finding_message(finding: Finding, *, lang: str) -> str:
    """The finding's message in the language, marked where only the other one exists."""
    if lang in finding.message:
        return finding.message[lang]
    return next((f"[{other}] {text}" for other, text in finding.message.items()), compact(finding.shape))


def _shown(node: str) -> str:
    return node if node.startswith("_:") else compact(node)


COMPARISON_KINDS: Final = ("new", "persisting", "resolved")

Results = Sequence[Mapping[str, Any]]


def compare_reports(new: Results, old: Results) -> dict[str, list[Mapping[str, Any]]]:
    """The results (JSON objects of a report) by kind: those of `new` that are new or persisting, those of `old` that are resolved.

    A fingerprint that occurs more often than before is new as many times.
    """
    fresh, persisting = _split(new, known=old)
    resolved, _ = _split(old, known=new)
    return {"new": fresh, "persisting": persisting, "resolved": resolved}


def _split(results: Results, *, known: Results) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    left = Counter(result["fingerprint"] for result in known)
    without, within = list[Mapping[str, Any]](), list[Mapping[str, Any]]()
    for result in results:
        if left[result["fingerprint"]] > 0:
            left[result["fingerprint"]] -= 1
            within.append(result)
        else:
            without.append(result)
    return without, within
