"""The page of each thing at the path of its IRI, and its description as data; a thing with an IRI elsewhere is at `/resource`."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import AnyConverter, Map

from observance.accounts import AccountError
from observance.core import HOME, OBS, PROV, UsageError, calendar, format_day, format_month, local_name, unaccented
from observance.handlers import DocumentUseRequest, ResourceRequest
from observance.rdf import is_iri
from observance.web import assessment_requests, form_requests, response_formats
from observance.web.access import UnauthenticatedError
from observance.web.audience import audience
from observance.web.document_words import document_words
from observance.web.language import language
from observance.web.negotiation import HTML
from observance.web.party_profile import party_profile
from observance.web.problem_details import error_sentences
from observance.web.request_parameters import MOMENT, accepts, moment_fields, page_number, parameter, preserved_parameters
from observance.web.resource_addresses import FAMILIES, resource_link
from observance.web.response_formats import PAGE
from observance.web.site import shown, site

blueprint = Blueprint("resources", __name__)


class _FamilyConverter(AnyConverter):
    """The first step of a path that IRIs of things of the project have."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, *sorted(FAMILIES))


@blueprint.record
def _add_converter(state: BlueprintSetupState) -> None:
    """Add the converter for the rules below."""
    state.app.url_map.converters["family"] = _FamilyConverter


_OFFERS: Final = {
    "text/turtle": "turtle",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "application/rdf+xml": "rdfxml",
    "application/n-triples": "ntriples",
    HTML: PAGE,
}
_OF_PARTY: Final = OBS + "onBehalfOf"
_REVISES: Final = PROV + "wasRevisionOf"
_VOCABULARY: Final = OBS.removesuffix("#")
_IN_IRI: Final = "/:#?&=%@!$'()*+,;~[]"
"""The signs that stand for themselves in an IRI."""


@blueprint.get("/<family:family>/", defaults={"rest": ""})
@blueprint.get("/<family:family>/<path:rest>")
@accepts(*MOMENT, "refersBy", "page")
def at_path(family: str, rest: str) -> Response:
    """What is said of the thing of the project with this path, or with this path before and in the fragment of its IRI."""
    return _response(_candidates(f"{family}/{rest}"))


@blueprint.get("/dataset", defaults={"name": "dataset"})
@blueprint.get("/general-knowledge", defaults={"name": "general-knowledge"})
@accepts("refersBy", "page")
def dataset(name: str) -> Response:
    """What is said of a data set of the project."""
    return _response(_candidates(name))


@blueprint.get("/members/<code>")
@accepts(*MOMENT)
def member(code: str) -> Response:
    """The address of the page of the Member or Union with the code."""
    return make_response(redirect(resource_link(site().kb.lookup.party(code)), 303))


@blueprint.get("/ns")
@blueprint.get("/ns/<term>")
@accepts("refersBy", "page")
def vocabulary(term: str = "") -> Response:
    """The terms of the vocabulary, or the one term that the path names; a version is answered with the present one."""
    if term and not term.replace(".", "").isdecimal():
        return _response([OBS + term])
    response_format = response_formats.requested_format(_OFFERS)
    if response_format != PAGE:
        return _data([_VOCABULARY], response_format)
    rows = sorted(site().rows("vocabulary", language()), key=lambda row: unaccented(row["label"]))
    return make_response(render_template("vocabulary.html", terms=rows, iri=_VOCABULARY, offers=_formats()))


@blueprint.get("/resource")
@accepts(*MOMENT, "iri", "refersBy", "page")
def elsewhere() -> Response:
    """What is said of the thing with the IRI that `iri` gives."""
    iri = parameter("iri")
    if iri is None or not is_iri(iri):
        raise UsageError("resources.no-iri", value=ascii(iri or "")[1:-1][:100])
    if iri.startswith(HOME) and iri != HOME:
        return make_response(redirect(resource_link(iri), 303))
    return _response([iri])


def _candidates(path: str) -> list[str]:
    """The IRIs that the path may stand for: itself, with its last step as the fragment, or the rule of a set that it is made of."""
    before, _, last = path.rpartition("/")
    knowledge = site().kb.knowledge
    shared = [
        rule_set + (HOME + path).removeprefix(use)
        for use in knowledge.instances(OBS + "RuleSetUse")
        if f"{HOME}{path}".startswith(f"{use}-")
        for rule_set in knowledge.objects(use, OBS + "usesRuleSet")
    ]
    return [HOME + path, *([f"{HOME}{before}#{last}"] if before and last else []), *shared]


def _response(candidates: list[str]) -> Response:
    candidates = [iri for iri in candidates if is_iri(iri)] or [HOME + quote(candidates[0].removeprefix(HOME))]
    response_format = response_formats.requested_format(_OFFERS)
    if response_format != PAGE:
        return _data(candidates, response_format)
    refers_by = parameter("refersBy") or ""
    data = fetch(candidates, refers_by=refers_by if is_iri(refers_by) else "", page=page_number())
    if "closest" in data:
        sought = candidates[0]
        return make_response(render_template("resource-missing.html", iri=sought, word=local_name(sought), closest=data["closest"]), 404)
    if "references" in data:
        return make_response(render_template("resource-references.html", **data))
    found = data["resource"]
    body = render_template("resource.html", found=found, offers=_formats(), related=_related(found), **_particulars(found))
    return _described(make_response(body), found["iri"])


def _particulars(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the page tells beside the description: of a Member or Union, its profile; of a document on record, its words and its use."""
    profile = party_profile(found["iri"])
    if profile is not None:
        return {"profile": profile, "statuses": site().statuses(language()), "preserved": preserved_parameters(), "data": profile.duties}
    words = document_words(found["iri"], [kind["iri"] for kind in found["kinds"]])
    if words is None:
        return {}
    values = {statement["iri"]: [value["iri"] for value in statement["values"]] for statement in found["statements"]}
    party = next(iter(values.get(_OF_PARTY, ())), "")
    names = {row["party"]: row["name"] for row in site().rows("bearers", language())}
    use, problem = None, ""
    if party in names:
        try:
            asked = DocumentUseRequest(**moment_fields(), members=(party,), document=found["iri"])
            use = assessment_requests.fetch_page_data(asked)
        except (AccountError, UnauthenticatedError) as error:
            problem = (error_sentences(error) or {}).get(language(), "")
    revised_by: list[Any] = next((group["values"] for group in found["references"] if group["iri"] == _REVISES), [])
    return {
        "words": words,
        "party": names.get(party, ""),
        "use": use,
        "problem": problem,
        "revised_by": revised_by,
        "statuses": site().statuses(language()),
        "preserved": preserved_parameters(),
    }


def fetch(candidates: list[str], *, refers_by: str = "", page: int = 1) -> Mapping[str, Any]:
    """Return the data of the page about the first of the IRIs of which anything is said; raises what the pool of workers raises."""
    kb = site().kb
    asked = ResourceRequest(iris=tuple(candidates), refers_by=refers_by, page=page, lang=language(), audience=audience())
    data: Mapping[str, Any] = shown(json.loads(kb.answers.call(asked, deadline=kb.settings.query_seconds).body))
    return data


def _data(candidates: list[str], response_format: str) -> Response:
    kb = site().kb
    asked = ResourceRequest(iris=tuple(candidates), format=response_format, audience=audience())
    answer = kb.answers.call(asked, deadline=kb.settings.query_seconds)
    return _described(Response(answer.body, content_type=answer.media_type), candidates[0], response_format)


def _described(response: Response, iri: str, response_format: str = PAGE) -> Response:
    """The response with the IRI of what it describes, and with its own address among the formats (RFC 9110, section 8.7)."""
    response.headers["Content-Location"] = _address(response_format)
    response.headers["Link"] = f'<{quote(iri, safe=_IN_IRI)}>; rel="describes"'
    return response


def _formats() -> list[tuple[str, str]]:
    """The formats of the data, each with the address of the current page in it."""
    return [(name, _address(name)) for name in dict.fromkeys(_OFFERS.values()) if name != PAGE]


@blueprint.app_context_processor
def _template_functions() -> dict[str, Any]:
    """The functions of the templates of descriptions."""
    return {"dated": _dated, "references_address": _references_address}


def _references_address(predicate: str) -> str:
    """The address of the page with all that refers to the present thing by the property."""
    return f"{quote(request.script_root + request.path)}?{urlencode([*request.args.items(multi=True), ('refersBy', predicate)])}"


def _dated(text: str, kind: str) -> str:
    """The text; a day, month or time of that datatype in words."""
    try:
        if kind == "date":
            return format_day(text, language())
        if kind == "gYearMonth":
            return format_month(calendar.first_day(text), language())
        return calendar.format_time(calendar.parse_time(text)) if kind == "dateTime" else text
    except ValueError:
        return text


def _address(response_format: str) -> str:
    """The address of the current description in the format."""
    named = {"iri": request.args["iri"]} if request.endpoint == "resources.elsewhere" else {}
    return f"{quote(request.script_root + request.path)}?{urlencode({**named, 'format': response_format})}"


def _related(found: Mapping[str, Any]) -> dict[str, Any]:
    """The number of the paragraph that the thing is, its form and questions, and its anchor on the page of the text."""
    number = next((n for n, iri in site().kb.lookup.paragraphs.items() if iri == found["iri"]), "")
    anchor = {block.row["node"]: block.anchor for block in site().blocks(language())}.get(found["iri"], "")
    form = next((form.name for form in form_requests.listed() if form.paragraph == found["iri"]), "") if number else ""
    questions = [
        question for question in site().kb.questions.catalogue.questions if number and number in (question.paragraph or "").split(", ")
    ]
    return {"number": number, "anchor": anchor, "form": form, "questions": questions}
