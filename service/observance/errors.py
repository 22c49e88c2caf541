"""The exception tree: what cannot be read, is refused, misused or runs too long.

"Not valid" is a result, never an error. Each error is one phrase (what, where, what to do) in French and English;
every command ends with exit code 2 on any of them, and the service has one table from class to HTTP status.
"""

from collections.abc import Mapping

from observance.phrases import LANGUAGES, say


class ObservanceError(Exception):
    """An error that a user can act on; `phrase` names its sentence in `observance/phrases/`."""

    def __init__(self, phrase: str, /, **values: object) -> None:
        """Keep the phrase and its values; the language is chosen when it is said."""
        self.phrase = phrase
        self.values = values
        super().__init__(say(phrase, "en", **values))

    def __reduce__(self) -> tuple[object, ...]:
        """How it is sent from one process to another."""
        return _again, (type(self), self.phrase, self.values)

    def sentence(self, lang: str) -> str:
        """The error in one language."""
        return say(self.phrase, lang, **self.values)

    def sentences(self) -> dict[str, str]:
        """The error in every language."""
        return {lang: self.sentence(lang) for lang in LANGUAGES}


def _again(kind: type[ObservanceError], phrase: str, values: Mapping[str, object]) -> ObservanceError:
    return kind(phrase, **values)


class Unreadable(ObservanceError):
    """The input cannot be read as what it claims to be."""


class Unsupported(ObservanceError):
    """The input is in a format that is not accepted."""


class TooLarge(ObservanceError):
    """The input is over a limit of size, nesting or count."""


class Refused(ObservanceError):
    """The request asks for something that is never done: a fetch, an update, a federated call."""


class Misused(ObservanceError):
    """The command or request was put wrongly: a missing argument, a parameter of the wrong type."""


class NotFound(ObservanceError):
    """An argument names something that does not exist: a query, a paragraph, a Member, a file."""


class DeadlineExceeded(ObservanceError):
    """The work did not end within its deadline and was stopped."""


class Interrupted(ObservanceError):
    """A worker process died, of memory or of a fault in a library; nothing else was harmed."""


class Unavailable(ObservanceError):
    """Something optional is not installed or another service does not answer."""


class Inconsistent(ObservanceError):
    """The knowledge or a register contradicts itself, so nothing may be derived from it."""
