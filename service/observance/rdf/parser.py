"""RDF documents parsed within the bounds of the settings; what oxishacl refuses becomes an error of this program."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from observance.core import (
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    ObservanceError,
    Settings,
    UnsupportedFormatError,
    UsageError,
)
from oxishacl import Contexts, Document, Limits, Source, errors, parse_source

_KINDS: Final[Mapping[type[errors.OxishaclError], type[ObservanceError]]] = MappingProxyType(
    {
        errors.InvalidInputError: InvalidInputError,
        errors.UnsupportedFormatError: UnsupportedFormatError,
        errors.LimitExceededError: LimitExceededError,
        errors.ForbiddenError: ForbiddenError,
        errors.UsageError: UsageError,
    }
)


@contextmanager
def oxishacl_errors() -> Iterator[None]:
    """Raise each error of oxishacl as the ObservanceError of the same kind, with the same sentence."""
    try:
        yield
    except errors.OxishaclError as error:
        raise _KINDS[type(error)](f"oxishacl.{error.code}", **error.values) from None


def limits_of(settings: Settings) -> Limits:
    """The limits of documents in the settings."""
    return Limits(settings.max_bytes, settings.max_nesting, settings.max_triples)


def parse_document(source: Source, *, settings: Settings, contexts: Contexts = MappingProxyType({})) -> Document:
    """Return the source as quads in document order, in the syntax that its content is in, with notes where its name misled.

    `contexts` maps the IRIs of known JSON-LD contexts to context objects. Raises InvalidInputError (with line and column),
    UnsupportedFormatError, LimitExceededError or ForbiddenError.
    """
    with oxishacl_errors():
        return parse_source(source, limits=limits_of(settings), contexts=contexts)
