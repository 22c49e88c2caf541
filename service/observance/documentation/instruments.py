"""Which part belongs to which instrument: its editions, its provisions, and whose words a paragraph or a norm is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from observance.core.namespaces import OBS
from observance.documentation.records import Records, Row


@dataclass(frozen=True)
class Instruments:
    """The instruments of the records, in the order of their dates, those without a date first."""

    records: Records

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every instrument."""
        return self.records.values("instrument-list", "instrument")

    @cached_property
    def told(self) -> frozenset[str]:
        """Those whose operative paragraphs the knowledge holds."""
        return frozenset(row["instrument"].value for row in self.records.rows["instrument-list"] if row["told"].value == "true")

    @cached_property
    def dates(self) -> dict[str, str]:
        """The date of each that has one, as precise as it is known."""
        rows = self.records.by("instrument-list", "instrument")
        return {iri: min(row["date"].value for row in found if "date" in row) for iri, found in rows.items() if "date" in found[0]}

    def of(self, iri: str) -> str | None:
        """The instrument that the thing is, or is a part of; the nearest, if one instrument is a part of another."""
        seen: set[str] = set()
        while iri not in self.all:
            seen.add(iri)
            wholes = [whole for whole in self._wholes.get(iri, ()) if whole not in seen]
            if not wholes:
                return None
            iri = wholes[0]
        return iri

    def outermost(self, iri: str, *, alone: Collection[str]) -> str:
        """The instrument that this one is a part of, if any, else itself; some stand alone whatever they are parts of."""
        wholes = [whole for whole in self._wholes.get(iri, ()) if whole in self.all and whole != iri]
        return wholes[0] if wholes and iri not in alone else iri

    @cached_property
    def parts(self) -> dict[str, dict[str, list[Row]]]:
        """The editions and provisions of each instrument, each with its rows: what it is part of, its place and number there."""
        found: dict[str, dict[str, list[Row]]] = defaultdict(dict)
        for row in self.records.rows["parts"]:
            part = row["part"].value
            owner = self.of(part)
            if owner and part not in self.all and row["kind"].value not in self._words:
                found[owner].setdefault(part, []).append(row)
        return dict(found)

    @cached_property
    def _wholes(self) -> dict[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.records.rows["parts"]:
            found[row["part"].value].append(row["whole"].value)
        return dict(found)

    @cached_property
    def _words(self) -> frozenset[str]:
        """What is described with the norms instead."""
        return frozenset(OBS + name for name in ("OperativeParagraph", "Recital", "NormativeStatement"))
