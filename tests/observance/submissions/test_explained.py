"""What a report says beyond its findings: places, repairs that hold, fingerprints that stay, evidence, and what it was made from."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import jsonschema
import msgspec
import pyoxigraph as ox
import pytest
from rdflib import SH, Graph

from cases import cases_of
from conftest import ROOT
from observance.core import PREFIXES
from observance.submissions import (
    ENGINES,
    ReportOptions,
    SubmissionReport,
    compare_reports,
    report_to_json,
    report_to_text,
    reports_to_json,
    reports_to_sarif,
    reports_to_turtle,
)
from observance.submissions.model import Repair
from observance.submissions.provenance import canonical_digest
from observance.submissions.validation import report_on_document
from oxishacl import Source, SourcePositions

HERE = Path(__file__).parent
REPORTS = sorted(file for file in (HERE / "reports").iterdir() if file.suffix != ".txt")
SCHEMA = json.loads((HERE / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
STEMS = sorted(file.stem for file in (ROOT / "shapes").glob("*.ttl"))
# Those that need no register: opening one for each takes long.
FAULTY = [case for stem in STEMS for case in cases_of(stem) if case.worst and not case.registers and not case.is_record]
ALL = ReportOptions(repairs=True, evidence=True, provenance=True, as_of="2019-06-30")
TURTLE = ROOT / "tests" / "observance" / "submissions" / "reports" / "interval.ttl"


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("file", REPORTS, ids=lambda file: file.name)
def test_approved(file: Path, lang: str, kb) -> None:
    """The report in text is as approved, in both languages, with places, facts, causes, repairs and evidence."""
    source = Source(file.name, file.read_bytes())
    text = report_to_text(kb.submissions.validate(source, options=ReportOptions(repairs=True, evidence=True)), lang=lang)

    assert text + "\n" == file.with_name(f"{file.name}.{lang}.txt").read_text(encoding="utf-8")


def test_conforming_needs_no_places(kb, monkeypatch) -> None:
    """No places are computed for a submission that conforms."""

    def refuse(*_: object) -> None:
        raise AssertionError("a place was looked up")

    monkeypatch.setattr(SourcePositions, "of", refuse)
    monkeypatch.setattr(SourcePositions, "of_subject", refuse)
    example = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"

    assert kb.submissions.validate(example, options=ReportOptions(repairs=True, provenance=True)).conforms
    with pytest.raises(AssertionError, match="looked up"):
        kb.submissions.validate(TURTLE)


def test_every_finding_has_a_place(kb) -> None:
    """In the cases of the shapes, each finding about a node of the document has a line."""
    for case in FAULTY[::4]:
        for finding in kb.submissions.validate(case.path).findings:
            assert finding.place is not None or finding.focus.startswith("urn:observance:document"), (case.path, finding)


def predicate_and_object(snippet: str) -> str:
    """The predicate and the object of a snippet of one statement."""
    ended = snippet.removesuffix(" ;").removesuffix(" .")
    return ended if snippet.endswith(";") else ended.split(" ", 1)[1]


# For each kind of gap, values that an author may put there: a document may need a day before another, or after it.
DATES = ("2020-03-31", "2018-07-02", "2023-12-29")
FILLINGS = {
    "xsd:date": DATES, "xsd:gYear": [date[:4] for date in DATES], "xsd:gYearMonth": [date[:7] for date in DATES],
    "xsd:language": ["fr"], "xsd:dateTime": ["2020-03-31T09:30:00Z"],
    "obs:onBehalfOf": ["party:XB"], "obs:submittedBy": ["<https://example.org/xa-customs>"], "obs:edition": ["fos:edition-2018"],
    "obs:provision": ["fos:standard-risk-management"], "obs:concerns": ["res:norm-2.5"], "obs:underParagraph": ["res:p2.5", "res:p3"],
    "obs:withdraws": ["<https://example.org/other>"], "obs:ofNeed": ["<https://example.org/need>"],
    "obs:meeting": ["<https://example.org/meeting>"], "obs:stakeholder": ["obs:Broker"], "obs:needKind": ["obs:Training"],
}  # fmt: skip


def filled(repair) -> Iterator[Repair]:
    """The repair with its gaps filled, in each way that the table and the choices offer."""
    if not repair.gap:
        yield repair
        return
    for start in range(max(len(DATES), len(repair.choices))):
        # The second gap of an interval has a later day than the first in one of the ways.
        numbers = count(start)

        def value(match: re.Match[str], numbers: Iterator[int] = numbers) -> str:
            number = next(numbers)
            text, datatype, name = match["text"], match["datatype"], match["name"]
            if text is not None:
                return '"2020"' if datatype is None else f'"{(values := FILLINGS[datatype])[number % len(values)]}"^^{datatype}'
            values = list(repair.choices) or FILLINGS[name]
            return f"{name} {values[number % len(values)]}"

        write = re.sub(r'(?P<text>"…")(?:\^\^(?P<datatype>\S+))?|(?P<name>\S+) …', value, repair.write.replace("@…", "@fr"))
        yield msgspec.structs.replace(repair, write="".join(f"@prefix {prefix}: <{base}> .\n" for prefix, base in PREFIXES.items()) + write)


def repaired(text: str, place, repair) -> str | None:
    """The text with the repair inserted; None if that requires changes in more than one place."""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
    end = sum(len(line) + 1 for line in lines[: place.end_line - 1]) + place.end_column - 1
    heads = "".join(line + "\n" for line in repair.write.splitlines() if line.startswith("@prefix"))
    body = "\n".join(line for line in repair.write.splitlines() if not line.startswith("@prefix"))
    if repair.instead_of:
        # The place is that of predicate and object, or of an object after a comma.
        own, old = predicate_and_object(body), predicate_and_object(repair.instead_of)
        after_comma = not text[start:end].startswith((old.split(" ")[0], "a "))
        return heads + text[:start] + (own.split(" ", 1)[1] if after_comma else own) + text[end:]
    if body.endswith(" ."):
        return heads + text + "\n" + body
    return heads + text[: start + 1] + " " + body + text[start + 1 :] if text[start] == "[" else None


def test_repairs_remove_their_finding(kb) -> None:
    """A proposed repair, its gaps filled and inserted into the text, removes its finding and adds no violation."""
    tried = 0
    for case in FAULTY[::2]:
        report = kb.submissions.validate(case.path, options=ReportOptions(repairs=True))
        text = case.path.read_text(encoding="utf-8")
        before = [finding.fingerprint for finding in report.findings]
        for finding in (finding for finding in report.findings if finding.repair):
            changes = [repaired(text, finding.place, each) for each in filled(finding.repair)]
            if None in changes:
                continue
            assert any(removes(change, finding, before=before, kb=kb) for change in changes), (case.path, finding.repair)
            tried += 1
    assert tried >= 50


def removes(changed: str, finding, *, before: list[str], kb) -> bool:
    """Whether the finding is gone from the changed text, and no violation is new there."""
    again = kb.submissions.validate(Source("changed.ttl", changed.encode())).findings
    after = [each.fingerprint for each in again]
    is_gone = after.count(finding.fingerprint) == before.count(finding.fingerprint) - 1
    return is_gone and {each.fingerprint for each in again if each.severity == "Violation"} <= set(before)


def test_no_repair_without_a_remedy(kb) -> None:
    """No repair is proposed if no known change removes the finding."""
    case = ROOT / "tests" / "shapes" / "para-2-5-timetable" / "invalid.milestone-of-another-kind.ttl"

    assert [finding.repair for finding in kb.submissions.validate(case, options=ReportOptions(repairs=True)).findings] == [None]


def variants(file: Path) -> list[Source]:
    """The same submission in other orders, syntaxes and blank node labels."""
    quads = list(ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE))
    found = []
    for seed in range(3):
        random.Random(seed).shuffle(quads)
        text = b"".join(ox.serialize([quad.triple], format=ox.RdfFormat.N_TRIPLES) for quad in quads)
        found.append(Source(f"{seed}.nt", text))
        found.append(Source(f"{seed}.rdf", ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.RDF_XML)))
    return found


@pytest.mark.parametrize("case", FAULTY[::25], ids=lambda case: case.path.stem)
def test_fingerprints_are_stable(case, kb) -> None:
    """Fingerprints do not depend on order, syntax, file name or blank node labels, nor on the engine; RDFC-1.0 digests neither."""
    first = kb.submissions.validate(case.path, options=ALL)
    prints = sorted(finding.fingerprint for finding in first.findings)

    for source in variants(case.path):
        report = kb.submissions.validate(source, options=ALL)
        assert sorted(finding.fingerprint for finding in report.findings) == prints
        assert report.provenance.rdfc10 == first.provenance.rdfc10
    if case.by_compiled == case.by_pyshacl:
        referee = kb.submissions.validate(case.path, engine=ENGINES[1], options=ReportOptions(as_of=ALL.as_of))
        assert sorted(finding.fingerprint for finding in referee.findings) == prints


def test_fingerprints_differ(kb) -> None:
    """Another value, another shape or another part of the submission gives another fingerprint."""
    text = TURTLE.read_text(encoding="utf-8")
    prints = {finding.shape: finding.fingerprint for finding in kb.submissions.validate(TURTLE).findings}
    other = text.replace("standard-risk-managment", "standard-risk")
    moved = {f.shape: f.fingerprint for f in kb.submissions.validate(Source("a.ttl", other.encode())).findings}

    assert len(set(prints.values())) == len(prints)
    assert {shape for shape in prints if prints[shape] != moved[shape]} == {
        "https://w3id.org/observance/shapes/para-2-5-timetable-provision-class"
    }


def test_compare() -> None:
    """Findings are new, persisting or resolved by fingerprint; one that occurs once more is new once."""
    old = [{"fingerprint": mark} for mark in "aab"]
    new = [{"fingerprint": mark} for mark in "aaac"]
    found = compare_reports(new, old)

    assert {kind: [each["fingerprint"] for each in listed] for kind, listed in found.items()} == {
        "new": ["a", "c"],
        "persisting": ["a", "a"],
        "resolved": ["b"],
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_sarif_is_valid(engine: str, kb) -> None:
    """A log over many files, some of them unreadable, is valid against the schema of SARIF 2.1.0, with either engine."""
    reports = [kb.submissions.validate(case.path, engine=engine, options=ALL) for case in FAULTY[::20]]
    log = json.loads(reports_to_sarif(reports, lang="fr", errors=[("a b.ttl", "Illisible.")]))

    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    assert len(run["results"]) == sum(len(report.findings) for report in reports)
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert all(each["partialFingerprints"]["observance/v1"] for each in run["results"])
    assert any("region" in each["locations"][0]["physicalLocation"] for each in run["results"])
    assert run["invocations"][0]["executionSuccessful"] is False


def test_schema_rejects_other_json() -> None:
    """The schema rejects a document that is not a SARIF log."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{"results": [{}]}]})


@pytest.mark.parametrize("engine", ENGINES)
def test_every_form_with_either_engine(engine: str, kb) -> None:
    """Each form of report can be written with either engine and holds the same findings."""
    report = kb.submissions.validate(TURTLE, engine=engine, options=ALL)

    assert len(json.loads(reports_to_json([report], several=False))["results"]) == len(report.findings) == 4
    assert len(list(Graph().parse(data=reports_to_turtle([report]), format="turtle").objects(None, SH.result))) == 4
    assert report_to_text(report, lang="en").count("shape:") >= 4
    assert (report.provenance.engine, report.provenance.as_of) == (engine, "2019-06-30")


def test_details_in_turtle(kb) -> None:
    """In RDF, the causes of a finding are sh:detail, each a result with its own constraint component."""
    case = ROOT / "tests" / "shapes" / "envelope" / "invalid.boundary-date-with-zone.ttl"
    graph = Graph().parse(data=reports_to_turtle([kb.submissions.validate(case)]), format="turtle")
    details = list(graph.objects(None, SH.detail))

    assert {graph.value(node, SH.sourceConstraintComponent) for node in details} == {
        SH.PatternConstraintComponent,
        SH.NotConstraintComponent,
    }


def test_both_verdicts_are_reported(kb) -> None:
    """Every form reports separately whether the submission conforms and whether it can be processed."""
    remark = kb.submissions.validate(ROOT / "tests" / "shapes" / "para-2-5-timetable" / "warning.no-milestone.ttl", options=ALL)
    found = report_to_json(remark)

    assert (found["conforms"], found["processable"]) == (False, True)
    assert json.loads(reports_to_sarif([remark], lang="en"))["runs"][0]["artifacts"][0]["properties"]["readyToBeProcessed"] is True
    text = report_to_text(remark, lang="en")
    assert "strict sense of SHACL (no result of any severity): no" in text
    assert "Ready to be processed (nothing is marked ✗): yes" in text
    turtle = reports_to_turtle([remark])
    assert "sh:conforms false" in turtle
    assert "Ready to be processed (nothing is marked ✗): yes" in turtle


def statements(report: SubmissionReport) -> list[tuple[str, str, str]]:
    """The covered statements of the evidence."""
    return [(each.subject, each.predicate, each.object) for met in report.evidence.met for each in met.statements]


def test_evidence(kb) -> None:
    """No shape covers a statement with a property of the author's own; a shape with a finding at a node is not met there."""
    report = kb.submissions.validate(TURTLE, options=ALL)
    spoken = {(finding.shape, finding.focus) for finding in report.findings}

    assert [each.predicate for each in report.evidence.uncovered] == ["<https://example.org/own>"]
    assert [each.place.line for each in report.evidence.uncovered] == [22]
    assert not spoken & {(met.shape, met.focus) for met in report.evidence.met}
    assert {met.paragraph for met in report.evidence.met} == {"2.5"}
    assert (
        "<https://example.org/xb/timetable-9>",
        "<https://w3id.org/observance/ns#onBehalfOf>",
        "<https://w3id.org/observance/parties/XB>",
    ) in (statements(report))


@pytest.mark.parametrize("number", ["2.5", "2.8", "3"])
def test_examples_meet_their_shapes(number: str, kb) -> None:
    """Some shape covers each statement of an example with the project's terms, and the shapes of its paragraph are met."""
    report = kb.submissions.validate(kb.lookup.examples[number], options=ALL)

    assert {met.paragraph for met in report.evidence.met} == {number}
    assert [each for each in report.evidence.uncovered if "/observance/ns#" in each.predicate] == []


def test_poisoned_dataset() -> None:
    """Datasets on which canonicalisation would take exponential time are not canonicalised."""
    knows = ox.NamedNode("urn:x:knows")
    clique = [ox.Quad(ox.BlankNode(f"a{i}"), knows, ox.BlankNode(f"a{j}")) for i in range(12) for j in range(12) if i != j]
    chain = [ox.Quad(ox.BlankNode(f"a{i}"), knows, ox.BlankNode(f"a{i + 1}")) for i in range(5000)]
    twins = [ox.Quad(ox.BlankNode(f"a{i}"), knows, ox.Literal("same")) for i in range(500)]

    ring = [ox.Quad(ox.BlankNode(f"a{i}"), knows, ox.BlankNode(f"a{(i + 1) % 440}")) for i in range(440)]

    assert canonical_digest(clique) is None
    assert canonical_digest(chain) is None
    assert canonical_digest(ring) is None
    assert canonical_digest(twins) is not None


@pytest.mark.parametrize("count", [20, pytest.param(500, marks=pytest.mark.whole)])
def test_many_equal_submissions(kb, count: int, monkeypatch) -> None:
    """Each of hundreds of equal, empty submissions has its findings, and no more repair candidates are checked for them than for few."""
    tried = []
    monkeypatch.setattr(
        "observance.submissions.service.report_on_document",
        lambda document, **rest: tried.append(len(document.quads)) or report_on_document(document, **rest),
    )
    content = "".join(f"_:b{number} a <https://w3id.org/observance/ns#IndicativeTimetable> .\n" for number in range(count))

    report = kb.submissions.validate(Source("alike.ttl", content.encode()), options=ALL)

    assert {finding.focus for finding in report.findings} == {focus for focus, _ in report.submissions}
    assert len(report.submissions) == count
    assert 0 < len(tried) <= 40
    assert sum(tried) <= 10_000


def test_same_bytes() -> None:
    """The same input gives the same bytes in another process, in every form."""
    script = (
        "import sys\n"
        "from observance.knowledge_base import KnowledgeBase\n"
        "from observance.submissions import ReportOptions, report_to_text, reports_to_json, reports_to_sarif, reports_to_turtle\n"
        "with KnowledgeBase.open() as kb:\n"
        "    for path in sys.argv[1:]:\n"
        "        report = kb.submissions.validate(path, options=ReportOptions(True, True, True, '2019-06-30'))\n"
        "        print(reports_to_json([report], several=False), reports_to_turtle([report]))\n"
        "        print(report_to_text(report, lang='fr'), reports_to_sarif([report], lang='en'))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script, *map(str, REPORTS)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(printed) == 1
