"""The language of a page: `?lang=`, else the browser's preference, else that of the settings, else English."""

import re
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Flask, request, url_for

from observance.core import LANGUAGES, capitalise, compact, local_name, translate, typographic
from observance.web.navigation import menu
from observance.web.resource_addresses import resource_link
from observance.web.site import register_problem, site

_SPACED_SIGN: Final = re.compile(r" ([;:?!»])")
_IRI: Final = re.compile(r"<([^<>]+)>")
# The name of each language in that language.
LANGUAGE_NAMES: Final = {"fr": "Français", "en": "English"}


def language() -> str:
    """The language of the current request."""
    requested = request.args.get("lang", "")
    if requested in LANGUAGES:
        return requested
    # In the order of the browser's preference, whatever the region: fr-CA is French.
    preferred = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    default = site().kb.settings.language
    return next((lang for lang in (*preferred, default) if lang in LANGUAGES), "en")


def link(endpoint: str, **values: Any) -> str:
    """The address of an endpoint, with the `lang` parameter of the current request if it has one."""
    if request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])
    return url_for(endpoint, **values)


def service_address(path: str) -> str:
    """The address of a page of the service by its path, with parameters and anchor if it has them, in the language if one is requested."""
    before, separator, anchor = path.partition("#")
    lang = request.args.get("lang")
    parameter = f"{'&' if '?' in before else '?'}{urlencode({'lang': lang})}" if lang in LANGUAGES else ""
    return quote(request.script_root) + before + parameter + separator + anchor


def page_address(number: int) -> str:
    """The address of another page of the current answer."""
    params = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{quote(request.script_root + request.path)}?{urlencode([*params, ('page', number)])}"


def other_languages() -> list[tuple[str, str, str]]:
    """The versions of the current page in the other languages: code, name, address."""
    codes = [lang for lang in LANGUAGES if lang != language()]
    path = url_for("instrument.home") if request.endpoint is None else quote(request.script_root + request.path)
    params = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [(lang, LANGUAGE_NAMES[lang], f"{path}?{urlencode([*params, ('lang', lang)])}") for lang in codes]


def install_languages(app: Flask) -> None:
    """Add the language, `translate`, `link`, the site and the filters to the environment of the templates."""
    app.context_processor(_template_context)
    app.jinja_env.filters["typeset"] = typeset
    app.jinja_env.filters["local"] = local_name
    app.jinja_env.filters["capitalise"] = capitalise


def _template_context() -> dict[str, Any]:
    lang = language()

    def translate_message(key: str, **values: object) -> str:
        return typographic(translate(key, lang, **values))

    return {
        "lang": lang,
        "translate": translate_message,
        "link": link,
        "other_languages": other_languages,
        "page_address": page_address,
        "compact_node": compact_node,
        "resource_link": resource_link,
        "menu": menu,
        "site": site(),
        "register_kind": site().register_kind,
        "register_problem": register_problem(),
    }


def typeset(text: str) -> str:
    """The text with curved apostrophes, and with no-break spaces before French punctuation and inside guillemets."""
    return _SPACED_SIGN.sub("\u00a0\\1", typographic(text)).replace("« ", "«\u00a0")


def compact_node(node: str) -> str:
    """An IRI, or each IRI of a property path, as a prefixed name; any other node unchanged."""
    if "://" not in node or any(c.isspace() for c in node):
        return node
    return _IRI.sub(lambda match: compact(match[1]), node) if node.startswith(("<", "^", "(")) else compact(node).strip("<>")
