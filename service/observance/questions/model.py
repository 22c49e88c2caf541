"""The values of questions: what the catalogue says of them, and their answers."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

LAYERS: Final = ("facts", "assessments", "reasons", "rivals", "changes", "readings", "earlier", "validation")
"""What a question can be asked of besides the knowledge and the register (`asking.Wanted` says what each holds)."""


class QueryParameter(Struct, frozen=True):
    """A typed parameter of a catalogue query; `label` maps a language to a sentence."""

    name: str
    type: str
    required: bool
    default: str | None
    label: Mapping[str, str]


class Question(Struct, frozen=True):
    """A catalogue query: what its header says and its SPARQL text; `summary` maps a language to a sentence.

    With `layers` (of LAYERS) it is asked of the register as it stood at a moment, and of what was concluded from it; the moment and
    the reading are then among its parameters.
    """

    name: str
    summary: Mapping[str, str]
    paragraph: str | None
    params: tuple[QueryParameter, ...]
    text: str
    layers: tuple[str, ...] = ()


class AnswerBasis(Struct, frozen=True):
    """The day of the world and the time of the register of an answer, the reading if it rests on one, and whether they are defaults.

    `known_at` is an xsd:dateTime; `reading` maps a language to what the reading is called.
    """

    as_of: date
    known_at: str
    reading: Mapping[str, str] | None
    default: bool


class SerializedAnswer(Struct, frozen=True):
    """The serialised answer of a query and its media type; `basis` when it was asked of a register as it stood."""

    media_type: str
    body: bytes
    basis: AnswerBasis | None = None
