r"""The syntax of XPath's regular expressions (XPath Functions and Operators 3.1, section 5.6.1; XML Schema 1.1, part 2, appendix G).

`parse_pattern` gives the alternatives of a pattern, or the place of what is no regular expression of XPath: look-around, `\b`, `a++`,
`[[:alpha:]]` and other signs of other dialects are refused, not read in another sense.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NoReturn

from msgspec import Struct

from oxishacl.errors import InvalidInputError

FLAGS: Final = frozenset("smixq")
MAX_DEPTH: Final = 50
_MAX_COUNT_DIGITS: Final = 6
_BLOCKS: Final = Path(__file__).with_name("blocks.tsv")
# What stands for itself only after a backslash; XPath adds the dollar to XML Schema's.
_ESCAPED: Final[Mapping[str, str]] = {"n": "\n", "r": "\r", "t": "\t", **{sign: sign for sign in "\\|.?*+(){}-[]^$"}}
_META: Final = frozenset(".\\?*+{}()|[]^$")
_SUBCATEGORIES: Final[Mapping[str, str]] = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "Z": "slp", "S": "mcko", "C": "cfon"}
_CATEGORIES: Final = frozenset(letter + small for letter, smalls in _SUBCATEGORIES.items() for small in ("", *smalls))
_CLASSES: Final = frozenset("sSiIcCdDwW")
_SPACE: Final = frozenset(" \t\n\r")


class PatternError(InvalidInputError):
    """A text is no regular expression of XPath; `column` of the values is the place in it, counted from 1, where there is one."""


class Range(Struct, frozen=True):
    """The characters from the first to the last code point."""

    first: int
    last: int


class Escape(Struct, frozen=True):
    """A class by its letter (`s`, `i`, `c`, `d`, `w`), category (`Lu`) or block (`IsBasicLatin`); `is_negated`: all other characters."""

    name: str
    is_negated: bool


class CharacterClass(Struct, frozen=True):
    """One character that is among the members, or among none of them, and not in the class that is subtracted."""

    members: tuple[Range | Escape, ...]
    is_negated: bool = False
    subtracted: "CharacterClass | None" = None


class Wildcard(Struct, frozen=True):
    """`.`"""


class Anchor(Struct, frozen=True):
    """`^` or `$`."""

    sign: str


class Reference(Struct, frozen=True):
    """A back-reference to a group by its number."""

    number: int


class Parentheses(Struct, frozen=True):
    """A group with its alternatives; it has a number where it captures."""

    alternatives: "tuple[Branch, ...]"
    number: int | None


class Piece(Struct, frozen=True):
    """An atom and how often it occurs; `most` is None where there is no limit."""

    atom: "Atom"
    least: int = 1
    most: int | None = 1
    is_reluctant: bool = False


Atom = CharacterClass | Wildcard | Anchor | Reference | Parentheses
Branch = tuple[Piece, ...]


def parse_pattern(pattern: str, *, flags: str = "") -> tuple[Branch, ...]:
    """The alternatives of the pattern; raises PatternError for what is none, and for a flag that XPath does not have."""
    unknown = sorted(set(flags) - FLAGS)
    if unknown:
        raise PatternError("pattern-flag", flag=unknown[0])
    if "q" in flags:
        return (tuple(Piece(_single(sign)) for sign in pattern),)
    return _PatternReader(pattern, ignores_space="x" in flags).pattern()


def size_of(alternatives: tuple[Branch, ...]) -> int:
    """How many atoms the pattern has when each repetition is written out."""
    return sum(1 + sum(_piece_size(piece) for piece in branch) for branch in alternatives)


def _piece_size(piece: Piece) -> int:
    atom = size_of(piece.atom.alternatives) if isinstance(piece.atom, Parentheses) else 1
    return atom * max(1, piece.least, piece.most or 0)


def _single(sign: str) -> CharacterClass:
    return CharacterClass((Range(ord(sign), ord(sign)),))


@cache
def blocks() -> Mapping[str, Range]:
    """The blocks of Unicode by their names without spaces, and three more that XML Schema 1.0 names."""
    rows = (line.split("\t") for line in _BLOCKS.read_text(encoding="utf-8").splitlines()[1:])
    return {name: Range(int(first, 16), int(last, 16)) for first, last, name in rows}


class _PatternReader:
    """Reads one pattern from its first character to its last."""

    def __init__(self, pattern: str, *, ignores_space: bool) -> None:
        self.text, self.ignores_space = pattern, ignores_space
        self.index = self.groups = self.depth = 0
        self.complete: set[int] = set()

    def pattern(self) -> tuple[Branch, ...]:
        """[1] regExp, and nothing after it."""
        alternatives = self._alternatives()
        if self._next():
            self._error("pattern-bracket", self.index, sign=self._next())
        return alternatives

    def _next(self, *, in_class: bool = False) -> str:
        """The next character, empty at the end; flag x skips white space outside of character classes."""
        while self.ignores_space and not in_class and self.text[self.index : self.index + 1] in _SPACE and self.index < len(self.text):
            self.index += 1
        return self.text[self.index : self.index + 1]

    def _accept(self, signs: str) -> bool:
        self._next()
        if not self.text.startswith(signs, self.index):
            return False
        self.index += len(signs)
        return True

    def _error(self, code: str, index: int, /, **values: object) -> NoReturn:
        raise PatternError(code, column=index + 1, **values)

    def _alternatives(self) -> tuple[Branch, ...]:
        branches = [self._branch()]
        while self._accept("|"):
            branches.append(self._branch())
        return tuple(branches)

    def _branch(self) -> Branch:
        pieces: list[Piece] = []
        while (sign := self._next()) and sign not in "|)":
            pieces.append(self._quantified(self._atom()))
        return tuple(pieces)

    def _quantified(self, atom: Atom) -> Piece:
        """[4] quantifier; XPath adds the reluctant ones."""
        sign, start = self._next(), self.index
        if not sign or sign not in "?*+{":
            return Piece(atom)
        self.index += 1
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self._counts(start)
        return Piece(atom, least, most, self._accept("?"))

    def _counts(self, start: int) -> tuple[int, int | None]:
        """What stands after `{`: a number, a number and a comma, or two numbers."""
        least = self._number(start)
        most = least if not self._accept(",") else None if self._next() == "}" else self._number(start)
        if not self._accept("}"):
            self._error("pattern-quantifier", start)
        if most is not None and most < least:
            self._error("pattern-quantifier", start)
        return least, most

    def _number(self, start: int) -> int:
        digits = ""
        while (sign := self._next()) and sign in "0123456789":
            digits += sign
            self.index += 1
        if not digits or len(digits) > _MAX_COUNT_DIGITS:
            self._error("pattern-quantifier", start)
        return int(digits)

    def _atom(self) -> Atom:
        """[9] atom, with the anchors and back-references that XPath adds."""
        sign, start = self._next(), self.index
        self.index += 1
        if sign == "(":
            return self._group(start)
        if sign == "[":
            return self._class(start)
        if sign == "\\":
            return self._escape(start)
        if sign in "^$":
            return Anchor(sign)
        if sign == ".":
            return Wildcard()
        if sign in "?*+{":
            self._error("pattern-nothing-to-repeat", start, sign=sign)
        if sign in _META:
            self._error("pattern-bracket", start, sign=sign)
        return _single(sign)

    def _group(self, start: int) -> Parentheses:
        number = None
        if self._accept("?"):
            if not self._accept(":"):
                self._error("pattern-group", start)
        else:
            self.groups += 1
            number = self.groups
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._error("pattern-depth", start, depth=MAX_DEPTH)
        alternatives = self._alternatives()
        self.depth -= 1
        if not self._accept(")"):
            self._error("pattern-open", start, sign="(")
        if number is not None:
            self.complete.add(number)
        return Parentheses(alternatives, number)

    def _escape(self, start: int) -> Atom:
        sign = self._next()
        if sign and sign in "123456789":
            return self._reference(start)
        member = self._escaped(start)
        return CharacterClass((member,))

    def _reference(self, start: int) -> Reference:
        """F&O 5.6.1: as many digits as there are groups to refer to; the group must be closed before."""
        number = int(self._next())
        self.index += 1
        while (sign := self._next()) and sign in "0123456789" and number * 10 + int(sign) <= self.groups:
            number = number * 10 + int(sign)
            self.index += 1
        if number not in self.complete:
            self._error("pattern-reference", start, number=number)
        return Reference(number)

    def _escaped(self, start: int, *, in_class: bool = False) -> Range | Escape:
        """What stands after a backslash: a character, or a class of characters."""
        sign = self._next(in_class=in_class)
        self.index += 1
        if sign in _ESCAPED and sign:
            return Range(ord(_ESCAPED[sign]), ord(_ESCAPED[sign]))
        if sign in _CLASSES and sign:
            return Escape(sign.lower(), sign.isupper())
        if sign in "pP" and sign:
            return Escape(self._property(start, in_class=in_class), sign == "P")
        return self._error("pattern-escape", start, escape=self.text[start : start + 2])

    def _property(self, start: int, *, in_class: bool) -> str:
        end = self.text.find("}", self.index)
        if not self.text.startswith("{", self.index) or end < 0:
            self._error("pattern-escape", start, escape=self.text[start : start + 2])
        name, self.index = self.text[self.index + 1 : end], end + 1
        if self.ignores_space and not in_class:
            name = "".join(sign for sign in name if sign not in _SPACE)
        if name not in _CATEGORIES and not (name.startswith("Is") and name[2:] in blocks()):
            self._error("pattern-property", start, name=unicodedata.normalize("NFC", name))
        return name

    def _class(self, start: int) -> CharacterClass:
        """[14] charClassExpr, after its opening bracket."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._error("pattern-depth", start, depth=MAX_DEPTH)
        is_negated = self.text.startswith("^", self.index)
        self.index += is_negated
        members: list[Range | Escape] = []
        subtracted = None
        while not self.text.startswith("]", self.index):
            if self.text.startswith("-[", self.index) and members:
                self.index += 2
                subtracted = self._class(self.index - 1)
                break
            members.append(self._member(start, is_first=not members))
        if not members or not self.text.startswith("]", self.index):
            self._error("pattern-class", start)
        self.index += 1
        self.depth -= 1
        return CharacterClass(tuple(members), is_negated, subtracted)

    def _member(self, start: int, *, is_first: bool) -> Range | Escape:
        """[17] charGroupPart: a character, a range or a class; a hyphen stands for itself only at one of the two ends."""
        place = self.index
        first = self._class_character(start)
        if isinstance(first, Escape):
            return first
        is_hyphen, rest = self.text[place] == "-", self.text[self.index : self.index + 3]
        if not rest.startswith("-") or rest[:2] in {"-]", "-["} or rest == "--[":
            if is_hyphen and not is_first and rest[:1] != "]" and rest[:2] != "-[":
                self._error("pattern-hyphen", place)
            return first
        end = self.index + 1
        self.index = end
        last = self._class_character(start)
        if is_hyphen or self.text[end] == "-" or isinstance(last, Escape) or last.first < first.first:
            self._error("pattern-range", place, range=self.text[place : self.index])
        return Range(first.first, last.first)

    def _class_character(self, start: int) -> Range | Escape:
        sign, place = self._next(in_class=True), self.index
        if not sign:
            self._error("pattern-open", start, sign="[")
        self.index += 1
        if sign == "\\":
            return self._escaped(place, in_class=True)
        if sign == "[":
            self._error("pattern-class-bracket", place)
        return Range(ord(sign), ord(sign))
