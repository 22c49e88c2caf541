"""The steps of `observance check`, in order: what must hold of a knowledge folder before anything is derived from it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core.errors import InvalidInputError
from observance.knowledge import consistency, declared_terms, faults, loading, owl_profile, quality
from observance.knowledge.faults import Fault, FaultLocator, detail
from observance.knowledge.own_namespaces import NAMESPACE, namespaces

ROOMS: Final = ("ontology", "rules", "shapes")
CORE: Final = loading.CORE.as_posix()
"""The file of terms alone, which is claimed to be OWL 2 RL; text, norms and registers are outside that claim."""

_ONTOLOGY: Final = ("ontology/", faults.BORROWED)
# The core is judged with the terms that it imports.
_VOCABULARY: Final = (CORE, faults.BORROWED + CORE)
_QUALITY: Final = Path("queries") / "quality"


class CheckStep(Struct, frozen=True):
    """One step that was done: its phrase is `check.step-<name>`, filled with `values`."""

    name: str
    faults: tuple[Fault, ...]
    values: Mapping[str, object] = field(default_factory=dict)


def check_steps(root: Path) -> Iterator[CheckStep]:
    """Each step as soon as it is done; raises Unreadable for a file that cannot be read, Unavailable without the reasoner."""
    files = [file for room in ROOMS for file in loading.room_files(root, room)]
    quads = faults.read_turtle(files, root=root)
    yield CheckStep("read", (), {"files": len(files), "triples": len(quads)})
    illustrations = faults.read_turtle(_illustrations(root), root=root)
    used = tuple(_used(root, quads=quads, illustrations=illustrations))
    within = namespaces(quad.object for quad in quads if quad.predicate == NAMESPACE)
    yield CheckStep(
        "terms", declared_terms.undeclared_terms(used, declared=declared_terms.declared_terms((*quads, *illustrations)), within=within)
    )
    yield CheckStep("vocabularies", declared_terms.unknown_terms(used))
    asked = quality.quality_queries(loading.find_root() / _QUALITY, root / _QUALITY)
    yield CheckStep("quality", _of_folder(quality.quality_faults(quads, asked=asked)), {"count": len(asked)})
    yield CheckStep("profile", _profile(quads, root=root))
    yield CheckStep("consistency", consistency.inconsistencies(quad for quad in quads if _file(quad).startswith(_ONTOLOGY)))


def _illustrations(root: Path) -> list[Path]:
    """Examples and demo are no knowledge, but what they teach must exist; `faulty-` files teach what is found."""
    files = [file for folder in loading.ILLUSTRATIONS for file in sorted((root / folder).rglob("*.ttl"))]
    return [file for file in files if not file.name.startswith("faulty-")]


def _used(root: Path, *, quads: Iterable[ox.Quad], illustrations: Iterable[ox.Quad]) -> Iterator[declared_terms.TermUse]:
    everything = (*quads, *illustrations)
    yield from declared_terms.term_uses(everything, places=FaultLocator(everything))
    for file in sorted((root / "queries").rglob("*.rq")):
        name = file.relative_to(root).as_posix()
        try:
            content = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InvalidInputError("check.unreadable", file=name, reason=error) from None
        yield from (declared_terms.TermUse(iri, name, None) for iri in declared_terms.mentioned_terms(content))


def _profile(quads: Iterable[ox.Quad], *, root: Path) -> tuple[Fault, ...]:
    if not (root / CORE).is_file():
        return (Fault(None, CORE, "no-core", detail("check.no-core", file=CORE)),)
    return owl_profile.profile_rl(quad for quad in quads if _file(quad) in _VOCABULARY)


def _of_folder(found: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults without those of lent files: whether a term that is lent is used is asked where it is kept."""
    return tuple(fault for fault in found if not (fault.file or "").startswith(faults.BORROWED))


def _file(quad: ox.Quad) -> str:
    return faults.file_of(quad.graph_name) or ""
