"""The files of the documentation: HTML pages rendered from the records and the guides."""

from collections.abc import Callable, Collection, Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from observance.core import compact, local_name, translate
from observance.documentation import contents
from observance.documentation.contents import PAGES, Describer, page_addresses
from observance.documentation.diagram import draw_diagram
from observance.documentation.guide_pages import Guide, list_guides, render_guide
from observance.documentation.records import Instruments, NodeText, PageQuery, Records, group_rows, read_records, typeset

# The name of each language in that language.
LANGUAGE_NAMES: Final = {"fr": "Français", "en": "English"}
_STYLE: Final = "style.css"


def build_documentation(run_query: PageQuery, *, languages: Collection[str], version: str, guides: bool) -> dict[str, bytes]:
    """The files by path: the pages in each language, the style sheet, and a start page to choose the language.

    `run_query` returns the results of a query of `queries/pages`, given by name, as SPARQL JSON; `version` is that of the program;
    `guides` tells whether to include the guides, which describe the knowledge that comes with the program. The same knowledge gives the
    same bytes.
    """
    records = read_records(run_query)
    instruments = Instruments(records)
    addresses = page_addresses(records, parts=[part for parts in instruments.parts.values() for part in parts])
    pages = {_STYLE: files(__package__).joinpath("templates", _STYLE).read_bytes(), "index.html": _language_page(languages)}
    for lang in languages:
        shared = {
            **_shared_values(Describer(records, addresses=addresses, lang=lang), languages=languages),
            "version": version,
            "guides": {_guide_page(name): guide for name, guide in list_guides(lang).items()} if guides else {},
        }
        for page in PAGES:
            values = _CONTENTS[page](records, instruments, shared["describer"])
            pages[f"{lang}/{page}.html"] = _render(f"{page}.html", {**shared, **values, "page": page})
        for page, guide in shared["guides"].items():
            pages[f"{lang}/{page}.html"] = _render("guide.html", {**shared, **_guide(guide), "page": page})
    return pages


def _guide_page(name: str) -> str:
    return f"guide-{name}"


def _guide(guide: Guide) -> dict[str, Any]:
    def page_address(target: str) -> str | None:
        """The page of another guide; None for pages of the service, which are not part of the documentation."""
        path, separator, anchor = target.partition("#")
        return f"{_guide_page(path.removesuffix('.md'))}.html{separator}{anchor}" if path.endswith(".md") else None

    return {"guide": guide, "body": render_guide(guide, address=page_address)}


def _environment() -> Environment:
    loader = PackageLoader(__package__)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["typeset"] = typeset
    return environment


def _render(template: str, values: Mapping[str, Any]) -> bytes:
    return _environment().get_template(template).render(values).encode()


def _language_page(languages: Collection[str]) -> bytes:
    names = {lang: LANGUAGE_NAMES[lang] for lang in languages}
    return _render("languages.html", {"languages": names, "translate": translate, "first": next(iter(languages))})


def _shared_values(describer: Describer, *, languages: Collection[str]) -> dict[str, Any]:
    lang = describer.lang
    return {
        "describer": describer,
        "lang": lang,
        "pages": PAGES,
        "other_languages": {other: LANGUAGE_NAMES[other] for other in languages if other != lang},
        "translate": lambda key, **values: translate(key, lang, **values),
        "language_note": lambda text: _language_note(text, lang=lang),
        "compact": lambda iri: compact(iri).strip("<>"),
        "local_name": local_name,
        "column_values": contents.column_values,
    }


def _language_note(text: NodeText, *, lang: str) -> str | None:
    """The note that names the language of a text, such as “in English”; None for a text in the language of the page."""
    if text.lang is None or text.lang == lang:
        return None
    if text.lang in LANGUAGE_NAMES:
        return translate(f"publishing.in-{text.lang}", lang)
    return translate("publishing.in", lang, tag=text.lang)


Contents = Callable[[Records, Instruments, Describer], dict[str, Any]]


def _index(records: Records, instruments: Instruments, _: Describer) -> dict[str, Any]:
    counts = {
        "vocabulary": len(contents.terms(records)),
        "code-lists": len(contents.code_lists(records)),
        "norms": len(records.values("paragraph-norms", "norm")),
        "open-points": len(contents.open_points(records)),
        "readings": len(contents.readings(records)),
        "instruments": len(instruments.all),
        "links": len(records.values("links", "link")),
        "parties": len(records.values("party-list", "party")),
    }
    formalised = [iri for iri in instruments.all if iri in instruments.formalised]
    return {"counts": counts, "formalised": formalised, "vocabularies": contents.vocabularies(records), "dates": instruments.dates}


def _instruments(records: Records, instruments: Instruments, _: Describer) -> dict[str, Any]:
    about = records.group_by("statements", "about")
    described = {*instruments.all, *(part for parts in instruments.parts.values() for part in parts)}
    by_date = sorted(instruments.all, key=lambda iri: (instruments.dates.get(iri, "~"), iri))
    return {
        "instruments": {iri: instruments.parts.get(iri, {}) for iri in by_date},
        "statements": {iri: contents.column_values(rows, "statement") for iri, rows in about.items()},
        "other_subjects": [iri for iri in about if iri not in described and iri not in records.values("party-list", "party")],
        "incoming_links": _links_by_target(records),
        "outgoing_links": contents.links_by_source(records),
    }


def _links_by_target(records: Records) -> dict[str, list[list[Any]]]:
    return {target: list(group_rows(rows, "link").values()) for target, rows in records.group_by("links", "to").items()}


def _links(records: Records, instruments: Instruments, describer: Describer) -> dict[str, Any]:
    code_lists = contents.code_lists(records)

    def concepts_used(column: str, position_column: str) -> list[tuple[str, str]]:
        """The concepts in a column of the links, each with its position in the code list, in that order."""
        positions = {
            row[column].value: row[position_column].value for row in records.rows["links"] if column in row and position_column in row
        }
        return [(iri, positions[iri]) for concepts in code_lists.values() for iri in concepts if iri in positions]

    return {
        "diagram": draw_diagram(instruments, describer=describer, links=records.rows["links"]),
        "links": contents.links_by_source(records),
        "authorities": concepts_used("asserter", "authority"),
        "certainties": concepts_used("confidence", "certainty"),
    }


def _readings(records: Records, _: Instruments, __: Describer) -> dict[str, Any]:
    readings = contents.readings(records)
    # Several readings may set the same parameter: each describes it, and the anchor is at the first.
    anchor_readings = {parameter: reading for reading in reversed(readings) for parameter in readings[reading]}
    return {"readings": readings, "anchor_readings": anchor_readings}


def _parties(records: Records, _: Instruments, describer: Describer) -> dict[str, Any]:
    lists = contents.parties(records)
    # Most parties share their remarks, so each remark is written once below the list.
    remarks = {
        name: list(dict.fromkeys(remark for row in rows for remark in describer.notes(row["party"].value))) for name, rows in lists.items()
    }
    invented = {row["list"].value for row in records.rows["party-list"] if "invented" in row and row["invented"].value == "true"}
    statements = {iri: contents.column_values(rows, "statement") for iri, rows in records.group_by("statements", "about").items()}
    return {"lists": lists, "invented": invented, "statements": statements, "remarks": remarks}


_CONTENTS: Final[Mapping[str, Contents]] = {
    "index": _index,
    "vocabulary": lambda records, _, __: {"vocabularies": contents.vocabularies(records), "terms": contents.terms(records)},
    "code-lists": lambda records, _, __: {"lists": contents.code_lists(records)},
    "norms": lambda records, _, __: {"norms": contents.norms(records), "outgoing_links": contents.links_by_source(records)},
    "open-points": lambda records, _, __: {"points": contents.open_points(records)},
    "readings": _readings,
    "instruments": _instruments,
    "links": _links,
    "parties": _parties,
}
