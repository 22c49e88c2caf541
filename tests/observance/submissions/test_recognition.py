"""Where no submission is found, the cause is told with its line; what is on record already is told as that."""

import pytest

from conftest import ROOT
from observance.core import InvalidInputError
from observance.knowledge_base import KnowledgeBase
from observance.submissions import report_to_text
from oxishacl import Source

TEXT = (ROOT / "shapes" / "examples" / "para-2-6-cooperation.ttl").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
PREFIX, CLASS = (next(n for n, line in enumerate(LINES, 1) if words in line) for words in ("@prefix obs:", "a obs:CooperationStatement"))
JSON = '{\n "@context": {},\n "@id": "https://example.org/a",\n "@type": "%s"\n}'
OURS = "https://w3id.org/observance/ns#"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (OURS, OURS.replace("https", "http"), PREFIX, f"is not the namespace {OURS}"),
        (OURS, OURS.replace("#", "/"), PREFIX, f"is not the namespace {OURS}"),
        (OURS, OURS.replace("//", "/"), PREFIX, f"is not the namespace {OURS}"),
        (OURS, OURS.replace("#", ""), PREFIX, f"is not the namespace {OURS}"),
        (OURS, OURS.replace("observance", "observence"), PREFIX, f"is not the namespace {OURS}"),
        ("obs:CooperationStatement", "obs:CoperationStatement", CLASS, "Nearest: obs:CooperationStatement"),
        ("a obs:CooperationStatement", "a obs:Cooperation", CLASS, "obs:Cooperation is not a kind of submission"),
        ("a obs:CooperationStatement", f"a <{OURS.replace('https', 'http')}CooperationStatement>", CLASS, f"is not the namespace {OURS}"),
    ],
)
def test_no_submission(old: str, new: str, line: int, words: str, kb: KnowledgeBase) -> None:
    """A namespace that is one sign or the scheme off, a misspelt class and one of another kind are told, each with its line."""
    with pytest.raises(InvalidInputError) as caught:
        kb.submissions.validate(Source("a.ttl", TEXT.replace(old, new).encode()))

    assert "no submission found" in caught.value.sentence("en")
    assert "aucune communication trouvée" in caught.value.sentence("fr")
    assert f"line {line}, " in caught.value.sentence("en")
    assert words in caught.value.sentence("en")


def test_record(kb: KnowledgeBase) -> None:
    """Each example of a record of the register is told to be one, with who enters it; a misspelt submission beside it is told first."""
    examples = sorted((ROOT / "shapes" / "examples").glob("register-*.ttl"))
    missed = []
    for file in examples:
        try:
            kb.submissions.validate(Source(file.name, file.read_bytes()))
        except InvalidInputError as error:
            missed += [file.name] if "Secretariat enters" not in error.sentence("en") or ", line" in error.sentence("fr") else []
    assert len(examples) > 8 and missed == []
    both = TEXT.replace("obs:CooperationStatement", "obs:CoperationStatement") + "<https://example.org/m> a obs:ReviewMeeting ."
    with pytest.raises(InvalidInputError, match="Nearest: obs:CooperationStatement"):
        kb.submissions.validate(Source("a.ttl", both.encode()))


@pytest.mark.parametrize("namespace", [OURS.replace(":", ""), OURS.removeprefix("https://"), OURS.replace("//", "/")])
def test_no_submission_beside_a_base(namespace: str, kb: KnowledgeBase) -> None:
    """A namespace whose scheme is damaged is told although the base of the document completes it."""
    with pytest.raises(InvalidInputError) as caught:
        kb.submissions.validate(Source("a.ttl", ("@base <https://example.org/b/> . " + TEXT.replace(OURS, namespace)).encode()))

    assert f"line {PREFIX}, " in caught.value.sentence("en")
    assert f"is not the namespace {OURS}" in caught.value.sentence("en")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("obs:CooperationStatement", f"line 4, column 11: the prefix obs is not declared; declare it as {OURS}"),
        ("https://schema.org/Thing", "line 4, column 11: schema:Thing is not a kind of submission"),
    ],
)
def test_no_submission_in_json(kind: str, words: str, kb: KnowledgeBase) -> None:
    """In JSON-LD a prefix that the context does not declare is told, with the line of the value."""
    with pytest.raises(InvalidInputError) as caught:
        kb.submissions.validate(Source("a.jsonld", (JSON % kind).encode()))

    assert words in caught.value.sentence("en")


def test_no_class(kb: KnowledgeBase) -> None:
    """A document in which nothing has a class is told to have none."""
    with pytest.raises(InvalidInputError) as caught:
        kb.submissions.validate(Source("a.ttl", b"<urn:a> <urn:b> <urn:c> ."))

    assert "no node in it has a class" in caught.value.sentence("en")


@pytest.mark.parametrize("written", ["party:XM", "https://w3id.org/observance/parties/XM"])
def test_text_for_a_name(written: str, kb: KnowledgeBase) -> None:
    """A name that stands as a text is told to be a text; it is not said to be unknown, with itself as the nearest."""
    changed = TEXT.replace("party:XM", f'"{written}"', 1)
    (finding,) = kb.submissions.validate(Source("a.ttl", changed.encode())).findings

    assert f'"{written}" is a text where the name of something is meant' in finding.message["en"]
    assert f'{{"@id": "{written}"}}' in finding.message["fr"]
    assert "Nearest" not in finding.message["en"]


@pytest.mark.parametrize("datatype", ["", "^^xsd:date"])
def test_impossible_day(datatype: str, kb: KnowledgeBase) -> None:
    """A day that its month does not have is told as that."""
    changed = TEXT.replace('"2019-11-04"^^xsd:date', f'"2022-06-31"{datatype}')
    (finding,) = kb.submissions.validate(Source("a.ttl", changed.encode())).findings

    assert finding.facts["en"].endswith("is not in the calendar: June 2022 has 30 days.")
    assert finding.facts["fr"].endswith("n'est pas dans le calendrier : juin 2022 compte 30 jours.")


@pytest.mark.parametrize(("prefix", "term"), [("http://purl.org/dc/terms/", "dateSubmitted"), ("http://www.w3.org/2006/time#", "hasEnd")])
def test_misspelt_vocabulary(prefix: str, term: str, kb: KnowledgeBase) -> None:
    """A term of a vocabulary under another scheme is told with the term that was meant; nothing is said to be missing for it."""
    slip = prefix.replace("http:", "https:")
    report = kb.submissions.validate(Source("a.ttl", TEXT.replace(prefix, slip).encode()))

    assert {finding.shape.rpartition("/")[2] for finding in report.findings} == {"envelope-document-unknown-term"}
    assert any((finding.value or "") == slip + term for finding in report.findings)
    assert all("the nearest is –" not in finding.message["en"] for finding in report.findings)


def test_look_alikes(kb: KnowledgeBase) -> None:
    """A letter of another alphabet in a name of ours is named by its code point."""
    changed = TEXT.replace("obs:PostalOperator", "obs:P\u043estalOperator", 1)
    (finding,) = kb.submissions.validate(Source("a.ttl", changed.encode())).findings

    assert "(U+043E CYRILLIC SMALL LETTER O)" in finding.message["fr"]


def test_form_has_its_own_heading(kb: KnowledgeBase) -> None:
    """A fault of form stands under the form of this register, in text; in JSON it keeps the paragraph of its submission too."""
    report = kb.submissions.validate(Source("a.ttl", TEXT.replace('"2019-11-04"^^xsd:date', '"soon"^^xsd:date').encode()))
    text = report_to_text(report, lang="en")

    assert [finding.paragraph for finding in report.findings] == ["2.6"]
    assert "Form of this register" in text
    assert "Paragraph 2.6" not in text
