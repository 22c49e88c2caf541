"""`/instruments`: the links between instruments as a drawing and as a table, with who asserts each and how sure it is."""

import msgspec
from flask import Blueprint, Response, make_response, render_template

from observance.web.instrument_graph import instrument_graph
from observance.web.instrument_links import instrument_links, links_between
from observance.web.language import language
from observance.web.request_parameters import accepts
from observance.web.response_formats import PAGE, requested_page_format
from observance.web.site import site

blueprint = Blueprint("instruments", __name__)


@blueprint.get("/instruments")
@accepts()
def page() -> Response:
    """The links between instruments and their parts, as a page or as JSON."""
    lang = language()
    response_format = requested_page_format(turtle=False)
    links = instrument_links(site().rows, names=site().names(lang), lang=lang)
    if response_format != PAGE:
        return Response(msgspec.json.encode(links), content_type="application/json")
    between = links_between(links)
    kinds = {link["kind"]: link["kind_label"] for link in sorted(links, key=lambda link: link["kind"])}
    names = {link[f"{end}_whole"]: link[f"{end}_whole_label"] for link in links for end in ("from", "to")}
    graph = instrument_graph(
        {key: len(group) for key, group in between.items()},
        starts=site().kb.lookup.knowledge.instruments,
        names=names,
        kinds=[kind for kind in kinds if any(kind == other for _, _, other in between)],
    )
    rows = sorted(between.values(), key=lambda group: (group[0]["from_whole_label"].casefold(), group[0]["to_whole_label"].casefold()))
    within = [link for link in links if link["from_whole"] == link["to_whole"]]
    return make_response(render_template("instruments.html", graph=graph, kinds=kinds, names=names, rows=rows, within=within))
