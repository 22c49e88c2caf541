"""Regular expressions with the meaning of SPARQL's REGEX, matched in linear time (SHACL 1.0, section 4.4.3).

Oxigraph's engine takes time linear in the text, whatever the pattern, but a query costs some 40 microseconds. Most patterns in shapes
are so simple that Python's engine gives the same answer without backtracking: it matches those.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

_QUERY: Final = Path(__file__).with_name("regex.rq").read_text(encoding="utf-8")
_TEXT, _PATTERN, _FLAGS = ox.Variable("text"), ox.Variable("pattern"), ox.Variable("flags")
_EMPTY_STORE: Final = ox.Store()

# What Python and Oxigraph read alike, in ASCII: a literal character, an escaped character, a class of these; with a small quantifier.
_ATOM: Final = (
    r"(?:[A-Za-z0-9 _/:#@,;=!%&'\"~`<>-]|\\[.\-/+*?()\[\]{}|^$]|\[[A-Za-z0-9_/:#@,;=. +]+(?:[-][A-Za-z0-9])?[A-Za-z0-9_/:#@,;=. +-]*\])"
)
_QUANTIFIER: Final = r"(?:\{[0-9]{1,2}(?:,[0-9]{1,2})?\})"
_QUANTIFIED_ATOM: Final = rf"(?:{_ATOM}(?:{_QUANTIFIER}|\?)?)"
_SIMPLE: Final = re.compile(
    rf"\^(?:{_QUANTIFIED_ATOM}|\({_QUANTIFIED_ATOM}+(?:\|{_QUANTIFIED_ATOM}+)*\)\??|\((?:{_ATOM}(?:\{{[0-9]{{1,2}}\}})?)+\){_QUANTIFIER})*(?:{_ATOM}[+*])?\$?"
)
# Each choice doubles the ways in which a backtracking engine may try a text.
_CHOICES: Final = re.compile(r"\?|,|\|")
_MAX_CHOICES: Final = 3
_MAX_LENGTH: Final = 4_000


def compile_pattern(pattern: str, *, flags: str = "") -> Callable[[str], bool] | None:
    """A function that decides whether the pattern matches anywhere in a text, in linear time; None for a malformed pattern or flag.

    The flags are those of XPath: s, m, i, x and q.
    """
    if not flags and _SIMPLE.fullmatch(pattern) and len(_CHOICES.findall(pattern)) <= _MAX_CHOICES:
        # Python's « $ » also matches before a last line feed.
        try:
            match = re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern).match
        except re.error:
            return None
        return lambda text: match(text) is not None if len(text) <= _MAX_LENGTH else bool(_evaluate(text, pattern=pattern, flags=flags))
    if _evaluate("", pattern=pattern, flags=flags) is None:
        return None

    @lru_cache(maxsize=4_096)
    def cached(text: str) -> bool:
        return bool(_evaluate(text, pattern=pattern, flags=flags))

    return lambda text: cached(text) if len(text) <= _MAX_LENGTH else bool(_evaluate(text, pattern=pattern, flags=flags))


def _evaluate(text: str, *, pattern: str, flags: str) -> bool | None:
    substitutions: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
        _TEXT: ox.Literal(text),
        _PATTERN: ox.Literal(pattern),
        _FLAGS: ox.Literal(flags),
    }
    solutions = _EMPTY_STORE.query(_QUERY, substitutions=substitutions)
    assert isinstance(solutions, ox.QuerySolutions)
    matches = next(iter(solutions))["matches"]
    return None if matches is None else isinstance(matches, ox.Literal) and matches.value == "true"
