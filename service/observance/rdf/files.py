"""Files and folders named on a command line, read within bounds."""

import os
from collections.abc import Iterable
from pathlib import Path

from observance.core import InvalidInputError, NotFoundError, Settings
from observance.rdf.parser import limits_of, oxishacl_errors
from oxishacl import EXTENSIONS, Source, check_size, quote


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
