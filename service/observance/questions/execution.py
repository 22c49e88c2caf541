"""A query put: guarded here, evaluated in a worker whose deadline holds."""

from collections.abc import Mapping
from pathlib import Path

from observance.core import Settings
from observance.questions import query_policy, result_formats, term_json
from observance.questions.model import SerializedAnswer
from observance.workers import WorkerPool


def run_query(
    text: str,
    *,
    workers: WorkerPool,
    settings: Settings,
    format: str,
    substitutions: Mapping[str, term_json.Term] | None = None,
    instead: Path | None = None,
    deadline: float | None = None,
) -> SerializedAnswer:
    """The answer of the query in the format; `workers` run `evaluate.open_dataset`.

    `instead` is a file of triples that is asked in place of the register.

    `deadline` is in seconds, by default `settings.query_seconds`. Raises what `guard.check`, `evaluate.evaluate` and
    `Workers.call` raise; the answer is whole or there is none.
    """
    query_policy.check_query(text, settings=settings)
    request = {
        "query": text,
        "format": result_formats.check_format(format),
        "substitutions": term_json.terms_to_json(substitutions or {}),
        "limit": settings.max_answer_bytes,
        "instead": str(instead) if instead is not None else None,
    }
    header, body = workers.call(request, deadline=settings.query_seconds if deadline is None else deadline)
    return SerializedAnswer(header["media_type"], body)
