"""Reading RDF within bounds: files and folders, and the document that a source is."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from observance.core import (
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    ObservanceError,
    Settings,
    UnsupportedFormatError,
    UsageError,
)
from oxishacl import EXTENSIONS, Contexts, Document, Limits, Source, check_size, errors, parse_source, quote

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


def read_source(path: Path, *, settings: Settings) -> Source:
    """The file's bytes under the path as its name; at most one byte more than `settings.max_bytes` is ever read.

    Raises NotFoundError for what does not exist, InvalidInputError for a folder or what may not be read, LimitExceededError for too much.
    """
    name = quote(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(settings.max_bytes + 1)
    except FileNotFoundError:
        raise NotFoundError("intake.no-file", name=name) from None
    except IsADirectoryError:
        raise InvalidInputError("intake.is-folder", name=name) from None
    except PermissionError:
        raise InvalidInputError("intake.no-permission", name=name) from None
    except ValueError:  # a NUL in the path
        raise NotFoundError("intake.no-file", name=name) from None
    except OSError as error:
        raise InvalidInputError("intake.cannot-read", name=name, detail=error.strerror or type(error).__name__) from None
    with oxishacl_errors():
        check_size(content, name=name, limits=limits_of(settings))
    return Source(str(path), content)


def rdf_files(paths: Iterable[Path]) -> list[Path]:
    """The files in the order given, each folder replaced by the RDF files below it, sorted; hidden ones and links to folders left out.

    Raises InvalidInputError for a folder without RDF or that may not be listed. What is not a folder stays for `read` to judge.
    """
    return [file for path in paths for file in (_below(path) if _is_folder(path) else [path])]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _below(folder: Path) -> list[Path]:
    name = quote(str(folder))
    found: list[Path] = []
    try:
        # A folder that cannot be listed is an error, never silently empty.
        for parent, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = [child for child in folders if not child.startswith(".")]
            found += [Path(parent, file) for file in files if _is_rdf(file)]
    except OSError as error:
        raise InvalidInputError("intake.no-permission", name=quote(str(error.filename or name))) from None
    if not found:
        raise InvalidInputError("intake.no-rdf-in-folder", name=name, extensions=" ".join(sorted(EXTENSIONS)))
    return sorted(found)


def _is_rdf(file: str) -> bool:
    return not file.startswith(".") and Path(file).suffix.lower() in EXTENSIONS


def _raise(error: OSError) -> None:
    raise error
