"""`/validate`: a submission checked. A form for people; for programs, the document as the body of a POST."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, make_response, render_template, request

from observance.errors import Misused, ObservanceError, Refused, Unreadable, Unsupported
from observance.intake.context import refuse_linked
from observance.intake.locate import quote
from observance.intake.recognise import MEDIA_TYPES
from observance.intake.report import triple
from observance.model import SEVERITIES, Answer, Source
from observance.web.formats import PAGE, said
from observance.web.language import language
from observance.web.negotiation import HTML, accepted
from observance.web.problems import NotAcceptable, status_of, told
from observance.web.site import site

blueprint = Blueprint("validation", __name__)

_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
# What says nothing about the syntax: the content decides.
_UNSPECIFIC: Final = ("", "text/plain", "application/octet-stream")
_OFFERS: Final = {"application/json": "json", "text/turtle": "turtle", "application/sarif+json": "sarif", HTML: PAGE}
# What the body of a request is called; the same word in both languages.
_NAME: Final = "document"
# The syntaxes that can be chosen by hand, by the media type that claims them.
SYNTAXES: Final = {syntax: next(kind for kind, claimed in MEDIA_TYPES.items() if claimed == syntax) for syntax in MEDIA_TYPES.values()}
# A file larger than this is not shown again to be corrected in the page.
_MOST_SHOWN: Final = 200_000


@blueprint.get("/validate")
def page() -> str:
    """The form."""
    return _page("")


@blueprint.post("/validate")
def validate() -> Response:
    """The report on the document: 200 whether or not there is something to repair."""
    form = _format()
    if form != PAGE:
        answer = _reported(form, evidence=request.values.get("evidence") == "true")
        return Response(answer.body, content_type=answer.media_type, headers={"Content-Language": "fr, en"})
    text = _kept()
    try:
        report: Mapping[str, Any] = json.loads(_reported("json", evidence=True).body)
    except ObservanceError as error:
        sentence = (told(error) or {})[language()]
        return make_response(_page(text, problem=sentence), status_of(error))
    return make_response(_page(text, report=report))


def _format() -> str:
    asked = request.values.get("format")
    if asked is not None:
        if asked in _OFFERS.values():
            return asked
        raise Misused("querying.unknown-format", name=asked, formats=", ".join(_OFFERS.values()))
    media_type = accepted(tuple(_OFFERS))
    if media_type is None:
        raise NotAcceptable("web.not-acceptable", offers=", ".join(_OFFERS))
    return _OFFERS[media_type]


def _source() -> Source:
    """The document of the request, from a form or as its body."""
    if request.content_encoding:
        raise Unsupported("web.encoded", found=request.content_encoding)
    if request.mimetype in _FORMS:
        return _from_form()
    if request.mimetype not in MEDIA_TYPES and request.mimetype not in _UNSPECIFIC:
        raise Unsupported("web.media-type", found=request.mimetype, known=", ".join(SYNTAXES.values()))
    content = request.get_data()
    if not content:
        raise Unreadable("web.no-document")
    if "json" in request.mimetype:
        _linked(request.headers.getlist("Link"))
    return Source(_NAME, content, request.mimetype or None)


def _from_form() -> Source:
    chosen = request.form.get("syntax", "")
    if chosen and chosen not in SYNTAXES.values():
        raise Misused("web.syntax", found=chosen, known=", ".join(SYNTAXES))
    file = request.files.get("file")
    if file is not None and file.filename:
        return Source(file.filename, file.read(), chosen or file.mimetype or None)
    text = request.form.get("document", "")
    if not text.strip():
        raise Unreadable("web.no-document")
    return Source(said("web.pasted"), text.encode("utf-8", errors="surrogatepass"), chosen or None)


def _linked(headers: Iterable[str]) -> None:
    for header in headers:
        refuse_linked(header, name=_NAME)


def _reported(form: str, *, evidence: bool) -> Answer:
    try:
        return site().house.report(_source(), format=form, lang=language(), as_of=_as_of(), evidence=evidence)
    except Refused as error:
        # To whoever sent it, a document with a DOCTYPE or a remote context is one that cannot be read.
        raise Unreadable(error.phrase, **error.values) from None


def _as_of() -> str | None:
    """The date that the report is made for, if one is given."""
    text = request.values.get("as-of", "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Misused("web.as-of", found=quote(text)) from None


def _kept() -> str:
    """The text that was sent, to be shown again and corrected."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("document", "")
    content = file.stream.read(_MOST_SHOWN + 1)
    file.stream.seek(0)
    try:
        return "" if len(content) > _MOST_SHOWN else content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return ""


def _page(text: str, *, report: Mapping[str, Any] | None = None, problem: str | None = None) -> str:
    results = report["results"] if report else []
    evidence = report["evidence"] if report else {}
    return render_template(
        "validate.html",
        text=text,
        report=report,
        problem=problem,
        syntaxes=SYNTAXES,
        chosen=request.form.get("syntax", ""),
        groups=[(number, list(found)) for number, found in groupby(results, key=lambda result: result["paragraph"])],
        met=[(number, list(found)) for number, found in groupby(evidence.get("met", []), key=lambda each: each["paragraph"])],
        counts=[(severity, sum(result["severity"] == severity for result in results)) for severity in SEVERITIES],
        digests=_digests(report["provenance"]) if report else [],
        triple=triple,
        labels=site().labels(language()),
        examples=site().house.examples,
    )


def _digests(made: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """What the report was made from, in the order in which it is shown; what is not there is left out."""
    found = {
        "submission": made["rdfc10"],
        "file": made["sha256"],
        "shapes": made["shapes"],
        "knowledge": made["knowledge"],
        "register": made["register"],
        "engine": f"{made['engine']} {made['version']}",
        "as-of": made["as_of"],
    }
    return [(name, text) for name, text in found.items() if text]
