"""Patterns of XPath written in the dialect of another engine, with every class as what it means there.

`linear_pattern` writes what the engine of Oxigraph matches in time linear in the text; None where that cannot say the same.
`bounded_pattern` writes all patterns for the library `regex`, whose engine goes back and forth and is stopped after a time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from oxishacl.regex.syntax import Anchor, Branch, CharacterClass, Escape, Parentheses, Piece, Range, Reference, Wildcard, blocks

_SURROGATES: Final = Range(0xD800, 0xDFFF)
_LAST: Final = 0x10FFFF
# XML 1.0, productions 4 and 4a, as XML Schema takes them for \i and \c.
_NAME_START: Final = tuple(
    Range(first, last)
    for first, last in (
        (0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x37D), (0x37F, 0x1FFF),
        (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF),
    )
)  # fmt: skip
_NAME_ONLY: Final = tuple(
    Range(first, last) for first, last in ((0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))
)
_SPACE: Final = tuple(Range(code, code) for code in (0x20, 0x9, 0xA, 0xD))
# No character beyond this one has another case.
_LAST_CASED: Final = 0x1FFFF


class _InexpressibleError(Exception):
    """The engine cannot say what the pattern means."""


class _Dialect(Struct, frozen=True):
    """How an engine writes a character, the anchors and a back-reference; raises _InexpressibleError for what it cannot say."""

    character: Callable[[int], str]
    line_start: Callable[[], str]
    line_end: str
    text_end: str
    reference: Callable[[int], str]


def linear_pattern(alternatives: Sequence[Branch], *, flags: str) -> str | None:
    """The pattern for Oxigraph's REGEX without flags; None where it has a back-reference, or `^` for the starts of lines."""
    try:
        return _Writer(_LINEAR, flags).alternatives(alternatives)
    except _InexpressibleError:
        return None


def bounded_pattern(alternatives: Sequence[Branch], *, flags: str) -> str:
    """The pattern for the library `regex`, version 1 of its syntax."""
    return _Writer(_BOUNDED, flags).alternatives(alternatives)


def _inexpressible(*_: object) -> str:
    raise _InexpressibleError


# A group that took no part matches the empty text where it is referred to (F&O 5.6.1.1).
_LINEAR: Final = _Dialect(lambda code: f"\\x{{{code:X}}}", _inexpressible, "(?m:$)", "$", _inexpressible)
_BOUNDED: Final = _Dialect(
    lambda code: f"\\U{code:08X}", lambda: r"(?:\A|(?<=\n)(?!\Z))", r"(?=\n|\Z)", r"\Z", lambda number: f"(?:(?({number})\\{number}|))"
)


class _Writer:
    """Writes a pattern in one dialect."""

    def __init__(self, dialect: _Dialect, flags: str) -> None:
        self.dialect, self.flags = dialect, flags
        self.ignores_case = "i" in flags

    def alternatives(self, branches: Iterable[Branch]) -> str:
        return "|".join("".join(map(self._piece, branch)) for branch in branches)

    def _piece(self, piece: Piece) -> str:
        atom = self._atom(piece.atom)
        if (piece.least, piece.most) == (1, 1):
            return atom
        most = "" if piece.most is None else piece.most
        return f"(?:{atom}){{{piece.least},{most}}}{'?' if piece.is_reluctant else ''}"

    def _atom(self, atom: object) -> str:
        match atom:
            case CharacterClass():
                return self._class(atom)
            case Wildcard():
                return self._set((Range(0, _LAST),)) if "s" in self.flags else self._set((Range(10, 10), Range(13, 13)), is_negated=True)
            case Anchor(sign):
                return self._anchor(sign)
            case Reference(number):
                reference = self.dialect.reference(number)
                # Characters are compared one by one: « ss » is not « ß » (F&O 5.6.2).
                return f"(?i-f:{reference})" if self.ignores_case else reference
            case Parentheses(alternatives, number):
                return f"({'?:' if number is None else ''}{self.alternatives(alternatives)})"
        raise AssertionError(atom)

    def _anchor(self, sign: str) -> str:
        if "m" not in self.flags:
            return "\\A" if sign == "^" else self.dialect.text_end
        return self.dialect.line_start() if sign == "^" else self.dialect.line_end

    def _class(self, class_: CharacterClass) -> str:
        members = [self._member(member) for member in class_.members]
        text = f"[{'^' if class_.is_negated else ''}{''.join(members)}]"
        return text if class_.subtracted is None else f"[{text}--{self._class(class_.subtracted)}]"

    def _member(self, member: Range | Escape) -> str:
        if isinstance(member, Range):
            variants = _case_variants(member) if self.ignores_case else ()
            return "".join(map(self._range, (member, *variants)))
        return self._set(_ESCAPES[member.name], is_negated=member.is_negated) if member.name in _ESCAPES else self._property(member)

    def _property(self, escape: Escape) -> str:
        sign = "P" if escape.is_negated else "p"
        if escape.name == "w":
            return "[\\p{P}\\p{Z}\\p{C}]" if escape.is_negated else "[^\\p{P}\\p{Z}\\p{C}]"
        if escape.name == "d":
            return f"\\{sign}{{Nd}}"
        if escape.name.startswith("Is"):
            return self._set((blocks()[escape.name[2:]],), is_negated=escape.is_negated)
        return f"\\{sign}{{{escape.name}}}"

    def _set(self, ranges: Iterable[Range], *, is_negated: bool = False) -> str:
        """The ranges as a class of their own, which may stand in another one."""
        text = "".join(map(self._range, ranges))
        if not text:
            text, is_negated = self._range(Range(0, _LAST)), not is_negated
        return f"[{'^' if is_negated else ''}{text}]"

    def _range(self, range_: Range) -> str:
        """The range without surrogates, which are no characters; perhaps nothing."""
        written = []
        for first, last in _without_surrogates(range_):
            start, end = self.dialect.character(first), self.dialect.character(last)
            written.append(start if first == last else f"{start}-{end}")
        return "".join(written)


def _without_surrogates(range_: Range) -> Iterator[tuple[int, int]]:
    if range_.first < _SURROGATES.first:
        yield range_.first, min(range_.last, _SURROGATES.first - 1)
    if range_.last > _SURROGATES.last:
        yield max(range_.first, _SURROGATES.last + 1), range_.last


_ESCAPES: Final[Mapping[str, tuple[Range, ...]]] = {"s": _SPACE, "i": _NAME_START, "c": _NAME_START + _NAME_ONLY}


@cache
def _cased() -> Mapping[int, frozenset[int]]:
    """F&O 5.6.2, flag i: each character that has case-variants, with these: « fn:lower-case(C1) eq fn:lower-case(C2) » or upper-case."""
    by_form: dict[tuple[str, str], set[int]] = {}
    for code in range(_LAST_CASED):
        sign = chr(code)
        lower, upper = sign.lower(), sign.upper()
        if lower != sign or upper != sign:
            for key in (("lower", lower), ("upper", upper)):
                by_form.setdefault(key, set()).add(code)
    variants: dict[int, set[int]] = {}
    for codes in by_form.values():
        for code in codes:
            variants.setdefault(code, set()).update(codes)
    return {code: frozenset(others - {code}) for code, others in variants.items()}


def _case_variants(range_: Range) -> tuple[Range, ...]:
    """The variants of the characters of a range that are not in the range."""
    cased = _cased()
    inside = (code for code in cased if range_.first <= code <= range_.last)
    variants = {variant for code in inside for variant in cased[code] if not range_.first <= variant <= range_.last}
    return tuple(Range(code, code) for code in sorted(variants))
