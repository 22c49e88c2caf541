"""What can be found, made from the rows of queries, from questions, forms and guides, and from the table of the service's own pages."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from observance.core import LANGUAGES, capitalise, format_day, local_name, translate
from observance.search.model import SearchEntry, Text

if TYPE_CHECKING:
    from observance.forms import Form
    from observance.questions import Question

Row = Sequence[Any]
"""The kind, the thing, a field and its value, as terms."""
Rows = Callable[[str, Mapping[str, str]], Iterable[Row]]
"""The rows of the question of that name behind the pages, with the values of its parameters."""

_PAGES: Final = {
    "home": "/",
    "text": "/resolution",
    "standing": "/duties",
    "readings": "/readings",
    "meetings": "/meetings",
    "comparison": "/benchmarking",
    "transmission": "/relay",
    "questions": "/questions",
    "send": "/file",
    "validate": "/validate",
    "what-if": "/what-if",
    "sparql": "/sparql",
    "guides": "/guide",
}
"""The pages of the service by the name that their messages have, with their addresses."""

_VIEWS: Final = "duty-views"


class _Found:
    """What the rows say of one thing."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[Text, None]] = defaultdict(dict)

    def texts(self, *fields: str) -> tuple[Text, ...]:
        return tuple(text for field in fields for text in self.fields[field])

    def values(self, field: str) -> tuple[str, ...]:
        return tuple(value for value, _ in self.fields[field])


def row_entries(rows: Iterable[Row], *, known: Mapping[str, SearchEntry]) -> list[SearchEntry]:
    """Return an entry for each thing of the rows under each kind; one without a label is named by what it is, among the known."""
    things: dict[tuple[str, str], _Found] = defaultdict(_Found)
    for kind, thing, field, value in rows:
        text = unicodedata.normalize("NFC", value.value)
        things[kind.value, thing.value].fields[field.value][text, getattr(value, "language", None) or ""] = None
    return [_entry(kind, iri, found, known=known) for (kind, iri), found in things.items()]


def _entry(kind: str, iri: str, found: _Found, *, known: Mapping[str, SearchEntry]) -> SearchEntry:
    others = [known[other] for field in ("type", "party", "about") for other in found.values(field) if other in known]
    mentions = dict.fromkeys(text for other in others for text in (*other.alternatives, *_untagged(other.codes), *_labels(other)))
    labels = {lang: text for text, lang in found.texts("label")} or _composed_labels(iri, found, known=known)
    return SearchEntry(
        kind=kind,
        iri=iri,
        labels=labels,
        alternatives=found.texts("alternative"),
        codes=tuple(dict.fromkeys((*found.values("code"), local_name(iri)))),
        texts=found.texts("text"),
        translations=found.texts("translation"),
        mentions=(*mentions, *_untagged(found.values("day"))),
    )


def _untagged(texts: Iterable[str]) -> list[Text]:
    return [(text, "") for text in texts]


def _labels(entry: SearchEntry) -> list[Text]:
    return [(label, lang) for lang, label in entry.labels.items()]


def _composed_labels(iri: str, found: _Found, *, known: Mapping[str, SearchEntry]) -> Mapping[str, str]:
    """The label of a document in each language: what it is, the party that it concerns and the day of its receipt."""

    def names(field: str, lang: str) -> list[str]:
        return [known[other].labels.get(lang, local_name(other)) if other in known else local_name(other) for other in found.values(field)]

    def label(lang: str) -> str:
        days = [format_day(day, lang) for day in found.values("day") if _is_day(day)]
        parts = [capitalise(", ".join(names("type", lang))), ", ".join(names("party", lang)), ", ".join(days[:1])]
        return " · ".join(filter(None, parts)) or local_name(iri)

    return {lang: label(lang) for lang in LANGUAGES}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def page_entries() -> Iterator[SearchEntry]:
    """Yield the pages of the service."""
    for name, path in _PAGES.items():
        labels = {lang: translate(f"search.page-{name}", lang) for lang in LANGUAGES}
        words = tuple((translate(f"search.words-{name}", lang), lang) for lang in LANGUAGES)
        yield SearchEntry("page", path=path, labels=labels, mentions=words)


def question_entries(questions: Iterable["Question"]) -> Iterator[SearchEntry]:
    """Yield the questions of the catalogue."""
    for question in questions:
        paragraphs = _untagged(question.paragraph.split(", ")) if question.paragraph else ()
        yield SearchEntry("question", path=f"{_PAGES['questions']}/{question.name}", labels=question.summary, mentions=tuple(paragraphs))


def form_entries(forms: Iterable["Form"], *, known: Mapping[str, SearchEntry]) -> Iterator[SearchEntry]:
    """Yield the forms by which parties send something, and for each paragraph that has one the page of where things stand under it."""
    numbers: set[str] = set()
    for form in forms:
        names = known[form.kind].labels if form.kind in known else form.part.label
        if form.is_record or form.number == "":
            continue
        words = tuple((text, lang) for text, lang in (known[form.kind].alternatives if form.kind in known else ()))
        yield _page("send-form", f"{_PAGES['send']}/{form.name}", form.number, names, words)
        if form.number not in numbers:
            numbers.add(form.number)
            yield _page("standing-under", f"{_PAGES['standing']}?paragraph={form.number}", form.number, names, words)


def _page(message: str, path: str, number: str, names: Mapping[str, str], words: Sequence[Text]) -> SearchEntry:
    def text(key: str, lang: str) -> str:
        return translate(f"search.{key}-{message}", lang, number=number, document=names.get(lang, ""))

    labels = {lang: text("page", lang) for lang in LANGUAGES}
    typed = tuple((text("words", lang), lang) for lang in LANGUAGES)
    return SearchEntry("page", path=path, labels=labels, mentions=(*words, (number, ""), *typed))


def view_entries(rows: Rows) -> Iterator[SearchEntry]:
    """Yield the selections of follow-up items that the page of where things stand offers in words."""
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for lang in LANGUAGES:
        for _, label, parameters, *_ in rows(_VIEWS, {"lang": lang}):
            labels[parameters.value][lang] = label.value
    words = tuple((translate("search.words-view", lang), lang) for lang in LANGUAGES)
    for parameters, names in labels.items():
        yield SearchEntry("page", path=f"{_PAGES['standing']}?{parameters}", labels=names, mentions=words)


def guide_entries() -> Iterator[SearchEntry]:
    """Yield the guides and their sections."""
    from observance.documentation import list_guides, render_guide

    guides = {lang: list_guides(lang) for lang in LANGUAGES}
    for name in guides[LANGUAGES[0]]:
        of_languages = {lang: guides[lang][name] for lang in LANGUAGES}
        titles = {lang: guide.title for lang, guide in of_languages.items()}
        leads = tuple((guide.lead, lang) for lang, guide in of_languages.items())
        yield SearchEntry("guide", path=f"/guide/{name}", labels=titles, texts=leads)
        sections = {lang: render_guide(guide, address=lambda _: None).sections for lang, guide in of_languages.items()}
        for anchor in sections[LANGUAGES[0]]:
            headings = {lang: sections[lang][anchor] for lang in LANGUAGES}
            yield SearchEntry(
                "guide", path=f"/guide/{name}#{anchor}", labels=headings, texts=tuple((title, lang) for lang, title in titles.items())
            )
