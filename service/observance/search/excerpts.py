"""Excerpts of texts around the words that were searched for."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from observance.search.model import Segments, Text
from observance.search.words import Word, word_tokens, words

_LENGTH: Final = 180
_BEFORE: Final = 50
_ELLIPSIS: Final = "…"

IsSearched = Callable[[str, str], bool]
"""Whether a word, in the language of its text, was searched for."""


def is_searched(tokens: frozenset[str], prefix: str) -> IsSearched:
    """The function that says so of a word with one of these tokens, or that begins with `prefix`, if that is not empty."""

    def searched(word: str, lang: str) -> bool:
        forms = word_tokens(word, lang)
        return not tokens.isdisjoint(forms) or bool(prefix and forms[0].startswith(prefix))

    return searched


def marked(text: str, lang: str, searched: IsSearched) -> Segments:
    """The whole text in pieces."""
    return _segments(text, _found(text, lang, searched), start=0, end=len(text))


def excerpt(texts: Iterable[Text], *, lang: str, searched: IsSearched) -> tuple[Segments, str]:
    """The part of one of the texts that has most of the words, and its language; the first in `lang` is preferred, also without any."""
    ordered = sorted(texts, key=lambda text: text[1] != lang)
    found = [(text, tag, _found(text, tag, searched)) for text, tag in ordered]
    if not found:
        return (), ""
    text, tag, places = max(found, key=lambda each: (bool(each[2]), each[1] == lang, len(each[2])))
    start, end = _window(text, places)
    segments = _segments(text, places, start=start, end=end)
    head = ((_ELLIPSIS, False),) if start else ()
    tail = ((_ELLIPSIS, False),) if end < len(text) else ()
    return (*head, *segments, *tail), tag


def _found(text: str, lang: str, searched: IsSearched) -> Sequence[Word]:
    return [word for word in words(text) if searched(text[word.start : word.end], lang)]


def _window(text: str, places: Sequence[Word]) -> tuple[int, int]:
    """The bounds of the excerpt, at spaces."""
    first = places[0].start if places else 0
    start = 0 if len(text) <= _LENGTH or first <= _BEFORE else max(0, min(first - _BEFORE, len(text) - _LENGTH))
    if start:
        space = text.find(" ", start, first)
        start = first if space < 0 else space + 1
    end = min(len(text), start + _LENGTH)
    if end < len(text):
        space = text.rfind(" ", start + _LENGTH // 2, end)
        end = end if space < 0 else space
    return start, end


def _segments(text: str, places: Sequence[Word], *, start: int, end: int) -> Segments:
    pieces: list[tuple[str, bool]] = []
    position = start
    for word in places:
        if start <= word.start and word.end <= end:
            pieces += [(text[position : word.start], False), (text[word.start : word.end], True)]
            position = word.end
    pieces.append((text[position:end], False))
    return tuple(piece for piece in pieces if piece[0])
