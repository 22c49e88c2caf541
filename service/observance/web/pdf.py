"""Pages as PDF, made by worker processes of the page as the reader sees it and of its print style."""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app

from observance.core import LimitExceededError, format_day
from observance.handlers import PdfRequest, permanent_address
from observance.web.admission import admitted_work
from observance.web.export_requests import attachment
from observance.web.language import language
from observance.web.response_formats import PDF
from observance.web.sharing import lasting_address, named_parameters
from observance.web.site import site

_STYLES: Final = "observance.css"
_FACE: Final = re.compile(r'url\("(fonts/[\w.-]+)"\)')


@cache
def has_pdf() -> bool:
    """Whether the package that makes PDFs is installed."""
    return find_spec("weasyprint") is not None


def pdf_response(page: str, *, moment: Mapping[str, Any]) -> Response:
    """Return the page, in HTML, as a PDF; raises LimitExceededError for a long one, UnavailableError where none can be made."""
    kb = site().kb
    if len(page) > kb.settings.max_pdf_characters:
        raise LimitExceededError("exports.long-page", limit=kb.settings.max_pdf_characters)
    source = f"{permanent_address(lasting_address(), named_parameters(moment))} · {format_day(moment['asOf'], language())}"
    request = PdfRequest(page=page, stylesheet=_stylesheet(current_app.static_folder or ""), source=source, made=moment["knownAt"])
    answer = kb.answers.call(request, deadline=kb.settings.assess_seconds, admission=admitted_work)
    return attachment(answer, format=PDF)


@cache
def _stylesheet(folder: str) -> str:
    """The print style with the faces that it names inside it, because a page that is laid out fetches nothing."""
    styles = (Path(folder) / _STYLES).read_text(encoding="utf-8")
    return _FACE.sub(lambda face: f'url("{_as_data(Path(folder) / face[1])}")', styles)


def _as_data(file: Path) -> str:
    return f"data:font/{file.suffix[1:]};base64,{b64encode(file.read_bytes()).decode()}"
