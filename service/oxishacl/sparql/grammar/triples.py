"""Reading triple patterns and property paths (SPARQL 1.1, section 19.8, productions 75 to 106)."""

from collections.abc import Callable

import pyoxigraph as ox

from oxishacl.errors import Phrase
from oxishacl.sparql.grammar.expressions import ExpressionReader
from oxishacl.sparql.syntax import Element, Path, PathOperation, PatternTerm, TriplePattern, Variable
from oxishacl.terms import FIRST, NIL, REST, TYPE


class TriplesReader(ExpressionReader):
    """Reads triple patterns and property paths."""

    def triples_same_subject(self, patterns: list[Element], *, paths: bool) -> None:
        """[81] TriplesSameSubjectPath, or without paths [75] TriplesSameSubject."""
        if (self.sign("(") or self.sign("[")) and self.after().text not in {")", "]"}:
            subject = self._triples_node(patterns, paths=paths)
            if self._starts_verb():
                self._property_list(subject, patterns, paths=paths)
        else:
            self._property_list(self._graph_node(patterns, paths=paths), patterns, paths=paths)

    def starts_triples(self) -> bool:
        """Whether what comes next begins a triple pattern."""
        token = self.next
        return token.kind in {"variable", "blank", "iri", "name"} or self.is_literal() or self.sign("(") or self.sign("[")

    def _starts_verb(self) -> bool:
        token = self.next
        return token.kind in {"variable", "iri", "name"} or token.text == "a" or (token.kind == "sign" and token.text in "^!(")

    def _property_list(self, subject: PatternTerm, patterns: list[Element], *, paths: bool) -> None:
        """[83] PropertyListPathNotEmpty."""
        while True:
            verb = self._verb(paths=paths)
            while True:
                patterns.append(TriplePattern(subject, verb, self._graph_node(patterns, paths=paths)))
                if not self.accept(","):
                    break
            if not self.sign(";"):
                return
            while self.accept(";"):
                pass
            if not self._starts_verb():
                return

    def _verb(self, *, paths: bool) -> Path | Variable:
        token = self.next
        if token.kind == "variable":
            return self.variable()
        if not self._starts_verb():
            self.unexpected(Phrase("expected-predicate"))
        if paths:
            return self._path()
        return self._predicate()

    def _predicate(self) -> ox.NamedNode:
        if self.next.kind == "word" and self.next.text == "a":
            self.take()
            return TYPE
        return self.iri()

    def _graph_node(self, patterns: list[Element], *, paths: bool) -> PatternTerm:
        """[104] GraphNodePath: a term, or brackets that stand for several triples."""
        token = self.next
        if token.kind == "variable":
            return self.variable()
        if token.kind == "blank":
            return self.labelled_blank_node()
        if self.is_literal():
            return self.literal()
        if self.sign("(") or self.sign("["):
            return self._triples_node(patterns, paths=paths)
        if not self.is_iri():
            self.unexpected(Phrase("expected-term"))
        return self.iri()

    def _triples_node(self, patterns: list[Element], *, paths: bool) -> PatternTerm:
        """[100] TriplesNodePath, [162] NIL and [163] ANON."""
        self.enter()
        if self.accept("["):
            node: PatternTerm = self.new_blank_node()
            if not self.sign("]"):
                self._property_list(node, patterns, paths=paths)
            self.expect("]")
        else:
            self.expect("(")
            members: list[PatternTerm] = []
            while not self.sign(")"):
                members.append(self._graph_node(patterns, paths=paths))
            self.expect(")")
            node = NIL
            for member in reversed(members):
                cell = self.new_blank_node()
                patterns += [TriplePattern(cell, FIRST, member), TriplePattern(cell, REST, node)]
                node = cell
        self.leave()
        return node

    def _path(self) -> Path:
        """[89] PathAlternative."""
        return self._operands("|", self._path_sequence)

    def _path_sequence(self) -> Path:
        return self._operands("/", self._path_element)

    def _operands(self, operator: str, read: Callable[[], Path]) -> Path:
        operands = [read()]
        while self.accept(operator):
            operands.append(read())
        return operands[0] if len(operands) == 1 else PathOperation(operator, tuple(operands))

    def _path_element(self) -> Path:
        """[92] PathEltOrInverse."""
        is_inverse = self.accept("^")
        path = self._path_primary()
        token = self.next
        if token.kind == "sign" and token.text in {"*", "+", "?"}:
            path = PathOperation(self.take().text, (path,))
        return PathOperation("^", (path,)) if is_inverse else path

    def _path_primary(self) -> Path:
        if self.accept("("):
            self.enter()
            path = self._path()
            self.leave()
            self.expect(")")
            return path
        return PathOperation("!", self._negated_set()) if self.accept("!") else self._predicate()

    def _negated_set(self) -> tuple[Path, ...]:
        """[95] PathNegatedPropertySet."""
        if not self.accept("("):
            return (self._negated(),)
        members: list[Path] = []
        if not self.sign(")"):
            members.append(self._negated())
            while self.accept("|"):
                members.append(self._negated())
        self.expect(")")
        return tuple(members)

    def _negated(self) -> Path:
        return PathOperation("^", (self._predicate(),)) if self.accept("^") else self._predicate()
