"""The values of forms: what a form asks for, and what somebody wrote into it. All of them can be written as JSON."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

SEPARATOR: Final = "/"
"""Stands between the keys of a path, as in `obs:milestone/2/obs:provision/0`."""

NODE: Final = "about"
"""The key of the field whose value is the node itself, in forms about what is described elsewhere."""


class Choice(Struct, frozen=True):
    """A value to choose (an IRI, or the lexical form of a literal), with its label and explanation by language.

    `group` is the label of what it belongs to, and `party` the IRI of the party whose submission holds it, empty if none does.
    """

    term: str
    label: Mapping[str, str]
    help: Mapping[str, str] = field(default_factory=dict)
    group: Mapping[str, str] = field(default_factory=dict)
    party: str = ""


class ValueKind(Struct, frozen=True):
    """One way to write a value: the IRI of the property, and that of the datatype; None for an IRI as value."""

    predicate: str
    datatype: str | None = None


class Field(Struct, frozen=True):
    """One question of a form.

    `key` is unique among the fields of its part and stays the same while the shapes do; `name` and `help` are by language. `most` is None
    where any number of values is taken. `asked_by` is TEXT, FORM or PRACTICE; `words` are the words of the paragraph that the field serves.
    `editor` is the local name of a widget of DASH. With `choices`, other values are taken only if the field `is_open`. With a `part`, each
    value is a node with fields of its own; `is_table` says that they are best shown as the rows of a table. A field that `is_fixed` always
    has its default and is not asked; one that `starts_empty` is not copied from an earlier submission. One that is `asked_of` a class of
    parties is for them alone; `is_for_others` says that the reader's is none of them.
    """

    key: str
    name: Mapping[str, str]
    editor: str
    alternatives: tuple[ValueKind, ...]
    help: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    least: int = 0
    most: int | None = None
    asked_by: str = ""
    words: str = ""
    choices: tuple[Choice, ...] = ()
    is_open: bool = False
    default: str = ""
    part: "Part | None" = None
    is_table: bool = False
    is_fixed: bool = False
    starts_empty: bool = False
    asked_of: str = ""
    is_for_others: bool = False

    @property
    def takes_language(self) -> bool:
        """Whether each value is a text in a language."""
        return any(alternative.datatype == LANGUAGE_TEXT for alternative in self.alternatives)

    @property
    def takes_dates(self) -> bool:
        """Whether each value is a day, or a month or year where that is enough."""
        return any((alternative.datatype or "").endswith("#date") for alternative in self.alternatives)

    @property
    def precisions(self) -> tuple[str, ...]:
        """The local names of the datatypes of its values, such as `date`, `gYearMonth` and `gYear`."""
        return tuple((alternative.datatype or "").rpartition("#")[2] for alternative in self.alternatives)


LANGUAGE_TEXT: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
TEXT: Final = "text"
"""The text of the instrument asks for a value."""
FORM: Final = "form"
"""The form of this project asks for a value, without which nothing can be processed."""
PRACTICE: Final = "practice"
"""A value is good practice."""


class Part(Struct, frozen=True):
    """What is asked of a node: the class that a new one is given, and its fields in their order.

    In a new form, each of `rows` gives a row in which the field with the key `rows_by` has it as its value.
    """

    kind: str
    label: Mapping[str, str]
    fields: tuple[Field, ...]
    rows_by: str = ""
    rows: tuple[str, ...] = ()

    def field(self, key: str) -> Field | None:
        """Return the field with the key; None if there is none."""
        return next((asked for asked in self.fields if asked.key == key), None)

    def columns(self) -> Iterator[tuple[tuple[str, ...], Field]]:
        """Yield the fields that take values of their own, with the keys that lead to each, also through parts of which there is one."""
        for asked in self.fields:
            if asked.part is None:
                yield (asked.key,), asked
            elif asked.most == 1:
                yield from (((asked.key, *keys), inner) for keys, inner in asked.part.columns())


class FieldGroup(Struct, frozen=True):
    """A group of fields, with its heading by language."""

    key: str
    label: Mapping[str, str]


class Form(Struct, frozen=True):
    """A form: what is asked of a submission or record of one kind, a class, or a property of what is described elsewhere.

    `name` is what addresses and commands call it, such as `2.5` or `withdrawal`. `paragraph`, `number` and `quotation` are the IRI of the
    paragraph, its name and its words in the language of the text, `translation` their working translation; empty for a kind without one.
    `is_record` says that only the Secretariat enters it, `is_voluntary` that the text asks for no such document. `statement` are the words
    by language that lead to what it says, in which {party} stands for the name of the party.
    """

    name: str
    kind: str
    part: Part
    groups: tuple[FieldGroup, ...]
    paragraph: str = ""
    number: str = ""
    quotation: str = ""
    translation: str = ""
    is_record: bool = False
    is_voluntary: bool = False
    help: Mapping[str, str] = field(default_factory=dict)
    statement: Mapping[str, str] = field(default_factory=dict)


class FormEntry(Struct, frozen=True, omit_defaults=True):
    """One value as somebody wrote it, with its language tag if the field takes one; or a part."""

    text: str = ""
    language: str = ""
    part: "FilledPart | None" = None


class FilledPart(Struct, frozen=True, omit_defaults=True):
    """What was written about one node.

    `node` is its IRI or `_:label`, empty for a new one. `classes` are the classes that it is said to be of; a new node is given the class
    of its part. `entries` are by the key of their field. One that `is_suggested` is a row that the form gave and in which nothing was
    written: it is no statement.
    """

    entries: Mapping[str, tuple[FormEntry, ...]] = field(default_factory=dict)
    node: str = ""
    classes: tuple[str, ...] | None = None
    is_suggested: bool = False


class FilledForm(Struct, frozen=True, omit_defaults=True):
    """A form as somebody filled it in: nothing in it need be right. `rest` are the statements that the form does not know, in N-Triples."""

    form: str
    part: FilledPart
    rest: tuple[str, ...] = ()


class EntryProblem(Struct, frozen=True):
    """A value that cannot be taken as it stands: where it is, and a sentence by language about what was found and what is taken.

    `path` leads to the entry by keys and numbers from 0, joined by SEPARATOR.
    """

    path: str
    message: Mapping[str, str]


class ReadForm(Struct, frozen=True):
    """A form as a file fills it in, with what of the file could not be taken, and what is to be known of the rest."""

    filled: FilledForm
    problems: tuple[EntryProblem, ...] = ()
    notices: tuple[EntryProblem, ...] = ()


class PlacedFinding(Struct, frozen=True):
    """A finding of validation at the entry or field that it is about; `path` is empty for one about the whole.

    `message` is by language and names properties as the form does; `asked_by` is TEXT, FORM or PRACTICE.
    """

    path: str
    severity: str
    message: Mapping[str, str]
    asked_by: str = ""
    shape: str = ""


class CheckedForm(Struct, frozen=True):
    """What was found out about a filled form: problems of entries, and findings that do not follow from these.

    `turtle` is the submission, empty while an entry has a problem. `is_ready` says that it can be processed: there is no problem, and no
    finding with severity Violation. `is_on_record` says that the register has a submission of its name already.
    """

    form: Form
    filled: FilledForm
    problems: tuple[EntryProblem, ...] = ()
    findings: tuple[PlacedFinding, ...] = ()
    turtle: str = ""
    is_ready: bool = False
    is_on_record: bool = False
