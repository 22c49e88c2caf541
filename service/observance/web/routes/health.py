"""`/health`, `/ready` and `/metrics`: the state of the service and its workers, for whoever runs it."""

import json
import threading
from pathlib import Path
from typing import ClassVar, Final

from flask import Blueprint, Response, current_app, render_template, request

from observance.core import LANGUAGES, DeadlineExceededError, ForbiddenError, ObservanceError, translate
from observance.web.admission import is_own_machine
from observance.web.metrics import Metrics
from observance.web.negotiation import HTML, best_media_type
from observance.web.site import register_problem, site

blueprint = Blueprint("health", __name__)

_DEADLINE_SECONDS: Final = 5.0
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/health")
def health() -> Response:
    """Status 200 if a worker answers a question within the deadline, else 503.

    The state is `outdated` while the files cannot be read as they are now, and answers rest on the version before.
    """
    workers, problem = _workers_state(), register_problem()
    state = {
        "status": "degraded" if workers != "alive" else "ok" if problem is None else "outdated",
        "version": site().version,
        "knowledge": {"triples": len(site().kb.knowledge.statements)},
        "register": {"version": site().register_version, **({} if problem is None else {"problem": _public_sentences(problem)})},
        "workers": workers,
    }
    is_page = best_media_type(("application/json", HTML)) == HTML and request.args.get("format") != "json"
    body = render_template("health.html", state=state) if is_page else json.dumps(state, indent=2) + "\n"
    content_type = f"{HTML}; charset=utf-8" if is_page else "application/json"
    return Response(body, status=200 if workers == "alive" else 503, content_type=content_type, headers={"Cache-Control": "no-store"})


def _public_sentences(problem: ObservanceError) -> dict[str, str]:
    """The sentence in each language; it names files, and not where they lie."""
    values = {name: Path(value).name if isinstance(value, str) and "/" in value else value for name, value in problem.values.items()}
    return {lang: translate(problem.key, lang, **values) for lang in LANGUAGES}


@blueprint.get("/ready")
def ready() -> Response:
    """Status 200 if the service can answer from the present version, else 503: its workers do not answer, or it is about to end."""
    is_ready = not current_app.config.get("STOPPING", False) and _workers_state() == "alive"
    body = json.dumps({"ready": is_ready}) + "\n"
    return Response(body, status=200 if is_ready else 503, content_type="application/json", headers={"Cache-Control": "no-store"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """The metrics for Prometheus; raises ForbiddenError for another machine, unless they are open to all."""
    if not is_own_machine() and site().kb.settings.metrics != "any":
        raise ForbiddenError("web.metrics")
    measured: Metrics = current_app.extensions[Metrics.KEY]
    return Response(measured.text(), content_type=_METRICS_TYPE, headers={"Cache-Control": "no-store"})


class WorkersCheck:
    """Asks a worker whether it answers, for one request at a time: the others get the answer of the last time, and hold nothing."""

    KEY: ClassVar = "observance.workers-check"

    def __init__(self) -> None:
        """Begin without an answer."""
        self._lock = threading.Lock()
        self._last: str | None = None

    def state(self) -> str:
        """Whether a worker is alive, busy or not answering."""
        is_first = self._last is None
        if not self._lock.acquire(blocking=is_first):
            return self._last or "busy"
        try:
            self._last = _asked_state()
            return self._last
        finally:
            self._lock.release()


def _workers_state() -> str:
    check: WorkersCheck = current_app.extensions.setdefault(WorkersCheck.KEY, WorkersCheck())
    return check.state()


def _asked_state() -> str:
    try:
        site().kb.questions.page("alive", {}, deadline=_DEADLINE_SECONDS)
    except DeadlineExceededError:
        return "busy"
    except ObservanceError:
        return "not answering"
    return "alive"
