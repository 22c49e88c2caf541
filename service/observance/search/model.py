"""What can be found, what is asked, and what is found."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

KINDS: Final[Mapping[str, float]] = {
    "text": 1.7,
    "page": 1.3,
    "standard": 1.1,
    "party": 1.1,
    "instrument": 1.1,
    "provision": 0.8,
    "question": 0.8,
    "reading": 0.8,
    "meeting": 0.8,
    "document": 0.45,
    "term": 0.7,
    "guide": 0.7,
}
"""The kinds of what is found, each with its weight beside the others."""

Text = tuple[str, str]
"""A text with the tag of its language, which may be empty."""


class SearchEntry(Struct, frozen=True, omit_defaults=True):
    """A thing that can be found: by its labels, other names and codes, and by the words of its texts.

    It has an `iri`, or as a page of the service a `path`. `mentions` are names of other things, by which it is found too; `translations`
    are texts in a language in which they are not authentic.
    """

    kind: str
    iri: str = ""
    path: str = ""
    labels: Mapping[str, str] = {}
    alternatives: tuple[Text, ...] = ()
    codes: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    translations: tuple[Text, ...] = ()
    mentions: tuple[Text, ...] = ()


class SearchQuery(Struct, frozen=True):
    """Words to search for, with a `kind` among KINDS alone; hits `first` to `first + limit - 1`, at most `per_kind` of a kind if not 0."""

    words: str
    lang: str = "en"
    kind: str = ""
    first: int = 0
    limit: int = 20
    per_kind: int = 0


Segments = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether it is a word that was searched for."""


class Hit(Struct, frozen=True):
    """A thing that was found: its label, and an excerpt of its texts or of a translation, in the language that is named beside each."""

    kind: str
    iri: str
    path: str
    code: str
    label: Segments
    label_lang: str
    excerpt: Segments = ()
    excerpt_lang: str = ""
    is_translation: bool = False


class SearchResult(Struct, frozen=True):
    """The hits of a query, with their number by kind, the kinds in the order of their best hits.

    `words` are those that were searched for. `is_partial` says that nothing has all of them, so that some are enough; `is_cut` that there
    were more words than are searched for. `suggestion` has the nearest words that exist in place of those that do not; else it is empty.
    """

    words: str
    counts: Mapping[str, int]
    total: int
    hits: tuple[Hit, ...]
    is_partial: bool = False
    is_cut: bool = False
    suggestion: str = ""
