"""What `oxishacl` offers: all of it exists, and it is imported when it is first used (`tests/house/test_faces.py` holds others to it)."""

import subprocess
import sys

import oxishacl


def test_offers_what_it_names():
    """Every name of the face exists, once, and is what `dir` shows."""
    assert len(oxishacl.__all__) == len(set(oxishacl.__all__))
    assert dir(oxishacl) == sorted(oxishacl.__all__)
    assert [name for name in oxishacl.__all__ if not hasattr(oxishacl, name)] == []


def test_imports_little():
    """The package itself imports nothing, and one that parses no validator, no Click and no SPARQL."""
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
