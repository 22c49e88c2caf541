"""Search as a service of a knowledge base, in the current process; worker processes use it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from observance.core import PREFIXES, UsageError
from observance.search.entries import Rows, form_entries, guide_entries, page_entries, question_entries, row_entries, view_entries
from observance.search.excerpts import excerpt, is_searched, marked
from observance.search.index import Ranked, SearchIndex, build, name_key
from observance.search.model import KINDS, Hit, SearchEntry, SearchQuery, SearchResult
from observance.search.words import stop_words, word_tokens, words

if TYPE_CHECKING:
    from observance.forms import Form
    from observance.questions import Question

_MOST_LETTERS: Final = 300
_MOST_WORDS: Final = 12
_SHORTEST_PREFIX: Final = 2
_KNOWLEDGE: Final = ("search-knowledge", "search-text")
_REGISTER: Final = "search-register"
_IRI: Final = re.compile(r"<?(?P<iri>[a-z][a-z0-9+.-]*://\S+?)>?", re.IGNORECASE)
_PREFIXED_NAME: Final = re.compile(r"(?P<prefix>[a-z][\w-]*):(?P<local>[^\s/]\S*)", re.IGNORECASE)


class SearchKnowledge(Struct, frozen=True):
    """What can be found whatever the register says: the entries by IRI that others are named by, and the index of all."""

    known: Mapping[str, SearchEntry]
    index: bytes


def read_search_knowledge(rows: Rows, *, questions: Iterable["Question"], forms: Iterable["Form"], has_guides: bool) -> SearchKnowledge:
    """Return what can be found in the knowledge and of the service itself."""
    things = [entry for name in _KNOWLEDGE for entry in row_entries(rows(name, {}), known={})]
    known = {entry.iri: entry for entry in things}
    own = (*page_entries(), *question_entries(questions), *form_entries(forms, known=known), *(guide_entries() if has_guides else ()))
    return SearchKnowledge(known, build((*things, *own)))


class _Term(Struct, frozen=True):
    """One searched word: its folded form, its stems, and the prefix by which it is found too, empty for any word but the last."""

    text: str
    folded: str
    stems: tuple[str, ...]
    prefix: str = ""

    @property
    def stem_expression(self) -> str:
        """The stems in the syntax of FTS5; they are quoted and hold no quotes."""
        return '("' + '" OR "'.join(self.stems) + '")'

    @property
    def expression(self) -> str:
        """The stems and the prefix in the syntax of FTS5."""
        return f'({self.stem_expression} OR "{self.prefix}"*)' if self.prefix else self.stem_expression


class SearchService:
    """Finds the things, documents and pages that have the searched words, among those of the knowledge and of a register."""

    def __init__(self, knowledge: Callable[[], SearchKnowledge], rows: Rows) -> None:
        """Read nothing yet: `rows` are asked of the register on first use."""
        self._read_knowledge, self._rows = knowledge, rows

    @property
    def knowledge(self) -> SearchKnowledge:
        """What can be found whatever the register says."""
        return self._read_knowledge()

    @cached_property
    def content(self) -> bytes:
        """The index, which processes that are forked from this one share."""
        knowledge = self.knowledge
        documents = row_entries(self._rows(_REGISTER, {}), known=knowledge.known)
        return build((*documents, *view_entries(self._rows)), base=knowledge.index)

    @cached_property
    def _index(self) -> SearchIndex:
        return SearchIndex(self.content)

    def search(self, query: SearchQuery) -> SearchResult:
        """Return what is found; raises UsageError for a kind that does not exist."""
        if query.kind and query.kind not in KINDS:
            raise UsageError("search.no-kind", name=query.kind[:60], known=", ".join(KINDS))
        text = unicodedata.normalize("NFC", query.words.replace("\0", " ").strip()[:_MOST_LETTERS])
        terms, is_cut = _terms(text)
        iri = _iri(text)
        named = self._index.named(iri) if iri else ()
        terms = [] if named else terms
        ranked, is_partial = (named, False) if named or not terms else self._find(text, terms)
        counts = Counter(kind for _, kind in ranked)
        shown, total = _page(ranked, query)
        prefixes = [term.prefix for term in terms if term.prefix]
        searched = is_searched(frozenset(stem for term in terms for stem in term.stems), prefixes[-1] if prefixes else "")
        return SearchResult(
            words=text,
            counts=dict(counts),
            total=total,
            hits=tuple(_hit(entry, query.lang, searched) for entry in self._index.entries(shown)),
            is_partial=is_partial,
            is_cut=is_cut or len(query.words.strip()) > _MOST_LETTERS,
            suggestion=self._suggestion(text, terms),
        )

    def _find(self, text: str, terms: Sequence[_Term]) -> tuple[Ranked, bool]:
        """The entries with all of the terms; if there are none, those with some, which the second value says."""
        name = name_key(text)
        for operator in (" AND ", " OR "):
            expression, best = (operator.join(parts) for parts in zip(*((t.expression, t.stem_expression) for t in terms), strict=True))
            ranked = self._index.ranked(expression, best=best, name=name)
            if ranked:
                return ranked, operator == " OR " and len(terms) > 1
        return (), False

    def _suggestion(self, text: str, terms: Sequence[_Term]) -> str:
        """The text with the nearest words of the index in place of those that it does not have; empty if there are none.

        A word like none is left out.
        """
        nearest = {}
        for term in terms:
            if not self._index.has_token(term.stems, prefix=term.prefix):
                nearest[term.text] = self._index.nearest(term.folded)
        if not any(nearest.values()):
            return ""
        suggestion, position = "", 0
        for word in words(text):
            original = text[word.start : word.end]
            suggestion += text[position : word.start] + nearest.get(original, original)
            position = word.end
        return " ".join((suggestion + text[position:]).split())


def _terms(text: str) -> tuple[list[_Term], bool]:
    """The terms of a text, and whether it has more words than are searched for."""
    found = [text[word.start : word.end] for word in words(text)]
    telling = [word for word in found if word_tokens(word, "")[0] not in stop_words()] or found
    kept = list(dict.fromkeys(telling))[:_MOST_WORDS]
    terms = [_Term(word, *_folded_and_stems(word)) for word in kept]
    if terms and len(terms[-1].folded) >= _SHORTEST_PREFIX and text.endswith(terms[-1].text):
        terms.append(replace(terms[-1], prefix=terms.pop().folded))
    return terms, len(telling) > _MOST_WORDS


def _folded_and_stems(word: str) -> tuple[str, tuple[str, ...]]:
    folded, *stems = word_tokens(word, "")
    return folded, tuple(stems)


def _iri(text: str) -> str:
    """The IRI that the text is, or that it writes as a prefixed name; empty if it is neither."""
    match = _IRI.fullmatch(text)
    if match:
        return match["iri"]
    match = _PREFIXED_NAME.fullmatch(text)
    base = PREFIXES.get(match["prefix"].lower()) if match else None
    return base + match["local"] if match and base else ""


def _page(ranked: Ranked, query: SearchQuery) -> tuple[list[int], int]:
    """The numbers of the entries to show, and how many there are to page through."""
    chosen = [number for number, kind in ranked if query.kind in ("", kind)]
    if query.per_kind:
        return list(_first_of_each(ranked, query.per_kind)), len(chosen)
    return chosen[query.first : query.first + query.limit], len(chosen)


def _first_of_each(ranked: Ranked, count: int) -> Iterator[int]:
    seen: Counter[str] = Counter()
    for number, kind in ranked:
        seen[kind] += 1
        if seen[kind] <= count:
            yield number


def _hit(entry: SearchEntry, lang: str, searched: Callable[[str, str], bool]) -> Hit:
    label_lang = lang if lang in entry.labels else next(iter(entry.labels), "")
    label = entry.labels.get(label_lang) or next(iter(entry.codes), entry.iri)
    pieces, excerpt_lang = excerpt((*entry.texts, *entry.translations), lang=lang, searched=searched)
    return Hit(
        kind=entry.kind,
        iri=entry.iri,
        path=entry.path,
        code=entry.codes[0] if len(entry.codes) > 1 else "",
        label=marked(label, label_lang, searched),
        label_lang=label_lang,
        excerpt=pieces,
        excerpt_lang=excerpt_lang,
        is_translation=any(tag == excerpt_lang for _, tag in entry.translations),
    )
