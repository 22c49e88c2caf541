"""`/health`: the state of the service and its workers."""

import json
from typing import Final

from flask import Blueprint, Response

from observance.core import DeadlineExceededError, ObservanceError
from observance.web.site import site

blueprint = Blueprint("health", __name__)

_DEADLINE_SECONDS: Final = 5.0


@blueprint.get("/health")
def health() -> Response:
    """Status 200 if a worker answers a question within the deadline, else 503."""
    workers = _workers_state()
    state = {
        "status": "ok" if workers == "alive" else "degraded",
        "version": site().version,
        "knowledge": {"triples": len(site().kb.knowledge.quads)},
        "workers": workers,
    }
    body = json.dumps(state, indent=2) + "\n"
    return Response(body, status=200 if workers == "alive" else 503, content_type="application/json", headers={"Cache-Control": "no-store"})


def _workers_state() -> str:
    try:
        site().kb.questions.page("alive", {}, deadline=_DEADLINE_SECONDS)
    except DeadlineExceededError:
        return "busy"
    except ObservanceError:
        return "not answering"
    return "alive"
