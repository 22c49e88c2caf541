"""The exception hierarchy: invalid input, forbidden or wrong requests, exceeded limits.

A submission that is not valid is a result, never an error. Each error has one message (what, where, what to do) in French and English;
every command ends with exit code 2 on any of them, and the service has one table from class to HTTP status.
"""

from collections.abc import Mapping
from typing import ClassVar

from observance.core.i18n import LANGUAGES, translate


class ObservanceError(Exception):
    """An error that a user can act on; `key` names its message in `observance/core/messages/`."""

    code: ClassVar = "ObservanceError"
    """The name of this kind of error in problem types; it stays the same when a class is renamed."""

    def __init__(self, key: str, /, **values: object) -> None:
        """Hold the message's key and values; `sentence` chooses the language."""
        self.key = key
        self.values = values
        super().__init__(translate(key, "en", **values))

    def __reduce__(self) -> tuple[object, ...]:
        """Return what pickle needs to rebuild the error in another process."""
        return _rebuild, (type(self), self.key, self.values)

    def sentence(self, lang: str) -> str:
        """Return the message in the language."""
        return translate(self.key, lang, **self.values)

    def sentences(self) -> dict[str, str]:
        """Return the message in every language."""
        return {lang: self.sentence(lang) for lang in LANGUAGES}


def _rebuild(error_type: type[ObservanceError], key: str, values: Mapping[str, object]) -> ObservanceError:
    return error_type(key, **values)


class InvalidInputError(ObservanceError):
    """The input is not well-formed in the syntax that it claims to be in."""

    code = "Unreadable"


class UnsupportedFormatError(ObservanceError):
    """The input is in a format that is not accepted."""

    code = "Unsupported"


class LimitExceededError(ObservanceError):
    """The input is over a limit of size, nesting or count."""

    code = "TooLarge"


class ForbiddenError(ObservanceError):
    """The request asks for an operation that is never allowed: a fetch, an update, a federated query."""

    code = "Refused"


class ConflictError(ObservanceError):
    """The request changes what is somebody else's to change."""

    code = "Conflict"


class UsageError(ObservanceError):
    """The command or request is malformed: an argument is missing, or a parameter is of the wrong type."""

    code = "Misused"


class NotFoundError(ObservanceError):
    """An argument names something that does not exist: a query, a paragraph, a Member, a file."""

    code = "NotFound"


class DeadlineExceededError(ObservanceError):
    """The work was stopped because it did not finish within its deadline."""

    code = "DeadlineExceeded"


class WorkerDiedError(ObservanceError):
    """A worker process died, for lack of memory or of a fault in a library; the caller is unaffected."""

    code = "Interrupted"


class UnavailableError(ObservanceError):
    """An optional package is not installed, or another service does not answer."""

    code = "Unavailable"


class InconsistentDataError(ObservanceError):
    """The knowledge or a register contradicts itself, so that nothing may be derived from it."""

    code = "Inconsistent"


def error_class(code: str) -> type[ObservanceError]:
    """Return the class of errors with this code; ObservanceError itself if no class has it."""
    return next((error_type for error_type in ObservanceError.__subclasses__() if error_type.code == code), ObservanceError)
