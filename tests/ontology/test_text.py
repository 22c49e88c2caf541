"""The text of the resolution in the graph is the text that was adopted, word for word."""

import re

import pytest

from conftest import ROOT
from observance.core import ELI, OBS, PREFIXES
from observance.knowledge_base import KnowledgeBase

SOURCE = ROOT / "ontology" / "ecommerce-2018" / "source-fr.txt"
DOCUMENT = PREFIXES["wco"] + "ecommerce-2018"
SUBDIVISIONS = ("Formula", "Recital", "OperativeParagraph")


def plain(text: str) -> str:
    """The words alone: without white space, list marks and Markdown asterisks."""
    without_marks = re.sub(r"^ - ", "", text.replace("**", ""), flags=re.MULTILINE)
    return re.sub(r"\s+", "", without_marks)


def subdivisions(kb: KnowledgeBase, kind: str) -> list[str]:
    """The subdivisions of one kind, in the order of the text."""
    return sorted(kb.knowledge.instances(OBS + kind), key=lambda iri: int(kb.knowledge.objects(iri, OBS + "position")[0]))


def wordings(kb: KnowledgeBase, prop: str) -> list[tuple[str, str]]:
    """Every subdivision with its number and wording, in the order of the text."""
    everything = [iri for kind in SUBDIVISIONS for iri in kb.knowledge.instances(OBS + kind)]
    ordered = sorted(everything, key=lambda iri: int(kb.knowledge.objects(iri, OBS + "position")[0]))
    return [(next(iter(kb.knowledge.objects(iri, ELI + "number")), ""), kb.knowledge.objects(iri, OBS + prop)[0]) for iri in ordered]


def test_rebuilt(kb):
    """The document rebuilt from the graph is the source file, white space, list marks and asterisks apart."""
    rebuilt = "\n".join(f"{number}. {text}" if number else text for number, text in wordings(kb, "authenticText"))

    assert plain(SOURCE.read_text(encoding="utf-8")) == plain(rebuilt)


def test_parts(kb):
    """There are eight recitals, then the operative paragraphs 1, 2, 2.1 to 2.9 and 3, in this order."""
    numbers = [kb.knowledge.objects(iri, ELI + "number")[0] for iri in subdivisions(kb, "OperativeParagraph")]

    assert len(subdivisions(kb, "Recital")) == 8
    assert numbers == ["1", "2", *(f"2.{n}" for n in range(1, 10)), "3"]


def test_translated(kb):
    """Every part has an English working translation, and the English expression says that it is unofficial."""
    assert all(text.strip() for _, text in wordings(kb, "workingTranslation"))
    assert any("unofficial" in label for label in kb.knowledge.objects(PREFIXES["res"] + "eng", PREFIXES["skos"] + "prefLabel"))


def test_adopted_in_a_month(kb):
    """The adoption has a month and no day, because no source confirms the day."""
    assert kb.knowledge.objects(DOCUMENT, ELI + "date_document") == ("2018-06",)


@pytest.mark.parametrize("prop", ["cue", "governs", "linkingWords"])
def test_anchors_are_verbatim(kb, prop):
    """What norms, qualifiers and recitals quote of the French text stands in it to the letter."""
    source = re.sub(r"\s+", " ", SOURCE.read_text(encoding="utf-8").replace("**", ""))
    quoted = {quad.object.value for quad in kb.knowledge.quads if quad.predicate.value == OBS + prop}

    assert quoted
    assert [words for words in quoted if words not in source] == []


def test_cues_stand_in_their_paragraph(kb):
    """A norm's cue stands in the paragraph that expresses it, or in the words that govern that paragraph."""
    know = kb.knowledge
    for norm in know.instances(OBS + "NormativeStatement"):
        (paragraph,) = know.objects(norm, OBS + "expressedBy")
        text = know.objects(paragraph, OBS + "authenticText")[0]
        parent = know.objects(paragraph, ELI + "is_part_of")[0]
        governing = know.objects(parent, OBS + "authenticText") or know.objects(PREFIXES["res"] + "decides", OBS + "authenticText")
        for cue in know.objects(norm, OBS + "cue"):
            assert cue in text or cue in governing[0], (norm, cue)


def test_devraient_is_in_two_and_three_only(kb):
    """« devraient » occurs in paragraphs 2 and 3 and nowhere else, so it can anchor every recommendation."""
    found = [number for number, text in wordings(kb, "authenticText") if "devraient" in text]

    assert found == ["2", "3"]


def test_recitals_share_words_with_what_they_support(kb):
    """A recital is said to support a paragraph only where some linking words stand in both texts."""
    know = kb.knowledge
    pairs = [(r, p) for r in know.instances(OBS + "Recital") for p in know.objects(r, OBS + "supports")]
    assert pairs
    for recital, paragraph in pairs:
        words = know.objects(recital, OBS + "linkingWords")
        text = know.objects(paragraph, OBS + "authenticText")[0]
        assert any(word in text for word in words), (recital, paragraph)


def test_recitals_carry_no_norm(kb):
    """No norm is expressed by a recital."""
    recitals = kb.knowledge.instances(OBS + "Recital")

    assert [r for r in recitals if kb.knowledge.subjects_with(OBS + "expressedBy", r)] == []


def test_vocabulary_names_no_paragraph():
    """No term of the vocabulary is named or defined by a paragraph number of a resolution."""
    core = (ROOT / "ontology" / "core.ttl").read_text(encoding="utf-8")

    assert re.findall(r"\bp[123]\b|paragraphe? \d|\b2\.[1-9]\b", core) == []
