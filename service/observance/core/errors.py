"""The exception tree: what cannot be read, is refused, misused or runs too long.

"Not valid" is a result, never an error. Each error is one message (what, where, what to do) in French and English;
every command ends with exit code 2 on any of them, and the service has one table from class to HTTP status.
"""

from collections.abc import Mapping
from typing import ClassVar

from observance.core.i18n import LANGUAGES, translate


class ObservanceError(Exception):
    """An error that a user can act on; `key` names its sentence in `observance/core/messages/`."""

    code: ClassVar = "ObservanceError"
    """The stable name of the kind of error in problem types; renaming a class changes no address."""

    def __init__(self, key: str, /, **values: object) -> None:
        """Keep the key of the message and its values; the language is chosen when it is said."""
        self.key = key
        self.values = values
        super().__init__(translate(key, "en", **values))

    def __reduce__(self) -> tuple[object, ...]:
        """How it is sent from one process to another."""
        return _again, (type(self), self.key, self.values)

    def sentence(self, lang: str) -> str:
        """The error in one language."""
        return translate(self.key, lang, **self.values)

    def sentences(self) -> dict[str, str]:
        """The error in every language."""
        return {lang: self.sentence(lang) for lang in LANGUAGES}


def _again(kind: type[ObservanceError], key: str, values: Mapping[str, object]) -> ObservanceError:
    return kind(key, **values)


class InvalidInputError(ObservanceError):
    """The input cannot be read as what it claims to be."""

    code = "Unreadable"


class UnsupportedFormatError(ObservanceError):
    """The input is in a format that is not accepted."""

    code = "Unsupported"


class LimitExceededError(ObservanceError):
    """The input is over a limit of size, nesting or count."""

    code = "TooLarge"


class ForbiddenError(ObservanceError):
    """The request asks for something that is never done: a fetch, an update, a federated call."""

    code = "Refused"


class UsageError(ObservanceError):
    """The command or request was put wrongly: a missing argument, a parameter of the wrong type."""

    code = "Misused"


class NotFoundError(ObservanceError):
    """An argument names something that does not exist: a query, a paragraph, a Member, a file."""

    code = "NotFound"


class DeadlineExceededError(ObservanceError):
    """The work did not end within its deadline and was stopped."""

    code = "DeadlineExceeded"


class WorkerDiedError(ObservanceError):
    """A worker process died, of memory or of a fault in a library; nothing else was harmed."""

    code = "Interrupted"


class UnavailableError(ObservanceError):
    """Something optional is not installed or another service does not answer."""

    code = "Unavailable"


class InconsistentDataError(ObservanceError):
    """The knowledge or a register contradicts itself, so nothing may be derived from it."""

    code = "Inconsistent"


def error_class(code: str) -> type[ObservanceError]:
    """Return the class of errors with this code; ObservanceError itself for a code that no class has."""
    return next((kind for kind in ObservanceError.__subclasses__() if kind.code == code), ObservanceError)
