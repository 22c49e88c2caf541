"""Two instruments in one knowledge base, each with a paragraph 2.1: what is said names the instrument, and neither disturbs the other."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conftest import BROWSER, ROOT
from observance.cli import run
from observance.core import InconsistentDataError, Settings
from observance.knowledge_base import KnowledgeBase
from observance.web import close, create_app

BESIDE = Path(__file__).parent / "beside"
COUNT = BESIDE / "shapes" / "examples" / "lanterns-2-1-count.ttl"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base with the first instrument and that of the lanterns."""
    folder = tmp_path_factory.mktemp("both")
    for room in ("ontology", "shapes", "rules", "queries"):
        shutil.copytree(ROOT / room, folder / room)
    shutil.copytree(BESIDE, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def opened(both: Path) -> Iterator[KnowledgeBase]:
    """The knowledge base, open with its demo register."""
    with KnowledgeBase.open(Settings(knowledge=str(both))) as base:
        yield base


def said(capsys: pytest.CaptureFixture[str], both: Path, *arguments: str) -> tuple[int, str, str]:
    """The exit code, the output and the error of a command on the knowledge base."""
    code = run([arguments[0], "--knowledge", str(both), "--lang", "en", *arguments[1:]])
    out, error = capsys.readouterr()
    return code, out, error


def test_statuses_of_the_first_are_unchanged(opened: KnowledgeBase, kb: KnowledgeBase):
    """Another instrument, with a norm without a rule, changes no duty of the first and no status."""
    first = {(a.duty.iri, a.status.iri) for a in kb.assessment.assess().assessments}
    both = {(a.duty.iri, a.status.iri) for a in opened.assessment.assess().assessments}

    assert first < both
    assert {iri.rpartition("/duties/")[2] for iri, _ in both - first} == {
        f"lanterns/{bearer.rpartition('/')[2]}/norm-2.1" for bearer in opened.register.queried.declared
    }


def test_columns_and_rows_name_the_instrument(capsys, both: Path):
    """Two columns that would be headed 2.1 are told apart, and so are the rows of the long table."""
    _, brief, _ = said(capsys, both, "assess", "--brief", "--member", "XA")
    _, table, _ = said(capsys, both, "assess", "--member", "XA", "--paragraph", "lanterns/2.1")
    _, data, _ = said(capsys, both, "assess", "--member", "XA", "--format", "json")

    assert re.search(r"\blanterns\s", brief)
    assert re.search(r"Altamar +lanterns/2\.1  hand in a count", table)
    assert len({(row["paragraph"], row["norm"]) for row in json.loads(data)}) == len(json.loads(data)) == 12


@pytest.mark.whole
def test_norm_without_rule(capsys, both: Path):
    """A norm without a rule has a line of its own, as has a declared judgement with its reason; `check` names norm and file."""
    _, out, _ = said(capsys, both, "assess", "--member", "XA")
    _, _, error = said(capsys, both, "assess", "--member", "XA", "--format", "json")
    code, faults, _ = said(capsys, both, "check", "--format", "json")
    (fault,) = [fault for step in json.loads(faults)["steps"] for fault in step["faults"]]

    for text in (out, error):
        assert "Paragraph lanterns/2.2, vary the colours: no rule says yet where this stands" in text
        assert "Paragraph lanterns/2.3, make them beautiful: no rule gives a status, because this is left to judgement. Beauty is" in text
    assert code == 1
    assert (fault["rule"], fault["node"]) == ("norm-without-rule", "https://example.org/lanterns/norm-2.2")
    assert fault["file"] == "ontology/lanterns/resolution.ttl"


def test_notices_are_those_of_the_paragraph(capsys, both: Path):
    """Where paragraphs are named, only the norms under these are told of."""
    _, out, _ = said(capsys, both, "assess", "--member", "XA", "--paragraph", "ecommerce-2018/2.1")

    assert "lanterns" not in out


def test_ambiguous_number(capsys, both: Path):
    """A number that two instruments have is refused with the names to choose from; one that a single instrument has is accepted."""
    for command in (("template", "2.1"), ("explain", "XA", "2.1"), ("assess", "--paragraph", "2.1")):
        code, _, error = said(capsys, both, *command)
        assert (code, error) == (2, "Several instruments have a paragraph 2.1: write lanterns/2.1, ecommerce-2018/2.1.\n")
    code, _, error = said(capsys, both, "query", "qualifiers-of-duties", "--param", "paragraph=2.1")
    assert (code, "write lanterns/2.1, ecommerce-2018/2.1" in error) == (2, True)
    assert said(capsys, both, "template", "2.9")[0] == 0


def test_template_of_each(capsys, both: Path):
    """Each instrument has its template for 2.1."""
    assert "LanternCount" in said(capsys, both, "template", "lanterns/2.1")[1]
    assert "ImplementationStatement" in said(capsys, both, "template", "ecommerce-2018/2.1")[1]


def test_instrument_may_be_named_where_it_is_the_only_one(kb: KnowledgeBase):
    """With one instrument the number is the name; the instrument may stand before it all the same."""
    assert kb.lookup.paragraph("ecommerce-2018/2.1") == kb.lookup.paragraph("2.1")
    assert kb.knowledge.paragraph_names[kb.lookup.paragraph("2.1")] == "2.1"


def test_findings_name_the_instrument(opened: KnowledgeBase, tmp_path: Path):
    """A finding names the paragraph of the instrument that the shape belongs to."""
    file = tmp_path / "count.ttl"
    file.write_text(COUNT.read_text(encoding="utf-8").replace('dcterms:title "Count of lanterns"@en ;', ""), encoding="utf-8")
    report = opened.submissions.validate(file)

    assert "lanterns/2.1" in {finding.paragraph for finding in report.findings}


def test_one_short_name_for_two_instruments(both: Path, tmp_path: Path):
    """Two instruments of one short name are refused, and both are named."""
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    file = copy / "ontology" / "lanterns" / "resolution.ttl"
    file.write_text(
        file.read_text(encoding="utf-8").replace('skos:notation "lanterns"', 'skos:notation "ecommerce-2018"'), encoding="utf-8"
    )
    with KnowledgeBase.open(Settings(knowledge=str(copy))) as base, pytest.raises(InconsistentDataError, match="same short name"):
        base.lookup.paragraph("2.1")


def test_two_norms_of_one_name(both: Path, tmp_path: Path):
    """Duties of two norms that would have one IRI are refused with the two norms as the cause."""
    copy = Path(shutil.copytree(both, tmp_path / "copy"))
    file = copy / "ontology" / "lanterns" / "resolution.ttl"
    same = 'obs:dutyNamespace "https://w3id.org/observance/duties/"^^xsd:anyURI ; skos:notation "lanterns"'
    file.write_text(file.read_text(encoding="utf-8").replace('skos:notation "lanterns"', same), encoding="utf-8")
    with KnowledgeBase.open(Settings(knowledge=str(copy))) as base, pytest.raises(InconsistentDataError, match="the provisions") as refusal:
        base.assessment.assess()
    assert {"https://example.org/lanterns/norm-2.1", "res:norm-2.1"} <= {
        str(refusal.value.values[name]).strip("<>") for name in ("one", "other")
    }


@pytest.fixture(scope="module")
def client(both: Path) -> Iterator[FlaskClient]:
    """A browser's client of the service over the knowledge base."""
    application = create_app(Settings(knowledge=str(both), workers=1))
    test_client = application.test_client()
    test_client.environ_base["HTTP_ACCEPT"] = BROWSER
    yield test_client
    close(application)


def test_pages(client: FlaskClient):
    """The pages hold both texts, name the instrument of each paragraph, and tell of norms without rules."""
    text = client.get("/resolution?lang=en").text
    duties = client.get("/duties?lang=en").text

    assert text.count("<h1>") == 2
    assert 'id="lanterns-p2.1"' in text
    assert 'id="ecommerce-2018-p2.1"' in text
    assert len(re.findall(r'id="([^"]+)"', text)) == len(set(re.findall(r'id="([^"]+)"', text)))
    assert "lanterns/2.1" in duties
    assert "ecommerce-2018/2.1" in duties
    assert "no rule says yet where this stands" in duties
    assert client.get("/templates/lanterns/2.1").status_code == 200


def test_words_of_one_instrument_are_not_those_of_another(client: FlaskClient):
    """Opening words that both texts share, such as « devraient », are shown and marked for each with its own text."""
    duty = client.get("/duties/lanterns/XA/norm-2.1?lang=en").text
    lanterns = client.get("/resolution?lang=en").text.partition('id="lanterns-p2"')[2]

    assert "Tous " in duty
    assert "Unions douanières ou économiques" not in duty
    assert "<mark>devraient</mark>" in lanterns
    assert 'href="#lanterns-p2"' in lanterns
