"""Errors that a user can act on: what is wrong, where, and what to do, in French and English.

What does not conform is a result, never an error. `messages.json` holds the sentences: `{"code": {"en": "…", "fr": "…"}}`.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

MESSAGES: Final = Path(__file__).with_name("messages.json")
LANGUAGES: Final = ("fr", "en")


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """The sentences with their placeholders: code to language to text."""
    found: dict[str, dict[str, str]] = json.loads(MESSAGES.read_text(encoding="utf-8"))
    return found


class OxishaclError(Exception):
    """An error with a stable `code`, which names its sentence in `messages.json`, and the `values` of the placeholders."""

    def __init__(self, code: str, /, **values: object) -> None:
        """Keep code and values; raises KeyError for a code or placeholder that does not exist: a fault of this package."""
        self.code, self.values = code, values
        super().__init__(self.sentence("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """How pickle sends the error from one process to another."""
        return _restore, (type(self), self.code, self.values)

    def sentence(self, lang: str) -> str:
        """The error in one of LANGUAGES."""
        return messages()[self.code][lang].format(**self.values)

    def sentences(self) -> dict[str, str]:
        """The error in every language."""
        return {lang: self.sentence(lang) for lang in LANGUAGES}


def _restore(kind: type[OxishaclError], code: str, values: Mapping[str, object]) -> OxishaclError:
    return kind(code, **values)


class InvalidInputError(OxishaclError):
    """A document or shapes graph cannot be read as what it claims to be, or a shape is ill-formed."""


class UnsupportedFormatError(OxishaclError):
    """A document is in a format that is not accepted."""


class LimitExceededError(OxishaclError):
    """A document is over a limit of size, nesting or count."""


class ForbiddenError(OxishaclError):
    """Something is asked for that is never done: a fetch, an entity, a query that SHACL forbids; or a constraint reports a failure."""


class UsageError(OxishaclError):
    """A command was put wrongly: a missing argument, an option of the wrong type."""
