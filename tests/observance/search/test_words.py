"""Words are compared without what people leave out or get wrong: accents, case, ligatures, elisions, endings."""

import unicodedata

import pytest

from observance.search.words import fold, stop_words, text_tokens, word_tokens, words


def folded(text: str) -> list[str]:
    """The folded words of the text."""
    return [word.folded for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l'OMD d’abord, qu'elle s’y joigne", ["omd", "abord", "elle", "y", "joigne"]),
        ("aujourd'hui, lorsqu’on", ["aujourd", "hui", "on"]),
        ("mise en ŒUVRE", ["mise", "en", "oeuvre"]),
        ("paragraphe 2.5, 3b; 2.7b.", ["paragraphe", "2.5", "3b", "2.7b"]),
        ("XA-2019-01", ["xa", "2019", "01"]),
        ("Straße ĲSSEL", ["strasse", "ijssel"]),
        ('" OR * NEAR( ^ \0 _ --', ["or", "near"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]):
    """Elided words are none; a number with points is one word; signs separate."""
    assert folded(text) == expected


def test_places():
    """A word knows where it stands, whatever its folded form is."""
    text = "le cœur d’été"
    assert [text[word.start : word.end] for word in words(text)] == ["le", "cœur", "été"]


def test_bounded():
    """No word is compared beyond its first letters, and a letter that stands for many words is one sign."""
    assert len(folded("a" * 10_000)[0]) < 100
    assert fold(unicodedata.normalize("NFC", "É")) == fold("e")


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [("fr", "douanière", "douanieres"), ("fr", "notifié", "NOTIFIÉES"), ("en", "timetables", "Timetable"), ("fr", "réunions", "reunion")],
)
def test_stems(lang: str, one: str, other: str):
    """Forms of one word have a stem in common, also where the accents are left out."""
    assert set(word_tokens(one, lang)[1:]) & set(word_tokens(other, lang)[1:])


def test_stems_of_languages():
    """A stem is that of a language; a text in neither has those of both."""
    assert {token[:3] for token in word_tokens("report", "en")[1:]} == {"en_"}
    assert {token[:3] for token in word_tokens("report", "")[1:]} == {"en_", "fr_"}
    assert text_tokens("l'amendement", "fr").split()[0] == "amendement"


def test_stop_words():
    """What says too little is known in both languages, and numbers and codes are never among it."""
    assert {"the", "de", "who", "qui"} <= set(stop_words())
    assert all(word.isalpha() for word in stop_words())
