"""What nodes are called and what is said of them, in the language of a page; in another one only where that is said too."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from observance.core.namespaces import DCTERMS, RDFS, SKOS, compact

LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
DEFINITION: Final = SKOS + "definition"

_LOOSE: Final = re.compile(r" ([;:?!»])")


@dataclass(frozen=True, slots=True)
class LabelText:
    """Words and their language; no language for what is the same in all, and `code` for a name that machines read."""

    value: str
    lang: str | None = None
    code: bool = False


class NodeLabels:
    """Every text of the knowledge by node and property."""

    def __init__(self, texts: Iterable[tuple[str, str, str, str]]) -> None:
        """From (node, property, text, language)."""
        found: dict[tuple[str, str], list[LabelText]] = defaultdict(list)
        for node, prop, value, lang in texts:
            found[node, prop].append(LabelText(value, lang.partition("-")[0].lower()))
        self._texts = {key: tuple(sorted(texts, key=lambda text: (text.lang or "", text.value))) for key, texts in found.items()}

    def all(self, node: str, prop: str, *, lang: str) -> tuple[LabelText, ...]:
        """What is said of the node with the property: in the language, or else whatever there is in another."""
        texts = self._texts.get((node, prop), ())
        return tuple(text for text in texts if text.lang == lang) or texts

    def every(self, node: str, prop: str) -> tuple[LabelText, ...]:
        """What is said of the node with the property in any language: for words that are quoted."""
        return self._texts.get((node, prop), ())

    def one(self, node: str, *props: str, lang: str) -> LabelText | None:
        """The first of the properties that says something in the language, or else in another."""
        found = [text for prop in props for text in self.all(node, prop, lang=lang)[:1]]
        return next((text for text in found if text.lang == lang), found[0] if found else None)

    def label(self, node: str, *, lang: str) -> LabelText:
        """What the node is called; its short name where nothing says it."""
        return self.one(node, *LABELS, lang=lang) or LabelText(compact(node).strip("<>"), code=True)

    def ordered(self, nodes: Iterable[str], *, lang: str) -> list[str]:
        """The nodes in the order of the alphabet, whatever the accents."""
        return sorted(nodes, key=lambda node: (_key(self.label(node, lang=lang).value), node))


def typeset(value: str) -> str:
    """French signs that stand after a space stay on the line of their word; other text is as it was."""
    return _LOOSE.sub("\u00a0\\1", value).replace("« ", "«\u00a0")


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
