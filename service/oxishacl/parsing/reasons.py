"""What the parsers say of a fault, in both languages: `parser_messages.json` has the sentences for the messages of Oxigraph and expat."""

import json
import re
import unicodedata
from collections import deque
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).parents[1] / "parser_messages.json"
_QUOTED: Final = re.compile(r"'(.+?)'", re.DOTALL)
# White space and comments, and what a sign of these may stand in: IRIs, strings, names. Each quantifier is possessive, so that the time is
# linear whatever the text.
_TOKEN: Final = re.compile(
    rb"(?P<blank>(?:[ \t\r\n]++|#[^\r\n]*+)++)|<[^<>\s]*+>?"
    rb'|"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)"
    rb'|"(?:[^"\\\r\n]|\\.)*+"?'
    rb"|'(?:[^'\\\r\n]|\\.)*+'?"
    rb"|(?:[^ \t\r\n#<\"']|(?<=\\)[#'])++|.",
    re.DOTALL,
)
_SEPARATOR_MISSING: Final = re.compile(r"is not a valid predicate|dot is expected|followed by a dot|property lists should end")


Reason = Mapping[str, str]
"""A reason as the values of the placeholders `reason_en` and `reason_fr`, each a sentence without a full stop."""


@cache
def _sentences() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def reason_of(message: str, *, text: str) -> Reason:
    """Return the reason that the parser's message gives; `text` is the document from the place of the fault on.

    A sign that is easily taken for another is named by its code point.
    """
    quoted = _QUOTED.search(message)
    suspect = next(filter(None, map(_odd_sign, (quoted[1] if quoted else "", text[:1]))), None)
    if suspect is not None:
        return sign_reason(suspect)
    if re.match(r"//|/\*|#", text) and re.search("Unexpected char: '[/#]'", message):
        return _reason(_sentences()["comment"])
    entry, match = next((e, m) for e in _sentences()["reasons"] if (m := re.search(e["pattern"], message)))
    return _reason(entry, **match.groupdict())


def separator_offset(message: str, *, content: bytes, offset: int) -> int | None:
    """Return the offset after the last word before the fault, if a `;` or `.` is missing there; None where it is on the same line."""
    if not _SEPARATOR_MISSING.search(message):
        return None
    before = content[:offset]
    last = deque(_TOKEN.finditer(before), maxlen=1)
    if not last or last[0].lastgroup != "blank" or b"\n" not in last[0][0]:
        return None
    start = last[0].start()
    return None if before[:start].endswith((b";", b".", b"[")) else start


def separator_reason() -> Reason:
    """Return the reason for a statement that nothing ends."""
    return _reason(_sentences()["separator"])


def sign_reason(sign: str) -> Reason:
    """Return the reason for a sign that is easily taken for another, or not seen at all."""
    code = f"{ord(sign):04X}"
    texts = _sentences()["signs"].get(code, _sentences()["other-sign"])
    return _reason(texts, code=code, name=unicodedata.name(sign, "?"))


def _reason(texts: Mapping[str, str], **values: str) -> Reason:
    return {f"reason_{lang}": texts[lang].format(**values) for lang in ("en", "fr")}


def _odd_sign(text: str) -> str | None:
    return next((sign for sign in text if not sign.isascii()), None)
