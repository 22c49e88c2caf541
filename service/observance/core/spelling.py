"""Terms that an author meant: what differs from a known term by its scheme, its namespace or a slip of the pen, and by nothing else."""

import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from observance.core.namespaces import PREFIXES, local_name

_NOT_VOCABULARIES: Final = frozenset({"ex", "demo"})
_VOCABULARIES: Final = tuple(base for prefix, base in PREFIXES.items() if prefix not in _NOT_VOCABULARIES)
_MAX_DISTANCE: Final = 2
# A shorter name is a code, in which each sign counts.
_MIN_LENGTH: Final = 6


@lru_cache(maxsize=1024)
def intended_namespace(namespace: str) -> str | None:
    """Return the vocabulary's namespace that was meant; None if it is known, or like none.

    It has another scheme, or is one or two signs apart; or its scheme is damaged, so that a parser resolved it against the document's base.
    """
    if namespace in PREFIXES.values():
        return None
    resolved = [base for base in _VOCABULARIES if _ends_with(namespace, _without_scheme(base))]
    if resolved:
        return max(resolved, key=len)
    without_scheme = _without_scheme(namespace)
    near = [base for base in _VOCABULARIES if edit_distance(without_scheme, _without_scheme(base)) <= _MAX_DISTANCE]
    return min(near, key=lambda base: edit_distance(namespace, base)) if without_scheme and near else None


def _without_scheme(namespace: str) -> str:
    return namespace.partition("://")[2]


def _ends_with(namespace: str, end: str) -> bool:
    """Whether the namespace ends so, as a whole: after nothing, a slash or a colon."""
    return namespace.endswith(end) and namespace.removesuffix(end)[-1:] in {"", "/", ":"}


@lru_cache(maxsize=4096)
def intended_iri(iri: str) -> str | None:
    """Return the IRI in the namespace that was meant; None if the namespace is known, or like none."""
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    meant = intended_namespace(iri[:cut])
    return meant + iri[cut:] if meant and iri[cut:] else None


def undeclared_prefix(iri: str) -> str | None:
    """Return the prefix that stands in place of an IRI's scheme because it is not declared, as JSON-LD reads it; None if none does."""
    prefix, _, name = iri.partition(":")
    return prefix if prefix in PREFIXES and name and not name.startswith("//") else None


def misspelt_namespaces(prefixes: Mapping[str, str]) -> Mapping[str, str]:
    """Return the declared namespaces that miss a vocabulary's by a slip, with the namespaces meant."""
    return {declared: meant for declared in prefixes.values() if (meant := intended_namespace(declared)) is not None}


def corrected_term(iri: str, *, among: Collection[str]) -> str | None:
    """Return the one term that was meant; None if none or several are as near, or if a digit or another sign than a letter differs.

    Codes (short names, and whatever digits say) are never corrected: each of them names something else.
    """
    meant = intended_iri(iri)
    if meant is not None:
        return meant if meant in among else None
    name = local_name(iri)
    if len(name) < _MIN_LENGTH:
        return None
    base = iri.removesuffix(name)
    names = {local_name(term): term for term in among if term.removesuffix(local_name(term)) == base and term != iri}
    distances = {candidate: edit_distance(name.lower(), candidate.lower()) for candidate in names if _signs(candidate) == _signs(name)}
    nearest = min(distances.values(), default=_MAX_DISTANCE + 1)
    matches = [candidate for candidate, distance in distances.items() if distance == nearest]
    return names[matches[0]] if nearest <= _MAX_DISTANCE and len(matches) == 1 else None


def iri_in_text(text: str) -> str | None:
    """Return the IRI that a text spells out, in full or with a prefix of the project; None if it spells none."""
    prefix, _, name = text.strip().partition(":")
    if prefix in PREFIXES and name and not name.startswith("//"):
        return PREFIXES[prefix] + name
    return text.strip() if prefix in {"http", "https"} and name.startswith("//") and not any(map(str.isspace, text.strip())) else None


def edit_distance(one: str, other: str) -> int:
    """Return the number of insertions, deletions, replacements and exchanges of neighbours between the texts; above 2 it is not exact."""
    if abs(len(one) - len(other)) > _MAX_DISTANCE:
        return _MAX_DISTANCE + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, other_sign in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != other_sign))
            if last and j > 1 and sign == other[j - 2] and one[i - 2] == other_sign:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _signs(name: str) -> str:
    return "".join(sign for sign in name if not sign.isalpha() and sign.isprintable())


def unaccented(text: str) -> str:
    """Return the text without accents and case, as names in French and English are sorted and sought; an apostrophe of any form is one."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
