"""The project's rules that a linter does not know: no clock, no law in Python, small modules, no real Member's conduct."""

import ast
import re
from functools import cache
from pathlib import Path

from conftest import ROOT, check_each
from observance.core import OBS, local_name
from observance.knowledge_base import KnowledgeBase

MODULES = sorted((ROOT / "service").rglob("*.py"))
TURTLE = sorted(f for room in ("ontology", "shapes", "rules", "queries") for f in (ROOT / room).rglob("*.ttl"))
QUERIES = sorted((ROOT / "queries").rglob("*.rq"))
CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime"}
# The vocabulary that any knowledge base has: what the program itself may name.
# Questions about the list of real Members itself: when each joined, nothing that it did.
FACTS = {"members-in-time"}
COMMON = {"Submission", "ListedParty", "PartyList", "OperativeParagraph", "Register", "SubmittedDocument", "Standard", "Region", "Status"}


def named(file: Path) -> str:
    """The path of the file from the root."""
    return file.relative_to(ROOT).as_posix()


@cache
def parsed(module: Path) -> ast.Module:
    """The syntax tree of the module."""
    return ast.parse(module.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> list[ast.Call]:
    """Every call in the tree."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def strings(tree: ast.Module) -> list[str]:
    """Every string of a module that is not a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and n.body and isinstance(n.body[0], ast.Expr)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs]
    return [str(node.value) for node in found]


def test_no_clock_in_python():
    """No module reads the time of day: time is an input. Deadlines are measured with a monotonic clock only."""

    def check(module: Path) -> None:
        for call in calls(parsed(module)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            owner = call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""
            assert not (name in CLOCKS and owner in {"datetime", "date", "time"}), f"line {call.lineno}"

    check_each(check, MODULES, name=named)


def test_no_clock_in_data():
    """No query, shape or rule reads the time of day."""
    assert QUERIES
    assert TURTLE
    reading = [file for file in QUERIES + TURTLE if re.search(r"\bNOW\s*\(", file.read_text(encoding="utf-8"), re.IGNORECASE)]

    assert [named(file) for file in reading] == []


def test_no_query_or_turtle_in_python():
    """No string of the program is SPARQL or Turtle."""

    def check(module: Path) -> None:
        for text in strings(parsed(module)):
            assert not re.search(r"(?s)\b(SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE)\b.*\{.*\}", text), text
            assert not re.search(r"@prefix \w+:\s*<", text), text

    check_each(check, MODULES, name=named)


def test_no_law_in_python(kb: KnowledgeBase):
    """No paragraph number, class or status of this resolution and no Member's code is written in the program."""
    know = kb.knowledge
    classes = {local_name(c) for c in know.subclasses(OBS + "Submission")} | {local_name(s) for s in know.instances(OBS + "Status")}

    def check(module: Path) -> None:
        for text in strings(parsed(module)):
            assert text not in classes - COMMON, text
            assert not re.fullmatch(r"2\.[1-9][ab]?|3[ab]|p[1-3](\.\d)?|norm-.*|para-\d.*|X[A-Z]", text), text

    check_each(check, MODULES, name=named)


def test_sizes():
    """No module is longer than 400 lines and no function longer than 50."""

    def check(module: Path) -> None:
        functions = [n for n in ast.walk(parsed(module)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert len(module.read_text(encoding="utf-8").splitlines()) <= 400
        assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > 50] == []

    check_each(check, MODULES, name=named)


def test_every_test_states_a_fact():
    """Every test has a docstring."""
    silent = [
        f"{file.relative_to(ROOT)}:{node.name}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


def test_no_real_members_conduct():
    """No example, case, demo or fixture names a real Member: only the list of real Members does."""
    named = re.compile(r"parties/([A-Z]{2})\b|party:([A-Z]{2})\b")
    allowed = {f"X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ"}
    folders = ("shapes", "queries", "rules", "tests")
    files = [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in {".ttl", ".rq", ".jsonld", ".rdf", ".csv", ".json"}]
    found = {
        f"{file.relative_to(ROOT)}: {code}"
        for file in files
        for match in named.finditer(file.read_text(encoding="utf-8", errors="replace"))
        if (code := match[1] or match[2]) not in allowed and "mixed" not in file.name and file.parent.name not in FACTS
    }

    assert found == set()
