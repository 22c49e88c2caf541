"""The glossary: the words of the pages with their meanings, and the first of each marked in a sentence."""

import re
from itertools import groupby
from typing import Final

from flask import g, render_template
from markupsafe import Markup, escape
from msgspec import Struct

from observance.core import collation_key, local_name
from observance.web.language import language, typeset
from observance.web.site import site

_MARKED: Final = "glossary_words"
"""The name in the context of a request of the words that are marked on its page already."""


class GlossaryWord(Struct, frozen=True):
    """A word with its meaning; `forms` are those in which it is found in a sentence, `about` the IRI of what it speaks of."""

    anchor: str
    label: str
    meaning: str
    forms: tuple[str, ...]
    about: str | None


def glossary(lang: str) -> tuple[GlossaryWord, ...]:
    """The words in the alphabetical order of the language."""
    words = []
    for iri, rows in groupby(site().rows("glossary", lang), key=lambda row: row["word"]):
        forms = tuple(rows)
        first = forms[0]
        words.append(
            GlossaryWord(local_name(iri), first["label"], first["meaning"], tuple(row["form"] for row in forms), first.get("about"))
        )
    return tuple(sorted(words, key=lambda word: collation_key(word.label)))


def glossed(text: str) -> Markup:
    """The text, typeset, in which each word of the glossary that the page has not had yet opens its meaning."""
    lang = language()
    words = {form.casefold(): word for word in glossary(lang) for form in word.forms}
    marked: set[str] = g.setdefault(_MARKED, set())
    if not words:
        return escape(typeset(text))

    def explained(match: re.Match[str]) -> str:
        word = words[match[0].casefold()]
        if word.anchor in marked:
            return str(escape(match[0]))
        marked.add(word.anchor)
        return render_template("word.html", word=word, form=match[0])

    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\w’'-])({longest_first})(?![\w-])", re.IGNORECASE)
    pieces = pattern.split(typeset(text))
    # Every second piece is a word of the glossary.
    return Markup("").join(
        Markup(explained(match)) if n % 2 and (match := pattern.fullmatch(piece)) else escape(piece)  # noqa: S704 - escaped by the template
        for n, piece in enumerate(pieces)
    )
