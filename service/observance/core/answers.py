"""The answer values that several packages return."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from msgspec import Struct


class AnswerBasis(Struct, frozen=True):
    """The basis of an answer: the date and time of its snapshot, and the reading if one applies.

    `as_of` is the day that the answer is about; `known_at`, an xsd:dateTime, says up to when the register is read; `reading` maps a
    language to the reading's name; `default` is true if the request chose neither date nor time; `warning` says, by
    language, that the register has faults, if it has any.
    """

    as_of: date
    known_at: str
    reading: Mapping[str, str] | None
    default: bool
    warning: Mapping[str, str] = MappingProxyType({})


class SerializedAnswer(Struct, frozen=True):
    """An answer serialised in a media type; `basis` is None unless it rests on a snapshot of the register."""

    media_type: str
    body: bytes
    basis: AnswerBasis | None = None
