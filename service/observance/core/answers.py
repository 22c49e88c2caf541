"""The values in which the program answers, whatever part of it was asked."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct


class AnswerBasis(Struct, frozen=True):
    """The day of the world and the time of the register of an answer, the reading if it rests on one, and whether they are defaults.

    `known_at` is an xsd:dateTime; `reading` maps a language to what the reading is called.
    """

    as_of: date
    known_at: str
    reading: Mapping[str, str] | None
    default: bool


class SerializedAnswer(Struct, frozen=True):
    """An answer as bytes of a media type; `basis` when it rests on the register as it stood at a moment."""

    media_type: str
    body: bytes
    basis: AnswerBasis | None = None
