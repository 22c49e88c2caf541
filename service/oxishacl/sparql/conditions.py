"""Expressions decided from the index, as far as that is certain (SPARQL 1.1, section 17).

A value is an IRI, a blank node, a `TypedLiteral`, None for an error, or UNKNOWN; an xsd:string is a Python `str`, an xsd:integer an `int`.
A condition is TRUE, FALSE, ERROR or UNDECIDED. Decided here is only what Oxigraph, which keeps values and not lexical forms, decides
alike: of literals that are neither strings nor numbers, those whose form it does not change.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pyoxigraph as ox
from msgspec import Struct

from oxishacl.regex import compile_pattern
from oxishacl.sparql.syntax import Expression, Operation, Variable
from oxishacl.terms import RDF, XSD, is_resource

UNKNOWN: Final = ...
TRUE, UNDECIDED, FALSE, ERROR = 2, 1, 0, -1

Value = Callable[[Any], Any]
"""The value of an expression for a match."""

Condition = Callable[[Any], int]
"""The truth of an expression for a match."""

_STRING, _INTEGER, _DATE, _LANG_STRING = XSD + "string", XSD + "integer", XSD + "date", RDF + "langString"
# The datatypes of XSD whose literals Oxigraph keeps as they are written.
_KEPT: Final = frozenset(
    XSD + name for name in ("string", "anyURI", "language", "token", "normalizedString", "NMTOKEN", "Name", "NCName", "hexBinary")
)
_CANONICAL: Final[Mapping[str, re.Pattern[str]]] = {
    XSD + name: re.compile(pattern)
    for name, pattern in (
        ("integer", r"0|-?[1-9][0-9]{0,17}"),
        ("boolean", r"true|false"),
        ("date", r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"),
        ("dateTime", r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:Z|[+-](?!00:00)[0-9]{2}:[0-9]{2})?"),
        ("gYearMonth", r"[1-9][0-9]{3}-[0-9]{2}"),
        ("gYear", r"[1-9][0-9]{3}"),
    )
}
_MAX_INTEGER: Final = 10**18
_DIGITS: Final = re.compile(r"[0-9]{1,15}")
# A day that every month has, without a zone.
_SIMPLE_DATE: Final = re.compile(r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])")
_TESTS: Final[Mapping[str, type]] = {"ISIRI": ox.NamedNode, "ISURI": ox.NamedNode, "ISBLANK": ox.BlankNode, "ISLITERAL": ox.Literal}
_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def is_value(term: object) -> bool:
    """Whether the term is a literal whose form Oxigraph may change: two such literals may be one there and two here."""
    if term.__class__ is not ox.Literal:
        return False
    datatype: str = term.datatype.value
    return datatype.startswith(XSD) and datatype not in _KEPT


class TypedLiteral(Struct, frozen=True):
    """What is known of a literal that is neither an xsd:string nor an xsd:integer."""

    literal: ox.Literal
    text: Any
    """Its lexical form; UNKNOWN where Oxigraph may keep another."""
    datatype: Any
    """UNKNOWN where Oxigraph may give it another."""
    is_simple_date: bool


def value_of_term(term: Any) -> Any:
    """The value of a term that is bound."""
    if term.__class__ is not ox.Literal:
        return term
    text, datatype = term.value, term.datatype.value
    pattern = _CANONICAL.get(datatype)
    is_kept = pattern.fullmatch(text) is not None if pattern is not None else not is_value(term)
    if datatype == _STRING or (datatype == _INTEGER and is_kept):
        return text if datatype == _STRING else int(text)
    known_datatype = term.datatype if pattern is not None or is_kept else UNKNOWN
    is_simple_date = datatype == _DATE and _SIMPLE_DATE.fullmatch(text) is not None
    return TypedLiteral(term, text if is_kept else UNKNOWN, known_datatype, is_simple_date)


def value_of(expression: Expression, *, variable: Callable[[str], Value], condition: Callable[[Expression], Condition]) -> Value:
    """The value of an expression; `variable` gives that of a variable, `condition` the truth of the first operand of IF."""
    if isinstance(expression, Variable):
        return variable(expression.name)
    if isinstance(expression, ox.NamedNode | ox.Literal):
        constant = value_of_term(expression)
        return lambda _: constant
    if not isinstance(expression, Operation):
        return lambda _: UNKNOWN
    is_choice = expression.name == "IF"
    operands = [value_of(operand, variable=variable, condition=condition) for operand in expression.operands[is_choice:]]
    if is_choice:
        return partial(_if, condition(expression.operands[0]), *operands)
    function = _FUNCTIONS.get(expression.name)
    if function is None:
        return lambda _: UNKNOWN
    return partial(_call_one, function, operands[0]) if len(operands) == 1 else partial(_call, function, operands)


def _if(test: Condition, yes: Value, no: Value, match: Any) -> Any:
    result = test(match)
    return UNKNOWN if result == UNDECIDED else None if result == ERROR else yes(match) if result else no(match)


def _call_one(function: Callable[[Any], Any], operand: Value, match: Any) -> Any:
    value = operand(match)
    return value if value is None or value is UNKNOWN else function(value)


def _call(function: Callable[..., Any], operands: Sequence[Value], match: Any) -> Any:
    values = [operand(match) for operand in operands]
    if None in values or UNKNOWN in values:
        return UNKNOWN if UNKNOWN in values else None
    return function(*values)


def _str(value: Any) -> Any:
    kind = value.__class__
    if kind is TypedLiteral:
        return value.text
    if kind is str:
        return value
    return value.value if kind is ox.NamedNode else str(value) if kind is int else None


def _datatype(value: Any) -> Any:
    if value.__class__ in _DATATYPES:
        return _DATATYPES[value.__class__]
    return value.datatype if value.__class__ is TypedLiteral else None


def _lang(value: Any) -> Any:
    return None if is_resource(value) else (value.literal.language or "") if isinstance(value, TypedLiteral) else ""


def _string(value: Any) -> str | None:
    """The text of what string functions take: an xsd:string or a string with a language."""
    if value.__class__ is str:
        return str(value)
    return value.literal.value if isinstance(value, TypedLiteral) and value.literal.language is not None else None


def _strlen(value: Any) -> Any:
    text = _string(value)
    return None if text is None else len(text)


def _substr(value: Any, start: Any, length: Any = 0) -> Any:
    if value.__class__ is not str:
        return None if _string(value) is None else UNKNOWN
    if start.__class__ is not int or length.__class__ is not int or start < 1 or length < 0:
        return UNKNOWN
    return value[start - 1 : start - 1 + length]


def _substr_to_end(value: Any, start: Any) -> Any:
    return _substr(value, start, len(value) if value.__class__ is str else 0)


def _concat(*values: Any) -> Any:
    if all(value.__class__ is str for value in values):
        return "".join(values)
    return None if any(_string(value) is None for value in values) else UNKNOWN


def _sum(left: Any, right: Any) -> Any:
    # Beyond 64 bits Oxigraph gives an error.
    total = left + right if left.__class__ is right.__class__ is int else None
    return UNKNOWN if total is None or abs(total) > _MAX_INTEGER else total


def _to_integer(value: Any) -> Any:
    return int(value) if value.__class__ is str and _DIGITS.fullmatch(value) else UNKNOWN


_DATATYPES: Final[Mapping[type, ox.NamedNode]] = {str: ox.NamedNode(_STRING), int: ox.NamedNode(_INTEGER)}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "STR": _str, "DATATYPE": _datatype, "LANG": _lang, "STRLEN": _strlen, "CONCAT": _concat, "+": _sum, f"<{XSD}integer>": _to_integer,
    "SUBSTR": lambda value, start, *length: _substr(value, start, *length) if length else _substr_to_end(value, start),
}  # fmt: skip


def truth(value: bool) -> int:
    """TRUE or FALSE."""
    return TRUE if value else FALSE


def equal(left: Any, right: Any) -> int:
    """17.4.1.7: « = », as Oxigraph evaluates it; UNDECIDED for what it may hold equal though the terms differ."""
    kind, other = left.__class__, right.__class__
    if kind is TypedLiteral and other is TypedLiteral and left.is_simple_date and right.is_simple_date:
        return TRUE if left.text == right.text else FALSE
    if left is UNKNOWN or right is UNKNOWN:
        return UNDECIDED
    if left is None or right is None:
        return ERROR
    if kind in _COMPARED or other in _COMPARED or (kind in _BASIC and other in _BASIC):
        return TRUE if left == right else FALSE
    return truth(left == right) if _string(left) is not None and _string(right) is not None else UNDECIDED


_BASIC: Final = frozenset({str, int})
_COMPARED: Final = frozenset({ox.NamedNode, ox.BlankNode})


def _is_simple_date(value: Any) -> bool:
    return value.__class__ is TypedLiteral and bool(value.is_simple_date)


def ordered(operator: str, left: Any, right: Any) -> int:
    """17.4.1: « < > <= >= »."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNDECIDED
    if left is None or right is None:
        return ERROR
    if left.__class__ is right.__class__ and left.__class__ in _BASIC:
        return truth(_ORDER[operator](left, right))
    if _is_simple_date(left) and _is_simple_date(right):
        return truth(_ORDER[operator](left.text, right.text))
    return UNDECIDED


def negated(value: int) -> int:
    """17.2: « ! »; an error stays one."""
    return TRUE - value if value != ERROR else ERROR


def conjunction(values: Sequence[int]) -> int:
    """17.2: « && »; false where one operand is false, whatever the others are."""
    return FALSE if FALSE in values else UNDECIDED if UNDECIDED in values else ERROR if ERROR in values else TRUE


def disjunction(values: Sequence[int]) -> int:
    """17.2: « || »; true where one operand is true, whatever the others are."""
    return TRUE if TRUE in values else UNDECIDED if UNDECIDED in values else ERROR if ERROR in values else FALSE


def effective_boolean(value: Any) -> int:
    """17.2.2: the effective boolean value."""
    if value is None:
        return ERROR
    if value.__class__ in _BASIC:
        return truth(bool(value))
    is_boolean = isinstance(value, TypedLiteral) and value.literal.datatype.value == XSD + "boolean" and value.text in {"true", "false"}
    return truth(value.text == "true") if is_boolean else UNDECIDED


def condition_of(operation: Operation, *, values: Sequence[Value]) -> Condition | None:
    """The condition that an operator or function decides of the values of its operands; None where that is left to Oxigraph."""
    name = operation.name
    if name in {"=", "!="}:
        return partial(_equality, values[0], values[1], name == "!=")
    if name in _ORDER:
        left, right = values
        return lambda match: ordered(name, left(match), right(match))
    if name in {"IN", "NOT IN"} and len(values) > 1:
        members = operation.operands[1:]
        iris = frozenset(member for member in members if isinstance(member, ox.NamedNode))
        return partial(_membership, values[0], values[1:], iris if len(iris) == len(members) else None, name == "NOT IN")
    if name in _TESTS:
        return partial(_term_test, _TESTS[name], values[0])
    if name == "SAMETERM":
        return lambda match: _same_term(values[0](match), values[1](match))
    return _regex(operation, values[0]) if name == "REGEX" else None


def _equality(left: Value, right: Value, is_negated: bool, match: Any) -> int:
    result = equal(left(match), right(match))
    return negated(result) if is_negated else result


def _membership(needle: Value, members: Sequence[Value], iris: frozenset[ox.NamedNode] | None, is_negated: bool, match: Any) -> int:
    value = needle(match)
    if iris is not None and is_resource(value):
        result = truth(value in iris)
    else:
        result = disjunction([equal(value, member(match)) for member in members])
    return negated(result) if is_negated else result


def _term_test(kind: type, value: Value, match: Any) -> int:
    term = value(match)
    if term is None or term is UNKNOWN:
        return ERROR if term is None else UNDECIDED
    return truth(isinstance(term, kind) or (kind is ox.Literal and not is_resource(term)))


def _same_term(left: Any, right: Any) -> int:
    if left is UNKNOWN or right is UNKNOWN:
        return UNDECIDED
    if left is None or right is None:
        return ERROR
    if any(isinstance(value, TypedLiteral) and is_value(value.literal) for value in (left, right)):
        return UNDECIDED
    return truth(left.__class__ is right.__class__ and left == right)


def _regex(operation: Operation, value: Value) -> Condition | None:
    """REGEX with a pattern and flags that are written in the query."""
    texts = [part.value for part in operation.operands[1:] if isinstance(part, ox.Literal) and part.datatype.value == _STRING]
    if len(texts) != len(operation.operands) - 1:
        return None
    matches = compile_pattern(texts[0], flags="".join(texts[1:]))

    def test(match: Any) -> int:
        term = value(match)
        if term is UNKNOWN:
            return UNDECIDED
        text = None if term is None else _string(term)
        return ERROR if text is None else truth(matches(text))

    return test
