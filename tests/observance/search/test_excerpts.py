"""Excerpts show where the words stand, in the reader's language if they can."""

import html

from hypothesis import given, settings
from hypothesis import strategies as st

from observance.search.excerpts import excerpt, is_searched, marked
from observance.search.words import word_tokens

SEARCHED = is_searched(frozenset(word_tokens("timetable", "")[1:]), "")


def found(segments) -> list[str]:
    """The words that are marked."""
    return [text for text, is_found in segments if is_found]


def test_marked():
    """All forms of a word are marked, and no sign of the text is lost."""
    text = "Timetables; a <b>timetable</b>"
    assert found(marked(text, "en", SEARCHED)) == ["Timetables", "timetable"]
    assert "".join(piece for piece, _ in marked(text, "en", SEARCHED)) == text


def test_prefix():
    """A word that begins with the prefix is marked, also without its accents."""
    assert found(marked("un calendrier, été", "fr", is_searched(frozenset(), "ete"))) == ["été"]


def test_language_of_an_excerpt():
    """Of two texts that have the words it is the reader's, else the one that has them, else the reader's."""
    texts = [("rien ici", "fr"), ("a timetable", "en")]
    assert excerpt(texts, lang="fr", searched=SEARCHED)[1] == "en"
    assert excerpt([("nothing", "en"), *texts[:1]], lang="fr", searched=SEARCHED)[1] == "fr"
    assert excerpt([*texts, ("le timetable", "fr")], lang="fr", searched=SEARCHED)[1] == "fr"
    assert excerpt([], lang="fr", searched=SEARCHED) == ((), "")


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_length(before: str, after: str):
    """Of a long text the excerpt is a short part that holds the word; every sign of it is in the text."""
    text = f"{before} timetable {after}"
    segments, _ = excerpt([(text, "en")], lang="en", searched=SEARCHED)
    shown = "".join(piece for piece, _ in segments)
    assert found(segments)
    assert shown.strip("…") in text
    assert len(shown) < 200
    assert html.escape(shown).count("<") == 0
