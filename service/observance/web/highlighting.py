"""Words marked in a text."""

from collections.abc import Iterable
from typing import NamedTuple


class Segment(NamedTuple):
    """A stretch of text, and whether it is marked."""

    text: str
    marked: bool


def marked(text: str, words: Iterable[str]) -> tuple[Segment, ...]:
    """The text cut so that the first place of each of the words is marked; places that overlap become one."""
    found = sorted((start, start + len(word)) for word in words if word and (start := text.find(word)) >= 0)
    segments: list[Segment] = []
    done = 0
    for start, end in _joined(found):
        segments += [Segment(text[done:start], False), Segment(text[start:end], True)]
        done = end
    return tuple(segment for segment in (*segments, Segment(text[done:], False)) if segment.text)


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
