"""A parser of SPARQL 1.1 queries (SPARQL 1.1, section 19.8): `parse_query(text)` gives the syntax tree, or the place of what is wrong.

Productions are methods, named in the grammar's words. Oxigraph evaluates the queries and has the last word on them; it gives no syntax
tree, and its errors list the tokens of its own grammar.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import pyoxigraph as ox

from oxishacl.errors import Phrase
from oxishacl.sparql.grammar.expressions import FUNCTIONS
from oxishacl.sparql.grammar.reader import QuerySyntaxError
from oxishacl.sparql.grammar.triples import TriplesReader
from oxishacl.sparql.scope import check_scope
from oxishacl.sparql.syntax import (
    AGGREGATES,
    Bind,
    Element,
    Expression,
    Filter,
    Group,
    GroupKey,
    InlineData,
    Minus,
    NamedGraph,
    OptionalGroup,
    Projection,
    Query,
    Service,
    SubSelect,
    TriplePattern,
    Union,
    Variable,
)
from oxishacl.sparql.tokenizer import Token

__all__ = ["QuerySyntaxError", "parse_query", "parse_with_tokens"]

_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_T = TypeVar("_T")


def parse_query(text: str, *, prefixes: Mapping[str, str] | None = None) -> Query:
    """The syntax tree of a query, in which the prefixes are declared beforehand; raises QuerySyntaxError."""
    return parse_with_tokens(text, prefixes=prefixes)[0]


def parse_with_tokens(text: str, *, prefixes: Mapping[str, str] | None = None) -> tuple[Query, tuple[Token, ...]]:
    """The syntax tree and the tokens of the text; the grammar settles what `<` begins, an IRI or a comparison as in `?a <?b&&?c> ?d`."""
    parser = _Parser(text, prefixes or {})
    query = parser.query()
    check_scope(query, error=parser.error)
    return query, parser.tokens


class _Parser(TriplesReader):
    """Reads groups and queries."""

    def query(self) -> Query:
        """[2] Query, and nothing after it."""
        self._prologue()
        form = self.next.keyword
        if form not in _FORMS:
            self.unexpected(Phrase("expected-form"))
        query = self._construct() if form == "CONSTRUCT" else self._query_of_form(form)
        if self.next.kind != "end":
            self.unexpected(Phrase("expected-end"))
        return query

    def _prologue(self) -> None:
        while self.word("PREFIX", "BASE"):
            if self.take().keyword == "BASE":
                self.base = self._iri_reference().value
                continue
            token = self.take()
            if token.kind != "name" or token.text.index(":") != len(token.text) - 1:
                self._move(-1 if token.kind != "end" else 0)
                self.unexpected(Phrase("expected-prefix"))
            self.prefixes[token.text[:-1]] = self._iri_reference().value

    def _iri_reference(self) -> ox.NamedNode:
        if self.next.kind != "iri":
            self.unexpected(Phrase("expected-iri-reference"))
        return self.iri()

    def _query_of_form(self, form: str, *, is_subselect: bool = False) -> Query:
        """[7] SelectQuery, [8] SubSelect, [11] DescribeQuery and [12] AskQuery."""
        offset = self.take().offset
        projection = None
        if form == "SELECT" and not self.accept_word("DISTINCT"):
            self.accept_word("REDUCED")
        if form != "ASK":
            projection = self._projection(form)
        has_dataset = not is_subselect and self._dataset()
        if form == "DESCRIBE" and not self.word("WHERE") and not self.sign("{"):
            where = Group((), self.next.offset, self.next.offset)
        else:
            self.accept_word("WHERE")
            where = self.group()
        return self._with_modifiers(form, offset, where, projection=projection, has_dataset=has_dataset)

    def _projection(self, form: str) -> tuple[Projection, ...] | None:
        if self.accept("*"):
            return None
        projections: list[Projection] = []
        while True:
            token = self.next
            if token.kind == "variable":
                projections.append(Projection(self.variable(), None, token.offset))
            elif form == "DESCRIBE" and self.is_iri():
                projections.append(Projection(self.new_blank_node(), self.iri(), token.offset))
            elif form == "SELECT" and self.sign("("):
                expression, variable, offset = self._named_expression()
                if variable is None:
                    self._move(-1)
                    self.unexpected("AS")
                projections.append(Projection(variable, expression, offset))
            elif projections:
                return tuple(projections)
            else:
                self.unexpected(Phrase("expected-described" if form == "DESCRIBE" else "expected-projection"))

    def _named_expression(self) -> tuple[Expression, Variable | None, int]:
        """« ( expression AS ?variable ) », or without AS; the offset is that of the variable, else of the bracket."""
        offset, variable = self.next.offset, None
        self.expect("(")
        self.enter()
        expression = self.expression()
        if self.accept_word("AS"):
            offset, variable = self.next.offset, self.variable()
        self.leave()
        self.expect(")")
        return expression, variable, offset

    def _dataset(self) -> bool:
        found = False
        while self.accept_word("FROM"):
            found = True
            self.accept_word("NAMED")
            self.iri()
        return found

    def _construct(self) -> Query:
        """[10] ConstructQuery."""
        offset = self.take().offset
        if self.sign("{"):
            self._template()
            has_dataset = self._dataset()
            self.accept_word("WHERE")
            where = self.group()
        else:
            has_dataset = self._dataset()
            self.expect_word("WHERE")
            start = self.next.end
            template = self._template()
            where = Group(template, start, self._tokens[self._index - 1].offset)
        return self._with_modifiers("CONSTRUCT", offset, where, has_dataset=has_dataset)

    def _template(self) -> tuple[TriplePattern, ...]:
        self.expect("{")
        patterns: list[Element] = []
        self._triples_block(patterns, paths=False)
        self.expect("}")
        self._labels.clear()
        return tuple(pattern for pattern in patterns if isinstance(pattern, TriplePattern))

    def _with_modifiers(
        self,
        form: str,
        offset: int,
        where: Group,
        *,
        projection: tuple[Projection, ...] | None = None,
        has_dataset: bool = False,
    ) -> Query:
        """[18] SolutionModifier and [28] ValuesClause."""
        keys: list[GroupKey] = []
        having: list[Expression] = []
        order: list[GroupKey] = []
        limits: dict[str, int] = {}
        if self.accept_word("GROUP"):
            self.expect_word("BY")
            keys = self._many(self._group_key)
        if self.accept_word("HAVING"):
            having = self._many(self.constraint)
        if self.accept_word("ORDER"):
            self.expect_word("BY")
            order = self._many(self._order_condition)
        while self.word("LIMIT", "OFFSET") and self.next.keyword not in limits:
            word = self.take().keyword
            limits[word] = self.integer()
        values = self._inline_data() if self.word("VALUES") else None
        return Query(
            form, offset, where, projection, has_dataset, tuple(keys), tuple(having), tuple(order),
            limits.get("LIMIT"), limits.get("OFFSET"), values,
        )  # fmt: skip

    def _many(self, read: Callable[[], _T]) -> list[_T]:
        """One or more conditions of GROUP BY, HAVING or ORDER BY."""
        found = [read()]
        while self.next.kind in {"variable", "iri", "name"} or self.sign("(") or self._starts_call():
            found.append(read())
        return found

    def _starts_call(self) -> bool:
        word = self.next.keyword
        return word in FUNCTIONS or word in AGGREGATES or word in {"ASC", "DESC", "EXISTS", "NOT"}

    def _group_key(self) -> GroupKey:
        token = self.next
        if token.kind == "variable":
            return GroupKey(self.variable(), None, token.offset)
        if self.sign("("):
            return GroupKey(*self._named_expression())
        return GroupKey(self.constraint(), None, token.offset)

    def _order_condition(self) -> GroupKey:
        offset = self.next.offset
        if self.accept_word("ASC") or self.accept_word("DESC"):
            return GroupKey(self._bracketed(), None, offset)
        return GroupKey(self.variable() if self.next.kind == "variable" else self.constraint(), None, offset)

    def group(self) -> Group:
        """[53] GroupGraphPattern, with its braces."""
        start = self.expect("{")
        self.enter()
        if self.word("SELECT"):
            elements: tuple[Element, ...] = (SubSelect(self._query_of_form("SELECT", is_subselect=True)),)
        else:
            elements = self._elements()
        self.leave()
        end = self.next.offset
        if not self.accept("}"):
            self.unexpected(Phrase("expected-element"))
        return Group(elements, start, end)

    def _elements(self) -> tuple[Element, ...]:
        """[54] GroupGraphPatternSub."""
        elements: list[Element] = []
        self.end_block()
        self._triples_block(elements, paths=True)
        while (element := self._element()) is not None:
            elements.append(element)
            self.accept(".")
            if not isinstance(element, Filter):
                self.end_block()
            self._triples_block(elements, paths=True)
        self.end_block()
        return tuple(elements)

    def _triples_block(self, patterns: list[Element], *, paths: bool) -> None:
        """[55] TriplesBlock; nothing where no triple begins."""
        while self.starts_triples():
            self.triples_same_subject(patterns, paths=paths)
            if not self.accept("."):
                return

    def _element(self) -> Element | None:
        """[56] GraphPatternNotTriples; None where none begins."""
        if self.sign("{"):
            groups = [self.group()]
            while self.accept_word("UNION"):
                groups.append(self.group())
            return Union(tuple(groups))
        token = self.next
        if token.keyword == "VALUES":
            return self._inline_data()
        read = {"FILTER": self._filter, "BIND": self._bind, "OPTIONAL": self._optional, "MINUS": self._minus,
                "GRAPH": self._graph, "SERVICE": self._service}.get(token.keyword)  # fmt: skip
        if read is None:
            return None
        self.take()
        return read(token)

    def _filter(self, _token: Token) -> Element:
        return Filter(self.constraint())

    def _optional(self, _token: Token) -> Element:
        return OptionalGroup(self.group())

    def _minus(self, _token: Token) -> Element:
        return Minus(self.group())

    def _graph(self, _token: Token) -> Element:
        offset = self.next.offset
        return NamedGraph(self.var_or_iri(), self.group(), offset)

    def _service(self, _token: Token) -> Element:
        self.accept_word("SILENT")
        return Service(self.var_or_iri(), self.group())

    def _bind(self, _token: Token) -> Element:
        if not self.sign("("):
            self.unexpected("« ( »")
        expression, variable, offset = self._named_expression()
        if variable is None:
            self._move(-1)
            self.unexpected("AS")
        return Bind(expression, variable, offset)

    def _inline_data(self) -> InlineData:
        """[62] DataBlock, after VALUES."""
        self.take()
        if self.next.kind == "variable":
            variables: tuple[Variable, ...] = (self.variable(),)
            self.expect("{")
            while not self.sign("}"):
                self._data_value()
        else:
            self.expect("(")
            names = []
            while not self.accept(")"):
                names.append(self.variable())
            variables = tuple(names)
            self.expect("{")
            while not self.sign("}"):
                self._data_row(len(variables))
        self.expect("}")
        return InlineData(variables)

    def _data_row(self, length: int) -> None:
        offset, count = self.next.offset, 0
        self.expect("(")
        while not self.accept(")"):
            self._data_value()
            count += 1
        if count != length:
            self.error("query-row", offset, count=count, variables=length)

    def _data_value(self) -> None:
        if not self.accept_word("UNDEF"):
            if self.is_literal():
                self.literal()
            else:
                self.iri()
