"""The quality queries: SELECT queries over the knowledge that must return nothing; each row is a fault.

A query gives `?node` and, where it helps, `?value`. Its header says in each language what is wrong and what to do:
`#+ summary.en: …` and `#+ summary.fr: …`.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox
from msgspec import Struct

from observance.core.errors import InvalidInputError
from observance.core.i18n import LANGUAGES
from observance.core.namespaces import PREFIXES, compact
from observance.knowledge.faults import Fault, FaultLocator, sort_key, text


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
    """What the queries find over the union of the quads' graphs; raises Unreadable for a query that cannot be run."""
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
