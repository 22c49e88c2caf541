"""What a worker process is asked to evaluate."""

from collections.abc import Mapping

from msgspec import field

from observance.workers import Request


class SparqlRequest(Request, frozen=True):
    """A query in SPARQL over the knowledge and the register that is open, else the demo's; it was checked before it is sent."""

    arbitrary = True

    query: str
    format: str


class QuestionRequest(Request, frozen=True):
    """A question of the catalogue (`page`: one that pages are made from) with its parameters, given as text."""

    name: str
    format: str
    params: Mapping[str, str] = field(default_factory=dict)
    page: bool = False
