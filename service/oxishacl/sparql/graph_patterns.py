"""What a query requires: the triple patterns, paths, filters and groups of its outermost group (SPARQL 1.1, sections 4.1, 5, 8 and 9.1).

Read from tokens, for the prefilter. A part that is not read here makes its group incomplete; it is never an error.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox
from msgspec import Struct, field

from oxishacl import paths
from oxishacl.data_graph import Index
from oxishacl.paths import PathFunction
from oxishacl.sparql.tokenizer import Token, token_iri
from oxishacl.terms import RDF, XSD, Term

_OPENING: Final = frozenset({"{", "(", "["})
_CLOSING: Final = frozenset({"}", ")", "]"})
_BOOLEANS: Final = frozenset({"TRUE", "FALSE"})
_QUANTIFIERS: Final = frozenset({"*", "+", "?"})
_STRING_DATATYPES: Final = frozenset({XSD + "string", RDF + "langString"})
# The words that a triple pattern may contain.
_PATTERN_WORDS: Final = frozenset({"A", *_BOOLEANS})
_MAX_EXPRESSION: Final = 2_000
# Functions whose value differs between evaluations, or that ask whether a variable is bound.
_NOT_CACHEABLE: Final = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE", "EXISTS", "BOUND", "COALESCE", "SELECT"})

PatternTerm = Term | str
"""An RDF term, or the name of a variable."""

_Directions = tuple[PathFunction, PathFunction]
"""A path from subject to object, and from object to subject."""


class UndecidableError(Exception):
    """Whether a group matches cannot be decided from the index."""


class UnsupportedQueryError(Exception):
    """A part of the query is not read here."""


class TriplePattern(Struct, frozen=True):
    """A triple or path pattern; `forward` and `backward` are None where the predicate is the variable `predicate_variable`."""

    subject: PatternTerm
    object: PatternTerm
    forward: PathFunction | None
    backward: PathFunction | None
    predicate_variable: str = ""

    @property
    def variables(self) -> frozenset[str]:
        """The variables of the pattern."""
        return frozenset(term for term in (self.subject, self.object, self.predicate_variable) if isinstance(term, str) and term)


class FilterCondition(Struct, frozen=True):
    """One condition of a FILTER: its text, in which variables that BIND assigns are replaced by their expressions, and its variables."""

    text: str
    variables: tuple[str, ...]


class GraphPattern(Struct):
    """A group: its patterns and filters, all of which must match; `exists` and `not_exists` are groups of FILTER (NOT) EXISTS."""

    triple_patterns: list[TriplePattern] = field(default_factory=list)
    filters: list[FilterCondition] = field(default_factory=list)
    exists: list["GraphPattern"] = field(default_factory=list)
    not_exists: list["GraphPattern"] = field(default_factory=list)
    variables: frozenset[str] = frozenset()
    """All variables between its braces."""
    outer_variables: frozenset[str] = frozenset()
    """The variables that the text around the group may bind."""
    is_complete: bool = True
    """Whether nothing in the group was left unread."""


class DistinctCount(Struct, frozen=True):
    """`HAVING (COUNT(DISTINCT ?x) > n && …)`: variable to n, in groups of solutions that agree on the keys of GROUP BY."""

    keys: tuple[str, ...]
    minimums: Mapping[str, int]

    def restricted_to(self, variables: Collection[str]) -> "DistinctCount":
        """The condition on these variables only; it is weaker, because groups with fewer keys are larger."""
        return DistinctCount(
            tuple(key for key in self.keys if key in variables),
            {name: minimum for name, minimum in self.minimums.items() if name in variables},
        )


_COUNT: Final = r"COUNT\(DISTINCT[?$](\w+)\)>(\d+)"
_COUNTS: Final = re.compile(rf"\({_COUNT}(?:&&{_COUNT})*\)")


def distinct_counts(tokens: Sequence[Token]) -> DistinctCount | None:
    """The query's GROUP BY and HAVING; None when it has none, or any of another form."""
    keywords = [token.keyword for token in tokens]
    if keywords.count("GROUP") != 1 or keywords.count("HAVING") != 1:
        return None
    having = keywords.index("HAVING")
    condition = _COUNTS.match("".join(token.keyword or token.text for token in tokens[having + 1 :]))
    if condition is None:
        return None
    keys = tuple(token.text[1:] for token in tokens[keywords.index("GROUP") : having] if token.kind == "variable")
    return DistinctCount(keys, {name: int(minimum) for name, minimum in re.findall(_COUNT, condition[0])})


def outermost_group(tokens: Sequence[Token], *, prefixes: Mapping[str, str]) -> GraphPattern:
    """The outermost group of the query; raises UnsupportedQueryError for brackets that do not match."""
    opening = next(index for index, token in enumerate(tokens) if token.text == "{")
    return _GroupReader(tokens, prefixes).group(opening, _closing_bracket(tokens, opening))


def is_value(term: Term) -> bool:
    """Whether the term is a literal whose lexical form Oxigraph may change: two such literals may be equal there and differ here."""
    return isinstance(term, ox.Literal) and term.datatype.value not in _STRING_DATATYPES


def _closing_bracket(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].kind == "sign":
            depth += (tokens[index].text in _OPENING) - (tokens[index].text in _CLOSING)
        if not depth:
            return index
    raise UnsupportedQueryError


def _variables(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.text[1:] for token in tokens if token.kind == "variable")


def _inverse(predicate: ox.NamedNode) -> PathFunction:
    def subjects(data: Index, node: Term) -> Sequence[Term]:
        if is_value(node):
            raise UndecidableError
        return data.back_edges(node).get(predicate, ())

    return subjects


class _PatternReader:
    """Reads triple patterns; its methods take the index of a token and give it back after what they have read."""

    def __init__(self, tokens: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        self.tokens, self.prefixes = tokens, prefixes

    def triple_patterns(self, index: int, end: int) -> Iterator[TriplePattern]:
        """« subject verb object , object ; verb object … »."""
        subject, index = self._term(index, end)
        while index < end:
            pattern, index = self._verb(index, end)
            target, index = self._term(index, end)
            yield pattern(subject, target)
            while index < end and self.tokens[index].text == ",":
                target, index = self._term(index + 1, end)
                yield pattern(subject, target)
            if index < end and self.tokens[index].text != ";":
                raise UnsupportedQueryError
            while index < end and self.tokens[index].text == ";":
                index += 1

    def _term(self, index: int, end: int) -> tuple[PatternTerm, int]:
        """A term or a variable; raises UnsupportedQueryError for brackets, which stand for several triples."""
        if index >= end:
            raise UnsupportedQueryError
        token = self.tokens[index]
        if token.kind == "variable":
            return token.text[1:], index + 1
        if token.keyword in _BOOLEANS:
            return ox.Literal(token.text.lower(), datatype=ox.NamedNode(XSD + "boolean")), index + 1
        return self._iri(token), index + 1

    def _iri(self, token: Token) -> ox.NamedNode:
        iri = token_iri(token, prefixes=self.prefixes)
        if iri is None:
            raise UnsupportedQueryError
        return iri

    def _verb(self, index: int, end: int) -> tuple[Callable[[PatternTerm, PatternTerm], TriplePattern], int]:
        token = self.tokens[index]
        if token.kind == "variable":
            if token.text[1:] == "PATH":
                raise UnsupportedQueryError
            return (lambda subject, target: TriplePattern(subject, target, None, None, token.text[1:])), index + 1
        (forward, backward), index = self._path(index, end)
        return (lambda subject, target: TriplePattern(subject, target, forward, backward)), index

    def _path(self, index: int, end: int) -> tuple[_Directions, int]:
        """Section 9.1: alternatives of sequences of path elements."""
        directions, index = self._sequence(index, end)
        members = [directions]
        while index < end and self.tokens[index].text == "|":
            directions, index = self._sequence(index + 1, end)
            members.append(directions)
        if len(members) == 1:
            return members[0], index
        forward = paths.alternative_function(forward for forward, _ in members)
        return (forward, paths.alternative_function(backward for _, backward in members)), index

    def _sequence(self, index: int, end: int) -> tuple[_Directions, int]:
        directions, index = self._path_element(index, end)
        members = [directions]
        while index < end and self.tokens[index].text == "/":
            directions, index = self._path_element(index + 1, end)
            members.append(directions)
        if len(members) == 1:
            return members[0], index
        forward = paths.sequence_function(forward for forward, _ in members)
        return (forward, paths.sequence_function(backward for _, backward in reversed(members))), index

    def _path_element(self, index: int, end: int) -> tuple[_Directions, int]:
        if index >= end:
            raise UnsupportedQueryError
        if self.tokens[index].text == "^":
            (forward, backward), index = self._path_element(index + 1, end)
            return (backward, forward), index
        if self.tokens[index].text == "(":
            closing = _closing_bracket(self.tokens, index)
            (forward, backward), path_end = self._path(index + 1, closing)
            if path_end != closing:
                raise UnsupportedQueryError
            index = closing + 1
        else:
            predicate = self._iri(self.tokens[index])
            forward, backward, index = paths.predicate_function(predicate), _inverse(predicate), index + 1
        if index < end and self.tokens[index].text in _QUANTIFIERS:
            quantifier, index = self.tokens[index].text, index + 1
            forward, backward = paths.quantified_function(forward, quantifier), paths.quantified_function(backward, quantifier)
        return (forward, backward), index


class _GroupReader(_PatternReader):
    """Reads the groups of one query."""

    def __init__(self, tokens: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        super().__init__(tokens, prefixes)
        openings = [index + 1 for index, token in enumerate(tokens) if token.keyword == "EXISTS"]
        self.exists_groups = [(opening, _closing_bracket(tokens, opening)) for opening in openings]

    def group(self, opening: int, closing: int) -> GraphPattern:
        """The group between the two braces."""
        group = GraphPattern(variables=_variables(self.tokens[opening:closing]), outer_variables=self._outer_variables(opening, closing))
        assigned: dict[str, FilterCondition] = {}
        conditions: list[tuple[int, int]] = []
        index = opening + 1
        while index < closing:
            index = self._element(index, closing, group, assigned, conditions)
        for start, end in conditions:
            try:
                group.filters.append(self._expression(start, end, assigned))
            except UnsupportedQueryError:
                group.is_complete = False
        # The value that BIND assigns depends on its position in the group.
        group.is_complete = group.is_complete and not assigned
        return group

    def _outer_variables(self, opening: int, closing: int) -> frozenset[str]:
        """The variables outside of the group, except those inside another EXISTS, which binds none for this group."""
        others = [(start, end) for start, end in self.exists_groups if not start <= opening <= end]
        outside = (index for index in range(len(self.tokens)) if not opening <= index <= closing)
        return _variables([self.tokens[index] for index in outside if not any(start <= index <= end for start, end in others)])

    def _element(
        self, index: int, end: int, group: GraphPattern, assigned: dict[str, FilterCondition], conditions: list[tuple[int, int]]
    ) -> int:
        """Read the element of the group that begins at the index; the index of the next one."""
        token = self.tokens[index]
        if token.text == ".":
            return index + 1
        if token.keyword == "FILTER":
            return self._filter(index + 1, group, conditions)
        try:
            if token.keyword == "BIND":
                closing = _closing_bracket(self.tokens, index + 1)
                assigned[self.tokens[closing - 1].text[1:]] = self._expression(index + 2, closing - 2, assigned)
                return closing + 1
            if token.text != "{" and (token.kind != "word" or token.keyword in _PATTERN_WORDS):
                patterns_end = self._end_of_patterns(index, end)
                group.triple_patterns += self.triple_patterns(index, patterns_end)
                return patterns_end
        except UnsupportedQueryError:
            group.is_complete = False
        return self._skip(index, end, group)

    def _skip(self, index: int, end: int, group: GraphPattern) -> int:
        """The index after an element that is not read: after its group or bracket, or at the next dot or keyword."""
        group.is_complete = False
        token = self.tokens[index]
        if token.text == "{" or token.kind == "word":
            opening = next((i for i in range(index, end) if self.tokens[i].text in {"{", "("}), None)
            return end if opening is None else _closing_bracket(self.tokens, opening) + 1
        return self._end_of_patterns(index, end)

    def _filter(self, index: int, group: GraphPattern, conditions: list[tuple[int, int]]) -> int:
        is_negated = self.tokens[index].keyword == "NOT"
        if self.tokens[index + is_negated].keyword == "EXISTS":
            opening = index + is_negated + 1
            closing = _closing_bracket(self.tokens, opening)
            (group.not_exists if is_negated else group.exists).append(self.group(opening, closing))
            return closing + 1
        opening = next(i for i in range(index, len(self.tokens)) if self.tokens[i].text == "(")
        closing = _closing_bracket(self.tokens, opening)
        conditions += self._conjuncts(index + 1, closing) if opening == index else [(index, closing + 1)]
        return closing + 1

    def _conjuncts(self, start: int, end: int) -> list[tuple[int, int]]:
        """The operands of « && », each of which must hold; the whole where « || », which binds less tightly, is used."""
        depth, operators = 0, [start - 2]
        for index in range(start, end - 1):
            pair = self.tokens[index].text + self.tokens[index + 1].text
            depth += (pair[0] in _OPENING) - (pair[0] in _CLOSING)
            if not depth and pair == "||":
                return [(start, end)]
            if not depth and pair == "&&":
                operators.append(index)
        return [(operator + 2, next_operator) for operator, next_operator in zip(operators, [*operators[1:], end], strict=True)]

    def _expression(self, start: int, end: int, assigned: Mapping[str, FilterCondition]) -> FilterCondition:
        """The expression, with variables that BIND assigns replaced by their expressions."""
        text, variables, offset = "", set[str](), 0
        for token in self.tokens[start:end]:
            if token.keyword in _NOT_CACHEABLE:
                raise UnsupportedQueryError
            text += " " if text and token.offset > offset else ""
            offset = token.end
            expression = assigned.get(token.text[1:]) if token.kind == "variable" else None
            text += token.text if expression is None else f"({expression.text})"
            if token.kind == "variable":
                variables |= {token.text[1:]} if expression is None else set(expression.variables)
        if len(text) > _MAX_EXPRESSION:
            raise UnsupportedQueryError
        return FilterCondition(text, tuple(sorted(variables)))

    def _end_of_patterns(self, index: int, end: int) -> int:
        while index < end:
            token = self.tokens[index]
            if token.text in {".", "{"} or (token.kind == "word" and token.keyword not in _PATTERN_WORDS):
                return index
            index = _closing_bracket(self.tokens, index) + 1 if token.text in _OPENING else index + 1
        return end
