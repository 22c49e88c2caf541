"""Packages import each other through what their `__init__` offers, and nothing deeper."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from conftest import ROOT

SERVICE = ROOT / "service"
MODULES = sorted(SERVICE.rglob("*.py"))
PACKAGES = sorted({"oxishacl", *(f"observance.{file.parent.name}" for file in (SERVICE / "observance").glob("*/__init__.py"))})


def package_of(module: str) -> str:
    """The package that a module belongs to: `oxishacl`, or the two first parts of its name."""
    parts = module.split(".")
    return parts[0] if parts[0] != "observance" else ".".join(parts[:2])


def own_imports(file: Path) -> Iterator[tuple[int, str, str]]:
    """The line, module and name of each import of this project's code in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in {"observance", "oxishacl"}:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names if alias.name.split(".")[0] in {"observance", "oxishacl"})


def deep_imports() -> Iterator[str]:
    """The imports that reach past the face of another package."""
    for file in MODULES:
        own = package_of(".".join(file.relative_to(SERVICE).with_suffix("").parts))
        for line, module, name in own_imports(file):
            package = package_of(f"{module}.{name}" if module == "observance" else module)
            if package not in {own, module, f"{module}.{name}"} and package in PACKAGES:
                yield f"{file.relative_to(ROOT)}:{line}: from {module} import {name}"


def test_no_import_passes_a_face():
    """A module of another package is never imported, only what its package offers."""
    assert not list(deep_imports())


def test_every_face_holds_what_it_promises():
    """Every package has `__all__`; each of its names exists, and no function or class bears the name of a module beside it."""
    faults = []
    for name in PACKAGES:
        package = importlib.import_module(name)
        offered = getattr(package, "__all__", None)
        if offered is None:
            faults.append(f"{name} has no __all__")
            continue
        missing = [each for each in offered if not hasattr(package, each)]
        folder = SERVICE / name.replace(".", "/")
        hidden = [each for each in offered if (folder / f"{each}.py").exists() and not isinstance(getattr(package, each), ModuleType)]
        faults += [f"{name} offers {each}, which it lacks" for each in missing]
        faults += [f"{name} offers {each}, which is also a module: importing that module would replace it" for each in hidden]

    assert not faults


def test_every_name_offered_is_used():
    """What a package of the program offers is imported by another package or by a test, or named for a worker to import."""
    files = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    imported = {(module, name) for file in files for _, module, name in own_imports(file)}
    texts = "".join(file.read_text(encoding="utf-8") for file in MODULES)
    faults = [
        f"{package}.{name}"
        for package in PACKAGES
        if package != "oxishacl"
        for name in importlib.import_module(package).__all__
        if (package, name) not in imported and f'"{package}:{name}"' not in texts
    ]

    assert not faults
