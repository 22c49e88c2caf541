"""Values for variables of a query, written into its text: `bind_variables(text, {"name": term})`.

This is what substitution means (SPARQL 1.1, section 18.6; pre-binding of SHACL 1.0, appendix A), in every group of the query. Oxigraph's
`substitutions=` compares two of its values by their terms, so that 7 is not 7.0 and a moment not the same moment in another zone.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import ForbiddenError
from oxishacl.sparql.grammar import QuerySyntaxError, parse_query, parse_with_tokens
from oxishacl.sparql.scope import assigned_variables, expressions_of, subqueries
from oxishacl.sparql.syntax import Operation, SubSelect, Variable

# How a value is written where a variable stands: as a term, a column, a grouped column, in parentheses; for BOUND(?x), its answer.
_TERM: Final = "{term}"
_COLUMN: Final = "({term} AS ?{name}{suffix})"
_GROUPED: Final = "?{name}{suffix}"
_BRACKETED: Final = "({term})"
_TRUE: Final = "(true)"
_NOTHING: Final = ""


class _Place(Struct, frozen=True):
    """Where a variable is written, and how its value is written there; the column of a sub-select has a suffix to its name."""

    start: int
    end: int
    name: str
    template: str
    suffix: str = ""


class _Places(Struct, frozen=True):
    """The places of all variables of a query."""

    of_variables: tuple[_Place, ...]
    assigned: frozenset[str]
    """The variables to which the query itself gives values."""
    star: tuple[int, int, bool] | None
    """The ends of the group to which SELECT * can have columns added, and whether it is a sub-select; None for other queries."""


def bind_variables(text: str, values: Mapping[str, ox.NamedNode | ox.Literal], *, prefixes: Mapping[str, str] | None = None) -> str:
    """The query with the value of each variable in the place of the variable; a variable that is selected stays a column.

    Raises QuerySyntaxError for a text that is no query of SPARQL 1.1, and ForbiddenError for a variable to which the query itself gives
    values, or whose value cannot stand where the variable does, such as a literal as a predicate.
    """
    if not values:
        return text
    declared = tuple((prefixes or {}).items())
    places = _places(text, declared)
    for name in sorted(places.assigned & values.keys()):
        raise ForbiddenError("query-assigns", variable=name)
    literals = frozenset(name for name, term in values.items() if isinstance(term, ox.Literal))
    if literals and not _takes_literals(text, literals, declared):
        raise ForbiddenError("query-literal")
    return _with_values(text, values, places)


@lru_cache(maxsize=512)
def _takes_literals(text: str, names: frozenset[str], prefixes: tuple[tuple[str, str], ...]) -> bool:
    """Whether literals can stand where these variables do, whatever the literals are."""
    try:
        parse_query(_with_values(text, dict.fromkeys(names, ox.Literal("")), _places(text, prefixes)), prefixes=dict(prefixes))
    except QuerySyntaxError:
        return False
    return True


def _with_values(text: str, values: Mapping[str, ox.NamedNode | ox.Literal], places: _Places) -> str:
    edits = [
        (place.start, place.end, place.template.format(term=values[place.name], name=place.name, suffix=place.suffix))
        for place in places.of_variables
        if place.name in values
    ]
    names = sorted({place.name for place in places.of_variables if place.name in values})
    if places.star is not None and names:
        start, end, is_subselect = places.star
        columns = " ".join(f"BIND ({values[name]} AS ?{name})" for name in names)
        edits += [(start, start, "{")] if is_subselect else []
        edits.append((end, end, f"}} {columns} " if is_subselect else f" {columns} "))
    bound = text
    for start, end, written in sorted(edits, key=lambda edit: edit[0], reverse=True):
        bound = bound[:start] + written + bound[end:]
    return bound


@lru_cache(maxsize=512)
def _places(text: str, prefixes: tuple[tuple[str, str], ...]) -> _Places:
    query, tokens = parse_with_tokens(text, prefixes=dict(prefixes))
    queries = list(subqueries(query))
    names = {token.text[1:] for token in tokens if token.kind == "variable"}
    templates: dict[int, tuple[str, str]] = {}
    for number, each in enumerate(queries):
        suffix = _unused_suffix(number, names) if number else ""
        # « GROUP BY (?x) » is a condition in brackets, and no column.
        keys = [
            key for key in each.group_keys if isinstance(key.expression, Variable) and text[key.offset] in "?$" and key.variable is None
        ]
        grouped = {key.expression.name for key in keys if isinstance(key.expression, Variable)}
        templates |= {key.offset: (_COLUMN, suffix) for key in keys}
        templates |= {key.offset: (_BRACKETED, "") for key in each.order if isinstance(key.expression, Variable)}
        columns = [column for column in each.projection or () if column.expression is None] if each.form == "SELECT" else []
        for column in columns:
            template = _GROUPED if column.variable.name in grouped else _NOTHING if number and len(each.projection or ()) > 1 else _COLUMN
            templates[column.offset] = template, suffix
    calls = {part.offset for each in queries for part in expressions_of(each) if isinstance(part, Operation) and part.name == "BOUND"}
    places: list[_Place] = []
    for index, token in enumerate(tokens):
        if token.kind != "variable":
            continue
        if index > 1 and tokens[index - 2].offset in calls:
            places.append(_Place(tokens[index - 2].offset, tokens[index + 1].end, token.text[1:], _TRUE))
        else:
            places.append(_Place(token.offset, token.end, token.text[1:], *templates.get(token.offset, (_TERM, ""))))
    assigned = frozenset(name for each in queries for name in assigned_variables(each))
    is_subselect = any(isinstance(element, SubSelect) for element in query.where.elements)
    star = (query.where.start, query.where.end, is_subselect) if query.form == "SELECT" and query.projection is None else None
    return _Places(tuple(places), assigned, star)


def _unused_suffix(number: int, names: Collection[str]) -> str:
    """A suffix with which no variable of the query ends."""
    suffix = f"_{number}"
    while any(name.endswith(suffix) for name in names):
        suffix = "_" + suffix
    return suffix
