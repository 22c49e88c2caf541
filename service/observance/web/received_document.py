"""The document in a request: pasted into a form, uploaded with a form, or the body of the request."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from flask import request

from observance.core import InvalidInputError, UnsupportedFormatError, UsageError
from observance.rdf import oxishacl_errors
from observance.web.response_formats import request_message
from oxishacl import MEDIA_TYPES, Source, refuse_linked_context

_FORM_TYPES: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
# Media types that do not tell the syntax, which is then recognised by the content.
_UNSPECIFIC_TYPES: Final = ("", "text/plain", "application/octet-stream")
# The name of a document without a file name; the same word in both languages.
_NAME: Final = "document"
# The syntaxes that a form offers, each with its media type.
SYNTAXES: Final = {syntax: next(kind for kind, claimed in MEDIA_TYPES.items() if claimed == syntax) for syntax in MEDIA_TYPES.values()}
WORKBOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORKBOOK_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_LONGEST_START: Final = 8
# A larger file is not put into the text field of the form for correction.
_MAX_TEXT_BYTES: Final = 200_000


def received_source() -> Source:
    """The document of the current request, from a form or as its body.

    Raises InvalidInputError if there is none, UnsupportedFormatError for a media type or encoding that is not supported.
    """
    if request.content_encoding:
        raise UnsupportedFormatError("web.encoded", found=request.content_encoding)
    if request.mimetype in _FORM_TYPES:
        return _form_source()
    if request.mimetype not in MEDIA_TYPES and request.mimetype not in _UNSPECIFIC_TYPES:
        raise UnsupportedFormatError("web.media-type", found=request.mimetype, known=", ".join(SYNTAXES.values()))
    content = request.get_data()
    if not content:
        raise InvalidInputError("web.no-document")
    if "json" in request.mimetype:
        _refuse_linked_contexts(request.headers.getlist("Link"))
    return Source(_NAME, content, request.mimetype or None)


def received_workbook() -> Source | None:
    """The workbook of the current request, from a form or as its body, of whatever program; None if it sends something else."""
    if request.content_encoding:
        return None
    if request.mimetype in _FORM_TYPES:
        file = request.files.get("file")
        if file is None or not file.filename:
            return None
        starts_so = is_workbook(file.stream.read(_LONGEST_START))
        file.stream.seek(0)
        if not starts_so:
            return None
        return Source(file.filename, file.read(), None)
    if request.mimetype not in (WORKBOOK_TYPE, *_UNSPECIFIC_TYPES):
        return None
    content = request.get_data(cache=True)
    return Source(_NAME, content, None) if is_workbook(content) or request.mimetype == WORKBOOK_TYPE else None


def is_workbook(content: bytes) -> bool:
    """Whether the bytes begin as those of an archive or of an older workbook do, and no document does."""
    return content.startswith(_WORKBOOK_STARTS)


def keep_body() -> None:
    """Keep the body of the current request, before it is read as the form that it may only be called."""
    if request.mimetype == _FORM_TYPES[1]:
        request.get_data(cache=True)


def received_file() -> Source:
    """What the current request sends to be put on record, of whatever kind it is, with the name and media type that it came with.

    Raises InvalidInputError if there is nothing, UnsupportedFormatError for an encoding of the body.
    """
    if request.content_encoding:
        raise UnsupportedFormatError("web.encoded", found=request.content_encoding)
    # Some programs call any body a form; one without a field of ours is what they send.
    content = request.get_data(cache=True)
    is_form = request.mimetype in _FORM_TYPES and ("file" in request.files or "document" in request.form)
    if is_form or request.mimetype == _FORM_TYPES[0]:
        return _form_source()
    if not content:
        raise InvalidInputError("web.no-document")
    return Source(_NAME, content, None if request.mimetype in _FORM_TYPES else request.mimetype or None)


def base_name(name: str) -> str:
    """The name of a file as a sender gave it, without folders."""
    return PurePosixPath(name.replace("\\", "/")).name[:200]


def _form_source() -> Source:
    media_type = request.form.get("syntax", "")
    if media_type and media_type not in SYNTAXES.values():
        raise UsageError("web.syntax", found=media_type, known=", ".join(SYNTAXES))
    file = request.files.get("file")
    if file is not None and file.filename:
        return Source(file.filename, file.read(), media_type or file.mimetype or None)
    text = request.form.get("document", "")
    if not text.strip():
        raise InvalidInputError("web.no-document")
    return Source(request_message("web.pasted"), text.encode("utf-8", errors="surrogatepass"), media_type or None)


def _refuse_linked_contexts(headers: Iterable[str]) -> None:
    for header in headers:
        with oxishacl_errors():
            refuse_linked_context(header, name=_NAME)


def received_text() -> str:
    """The text of the document in a form, to fill the form again; empty for a file that is too large or not UTF-8."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("document", "")
    content = file.stream.read(_MAX_TEXT_BYTES + 1)
    file.stream.seek(0)
    try:
        return "" if len(content) > _MAX_TEXT_BYTES else content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return ""
