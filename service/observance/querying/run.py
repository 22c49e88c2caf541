"""A query put: guarded here, evaluated in a worker whose deadline holds."""

from collections.abc import Mapping
from pathlib import Path

from observance.graph.workers import Workers
from observance.model import Answer
from observance.querying import formats, guard, terms
from observance.settings import Settings


def ask(
    text: str,
    *,
    workers: Workers,
    settings: Settings,
    format: str,
    substitutions: Mapping[str, terms.Term] | None = None,
    instead: Path | None = None,
    deadline: float | None = None,
) -> Answer:
    """The answer of the query in the format; `workers` run `evaluate.open_dataset`.

    `instead` is a file of triples that is asked in place of the register.

    `deadline` is in seconds, by default `settings.query_seconds`. Raises what `guard.check`, `evaluate.evaluate` and
    `Workers.call` raise; the answer is whole or there is none.
    """
    guard.check(text, settings=settings)
    request = {
        "query": text,
        "format": formats.known(format),
        "substitutions": terms.written(substitutions or {}),
        "limit": settings.max_answer_bytes,
        "instead": str(instead) if instead is not None else None,
    }
    header, body = workers.call(request, deadline=settings.query_seconds if deadline is None else deadline)
    return Answer(header["media_type"], body)
