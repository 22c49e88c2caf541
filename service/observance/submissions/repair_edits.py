"""The edits of a document's text that make a repair, in the syntaxes of the Turtle family, and their application."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import InvalidInputError
from observance.submissions.model import Repair, TextEdit
from observance.submissions.provenance import canonical_digest
from observance.submissions.repair_text import GAP, Gaps, statements_text
from oxishacl import Document, Place, SourcePositions

_LINES: Final = ("N-Triples", "N-Quads")
_FORMATS: Final = {"Turtle": ox.RdfFormat.TURTLE, "N-Triples": ox.RdfFormat.N_TRIPLES, "N-Quads": ox.RdfFormat.N_QUADS}
# Edits are proved by parsing the text again.
_MAX_BYTES: Final = 200_000
_MAX_PLACES: Final = 4
_INDENT: Final = "    "
_START: Final = Place(1, 1, 1, 1)
_ESCAPES: Final = MappingProxyType({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_IRI_TEXT: Final = re.compile(r"[^\s<>\"{}|^`\\\x00-\x20]+")
_TOKEN: Final = re.compile(r"<[^\s<>\"{}|^`\\]+>|[^\s<>\"'{}()\[\];,|^`\\@#]+")


class RepairEdits(Struct, frozen=True, dict=True):
    """Makes the edits that add and remove statements in the text of one document."""

    document: Document
    positions: SourcePositions
    prefixes: Mapping[str, str]

    def edits(self, add: Sequence[ox.Triple], remove: Sequence[ox.Triple], *, gaps: Gaps) -> tuple[TextEdit, ...]:
        """Return the edits, with a gap for each trial value in `gaps`; empty where none is found that gives exactly these statements."""
        content = self.document.source.content
        if self.document.syntax not in _FORMATS or len(content) > _MAX_BYTES:
            return ()
        goal = canonical_digest(_changed(self.document.quads, add=add, remove=remove))
        ways = zip(self._ways(add, remove, gaps=MappingProxyType({})), self._ways(add, remove, gaps=gaps), strict=True)
        return next((shown for tried, shown in ways if goal is not None and self._digest(apply_edits(self._text, tried)) == goal), ())

    def _ways(self, add: Sequence[ox.Triple], remove: Sequence[ox.Triple], *, gaps: Gaps) -> Iterator[tuple[TextEdit, ...]]:
        """Yield ways to make the change, the one that disturbs the text least first."""
        if remove:
            for has_predicate in (True, False):
                yield tuple(
                    TextEdit(place, self._statement(new, has_predicate=has_predicate, gaps=gaps))
                    for old, new in zip(remove, add, strict=True)
                    if (place := self._place(old)) is not None
                )
            return
        subject = add[0].subject
        if self.document.syntax not in _LINES:
            own = (number for number, quad in enumerate(self.document.quads) if quad.subject == subject)
            places = sorted(filter(None, map(self.positions.of, own)), key=lambda place: (place.end_line, place.end_column), reverse=True)
            declarations, pairs = self._pairs(add, gaps=gaps)
            for place in places[:_MAX_PLACES]:
                separator = f" ;\n{self._indent(place)}"
                end = Place(place.end_line, place.end_column, place.end_line, place.end_column)
                yield (*declarations, TextEdit(end, "".join(separator + pair for pair in pairs)))
        if isinstance(subject, ox.NamedNode):
            lines = self._text.split("\n")
            end = Place(len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
            text = statements_text(add, syntax=self.document.syntax, prefixes=self.prefixes, gaps=gaps)
            yield (TextEdit(end, ("\n" if lines[-1] else "") + text + "\n"),)

    def _indent(self, place: Place) -> str:
        """The white space before what stands at the place, if it begins its line."""
        before = self._text.split("\n")[place.line - 1][: place.column - 1]
        return _INDENT if before.strip() or not before else before

    def _place(self, statement: ox.Triple) -> Place | None:
        numbers = (n for n, quad in enumerate(self.document.quads) if ox.Triple(quad.subject, quad.predicate, quad.object) == statement)
        return next(filter(None, map(self.positions.of, numbers)), None)

    def _statement(self, statement: ox.Triple, *, has_predicate: bool, gaps: Gaps) -> str:
        """Return the predicate and object, or the object alone."""
        if self.document.syntax in _LINES:
            whole = statements_text((statement,), syntax=self.document.syntax, prefixes={}, gaps=gaps)
            text = whole.removeprefix(f"{statement.subject} ").removesuffix(" .")
            return text if has_predicate else text.removeprefix(f"{statement.predicate} ")
        pair = self._pairs((statement,), gaps=gaps)[1][0]
        return pair if has_predicate else pair.partition(" ")[2]

    def _pairs(self, statements: Sequence[ox.Triple], *, gaps: Gaps) -> tuple[tuple[TextEdit, ...], tuple[str, ...]]:
        """Return the declarations of prefixes that are missing, and `predicate object` for each statement of the first one's subject."""
        node = ox.BlankNode()
        of_node = [ox.Triple(node if t.subject == statements[0].subject else t.subject, t.predicate, t.object) for t in statements]
        lines = statements_text(of_node, syntax=self.document.syntax, prefixes=self.prefixes, gaps=gaps).splitlines(keepends=True)
        declared = "".join(line for line in lines if line.startswith("@prefix"))
        pairs = tuple(line.rstrip("\n").removesuffix(" ;") for line in lines if not line.startswith("@prefix"))
        return ((TextEdit(_START, declared),) if declared else ()), pairs

    @cached_property
    def _text(self) -> str:
        return self.document.source.content.decode().removeprefix("\ufeff")

    def _digest(self, text: str) -> str | None:
        """The canonical digest of the statements of the text; None if they cannot be read."""
        try:
            return canonical_digest(list(ox.parse(text.encode(), format=_FORMATS[self.document.syntax])))
        except SyntaxError:
            return None


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Return the text with the edits made, whose places are those of the text as it is."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda edit: (edit.place.line, edit.place.column), reverse=True):
        start, end = starts[edit.place.line - 1] + edit.place.column - 1, starts[edit.place.end_line - 1] + edit.place.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text


def filled_edits(repair: Repair, values: Sequence[str]) -> tuple[TextEdit, ...]:
    """Return the edits of the repair with the values in their gaps, in their order.

    Raises InvalidInputError if a value is missing, or cannot stand where its gap is.
    """
    rest = iter(values)
    return tuple(TextEdit(edit.place, _filled(edit.text, rest)) for edit in repair.edits)


def _filled(text: str, values: Iterable[str]) -> str:
    first, *others = text.split(GAP)
    for after in others:
        value = next(iter(values), "").strip()
        if not value:
            raise InvalidInputError("validate.gap-empty")
        first += _as_written(value, before=first[-1:], after=after[:1]) + after
    return first


def _as_written(value: str, *, before: str, after: str) -> str:
    """Return the value in the form that its gap asks for, by the signs on its two sides."""
    if before == '"' and after == '"':
        return "".join(_ESCAPES.get(sign, sign) for sign in value)
    form = _LANGUAGE_TAG if before == "@" else _IRI_TEXT if before == "<" else _TOKEN
    if not form.fullmatch(value):
        raise InvalidInputError("validate.gap-form", found=value)
    return value


def _changed(quads: Iterable[ox.Quad], *, add: Iterable[ox.Triple], remove: Iterable[ox.Triple]) -> list[ox.Quad]:
    gone = set(remove)
    kept = [quad for quad in quads if ox.Triple(quad.subject, quad.predicate, quad.object) not in gone]
    return [*kept, *(ox.Quad(s, p, o, ox.DefaultGraph()) for s, p, o in add)]
