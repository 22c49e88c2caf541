"""The index: built in one step or in two it is the same, and words can never be operators."""

from hypothesis import given, settings
from hypothesis import strategies as st

from observance.search import SearchEntry
from observance.search.index import SearchIndex, build, name_key

ENTRIES = [
    SearchEntry("term", iri="https://t.example/1", labels={"en": "indicative timetable"}, codes=("IndicativeTimetable",)),
    SearchEntry("text", iri="https://t.example/2", labels={"en": "Timetable"}, texts=(("a long text on customs", "en"),)),
    SearchEntry("page", path="/there", labels={"fr": "Échéancier"}, mentions=(("customs", "en"),)),
]


def ranked(index: SearchIndex, expression: str, name: str = "") -> list[str]:
    """What is found, as IRIs or paths, in order."""
    entries = index.entries([number for number, _ in index.ranked(expression, best=expression, name=name)])
    return [entry.iri or entry.path for entry in entries]


def test_extended():
    """An index that rests on another has the entries of both, and leaves the other as it was."""
    base = build(ENTRIES[:2])
    extended, whole = SearchIndex(build(ENTRIES[2:], base=base)), SearchIndex(build(ENTRIES))
    assert ranked(extended, '"en_custom"') == ranked(whole, '"en_custom"') == ["/there", "https://t.example/2"]
    assert ranked(SearchIndex(base), '"en_custom"') == ["https://t.example/2"]


def test_order():
    """What is named so is first, then what has the word in its label."""
    index = SearchIndex(build(ENTRIES))
    assert ranked(index, '"en_timet"')[0] == "https://t.example/2"
    assert ranked(index, '"en_timet"', name=name_key("Indicative TIMETABLE"))[0] == "https://t.example/1"
    assert [index.entries([number])[0].iri for number, _ in index.named("https://t.example/1")] == ["https://t.example/1"]


def test_nearest():
    """A slip leads to the word as it is written; codes and short words have no slips."""
    index = SearchIndex(build(ENTRIES))
    assert index.nearest("tmetable") == "timetable"
    assert index.nearest("echeancie") == "échéancier"
    assert [index.nearest(word) for word in ("zzzzzz", "tim", "2019x")] == ["", "", ""]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4), st.text(max_size=40))
def test_any_text(texts: list[str], word: str):
    """Any text is indexed and found under its words, and any word can be looked for."""
    index = SearchIndex(build([SearchEntry("term", iri=text, labels={"en": text}, texts=((text, ""),)) for text in texts]))
    index.nearest(word)
    assert all(index.named(name_key(text)) for text in texts if name_key(text))
