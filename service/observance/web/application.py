"""The Flask application: its blueprints, the headers of its responses, and its end."""

import importlib
from typing import Final

from flask import Flask

from observance.core import Settings
from observance.web.access import Access, install_access
from observance.web.access_log import install_access_log
from observance.web.admission import install_admission
from observance.web.audience import install_audience
from observance.web.connections import ConnectionLimits
from observance.web.delivery import deliver
from observance.web.generations import Generations
from observance.web.host_check import install_host_check
from observance.web.language import install_languages
from observance.web.metrics import Metrics, install_metrics
from observance.web.problem_details import register_error_handlers
from observance.web.request_parameters import install_parameter_check
from observance.web.sharing import install_sharing

_ROUTES: Final = (
    "instrument", "duties", "readings", "what_if", "notifications", "meetings", "benchmarking", "questions", "sparql", "validation",
    "descriptions", "graph_store", "downloads", "guides", "health", "submissions", "accounts", "forms", "workbooks", "compare", "resources",
    "basis", "instruments", "builder", "glossary", "search",
)  # fmt: skip
"""The modules of `routes`; removing an entry removes the dependence on the upper package that it needs."""
_NOTICES: Final = "observance.notices"
"""The key of `Notices`, which is imported with the first notice."""
_FONT_SECONDS: Final = 31_536_000
# The size in bytes of the headers and the other fields of a form around a document.
_FORM_OVERHEAD_BYTES = 100_000


class _Application(Flask):
    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """A year for a font, which is another file when it changes; for any other file none, so that it is asked for again."""
        return _FONT_SECONDS if filename and filename.endswith(".woff2") else super().get_send_file_max_age(filename)


def create_app(settings: Settings) -> Flask:
    """Return the WSGI application for the settings, with the knowledge read and the worker processes running.

    The files of both are watched: see `Generations`. Raises what opening a knowledge base or register raises. `close(app)` ends the worker
    processes.
    """
    app = _Application(__package__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_bytes + _FORM_OVERHEAD_BYTES
    app.config["WORKERS"] = settings.workers
    app.config["CONNECTION_LIMITS"] = ConnectionLimits(
        settings.header_seconds, settings.body_seconds, settings.connections, settings.client_connections, settings.proxy
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in _ROUTES:
        app.register_blueprint(importlib.import_module(f"{__package__}.routes.{name}").blueprint)
    install_admission(app, workers=settings.workers)
    install_metrics(app)
    install_access_log(app, form=settings.log)
    install_host_check(app, names=settings.hosts)
    install_access(app, settings)
    install_audience(app, settings=settings)
    install_languages(app)
    install_sharing(app)
    register_error_handlers(app)
    install_parameter_check(app)
    app.after_request(deliver)
    generations = app.extensions[Generations.KEY] = Generations(settings)
    app.extensions[Metrics.KEY] = Metrics(generations)
    app.wsgi_app = generations.serve(app.wsgi_app)  # type: ignore[method-assign, assignment]  # as Flask documents
    generations.watch()
    return app


def close(app: Flask) -> None:
    """End the worker processes of the application."""
    generations: Generations = app.extensions[Generations.KEY]
    generations.close()
    for name in (_NOTICES, Access.KEY):
        if name in app.extensions:
            app.extensions[name].close()
