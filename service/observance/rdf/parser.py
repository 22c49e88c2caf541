"""RDF input within limits: documents from files and other sources, and the RDF files of a folder."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox

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

_ERROR_CLASSES: Final[Mapping[type[errors.OxishaclError], type[ObservanceError]]] = MappingProxyType(
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
    """Translate the errors of oxishacl into the ObservanceErrors of the same kind and message (a context manager)."""
    try:
        yield
    except errors.OxishaclError as error:
        error_class = next(translated for kind, translated in _ERROR_CLASSES.items() if isinstance(error, kind))
        raise error_class(f"oxishacl.{error.code}", **error.values) from None


def limits_of(settings: Settings) -> Limits:
    """Return the limits of documents that the settings state."""
    return Limits(settings.max_bytes, settings.max_nesting, settings.max_triples)


def parse_document(source: Source, *, settings: Settings, contexts: Contexts = MappingProxyType({})) -> Document:
    """Parse a source into quads in document order; notes report a file name or media type that contradicts the syntax found.

    `contexts` maps the IRIs of known JSON-LD contexts to context objects. Raises InvalidInputError (with line and column),
    UnsupportedFormatError, LimitExceededError or ForbiddenError.
    """
    with oxishacl_errors():
        return parse_source(source, limits=limits_of(settings), contexts=contexts)


def read_source(path: Path, *, settings: Settings) -> Source:
    """Read a file into a source named by its path; at most `settings.max_bytes` + 1 bytes are read.

    Raises NotFoundError for a missing file, InvalidInputError for a folder or an unreadable file, LimitExceededError for a larger file.
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
    """Return the files in the order given, each folder replaced by the RDF files below it, sorted.

    Hidden files and folders and links to folders are left out. Raises InvalidInputError for a folder that holds no RDF or cannot be listed;
    a path that is no folder is returned unchecked, for `read_source` to judge.
    """
    return [file for path in paths for file in (_files_below(path) if _is_folder(path) else [path])]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _files_below(folder: Path) -> list[Path]:
    name = quote(str(folder))
    rdf: list[Path] = []
    try:
        # Without onerror, os.walk treats a folder that it cannot list as empty.
        for parent, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = [child for child in folders if not child.startswith(".")]
            rdf += [Path(parent, file) for file in files if _is_rdf(file)]
    except OSError as error:
        raise InvalidInputError("intake.no-permission", name=quote(str(error.filename or name))) from None
    if not rdf:
        raise InvalidInputError("intake.no-rdf-in-folder", name=name, extensions=" ".join(sorted(EXTENSIONS)))
    return sorted(rdf)


def ignored_files(paths: Iterable[Path]) -> list[Path]:
    """Return what `rdf_files` leaves out below the folders: files that are not in a hidden folder, and links to folders; sorted."""
    ignored: list[Path] = []
    for path in filter(_is_folder, paths):
        for parent, folders, files in os.walk(path):
            folders[:] = [child for child in folders if not child.startswith(".")]
            ignored += [Path(parent, child) for child in folders if Path(parent, child).is_symlink()]
            ignored += [Path(parent, file) for file in files if not _is_rdf(file)]
    return sorted(ignored)


def _is_rdf(file: str) -> bool:
    return not file.startswith(".") and Path(file).suffix.lower() in EXTENSIONS


def _raise(error: OSError) -> None:
    raise error


def is_iri(text: str) -> bool:
    """Whether the text is an IRI of printable signs."""
    try:
        return bool(ox.NamedNode(text).value.isprintable())
    except (ValueError, UnicodeEncodeError):
        return False
