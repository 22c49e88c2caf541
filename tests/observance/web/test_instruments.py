"""The graph of instruments: the drawing holds what the table holds, and every end of a link is an instrument."""

import html
import re
import xml.etree.ElementTree as ET

from observance.core import LANGUAGES
from observance.web.instrument_graph import instrument_graph
from observance.web.instrument_links import links_between


def test_links_have_whole_instruments(client):
    """A provision belongs to its instrument, a norm to that of its paragraph, an edition to what it is one of."""
    links = {link["link"].rsplit("/", 1)[1]: link for link in client.get("/instruments?lang=en").json}

    def wholes(name: str) -> tuple[str, str]:
        return links[name]["from_whole"].rsplit("/", 1)[1], links[name]["to_whole"].rsplit("/", 1)[1]

    assert wholes("tfa-12-international-cooperation") == ("tfa", "ecommerce-framework")
    assert wholes("norm-2.6-framework") == ("ecommerce-2018", "ecommerce-framework")
    assert wholes("framework-builds-on-luxor") == ("ecommerce-framework", "luxor-2017")
    assert all(link["asserter_label"] and link["confidence_label"] and link["reason"] for link in links.values())


def test_drawing_and_table(client, browser):
    """Each line of the drawing is a row of the table, in both languages; the numbers are those of the links."""
    links = client.get("/instruments?lang=en").json
    between = links_between(links)
    for lang in LANGUAGES:
        page = browser.get(f"/instruments?lang={lang}").text
        drawing = ET.fromstring(re.search(r'<svg viewBox[^>]*role="img".*?</svg>', page, re.DOTALL)[0])
        titles = [html.unescape(path.findtext("title") or "") for path in drawing.findall("path")]
        if lang == "en":
            ends = {(group[0]["from_whole_label"], group[0]["kind_label"], group[0]["to_whole_label"]) for group in between.values()}
            assert {tuple(title.rsplit(" (", 1)[0].split(" – ")) for title in titles} == ends
        assert len(titles) == len(between) == len(re.findall(r"<tr><td>", page))
        assert sum(int(title.rsplit("(", 1)[1].rstrip(")")) for title in titles) == sum(map(len, between.values()))
        assert not drawing.findall(".//a")


def test_layers():
    """An instrument stands as far to the right as there are links between it and the text; one without any way to it stands last."""
    counts = {("a", "text", "k"): 1, ("b", "a", "k"): 2, ("c", "b", "k"): 1, ("x", "y", "other"): 1}
    graph = instrument_graph(counts, starts=["text"], names={"a": "A" * 200}, kinds=["k", "other"])
    columns = {node.iri: node.x for node in graph.nodes}

    assert columns["text"] < columns["a"] < columns["b"] < columns["c"] < columns["x"] == columns["y"]
    assert [node.is_start for node in graph.nodes if node.iri == "text"] == [True]
    assert all(0 <= node.x < graph.width and 0 <= node.y < graph.height for node in graph.nodes)
    assert all(len(node.lines) <= 2 for node in graph.nodes)
    assert instrument_graph({}, starts=["text"], names={}, kinds=[]).nodes == ()
