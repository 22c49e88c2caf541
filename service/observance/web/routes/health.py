"""`/health`: the state of the service and its workers."""

import json
from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from observance.core import LANGUAGES, DeadlineExceededError, ObservanceError, translate
from observance.web.site import register_problem, site

blueprint = Blueprint("health", __name__)

_DEADLINE_SECONDS: Final = 5.0


@blueprint.get("/health")
def health() -> Response:
    """Status 200 if a worker answers a question within the deadline, else 503.

    The state is `outdated` while the files cannot be read as they are now, and answers rest on the version before.
    """
    workers, problem = _workers_state(), register_problem()
    state = {
        "status": "degraded" if workers != "alive" else "ok" if problem is None else "outdated",
        "version": site().version,
        "knowledge": {"triples": len(site().kb.knowledge.quads)},
        "register": {"version": site().register_version, **({} if problem is None else {"problem": _public_sentences(problem)})},
        "workers": workers,
    }
    body = json.dumps(state, indent=2) + "\n"
    return Response(body, status=200 if workers == "alive" else 503, content_type="application/json", headers={"Cache-Control": "no-store"})


def _public_sentences(problem: ObservanceError) -> dict[str, str]:
    """The sentence in each language; it names files, and not where they lie."""
    values = {name: Path(value).name if isinstance(value, str) and "/" in value else value for name, value in problem.values.items()}
    return {lang: translate(problem.key, lang, **values) for lang in LANGUAGES}


def _workers_state() -> str:
    try:
        site().kb.questions.page("alive", {}, deadline=_DEADLINE_SECONDS)
    except DeadlineExceededError:
        return "busy"
    except ObservanceError:
        return "not answering"
    return "alive"
