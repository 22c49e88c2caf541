"""Reports say the same in every form, and lose nothing that they do not say they leave out."""

import json

import pyoxigraph as ox
import pytest
from rdflib import RDF, SH, Graph

from conftest import ROOT
from observance.submissions import report_to_json, report_to_text, reports_to_json, reports_to_turtle

KEYS = (
    "paragraph fault_of severity message focus path value shape component place facts branches repair fingerprint".split()  # noqa: SIM905
)
FAULTY = sorted((ROOT / "queries" / "demo").glob("faulty-*.ttl"))


@pytest.fixture(scope="module", params=FAULTY, ids=lambda file: file.stem)
def report(request, kb):
    """The report on a faulty file of the demo."""
    return kb.submissions.validate(request.param)


def test_json_keys(report):
    """Each result in JSON has its paragraph, its message and facts in both languages, its terms, place, causes, repair and fingerprint."""
    found = json.loads(reports_to_json([report], several=False))

    assert found["conforms"] is False
    assert found["processable"] is False
    for result in found["results"]:
        assert list(result) == KEYS
        assert set(result["message"]) == {"fr", "en"} == set(result["facts"])
        assert result["place"]["line"] > 1
        assert result["severity"] in {"Violation", "Warning", "Info"}
        assert result["shape"].startswith("https://w3id.org/observance/shapes/")
        assert result["component"].startswith("http://www.w3.org/ns/shacl#")
        assert result["paragraph"] is None or result["paragraph"][0] in "123"


def test_paths_are_sparql(report):
    """Every path parses as a SPARQL property path without any prefix."""
    store = ox.Store()
    for path in {finding.path for finding in report.findings if finding.path}:
        store.query("SELECT * WHERE { ?s PATH ?o }".replace("PATH", path))


def test_turtle_is_a_validation_report(report):
    """The Turtle form is one sh:ValidationReport with the right number of results, each with the properties that SHACL requires."""
    graph = Graph().parse(data=reports_to_turtle([report]), format="turtle")
    (node,) = graph.subjects(RDF.type, SH.ValidationReport)
    results = list(graph.objects(node, SH.result))

    assert graph.value(node, SH.conforms).value is False
    assert len(results) == len(report.findings)
    for result in results:
        for prop in (SH.focusNode, SH.resultSeverity, SH.sourceShape, SH.sourceConstraintComponent):
            assert len(list(graph.objects(result, prop))) == 1
        assert {message.language for message in graph.objects(result, SH.resultMessage)} == {"fr", "en"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_text_has_every_shape_and_the_counts(report, lang: str):
    """The text names each shape with a finding and counts all findings, also those that are not printed in full."""
    text = report_to_text(report, lang=lang)

    for finding in report.findings:
        assert finding.shape.rpartition("/")[2] in text
    worst = sum(finding.severity == "Violation" for finding in report.findings)
    assert f": {worst}" in text.replace(" :", ":")


def test_conforms_is_not_processable(kb, tmp_path):
    """A submission with only sh:Info results can be processed but does not conform; the report states both."""
    example = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_text(encoding="utf-8")
    file = tmp_path / "remark.ttl"
    file.write_text(example.replace("dcterms:language", "dcterms:relation"), encoding="utf-8")
    found = report_to_json(kb.submissions.validate(file))

    assert (found["conforms"], found["processable"]) == (False, True)
