"""The parts of the description of a thing, in one language. All of them can be written as JSON."""

from msgspec import Struct


class ResourceValue(Struct, frozen=True):
    """One value: a thing with its IRI and label, a text, or a node without a name, which has statements of its own.

    `lang` is the language of the text if it has one, and `kind` is the local name of the datatype of any other text. Of a thing that
    `is_described`, there is something on a page of its own.
    """

    text: str
    iri: str = ""
    lang: str = ""
    kind: str = ""
    is_described: bool = False
    statements: "tuple[ResourceStatement, ...]" = ()


class ResourceStatement(Struct, frozen=True):
    """What is said of a thing by one property; `count` is the number of all values, of which the first are given.

    Of a property that `is_described`, there is something on a page of its own.
    """

    iri: str
    label: str
    values: tuple[ResourceValue, ...]
    count: int
    is_described: bool = False


class Resource(Struct, frozen=True):
    """What is said of a thing, and what refers to it.

    `names` are its names in other languages. `words` are the words of a text in force, `definition` those that explain it, and
    `provenance` says where that comes from, who asserts it and how sure it is. `references` are grouped by the property; with
    `is_cut`, there are more of them than were counted. `graphs` are the IRIs of the files that say anything of the thing.
    """

    iri: str
    label: str
    code: str
    names: tuple[ResourceValue, ...]
    kinds: tuple[ResourceValue, ...]
    words: tuple[ResourceStatement, ...]
    definition: tuple[ResourceStatement, ...]
    statements: tuple[ResourceStatement, ...]
    provenance: tuple[ResourceStatement, ...]
    references: tuple[ResourceStatement, ...]
    is_cut: bool
    graphs: tuple[str, ...]
