"""A mended document with the IRI of one on record is validated as its revision, and the report says so."""

import pytest

from conftest import ROOT
from observance.core import LANGUAGES
from observance.knowledge_base import KnowledgeBase
from observance.submissions import report_to_json, report_to_text

DEMO = ROOT / "queries" / "demo"
EXAMPLE = (ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl").read_text(encoding="utf-8")
ON_RECORD = "https://w3id.org/observance/demo/xu/notification-1"


@pytest.mark.parametrize(("iri", "told"), [(ON_RECORD, (ON_RECORD,)), (f"{ON_RECORD}-new", ())])
def test_version_on_record(kb: KnowledgeBase, iri: str, told: tuple[str, ...]) -> None:
    """Only the IRI of what the register holds is told, in JSON and in both languages."""
    name = EXAMPLE.split(" a obs:IndicativeTimetable")[0].rsplit("<", 1)[1].rstrip(">")
    report = kb.submissions.validate(data=EXAMPLE.replace(name, iri), media_type="text/turtle", registers=[DEMO])

    assert report.on_record == told
    assert report_to_json(report).get("on_record", []) == list(told)
    for lang, words in zip(LANGUAGES, ("figure au registre", "is on record"), strict=True):
        assert (words in report_to_text(report, lang=lang)) is bool(told)
