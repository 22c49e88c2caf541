"""`make queries COUNT=n`: random SPARQL constraints over random data; what the prefilter says of each must be what Oxigraph finds.

For each query and each focus node: where the prefilter says NONE, Oxigraph finds no solution; where it says CERTAIN of an ASK query, the
answer is true; and one evaluation for several focus nodes finds what one for each of them finds. The queries use every construct that
SPARQL 1.1 has and SHACL does not forbid (MINUS, VALUES, SERVICE and FROM are refused).
Printed are how often each construct was used, how many queries had results, and how many evaluations the prefilter saves. The seed is
fixed unless another is given; `--number` repeats one query.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import pyoxigraph as ox

from oxishacl import Index, OxishaclError
from oxishacl.sparql.lookups import CERTAIN, NONE
from oxishacl.sparql.prebinding import ConstraintStore, PreparedQuery, prepare_query
from oxishacl.terms import RDF, XSD

SEED: Final = 2018
_WHOLE: Final = 20_000
LEAST_USES: Final = 500
"""How often each construct is used in a whole run, at least."""
EX: Final = "https://example.org/"
PREFIXES: Final = {"ex": EX, "xsd": XSD, "rdf": RDF}
NODES: Final = tuple(ox.NamedNode(EX + name) for name in "abcd")
PREDICATES: Final = tuple(ox.NamedNode(EX + name) for name in "pqr")


def typed(text: str, kind: str) -> ox.Literal:
    """A literal of a datatype of XSD."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


RESOURCES: Final = (*NODES, ox.BlankNode("b"))
RANDOM: Final = re.compile(r"RAND|UUID|BNODE|NOW|SAMPLE")
LITERALS: Final = (
    *(typed(text, "integer") for text in ("0", "1", "01", "2", "-1", "7")), typed("1.0", "decimal"), typed("1", "decimal"),
    typed("1e0", "double"), typed("NaN", "double"), typed("1", "int"), typed("true", "boolean"), typed("1", "boolean"),
    typed("false", "boolean"), typed("2019-02-01", "date"), typed("2019-02-01Z", "date"), typed("2019-02-30", "date"),
    typed("2020-06-01", "date"), typed("2019-02-01T10:00:00Z", "dateTime"), typed("2019-02-01T11:00:00+01:00", "dateTime"),
    typed("2019", "gYear"), typed("2019-02", "gYearMonth"), typed("x", "integer"), typed("en", "language"), typed("a", "token"),
    ox.Literal(""), ox.Literal("a"), ox.Literal("ab"), ox.Literal("1"), ox.Literal("2019-02-01"), ox.Literal("a", language="en"),
    ox.Literal("a", language="fr"), ox.Literal("b", language="en"), ox.Literal("1", datatype=ox.NamedNode(EX + "t")),
)  # fmt: skip
UNARY: Final = (
    "STR", "LANG", "DATATYPE", "IRI", "URI", "ABS", "CEIL", "FLOOR", "ROUND", "STRLEN", "UCASE", "LCASE", "ENCODE_FOR_URI", "YEAR", "MONTH",
    "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ", "MD5", "SHA1", "SHA256", "SHA384", "SHA512", "isIRI", "isURI", "isBLANK",
    "isLITERAL", "isNUMERIC",
)  # fmt: skip
BINARY: Final = ("CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "LANGMATCHES", "sameTerm", "STRLANG", "STRDT")
AGGREGATES: Final = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")
CASTS: Final = ("integer", "decimal", "double", "boolean", "string", "date", "dateTime")
ZERO: Final = ("RAND", "NOW", "UUID", "STRUUID", "BNODE")
COMPARISONS: Final = ("=", "!=", "<", ">", "<=", ">=")


class Generator:
    """Writes random queries, and counts the constructs that it uses."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.uses: Counter[str] = Counter()
        self.labels = 0

    def use(self, construct: str) -> str:
        """The construct, counted."""
        self.uses[construct] += 1
        return construct

    def one(self, *makers: Callable[[], str]) -> str:
        """What one of the makers makes."""
        return self.rng.choice(makers)()

    def query(self) -> str:
        """A SELECT or ASK query."""
        if self.rng.random() < 0.2:
            return f"{self.use('ASK')} {self.group(2)}"
        word = self.rng.choice(("", "", "DISTINCT", "REDUCED"))
        words = f"SELECT {self.use(word)}" if word else "SELECT"
        if self.rng.random() < 0.25:
            return f"{words} {self.grouped()}"
        projected = "$this"
        for name in self.rng.sample("xyz", self.rng.randrange(3)):
            projected += f" ?{name}"
        if self.rng.random() < 0.4:
            projected += f" ({self.expression(3)} AS ?e{self.use('SELECT expression')[:0]})"
        return f"{words} {projected} WHERE {self.group(2)}{self.modifiers()}"

    def grouped(self) -> str:
        """A query with GROUP BY, and perhaps HAVING."""
        self.use("GROUP BY")
        keys = ["$this", *(f"?{name}" for name in self.rng.sample("xyz", self.rng.randrange(2)))]
        text = f"{' '.join(keys)} ({self.aggregate()} AS ?e) WHERE {self.group(2)} GROUP BY {' '.join(keys)}"
        if self.rng.random() < 0.3:
            text += f" ({self.expression(1)} AS ?key{self.use('GROUP BY expression')[:0]})"
        if self.rng.random() < 0.6:
            name = self.rng.choice("xyz")
            text += f" {self.use('HAVING')} (COUNT(DISTINCT ?{name}) > {self.rng.randrange(3)})" if self.rng.random() < 0.5 else ""
            text += "" if "HAVING" in text else f" {self.use('HAVING')}"
            text += f" ({self.aggregate()} {self.rng.choice(COMPARISONS)} {self.rng.randrange(3)})"
        return text + self.modifiers()

    def aggregate(self) -> str:
        """An aggregate of a variable."""
        name = self.use(self.rng.choice(AGGREGATES))
        if name == "COUNT" and self.rng.random() < 0.7:
            return f"COUNT({self.use('COUNT *')[-1]})"
        distinct = f"{self.use('aggregate DISTINCT')[-8:]} " if self.rng.random() < 0.4 else ""
        separator = f" ; {self.use('SEPARATOR')} = '|'" if name == "GROUP_CONCAT" and self.rng.random() < 0.7 else ""
        return f"{name}({distinct}{self.variable()}{separator})"

    def modifiers(self) -> str:
        """ORDER BY, LIMIT and OFFSET, or nothing."""
        text = ""
        if self.rng.random() < 0.15:
            text += f" {self.use('ORDER BY')} {self.rng.choice(['', 'ASC', 'DESC'])}($this)"
        if self.rng.random() < 0.1:
            text += f" {self.use('LIMIT')} {self.rng.randrange(1, 4)}"
        if self.rng.random() < 0.1:
            text += f" {self.use('OFFSET')} {self.rng.randrange(2)}"
        return text

    def variable(self) -> str:
        return self.rng.choice(("$this", "?x", "?y", "?z", "?x", "?y"))

    def group(self, depth: int) -> str:
        """A group; deeper ones are smaller."""
        parts = [self.triples() for _ in range(self.rng.choice((0, 1, 1, 1, 2)))]
        parts += [self.element(depth) for _ in range(self.rng.choice((0, 1, 1, 2)) if depth else self.rng.choice((0, 1)))]
        if depth == 2:
            parts += [f"BIND ({self.call()} AS ?{name})" for name in ("f", "g")]
        self.rng.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def element(self, depth: int) -> str:
        """An element that is no triple pattern."""
        if depth == 0:
            return self.one(self.filter, self.bind)
        inner = depth - 1
        return self.one(
            self.filter, self.filter, self.bind, self.bind, self.bind, self.bind, self.bind,
            lambda: f"FILTER ({self.expression(2)} {self.use(self.rng.choice(('&&', '||')))} {self.exists(inner)})",
            lambda: f"FILTER {self.exists(inner)}",
            lambda: f"FILTER {self.exists(inner)}",
            lambda: f"{self.use('OPTIONAL')} {self.group(inner)}",
            lambda: f"{self.group(inner)} {self.use('UNION')} {self.group(inner)}",
            lambda: f"{self.use('group in a group')[:0]}{self.group(inner)}",
            lambda: f"{self.use('GRAPH')} {self.rng.choice(('?g', 'ex:g'))} {self.group(inner)}",
            lambda: f"{{ {self.use('sub-select')[4:]} $this ?x {self.rng.choice(('', '?y '))}?z {self.group(inner)} {self.modifiers()} }}",
        )  # fmt: skip

    def call(self) -> str:
        """A call of any of the functions, each as often as another."""
        term = self.rng.choice((self.variable, self.literal))()
        name = self.rng.choice((*UNARY, *BINARY, *ZERO, *CASTS, *"+-*/"))
        if name in CASTS:
            self.use(f"cast to {name}")
            return f"xsd:{name}({term})"
        self.use(name)
        if name in "+-*/":
            return f"({term} {name} {self.literal()})"
        return f"{name}({', '.join([term, self.literal()][: (name not in ZERO) + (name in BINARY)])})"

    def exists(self, depth: int) -> str:
        return f"{self.use(self.rng.choice(('EXISTS', 'NOT EXISTS', 'NOT EXISTS')))} {self.group(depth)}"

    def filter(self) -> str:
        self.use("FILTER")
        return f"FILTER ({self.condition() if self.rng.random() < 0.6 else self.expression(3)})"

    def condition(self) -> str:
        """A condition that can often be decided."""
        left, right = self.variable(), self.variable()
        return self.one(
            lambda: f"{self.use('BOUND')}({left})",
            lambda: f"{self.use('!')}{self.use('BOUND')}({left})",
            lambda: f"{left} {self.use(self.rng.choice(('=', '!=')))} {right}",
            lambda: f"{self.use('isIRI')}({left}) {self.use('||')} {left} = ex:a",
            lambda: f"{left} {self.use(self.rng.choice(('IN', 'NOT IN')))} (ex:a, ex:b, 1)",
            lambda: f"{self.use('STR')}({left}) {self.use(self.rng.choice(('<', '>=')))} STR({right})",
        )

    def bind(self) -> str:
        self.use("BIND")
        value = self.one(self.variable, lambda: "ex:a", *[lambda: self.expression(3)] * 2)
        return f"BIND ({value} AS ?{self.rng.choice('xyzwvu')})"

    def triples(self) -> str:
        """One or more triple patterns with one subject."""
        text = f"{self.subject()} {self.verb()} {self.object()}"
        if self.rng.random() < 0.25:
            text += f" {self.use(';')} {self.verb()} {self.object()}"
        if self.rng.random() < 0.15:
            text += f" {self.use(',')} {self.object()}"
        return text + " ."

    def subject(self) -> str:
        if self.rng.random() < 0.04:
            return f"[ {self.use('[ … ]')[:0]}{self.verb()} {self.object()} ]"
        return self.rng.choice(("$this", "$this", "$this", "?x", "?y", "ex:a", "ex:b"))

    def object(self) -> str:
        """A term, a variable, or brackets."""
        chance = self.rng.random()
        if chance < 0.05:
            return self.use("[]")
        if chance < 0.1:
            self.labels += 1
            return f"{self.use('_:label')[:2]}l{self.labels}"
        if chance < 0.14:
            return f"[ {self.use('[ … ]')[:0]}{self.verb()} {self.variable()} ]"
        if chance < 0.18:
            return f"( {self.use('( … )')[:0]}{self.variable()} )"
        if chance < 0.28:
            return self.literal()
        return self.rng.choice(("?x", "?y", "?z", "?x", "?y", "?z", "$this", "ex:b", "ex:c"))

    def verb(self) -> str:
        """A predicate, a path or a variable."""
        chance = self.rng.random()
        if chance < 0.5:
            return self.rng.choice(("ex:p", "ex:q", "ex:r"))
        if chance < 0.58:
            self.use("variable predicate")
            return self.rng.choice(("?x", "?p", "?p"))
        return self.use("a") if chance < 0.62 else self.path(2)

    def path(self, depth: int) -> str:
        """A property path."""
        if depth == 0:
            return self.rng.choice(("ex:p", "ex:q", "ex:r"))
        inner = depth - 1
        return self.one(
            lambda: f"({self.path(inner)}{self.use('path /')[-1]}{self.path(inner)})",
            lambda: f"({self.path(inner)}{self.use('path |')[-1]}{self.path(inner)})",
            lambda: f"({self.use('path ^')[-1]}{self.path(inner)})",
            lambda: f"({self.path(inner)}){self.use('path *')[-1]}",
            lambda: f"({self.path(inner)}){self.use('path +')[-1]}",
            lambda: f"({self.path(inner)}){self.use('path ?')[-1]}",
            lambda: f"{self.use('path !')[-1]}ex:p",
            lambda: f"{self.use('path !()')[-3]}(ex:p|^ex:q)",
        )

    def literal(self) -> str:
        self.use("literal")
        return str(self.rng.choice(LITERALS))

    def expression(self, depth: int) -> str:
        """An expression, often a condition."""
        inner = depth - 1
        if depth <= 0:
            return self.one(self.variable, self.variable, self.literal, lambda: self.rng.choice(("ex:a", "ex:b", "true", "1", "'a'")))
        deeper = lambda: self.expression(inner)  # noqa: E731 - one word where it is used ten times below
        return self.one(
            lambda: f"({deeper()} {self.use(self.rng.choice(COMPARISONS))} {deeper()})",
            lambda: f"({deeper()} {self.use(self.rng.choice(COMPARISONS))} {deeper()})",
            lambda: f"({deeper()} {self.use(self.rng.choice(COMPARISONS))} {deeper()})",
            lambda: f"({deeper()} {self.use(self.rng.choice(('&&', '||')))} {deeper()})",
            lambda: f"({self.use('!')}{deeper()})",
            lambda: f"({deeper()} {self.use(self.rng.choice(('+', '-', '*', '/')))} {deeper()})",
            lambda: f"({self.use('unary -')[-1]} {deeper()})",
            lambda: f"({deeper()} {self.use(self.rng.choice(('IN', 'NOT IN')))} ({deeper()}, {self.literal()}))",
            lambda: f"{self.use('BOUND')}({self.variable()})",
            *[lambda: f"{self.use(self.rng.choice(UNARY))}({self.rng.choice((self.variable, deeper))()})"] * 8,
            *[lambda: f"{self.use(self.rng.choice(UNARY[:3]))}({self.variable()})"] * 3,
            *[lambda: f"{self.use(self.rng.choice(BINARY))}({deeper()}, {deeper()})"] * 4,
            lambda: f"{self.use('IF')}({deeper()}, {deeper()}, {deeper()})",
            lambda: f"{self.use('COALESCE')}({deeper()}, {deeper()})",
            lambda: f"{self.use('CONCAT')}({deeper()}, {deeper()})",
            lambda: f"{self.use('SUBSTR')}(STR({self.variable()}), {self.rng.randrange(3)}{self.rng.choice(('', ', 1', ', 4'))})",
            lambda: f"{self.use('REPLACE')}(STR({self.variable()}), 'a', 'b')",
            lambda: f"{self.use('REGEX')}({self.rng.choice(('STR(?x)', '?y', 'STR(?z)'))}, {self.pattern()})",
            *[lambda: f"xsd:{self.use('cast to ' + (kind := self.rng.choice(CASTS)))[:0]}{kind}({deeper()})"] * 2,
            *[lambda: f"{self.use(self.rng.choice(ZERO))}()"] * 2,
        )

    def pattern(self) -> str:
        return self.rng.choice(("'a'", "'^[0-9]+$'", "'A', 'i'", "'^2019-[0-9]{2}'", "STR(?y)", "'.', 'q'"))


def random_data(rng: random.Random) -> list[ox.Quad]:
    """Statements about a few nodes, with every kind of literal."""
    objects: Sequence[ox.NamedNode | ox.BlankNode | ox.Literal] = (*NODES, *NODES, ox.BlankNode("b"), *rng.sample(LITERALS, 6))
    subjects = (*NODES, *NODES, ox.BlankNode("b"))
    predicates = (*PREDICATES, *PREDICATES, ox.NamedNode(RDF + "type"))
    return [ox.Quad(rng.choice(subjects), rng.choice(predicates), rng.choice(objects)) for _ in range(rng.randrange(4, 24))]


class Tally:
    """What was seen of all queries."""

    def __init__(self) -> None:
        self.uses: Counter[str] = Counter()
        self.queries = self.with_results = self.evaluations = self.saved = self.without_solution = self.refused = 0
        self.differences: list[str] = []


def run_query(number: int, *, seed: int, tally: Tally) -> None:
    """Generate the query of that number and compare; a query that is refused is counted, and another takes its place."""
    rng = random.Random(f"{seed} {number}")
    for _ in range(100):
        generator = Generator(rng)
        text = generator.query()
        try:
            query = prepare_query(
                text, shape="x", form="ASK" if text.startswith("ASK") else "SELECT", prefixes=PREFIXES,
                pre_bound=("this",), potentially_pre_bound=("this",), path=None,
            )  # fmt: skip
        except OxishaclError as error:
            if isinstance(error.values.get("detail"), str):
                # Oxigraph refuses what our parser reads: the parser's fault, unless it is named here.
                tally.differences.append(f"{number}: Oxigraph refuses {text}: {error.values['detail']}")
            tally.refused += 1
            continue
        tally.uses += generator.uses
        tally.queries += 1
        compare(query, random_data(rng), number=number, tally=tally)
        return


def compare(query: PreparedQuery, data: list[ox.Quad], *, number: int, tally: Tally) -> None:
    """Compare the prefilter with Oxigraph for every node."""
    index, found_any = Index(data), False
    with ConstraintStore(index, shapes=Index(())) as store:
        for node in (*NODES, ox.BlankNode("b"), typed("1", "integer"), ox.Literal("a")):
            outcome = 1 if query.prefilter is None else query.prefilter(index, {"this": node})
            if query.syntax.form == "ASK":
                found = store.ask(query, bindings={"this": node})
                differs = (outcome == NONE and found) or (outcome == CERTAIN and not found)
            else:
                found = bool(store.select(query, bindings={"this": (node,)}))
                differs = outcome == NONE and found
            found_any |= found
            tally.evaluations += 1
            tally.saved += outcome == NONE
            tally.without_solution += not found
            if differs:
                tally.differences.append(f"{number}: prefilter {outcome}, Oxigraph {found} for {node}: {query.text}")
        if query.is_batchable and query.syntax.form == "SELECT":
            together = store.select(query, bindings={"this": RESOURCES})
            alone = [row for node in RESOURCES for row in store.select(query, bindings={"this": (node,)})]
            if Counter(row["this"] for row in together) != Counter(row["this"] for row in alone) and not RANDOM.search(query.text):
                tally.differences.append(f"{number}: {len(together)} solutions together, {len(alone)} alone: {query.text}")
    tally.with_results += found_any


def main(arguments: Sequence[str]) -> int:
    """Run the queries; 1 when there was a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=_WHOLE)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--number", type=int)
    options = parser.parse_args(arguments)
    tally, start = Tally(), time.monotonic()
    for number in [options.number] if options.number is not None else range(options.count):
        run_query(number, seed=options.seed, tally=tally)
        if number % 2000 == 1999:
            print(f"{number + 1}/{options.count}", flush=True)
    for construct, uses in sorted(tally.uses.items(), key=lambda item: item[1]):
        print(f"{uses:7} {construct}")
    rare = [construct for construct, uses in tally.uses.items() if uses < LEAST_USES] if tally.queries >= _WHOLE else []
    for difference in tally.differences[:20]:
        print(difference)
    print(
        f"{tally.queries} queries, {tally.with_results} with results, {tally.refused} texts refused; "
        f"of {tally.without_solution} evaluations without a solution the prefilter saves {tally.saved}; {time.monotonic() - start:.0f} s"
    )
    if rare:
        print("used too rarely: " + ", ".join(rare))
    print(f"{len(tally.differences)} differences")
    return 1 if tally.differences or rare else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
