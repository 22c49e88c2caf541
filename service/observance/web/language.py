"""The language of a page: `?lang=`, else the browser's wish, else that of the settings, else English."""

from typing import Any, Final

from flask import Flask, request, url_for

from observance.phrases import LANGUAGES, say
from observance.web.site import site

# What each language calls itself.
NAMES: Final = {"fr": "Français", "en": "English"}


def language() -> str:
    """The language of the current request."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    default = site().house.settings.language
    default = default if default in LANGUAGES else "en"
    # Those without a wish, programs mostly, get the default: it is offered first.
    offers = sorted(LANGUAGES, key=lambda lang: lang != default)
    return request.accept_languages.best_match(offers, default) or default


def link(endpoint: str, **values: Any) -> str:
    """The address of an endpoint, in the language that was asked for by hand."""
    if request.args.get("lang") in LANGUAGES:
        values.setdefault("lang", request.args["lang"])
    return url_for(endpoint, **values)


def translated() -> list[tuple[str, str, str]]:
    """This page in each other language: code, name, address."""
    others = [lang for lang in LANGUAGES if lang != language()]
    if request.endpoint is None:
        return [(lang, NAMES[lang], url_for("home.page", lang=lang)) for lang in others]
    values: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    return [(lang, NAMES[lang], url_for(request.endpoint, **{**values, "lang": lang})) for lang in others]


def prepare(app: Flask) -> None:
    """Templates know the language, `say`, `link` and the site."""
    app.context_processor(_known)


def _known() -> dict[str, Any]:
    lang = language()

    def said(phrase: str, **values: object) -> str:
        return say(phrase, lang, **values)

    return {"lang": lang, "say": said, "link": link, "translated": translated, "site": site()}
