"""What the columns of an answer are called: the catalogue's variables in words, in both languages."""

from collections.abc import Collection
from typing import Final

from observance.core.i18n import message_catalogue, translate

_ENDINGS: Final = ("_label", "_name")


def column_heading(name: str, *, among: Collection[str], lang: str) -> str:
    """What the column is called; one that no phrase knows keeps its name.

    A thing stands in two columns, `x_label` or `x_name` with what it is called and `x` with its IRI: the second says so.
    """
    base = next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)
    if base not in message_catalogue("columns"):
        return name.replace("_", " ")
    said = translate(f"columns.{base}", lang)
    return translate("querying.heading-iri", lang, heading=said) if names_column(name, among=among) else said


def names_column(name: str, *, among: Collection[str]) -> bool:
    """Whether another column says what this one's IRI is called."""
    return any(name + ending in among for ending in _ENDINGS)
