"""What must hold of a knowledge base: its terms exist, its ontology is in OWL 2 RL and consistent, its data are sound."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field
from rdflib import URIRef
from rdflib import namespace as closed

from observance.core import HOME, LANGUAGES, OWL, PREFIXES, SH, InvalidInputError, compact
from observance.knowledge import consistency, faults, loading
from observance.knowledge.faults import Fault, FaultLocator, detail, file_of, sort_key, text
from observance.knowledge.loading import NAMESPACE, namespaces
from oxishacl import sparql_tokens

VOCABULARIES: Final = {
    str(vocabulary): vocabulary
    for vocabulary in (
        closed.DCAT, closed.DCTERMS, closed.FOAF, closed.ODRL2, closed.ORG, closed.OWL, closed.PROV, closed.QB, closed.RDF,
        closed.RDFS, closed.SDO, closed.SH, closed.SKOS, closed.TIME, closed.VANN, closed.VOID, closed.XSD,
    )
}  # fmt: skip
"""The vocabularies of which every term is known, by namespace."""

# Versions are names of something that is not a node of the knowledge.
_VERSIONS: Final = frozenset({OWL + "versionIRI", OWL + "priorVersion", OWL + "backwardCompatibleWith", OWL + "incompatibleWith"})
_SPARQL: Final = frozenset(SH + name for name in ("select", "ask", "construct", "update", "expression"))


class TermUse(Struct, frozen=True):
    """A term where it is used: the file, and the node that uses it or None in a query's text."""

    iri: str
    file: str | None
    by: str | None


def term_uses(quads: Iterable[ox.Quad], *, places: FaultLocator) -> Iterator[TermUse]:
    """Every IRI that the quads use otherwise than as a subject: predicates, objects, datatypes and terms in SPARQL text."""
    for quad in quads:
        file, subject, predicate = file_of(quad.graph_name), places.owner(text(quad.subject)), quad.predicate.value
        yield TermUse(predicate, file, subject)
        if isinstance(quad.object, ox.Literal):
            yield TermUse(quad.object.datatype.value, file, subject)
            if predicate in _SPARQL:
                yield from (TermUse(iri, file, subject) for iri in mentioned_terms(quad.object.value))
        elif isinstance(quad.object, ox.NamedNode) and predicate not in _VERSIONS:
            yield TermUse(quad.object.value, file, subject)


def mentioned_terms(query: str) -> Iterator[str]:
    """The IRIs of a SPARQL text, with the project's prefixes where it declares none; comments and strings left out."""
    prefixes = dict(PREFIXES)
    declared: str | None = None
    before = ""
    for token in sparql_tokens(query):
        name, _, local = token.text.partition(":")
        if token.kind == "name" and before == "PREFIX":
            declared = name
        elif token.kind == "iri" and declared is not None:
            prefixes[declared], declared = token.text[1:-1], None
        elif token.kind == "iri" and before != "BASE":
            yield token.text[1:-1]
        elif token.kind == "name" and local and name in prefixes:
            yield prefixes[name] + re.sub(r"\\(.)", r"\1", local)
        before = token.keyword


def undeclared_terms(used: Iterable[TermUse], *, declared: frozenset[str], within: tuple[str, ...] = (HOME,)) -> tuple[Fault, ...]:
    """The terms of the namespaces that are used and that nothing declares, once in each file, with the nearest one."""
    near = frozenset(compact(iri) for iri in declared if _ours(iri, within=within))
    wrong = _first(use for use in used if _ours(use.iri, within=within) and use.iri not in declared)
    return tuple(sorted((_fault(use, "undeclared-term", near=near) for use in wrong), key=sort_key))


def unknown_terms(used: Iterable[TermUse]) -> tuple[Fault, ...]:
    """The terms used of a closed vocabulary that do not exist in it, once in each file, with the nearest one."""
    wrong = _first(use for use in used if not exists(use.iri))
    return tuple(sorted((_fault(use, "unknown-term", near=_near(_vocabulary(use.iri))) for use in wrong), key=sort_key))


def exists(iri: str) -> bool:
    """Whether the IRI is a term of the closed vocabulary whose namespace it begins with, or of no such vocabulary."""
    namespace = _vocabulary(iri)
    return namespace is None or iri == namespace or URIRef(iri) in VOCABULARIES[namespace]


def declared_terms(quads: Iterable[ox.Quad]) -> frozenset[str]:
    """The IRIs about which the quads say something."""
    return frozenset(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))


def _ours(iri: str, *, within: tuple[str, ...]) -> bool:
    return iri.startswith(within) and iri not in within and iri not in PREFIXES.values()


def _first(used: Iterable[TermUse]) -> Iterable[TermUse]:
    """The first use of each term in each file."""
    found: dict[tuple[str | None, str], TermUse] = {}
    for use in used:
        found.setdefault((use.file, use.iri), use)
    return found.values()


def _vocabulary(iri: str) -> str | None:
    return next((namespace for namespace in VOCABULARIES if iri.startswith(namespace)), None)


@cache
def _near(namespace: str | None) -> frozenset[str]:
    return frozenset(compact(str(term)) for term in dir(VOCABULARIES[namespace])) if namespace else frozenset()


def _fault(use: TermUse, rule: str, *, near: frozenset[str]) -> Fault:
    nearest = get_close_matches(compact(use.iri), sorted(near), n=1, cutoff=0.75)
    phrase = f"check.{rule}-near" if nearest else f"check.{rule}"
    by = compact(use.by) if use.by else use.file
    return Fault(use.file, use.iri, rule, detail(phrase, term=compact(use.iri), nearest="".join(nearest), by=by))


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
    yield CheckStep("terms", undeclared_terms(used, declared=declared_terms((*quads, *illustrations)), within=within))
    yield CheckStep("vocabularies", unknown_terms(used))
    asked = quality_queries(loading.find_root() / _QUALITY, root / _QUALITY)
    yield CheckStep("quality", _of_folder(quality_faults(quads, asked=asked)), {"count": len(asked)})
    yield CheckStep("profile", _profile(quads, root=root))
    yield CheckStep("consistency", consistency.inconsistencies(quad for quad in quads if _file(quad).startswith(_ONTOLOGY)))


def _illustrations(root: Path) -> list[Path]:
    """Examples and demo are no knowledge, but what they teach must exist; `faulty-` files teach what is found."""
    files = [file for folder in loading.ILLUSTRATIONS for file in sorted((root / folder).rglob("*.ttl"))]
    return [file for file in files if not file.name.startswith("faulty-")]


def _used(root: Path, *, quads: Iterable[ox.Quad], illustrations: Iterable[ox.Quad]) -> Iterator[TermUse]:
    everything = (*quads, *illustrations)
    yield from term_uses(everything, places=FaultLocator(everything))
    for file in sorted((root / "queries").rglob("*.rq")):
        name = file.relative_to(root).as_posix()
        try:
            content = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InvalidInputError("check.unreadable", file=name, reason=error) from None
        yield from (TermUse(iri, name, None) for iri in mentioned_terms(content))


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
