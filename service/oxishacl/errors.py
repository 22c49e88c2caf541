"""Errors, each with a sentence in French and English that says what is wrong, where, and what to do.

Data that do not conform give results, never errors. `messages.json` has the sentences: `{"code": {"en": "…", "fr": "…"}}`.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

MESSAGES: Final = Path(__file__).with_name("messages.json")
LANGUAGES: Final = ("fr", "en")
_UNKNOWN_FUNCTION: Final = re.compile(r"custom function (<[^>]*>) is not supported")


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """The sentences with their placeholders: code to language to text."""
    sentences: dict[str, dict[str, str]] = json.loads(MESSAGES.read_text(encoding="utf-8"))
    return sentences


class Phrase(Struct, frozen=True):
    """A phrase or sentence of `messages.json` by its code, with the values of its placeholders.

    A value may itself be a phrase or an error: its words in the language of the sentence stand there.
    """

    code: str
    values: Mapping[str, object] = {}

    def sentence(self, lang: str) -> str:
        """The phrase in one of LANGUAGES."""
        values = {name: value.sentence(lang) if isinstance(value, Phrase | OxishaclError) else value for name, value in self.values.items()}
        return messages()[self.code][lang].format(**values)


class OxishaclError(Exception):
    """An error with a stable `code`, which names its sentence in `messages.json`, and the `values` of the placeholders."""

    def __init__(self, code: str, /, **values: object) -> None:
        """Raises KeyError for a code or placeholder that `messages.json` does not have: a fault of this package."""
        self.code, self.values = code, values
        super().__init__(self.sentence("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """How pickle restores the error, for instance in another process."""
        return _restore, (type(self), self.code, self.values)

    def sentence(self, lang: str) -> str:
        """The sentence in one of LANGUAGES."""
        return Phrase(self.code, self.values).sentence(lang)

    def sentences(self) -> dict[str, str]:
        """The sentence in every language."""
        return {lang: self.sentence(lang) for lang in LANGUAGES}


def _restore(kind: type[OxishaclError], code: str, values: Mapping[str, object]) -> OxishaclError:
    return kind(code, **values)


class InvalidInputError(OxishaclError):
    """A document cannot be parsed, or a shape is ill-formed."""


class UnsupportedFormatError(OxishaclError):
    """A document is in a format that is not supported."""


class LimitExceededError(OxishaclError):
    """A document exceeds a limit of size, nesting or number of triples."""


class ForbiddenError(OxishaclError):
    """The input needs what is never done (fetching, XML entities, SPARQL that SHACL forbids), or a constraint reports a failure."""


class UsageError(OxishaclError):
    """A command is called with wrong or missing arguments."""


def unknown_function(error: Exception) -> str | None:
    """The function that Oxigraph does not know, as an IRI in angle brackets; None where its error is another one."""
    match = _UNKNOWN_FUNCTION.search(str(error))
    return None if match is None else match[1]
