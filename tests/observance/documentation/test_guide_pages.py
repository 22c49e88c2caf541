"""The guides (`documentation.guide_pages`): the same structure in both languages, verbatim quotations, safe HTML."""

import re

import pytest
from msgspec.structs import replace

from conftest import ROOT
from observance.core import LANGUAGES, OBS
from observance.documentation import Guide, list_guides, render_guide
from observance.documentation.guide_pages import _read_guide

SOURCE = (ROOT / "ontology" / "ecommerce-2018" / "source-fr.txt").read_text(encoding="utf-8")
NAMES = list(list_guides("en"))


def rendered(guide: Guide, markdown: str) -> str:
    """The HTML of a guide with this Markdown and the anchors `a`, `b` …; links to pages of the service have no address."""
    changed = replace(guide, markdown=markdown, anchors=tuple("abc"[: markdown.count("## ")]))
    return render_guide(changed, address=lambda target: None if target.startswith("/") else f"to-{target}").html


@pytest.fixture
def guide() -> Guide:
    """A guide in English."""
    return list_guides("en")["filing"]


def test_order():
    """Guides are numbered from 1 and listed in the same order in each language."""
    for lang in LANGUAGES:
        assert [guide.number for guide in list_guides(lang).values()] == [1, 2, 3, 4, 5, 6]
        assert list(list_guides(lang)) == ["filing", "keeping", "asking", "programs", "formalising", "receiving"]


@pytest.mark.parametrize("name", NAMES)
def test_same_structure(name: str):
    """A guide has the same sections, under the same anchors, and the same blocks in both languages."""
    french, english = (render_guide(list_guides(lang)[name], address=lambda target: target) for lang in ("fr", "en"))
    blocks = [re.findall(r"<(h2|h3|p|pre|table|tr|ul|ol|li|blockquote)\b", body.html) for body in (french, english)]

    assert list(french.sections) == list(english.sections)
    assert not set(french.sections.values()) & set(english.sections.values())
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("name", NAMES)
def test_quotations(kb, name: str):
    """Guides quote the resolution verbatim; in English each quotation is followed by the working translation, marked as such."""
    translations = " ".join(
        text for iri in kb.knowledge.instances(OBS + "OperativeParagraph") for text in kb.knowledge.objects(iri, OBS + "workingTranslation")
    )
    english = list_guides("en")[name].markdown
    quoted = re.findall(r"(?m)^> « (.*) »$", english)
    translated = re.findall(r"unofficial working translation: “([^”]+)”", english)

    assert quoted == re.findall(r"(?m)^> « (.*) »$", list_guides("fr")[name].markdown)
    assert [text for text in quoted if text not in SOURCE] == []
    assert [text for text in translated if text not in translations] == []
    assert len(translated) == len(quoted) == english.count("\n> ")


def test_html_is_text(guide: Guide):
    """HTML in a guide is shown as text, and a link to a script is not a link."""
    html = rendered(guide, 'A <b onclick="x()">word</b>.\n\n<script>x()</script>\n\n[go](javascript:x())\n\n```sh\n</pre><script>\n```\n')

    assert "&lt;b onclick=" in html
    assert "<script" not in html
    assert "href" not in html


def test_links(guide: Guide):
    """A link to another guide gets its address, one within the page or to the web stays, one without an address becomes text."""
    html = rendered(guide, "[a](asking.md#ask-why) [b](#here) [c](https://example.org/) [d `e`](/duties)")

    assert html == (
        '<p><a href="to-asking.md#ask-why">a</a> <a href="#here">b</a> <a href="https://example.org/">c</a> d <code>e</code></p>\n'
    )


def test_tables_and_code_are_focusable(guide: Guide):
    """Tables and code, which may be wider than the page, can be reached by keyboard; a table is named by the heading above it."""
    html = rendered(guide, "## One\n\n| a |\n|---|\n| b |\n\n## Two\n\n```console\n$ a > b\n```\n")

    assert '<h2 id="a">' in html
    assert '<div class="scroll" tabindex="0" role="region" aria-labelledby="a">\n<table>' in html
    assert '<pre class="code" tabindex="0">$ a &gt; b\n</pre>' in html


def test_french_in_an_english_guide(guide: Guide):
    """Text in guillemets is marked as French in an English guide, with no-break spaces inside the guillemets."""
    assert rendered(guide, "Say « a & b ».") == '<p>Say <span lang="fr">«\u00a0a &amp; b\u00a0»</span>.</p>\n'
    assert rendered(replace(guide, lang="fr"), "Dites « a » !") == "<p>Dites «\u00a0a\u00a0»\u00a0!</p>\n"


def test_first_line():
    """A guide without number and title on its first line is an error that shows the required line."""
    with pytest.raises(ValueError, match=r"guides/en/none\.md: the first line must be `# <number>\. <title>`"):
        _read_guide("none", "# A title\n\nFor whom.\n\nText.", lang="en")


def test_number_of_headings(guide: Guide):
    """A translation whose number of headings differs from that of the English guide is an error."""
    with pytest.raises(ValueError, match="zip"):
        render_guide(replace(guide, markdown="## Only one\n"), address=lambda target: target)
