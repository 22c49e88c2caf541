"""Words marked in a text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from observance.web.instrument_text import Segment, highlight


def test_overlaps_are_merged():
    """Words that overlap or touch are one mark, and only the first occurrence of a word is marked."""
    assert highlight("ab cd ab cd", ["ab c", "cd"]) == (Segment("ab cd", True), Segment(" ab cd", False))
    assert highlight("abcd", ["ab", "cd"]) == (Segment("abcd", True),)


def test_absent_words():
    """A word that does not occur, and an empty one, mark nothing."""
    assert highlight("text", ["other", ""]) == (Segment("text", False),)


@given(st.text("ab c"), st.lists(st.text("ab c", max_size=4)))
def test_segments_are_the_text(text, words):
    """Whatever is marked, the segments together are the text, none is empty and no two marks touch."""
    found = highlight(text, words)

    assert "".join(segment.text for segment in found) == text
    assert all(segment.text for segment in found)
    assert all(one.marked != other.marked for one, other in pairwise(found))
