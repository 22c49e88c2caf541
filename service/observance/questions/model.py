"""The values of questions: what the catalogue says of them."""

from collections.abc import Mapping
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

Term = ox.NamedNode | ox.Literal
"""A value that a parameter may have."""

LAYERS: Final = ("facts", "assessments", "reasons", "rivals", "changes", "readings", "earlier", "validation")
"""What a question can be asked of besides the knowledge and the register (`datasets.DatasetRequest` says what each holds)."""


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
