"""The knowledge base of the application, with the data that all pages share."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from flask import request

from observance.core import LANGUAGES, ObservanceError, SerializedAnswer, calendar, format_month, typographic
from observance.handlers import OverviewRequest
from observance.knowledge import is_shipped
from observance.knowledge_base import KnowledgeBase
from observance.register import Audience
from observance.web.instrument_text import Block, Row, instrument_blocks

_OF_OURS: Final = ("label", "meaning", "short", "form")
"""The ends of the names of variables with words of this project."""
_OF_OTHERS: Final = ("anchor", "authentic", "body", "cues", "default", "quotation", "term", "words")
"""The names under which data of pages have words of an instrument, terms, or a fragment that is shown as it is."""
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def _shown(name: str, text: str) -> str:
    """The text of a label or a meaning as pages show it; any other as it stands, above all the words of an instrument."""
    return typographic(text) if name.endswith(_OF_OURS) else text


def shown(data: Any) -> Any:
    """The data of a page with texts as pages show them, but for the words of an instrument and terms."""
    if isinstance(data, str):
        return typographic(data) if "'" in data else data
    if isinstance(data, list):
        return [shown(each) for each in data]
    if isinstance(data, dict):
        return {name: value if name in _OF_OTHERS else shown(value) for name, value in data.items()}
    return data


def result_rows(answer: SerializedAnswer) -> tuple[Row, ...]:
    """The rows of SPARQL results in JSON, each from variable to text, with labels as pages show them."""
    bindings = json.loads(answer.body)["results"]["bindings"]
    return tuple({name: _shown(name, term["value"]) for name, term in row.items()} for row in bindings)


class Site:
    """One knowledge base, with the rows of the questions behind the pages.

    The data are those of one version of the knowledge and the register, so each question is evaluated once.
    """

    KEY: ClassVar = "observance.site"

    def __init__(self, kb: KnowledgeBase, *, version: str, audience: Audience | None = None) -> None:
        """Evaluate the questions behind the pages, as the audience asks them; `kb` must have been started."""
        self.kb, self._audience = kb, audience
        self.version = version
        self._rows: dict[tuple[str, str], tuple[Row, ...]] = {}
        self._blocks: dict[str, tuple[Block, ...]] = {}
        self._names: dict[str, Mapping[str, str]] = {}
        # Evaluated now, so that no page waits for a worker later.
        for lang in LANGUAGES:
            self.blocks(lang)
            for name in (
                "instrument",
                "modalities",
                "bearers",
                "submission-kinds",
                "statuses",
                "reading-meanings",
                "duty-views",
                "glossary",
            ):
                self.rows(name, lang)
        self._overviews = {lang: self._overview(lang) for lang in LANGUAGES}

    def overview(self, lang: str) -> Mapping[str, Any] | None:
        """The register in one picture, with nothing withheld by time; None for a register of which nothing can be derived."""
        return self._overviews[lang]

    def _overview(self, lang: str) -> Mapping[str, Any] | None:
        asked = OverviewRequest(lang=lang, audience=self._audience)
        try:
            answer = self.kb.answers.call(asked, deadline=self.kb.settings.assess_seconds)
        except ObservanceError:
            return None
        overview: Mapping[str, Any] = shown(json.loads(answer.body))
        return overview

    def rows(self, name: str, lang: str = "") -> tuple[Row, ...]:
        """The rows of the question `queries/pages/<name>.rq`, each from variable to text; `lang` for a question with that parameter."""
        key = name, lang
        if key not in self._rows:
            answer = self.kb.questions.page(name, {"lang": lang} if lang else {}, audience=self._audience)
            self._rows[key] = result_rows(answer)
        return self._rows[key]

    def blocks(self, lang: str) -> tuple[Block, ...]:
        """The parts of the instrument's text in order, each with its norms, with labels in the language."""
        if lang not in self._blocks:
            self._blocks[lang] = instrument_blocks(self.rows, lang=lang, lookup=self.kb.lookup)
        return self._blocks[lang]

    def instruments(self, lang: str) -> tuple[Row, ...]:
        """The rows with the label, adopting body and date of each instrument; one empty row if there is none."""
        return self.rows("instrument", lang) or ({},)

    def labels(self, lang: str) -> Mapping[str, str]:
        """The label of each class of submissions, by IRI."""
        return {row["kind"]: row["label"] for row in self.rows("submission-kinds", lang)}

    def names(self, lang: str) -> Mapping[str, str]:
        """The name of each thing of the knowledge, by IRI."""
        if lang not in self._names:
            self._names[lang] = {row["node"]: row["label"] for row in self.rows("thing-labels", lang)}
        return self._names[lang]

    def statuses(self, lang: str) -> Mapping[str, Row]:
        """The row of each status with its label and meaning, by IRI, in the order of trial."""
        return {row["status"]: row for row in self.rows("statuses", lang)}

    def anchor(self, number: str | None) -> str | None:
        """The anchor of the paragraph with this name on the page of the text; None if there is none."""
        iri = self.kb.lookup.paragraphs.get(number or "")
        return self.kb.lookup.anchor(iri) if iri else None

    def paragraph_address(self, link: Callable[..., str]) -> Callable[[str], str | None]:
        """The function from the name of a paragraph to its address, None for an unknown name."""

        def address(number: str) -> str | None:
            anchor = self.anchor(number)
            return link("instrument.text", _anchor=anchor) if anchor else None

        return address

    @staticmethod
    def month(date: str, lang: str) -> str:
        """A month, `2018-06`, in words; any other text unchanged."""
        return format_month(calendar.first_day(date), lang) if _MONTH.fullmatch(date) else date

    @property
    def register_version(self) -> str:
        """The version of the register, a digest of its documents."""
        return str(self.kb.served["register"])

    @property
    def has_guides(self) -> bool:
        """Whether the guides apply: they describe the knowledge that is shipped with the program."""
        return is_shipped(self.kb.root)

    @property
    def register_kind(self) -> str:
        """The kind of the register: `none`, `demo`, `invented` or `real`, by whether its bearers are invented."""
        flags = {row["invented"] for row in self.rows("bearers", "en")}
        if not flags:
            return "none"
        if flags != {"true"}:
            return "real"
        return "invented" if self.kb.settings.registers else "demo"


def site() -> Site:
    """The site that the current request is answered from."""
    current: Site = request.environ[Site.KEY]
    return current


PROBLEM_KEY: Final = "observance.problem"


def register_problem() -> ObservanceError | None:
    """Why the current request is not answered from the files as they are now; None if it is."""
    problem: ObservanceError | None = request.environ[PROBLEM_KEY]
    return problem
