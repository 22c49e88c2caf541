"""Faults of a register as a whole: files that are not read, documents that contradict each other, days that cannot be right.

What is wrong within one document is found by validation. A mistake in a register must never become a sentence about a party, so each
fault has a place and a remedy.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from observance.core import OBS, RDF, RDFS, ObservanceError, Settings, calendar, compact, translate
from observance.knowledge import Knowledge
from observance.rdf import limits_of
from oxishacl import EXTENSIONS, Contexts, Document, Place, SourcePositions, node_name

VIOLATION: Final = "Violation"
WARNING: Final = "Warning"
INFO: Final = "Info"

LONGEST_GAP: Final = timedelta(days=5 * 366)
"""How long after the time of entry before it a lone time of entry may be, to be believed without a day given."""

_TYPE: Final = RDF + "type"
_RECORDED: Final = OBS + "recordedAt"
# What many documents may describe: the register itself, and the parties that it speaks of.
_SHARED: Final = ("Register", "Party")


class RegisterFault(Struct, frozen=True):
    """A fault of a register: the document, the key and values of the message, the severity, and the place if it lies in one.

    `error` is the error that refuses the register wherever answers are asked for; None for a fault with which it opens.
    """

    document: str
    key: str
    values: Mapping[str, object]
    severity: str = VIOLATION
    place: Place | None = None
    error: ObservanceError | None = None

    def sentence(self, lang: str) -> str:
        """Return the message in the language."""
        return translate(self.key, lang, **self.values)


# The kinds that a warning counts, by the keys of their faults.
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "register.unread-document": "unread",
        "register.linked-folder": "unread",
        "register.described-twice": "twice",
        "register.copied": "twice",
        "register.after-today": "day",
        "register.apart": "day",
    }
)


def warning_sentence(faults: Iterable[RegisterFault], *, to_repair: int, lacking: int, folder: str, lang: str) -> str | None:
    """Return the one sentence that an answer from the register is preceded by; None if there is nothing to warn of.

    `to_repair` and `lacking` are the numbers of records with a Violation and with a Warning; good practice is not told.
    """
    counts = Counter(_KINDS[fault.key] for fault in faults if fault.key in _KINDS)
    counts.update({"to-repair": to_repair, "lacking": lacking})
    parts = [translate(f"register.warning-{kind}", lang, count=count) for kind, count in counts.items() if count]
    return translate("register.warning", lang, faults=", ".join(parts), folder=folder) if parts else None


def faults_of_files(ignored: Iterable[Path], *, ending: Callable[[Path], str | None]) -> Iterator[RegisterFault]:
    """Yield a fault for each file of the folder that is not read: a warning if it looks like a document.

    It does by its name, or where `ending` gives the ending under which it can be read, because it holds statements. Of a hidden file that
    holds none nothing is said.
    """
    for path in ignored:
        name = path.name
        if path.is_dir():
            yield RegisterFault(str(path), "register.linked-folder", {"name": name}, WARNING)
        elif (proposed := _proposed_name(path, ending=ending)) is not None:
            yield RegisterFault(str(path), "register.unread-document", {"name": name, "proposed": proposed}, WARNING)
        elif not name.startswith("."):
            yield RegisterFault(str(path), "register.unread-file", {"name": name, "extensions": " ".join(sorted(EXTENSIONS))}, INFO)


def _proposed_name(path: Path, *, ending: Callable[[Path], str | None]) -> str | None:
    """Return the name under which a file that looks like a document would be read; None for any other file."""
    endings = [index for index, suffix in enumerate(path.suffixes) if suffix.lower() in EXTENSIONS]
    if endings:
        stem = path.name[: len(path.name) - len("".join(path.suffixes))]
        return stem.lstrip(".") + "".join(path.suffixes[: endings[-1] + 1])
    suffix = ending(path)
    return path.with_suffix("").name.strip(".~") + suffix if suffix is not None else None


def unreadable(name: str, error: ObservanceError) -> RegisterFault:
    """Return the fault of a document that cannot be read, which refuses the register."""
    return RegisterFault(name, error.key, error.values, error=error)


class DocumentFaults(Struct, frozen=True, dict=True):
    """Finds the faults that show only when the documents of a register are compared."""

    documents: Sequence[Document]
    knowledge: Knowledge
    settings: Settings
    contexts: Contexts

    def all(self, *, today: date | None) -> Iterator[RegisterFault]:
        """Yield the faults; a day after `today` cannot be right, and without it a lone time of entry far from all others is doubted."""
        yield from self._described_twice()
        yield from self._after(today) if today is not None else self._apart()

    def _described_twice(self) -> Iterator[RegisterFault]:
        holders: dict[str, dict[int, int]] = defaultdict(dict)
        for number, document in enumerate(self.documents):
            for position, quad in enumerate(document.quads):
                if quad.predicate.value == _TYPE and isinstance(quad.subject, ox.NamedNode) and node_name(quad.object) not in self._shared:
                    holders[quad.subject.value].setdefault(number, position)
        for node, positions in holders.items():
            first, *others = positions
            for number in others:
                same = self.documents[number].source.content == self.documents[first].source.content
                key = "register.copied" if same else "register.described-twice"
                values = {"node": compact(node), "other": Path(self.documents[first].source.name).name}
                yield self._fault(number, positions[number], key=key, values=values)

    def _after(self, today: date) -> Iterator[RegisterFault]:
        for number, position, day, text in self._days:
            if day > today:
                yield self._fault(number, position, key="register.after-today", values={"value": text, "today": today.isoformat()})

    def _apart(self) -> Iterator[RegisterFault]:
        credible = last_credible_time(time for _, _, time in self._times)
        for number, position, time in self._times:
            if credible is not None and time > credible:
                yield self._fault(number, position, key="register.apart", values={"value": calendar.format_time(time)})

    @cached_property
    def _times(self) -> list[tuple[int, int, datetime]]:
        return [(n, p, time) for n, p, quad in self._quads if quad.predicate.value == _RECORDED and (time := _time(quad)) is not None]

    @cached_property
    def _days(self) -> list[tuple[int, int, date, str]]:
        """The days on which something is said to have happened or to have been entered, with their text."""
        happened = {s for s in self.knowledge.subjects if OBS + "happenedOn" in self.knowledge.objects(s, RDFS + "subPropertyOf")}
        predicates = happened | {OBS + name for name in ("recordedAt", "addressedOn", "heldUntil", "completeUntil")}
        return [
            (number, position, time.date(), node_name(quad.object))
            for number, position, quad in self._quads
            if quad.predicate.value in predicates and (time := _time(quad)) is not None
        ]

    @property
    def _quads(self) -> Iterator[tuple[int, int, ox.Quad]]:
        return ((n, position, quad) for n, document in enumerate(self.documents) for position, quad in enumerate(document.quads))

    @cached_property
    def _shared(self) -> frozenset[str]:
        return frozenset(iri for name in _SHARED for iri in self.knowledge.subclasses(OBS + name))

    def _fault(self, number: int, position: int, *, key: str, values: Mapping[str, object]) -> RegisterFault:
        document = self.documents[number]
        positions = SourcePositions(document, limits=limits_of(self.settings), contexts=self.contexts)
        # A document that is disclosed in part has no content in which anything has a place.
        place = positions.of(position) if document.source.content else None
        return RegisterFault(document.source.name, key, values, VIOLATION, place)


def last_credible_time(times: Iterable[datetime]) -> datetime | None:
    """Return the last of the times that does not stand alone, more than LONGEST_GAP after the one before it; None for no times.

    One mistyped year can therefore not carry the default day away. A first time is always believed, and so are two times that are close.
    """
    ordered = sorted(set(times))
    while len(ordered) > 1 and ordered[-1] - ordered[-2] > LONGEST_GAP:
        ordered.pop()
    return ordered[-1] if ordered else None


def _time(quad: ox.Quad) -> datetime | None:
    try:
        return calendar.parse_time(node_name(quad.object))
    except ValueError:
        return None
