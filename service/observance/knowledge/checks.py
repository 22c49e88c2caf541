"""Checks of a knowledge base: its terms are declared, its ontology is in OWL 2 RL and consistent, its data pass the quality queries."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field
from rdflib import URIRef
from rdflib import namespace as ns

from observance.core import HOME, LANGUAGES, OWL, PREFIXES, SH, InvalidInputError, compact
from observance.knowledge import consistency, faults, loading
from observance.knowledge.faults import Fault, FaultLocator, detail, file_of, sort_key, term_text
from observance.knowledge.loading import NAMESPACE, namespaces
from oxishacl import sparql_tokens

VOCABULARIES: Final = {
    str(vocabulary): vocabulary
    for vocabulary in (
        ns.DCAT, ns.DCTERMS, ns.FOAF, ns.ODRL2, ns.ORG, ns.OWL, ns.PROV, ns.QB, ns.RDF, ns.RDFS, ns.SDO, ns.SH, ns.SKOS, ns.TIME, ns.VANN,
        ns.VOID, ns.XSD,
    )
}  # fmt: skip
"""The closed vocabularies, whose terms rdflib lists completely, by namespace."""

# The objects of these properties name versions, which are not described in the knowledge.
_VERSIONS: Final = frozenset({OWL + "versionIRI", OWL + "priorVersion", OWL + "backwardCompatibleWith", OWL + "incompatibleWith"})
_SPARQL: Final = frozenset(SH + name for name in ("select", "ask", "construct", "update", "expression"))


class TermUse(Struct, frozen=True):
    """A term and where it is used: the file, and the subject of the statement; None in the text of a query."""

    iri: str
    file: str | None
    subject: str | None


def term_uses(quads: Iterable[ox.Quad], *, locator: FaultLocator) -> Iterator[TermUse]:
    """Return every IRI that the quads use other than as a subject: predicates, objects, datatypes and terms in SPARQL text."""
    for quad in quads:
        file, subject, predicate = file_of(quad.graph_name), locator.owner(term_text(quad.subject)), quad.predicate.value
        yield TermUse(predicate, file, subject)
        if isinstance(quad.object, ox.Literal):
            yield TermUse(quad.object.datatype.value, file, subject)
            if predicate in _SPARQL:
                yield from (TermUse(iri, file, subject) for iri in mentioned_terms(quad.object.value))
        elif isinstance(quad.object, ox.NamedNode) and predicate not in _VERSIONS:
            yield TermUse(quad.object.value, file, subject)


def mentioned_terms(query: str) -> Iterator[str]:
    """Return the IRIs in a SPARQL text, which may use the project's prefixes undeclared; comments and strings are skipped."""
    prefixes = dict(PREFIXES)
    prefix: str | None = None
    previous_keyword = ""
    for token in sparql_tokens(query):
        name, _, local = token.text.partition(":")
        if token.kind == "name" and previous_keyword == "PREFIX":
            prefix = name
        elif token.kind == "iri" and prefix is not None:
            prefixes[prefix], prefix = token.text[1:-1], None
        elif token.kind == "iri" and previous_keyword != "BASE":
            yield token.text[1:-1]
        elif token.kind == "name" and local and name in prefixes:
            yield prefixes[name] + re.sub(r"\\(.)", r"\1", local)
        previous_keyword = token.keyword


def undeclared_terms(uses: Iterable[TermUse], *, declared: frozenset[str], within: tuple[str, ...] = (HOME,)) -> tuple[Fault, ...]:
    """Return a fault for each term in the namespaces that nothing declares, once for each file, with the most similar declared term."""
    declared_names = frozenset(compact(iri) for iri in declared if _is_in_namespaces(iri, within=within))
    undeclared = _first_uses(use for use in uses if _is_in_namespaces(use.iri, within=within) and use.iri not in declared)
    return tuple(sorted((_fault(use, "undeclared-term", candidates=declared_names) for use in undeclared), key=sort_key))


def unknown_terms(uses: Iterable[TermUse]) -> tuple[Fault, ...]:
    """Return a fault for each term that its closed vocabulary lacks, once for each file, with the most similar term."""
    unknown = _first_uses(use for use in uses if not exists(use.iri))
    return tuple(sorted((_fault(use, "unknown-term", candidates=_vocabulary_names(_vocabulary(use.iri))) for use in unknown), key=sort_key))


def exists(iri: str) -> bool:
    """Whether the IRI is a term of the closed vocabulary in whose namespace it lies; true if it lies in none."""
    namespace = _vocabulary(iri)
    return namespace is None or iri == namespace or URIRef(iri) in VOCABULARIES[namespace]


def declared_terms(quads: Iterable[ox.Quad]) -> frozenset[str]:
    """Return the IRIs that are subjects of the quads."""
    return frozenset(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))


def _is_in_namespaces(iri: str, *, within: tuple[str, ...]) -> bool:
    return iri.startswith(within) and iri not in within and iri not in PREFIXES.values()


def _first_uses(uses: Iterable[TermUse]) -> Iterable[TermUse]:
    """Return the first use of each term in each file."""
    first: dict[tuple[str | None, str], TermUse] = {}
    for use in uses:
        first.setdefault((use.file, use.iri), use)
    return first.values()


def _vocabulary(iri: str) -> str | None:
    return next((namespace for namespace in VOCABULARIES if iri.startswith(namespace)), None)


@cache
def _vocabulary_names(namespace: str | None) -> frozenset[str]:
    return frozenset(compact(str(term)) for term in dir(VOCABULARIES[namespace])) if namespace else frozenset()


def _fault(use: TermUse, rule: str, *, candidates: frozenset[str]) -> Fault:
    matches = get_close_matches(compact(use.iri), sorted(candidates), n=1, cutoff=0.75)
    phrase = f"check.{rule}-near" if matches else f"check.{rule}"
    user = compact(use.subject) if use.subject else use.file
    return Fault(use.file, use.iri, rule, detail(phrase, term=compact(use.iri), nearest="".join(matches), by=user))


ROOMS: Final = ("ontology", "rules", "shapes")
CORE: Final = loading.CORE.as_posix()
"""The file of terms, which must be in OWL 2 RL; text, norms and registers need not be."""

_ONTOLOGY: Final = ("ontology/", faults.IMPORTED)
# The core is checked together with the terms that it imports.
_VOCABULARY: Final = (CORE, faults.IMPORTED + CORE)
_QUALITY: Final = Path("queries") / "quality"


class CheckStep(Struct, frozen=True):
    """A completed check; its message is `check.step-<name>`, filled with `values`."""

    name: str
    faults: tuple[Fault, ...]
    values: Mapping[str, object] = field(default_factory=dict)


def check_steps(root: Path) -> Iterator[CheckStep]:
    """Run the checks one after the other and yield each when it is complete.

    Raises InvalidInputError for a file that cannot be read, UnavailableError without the reasoner.
    """
    files = [file for room in ROOMS for file in loading.room_files(root, room)]
    quads = faults.read_turtle(files, root=root)
    yield CheckStep("read", (), {"files": len(files), "triples": len(quads)})
    illustrations = faults.read_turtle(_illustrations(root), root=root)
    uses = tuple(_term_uses(root, quads=quads, illustrations=illustrations))
    within = namespaces(quad.object for quad in quads if quad.predicate == NAMESPACE)
    yield CheckStep("terms", undeclared_terms(uses, declared=declared_terms((*quads, *illustrations)), within=within))
    yield CheckStep("vocabularies", unknown_terms(uses))
    queries = quality_queries(loading.find_root() / _QUALITY, root / _QUALITY)
    yield CheckStep("quality", _in_folder(quality_faults(quads, queries=queries)), {"count": len(queries)})
    yield CheckStep("profile", _profile(quads, root=root))
    yield CheckStep("consistency", consistency.inconsistencies(quad for quad in quads if _file(quad).startswith(_ONTOLOGY)))


def _illustrations(root: Path) -> list[Path]:
    """Return the files of examples and demo, whose terms must exist too; `faulty-` files have faults on purpose."""
    files = [file for folder in loading.ILLUSTRATIONS for file in sorted((root / folder).rglob("*.ttl"))]
    return [file for file in files if not file.name.startswith("faulty-")]


def _term_uses(root: Path, *, quads: Iterable[ox.Quad], illustrations: Iterable[ox.Quad]) -> Iterator[TermUse]:
    all_quads = (*quads, *illustrations)
    yield from term_uses(all_quads, locator=FaultLocator(all_quads))
    for file in sorted((root / "queries").rglob("*.rq")):
        name = file.relative_to(root).as_posix()
        try:
            content = file.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise InvalidInputError("check.unreadable", file=name, reason=error) from None
        yield from (TermUse(iri, name, None) for iri in mentioned_terms(content))


def _profile(quads: Iterable[ox.Quad], *, root: Path) -> tuple[Fault, ...]:
    if not (root / CORE).is_file():
        return (Fault(None, CORE, "no-core", detail("check.no-core", file=CORE)),)
    return consistency.profile_rl(quad for quad in quads if _file(quad) in _VOCABULARY)


def _in_folder(candidates: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults without those of imported files: the quality of these is checked in the folder that they come from."""
    return tuple(fault for fault in candidates if not (fault.file or "").startswith(faults.IMPORTED))


def _file(quad: ox.Quad) -> str:
    return faults.file_of(quad.graph_name) or ""


class QualityQuery(Struct, frozen=True):
    """A quality query: `rule` is the file's name without extension; `summary` maps a language to a sentence."""

    rule: str
    summary: Mapping[str, str]
    text: str


def quality_queries(*folders: Path) -> tuple[QualityQuery, ...]:
    """Return the quality queries of the folders, by name; a query of a later folder replaces one of the same name."""
    files = {file.stem: file for folder in folders for file in sorted(folder.glob("*.rq"))}
    return tuple(_query(files[rule]) for rule in sorted(files))


def quality_faults(quads: Iterable[ox.Quad], *, queries: Iterable[QualityQuery]) -> tuple[Fault, ...]:
    """Return the faults that the queries find in the union of the quads' graphs; raises InvalidInputError for a query that fails."""
    all_quads = tuple(quads)
    store, locator = ox.Store(), FaultLocator(all_quads)
    store.bulk_extend(all_quads)
    faults_by_key = {sort_key(fault): fault for query in queries for fault in _run(query, store=store, locator=locator)}
    return tuple(faults_by_key[key] for key in sorted(faults_by_key))


def _query(file: Path) -> QualityQuery:
    content = file.read_text(encoding="utf-8-sig")
    summary = dict(re.findall(r"^#\+ summary\.(\w+):[ \t]*(\S.*)$", content, re.MULTILINE))
    for lang in LANGUAGES:
        if lang not in summary:
            raise InvalidInputError("check.no-summary", file=file.name, lang=lang)
    return QualityQuery(file.stem, {lang: summary[lang] for lang in LANGUAGES}, content)


def _run(query: QualityQuery, *, store: ox.Store, locator: FaultLocator) -> Iterable[Fault]:
    try:
        solutions = store.query(query.text, prefixes=dict(PREFIXES), use_default_graph_as_union=True)
        if not isinstance(solutions, ox.QuerySolutions):
            raise ValueError("not SELECT")
        rows = list(solutions)
        nodes = [term_text(row["node"]) for row in rows]
    except (SyntaxError, ValueError, RuntimeError, KeyError) as error:
        raise InvalidInputError("check.bad-query", file=f"{query.rule}.rq", reason=error) from None
    for node, row in zip(nodes, rows, strict=True):
        value = _value(row)
        sentences = {lang: f"{value}: {sentence}" if value else sentence for lang, sentence in query.summary.items()}
        yield locator.fault(node, query.rule, sentences)


def _value(row: ox.QuerySolution) -> str:
    """Return the row's `?value` in compact form; empty for a blank node, whose label has no meaning for readers."""
    try:
        value = row["value"]
    except KeyError:
        return ""
    if isinstance(value, ox.NamedNode):
        return compact(value.value)
    return value.value if isinstance(value, ox.Literal) else ""
