"""The pages of the text: complete, authentic beside the translation, with every norm beside its paragraph."""

import html5rdf
import pytest

from conftest import ROOT
from observance.core import OBS, local_name


def parse_page(browser, path):
    """The tree of a page."""
    return html5rdf.HTMLParser(namespaceHTMLElements=False).parse(browser.get(path).text)


def select(tree, css):
    """The elements with the class, in order."""
    return [node for node in tree.iter() if isinstance(node.tag, str) and css in (node.get("class") or "").split()]


def words(node):
    """The text of an element."""
    return " ".join("".join(node.itertext()).split())


def part(tree, anchor):
    """The part of the text with the anchor."""
    return next(node for node in tree.iter() if node.get("id") == anchor)


def test_the_text_is_complete(browser):
    """The French texts of the page, one after the other, are the source, white space, list marks and asterisks apart."""
    source = (ROOT / "ontology" / "ecommerce-2018" / "source-fr.txt").read_text(encoding="utf-8")
    shown = [words(node) for node in select(parse_page(browser, "/resolution?lang=en"), "authentic")]
    plain = " ".join(source.replace("*", " ").split())

    place = 0
    for text in shown:
        assert text in plain[place:], text
        place = plain.index(text, place) + len(text)
    assert len(shown) == 24


def test_languages_are_marked(browser):
    """Each authentic text is marked as French and each translation as English, and the page says that it is unofficial."""
    tree = parse_page(browser, "/resolution?lang=fr")

    assert {node.get("lang") for node in select(tree, "authentic")} == {"fr"}
    assert {node.get("lang") for node in select(tree, "translation")} == {"en"}
    assert len(select(tree, "authentic")) == len(select(tree, "translation"))
    assert "Traduction de travail en anglais, non officielle" in words(select(tree, "notice")[0])


def test_every_norm_is_beside_its_paragraph(browser, kb):
    """Each norm of the knowledge is on the page once, within the paragraph that expresses it."""
    tree = parse_page(browser, "/resolution?lang=en")
    for number, paragraph in kb.lookup.paragraphs.items():
        norms = kb.knowledge.subjects_with(OBS + "expressedBy", paragraph)
        assert len(select(part(tree, local_name(paragraph)), "norm")) == len(norms), number


def test_every_cue_is_marked(browser, kb):
    """The words on which a norm rests are marked in its paragraph or in the opening words, all of them."""
    tree = parse_page(browser, "/resolution?lang=fr")
    for paragraph in kb.lookup.paragraphs.values():
        for norm in kb.knowledge.subjects_with(OBS + "expressedBy", paragraph):
            for cue in kb.knowledge.objects(norm, OBS + "cue"):
                places = [part(tree, local_name(paragraph)), part(tree, "p2"), part(tree, "decides")]
                marked = [words(mark) for place in places for mark in place.iter("mark")]
                assert any(cue in text for text in marked), (norm, cue)


def test_recitals_have_no_norm(browser):
    """No word of a recital is marked and no norm is beside it; it links to the paragraphs that it supports."""
    recitals = select(parse_page(browser, "/resolution?lang=en"), "unit-Recital")

    assert len(recitals) == 8
    assert [mark for recital in recitals for mark in recital.iter("mark")] == []
    assert [norm for recital in recitals for norm in select(recital, "norm")] == []


@pytest.mark.parametrize(("lang", "towards"), [("en", "Towards"), ("fr", "Envers")])
def test_counterparty_only_where_named(browser, lang, towards):
    """A counterparty is shown for the norms that name one, and for no other."""
    tree = parse_page(browser, f"/resolution?lang={lang}")
    named = {
        node.get("id")
        for node in select(tree, "unit-OperativeParagraph")
        if towards in [words(dt) for norm in select(node, "norm") for dt in norm.iter("dt")]
    }

    assert named == {"p2.5", "p2.6", "p2.8", "p3"}


def test_modality_in_words(browser):
    """The force of each norm is beside it in words."""
    tree = parse_page(browser, "/resolution?lang=en")
    forces = {anchor: [words(node) for node in select(part(tree, anchor), "force")] for anchor in ("p1", "p2.7", "p2.9", "p3")}

    assert forces == {"p1": ["decides"], "p2.7": ["should", "future passive"], "p2.9": ["should consider"], "p3": ["should", "will"]}


def test_map(browser, kb):
    """The map has a stop for every operative paragraph, and a document where the text asks for one only."""
    tree = parse_page(browser, "/?lang=en")
    (line,) = select(tree, "line")
    stops = [words(select(item, "number")[0]) for item in line if item.tag == "li"]
    asked = [words(select(item, "number")[0]) for item in line if item.tag == "li" and select(item, "asked")]

    assert stops == list(kb.lookup.paragraphs)
    assert asked == ["2.5", "2.8", "3"]


def test_examples_and_questions(browser, kb):
    """A paragraph links to its example where there is one, and to the questions about it."""
    tree = parse_page(browser, "/resolution?lang=en")
    for number, paragraph in kb.lookup.paragraphs.items():
        links = {node.get("href") for node in part(tree, local_name(paragraph)).iter("a")}
        questions = {f"/questions/{q.name}?lang=en" for q in kb.questions.catalogue.questions if number in (q.paragraph or "").split(", ")}
        assert (f"/templates/{number}" in links) == (number in kb.lookup.examples)
        assert questions <= links
