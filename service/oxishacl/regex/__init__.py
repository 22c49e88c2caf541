"""Regular expressions as XPath defines them (SHACL 1.0, section 4.4.3; SPARQL 1.1, section 17.4.3.14), matched in bounded time.

A pattern is parsed by XPath's grammar and written anew for Oxigraph's engine, which takes time linear in the text. A query costs some 40
microseconds there; most patterns in shapes are so simple that Python's engine gives the same answer as quickly: it matches those.
Back-references, the starts of lines, and what is too large for that engine are left to the library `regex`, which is stopped after a time.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from oxishacl.errors import LimitExceededError
from oxishacl.regex.syntax import PatternError, parse_pattern, size_of
from oxishacl.regex.translation import bounded_pattern, linear_pattern

__all__ = ["PatternError", "compile_pattern"]

MAX_SECONDS: Final = 2.0
"""How long a pattern that no linear engine can match may take for one text."""

_QUERY: Final = Path(__file__).with_name("matches.rq").read_text(encoding="utf-8")
_TEXT, _PATTERN = ox.Variable("text"), ox.Variable("pattern")
_EMPTY_STORE: Final = ox.Store()
_MAX_LENGTH: Final = 4_000
_MAX_PATTERN: Final = 2_000
_MAX_SIZE: Final = 20_000

# What Python matches without going back, in ASCII: a literal or escaped character, a class of these; with a small quantifier.
_ATOM: Final = (
    r"(?:[A-Za-z0-9 _/:#@,;=!%&'\"~`<>-]|\\[.\-+*?()\[\]{}|^$]|\[[A-Za-z0-9_/:#@,;=. +]+(?:[-][A-Za-z0-9])?[A-Za-z0-9_/:#@,;=. +-]*\])"
)
_QUANTIFIER: Final = r"(?:\{[0-9]{1,2}(?:,[0-9]{1,2})?\})"
_QUANTIFIED_ATOM: Final = rf"(?:{_ATOM}(?:{_QUANTIFIER}|\?)?)"
_ALTERNATIVES: Final = rf"\({_QUANTIFIED_ATOM}+(?:\|{_QUANTIFIED_ATOM}+)*\)\??"
_REPEATED: Final = rf"\((?:{_ATOM}(?:\{{[0-9]{{1,2}}\}})?)+\){_QUANTIFIER}"
_SIMPLE: Final = re.compile(rf"\^(?:{_QUANTIFIED_ATOM}|{_ALTERNATIVES}|{_REPEATED})*(?:{_ATOM}[+*])?\$?")
# Each choice multiplies the ways in which an engine that goes back may try a text.
_CHOICES: Final = re.compile(r"\?|\||\{([0-9]+),([0-9]+)\}")
_MAX_WAYS: Final = 16


@lru_cache(maxsize=1_024)
def compile_pattern(pattern: str, *, flags: str = "") -> Callable[[str], bool]:
    """A function that decides whether the pattern matches anywhere in a text.

    The flags are those of XPath: s, m, i, x and q. Raises PatternError for what is no pattern or flag of XPath, and for a pattern that
    would need too much memory; the function raises LimitExceededError where a pattern with back-references takes too long.
    """
    if len(pattern) > _MAX_PATTERN:
        raise PatternError("pattern-size", column=_MAX_PATTERN)
    alternatives = parse_pattern(pattern, flags=flags)
    if size_of(alternatives) > _MAX_SIZE:
        raise PatternError("pattern-size", column=1)
    linear = linear_pattern(alternatives, flags=flags)
    # Oxigraph refuses what takes it too much memory: of large classes, a few dozen repetitions.
    if linear is None or _evaluate("", pattern=linear) is None:
        return _bounded(bounded_pattern(alternatives, flags=flags), pattern=pattern)
    if not flags and _SIMPLE.fullmatch(pattern) and _ways(pattern) <= _MAX_WAYS:
        # Python's « $ » also matches before a last line feed.
        match = re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern).match
        return lambda text: match(text) is not None if len(text) <= _MAX_LENGTH else bool(_evaluate(text, pattern=linear))

    @lru_cache(maxsize=1_024)
    def cached(text: str) -> bool:
        return bool(_evaluate(text, pattern=linear))

    return lambda text: cached(text) if len(text) <= _MAX_LENGTH else bool(_evaluate(text, pattern=linear))


def _ways(pattern: str) -> int:
    """In how many ways a simple pattern can be tried, at most."""
    return math.prod(2 if choice[1] is None else int(choice[2]) - int(choice[1]) + 1 for choice in _CHOICES.finditer(pattern))


def _evaluate(text: str, *, pattern: str) -> bool | None:
    substitutions: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
        _TEXT: ox.Literal(text),
        _PATTERN: ox.Literal(pattern),
    }
    solutions = _EMPTY_STORE.query(_QUERY, substitutions=substitutions)
    assert isinstance(solutions, ox.QuerySolutions)
    matches = next(iter(solutions))["matches"]
    return None if matches is None else isinstance(matches, ox.Literal) and matches.value == "true"


def _bounded(translated: str, *, pattern: str) -> Callable[[str], bool]:
    # Loaded for the few patterns that need it.
    import regex

    search = regex.compile(translated, regex.VERSION1).search

    def matches(text: str) -> bool:
        try:
            return search(text, timeout=MAX_SECONDS) is not None
        except TimeoutError:
            raise LimitExceededError("pattern-time", pattern=pattern, seconds=MAX_SECONDS) from None

    return matches
