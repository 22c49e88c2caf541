"""Search finds what people mean, tells an audience nothing of what it may not read, and takes any text as words."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT, check_each
from disclosed_registers import AUDIENCES, documents_of, literals, opened, plainly_read, submissions
from observance.core import HOME, LANGUAGES, Settings, UsageError
from observance.knowledge_base import KnowledgeBase
from observance.search import KINDS, SearchQuery, SearchResult

with (Path(__file__).parent / "cases.tsv").open(encoding="utf-8") as file:
    CASES = [tuple(row) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]


def search(kb: KnowledgeBase, words: str, **options) -> SearchResult:
    """What is found."""
    return kb.search.search(SearchQuery(words, **options))


def found(result: SearchResult) -> list[str]:
    """The things that are found: the IRI without its beginning, or the path of a page."""
    return [hit.path or hit.iri.removeprefix(HOME) for hit in result.hits]


def marked(segments) -> list[str]:
    """The words that are marked."""
    return [text for text, is_found in segments if is_found]


def test_cases(kb):
    """What a person looks for is first, or among the first."""
    assert len(CASES) >= 40

    def check(case: tuple[str, ...]) -> None:
        lang, words, expected, among = case
        assert expected in found(search(kb, words, lang=lang, limit=int(among)))

    check_each(check, CASES, name=lambda case: f"{case[0]} {case[1]}")


def test_every_kind(kb):
    """Every kind of thing is found by its own label in both languages, in the language of the page."""
    for kind in KINDS:
        hit = next(iter(search(kb, "customs douane timetable calendrier report meeting Altamar filing", kind=kind, limit=1).hits))
        label = "".join(text for text, _ in hit.label)
        for lang in LANGUAGES:
            again = search(kb, label, lang=lang, kind=kind, limit=5).hits
            assert (hit.iri, hit.path) in [(other.iri, other.path) for other in again]
            assert all(other.label_lang == lang for other in again)


def test_pages_of_hits(kb):
    """Pages of hits are parts of one order; a kind has its own; of each kind there are a few; counts are always of all."""
    whole = search(kb, "standard", limit=1_000)
    assert whole.total == len(whole.hits) == sum(whole.counts.values()) > 20
    assert search(kb, "standard", first=5, limit=7).hits == whole.hits[5:12]
    of_kind = search(kb, "standard", kind="question", limit=1_000)
    assert of_kind.hits == tuple(hit for hit in whole.hits if hit.kind == "question")
    assert of_kind.counts == whole.counts
    grouped = search(kb, "standard", per_kind=2)
    assert {kind: min(2, count) for kind, count in whole.counts.items()} == {
        kind: sum(hit.kind == kind for hit in grouped.hits) for kind in whole.counts
    }


def test_some_of_the_words(kb):
    """Where nothing has all words, what has some is found, and that is said; too many words are cut, and that is said."""
    result = search(kb, "timetable zzzzzz")
    assert result.is_partial
    assert result.hits
    assert not search(kb, "timetable").is_partial
    assert search(kb, " ".join(f"word{n}" for n in range(20))).is_cut
    assert search(kb, "timetable " * 1_000).is_cut
    assert not search(kb, "send a timetable").is_cut


def test_suggestions(kb):
    """A slip of the pen is mended with a word that exists, in its own spelling; what exists is not."""
    assert search(kb, "Tmetable of Altamr").suggestion == "timetable of altamar"
    assert search(kb, "felouqe", lang="fr").suggestion == "félouque"
    assert search(kb, "timetable").suggestion == ""
    assert search(kb, "zzzzzz").suggestion == ""


def test_translation(kb):
    """An excerpt of the working translation says that it is one; the French version is none."""
    english, french = (search(kb, "2.5", lang=lang).hits[0] for lang in ("en", "fr"))
    assert english.is_translation
    assert (french.is_translation, french.excerpt_lang) == (False, "fr")


def test_wrong_kind(kb):
    """A kind that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match="document"):
        search(kb, "timetable", kind="dokument")


HOSTILE = [
    "",
    " ",
    "\0",
    '"',
    "''",
    "* OR NOT",
    "NEAR(a b, 3)",
    "label : x",
    "-",
    "^a",
    "{a b} : c",
    "🐘",
    "a" * 10_000,
    '" OR "' * 3_000,
    "\u202eabc",
    "e\u0301te\u0301",
]


def test_hostile(kb):
    """No text is an operator or an error."""

    def check(words: str) -> None:
        result = search(kb, words, lang="fr")
        assert len(result.words) <= 300

    check_each(check, HOSTILE, name=ascii)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_words(kb, words: str):
    """Any text is searched for, and what is marked was in the label or text."""
    for hit in search(kb, words).hits:
        assert "".join(text for text, _ in hit.label)


def test_renewal_shares_the_knowledge(kb):
    """A renewed knowledge base, and one for an audience, index the register alone."""
    renewed = opened(kb, documents_of([]))
    _ = renewed.search.content
    assert renewed.search.knowledge is kb.search.knowledge


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(submissions(), st.sampled_from(AUDIENCES))
def test_audience(kb, chosen, audience):
    """An audience finds just what it would find if the register had nothing else: in hits, counts and suggestions."""
    _ = kb.search.knowledge
    documents = documents_of(chosen)
    disclosed, plain = opened(kb, documents).disclosed_to(audience), opened(kb, plainly_read(documents, audience))
    markers = sorted(literals(documents))
    for words in ("marker", "report", "Altamar", "markr", *markers, *(f"s{n}" for n in range(len(chosen)))):
        query = SearchQuery(words, limit=100)
        assert disclosed.search.search(query) == plain.search.search(query)
    readable = literals(plainly_read(documents, audience))
    shown = str(disclosed.search.search(SearchQuery("marker", limit=100)))
    assert not [marker for marker in markers if marker not in readable and f"{marker}-" not in str(readable) and marker in shown]


def test_another_instrument():
    """Another instrument's text is found by the same queries, and nothing of this one's."""
    with KnowledgeBase.open(Settings(knowledge=str(ROOT / "tests" / "second_instrument" / "second"))) as other:
        numbers = [number for number in other.lookup.paragraphs if number]
        assert {other.lookup.paragraphs[number] for number in numbers} & {hit.iri for hit in search(other, numbers[0]).hits}
        assert not [hit for hit in search(other, "customs timetable report", limit=100).hits if "ecommerce-2018" in hit.iri]
