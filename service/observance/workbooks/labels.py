"""The labels of choices in a workbook: one for each choice of a field, no two alike."""

import difflib
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from observance.core import LANGUAGES, local_name, translate
from observance.forms import Field

SEPARATOR: Final = ";"
"""Stands between several values in one cell."""
_SHOWN: Final = 3
_MOST_COMPARED: Final = 20
"""For how many texts of a workbook the nearest labels are looked for."""


def choice_labels(asked: Field, lang: str) -> Mapping[str, str]:
    """Return the label of each choice in the language, by its term; labels of several choices are told apart by group and name."""
    names = {choice.term: _plain(choice.label.get(lang) or next(iter(choice.label.values()), choice.term)) for choice in asked.choices}
    groups = {choice.term: _plain(choice.group.get(lang, "")) for choice in asked.choices}
    names = _told_apart(names, groups)
    names = _told_apart(names, {choice.term: local_name(choice.term) for choice in asked.choices})
    names = _told_apart(names, {choice.term: "/".join(choice.term.split("/")[-2:]) for choice in asked.choices})
    return _told_apart(names, {choice.term: choice.term for choice in asked.choices})


def _told_apart(names: Mapping[str, str], marks: Mapping[str, str]) -> dict[str, str]:
    """The names, those of several with the mark of each behind them where the marks differ."""
    held: dict[str, set[str]] = defaultdict(set)
    for term, name in names.items():
        held[name.casefold()].add(marks[term])
    return {term: f"{name} ({marks[term]})" if len(held[name.casefold()]) > 1 and marks[term] else name for term, name in names.items()}


def _plain(text: str) -> str:
    return " ".join(text.replace(SEPARATOR, ",").split(" ")).replace("\n", " ").strip()


def boolean_labels(lang: str) -> Mapping[str, str]:
    """Return the words for `true` and `false`."""
    return {"true": translate("web.yes", lang), "false": translate("web.no", lang)}


class LabelFinder:
    """Finds the choices of the fields of a form by what is written in cells of a workbook, whose language is `lang`."""

    def __init__(self, lang: str) -> None:
        """Begin without labels; those of a field are made once."""
        self.languages = (lang, *(other for other in LANGUAGES if other != lang))
        self._terms: dict[int, tuple[Field, Mapping[str, Mapping[str, str | None]]]] = {}
        self._compared = 0

    def find(self, asked: Field, text: str) -> str | None:
        """Return the term whose label or IRI the text is, in the language or else in another; None if there is none, or more than one."""
        if id(asked) not in self._terms:
            terms = {"": {choice.term: choice.term for choice in asked.choices}}
            # The field is kept too, so that no other one gets its identity.
            self._terms[id(asked)] = asked, terms | {lang: _terms_by_label(asked, lang) for lang in self.languages}
        _, by_language = self._terms[id(asked)]
        folded = text.casefold()
        if text in by_language[""]:
            return text
        return next((by_language[lang][folded] for lang in self.languages if folded in by_language[lang]), None)

    def nearest(self, asked: Field, text: str) -> Mapping[str, str] | None:
        """Return by language the labels most like the text, or else the first ones; None when so many were asked for that time counts."""
        self._compared += 1
        return {lang: _nearest(asked, text, lang) for lang in LANGUAGES} if self._compared <= _MOST_COMPARED else None


def _terms_by_label(asked: Field, lang: str) -> Mapping[str, str | None]:
    """The term of each label, in lower case; None for a label of several. A label that was told apart goes before a plain one."""
    found: dict[str, str | None] = {}
    for labels in (choice_labels(asked, lang), {choice.term: choice.label.get(lang, "") for choice in asked.choices}):
        terms: dict[str, set[str]] = defaultdict(set)
        for term, label in labels.items():
            terms[label.casefold()].add(term)
        found = {label: one.pop() if len(one) == 1 else None for label, one in terms.items()} | found
    return found


def _nearest(asked: Field, text: str, lang: str) -> str:
    labels = list(choice_labels(asked, lang).values())
    by_folded = {label.casefold(): label for label in labels}
    near = difflib.get_close_matches(" ".join(text.casefold().split())[:200], by_folded, n=_SHOWN, cutoff=0.6)
    shown = [by_folded[label] for label in near] or labels[:_SHOWN]
    return ", ".join(f"“{label}”" if lang == "en" else f"« {label} »" for label in shown)
