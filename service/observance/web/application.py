"""The Flask application: its blueprints, the headers of its responses, and its end."""

import importlib
from typing import Final

from flask import Flask, Response
from werkzeug.datastructures import Headers

from observance.core import VERSION, Settings
from observance.knowledge_base import KnowledgeBase
from observance.web.assessment_requests import AnswerCache
from observance.web.language import install_languages, language
from observance.web.problem_details import register_error_handlers
from observance.web.request_parameters import install_parameter_check
from observance.web.site import Site

_ROUTES: Final = (
    "instrument", "duties", "readings", "what_if", "notifications", "meetings", "benchmarking", "questions", "sparql", "validation",
    "downloads", "guides", "health",
)  # fmt: skip
"""The modules of `routes`; removing an entry removes the dependence on the upper package that it needs."""
# The size in bytes of the headers and the other fields of a form around a document.
_FORM_OVERHEAD_BYTES = 100_000


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application for the settings, with the knowledge read and the worker processes running.

    Raises what opening a knowledge base or register raises. `close(app)` ends the worker processes.
    """
    app = Flask(__package__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_bytes + _FORM_OVERHEAD_BYTES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in _ROUTES:
        app.register_blueprint(importlib.import_module(f"{__package__}.routes.{name}").blueprint)
    install_languages(app)
    register_error_handlers(app)
    install_parameter_check(app)
    app.after_request(_add_headers)
    kb = _start_knowledge_base(settings)
    app.extensions[AnswerCache.KEY] = AnswerCache(kb)
    app.extensions[Site.KEY] = Site(kb, version=VERSION)
    return app


def _start_knowledge_base(settings: Settings) -> KnowledgeBase:
    kb = KnowledgeBase(settings)
    try:
        return kb.start()
    except BaseException:
        kb.close()
        raise


def close(app: Flask) -> None:
    """Close the knowledge base of the application and end its worker processes."""
    site: Site = app.extensions[Site.KEY]
    site.kb.close()


def _add_headers(response: Response) -> Response:
    """Add the headers for security, caching and language to the response."""
    _set_security_headers(response.headers)
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language()
    return response


def _set_security_headers(headers: Headers) -> None:
    headers["Content-Security-Policy"] = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.add("Vary", "Accept, Accept-Language")
