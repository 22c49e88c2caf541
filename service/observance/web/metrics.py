"""What the service measures of itself, for Prometheus; no label holds what a client sent."""

import time
from typing import ClassVar, Final

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from observance.core import VERSION
from observance.web.generations import Generations

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counts of one application."""

    KEY: ClassVar = "observance.metrics"

    def __init__(self, generations: Generations) -> None:
        """Begin at zero."""
        self._generations = generations
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "observance_requests", "Requests answered.", ("endpoint", "method", "status"), registry=self._registry
        )  # fmt: skip
        self._seconds = Histogram(
            "observance_request_seconds", "Time to answer a request.", ("endpoint",), buckets=_BUCKETS, registry=self._registry
        )  # fmt: skip
        self._refused = Counter("observance_refused", "Requests told to come again (429).", registry=self._registry)
        age = Gauge("observance_generation_age_seconds", "Time since the version answered from was taken up.", registry=self._registry)
        age.set_function(lambda: time.monotonic() - self._generations.present.began)
        triples = Gauge("observance_knowledge_triples", "Triples of the knowledge.", registry=self._registry)
        triples.set_function(lambda: len(self._generations.present.kb.knowledge.statements))
        outdated = Gauge("observance_outdated", "1 while the files cannot be read as they are now.", registry=self._registry)
        outdated.set_function(lambda: self._generations.problem is not None)
        ended = Gauge("observance_workers_ended", "Worker processes of this version that were ended or died.", registry=self._registry)
        ended.set_function(lambda: self._generations.present.kb.workers.ended)
        self._build = Gauge("observance_build", "Versions of program and register.", ("program", "register"), registry=self._registry)

    def count(self, *, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(endpoint, method, f"{status // 100}xx").inc()
        self._seconds.labels(endpoint).observe(seconds)
        if status == 429:
            self._refused.inc()

    def text(self) -> bytes:
        """The metrics in the text format of Prometheus."""
        self._build.clear()
        self._build.labels(VERSION, self._generations.present.site.register_version).set(1)
        return generate_latest(self._registry)


def install_metrics(app: Flask) -> None:
    """Count each request when its response is complete; installed before all else, so that it sees every request."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        metrics: Metrics = app.extensions[Metrics.KEY]
        metrics.count(endpoint=endpoint(), method=method(), status=response.status_code, seconds=seconds())
        return response


def endpoint() -> str:
    """The name of what answers the current request."""
    return request.endpoint or "none"


def method() -> str:
    """The method of the current request; `other` for one that the service does not know."""
    return request.method if request.method in _METHODS else "other"


def seconds() -> float:
    """The time since the current request began to be answered."""
    return time.perf_counter() - float(g.began)
