"""The handlers for SPARQL queries and for questions of the catalogue."""

from observance.core import SerializedAnswer
from observance.handlers.table import HandlerContext
from observance.questions import QuestionRequest, SparqlRequest


def sparql(request: SparqlRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the answer to a query."""
    return context.disclosed(request.audience).evaluator.sparql(request)


def question(request: QuestionRequest, context: HandlerContext) -> SerializedAnswer:
    """Return the answer to a question of the catalogue."""
    return context.disclosed(request.audience).evaluator.question(request)
