"""Regular expressions that cannot hang: as SPARQL's REGEX understands them (SHACL 1.0, section 4.4.3).

Oxigraph's engine takes time linear in the text, whatever the pattern. Most patterns of shapes are so plain that Python's engine cannot
backtrack on them either and says the same; those are run by it, since asking Oxigraph takes some 40 microseconds.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

_ASK: Final = Path(__file__).with_name("regex.rq").read_text(encoding="utf-8")
_TEXT, _PATTERN, _FLAGS = ox.Variable("text"), ox.Variable("pattern"), ox.Variable("flags")
_EMPTY: Final = ox.Store()

# What Python and Oxigraph read alike, in ASCII: a literal character, an escaped sign, a class of such; each repeated a few times.
_ATOM: Final = (
    r"(?:[A-Za-z0-9 _/:#@,;=!%&'\"~`<>-]|\\[.\-/+*?()\[\]{}|^$]|\[[A-Za-z0-9_/:#@,;=. +]+(?:[-][A-Za-z0-9])?[A-Za-z0-9_/:#@,;=. +-]*\])"
)
_TIMES: Final = r"(?:\{[0-9]{1,2}(?:,[0-9]{1,2})?\})"
_RUN: Final = rf"(?:{_ATOM}(?:{_TIMES}|\?)?)"
_PLAIN: Final = re.compile(
    rf"\^(?:{_RUN}|\({_RUN}+(?:\|{_RUN}+)*\)\??|\((?:{_ATOM}(?:\{{[0-9]{{1,2}}\}})?)+\){_TIMES})*(?:{_ATOM}[+*])?\$?"
)
# So that trying every way in which the repetitions can share a text stays a small number.
_CHOICES: Final = re.compile(r"\?|,|\|")
_MOST_CHOICES: Final = 3
_LONGEST: Final = 4_000


def compile_pattern(pattern: str, *, flags: str = "") -> Callable[[str], bool] | None:
    """Whether a text has a match of the pattern anywhere, as a function; None for what is no regular expression or no flag.

    Time is linear in the text. Flags are those of XPath: s, m, i, x and q.
    """
    if not flags and _PLAIN.fullmatch(pattern) and len(_CHOICES.findall(pattern)) <= _MOST_CHOICES:
        # Python's « $ » also matches before a last line feed.
        try:
            plain = re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern).match
        except re.error:
            return None
        return lambda text: plain(text) is not None if len(text) <= _LONGEST else bool(_found(text, pattern=pattern, flags=flags))
    if _found("", pattern=pattern, flags=flags) is None:
        return None

    @lru_cache(maxsize=4_096)
    def remembered(text: str) -> bool:
        return bool(_found(text, pattern=pattern, flags=flags))

    return lambda text: remembered(text) if len(text) <= _LONGEST else bool(_found(text, pattern=pattern, flags=flags))


def _found(text: str, *, pattern: str, flags: str) -> bool | None:
    values: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
        _TEXT: ox.Literal(text),
        _PATTERN: ox.Literal(pattern),
        _FLAGS: ox.Literal(flags),
    }
    solutions = _EMPTY.query(_ASK, substitutions=values)
    assert isinstance(solutions, ox.QuerySolutions)
    found = next(iter(solutions))["found"]
    return None if found is None else isinstance(found, ox.Literal) and found.value == "true"
