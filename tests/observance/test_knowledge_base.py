"""A knowledge base: its services, and that what it opens it closes."""

import subprocess
import sys
from pathlib import Path

import pytest
import rdflib

import observance
from conftest import ROOT
from observance.core import InvalidInputError, NotFoundError, Settings, UsageError, settings_from_environment
from observance.knowledge_base import KnowledgeBase
from observance.submissions import ENGINES
from oxishacl import Source

EXAMPLE = ROOT / "shapes" / "examples" / "para-2-5-timetable.ttl"


def test_path_text_and_bytes_give_one_report(kb: KnowledgeBase):
    """A path, its text form and its bytes give the same findings."""
    faulty = ROOT / "queries" / "demo" / "faulty-timetable-interval.ttl"
    reports = [
        kb.submissions.validate(faulty),
        kb.submissions.validate(str(faulty)),
        kb.submissions.validate(Source("x.ttl", faulty.read_bytes())),
    ]

    assert reports[0].findings
    assert reports[0].findings == reports[1].findings == reports[2].findings


def test_validation_leaves_the_background_unchanged(kb: KnowledgeBase):
    """A submission's statements are removed after its report: the next submission is validated against the knowledge alone."""
    faulty = ROOT / "queries" / "demo" / "faulty-two-parties.ttl"
    for engine in ENGINES:
        before = kb.submissions.validate(EXAMPLE, engine=engine)
        kb.submissions.validate(faulty, engine=engine)

        assert before.conforms
        assert kb.submissions.validate(EXAMPLE, engine=engine) == before


@pytest.mark.parametrize(("code", "iri"), [("XA", "XA"), ("xa", "XA"), ("https://w3id.org/observance/parties/EU", "EU")])
def test_party(kb: KnowledgeBase, code: str, iri: str):
    """A party is found by its code in any case, or by its IRI."""
    assert kb.lookup.party(code) == f"https://w3id.org/observance/parties/{iri}"


def test_unknown_party_and_paragraph(kb: KnowledgeBase):
    """The error for an unknown code names the nearest one; that for an unknown paragraph lists those that exist."""
    with pytest.raises(NotFoundError, match="nearest"):
        kb.lookup.party("XAB")
    with pytest.raises(NotFoundError, match=r"2\.9, 3"):
        kb.lookup.paragraph("2.10")


def test_templates_exist_where_submissions_do(kb: KnowledgeBase):
    """There is a template for every paragraph under which submissions exist, and an error that lists them for the others."""
    for number in kb.lookup.paragraphs:
        if number in {"1", "2"}:
            with pytest.raises(NotFoundError):
                kb.lookup.template(number)
        else:
            assert kb.lookup.template(number).startswith("#")


def test_public_interface():
    """The package offers KnowledgeBase and its version, and nothing by accident."""
    assert observance.KnowledgeBase is KnowledgeBase
    assert sorted(observance.__all__) == ["KnowledgeBase"]
    with pytest.raises(AttributeError):
        _ = observance.nothing


def test_knowledge_folder_needs_its_rooms(tmp_path: Path):
    """A folder that lacks a room is rejected, and the message names the missing rooms."""
    (tmp_path / "ontology").mkdir()
    with pytest.raises(NotFoundError, match="shapes, rules, queries"):
        KnowledgeBase.open(Settings(knowledge=str(tmp_path)))


def test_settings_from_the_environment():
    """A setting has the type of its default; a value of another type is an error that names the setting."""
    assert settings_from_environment({"OBSERVANCE_QUERY_SECONDS": "2.5", "OBSERVANCE_WORKERS": "3"}) == Settings(
        query_seconds=2.5, workers=3
    )
    with pytest.raises(UsageError, match="OBSERVANCE_WORKERS"):
        settings_from_environment({"OBSERVANCE_WORKERS": "many"})


def test_password_is_not_public():
    """The public values and the representation of the settings leave the password out."""
    settings = Settings(relay_user="secretariat", relay_password="hunter2")
    with KnowledgeBase.open(settings) as opened:
        told = f"{settings} {settings.public_values} {opened.workers._start.argument}"

    assert "secretariat" in told
    assert "hunter2" not in told
    assert settings.relay_password == "hunter2"


def test_closed_knowledge_base_leaves_no_process():
    """After closing, no worker process is left."""
    with KnowledgeBase.open(Settings(workers=1)) as opened:
        assert opened.questions.ask("ASK {}", format="json").body
        workers = opened.workers
        assert workers._children

    assert not workers._children


def test_text_bytes_and_graphs_are_validated_too(kb: KnowledgeBase):
    """Text, bytes and an rdflib graph give the same findings as the file; neither or both of source and data is an error."""
    faulty = ROOT / "queries" / "demo" / "faulty-timetable-interval.ttl"
    expected = [(finding.shape, finding.path) for finding in kb.submissions.validate(faulty).findings]
    text = faulty.read_text(encoding="utf-8")
    graph = rdflib.Graph().parse(faulty)
    reports = [
        kb.submissions.validate(data=text, media_type="text/turtle"),
        kb.submissions.validate(data=text.encode()),
        kb.submissions.validate(graph),
    ]

    assert [[(finding.shape, finding.path) for finding in report.findings] for report in reports] == [expected] * 3
    for arguments in ({}, {"source": faulty, "data": text}):
        with pytest.raises(UsageError):
            kb.submissions.validate(**arguments)
    with pytest.raises(InvalidInputError, match="UTF-8"):
        kb.submissions.validate(data="a \ud800 b", media_type="text/turtle")


LOADED = """
import importlib, pkgutil, sys
from observance.handlers import DutiesRequest, open_handlers
handlers = open_handlers({"settings": {}, "registers": [], "is_prepared": True}).handlers
before = set(sys.modules)
handlers[DutiesRequest](DutiesRequest(format="json"))
print(*(name for name in set(sys.modules) - before if name.startswith("observance")))
routes = importlib.import_module("observance.web.routes")
for module in pkgutil.iter_modules(routes.__path__):
    importlib.import_module(f"{routes.__name__}.{module.name}")
print(*({"sqlalchemy", "cryptography"} & set(sys.modules)))
"""


def test_a_prepared_loader_has_the_modules_of_its_workers():
    """Workers share the modules that they need, which no page imports for itself; neither they nor HTTP take a database library."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=ROOT / "service")
    assert done.stdout == "\n\n"
