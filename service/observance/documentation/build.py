"""The pages themselves: every file of the documentation, from the records and the templates."""

from collections.abc import Callable, Collection, Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from observance.core.i18n import translate
from observance.core.namespaces import compact, local_name
from observance.documentation import contents, diagram
from observance.documentation.contents import PAGES, page_addresses
from observance.documentation.descriptions import Describer
from observance.documentation.records import Ask, Instruments, LabelText, Records, by, read_records, typeset

# What each language calls itself.
NAMES: Final = {"fr": "Français", "en": "English"}
_STYLE: Final = "style.css"


def build_documentation(ask: Ask, *, languages: Collection[str], version: str) -> dict[str, bytes]:
    """Every file by its path: a page of each kind in each language, the style, and a first page to choose the language.

    `ask` gives the SPARQL results in JSON of the question of `queries/pages` that is named; `version` is the program's. The same
    knowledge gives the same bytes.
    """
    records = read_records(ask)
    instruments = Instruments(records)
    found = page_addresses(records, parts=[part for of in instruments.parts.values() for part in of])
    made = {_STYLE: files(__package__).joinpath("templates", _STYLE).read_bytes(), "index.html": _door(languages)}
    for lang in languages:
        shared = {**_shared(Describer(records, places=found, lang=lang), languages=languages), "version": version}
        for page in PAGES:
            about = _CONTENTS[page](records, instruments, shared["reader"])
            made[f"{lang}/{page}.html"] = _rendered(f"{page}.html", {**shared, **about, "page": page})
    return made


def _environment() -> Environment:
    loader = PackageLoader(__package__)
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.filters["typeset"] = typeset
    return found


def _rendered(template: str, values: Mapping[str, Any]) -> bytes:
    return _environment().get_template(template).render(values).encode()


def _door(languages: Collection[str]) -> bytes:
    return _rendered(
        "door.html", {"languages": {lang: NAMES[lang] for lang in languages}, "translate": translate, "first": next(iter(languages))}
    )


def _shared(reader: Describer, *, languages: Collection[str]) -> dict[str, Any]:
    lang = reader.lang
    return {
        "reader": reader,
        "lang": lang,
        "pages": PAGES,
        "others": {other: NAMES[other] for other in languages if other != lang},
        "translate": lambda phrase, **values: translate(phrase, lang, **values),
        "foreign": lambda text: _foreign(text, lang=lang),
        "compact": lambda iri: compact(iri).strip("<>"),
        "local": local_name,
        "column": contents.column,
    }


def _foreign(text: LabelText, *, lang: str) -> str | None:
    """What is added to words in another language than the page's: which language that is."""
    if text.lang is None or text.lang == lang:
        return None
    return translate(f"publishing.in-{text.lang}", lang) if text.lang in NAMES else translate("publishing.in", lang, tag=text.lang)


Contents = Callable[[Records, Instruments, Describer], dict[str, Any]]


def _index(records: Records, instruments: Instruments, reader: Describer) -> dict[str, Any]:
    counts = {
        "vocabulary": len(contents.terms(records)),
        "code-lists": len(contents.code_lists(records)),
        "norms": len(records.values("paragraph-norms", "norm")),
        "open-points": len(contents.points(records)),
        "readings": len(contents.readings(records)),
        "instruments": len(instruments.all),
        "links": len(records.values("links", "link")),
        "parties": len(records.values("party-list", "party")),
    }
    told = [iri for iri in instruments.all if iri in instruments.told]
    return {"counts": counts, "told": told, "vocabularies": contents.vocabularies(records), "dates": instruments.dates, "of": reader.facts}


def _instruments(records: Records, instruments: Instruments, _: Describer) -> dict[str, Any]:
    about = records.by("statements", "about")
    placed = {*instruments.all, *(part for parts in instruments.parts.values() for part in parts)}
    dated = sorted(instruments.all, key=lambda iri: (instruments.dates.get(iri, "~"), iri))
    return {
        "instruments": {iri: instruments.parts.get(iri, {}) for iri in dated},
        "statements": {iri: contents.column(rows, "statement") for iri, rows in about.items()},
        "elsewhere": [iri for iri in about if iri not in placed and iri not in records.values("party-list", "party")],
        "inward": _inward(records),
        "outward": contents.links(records),
    }


def _inward(records: Records) -> dict[str, list[list[Any]]]:
    found = records.by("links", "to")
    return {end: list(by(of, "link").values()) for end, of in found.items()}


def _links(records: Records, instruments: Instruments, reader: Describer) -> dict[str, Any]:
    drawing = diagram.draw(instruments, reader=reader, links=records.rows["links"])
    lists = contents.code_lists(records)

    def scale(name: str, place: str) -> list[tuple[str, str]]:
        """The code list of which the links use concepts, each with its place in it."""
        used = {row[name].value: row[place].value for row in records.rows["links"] if name in row and place in row}
        return [(iri, used[iri]) for concepts in lists.values() for iri in concepts if iri in used]

    return {
        "drawing": drawing,
        "links": contents.links(records),
        "authorities": scale("asserter", "authority"),
        "certainties": scale("confidence", "certainty"),
    }


def _readings(records: Records, _: Instruments, __: Describer) -> dict[str, Any]:
    found = contents.readings(records)
    # Several readings may set the same; it is described in each and has its anchor in the first.
    homes = {parameter: reading for reading in reversed(found) for parameter in found[reading]}
    return {"readings": found, "homes": homes}


def _parties(records: Records, _: Instruments, reader: Describer) -> dict[str, Any]:
    lists = contents.parties(records)
    # Most parties share their remarks, which are said once below the list.
    remarks = {name: list(dict.fromkeys(note for row in rows for note in reader.notes(row["party"].value))) for name, rows in lists.items()}
    invented = {row["list"].value for row in records.rows["party-list"] if "invented" in row and row["invented"].value == "true"}
    about = {iri: contents.column(rows, "statement") for iri, rows in records.by("statements", "about").items()}
    return {"lists": lists, "invented": invented, "statements": about, "remarks": remarks}


_CONTENTS: Final[Mapping[str, Contents]] = {
    "index": _index,
    "vocabulary": lambda records, _, __: {"vocabularies": contents.vocabularies(records), "terms": contents.terms(records)},
    "code-lists": lambda records, _, __: {"lists": contents.code_lists(records)},
    "norms": lambda records, _, __: {"norms": contents.norms(records), "outward": contents.links(records)},
    "open-points": lambda records, _, __: {"points": contents.points(records)},
    "readings": _readings,
    "instruments": _instruments,
    "links": _links,
    "parties": _parties,
}
