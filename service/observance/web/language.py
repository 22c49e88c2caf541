"""The language of a page: `?lang=`, else the browser's wish, else that of the settings, else English."""

import re
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Flask, request, url_for

from observance.core import LANGUAGES, compact, local_name, translate
from observance.web.site import site

_LOOSE: Final = re.compile(r" ([;:?!»])")
_IRI: Final = re.compile(r"<([^<>]+)>")
# What each language calls itself.
NAMES: Final = {"fr": "Français", "en": "English"}


def language() -> str:
    """The language of the current request."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    # In the order of the browser's preference, whatever the region: fr-CA is French.
    wished = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    default = site().kb.settings.language
    return next((lang for lang in (*wished, default) if lang in LANGUAGES), "en")


def link(endpoint: str, **values: Any) -> str:
    """The address of an endpoint, in the language that was asked for by hand."""
    if request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])
    return url_for(endpoint, **values)


def translated() -> list[tuple[str, str, str]]:
    """This page in each other language: code, name, address."""
    others = [lang for lang in LANGUAGES if lang != language()]
    here = url_for("instrument.home") if request.endpoint is None else quote(request.script_root + request.path)
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [(lang, NAMES[lang], f"{here}?{urlencode([*kept, ('lang', lang)])}") for lang in others]


def install_languages(app: Flask) -> None:
    """Templates know the language, `say`, `link` and the site."""
    app.context_processor(_known)
    app.jinja_env.filters["typeset"] = typeset
    app.jinja_env.filters["local"] = local_name


def _known() -> dict[str, Any]:
    lang = language()

    def said(phrase: str, **values: object) -> str:
        return translate(phrase, lang, **values)

    return {
        "lang": lang,
        "translate": said,
        "link": link,
        "translated": translated,
        "shown": display_language,
        "site": site(),
        "register": site().register,
    }


def typeset(text: str) -> str:
    """French signs that stand after a space stay on the line of their word; other text is as it was."""
    return _LOOSE.sub("\u00a0\\1", text).replace("« ", "«\u00a0")


def display_language(node: str) -> str:
    """An IRI in its short form, also each IRI of a path; a blank node or a value as it is."""
    if "://" not in node or any(c.isspace() for c in node):
        return node
    return _IRI.sub(lambda found: compact(found[1]), node) if node.startswith(("<", "^", "(")) else compact(node).strip("<>")
