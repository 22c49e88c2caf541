"""The address of the page of each thing that has an IRI."""

from typing import Final
from urllib.parse import quote, urlencode

from flask import request

from observance.core import HOME, LANGUAGES, PREFIXES

FAMILIES: Final = frozenset(
    iri.removeprefix(HOME).partition("/")[0] for iri in PREFIXES.values() if iri.startswith(HOME) and not iri.endswith("#")
)
"""The first steps of the paths that IRIs of things of the project have."""
_OTHER_PAGES: Final = frozenset({"ns", "duties", "dataset", "general-knowledge"})
_PATH: Final = "/resource"
_SAFE: Final = "/._-~"


def resource_link(iri: str) -> str:
    """The address of the page of a thing, in the language of the current request if it names one.

    A thing of the project has the path of its IRI, with the fragment as a last step; any other is named by a parameter.
    """
    path, parameters = _PATH, {"iri": iri}
    if iri.startswith(HOME) and iri != HOME:
        path, parameters = "/" + quote(iri.removeprefix(HOME).replace("#", "/"), safe=_SAFE), {}
    if request.args.get("lang") in LANGUAGES:
        parameters["lang"] = request.args["lang"]
    return quote(request.script_root) + path + (f"?{urlencode(parameters)}" if parameters else "")


def has_page(iri: str) -> bool:
    """Whether there are pages for IRIs such as this one: for all but those of the project outside its families."""
    return not iri.startswith(HOME) or iri.removeprefix(HOME).replace("#", "/").partition("/")[0] in FAMILIES | _OTHER_PAGES
