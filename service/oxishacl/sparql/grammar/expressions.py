"""Reading expressions (SPARQL 1.1, section 19.8, productions 107 to 128)."""

from collections.abc import Mapping
from typing import Final

from oxishacl.errors import Phrase
from oxishacl.sparql.grammar.reader import MAX_DEPTH, TermReader
from oxishacl.sparql.syntax import AGGREGATES, Exists, Expression, Group, Operation, Variable
from oxishacl.sparql.tokenizer import Token

_MANY: Final = 1_000_000
# The functions of section 19.8 [121], with the least and greatest number of arguments.
FUNCTIONS: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("RAND", "NOW", "UUID", "STRUUID"), (0, 0)),
    **dict.fromkeys(
        (
            "STR", "LANG", "DATATYPE", "BOUND", "IRI", "URI", "ABS", "CEIL", "FLOOR", "ROUND", "STRLEN", "UCASE", "LCASE",
            "ENCODE_FOR_URI", "YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ", "MD5", "SHA1", "SHA256", "SHA384",
            "SHA512", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC",
        ),
        (1, 1),
    ),
    **dict.fromkeys(
        ("LANGMATCHES", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "STRLANG", "STRDT", "SAMETERM"), (2, 2)
    ),
    "BNODE": (0, 1), "IF": (3, 3), "REGEX": (2, 3), "SUBSTR": (2, 3), "REPLACE": (3, 4), "CONCAT": (0, _MANY), "COALESCE": (0, _MANY),
}  # fmt: skip
_PRECEDENCE: Final = {
    "||": 1, "&&": 2, "=": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3, "IN": 3, "NOT IN": 3, "+": 4, "-": 4, "*": 5, "/": 5,
}  # fmt: skip
_RELATIONAL: Final = 3
_LOGICAL: Final = frozenset({"||", "&&"})


class ExpressionReader(TermReader):
    """Reads expressions, by the precedence of operators."""

    def expression(self, precedence: int = 1) -> Expression:
        """[110] Expression: operators that bind at least as tightly as the precedence."""
        left, chain = self._unary(), 0
        highest = max(_PRECEDENCE.values())
        while (operator := self._operator()) is not None and precedence <= _PRECEDENCE[operator] <= highest:
            offset = self.next.offset
            self._take_operator(operator)
            if operator in {"IN", "NOT IN"}:
                left = Operation(operator, (left, *self._arguments()), offset)
            else:
                right = self.expression(_PRECEDENCE[operator] + 1)
                # « a || b || c » is one operation of three operands, « a - b - c » two.
                is_longer = operator in _LOGICAL and chain and isinstance(left, Operation) and left.name == operator
                left = Operation(operator, (*left.operands, right) if is_longer else (left, right), offset)  # type: ignore[union-attr]
            chain += 1
            if chain > MAX_DEPTH and operator not in _LOGICAL:
                self.error("query-depth", offset, depth=MAX_DEPTH)
            if _PRECEDENCE[operator] == _RELATIONAL:
                # « ?a = ?b = ?c » is no expression.
                highest = _RELATIONAL - 1
        return left

    def _operator(self) -> str | None:
        self.split_iri()
        token = self.next
        if token.kind == "word":
            return "NOT IN" if token.keyword == "NOT" and self.after().keyword == "IN" else "IN" if token.keyword == "IN" else None
        if token.kind != "sign":
            return None
        pair = token.text + self.after().text
        if pair in _PRECEDENCE and self.after().offset == token.end:
            return pair
        return token.text if token.text in _PRECEDENCE else None

    def _take_operator(self, operator: str) -> None:
        for _ in operator.split() if operator[0].isalpha() else operator:
            self.take()

    def _unary(self) -> Expression:
        signs: list[Token] = []
        while self.next.text in {"!", "-", "+"} and self.next.kind == "sign":
            if self.is_literal() and not signs:
                return self.literal()
            signs.append(self.take())
            if len(signs) > MAX_DEPTH:
                self.error("query-depth", signs[0].offset, depth=MAX_DEPTH)
        expression = self._primary()
        for sign in reversed(signs):
            expression = Operation(f"unary {sign.text}" if sign.text != "!" else "!", (expression,), sign.offset)
        return expression

    def _primary(self) -> Expression:
        token = self.next
        if token.text == "(" and token.kind == "sign":
            return self._bracketed()
        if token.kind == "variable":
            return self.variable()
        if self.is_literal():
            return self.literal()
        if self.is_iri():
            iri = self.iri()
            if not self.sign("("):
                return iri
            is_distinct = self.after().keyword == "DISTINCT"
            return Operation(f"<{iri.value}>", self._arguments(allow_distinct=True), token.offset, is_distinct)
        if token.kind == "word":
            return self._call()
        return self.unexpected(Phrase("expected-expression"))

    def _bracketed(self) -> Expression:
        self.expect("(")
        self.enter()
        expression = self.expression()
        self.leave()
        self.expect(")")
        return expression

    def _arguments(self, *, allow_distinct: bool = False) -> tuple[Expression, ...]:
        """[71] ArgList and [79] ExpressionList."""
        self.expect("(")
        self.enter()
        if allow_distinct:
            self.accept_word("DISTINCT")
        arguments: list[Expression] = []
        if not self.sign(")"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        self.leave()
        self.expect(")")
        return tuple(arguments)

    def _call(self) -> Expression:
        """[121] BuiltInCall."""
        token = self.next
        if token.keyword in {"EXISTS", "NOT"}:
            return self._exists()
        if token.keyword in AGGREGATES:
            return self._aggregate()
        if token.keyword not in FUNCTIONS:
            if self.after().text == "(":
                self.error("query-function", token.offset, name=token.text)
            self.unexpected(Phrase("expected-expression"))
        self.take()
        arguments = self._arguments()
        least, most = FUNCTIONS[token.keyword]
        if not least <= len(arguments) <= most:
            self.error("query-arguments", token.offset, name=token.text, count=len(arguments))
        if token.keyword == "BOUND" and not isinstance(arguments[0], Variable):
            self.error("query-bound", token.offset)
        return Operation(token.keyword, arguments, token.offset)

    def _exists(self) -> Exists:
        is_negated = self.accept_word("NOT")
        self.expect_word("EXISTS")
        return Exists(self.group(), is_negated)

    def _aggregate(self) -> Operation:
        """[127] Aggregate."""
        token = self.take()
        self.expect("(")
        self.enter()
        is_distinct = self.accept_word("DISTINCT")
        counts_all = token.keyword == "COUNT" and self.accept("*")
        operands = () if counts_all else (self.expression(),)
        if token.keyword == "GROUP_CONCAT" and self.accept(";"):
            self.expect_word("SEPARATOR")
            self.expect("=")
            self.string()
        self.leave()
        self.expect(")")
        return Operation(token.keyword, operands, token.offset, is_distinct)

    def constraint(self) -> Expression:
        """[69] Constraint: what follows FILTER, HAVING, and, with variables, ORDER BY and GROUP BY."""
        token = self.next
        if token.kind == "sign" and token.text == "(":
            return self._bracketed()
        if self.is_iri():
            expression = self._primary()
            if not isinstance(expression, Operation):
                self.unexpected("« ( »")
            return expression
        if token.kind == "word":
            return self._call()
        return self.unexpected(Phrase("expected-constraint"))

    def group(self) -> Group:
        """The group of EXISTS; `triples` and the package define how groups are read."""
        raise NotImplementedError
