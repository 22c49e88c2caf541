"""A document that was sent: from a form, pasted or uploaded, or as the body of the request."""

from collections.abc import Iterable
from typing import Final

from flask import request

from observance.core import InvalidInputError, UnsupportedFormatError, UsageError
from observance.rdf import oxishacl_errors
from observance.web.response_formats import request_message
from oxishacl import MEDIA_TYPES, Source, refuse_linked_context

_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
# What says nothing about the syntax: the content decides.
_UNSPECIFIC: Final = ("", "text/plain", "application/octet-stream")
# What the body of a request is called; the same word in both languages.
_NAME: Final = "document"
# The syntaxes that can be chosen by hand, by the media type that claims them.
SYNTAXES: Final = {syntax: next(kind for kind, claimed in MEDIA_TYPES.items() if claimed == syntax) for syntax in MEDIA_TYPES.values()}
# A file larger than this is not shown again to be corrected in the page.
_MOST_SHOWN: Final = 200_000


def received_source() -> Source:
    """The document of the current request, from a form or as its body.

    Raises InvalidInputError when there is none, UnsupportedFormatError for a media type that no document has.
    """
    if request.content_encoding:
        raise UnsupportedFormatError("web.encoded", found=request.content_encoding)
    if request.mimetype in _FORMS:
        return _from_form()
    if request.mimetype not in MEDIA_TYPES and request.mimetype not in _UNSPECIFIC:
        raise UnsupportedFormatError("web.media-type", found=request.mimetype, known=", ".join(SYNTAXES.values()))
    content = request.get_data()
    if not content:
        raise InvalidInputError("web.no-document")
    if "json" in request.mimetype:
        _linked(request.headers.getlist("Link"))
    return Source(_NAME, content, request.mimetype or None)


def _from_form() -> Source:
    chosen = request.form.get("syntax", "")
    if chosen and chosen not in SYNTAXES.values():
        raise UsageError("web.syntax", found=chosen, known=", ".join(SYNTAXES))
    file = request.files.get("file")
    if file is not None and file.filename:
        return Source(file.filename, file.read(), chosen or file.mimetype or None)
    text = request.form.get("document", "")
    if not text.strip():
        raise InvalidInputError("web.no-document")
    return Source(request_message("web.pasted"), text.encode("utf-8", errors="surrogatepass"), chosen or None)


def _linked(headers: Iterable[str]) -> None:
    for header in headers:
        with oxishacl_errors():
            refuse_linked_context(header, name=_NAME)


def received_text() -> str:
    """The text that was sent by a form, to be shown again and corrected."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("document", "")
    content = file.stream.read(_MOST_SHOWN + 1)
    file.stream.seek(0)
    try:
        return "" if len(content) > _MOST_SHOWN else content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return ""
