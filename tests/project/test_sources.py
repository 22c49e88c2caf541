"""Rules for sources that linters lack: no clock, no law in Python, small modules, no conduct of real Members."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from conftest import ROOT, check_each
from observance.core import OBS, local_name
from observance.knowledge_base import KnowledgeBase

MODULES = sorted((ROOT / "service").rglob("*.py"))
TURTLE = sorted(f for room in ("ontology", "shapes", "rules", "queries") for f in (ROOT / room).rglob("*.ttl"))
QUERIES = sorted((ROOT / "queries").rglob("*.rq"))
CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime"}
CLOCK_READER = ("service/observance/core/clock.py", "current_time")
# Questions about the list of real Members: when each joined, nothing about its conduct.
FACTS_ABOUT_REAL_MEMBERS = {"members-in-time"}
# The classes of any knowledge base, which the program may name.
COMMON_CLASSES = {
    "Submission",
    "ListedParty",
    "PartyList",
    "OperativeParagraph",
    "Register",
    "SubmittedDocument",
    "Standard",
    "Region",
    "Status",
}


def relative_path(file: Path) -> str:
    """The path of the file relative to the root."""
    return file.relative_to(ROOT).as_posix()


@cache
def syntax_tree(module: Path) -> ast.Module:
    """The syntax tree of the module; cached."""
    return ast.parse(module.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> list[ast.Call]:
    """The calls in the tree."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def strings(tree: ast.Module) -> list[str]:
    """The strings of a module, without docstrings."""
    with_docstring = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, with_docstring) and n.body and isinstance(n.body[0], ast.Expr)
    }
    constants = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docstrings]
    return [str(node.value) for node in constants]


def test_no_clock_in_python():
    """The time of day is an input, whose default one function of the command line reads. Durations are measured with a monotonic clock."""

    def check(module: Path) -> None:
        read_here = relative_path(module) == CLOCK_READER[0]
        functions = [n for n in ast.walk(syntax_tree(module)) if isinstance(n, ast.FunctionDef) and n.name == CLOCK_READER[1]]
        allowed = {id(call) for function in functions for call in calls(function)} if read_here else set()
        for call in calls(syntax_tree(module)):
            if id(call) in allowed:
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            owner = call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""
            assert not (name in CLOCKS and owner in {"datetime", "date", "time"}), f"line {call.lineno}"

    check_each(check, MODULES, name=relative_path)


def test_no_clock_in_data():
    """No query, shape or rule reads the time of day."""
    assert QUERIES
    assert TURTLE
    faulty = [file for file in QUERIES + TURTLE if re.search(r"\bNOW\s*\(", file.read_text(encoding="utf-8"), re.IGNORECASE)]

    assert [relative_path(file) for file in faulty] == []


def test_no_query_or_turtle_in_python():
    """No string of the program is SPARQL or Turtle."""

    def check(module: Path) -> None:
        for text in strings(syntax_tree(module)):
            assert not re.search(r"(?s)\b(SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE)\b.*\{.*\}", text), text
            assert not re.search(r"@prefix \w+:\s*<", text), text

    check_each(check, MODULES, name=relative_path)


def test_no_law_in_python(kb: KnowledgeBase):
    """No string of the program is a paragraph number, class or status of the resolution, or a code of a Member."""
    knowledge = kb.knowledge
    classes = {local_name(c) for c in knowledge.subclasses(OBS + "Submission")} | {
        local_name(s) for s in knowledge.instances(OBS + "Status")
    }

    def check(module: Path) -> None:
        for text in strings(syntax_tree(module)):
            assert text not in classes - COMMON_CLASSES, text
            assert not re.fullmatch(r"2\.[1-9][ab]?|3[ab]|p[1-3](\.\d)?|norm-.*|para-\d.*|X[A-Z]", text), text

    check_each(check, MODULES, name=relative_path)


def test_sizes():
    """No module is longer than 400 lines and no function longer than 50."""

    def check(module: Path) -> None:
        functions = [n for n in ast.walk(syntax_tree(module)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert len(module.read_text(encoding="utf-8").splitlines()) <= 400
        assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > 50] == []

    check_each(check, MODULES, name=relative_path)


def test_no_class_name_has_two_meanings():
    """Public classes have names of their own; oxishacl's errors are called as the errors of the program that they become."""
    defined: dict[str, list[str]] = defaultdict(list)
    for file in (ROOT / "service").rglob("*.py"):
        for name in re.findall(r"^class ([A-Za-z]\w*)", file.read_text(encoding="utf-8"), re.MULTILINE):
            defined[name].append(file.relative_to(ROOT / "service").as_posix())
    errors = ["observance/core/errors.py", "oxishacl/errors.py"]

    assert {name: files for name, files in defined.items() if len(files) > 1 and sorted(files) != errors} == {}


def test_every_test_has_a_docstring():
    """Every test function has a docstring."""
    without_docstring = [
        f"{file.relative_to(ROOT)}:{node.name}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert without_docstring == []


def test_no_real_members_conduct():
    """Only the list of Members names real Members: no example, case, demo or fixture does."""
    member_code = re.compile(r"parties/([A-Z]{2})\b|party:([A-Z]{2})\b")
    allowed = {f"X{letter}" for letter in "ABCDEFGHIJLMNOPQRSTUVWXYZ"}
    folders = ("shapes", "queries", "rules", "tests")
    files = [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in {".ttl", ".rq", ".jsonld", ".rdf", ".csv", ".json"}]
    faults = {
        f"{file.relative_to(ROOT)}: {code}"
        for file in files
        for match in member_code.finditer(file.read_text(encoding="utf-8", errors="replace"))
        if (code := match[1] or match[2]) not in allowed and "mixed" not in file.name and file.parent.name not in FACTS_ABOUT_REAL_MEMBERS
    }

    assert faults == set()
