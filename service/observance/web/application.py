"""The application: its parts, its headers and how it is closed."""

import importlib
from typing import Final

from flask import Flask, Response
from werkzeug.datastructures import Headers

from observance.core import VERSION, Settings
from observance.knowledge_base import KnowledgeBase
from observance.web.assessment_requests import AnswerCache
from observance.web.language import install_languages, language
from observance.web.problem_details import register_error_handlers
from observance.web.request_parameters import check_parameters_of
from observance.web.site import Site

_ROUTES: Final = (
    "instrument", "duties", "readings", "what_if", "notifications", "meetings", "benchmarking", "questions", "sparql", "validation",
    "downloads", "guides", "health",
)  # fmt: skip
"""The modules of `routes`; what one needs of an upper package goes with its entry."""
# Room for the headers and the other fields of a form around a document of the largest size.
_ENVELOPE = 100_000


def create_app(settings: Settings) -> Flask:
    """The WSGI application over the knowledge and the registers of the settings, everything read and every worker running.

    Raises what opening a knowledge base or register raises. Close it with `close(app)`.
    """
    app = Flask(__package__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_bytes + _ENVELOPE
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in _ROUTES:
        app.register_blueprint(importlib.import_module(f"{__package__}.routes.{name}").blueprint)
    install_languages(app)
    register_error_handlers(app)
    check_parameters_of(app)
    app.after_request(_guarded)
    kb = _opened(settings)
    app.extensions[AnswerCache.KEY] = AnswerCache(kb)
    app.extensions[Site.KEY] = Site(kb, version=VERSION)
    return app


def _opened(settings: Settings) -> KnowledgeBase:
    kb = KnowledgeBase(settings)
    try:
        return kb.start()
    except BaseException:
        kb.close()
        raise


def close(app: Flask) -> None:
    """No worker process of the application is left."""
    site: Site = app.extensions[Site.KEY]
    site.kb.close()


def _guarded(response: Response) -> Response:
    """The response with the headers that keep a browser from doing anything but showing it."""
    _add(response.headers)
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language()
    return response


def _add(headers: Headers) -> None:
    headers["Content-Security-Policy"] = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.add("Vary", "Accept, Accept-Language")
