"""The face of the package (`__init__.py`): every name exists and is imported on first use; the README names files that exist."""

import re
import subprocess
import sys

import oxishacl
from conftest import ROOT

PACKAGE = ROOT / "service" / "oxishacl"


def test_offers_what_it_names():
    """Every name in `__all__` exists and is listed once, and `dir` lists the same names."""
    assert len(oxishacl.__all__) == len(set(oxishacl.__all__))
    assert dir(oxishacl) == sorted(oxishacl.__all__)
    assert [name for name in oxishacl.__all__ if not hasattr(oxishacl, name)] == []


def test_imports_little():
    """Importing the package imports no module of it; parsing needs neither the validator nor Click nor Observance."""
    program = """
import sys
import oxishacl
print(*(name for name in sys.modules if name.startswith("oxishacl")))
oxishacl.parse_source
print(*(name for name in sys.modules if name.partition(".")[2].partition(".")[0] in ("cli", "compiler", "constraints", "shape", "sparql")))
print(*(name for name in sys.modules if name in ("click", "observance")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "oxishacl\n\n\n"


def test_readme_names_files_that_exist():
    """Each file and folder of the package or the tests that the README names exists, and each module at the top is named there."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w-]+/)*(?:[\w-]+\.(?:py|md)|[\w-]+/))`", text))
    passed_over = {"__init__", "__main__", "errors", "terms"}

    assert len(named) > 20
    assert [name for name in named if not (PACKAGE / name).exists() and not (ROOT / name).exists()] == []
    assert {file.stem for file in PACKAGE.glob("*.py")} - {name.removesuffix(".py") for name in named} == passed_over
