"""The words of a text as they are compared: without accents, case, ligatures and French elisions, with their stems in both languages."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import Stemmer
from msgspec import Struct

_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "ı": "i"})
"""The letters that have no decomposition, in lower case."""
_WORD: Final = re.compile(r"\b(?:[cdjlmnst]|(?:jus|lors|puis)?qu)['’](?=\w)|(?P<word>\d+(?:\.\d+)+[^\W\d_]?(?!\w)|[^\W_]+)", re.IGNORECASE)
_STEMMERS: Final = {"fr": Stemmer.Stemmer("french"), "en": Stemmer.Stemmer("english")}
_LONGEST: Final = 60
"""The longest word, in letters, of which more is compared."""
_MOST_REMEMBERED: Final = 50_000


class Word(Struct, frozen=True):
    """A word as it stands in a text, from `start` to `end`, with its folded form."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """The text in lower case, without accents and ligatures."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).casefold()
    return decomposed if decomposed.isascii() else "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text in composed form (NFC), without elided ones; a number such as 2.5 is one word."""
    for match in _WORD.finditer(text):
        if match["word"]:
            yield Word(match.start(), match.end(), fold(match["word"])[:_LONGEST])


@lru_cache(_MOST_REMEMBERED)
def word_tokens(word: str, lang: str) -> tuple[str, ...]:
    """The tokens of a word in the language (in any of them, if empty): its folded form, and its stems with and without accents."""
    lower, folded = word.lower()[:_LONGEST], fold(word)[:_LONGEST]
    tokens = [folded]
    for code in (lang,) if lang in _STEMMERS else _STEMMERS:
        stems = {fold(_STEMMERS[code].stemWord(form)) for form in (lower, folded)}
        tokens += [f"{code}_{stem}" for stem in sorted(stems)]
    return tuple(tokens)


def text_tokens(text: str, lang: str) -> str:
    """The tokens of all words of a text, with spaces between them."""
    found = (token for word in words(text) for token in word_tokens(text[word.start : word.end], lang))
    return " ".join(found)


@cache
def stop_words() -> Collection[str]:
    """The folded words, in both languages, that say too little to be searched for beside others."""
    text = (files(__package__) / "stop-words.txt").read_text(encoding="utf-8")
    return frozenset(fold(word) for line in text.splitlines() if not line.startswith("#") for word in line.split())
