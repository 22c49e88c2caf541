"""SPARQL's REGEX as XPath defines it (SPARQL 1.1, section 17.4.3.14), in the place of Oxigraph's, whose patterns are of another dialect."""

from typing import Final

import pyoxigraph as ox

from oxishacl.errors import ForbiddenError, LimitExceededError
from oxishacl.regex import PatternError, compile_pattern
from oxishacl.sparql.syntax import Operation
from oxishacl.terms import XSD, Term, is_text

MATCHES: Final = ox.NamedNode("urn:oxishacl:matches")
"""The function that takes the arguments of REGEX."""


def check_pattern(operation: Operation, *, shape: str) -> None:
    """Raise ForbiddenError for a REGEX whose pattern, written in the query, is none of XPath."""
    pattern, *flags = operation.operands[1:]
    if isinstance(pattern, ox.Literal) and all(isinstance(flag, ox.Literal) for flag in flags):
        try:
            compile_pattern(pattern.value, flags="".join(flag.value for flag in flags if isinstance(flag, ox.Literal)))
        except PatternError as error:
            raise ForbiddenError("sparql-pattern", shape=shape, pattern=pattern.value, detail=error) from None


class PatternFunction:
    """SPARQL's REGEX as XPath defines it, as a function for Oxigraph; `failure` is the error of a pattern that took too long."""

    def __init__(self) -> None:
        """No failure yet."""
        self.failure: LimitExceededError | None = None

    def __call__(self, *terms: Term | ox.Triple) -> ox.Literal | None:
        """Whether the text matches the pattern; None, an error of SPARQL, for terms that are no strings and for what is no pattern."""
        text, *others = terms
        if not isinstance(text, ox.Literal) or not is_text(text):
            return None
        strings = [term.value for term in others if isinstance(term, ox.Literal) and term.datatype.value == XSD + "string"]
        if len(strings) != len(others):
            return None
        pattern, *flags = strings
        try:
            return ox.Literal(compile_pattern(pattern, flags="".join(flags))(text.value))
        except PatternError:
            return None
        except LimitExceededError as error:
            self.failure = error
            return None
