"""Values for variables of a query, written into its text: `bind_variables(text, {"name": term})`.

This is what substitution means (SPARQL 1.1, section 18.6; pre-binding of SHACL 1.0, appendix A), in every group of the query. Oxigraph's
`substitutions=` compares two of its values by their terms, so that 7 is not 7.0 and a moment not the same moment in another zone.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.errors import ForbiddenError
from oxishacl.sparql.grammar import parse_query
from oxishacl.sparql.scope import assigned_variables, expressions_of, subqueries
from oxishacl.sparql.syntax import Operation, Variable
from oxishacl.sparql.tokenizer import sparql_tokens

# How a value is written where a variable stands: as a term, a column, the column of a group, in parentheses; for BOUND(?x), its answer.
_TERM: Final = "{term}"
_COLUMN: Final = "({term} AS ?{name}{suffix})"
_GROUPED: Final = "?{name}{suffix}"
_BRACKETED: Final = "({term})"
_TRUE: Final = "true"


class _Place(Struct, frozen=True):
    """Where a variable is written, and how its value is written there; the column of a sub-select has a suffix to its name."""

    start: int
    end: int
    name: str
    template: str
    suffix: str = ""


def bind_variables(text: str, values: Mapping[str, ox.NamedNode | ox.Literal], *, prefixes: Mapping[str, str] | None = None) -> str:
    """The query with the value of each variable in the place of the variable; a variable that is selected stays a column.

    Raises QuerySyntaxError for a text that is no query of SPARQL 1.1, and ForbiddenError for a variable to which the query itself gives
    values.
    """
    if not values:
        return text
    places, assigned, star = _places(text, tuple((prefixes or {}).items()))
    for name in sorted(assigned & values.keys()):
        raise ForbiddenError("query-assigns", variable=name)
    names = {place.name for place in places if place.name in values}
    if star is not None and names:
        columns = " ".join(f"BIND ({values[name]} AS ?{name})" for name in sorted(names))
        text = f"{text[:star]} {columns} {text[star:]}"
    for place in reversed(places):
        if place.name in values:
            written = place.template.format(term=values[place.name], name=place.name, suffix=place.suffix)
            text = text[: place.start] + written + text[place.end :]
    return text


@lru_cache(maxsize=512)
def _places(text: str, prefixes: tuple[tuple[str, str], ...]) -> tuple[tuple[_Place, ...], frozenset[str], int | None]:
    """The places of all variables in order, the variables that the query assigns, and where SELECT * can have columns added."""
    query = parse_query(text, prefixes=dict(prefixes))
    queries = list(subqueries(query))
    templates: dict[int, tuple[str, str]] = {}
    for number, each in enumerate(queries):
        suffix = f"_{number}" if number else ""
        grouped = {key.expression.name for key in each.group_keys if isinstance(key.expression, Variable) and key.variable is None}
        templates |= {key.offset: (_COLUMN, suffix) for key in each.group_keys if isinstance(key.expression, Variable)}
        templates |= {key.offset: (_BRACKETED, "") for key in each.order if isinstance(key.expression, Variable)}
        for column in each.projection or () if each.form == "SELECT" else ():
            if column.expression is None:
                templates[column.offset] = _GROUPED if column.variable.name in grouped else _COLUMN, suffix
    calls = {part.offset for each in queries for part in expressions_of(each) if isinstance(part, Operation) and part.name == "BOUND"}
    tokens = list(sparql_tokens(text))
    places: list[_Place] = []
    for index, token in enumerate(tokens):
        if token.kind != "variable":
            continue
        if index > 1 and tokens[index - 2].offset in calls:
            places.append(_Place(tokens[index - 2].offset, tokens[index + 1].end, token.text[1:], _TRUE))
        else:
            places.append(_Place(token.offset, token.end, token.text[1:], *templates.get(token.offset, (_TERM, ""))))
    assigned = frozenset(name for each in queries for name in assigned_variables(each))
    star = query.where.end if query.form == "SELECT" and query.projection is None else None
    return tuple(places), assigned, star
