"""RDF terms as JSON, for the way to a worker: `[kind, value, datatype or language]`."""

from collections.abc import Mapping, Sequence

import pyoxigraph as ox

Term = ox.NamedNode | ox.Literal


def terms_to_json(terms: Mapping[str, Term]) -> dict[str, list[str | None]]:
    """The terms by variable, as JSON values."""
    return {name: _written(term) for name, term in terms.items()}


def terms_from_json(values: Mapping[str, Sequence[str | None]]) -> dict[ox.Variable, Term]:
    """What `written` wrote, as terms by variable; raises ValueError for what is not a term."""
    return {ox.Variable(name): _read(*value) for name, value in values.items()}


def _written(term: Term) -> list[str | None]:
    if isinstance(term, ox.NamedNode):
        return ["iri", term.value, None]
    if term.language:
        return ["text", term.value, term.language]
    return ["literal", term.value, term.datatype.value]


def _read(kind: str | None, value: str | None, extra: str | None) -> Term:
    if value is None or (kind != "iri" and extra is None):
        raise ValueError(kind)
    match kind:
        case "iri":
            return ox.NamedNode(value)
        case "text":
            return ox.Literal(value, language=extra)
        case "literal":
            return ox.Literal(value, datatype=ox.NamedNode(extra or ""))
        case _:
            raise ValueError(kind)
