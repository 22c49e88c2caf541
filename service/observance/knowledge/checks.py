"""The steps of `observance check`, in order: what must hold of a knowledge folder before anything is derived from it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from observance.core import LANGUAGES, PREFIXES, InvalidInputError, compact
from observance.knowledge import consistency, declared_terms, faults, loading
from observance.knowledge.faults import Fault, FaultLocator, detail, sort_key, text
from observance.knowledge.loading import NAMESPACE, namespaces

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
    """Each step as soon as it is done; raises InvalidInputError for a file that cannot be read, UnavailableError without the reasoner."""
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
    asked = quality_queries(loading.find_root() / _QUALITY, root / _QUALITY)
    yield CheckStep("quality", _of_folder(quality_faults(quads, asked=asked)), {"count": len(asked)})
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
    return consistency.profile_rl(quad for quad in quads if _file(quad) in _VOCABULARY)


def _of_folder(found: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults without those of lent files: whether a term that is lent is used is asked where it is kept."""
    return tuple(fault for fault in found if not (fault.file or "").startswith(faults.BORROWED))


def _file(quad: ox.Quad) -> str:
    return faults.file_of(quad.graph_name) or ""


class QualityQuery(Struct, frozen=True):
    """A quality query: its rule is the file's name without ending; `summary` maps a language to a sentence."""

    rule: str
    summary: Mapping[str, str]
    text: str


def quality_queries(*folders: Path) -> tuple[QualityQuery, ...]:
    """The quality queries of the folders, by name; one of a later folder replaces its namesake of an earlier one."""
    files = {file.stem: file for folder in folders for file in sorted(folder.glob("*.rq"))}
    return tuple(_query(files[rule]) for rule in sorted(files))


def quality_faults(quads: Iterable[ox.Quad], *, asked: Iterable[QualityQuery]) -> tuple[Fault, ...]:
    """What the queries find over the union of the quads' graphs; raises InvalidInputError for a query that cannot be run."""
    known = tuple(quads)
    store, places = ox.Store(), FaultLocator(known)
    store.bulk_extend(known)
    found = {sort_key(fault): fault for query in asked for fault in _run(query, store=store, places=places)}
    return tuple(found[key] for key in sorted(found))


def _query(file: Path) -> QualityQuery:
    content = file.read_text(encoding="utf-8")
    summary = dict(re.findall(r"^#\+ summary\.(\w+):[ \t]*(\S.*)$", content, re.MULTILINE))
    for lang in LANGUAGES:
        if lang not in summary:
            raise InvalidInputError("check.no-summary", file=file.name, lang=lang)
    return QualityQuery(file.stem, {lang: summary[lang] for lang in LANGUAGES}, content)


def _run(query: QualityQuery, *, store: ox.Store, places: FaultLocator) -> Iterable[Fault]:
    try:
        answer = store.query(query.text, prefixes=dict(PREFIXES), use_default_graph_as_union=True)
        if not isinstance(answer, ox.QuerySolutions):
            raise ValueError("not SELECT")
        rows = list(answer)
        nodes = [text(row["node"]) for row in rows]
    except (SyntaxError, ValueError, RuntimeError, KeyError) as error:
        raise InvalidInputError("check.bad-query", file=f"{query.rule}.rq", reason=error) from None
    for node, row in zip(nodes, rows, strict=True):
        value = _value(row)
        sentences = {lang: f"{value}: {sentence}" if value else sentence for lang, sentence in query.summary.items()}
        yield places.fault(node, query.rule, sentences)


def _value(row: ox.QuerySolution) -> str:
    """The row's `?value` as people write it; nothing for a blank node, whose label means nothing to them."""
    try:
        value = row["value"]
    except KeyError:
        return ""
    if isinstance(value, ox.NamedNode):
        return compact(value.value)
    return value.value if isinstance(value, ox.Literal) else ""
