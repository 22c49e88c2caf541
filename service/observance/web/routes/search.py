"""`/search`: what has the searched words, grouped by kind; `/opensearch.xml`: how a browser searches here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, make_response, render_template, request, url_for

from observance.core import LANGUAGES, NotFoundError, UsageError
from observance.handlers import SearchRequest
from observance.search import Hit, SearchResult
from observance.web import response_formats
from observance.web.audience import audience
from observance.web.language import language, service_address
from observance.web.request_parameters import accepts, page_number, parameter
from observance.web.resource_addresses import resource_link
from observance.web.response_formats import PAGE, request_message
from observance.web.site import site

blueprint = Blueprint("search", __name__)

_SIZE: Final = 20
_OF_EACH_KIND: Final = 4
_MOST: Final = 100
_XML: Final = "application/opensearchdescription+xml; charset=utf-8"


@blueprint.get("/search")
@accepts("q", "kind", "page", "limit")
def results() -> Response:
    """What is found, as a page or as JSON; without words the page has examples."""
    response_format = response_formats.requested_page_format(turtle=False)
    is_grouped = response_format == PAGE and parameter("kind") is None
    number, size = page_number(), _SIZE if response_format == PAGE else _limit()
    result = _search(size=size, number=number, per_kind=_OF_EACH_KIND if is_grouped else 0)
    count = 1 if is_grouped else max(1, -(-result.total // size))
    if number > count:
        raise NotFoundError("web.no-page", number=number, count=count)
    if response_format != PAGE:
        body = json.dumps(_as_json(result, number=number, count=count), ensure_ascii=False, indent=2) + "\n"
        return Response(body, content_type="application/json", headers={"Content-Language": language()})
    hits = [(hit, _address(hit)) for hit in result.hits]
    groups = [(kind, [found for found in hits if found[0].kind == kind], number) for kind, number in result.counts.items()]
    page = render_template(
        "search.html",
        result=result,
        typed=parameter("q") or "",
        kind=parameter("kind") or "",
        groups=[group for group in groups if group[1]],
        every=sum(result.counts.values()),
        page={"number": number, "count": count},
        examples=() if result.words else _examples(),
    )
    return make_response(page)


@blueprint.get("/opensearch.xml")
@accepts()
def description() -> Response:
    """The description of this search for browsers (OpenSearch 1.1)."""
    lang = {"lang": request.args["lang"]} if request.args.get("lang") in LANGUAGES else {}
    address = url_for("search.results", _external=True, **lang)
    template = f"{address}{'&' if lang else '?'}q="
    return Response(render_template("opensearch.xml", address=template), content_type=_XML)


def _search(*, size: int, number: int, per_kind: int) -> SearchResult:
    kb = site().kb
    asked = SearchRequest(
        words=parameter("q") or "",
        lang=language(),
        kind=parameter("kind") or "",
        first=(number - 1) * size,
        limit=size,
        per_kind=per_kind,
        audience=audience(),
    )
    return msgspec.json.decode(kb.answers.call(asked, deadline=kb.settings.query_seconds).body, type=SearchResult)


def _limit() -> int:
    """The number of hits that is asked for; raises UsageError for anything but a whole number from 1 to the most."""
    text = parameter("limit") or str(_SIZE)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and 1 <= int(text) <= _MOST):
        raise UsageError("search.bad-limit", value=text[:60], most=_MOST)
    return int(text)


def _address(hit: Hit) -> str:
    return resource_link(hit.iri) if hit.iri else service_address(hit.path)


def _as_json(result: SearchResult, *, number: int, count: int) -> Mapping[str, Any]:
    return {
        "query": result.words,
        "summary": request_message("search.found", count=sum(result.counts.values())),
        "total": result.total,
        "counts": result.counts,
        "isPartial": result.is_partial,
        "isCut": result.is_cut,
        "suggestion": result.suggestion or None,
        "page": number,
        "pages": count,
        "hits": [_hit_as_json(hit) for hit in result.hits],
    }


def _hit_as_json(hit: Hit) -> Mapping[str, Any]:
    return {
        "kind": hit.kind,
        "kindLabel": request_message(f"search.kind-{hit.kind}"),
        "iri": hit.iri or None,
        "address": _address(hit),
        "code": hit.code or None,
        "label": "".join(text for text, _ in hit.label),
        "labelLanguage": hit.label_lang or None,
        "excerpt": [{"text": text, "isFound": is_found} for text, is_found in hit.excerpt],
        "excerptLanguage": hit.excerpt_lang or None,
        "isTranslation": hit.is_translation,
    }


def _examples() -> Sequence[str]:
    """Words to begin with: what can be sent, a paragraph and a party, from the knowledge and the register that are open."""
    kinds = list(dict.fromkeys(row["label"] for row in site().rows("evidence", language()) if row["asked"] == "true"))
    numbers = [number for number in site().kb.lookup.paragraphs if "." in number]
    parties = [row["name"] for row in site().rows("bearers", language())]
    return [text for texts in (kinds, numbers, parties) for text in texts[:2]]
