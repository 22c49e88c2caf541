"""Compressed content: a gzip file is the document in it, a zip archive the documents in it; both are unpacked within limits."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from oxishacl.errors import InvalidInputError, LimitExceededError, UnsupportedFormatError
from oxishacl.parsing.source import Limits, Source, quote
from oxishacl.parsing.syntaxes import check_size

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_MAX_MEMBERS: Final = 1_000
_ENCRYPTED: Final = 0x1
# The methods of which zipfile reads no more than it is asked for.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# Office documents are zip archives with one of these members.
_OFFICE: Final = frozenset({"[Content_Types].xml", "mimetype"})


def unpack(source: Source, *, limits: Limits = Limits()) -> tuple[Source, ...]:  # noqa: B008 - frozen
    """The documents of the source: itself, or those that it holds compressed; a zip archive gives one for each file, in its order.

    `limits.max_bytes` holds for the source, and for all its documents together. Archives within archives are not unpacked. Raises
    LimitExceededError, UnsupportedFormatError (an encrypted archive, an office document) or InvalidInputError (a damaged one).
    """
    check_size(source.content, name=source.name, limits=limits)
    if source.content.startswith(_GZIP):
        return (Source(source.name, _gunzipped(source, limits=limits)),)
    if source.content.startswith(_ZIP):
        return tuple(_unzipped(source, limits=limits))
    return (source,)


def _gunzipped(source: Source, *, limits: Limits) -> bytes:
    """The content, of all members one after the other, as gzip allows."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(source.content)) as file:
            content = file.read(limits.max_bytes + 1)
    except (OSError, EOFError, zlib.error):
        raise InvalidInputError("damaged-archive", name=quote(source.name)) from None
    if len(content) > limits.max_bytes:
        raise LimitExceededError("too-big-unpacked", name=quote(source.name), limit=limits.max_bytes)
    return content


def _unzipped(source: Source, *, limits: Limits) -> Iterator[Source]:
    name, size = quote(source.name), 0
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member.filename)]
            if any(member.filename in _OFFICE for member in members):
                raise UnsupportedFormatError("office-document", name=name)
            if not members:
                raise InvalidInputError("empty-archive", name=name)
            if len(members) > _MAX_MEMBERS:
                raise LimitExceededError("too-many-members", name=name, limit=_MAX_MEMBERS)
            for member in members:
                if member.flag_bits & _ENCRYPTED:
                    raise UnsupportedFormatError("encrypted-archive", name=name)
                if member.compress_type not in _METHODS:
                    raise InvalidInputError("damaged-archive", name=name)
                with archive.open(member) as file:
                    content = file.read(limits.max_bytes + 1 - size)
                size += len(content)
                if size > limits.max_bytes:
                    raise LimitExceededError("too-big-unpacked", name=name, limit=limits.max_bytes)
                yield Source(f"{source.name}/{_path_within(member.filename)}", content)
    # What zipfile raises for a damaged archive: a wrong checksum, a missing part, offsets that lead nowhere, an unknown method.
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        UnicodeDecodeError,
        OverflowError,
        ValueError,
        IndexError,
    ):
        raise InvalidInputError("damaged-archive", name=name) from None


def _path_within(member: str) -> str:
    """The path of the file, without steps that lead out of the archive."""
    return "/".join(part for part in PurePosixPath(member).parts if part not in {"/", ".."})


def _is_hidden(member: str) -> bool:
    """Whether the file is one that an operating system adds."""
    return member.startswith("__MACOSX/") or PurePosixPath(member).name.startswith(".")
